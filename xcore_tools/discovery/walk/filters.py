"""Which directories a scan enters and which files it takes, decided by their names alone."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from xcore_tools.discovery.walk.globs import glob_regex
from xcore_tools.discovery.walk.sources import Rules
from xcore_tools.errors import ConfigError

# No import statement leads into these, and none of them is a name that a user gives to a package
# of models. What may be one (build, dist, env, venv) is not here.
_NEVER_ENTERED = frozenset(
    {"__pycache__", "__pypackages__", "dist-packages", "node_modules", "site-packages"}
)


def is_virtual_environment(names: Container[str]) -> bool:
    """Tell a virtual environment by the names that it holds: its own name says nothing."""
    return "pyvenv.cfg" in names or "conda-meta" in names


class Filter:
    """The patterns of a scan, compiled. Paths are POSIX and relative to the project.

    Raises:
        ConfigError: patterns are malformed; it names all of them.
    """

    def __init__(self, rules: Rules) -> None:
        faults: list[str] = []
        self._directories = _Globs(map(_directory_glob, rules.exclude_directories), faults)
        self._include = _Globs(map(_file_glob, rules.include), faults)
        self._exclude = _Globs(map(_file_glob, rules.exclude), faults)
        if faults:
            raise ConfigError(faults)

    def enters(self, path: str, name: str) -> bool:
        """Tell whether a directory is to be entered; caches and hidden ones never are."""
        if name[0] == "." or name in _NEVER_ENTERED:
            return False
        return not self._directories.match(path, name)

    def considers(self, path: str, name: str) -> bool:
        """Tell whether a file may be source: any *.py that is not hidden, and what is included."""
        return name[0] != "." and (name.endswith(".py") or self._include.match(path, name))

    def selects(self, path: str, name: str) -> bool:
        """Tell whether a file is to be reported."""
        return self._include.match(path, name) and not self._exclude.match(path, name)


class _Globs:
    """Patterns for names and, where they contain a slash, for whole paths."""

    def __init__(self, globs: Iterable[str], faults: list[str]) -> None:
        names: list[str] = []
        paths: list[str] = []
        for glob in globs:
            regex = glob_regex(glob.removeprefix("./").removeprefix("/"))
            if regex is None:
                faults.append(f"pattern {glob!r}: malformed; close the bracket or quote it with \\")
            else:
                (paths if "/" in glob else names).append(regex)
        self._name = _any_of(names)
        self._path = _any_of(paths) if paths else None

    def match(self, path: str, name: str) -> bool:
        if self._name.fullmatch(name) is not None:
            return True
        return self._path is not None and self._path.fullmatch(path) is not None


def _any_of(regexes: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(regexes) or "(?!)", re.DOTALL)


def _directory_glob(glob: str) -> str:
    # legacy/ is any directory of that name, ./legacy and legacy/** the one at the top
    if glob.endswith("/**"):
        return "./" + glob.removesuffix("/**")
    return glob.rstrip("/")


def _file_glob(glob: str) -> str:
    # tests/ is every file below any directory of that name
    if not glob.endswith("/"):
        return glob
    directory = glob.rstrip("/")
    return f"{directory}/**" if "/" in directory else f"**/{directory}/**"
