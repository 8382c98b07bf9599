"""Names of modules: from a path to its one dotted name, from a relative import to an absolute one.

Paths are POSIX and relative to the project. An import root is a directory that stands on `sys.path`
when the application runs, written the same way; "" is the project itself.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

_PACKAGE = "__init__"


def is_below(path: str, directory: str) -> bool:
    """Tell whether `path` lies inside `directory`, at any depth; no directory is inside itself."""
    return path.startswith(directory + "/") if directory else path != ""


def is_package_file(path: str) -> bool:
    """Tell whether the file makes its directory a package: `pkg/__init__.py`."""
    return path.rpartition("/")[2].partition(".")[0] == _PACKAGE


def import_root_of(path: str, import_roots: Container[str]) -> str:
    """Return the deepest import root that contains the file; the project itself if none does.

    The `__init__.py` of an import root belongs to the next root above: from inside the root it has
    no name.
    """
    directory = path.rpartition("/")[0]
    if is_package_file(path):
        directory = directory.rpartition("/")[0]
    while directory and directory not in import_roots:
        directory = directory.rpartition("/")[0]
    return directory


def module_name(path: str, import_roots: Container[str], package: str = "") -> str:
    """Return the dotted name of the file, relative to the deepest import root that contains it.

    `package` is the name of the project's own directory where that is a package.

    `pkg/__init__.py` is `pkg`. Parts that are no identifiers are kept as they are. The
    `__init__.py` of the project itself, which no importer can name, is `__init__`.
    """
    directory, _, name = path.rpartition("/")
    return _in_package(_package(directory, import_root_of(path, import_roots), package), name)


def module_names(
    paths: Iterable[str], import_roots: Iterable[str], package: str = ""
) -> dict[str, str]:
    """Return the name of every file; no two import roots have a name in common.

    Where they would (two services, each with a package `app`), the package is named relative to the
    project in both: `orders.app` and `users.app`. Two files of one name in the same directory,
    `a.py` and `a/__init__.py`, keep it.
    """
    roots = frozenset(import_roots)
    # Files of a directory share all but a word.
    places: dict[tuple[str, bool], tuple[str, str]] = {}
    root_of: dict[str, str] = {}
    names: dict[str, str] = {}
    first: dict[str, str] = {}  # the import root that a name was met below first
    clashing: set[tuple[str, str]] = set()
    for path in paths:
        directory, _, name = path.rpartition("/")
        key = (directory, is_package_file(name))
        if key not in places:
            root = import_root_of(path, roots)
            places[key] = (root, _package(directory, root, package))
        root_of[path], inside = places[key]
        names[path] = found = _in_package(inside, name)
        other = first.setdefault(found, root_of[path])
        if other != root_of[path]:
            top = _top_level(found)
            clashing |= {(other, top), (root_of[path], top)}
    if clashing:
        for path, name in names.items():
            if (root_of[path], _top_level(name)) in clashing:
                names[path] = module_name(path, (), package)
    return names


def _package(directory: str, root: str, package: str) -> str:
    """The dotted name of a directory below an import root."""
    if root:
        return directory[len(root) + 1 :].replace("/", ".")
    inside = directory.replace("/", ".")
    return f"{package}.{inside}".strip(".") if package else inside


def _in_package(package: str, name: str) -> str:
    """The dotted name of the file `name` in a package, "" for none."""
    stem = name.rpartition(".")[0] or name
    if not package:
        return stem
    return package if stem == _PACKAGE else f"{package}.{stem}"


def _top_level(name: str) -> str:
    return name.partition(".")[0]


def absolute_name(module: str, is_package: bool, level: int, target: str | None) -> str | None:
    """Return what `from <level dots><target> import …` in `module` means; None if it climbs out.

    `level` 0 is an absolute import. The import root counts as the package of its top-level modules,
    because a project is often started one directory too deep: `from .b import x` in `a` is `b`, and
    `from . import x` there is "", the root itself.

    Source: https://docs.python.org/3/reference/import.html#package-relative-imports
    """
    if level == 0:
        return target
    package = module.split(".") if module not in ("", _PACKAGE) else []
    climbs = level - 1 if is_package else level
    if climbs > len(package):
        return None
    parts = package[: len(package) - climbs]
    return ".".join([*parts, target] if target else parts)
