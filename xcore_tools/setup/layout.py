"""Which directories of a project hold the application, told from models and from names. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from xcore_tools.discovery.results import Discovery
from xcore_tools.envfile import places
from xcore_tools.setup.facts import Layout

ASIDE = places.ASIDE | {"script", "scripts"}
"""Names of directories whose models are seldom those of the application."""

_PLUGINS = "plugins"
_PACKAGE = "__init__.py"


def layout_of(discovery: Discovery, files: Iterable[str], *, scripts: str | None = None) -> Layout:
    """The layout of a project with these models and Python files; `scripts` are Alembic's.

    Every package beside one with models is taken as well: it may have some tomorrow.
    """
    files = set(files)
    places = {(model.module, model.path) for model in discovery.models}
    places |= {(table.module, table.path) for table in discovery.tables}
    tops = {(root := _root(module, path), _top(root, path)) for module, path in places}
    aside = {top for _, top in tops if _name(top) in ASIDE}
    roots = sorted({root for root, top in tops if top not in aside})
    own = {top for _, top in tops} - aside
    plugins = {top for top in own if _name(top) == _PLUGINS and f"{top}/{_PACKAGE}" not in files}
    models = {"."} if "." in own else (own | _packages(files, roots, scripts)) - plugins
    if models == {"."} and not plugins:
        return Layout(roots=_shown(roots))  # what is scanned anyway
    return Layout(
        tuple(sorted(models)), tuple(sorted(plugins)), tuple(sorted(aside)), _shown(roots)
    )


def _root(module: str, path: str) -> str:
    """The directory that the name of a module is relative to; the project is the empty string."""
    inside = module.replace(".", "/")
    for tail in (f"{inside}.py", f"{inside}/{_PACKAGE}"):
        if path == tail or path.endswith(f"/{tail}"):
            return path.removesuffix(tail).rstrip("/")
    return PurePosixPath(path).parent.as_posix().removeprefix(".")


def _top(root: str, path: str) -> str:
    """The first directory below the root on the way to a file; the root where there is none."""
    first, slash, _ = path.removeprefix(f"{root}/" if root else "").partition("/")
    return _joined(root, first) if slash else root or "."


def _packages(files: set[str], roots: Iterable[str], scripts: str | None) -> set[str]:
    """The packages that lie in one of the roots, but for those whose name says something else."""
    found = set()
    for root in roots:
        inside = f"{root}/" if root else ""
        tops = {_top(root, path) for path in files if path.startswith(inside)}
        found |= {top for top in tops if f"{top}/{_PACKAGE}" in files and top != scripts}
    return {top for top in found if _name(top) not in ASIDE}


def _joined(root: str, name: str) -> str:
    return f"{root}/{name}" if root else name


def _name(path: str) -> str:
    return PurePosixPath(path).name.lower()


def _shown(roots: Iterable[str]) -> tuple[str, ...]:
    return tuple(root or "." for root in roots) or (".",)
