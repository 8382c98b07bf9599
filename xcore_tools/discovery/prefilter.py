"""May this file define a model, or lead to one? Told from its bytes by a few regular expressions.

Parsing is a thousand times dearer than looking. A file matters on its own evidence (it names a table,
a base, a collection), or because a class header, an alias, an assignment or a call in it mentions a name
that other files turned out to define (a base, a model, a function that makes tables). The second rule is
applied again until nothing new is found, so `class Manager(Employee): pass` is met in a file that names
neither SQLAlchemy nor a table. The sketch may only say too much, never too little.
"""

from __future__ import annotations

import re

import msgspec

from xcore_tools.discovery.frameworks import DATABASES, FOREIGN

__all__ = ["Sketch", "is_suspicious", "sketch"]


class Sketch(msgspec.Struct, frozen=True):
    """`mentions` are names that would make the file matter if they lead to a model."""

    has_evidence: bool
    is_migration: bool
    mentions: frozenset[str]

    def matters(self, leads: frozenset[str]) -> bool:
        """Whether the file has to be parsed, given the names that are known to lead to models."""
        return not self.is_migration and (self.has_evidence or not leads.isdisjoint(self.mentions))


_EVIDENCE = re.compile(
    rb"__table(?:name)?__|\bTable\b|[dD]eclarative|\bSQLModel\b|\bautomap_base\b|\bmap_imperatively\b"
    rb"|\bmapper\b|\.mapped\b|\bmapped_as_dataclass\b|\bgenerate_base\b|\bSQLAlchemy\b|\.Model\b"
    rb"|\bMetaData\b|\bto_?metadata\b|\bMappedAsDataclass\b|\bDefaultMeta\b|\bregistry\b"
    rb"|\b(?:" + b"|".join(sorted({n.rpartition(".")[2].encode() for n in (*FOREIGN, *DATABASES)})) + rb")\b\s*[(),]"
)
_HEADER = re.compile(rb"\bclass\s+\w+[^(:\n]*\((.{0,4000}?)\)\s*:", re.DOTALL)
_MENTION = re.compile(
    rb"(\w+)\s+as\s+\w+"  # import x as y
    rb"|=\s*([A-Za-z_][\w.]*)"  # y = x, y = a.x(…)
    rb"|^[ \t]*(?:@|return\s+)?([A-Za-z_][\w.]*)[ \t]*(?:\(|\r?$)",  # x(…), @x, return x
    re.MULTILINE,
)
_WORD = re.compile(rb"[^\W\d]\w*")
_REVISION = re.compile(rb"^(?:down_)?revision\s*(?::[^=\n]*)?=", re.MULTILINE)
_DOWN_REVISION = re.compile(rb"^down_revision\b", re.MULTILINE)
_ENVIRONMENT = re.compile(rb"^from alembic import .*\bcontext\b", re.MULTILINE)


def sketch(data: bytes) -> Sketch:
    """What the bytes of a source file say at a glance."""
    if _is_migration(data):
        return Sketch(has_evidence=False, is_migration=True, mentions=frozenset())
    if _EVIDENCE.search(data):
        return Sketch(has_evidence=True, is_migration=False, mentions=frozenset())
    words: set[bytes] = set()
    for header in _HEADER.findall(data):
        words.update(_WORD.findall(header))
    for groups in _MENTION.findall(data):
        for dotted in groups:
            words.update(dotted.split(b"."))
    return Sketch(
        has_evidence=False,
        is_migration=False,
        mentions=frozenset(word.decode("utf-8", "replace") for word in words if word),
    )


def _is_migration(data: bytes) -> bool:
    """Whether a file belongs to Alembic: a revision, or the environment that runs them."""
    if _DOWN_REVISION.search(data) and len(_REVISION.findall(data)) > 1:
        return True
    return b"run_migrations" in data and _ENVIRONMENT.search(data) is not None


_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"()[]{}")
_LONG_LINE = re.compile(rb"[^\r\n]{2000}")
_SCREENED_DEPTH = 30


def is_suspicious(data: bytes) -> bool:
    """Whether a file might be nested too deeply to be parsed; the exact look is worth taking then.

    Innermost pairs of brackets are taken out some times; what nests deeper is left over.
    """
    if _LONG_LINE.search(data):
        return True
    brackets = data.translate(None, _NOT_BRACKETS)
    for _ in range(_SCREENED_DEPTH):
        before = len(brackets)
        brackets = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        if len(brackets) == before:
            break
    return len(brackets) > _SCREENED_DEPTH
