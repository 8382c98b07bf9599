"""Which statements may make a class or a table, told from what they call; the rest is followed on demand."""

from __future__ import annotations

from xcore_tools.discovery import syntax as s

__all__ = ["called_names", "may_make"]

_MAKERS = frozenset(
    "Table MetaData registry declarative_base automap_base SQLAlchemy map_imperatively map_declaratively"
    " mapper generate_base to_metadata tometadata as_declarative mapped".split()
)


def may_make(block: s.Block) -> bool:
    """Whether statements hold a class, name a table, or call what suggests a table, a base or a mapping."""
    return any(_is_maker(node) for node in s.walk(block))


def called_names(block: s.Block) -> set[str]:
    """The last names of everything that statements call."""
    return {_called_name(node) for node in s.walk(block) if isinstance(node, s.Call)}


def _is_maker(node: object) -> bool:
    if isinstance(node, s.Call):
        name = _called_name(node)
        if name == "type":
            return len(node.args) == 3
        return name in _MAKERS or name.lower().endswith("table")
    if isinstance(node, s.Assign):
        return any(isinstance(t, s.Attribute) and t.name.startswith("__table") for t in node.targets)
    return isinstance(node, s.ClassDef)


def _called_name(call: s.Call) -> str:
    return call.func.id if isinstance(call.func, s.Name) else getattr(call.func, "name", "")
