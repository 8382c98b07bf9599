"""What of a discovery belongs to one env.py, where a project has several of them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from xcore_tools.config import Config
from xcore_tools.discovery.results import Discovery, Model, Table
from xcore_tools.envfile.follow import meanings_of
from xcore_tools.envfile.importable import kept_where
from xcore_tools.envfile.metadata import spelled_out
from xcore_tools.envfile.places import ASIDE
from xcore_tools.envfile.target import read_target
from xcore_tools.errors import EnvFileError

Place = Model | Table


def visible(discovery: Discovery, env_path: Path, config: Config) -> Discovery:
    """Return the discovery without modules whose names mean others where env.py runs.

    Two services may each have a package `app`: env.py of one sees its own.
    """
    roots: dict[str, set[str]] = defaultdict(set)
    places: tuple[Place, ...] = (*discovery.models, *discovery.tables)
    for each in places:
        roots[_top(each)].add(root_of(each))
    env = _relative(env_path, config.project)
    chosen = {
        top: max(around, key=len)
        for top, found in roots.items()
        if len(found) > 1 and (around := [root for root in found if _holds(root, env)])
    }
    if not chosen:
        return discovery
    return kept_where(
        discovery, lambda each: chosen.get(_top(each), root_of(each)) == root_of(each)
    )


def shared_out(discovery: Discovery, env_path: Path, source: bytes, config: Config) -> Discovery:
    """Return the part of the discovery that is this env.py's, by what each env.py of the project imports.

    A collection that another one has in its `target_metadata`, and this one has not, is that one's. So
    are models of another application: in a directory of `sys.path` that holds another env.py, not
    this one. Where nothing would be left, nothing is taken away. `source` is what this env.py holds.
    """
    env = _relative(env_path, config.project)
    others = [each for each in discovery.environments if each != env and not _is_aside(each)]
    if not others:
        return discovery
    own = _covered(discovery, env_path, source, config)
    theirs: set[str] = set()
    for each in others:
        path = config.project / each
        theirs |= _covered(discovery, path, _content(path), config)
    gone = theirs - own

    def is_kept(each: Place) -> bool:
        if each.metadata is not None and each.metadata in own:
            return True
        return each.metadata not in gone and not _is_foreign(root_of(each), env, others)

    own_part = kept_where(discovery, is_kept)
    return own_part if own_part.models or own_part.tables else discovery


def root_of(each: Place) -> str:
    """The directory that the name of a module counts from; "" is the project."""
    inside = each.module.replace(".", "/")
    for tail in (f"{inside}.py", f"{inside}/__init__.py"):
        if each.path == tail or each.path.endswith(f"/{tail}"):
            return each.path.removesuffix(tail).rstrip("/")
    return ""


def _covered(discovery: Discovery, env_path: Path, source: bytes, config: Config) -> set[str]:
    """The collections that an env.py gives Alembic, as far as that is understood."""
    seen = visible(discovery, env_path, config)
    try:
        target = read_target(source)
    except EnvFileError:
        return set()
    found = {**spelled_out(target, seen), **meanings_of(target, seen, env_path, config).parts}
    return set(found.values())


def _is_foreign(root: str, env: str, others: Iterable[str]) -> bool:
    return not _holds(root, env) and any(_holds(root, other) for other in others)


def _holds(root: str, path: str) -> bool:
    return not root or path.startswith(f"{root}/")


def _is_aside(path: str) -> bool:
    return not ASIDE.isdisjoint(path.lower().split("/")[:-1])


def _top(each: Place) -> str:
    return each.module.partition(".")[0]


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _relative(path: Path, project: Path) -> str:
    return os.path.relpath(path.resolve(), project.resolve()).replace(os.sep, "/")
