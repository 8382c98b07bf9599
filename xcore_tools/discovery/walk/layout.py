"""Which directories stand on `sys.path` when the application runs, told from their contents."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from xcore_tools.discovery.walk.disk import exists, is_directory
from xcore_tools.discovery.walk.paths import ancestors
from xcore_tools.discovery.walk.reading import read_regular

_DISTRIBUTION = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_PACKAGE = "__init__.py"

_STATING = _DISTRIBUTION | {"alembic.ini", "env.py", "pytest.ini", "tox.ini"}
_TELLING = _STATING | {_PACKAGE}
_SETUP_LIMIT = 1024 * 1024


def shown_import_roots(contents: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the import roots below the project that the layout shows, sorted.

    `contents` holds the names of files in each directory, which is relative to the project. A
    directory counts that

    - holds a pyproject.toml, setup.py or setup.cfg of its own: one application among several;
    - holds an alembic.ini, unless env.py stands beside it: that is a directory of migrations;
    - is called `src` and stands in the project or in one of the first kind.

    None of them counts if it is a package or lies in one, since its modules are then imported
    through that package. The project itself being a package makes no difference.
    """
    names = {directory: frozenset(each) for directory, each in contents.items()}
    packages = {directory for directory in names if directory and _PACKAGE in names[directory]}
    found = []
    for directory, own in names.items():
        parent, _, name = directory.rpartition("/")
        is_src = name == "src" and (not parent or names.get(parent, frozenset()) & _DISTRIBUTION)
        is_started_here = "alembic.ini" in own and "env.py" not in own
        if not directory or not (is_src or own & _DISTRIBUTION or is_started_here):
            continue
        if packages.isdisjoint([*ancestors(directory), directory]):
            found.append(directory)
    return sorted(found)


class LayoutReader:
    """Collects what `shown_import_roots` needs: `contents`. `inis` are further files of Alembic's."""

    def __init__(self, project: str, inis: Iterable[str] = ()) -> None:
        self._project = project
        self._inis = frozenset(inis)
        self.contents: dict[str, frozenset[str]] = {}

    def telling(self, above: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the files that may state what an import root is, sorted.

        `above` are directories that the project lies in, which no walk enters.
        """
        found = {
            posixpath.join(directory, name)
            for directory, names in self.contents.items()
            for name in names & _STATING
        }
        for directory in above:
            places = (f"{directory}/{name}" for name in _STATING - {"env.py"})
            found |= {place for place in places if exists(f"{self._project}/{place}")}
        found |= {ini for ini in self._inis if exists(f"{self._project}/{ini}")}
        return tuple(sorted(found))

    def look_around(self, path: str) -> None:
        """Note the directories on the way to a root, and `src` in them: no scan may enter those."""
        for directory in [*ancestors(path), path]:
            for each in (directory, f"{directory}/src".removeprefix("/")):
                place = f"{self._project}/{each}"
                if each not in self.contents and is_directory(place):
                    found = (name for name in _TELLING if exists(f"{place}/{name}"))
                    self.note(each, found)

    def note(self, path: str, names: Iterable[str]) -> None:
        """Note a directory, relative to the project, that holds files of these names."""
        telling = _TELLING.intersection(names)
        if "setup.py" in telling and not self._is_setup_script(posixpath.join(path, "setup.py")):
            telling -= {"setup.py"}
        self.contents[path] = telling

    def _is_setup_script(self, path: str) -> bool:
        # Applications have ordinary modules of that name as well.
        data = read_regular(Path(self._project, path), path, _SETUP_LIMIT)
        return isinstance(data, bytes) and (b"setuptools" in data or b"distutils" in data)
