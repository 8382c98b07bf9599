"""May this file define a model, or lead to one? Told from its bytes by a few regular expressions.

Parsing is a thousand times dearer than looking. A file matters on its own evidence (it names a table,
a base, a mapping), or because it uses a name that such a file binds (see mentions). This first look,
which every file gets, finds evidence and imports. It may only find too much, never too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import msgspec


class Imported(msgspec.Struct, frozen=True, gc=False):
    """`from module import name as here`, dots in front of the module included; `*` is a star import.

    `import module as here` has no name; nor has `import a.b`, where `here` is `a`.
    """

    module: str
    name: str
    here: str


class Sketch(msgspec.Struct, frozen=True, gc=False):
    """What a first look tells. `dotted` are the dotted names in class headers: first part, last part."""

    has_evidence: bool
    is_set_aside: bool
    imports: tuple[Imported, ...] = ()
    dotted: frozenset[tuple[str, str]] = frozenset()


# Patterns begin with a literal where they can: that makes them thirty times faster.
_NEEDLES = {
    b"eclarative": (
        b"declarative_base",
        b"DeclarativeBase",
        b"DeclarativeMeta",
        b"as_declarative",
        b"map_declaratively",
    ),
    b"_base": (b"automap_base", b"generate_base"),
    b"mperatively": (b"map_imperatively",),
    b"ataclass": (b"MappedAsDataclass", b"mapped_as_dataclass"),
    b"metadata": (b"to_metadata", b"tometadata"),
    b"__table": (b"def __table", b"'__table", b'"__table'),
}
"""Evidence by what it has in common: one search finds out that a file has none of several."""
_DIRECTIVE = re.compile(rb"__table(?:name|_args|_cls)?__\s*(?::[^=\n]{1,80})?=(?!=)")
_CLASS = re.compile(rb"class\s++\w++[^(:\n]{0,200}+\(")
_CLASS_END = re.compile(rb"\)\s{0,100}+:")
_MAX_HEADER = 4000
_FROM = re.compile(
    rb"from[ \t]+([\w.]+)[ \t]+import[ \t]*(\([^)]*\)|[^\n\\;]*(?:\\\r?\n[^\n\\;]*)*)",
)
_IMPORT = re.compile(rb"import[ \t]+([^\n\\;]*(?:\\\r?\n[^\n\\;]*)*)")
_COMMENT = re.compile(rb"#[^\n]*")
_DOTTED = re.compile(rb"([A-Za-z_\x80-\xff][\w\x80-\xff]*+)\.([\w.\x80-\xff]*+)")
_REVISION = re.compile(rb"^revision\s*(?::[^=\n]*)?=", re.MULTILINE)
_DOWN_REVISION = re.compile(rb"^down_revision\s*(?::[^=\n]*)?=", re.MULTILINE)
_ENVIRONMENT = re.compile(rb"^from alembic import .*\bcontext\b", re.MULTILINE)
_TEST_PATH = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
_TEST_CODE = re.compile(
    rb"^(?:import|from) (?:pytest|unittest)\b|^[ \t]*(?:async )?def test_", re.MULTILINE
)


def sketch(path: str, data: bytes) -> Sketch:
    """What the bytes of a source file say at a first look."""
    data = with_newlines(data)
    if _is_migration(data) or _is_test(path, data):
        return Sketch(has_evidence=False, is_set_aside=True, imports=tuple(_imports(data)))
    return Sketch(
        has_evidence=_has_evidence(data),
        is_set_aside=False,
        imports=tuple(_imports(data)),
        dotted=frozenset(_dotted(data)),
    )


class Header(NamedTuple):
    """Where a class statement begins, where its bases begin and end, and where its block begins."""

    start: int
    opened: int
    closed: int
    end: int


def headers(data: bytes) -> Iterator[Header]:
    """The heads of the classes that have bases or keywords."""
    end: re.Match[bytes] | None = None
    done = 0
    for match in _CLASS.finditer(data):
        if match.start() < done:
            continue
        if end is None or end.start() < match.end():
            end = _CLASS_END.search(data, match.end())
        if end is None:
            return
        if end.start() - match.end() <= _MAX_HEADER:
            done = end.end()
            yield Header(match.start(), match.end(), end.start(), done)


def _dotted(data: bytes) -> Iterator[tuple[str, str]]:
    for header in headers(data):
        bases = data[header.opened : header.closed]
        for first, rest in _DOTTED.findall(bases) if b"." in bases else ():
            last = rest[rest.rfind(b".") + 1 :]
            yield first.decode("utf-8", "replace"), last.decode("utf-8", "replace")


def with_newlines(data: bytes) -> bytes:
    """`data` with line feeds alone at the ends of lines."""
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


def _has_evidence(data: bytes) -> bool:
    if any(part in data and any(needle in data for needle in _NEEDLES[part]) for part in _NEEDLES):
        return True
    if b"__table" in data and _DIRECTIVE.search(data):
        return True
    return b"Table(" in data and (b"Column(" in data or b"sqlalchemy" in data)


def _imports(data: bytes) -> Iterator[Imported]:
    """What imports bind, wherever they stand."""
    for module, names in _FROM.findall(data):
        yield from _imported(module, names)
    for match in _IMPORT.finditer(data):
        before = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()].rstrip()
        if not before or before.endswith((b";", b":")):  # else of a from-import
            yield from _imported(b"", match[1])


@lru_cache(10_000)  # files of one project say the same
def _imported(module: bytes, names: bytes) -> tuple[Imported, ...]:
    """What `from module import names` binds, or `import names` where there is no module."""
    origin = module.decode("utf-8", "replace")
    found: list[Imported] = []
    for words in _listed(names):
        if origin and len(words) in {1, 3}:
            found.append(Imported(origin, words[0], words[-1]))
        elif len(words) == 3:
            found.append(Imported(words[0], "", words[2]))
        elif len(words) == 1:
            found.append(Imported(words[0], "", words[0].partition(".")[0]))
    return tuple(found)


def _listed(names: bytes) -> Iterator[list[str]]:
    """The words between the commas of an import statement."""
    if b"#" in names:
        names = _COMMENT.sub(b"", names)
    plain = names.decode("utf-8", "replace").strip("() \t\r\n").replace("\\", "")
    return map(str.split, plain.split(","))


def _is_migration(data: bytes) -> bool:
    """Whether a file belongs to Alembic: a revision, or the environment that runs them."""
    if b"down_revision" in data and _DOWN_REVISION.search(data) and _REVISION.search(data):
        return True
    return b"run_migrations" in data and _ENVIRONMENT.search(data) is not None


def _is_test(path: str, data: bytes) -> bool:
    """Whether a file is a test by its name and by what it holds; `connection_test.py` may be a model."""
    return _TEST_PATH.search(path) is not None and _TEST_CODE.search(data) is not None


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
