"""Which statements may make a class or a table, told from what they call; the rest is followed on demand."""

from __future__ import annotations

from xcore_tools.discovery import syntax as s
from xcore_tools.discovery.frameworks import library_names

__all__ = ["called_names", "may_make"]

LIBRARY = library_names()

_MAKERS = frozenset(
    [
        "Table",
        "MetaData",
        "registry",
        "declarative_base",
        "automap_base",
        "SQLAlchemy",
        "map_imperatively",
        "map_declaratively",
        "mapper",
        "generate_base",
        "to_metadata",
        "tometadata",
        "as_declarative",
        "mapped",
    ]
)


def may_make(block: s.Block, leads: frozenset[str] = LIBRARY) -> bool:
    """Whether statements hold a class that looks mapped, name a table, or call what makes one.

    `leads` are names of bases, models and functions that make them.
    """
    return any(_is_maker(node, leads) for node in s.walk(block))


def called_names(block: s.Block) -> set[str]:
    """The last names of everything that statements call."""
    return {_called_name(node) for node in s.walk(block) if isinstance(node, s.Call)}


def _is_maker(node: object, leads: frozenset[str]) -> bool:
    if isinstance(node, s.Call):
        name = _called_name(node)
        if name == "type":
            return len(node.args) == 3
        return name in _MAKERS or name.endswith("Table")
    if isinstance(node, s.Assign):
        return any(
            isinstance(t, s.Attribute) and t.name.startswith("__table") for t in node.targets
        )
    return isinstance(node, s.ClassDef) and _looks_mapped(node, leads)


def _looks_mapped(node: s.ClassDef, leads: frozenset[str]) -> bool:
    """Whether a base, a decorator or the body of a class has to do with tables."""
    heads = (*node.bases, *node.decorators, *node.keywords)
    names = {getattr(part, "id", getattr(part, "name", None)) for part in s.walk(heads)}
    if names & leads:
        return True
    for statement in node.body:
        if isinstance(statement, s.Assign):
            target = statement.targets[0]
            if isinstance(target, s.Name) and target.id.startswith("__table"):
                return True
            if isinstance(statement.value, s.Call) and _called_name(statement.value) in _COLUMNS:
                return True
    return False


_COLUMNS = frozenset({"Column", "mapped_column", "relationship", "Field", "Relationship"})


def _called_name(call: s.Call) -> str:
    return call.func.id if isinstance(call.func, s.Name) else getattr(call.func, "name", "")
