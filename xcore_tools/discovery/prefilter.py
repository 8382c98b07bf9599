"""May this file define a model, or lead to one? Told from its bytes by a few regular expressions.

Parsing is a thousand times dearer than looking. A file matters on its own evidence (it names a table,
a base, a collection), or because a class header, an alias, an assignment or a call in it mentions a name
that other files turned out to define (a base, a model, a function that makes tables). The second rule is
applied again until nothing new is found, so `class Manager(Employee): pass` is met in a file that names
neither SQLAlchemy nor a table. The sketch may only say too much, never too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from xcore_tools.discovery.frameworks import DATABASES, FOREIGN, library_names

__all__ = ["LIBRARY_LEADS", "Sketch", "is_suspicious", "sketch"]


class Sketch(msgspec.Struct, frozen=True):
    """`mentions` are names that would make the file matter if they lead to a model."""

    has_evidence: bool
    is_set_aside: bool
    mentions: frozenset[str]

    def matters(self, leads: frozenset[str]) -> bool:
        """Whether the file has to be parsed, given the names that are known to lead to models."""
        return not self.is_set_aside and (self.has_evidence or not leads.isdisjoint(self.mentions))


LIBRARY_LEADS = library_names() | {name.rpartition(".")[2] for name in (*FOREIGN, *DATABASES)}
"""Names of SQLAlchemy and its extensions that define something wherever a file uses them."""

_NEEDLES = tuple(
    b"__tablename__ __table__ eclarative automap_base map_imperatively MappedAsDataclass mapped_as_dataclass"
    b" generate_base to_metadata tometadata".split()
)
_HEADER = re.compile(rb"\bclass\s+\w+[^(:\n]*\((.{0,4000}?)\)\s*:", re.DOTALL)
_MENTIONS = (  # each begins with a literal, which makes it thirty times faster
    re.compile(rb"=\s*\(?\s*([A-Za-z_][\w.]*)"),  # y = x, y = a.x(…)
    re.compile(rb"\n[ \t]*@?([A-Za-z_][\w.]*)[ \t]*\("),  # x(…), @x(…)
    re.compile(rb"\n[ \t]*@([\w.]+)"),  # @x
    re.compile(rb"return ([A-Za-z_][\w.]*)"),  # return x, return x(…)
)
_WORD = re.compile(rb"[^\W\d]\w*")
_REVISION = re.compile(rb"^revision\s*(?::[^=\n]*)?=", re.MULTILINE)
_DOWN_REVISION = re.compile(rb"^down_revision\s*(?::[^=\n]*)?=", re.MULTILINE)
_ENVIRONMENT = re.compile(rb"^from alembic import .*\bcontext\b", re.MULTILINE)
_TEST_NAME = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
_TEST_CODE = re.compile(
    rb"^(?:import|from) (?:pytest|unittest)\b|^[ \t]*(?:async )?def test_", re.MULTILINE
)


def sketch(path: str, data: bytes) -> Sketch:
    """What the bytes of a source file say at a glance."""
    if _is_migration(data) or _is_test(path, data):
        return Sketch(has_evidence=False, is_set_aside=True, mentions=frozenset())
    if any(needle in data for needle in _NEEDLES) or (b"Table(" in data and b"eta" in data):
        return Sketch(has_evidence=True, is_set_aside=False, mentions=frozenset())
    words = {word for dotted in _dotted_names(data) for word in dotted.split(b".")}
    words.update(word for header in _HEADER.findall(data) for word in _WORD.findall(header))
    mentions = frozenset(word.decode("utf-8", "replace") for word in words if word)
    return Sketch(not LIBRARY_LEADS.isdisjoint(mentions), is_set_aside=False, mentions=mentions)


def _dotted_names(data: bytes) -> Iterator[bytes]:
    text = b"\n" + data
    for pattern in _MENTIONS:
        yield from pattern.findall(text)
    position = data.find(b" as ")
    while position >= 0:  # import x as y
        yield from data[max(0, position - 100) : position].split()[-1:]
        position = data.find(b" as ", position + 1)


def _is_migration(data: bytes) -> bool:
    """Whether a file belongs to Alembic: a revision, or the environment that runs them."""
    if b"down_revision" in data and _DOWN_REVISION.search(data) and _REVISION.search(data):
        return True
    return b"run_migrations" in data and _ENVIRONMENT.search(data) is not None


def _is_test(path: str, data: bytes) -> bool:
    """Whether a file is a test by its name and by what it holds; `connection_test.py` may be a model."""
    return _TEST_NAME.search(path) is not None and _TEST_CODE.search(data) is not None


_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"()[]{}")
_LONG_LINE = 2000
_SCREENED_DEPTH = 30


def is_suspicious(data: bytes) -> bool:
    """Whether a file might be nested too deeply to be parsed; the exact look is worth taking then.

    Innermost pairs of brackets are taken out some times; what nests deeper is left over.
    """
    if max(map(len, data.split(b"\n"))) > _LONG_LINE:
        return True
    brackets = data.translate(None, _NOT_BRACKETS)
    for _ in range(_SCREENED_DEPTH):
        before = len(brackets)
        brackets = brackets.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        if len(brackets) == before:
            break
    return len(brackets) > _SCREENED_DEPTH
