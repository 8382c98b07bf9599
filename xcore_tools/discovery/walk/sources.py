"""What a walk is given and what it returns."""

from __future__ import annotations

from pathlib import Path

import msgspec

from xcore_tools.discovery.results import Problem

CORE = "core"


class Root(msgspec.Struct, frozen=True):
    """A directory or file to scan: its absolute path, and `core` or `plugin:<name>` as origin.

    A file that the configuration names itself is reported whatever the patterns say; one that was
    only found below a plugins path (`named` is False) has to match them.
    """

    path: Path
    origin: str = CORE
    named: bool = True


class Rules(msgspec.Struct, frozen=True):
    """What is left out of a scan, and what module names are relative to.

    Patterns are globs: matched against the name, or against the path relative to the project where
    they contain a slash (there `*` stops at a slash and `**` does not). `exclude_directories` are
    not entered at all. `import_roots` are directories, absolute or relative to the project; those
    that the project itself shows need not be given. `inis` are files with settings of Alembic that
    are not called alembic.ini, relative to the project.
    """

    exclude_directories: tuple[str, ...] = ()
    include: tuple[str, ...] = ("*.py",)
    exclude: tuple[str, ...] = ()
    gitignore: bool = True
    import_roots: tuple[str, ...] = ()
    inis: tuple[str, ...] = ()


class SourceFile(msgspec.Struct, frozen=True, order=True):
    """A Python file. `path` is POSIX and relative to the project, `module` its one dotted name.

    A file that is not `selected` is never reported, yet may be read to resolve a name that leads
    through it.
    """

    path: str
    module: str
    is_package: bool
    origin: str
    selected: bool


class Walk(msgspec.Struct, frozen=True):
    """The files of a scan, sorted by path, with what was noticed on the way.

    `import_roots` are POSIX and relative to the project, "" being the project, in the order in
    which names are looked up: configured ones, the project, those that the layout shows. `package`
    is the dotted name of the project's own directory, "" unless it is a package.

    It `is_whole` if it covers the project. `settings` are the roots that were given, `telling` the
    files that may state others, `above` the names of the directories that the project lies in; `top`
    leads from it to its repository.
    """

    sources: tuple[SourceFile, ...]
    problems: tuple[Problem, ...]
    import_roots: tuple[str, ...]
    package: str = ""
    settings: tuple[str, ...] = ()
    telling: tuple[str, ...] = ()
    above: tuple[str, ...] = ()
    top: str = ""
    is_whole: bool = True
