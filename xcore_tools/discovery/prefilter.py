"""May this file define a model, or lead to one? Told from its bytes by a few regular expressions.

Parsing is a thousand times dearer than looking. A file matters on its own evidence (it names a table,
a base, a mapping), or because a class header, an alias, a decorator or a call in it mentions a name
that other files turned out to define (a base, a model, a function that makes tables). The second rule
is applied again until nothing new is found, so `class Manager(Employee): pass` is met in a file that
names neither SQLAlchemy nor a table. A sketch may only say too much, never too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from xcore_tools.discovery.frameworks import FOREIGN
from xcore_tools.discovery.roles import library_classes, library_makers

__all__ = ["LIBRARY_LEADS", "Leads", "Sketch", "is_suspicious", "sketch"]


class Leads(msgspec.Struct, frozen=True):
    """Names that lead to models: of bases and models, and of what makes classes or tables when called.

    `places` are the modules that bind them, as (module, name).
    """

    classes: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()
    places: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: Leads) -> Leads:
        places = self.places | other.places
        return Leads(self.classes | other.classes, self.makers | other.makers, places)

    @property
    def names(self) -> frozenset[str]:
        """The names of both kinds."""
        return self.classes | self.makers


LIBRARY_LEADS = Leads(
    library_classes() | {name.rpartition(".")[2] for name in FOREIGN}, library_makers()
)
"""Names of SQLAlchemy and its extensions that define something wherever a file uses them."""


class Sketch(msgspec.Struct, frozen=True):
    """`heads` are the names in class headers and aliases, `calls` those of calls and decorators.

    `imports` says for each name that a from-import binds where it comes from: the module, dots in
    front included, and the name there. `dotted` are names that are used as attributes.
    """

    has_evidence: bool
    is_set_aside: bool
    heads: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    dotted: frozenset[str] = frozenset()
    imports: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)

    @property
    def has_star(self) -> bool:
        """Whether a star import may bind any name."""
        return "*" in self.imports

    @property
    def aliases(self) -> frozenset[str]:
        """The names that imports bind under another name than their own."""
        return frozenset(here for here, (_, there) in self.imports.items() if here != there)

    def mentioned(self, leads: Leads) -> frozenset[str]:
        """The names here that may be `leads` and stand where that can make a model or a table."""
        renamed = {here for here, (_, there) in self.imports.items() if there in leads.names}
        heads = self.heads & (leads.names | renamed)
        return heads | (self.calls & (leads.makers | renamed))


# Patterns begin with a literal where they can: that makes them thirty times faster.
_NEEDLES = (
    b"declarative_base",
    b"DeclarativeBase",
    b"DeclarativeMeta",
    b"as_declarative",
    b"automap_base",
    b"map_imperatively",
    b"map_declaratively",
    b"MappedAsDataclass",
    b"mapped_as_dataclass",
    b"generate_base",
    b"to_metadata",
    b"tometadata",
    b"def __table",
    b"'__table",
    b'"__table',
)
_DIRECTIVE = re.compile(rb"__table(?:name|_args|_cls)?__\s*(?::[^=\n]{1,80})?=(?!=)")
_HEADER = re.compile(rb"\bclass\s+\w+[^(:\n]*\((.{0,4000}?)\)\s*:", re.DOTALL)
_ALIAS = re.compile(rb"=\s*\(?\s*([A-Za-z_][\w.]*)\s*(?=[\r\n#,;)])")  # y = x, y = a.x
_CALLS = (
    re.compile(rb"=\s*\(?\s*([A-Za-z_][\w.]*)\s*\("),  # y = x(…)
    re.compile(rb"\n[ \t]*@?([A-Za-z_][\w.]*)[ \t]*\("),  # x(…), @x(…)
    re.compile(rb"\n[ \t]*@([\w.]+)"),  # @x
    re.compile(rb"return ([A-Za-z_][\w.]*)"),  # return x(…)
)
_FROM = re.compile(
    rb"from[ \t]+([\w.]+)[ \t]+import[ \t]*(\([^)]*\)|(?:[^\n\\;]|\\\r?\n)*)",
)
_COMMENT = re.compile(rb"#[^\n]*")
_NAME = re.compile(rb"[A-Za-z_\x80-\xff][\w.\x80-\xff]*")
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
        return Sketch(has_evidence=False, is_set_aside=True)
    text = b"\n" + data + b"\n"
    imports = _imports(data)
    named = [name for header in _HEADER.findall(data) for name in _NAME.findall(header)]
    named += _ALIAS.findall(text)
    called = [name for pattern in _CALLS for name in pattern.findall(text)]
    return Sketch(
        has_evidence=_has_evidence(data),
        is_set_aside=False,
        heads=_text(name.rpartition(b".")[2] for name in named),
        calls=_text(word for name in called for word in name.split(b".")),
        dotted=_text(word for name in (*named, *called) for word in name.split(b".")[1:]),
        imports=imports,
    )


def _has_evidence(data: bytes) -> bool:
    if any(needle in data for needle in _NEEDLES) or _DIRECTIVE.search(data):
        return True
    return b"Table(" in data and (b"Column(" in data or b"sqlalchemy" in data)


def _text(words: Iterable[bytes]) -> frozenset[str]:
    return frozenset(word.decode("utf-8", "replace") for word in words)


def _imports(data: bytes) -> dict[str, tuple[str, str]]:
    """What from-imports bind: the name here → the module and the name there."""
    found: dict[str, tuple[str, str]] = {}
    for module, names in _FROM.findall(data):
        for part in _COMMENT.sub(b"", names).strip(b"() \t\r\n").split(b","):
            words = [w.decode("utf-8", "replace") for w in part.replace(b"\\", b"").split()]
            if len(words) in {1, 3}:
                found[words[-1]] = (module.decode("utf-8", "replace"), words[0])
    return found


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
