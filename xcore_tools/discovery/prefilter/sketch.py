"""May this file define a model, or lead to one? Told from its bytes by a few regular expressions.

Parsing is a thousand times dearer than looking. A file matters on its own evidence (it names a table,
a base, a mapping), or because it uses a name that such a file binds (see mentions). This first look,
which every file gets, finds evidence and imports. It may only find too much, never too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from xcore_tools.discovery.catalog.derived import COLUMNS, NEEDLES
from xcore_tools.discovery.catalog.directives import TABLE_DIRECTIVES, TABLE_PREFIX
from xcore_tools.discovery.catalog.paths import SQLALCHEMY
from xcore_tools.discovery.catalog.structure import COLUMN, MAPPED
from xcore_tools.discovery.catalog.symbols import TABLE
from xcore_tools.discovery.prefilter.headers import headers
from xcore_tools.discovery.prefilter.plain import plain


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
_TABLE_CALL = TABLE.name.encode() + b"("
_A_COLUMN = COLUMN.name.encode() + b"("
_SQLALCHEMY = SQLALCHEMY.encode()
_DUNDER = TABLE_PREFIX.encode()
_SHARED = (b"eclarative", b"_base", b"mperatively", b"ataclass", b"metadata", _DUNDER)


def _by_shared_part(needles: frozenset[bytes]) -> dict[bytes, tuple[bytes, ...]]:
    """Needles by the first of `_SHARED` that they hold, or by themselves; one that holds another is left out."""
    found: dict[bytes, tuple[bytes, ...]] = {}
    for needle in sorted(needles):
        if not any(other in needle for other in needles - {needle}):
            part = next((part for part in _SHARED if part in needle), needle)
            found[part] = (*found.get(part, ()), needle)
    return found


_NEEDLES = _by_shared_part(
    frozenset(name.encode() for name in NEEDLES)
    | {before + _DUNDER for before in (b"def ", b"'", b'"')}
)
"""Evidence by what it has in common: one search finds out that a file has none of several."""
_COLUMN_ENDS = (COLUMN.name[start:] for start in range(len(COLUMN.name)))
_COLUMN_END = next(
    end.encode() for end in _COLUMN_ENDS if all(name.endswith(end) for name in COLUMNS)
)
_COLUMN_CALL = re.compile(rb"%b[ \t]*+\(" % _COLUMN_END)
_BEFORE_COLUMN = re.compile(
    rb"[ \t]+[^\n=#]{1,200}=[ \t]*(?:\w+\.){0,9}(?:%b)"
    % b"|".join(name.encode().removesuffix(_COLUMN_END) for name in sorted(COLUMNS))
)
_MAPPED = MAPPED.name.encode() + b"["
_BEFORE_MAPPED = re.compile(rb"[ \t]+\w+[ \t]*:[ \t]*['\"]?(?:\w+\.){0,9}")
_LONG = 2000
"""Bytes of a line that are looked at."""
_DIRECTIVE = re.compile(rb"(?:%b)\s*(?::[^=\n]{1,80})?=(?!=)" % "|".join(TABLE_DIRECTIVES).encode())
_FROM = re.compile(
    rb"from(?![\w\x80-\xff])[ \t]*+(\.[. \t]*+)?([\w\x80-\xff]++(?:[ \t]*+\.[ \t]*+[\w\x80-\xff]++)*)?"
    rb"[ \t]*+import(?![\w\x80-\xff])[ \t]*+(\([^()#]*+(?:#[^\n]*+[^()#]*+)*|[^\n;]*+)",
)
_IMPORT = re.compile(rb"import(?<![^y\s;:] import)[ \t]++([^\n;]*+)")
"""An import that is none of names from a module; `lazy` may stand before it."""
_AROUND_DOT = re.compile(rb"[ \t]*\.[ \t]*")
_COMMENT = re.compile(rb"#[^\n]*")
_DOTTED = re.compile(rb"([A-Za-z_\x80-\xff][\w\x80-\xff]*+)\s*+\.([\w.\s\x80-\xff]*+)")
_REVISION = re.compile(rb"^revision\s*(?::[^=\n]*)?=", re.MULTILINE)
_DOWN_REVISION = re.compile(rb"^down_revision\s*(?::[^=\n]*)?=", re.MULTILINE)
_ENVIRONMENT = re.compile(rb"^from alembic import .*\bcontext\b", re.MULTILINE)
_TEST_PATH = re.compile(r"(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$")
_TEST_CODE = re.compile(
    rb"^(?:import|from) (?:pytest|unittest)\b|^[ \t]*(?:async )?def test_", re.MULTILINE
)


def sketch(path: str, data: bytes) -> Sketch:
    """What the bytes of a source file say at a first look."""
    data = plain(data)
    if _is_migration(data) or _is_test(path, data):
        return Sketch(has_evidence=False, is_set_aside=True, imports=tuple(_imports(data)))
    return Sketch(
        has_evidence=_has_evidence(data),
        is_set_aside=False,
        imports=tuple(_imports(data)),
        dotted=frozenset(_dotted(data)),
    )


def _dotted(data: bytes) -> Iterator[tuple[str, str]]:
    for header in headers(data):
        bases = data[header.opened : header.closed]
        if b"." not in bases:
            continue
        found = _DOTTED.findall(bases)
        if b"#" in bases:
            found += _DOTTED.findall(_COMMENT.sub(b"", bases))
        for first, rest in found:
            last = rest[rest.rfind(b".") + 1 :].split()[:1] or [b""]
            yield first.decode("utf-8", "replace"), last[0].decode("utf-8", "replace")


def _has_evidence(data: bytes) -> bool:
    for part, needles in _NEEDLES.items():
        if part in data:
            if any(needle in data for needle in needles):
                return True
            if part == _DUNDER and _DIRECTIVE.search(data):
                return True
    if b"class " in data and (_has_column(data) or _has_mapped(data)):
        return True
    return _TABLE_CALL in data and (_A_COLUMN in data or _SQLALCHEMY in data)


def _has_column(data: bytes) -> bool:
    """Whether an indented line binds a column, whatever the class around it inherits."""
    calls = _COLUMN_CALL.finditer(data) if _COLUMN_END in data else ()
    return any(_stands_behind(_BEFORE_COLUMN, data, call.start()) for call in calls)


def _has_mapped(data: bytes) -> bool:
    """Whether an indented line annotates a name as mapped, whatever the class around it inherits."""
    place = data.find(_MAPPED)
    while place >= 0:
        if _stands_behind(_BEFORE_MAPPED, data, place):
            return True
        place = data.find(_MAPPED, place + 1)
    return False


def _stands_behind(pattern: re.Pattern[bytes], data: bytes, place: int) -> bool:
    """Whether all of a line before a place is as `pattern` says; also where the line is too long to tell."""
    start = data.rfind(b"\n", max(place - _LONG, 0), place)
    is_cut = start < 0 and place > _LONG
    return is_cut or pattern.fullmatch(data, start + 1, place) is not None


def _imports(data: bytes) -> Iterator[Imported]:
    """What imports bind, wherever they stand."""
    for dots, name, names in _FROM.findall(data):
        yield from _imported(dots + name, names)
    for match in _IMPORT.finditer(data):
        before = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()].rstrip()
        if before and before.endswith(b"lazy"):
            before = before[:-4].rstrip()
        if not before or before.endswith((b";", b":")):  # else of a from-import
            yield from _imported(b"", match[1])


@lru_cache(10_000)  # files of one project say the same
def _imported(module: bytes, names: bytes) -> tuple[Imported, ...]:
    """What `from module import names` binds, or `import names` where there is no module."""
    origin = module.translate(None, b" \t").decode("utf-8", "replace")
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
    if b" ." in names or b". " in names or b"\t" in names:
        names = _AROUND_DOT.sub(b".", names)
    return map(str.split, names.decode("utf-8", "replace").strip("() \t\r\n").split(","))


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
