"""The files of a project that tell import roots, read: each of them becomes evidence."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from xcore_tools.config.importroots import AlembicStart, alembic_starts
from xcore_tools.discovery.roots.evidence import Evidence, Weight, joined
from xcore_tools.discovery.roots.pyproject import read_pyproject
from xcore_tools.discovery.roots.setup_files import read_ini_file, read_setup_script
from xcore_tools.discovery.roots.sys_path import added_directories
from xcore_tools.discovery.walk import Walk, read_source
from xcore_tools.discovery.walk.disk import is_directory

_LIMIT = 1024 * 1024
"""Bytes; no such file that a person wrote comes near it."""

_READERS: Mapping[str, Callable[[str, bytes], tuple[Evidence, ...]]] = {
    "pyproject.toml": read_pyproject,
    "setup.py": read_setup_script,
    "setup.cfg": read_ini_file,
    "pytest.ini": read_ini_file,
    "tox.ini": read_ini_file,
}
_DISTRIBUTIONS = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})


def gather(project: Path, walk: Walk, settings: tuple[str, ...] = ()) -> tuple[Evidence, ...]:
    """Return everything that is stated about import roots, sorted; `settings` are the user's own.

    A file that cannot be read says nothing here: whoever needs it tells so. No code runs.
    """
    found = {Evidence(root, Weight.SETTING, "", "the setting import_roots") for root in settings}
    found.add(Evidence("src", Weight.LAYOUT, "", "packages lie in src"))
    for file in walk.telling:
        found.update(_stated(project, file))
        found.update(_layout(project, file))
    return tuple(sorted(each for each in found if _exists(project, each.root)))


def _stated(project: Path, file: str) -> Iterator[Evidence]:
    name = posixpath.basename(file)
    if name.endswith(".ini"):
        yield from map(_of_alembic, alembic_starts(project / file, project))
    if name not in _READERS and name != "env.py":
        return
    data = read_source(project, file, _LIMIT)
    if not isinstance(data, bytes):
        return
    if name in _READERS:
        yield from _READERS[name](file, data)
    elif b"sys" in data or b"addsitedir" in data:
        yield from _of_script(project, file, data)


def _of_alembic(start: AlembicStart) -> Evidence:
    weight = Weight.STATED if start.is_certain else Weight.LAYOUT
    return Evidence(start.directory, weight, start.file, start.reason)


def _of_script(project: Path, file: str, data: bytes) -> Iterator[Evidence]:
    for added in added_directories(file, data):
        directory = added.directory
        if added.is_relative:  # to where Alembic is started
            starts = [joined(above, directory) for above in _upwards(posixpath.dirname(file))]
            directory = next((each for each in starts if _exists(project, each)), "")
        reason = f"line {added.line} puts it on sys.path"
        yield Evidence(directory, Weight.STATED, file, reason)


def _layout(project: Path, file: str) -> Iterator[Evidence]:
    """A distribution of its own: its directory, and `src` in it."""
    directory, _, name = file.rpartition("/")
    if name not in _DISTRIBUTIONS:
        return
    yield Evidence(directory, Weight.LAYOUT, file, "a distribution lies here")
    source = posixpath.join(directory, "src")
    if _exists(project, source):
        yield Evidence(source, Weight.LAYOUT, file, "a distribution has its packages in src")


def _upwards(directory: str) -> Iterator[str]:
    """The directories from the project down to this one: `""`, `a`, `a/b`."""
    parts = [part for part in directory.split("/") if part]
    yield from ("/".join(parts[:count]) for count in range(len(parts) + 1))


def _exists(project: Path, root: str) -> bool:
    return not root or is_directory(os.path.join(project, root))  # noqa: PTH118 - may be odd text
