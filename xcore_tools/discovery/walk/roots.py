"""Configured paths → the roots of a scan."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from xcore_tools.discovery.results import Problem, Severity
from xcore_tools.discovery.walk.disk import exists, is_directory, is_file, names_in, real
from xcore_tools.discovery.walk.filters import Filter, is_virtual_environment
from xcore_tools.discovery.walk.paths import is_text, printable, relative
from xcore_tools.discovery.walk.reading import unreadable, without_text_name
from xcore_tools.discovery.walk.sources import CORE, Root, Rules


def find_roots(
    project: Path, models: Sequence[str], plugins: Sequence[str], rules: Rules | None = None
) -> tuple[list[Root], list[Problem]]:
    """Return the roots that the paths of a configuration name, those of `models` first.

    Every path is a directory or a file, absolute or relative to the project. Each child of a path
    in `plugins` becomes a root: a directory `name` or a file `name.py` is of origin `plugin:name`,
    unless it is hidden or `rules` exclude it. An `__init__.py` there belongs to the core.

    A path that does not exist is XT110 and names the nearest one that does; one outside the project
    is XT110 too, and a link that leads outside is XT111.
    """
    base = real(project)
    chosen = Filter(rules or Rules())
    found = [_root(base, entry) for entry in models]
    for entry in plugins:
        root = _root(base, entry)
        if isinstance(root, Problem):
            found.append(root)
        elif root.path.is_dir():
            found += _plugins(base, root.path.as_posix(), chosen)
        else:
            found.append(Root(root.path, _plugin_origin(root.path.name)))
    roots = [each for each in found if isinstance(each, Root)]
    problems = {each for each in found if isinstance(each, Problem)}
    return list(dict.fromkeys(roots)), sorted(problems)


def _root(project: str, entry: str) -> Root | Problem:
    lexical = os.path.normpath(Path(project, entry)).replace(os.sep, "/")
    place = real(lexical)
    path = relative(place, project)
    if path is None:
        linked = relative(lexical, project)
        if linked is not None:
            return _leaves(linked, "error")
        return _missing(entry, "lies outside the project; name a path inside it")
    if exists(place):
        return Root(Path(place))
    nearest = _nearest(project, path)
    remedy = f"the nearest that does is {nearest!r}" if nearest else "nothing like it does"
    return _missing(entry, f"does not exist; {remedy}")


def _plugins(project: str, directory: str, chosen: Filter) -> Iterator[Root | Problem]:
    """Yield the plugins that are children of a directory, by name."""
    try:
        names = sorted(os.listdir(directory))  # noqa: PTH208 - names are wanted, not paths
    except OSError as error:
        yield unreadable(relative(directory, project) or ".", error)
        return
    for name in names:
        place = real(f"{directory}/{name}")
        shown = relative(f"{directory}/{name}", project) or name
        if not _may_be_plugin(place, shown, name, chosen):
            continue
        if not is_text(name):
            yield without_text_name(shown)
        elif relative(place, project) is None:
            yield _leaves(shown, "warning")
        else:
            yield Root(Path(place), _plugin_origin(name), named=is_directory(place))


def _may_be_plugin(place: str, shown: str, name: str, chosen: Filter) -> bool:
    if is_directory(place):
        return chosen.enters(shown, name) and not is_virtual_environment(names_in(place))
    return name.endswith(".py") and name[0] != "." and is_file(place)


def _plugin_origin(name: str) -> str:
    return CORE if name == "__init__.py" else f"plugin:{name.removesuffix('.py')}"


def _nearest(project: str, path: str) -> str | None:
    """Return the path that exists and differs least from one that does not; None if none is alike.

    Where only the first directories of the path exist, they are the answer.
    """
    found = ""
    for part in path.split("/"):
        alike = _alike(part, names_in(f"{project}/{found}"))
        if alike is None:
            break
        found = f"{found}/{alike}" if found else alike
    return printable(found) or None


def _alike(part: str, names: Sequence[str]) -> str | None:
    if part in names:
        return part
    by_folded = {name.casefold(): name for name in reversed(names) if name[0] != "."}
    matches = get_close_matches(part.casefold(), by_folded, n=1)
    return by_folded[matches[0]] if matches else None


def _missing(entry: str, reason: str) -> Problem:
    shown = printable(entry)
    return Problem(shown, 0, "XT110", "error", f"path {shown!r} {reason}")


def _leaves(path: str, severity: Severity) -> Problem:
    message = "leads outside the project: not followed"
    return Problem(printable(path), 0, "XT111", severity, message)
