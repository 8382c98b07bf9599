"""What the `target_metadata` of an env.py is made of, read from its source. Pure: bytes in, data out.

Names that the file assigns above are followed to what they stand for; nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum, auto

import libcst as cst
import msgspec
from libcst.metadata import (
    MetadataWrapper,
    PositionProvider,
    WhitespaceInclusivePositionProvider,
)

from xcore_tools.envfile.source import read
from xcore_tools.envfile.statements import NAME, Statements, statements_of

# Flask-Migrate's templates: current_app.extensions['migrate'].db, and get_metadata() around it
_FLASK_MIGRATE = re.compile(r"""\.extensions\[['"]migrate['"]\]""")
_FLASK_CALL = "get_metadata("


class Kind(StrEnum):
    """The shape of `target_metadata`."""

    ABSENT = auto()
    NOTHING = auto()
    LISTED = auto()
    BY_NAME = auto()
    FLASK_MIGRATE = auto()
    UNKNOWN = auto()


class Target(msgspec.Struct, frozen=True):
    """The parts that `target_metadata` is put together from, as source text.

    `parts` are expressions such as `Base.metadata`; of a dict (`Kind.BY_NAME`), those of all its
    values. `text` is the value as it stands in `line`, `items` what a list has to hold to mean the
    same. `is_replaceable` says that one top-level assignment holds the value, and that nothing is
    lost when it is written anew. `imports` are the import statements of the file, and `imported`
    what each name that they bind stands for.
    """

    kind: Kind
    parts: tuple[str, ...] = ()
    text: str = ""
    line: int = 0
    items: tuple[str, ...] = ()
    is_replaceable: bool = False
    imports: tuple[str, ...] = ()
    imported: dict[str, str] = {}


def read_target(source: bytes) -> Target:
    """Return what the file gives Alembic to compare the database with.

    Raises:
        EnvFileError: the file is not Python, or cannot be decoded.
    """
    wrapper = MetadataWrapper(read(source).module, unsafe_skip_copy=True)
    statements = statements_of(wrapper.module)
    imports, imported = tuple(statements.imports), statements.imported
    value = statements.assigned.get(NAME)
    if value is None and NAME in statements.unclear:
        return Target(Kind.UNKNOWN, imports=imports, imported=imported)
    if value is None and NAME in imported:
        return Target(Kind.LISTED, (NAME,), imports=imports, imported=imported)
    if value is None and not statements.passed:
        return Target(Kind.ABSENT, imports=imports, imported=imported)
    values = statements.passed if value is None else [value]
    reader = _Reader(wrapper.module, statements)
    kind, parts = reader.read(values)
    text = wrapper.module.code_for_node(values[0])
    return Target(
        kind,
        parts,
        text,
        line=wrapper.resolve(PositionProvider)[values[0]].start.line,
        items=reader.items(values[0]),
        is_replaceable=value is not None and "#" not in text,
        imports=imports,
        imported=imported,
    )


def with_target(source: bytes, expression: Sequence[str]) -> bytes:
    """Return the file with `target_metadata` set to the expression, given as lines.

    Every byte outside the value stays as it is. The file has to be replaceable (see `Target`).

    Raises:
        EnvFileError: as `read_target` does; or the encoding of the file lacks a character.
    """
    text = read(source)
    wrapper = MetadataWrapper(text.module, unsafe_skip_copy=True)
    value = statements_of(text.module).assigned[NAME]
    # with the parentheses around it
    place = wrapper.resolve(WhitespaceInclusivePositionProvider)[value]
    start, end = place.start.line - 1, place.end.line
    above = text.lines[start][: place.start.column]
    below = text.lines[end - 1][place.end.column :]
    new = text.newline_at(start + 1).join(expression)
    return text.with_lines(start, end, [above + new + below])


class _Reader:
    """Takes expressions apart into the paths of MetaData collections."""

    def __init__(self, module: cst.Module, statements: Statements) -> None:
        self._module = module
        self._statements = statements
        self._is_flask = bool(_FLASK_MIGRATE.search(module.code))

    def read(self, values: Iterable[cst.BaseExpression]) -> tuple[Kind, tuple[str, ...]]:
        """The shape that all the values have, with the parts that are understood."""
        shapes = {self._read(value) for value in values}
        kinds = {kind for kind, _ in shapes}
        if len(shapes) == 1:
            return shapes.pop()
        return (kinds.pop() if kinds == {Kind.FLASK_MIGRATE} else Kind.UNKNOWN), ()

    def items(self, value: cst.BaseExpression) -> tuple[str, ...]:
        """The source of what a list holds that means the same as the value."""
        code = self._module.code_for_node
        if isinstance(value, cst.List | cst.Tuple):
            return tuple(
                code(element.with_changes(comma=cst.MaybeSentinel.DEFAULT))
                for element in value.elements
            )
        is_list = isinstance(self._followed(value), cst.List | cst.Tuple | cst.BinaryOperation)
        text = code(value)
        if isinstance(value, cst.BinaryOperation):
            text = f"({text})"
        return (f"*{text}" if is_list else text,)

    def _read(self, value: cst.BaseExpression) -> tuple[Kind, tuple[str, ...]]:
        value = self._followed(value)
        if isinstance(value, cst.Name) and value.value == "None":
            return Kind.NOTHING, ()
        kind, values = Kind.LISTED, [value]
        if isinstance(value, cst.Dict):
            kind, values = Kind.BY_NAME, [element.value for element in value.elements]
        found = [part for each in values for part in self._parts(each)]
        parts = tuple(dict.fromkeys(part for part in found if part is not None))
        if self._is_flask and parts and all(map(_is_flask_migrate, parts)):
            return Kind.FLASK_MIGRATE, ()
        return (Kind.UNKNOWN if None in found else kind), parts

    def _parts(self, value: cst.BaseExpression) -> Iterator[str | None]:
        value = self._followed(value)
        if isinstance(value, cst.List | cst.Tuple):
            for element in value.elements:
                yield from self._parts(element.value)
        elif isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add):
            yield from self._parts(value.left)
            yield from self._parts(value.right)
        else:
            yield self._path(value)

    def _path(self, value: cst.BaseExpression) -> str | None:
        """`a.b.metadata` and `db.metadatas["x"]`, from a name that the file does not make itself."""
        value = self._followed(value)
        match value:
            case cst.Name(name) if name != "None" and name not in self._statements.unclear:
                return name
            case cst.Attribute(inner, cst.Name(name)):
                path = self._path(inner)
                return path and f"{path}.{name}"
            case cst.Subscript(inner, [cst.SubscriptElement(cst.Index(cst.SimpleString(key)))]):
                path = self._path(inner)
                return path and f"{path}[{key}]"
            case cst.Call(cst.Name("get_metadata")) if self._is_flask:
                return _FLASK_CALL
        return None

    def _followed(self, value: cst.BaseExpression) -> cst.BaseExpression:
        """What a name stands for, through every assignment above."""
        seen = set()
        while isinstance(value, cst.Name) and value.value not in seen:
            seen.add(value.value)
            value = self._statements.assigned.get(value.value, value)
        return value


def _is_flask_migrate(part: str) -> bool:
    return part == _FLASK_CALL or bool(_FLASK_MIGRATE.search(part))
