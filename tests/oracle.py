"""What SQLAlchemy itself says about a project, after importing every module of it.

Run in a process of its own, with one JSON object as argument and one as answer:

    python oracle.py '{"root": "…/project", "skip": ["migrations.*"], "names": ["app.db.Base"]}'

    models   module, name, table, schema, line of the class statement, number of the MetaData
    tables   module, name, schema, line, number of the MetaData
    names    for each name asked for: the number of the MetaData it means, the models below it

A MetaData has no name of its own, so it gets a number; `names` tells which one a name leads to.
A table's module and line are those of the code that decides its name: the class of a model, the
`Table(...)` call, or, where that call stands in a function that takes the name from its caller,
the call of that function.
"""

from __future__ import annotations

import ast
import fnmatch
import functools
import importlib
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from sqlalchemy import Column, MetaData, Table, event
from sqlalchemy.orm import Mapper, configure_mappers, decl_base

CLASS_MAKERS = {"__new__", "__init__", "__init_subclass__"}


class Place(NamedTuple):
    """Where something was made."""

    module: str
    line: int


ELSEWHERE = Place("", 0)


class Mapped(NamedTuple):
    """A class with what it is mapped to, and the line that made it if it has no class statement."""

    cls: type
    selectable: object
    line: int

    @property
    def table(self) -> Table | None:
        """Not the union that an AbstractConcreteBase is mapped to, for example."""
        return self.selectable if isinstance(self.selectable, Table) else None

    @property
    def metadata(self) -> object:
        """That of the table; where there is none, that of the class."""
        return getattr(self.cls if self.table is None else self.table, "metadata", None)


class Witness:
    """Listens to SQLAlchemy while a project is imported, and notes who made what."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tables: list[tuple[Table, Place | None]] = []  # None: the class it is for says where
        self.mappers: list[tuple[Mapper[Any], int]] = []
        event.listen(Table, "after_parent_attach", self._on_table)
        event.listen(Mapper, "instrument_class", self._on_class)
        if sys.version_info < (3, 13):
            sys.setprofile(note_first_line)

    def mapped(self) -> list[Mapped]:
        """Every mapped class, and those that wait for `prepare()`: automap, DeferredReflection."""
        names = ("_DeferredMapperConfig", "_DeferredDeclarativeConfig")  # to 2.0, from 2.1
        deferred = next(getattr(decl_base, name) for name in names if hasattr(decl_base, name))
        return [
            *(Mapped(mapper.class_, mapper.local_table, line) for mapper, line in self.mappers),
            *(Mapped(c.cls, c.local_table, 0) for c in deferred.classes_for_base(object)),
        ]

    def _on_table(self, table: Table, _parent: MetaData) -> None:
        self.tables.append((table, self._place_of_table()))

    def _on_class(self, mapper: Mapper[Any], cls: type) -> None:
        for frame in self._project_frames():
            if frame.f_code.co_name not in CLASS_MAKERS and module_of(frame) == cls.__module__:
                self.mappers.append((mapper, place_of(frame).line))
                return
        self.mappers.append((mapper, 0))

    def _project_frames(self) -> Iterator[FrameType]:
        return (frame for frame in stack() if self._is_of_project(frame))

    def _is_of_project(self, frame: FrameType) -> bool:
        return self.root in Path(frame.f_code.co_filename).parents

    def _place_of_table(self) -> Place | None:
        for frame in stack():
            if frame.f_code.co_filename == decl_base.__file__:
                return None
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                return ELSEWHERE  # made by a library while it was imported
            if self._is_of_project(frame):
                break
        place = ELSEWHERE
        for frame in self._project_frames():
            place = place_of(frame)
            if not name_comes_from_caller(frame):
                break
        return place


def stack() -> Iterator[FrameType]:
    """The frames of the caller's callers, innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def module_of(frame: FrameType) -> str:
    return str(frame.f_globals["__name__"])


def place_of(frame: FrameType) -> Place:
    call = call_in_progress(frame)
    return Place(module_of(frame), frame.f_lineno if call is None else call.lineno)


def note_first_line(frame: FrameType, what: str, _arg: object) -> None:
    """A profile function that gives classes the `__firstlineno__` of Python 3.13."""
    code = frame.f_code
    if what == "return" and "__qualname__" in code.co_names and not is_function(code):
        frame.f_locals.setdefault("__firstlineno__", code.co_firstlineno)


def is_function(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


@functools.cache
def nodes_of(filename: str) -> list[ast.AST]:
    return list(ast.walk(ast.parse(Path(filename).read_bytes())))


def call_in_progress(frame: FrameType) -> ast.Call | None:
    """The call expression that a frame is just evaluating."""
    line, end_line, column, end_column = list(frame.f_code.co_positions())[frame.f_lasti // 2]
    for node in nodes_of(frame.f_code.co_filename):
        if isinstance(node, ast.Call):
            start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
            if (start, end) == ((line, column), (end_line, end_column)):
                return node
    return None


def name_comes_from_caller(frame: FrameType) -> bool:
    """Whether the first argument of the call depends on a parameter of the function around it."""
    call = call_in_progress(frame)
    function = function_of(frame.f_code)
    if call is None or not call.args or function is None:
        return False
    known = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and names_in(node.value) & known:
            known |= {name for target in node.targets for name in names_in(target)}
    return bool(names_in(call.args[0]) & known)


def function_of(code: CodeType) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None:
    if not is_function(code):
        return None
    for node in nodes_of(code.co_filename):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            name = "<lambda>" if isinstance(node, ast.Lambda) else node.name
            if (name, first_line(node)) == (code.co_name, code.co_firstlineno):
                return node
    return None


def names_in(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def first_line(node: ast.expr | ast.stmt) -> int:
    """The line of the first decorator, or that of the node itself."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min(each.lineno for each in (node, *decorators))


def line_of_class(cls: type, otherwise: int) -> int:
    """The line of the word `class`, or `otherwise` for a class without a class statement."""
    noted = (cls.__qualname__.rpartition(".")[2], vars(cls).get("__firstlineno__"))
    for node in nodes_of(str(sys.modules[cls.__module__].__file__)):
        if isinstance(node, ast.ClassDef) and (node.name, first_line(node)) == noted:
            return node.lineno
    return otherwise


def modules_below(root: Path, skip: list[str]) -> list[str]:
    names = []
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return [name for name in names if not any(fnmatch.fnmatchcase(name, each) for each in skip)]


class Numbers:
    """Gives every MetaData a number, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._seen: list[MetaData] = []

    def of(self, metadata: object) -> int | None:
        """The number of a MetaData, or None for anything else."""
        if not isinstance(metadata, MetaData):
            return None
        if not any(metadata is each for each in self._seen):
            self._seen.append(metadata)
        return next(number for number, each in enumerate(self._seen) if each is metadata)


def schema_of(table: Table | None) -> str | None:
    return None if table is None or table.schema is None else str(table.schema)


def describe_models(mapped: list[Mapped], numbers: Numbers) -> list[dict[str, object]]:
    return [
        {
            "module": each.cls.__module__,
            "name": each.cls.__qualname__,
            "table": None if each.table is None else str(each.table.name),
            "schema": schema_of(each.table),
            "line": line_of_class(each.cls, each.line),
            "metadata": numbers.of(each.metadata),
        }
        for each in mapped
    ]


def describe_tables(
    witness: Witness, mapped: list[Mapped], modules: list[str], numbers: Numbers
) -> list[dict[str, object]]:
    places: dict[Table, Place] = {}
    for each in mapped:  # a parent comes before the children that share its table
        if each.table is not None:
            line = line_of_class(each.cls, each.line)
            places.setdefault(each.table, Place(each.cls.__module__, line))
    found: list[dict[str, object]] = []
    for table, made_at in witness.tables:
        module, line = made_at or places.get(table, ELSEWHERE)
        if module in modules and table.metadata.tables.get(table.key) is table:
            facts = {"module": module, "name": str(table.name), "schema": schema_of(table)}
            where = {"line": line, "metadata": numbers.of(table.metadata)}
            found.append({**facts, **where, "columns": list(map(describe_column, table.columns))})
    return found


def describe_column(column: Column[Any]) -> dict[str, object]:
    return {
        "name": str(column.name),
        "type": type(column.type).__name__,
        "nullable": bool(column.nullable),
        "primary_key": bool(column.primary_key),
        "foreign_keys": sorted(key.target_fullname for key in column.foreign_keys),
        "index": bool(column.index),
        "unique": bool(column.unique),
        "has_default": column.default is not None,
        "has_server_default": column.server_default is not None,
    }


def describe_name(name: str, mapped: list[Mapped], numbers: Numbers) -> dict[str, object]:
    try:
        meaning = resolve(name)
    except (LookupError, AttributeError) as problem:
        return {"error": f"{type(problem).__name__}: {problem}", "metadata": None, "models": []}
    below = [m for m in mapped if isinstance(meaning, type) and issubclass(m.cls, meaning)]
    names = [f"{each.cls.__module__}:{each.cls.__qualname__}" for each in below]
    return {"metadata": numbers.of(meaning), "models": names}


def resolve(name: str) -> object:
    """What a dotted name means: the longest module prefix, then attributes, then `['key']`."""
    path, *keys = name.removesuffix("']").split("['")
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        found = functools.reduce(getattr, parts[length:], found)
        return functools.reduce(lambda holder, key: holder[key], keys, found)
    raise LookupError(name)


def testify(root: Path, skip: list[str], names: list[str]) -> dict[str, object]:
    """Import the project below `root`, and describe what SQLAlchemy then knows."""
    sys.path.insert(0, str(root))
    witness = Witness(root)
    modules = modules_below(root, skip)
    for module in modules:
        importlib.import_module(module)
    configure_mappers()
    sys.setprofile(None)
    mapped = [each for each in witness.mapped() if each.cls.__module__ in modules]
    numbers = Numbers()
    return {
        "models": describe_models(mapped, numbers),
        "tables": describe_tables(witness, mapped, modules, numbers),
        "names": {name: describe_name(name, mapped, numbers) for name in names},
    }


if __name__ == "__main__":
    # The project and installed packages may be imported, not what lies beside this script.
    sys.path[:] = [entry for entry in sys.path if entry != str(Path(__file__).parent)]
    question = json.loads(sys.argv[1])
    answer = testify(Path(question["root"]).resolve(), question["skip"], question["names"])
    sys.stdout.write(json.dumps(answer, indent=1) + "\n")
