"""The facts of all modules → models, tables, collections, problems, and the reason for each decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from xcore_tools.discovery import mapping as m
from xcore_tools.discovery.classes import bases_of, mro
from xcore_tools.discovery.facts import (
    Discovery,
    MetaData,
    Model,
    Problem,
    Severity,
    Step,
    Table,
    Verdict,
)
from xcore_tools.discovery.frameworks import role_of
from xcore_tools.discovery.machine import Load, Locate, Machine
from xcore_tools.discovery.syntax import ModuleFacts
from xcore_tools.discovery.values import (
    ClassValue,
    DatabaseValue,
    External,
    FunctionValue,
    Instance,
    MetaDataValue,
    RegistryValue,
    TableValue,
    Unknown,
    Value,
    options_of,
)

__all__ = ["Linked", "link"]


class Linked(msgspec.Struct, frozen=True):
    """`leads` are names whose mention makes a file matter."""

    discovery: Discovery
    leads: frozenset[str]


def link(
    modules: Mapping[str, ModuleFacts],
    origins: Mapping[str, str],
    locate: Locate,
    load: Load,
    *,
    leads: frozenset[str] = frozenset(),
    bases: tuple[str, ...] = (),
) -> Linked:
    """What the modules define together.

    `origins` names the origin of each module that is reported; the others only help to resolve names.
    `locate` and `load` find and read modules that are not at hand yet (see Machine).
    `bases` are dotted names of further declarative bases outside the project.
    """
    machine = Machine(modules, locate, load, leads, bases)
    machine.run()
    linker = _Linker(machine, origins)
    linker.add_classes()
    linker.add_tables()
    linker.add_exhausted()
    return Linked(linker.discovery(), _leads(machine))


class _Linker:
    """Turns what the machine kept into results."""

    def __init__(self, machine: Machine, origins: Mapping[str, str]) -> None:
        self._machine = machine
        self._origins = origins
        self._models: dict[tuple[object, ...], Model] = {}
        self._tables: dict[tuple[object, ...], tuple[Table, bool]] = {}
        self._verdicts: dict[tuple[str, str, int], Verdict] = {}
        self._problems: set[Problem] = set()
        self._homes: dict[str, str] = {}

    def discovery(self) -> Discovery:
        """The results so far, sorted."""
        models = sorted(
            self._models.values(), key=lambda x: (x.path, x.line, x.name, x.table or "")
        )
        tables = sorted(
            (t for t, _ in self._tables.values()),
            key=lambda x: (x.path, x.line, x.name or "", x.schema or ""),
        )
        return Discovery(
            tuple(models),
            tuple(tables),
            tuple(self._metadatas(models, tables)),
            tuple(sorted(self._problems)),
            tuple(sorted(self._verdicts.values(), key=lambda v: (v.path, v.line, v.name))),
        )

    def _metadatas(self, models: list[Model], tables: list[Table]) -> Iterable[MetaData]:
        of_models = Counter(x.metadata for x in models if x.metadata)
        of_tables = Counter(x.metadata for x in tables if x.metadata)
        for name in sorted(of_models.keys() | of_tables.keys()):
            yield MetaData(name, self._homes.get(name, ""), of_models[name], of_tables[name])

    def _path(self, module: str) -> str:
        facts = self._machine.modules.get(module)
        return facts.path if facts else ""

    def _report(self, code: str, severity: Severity, module: str, line: int, message: str) -> None:
        if module in self._origins:
            self._problems.add(Problem(self._path(module), line, code, severity, message))

    # -- classes ------------------------------------------------------------------------------

    def add_classes(self) -> None:
        """Decides about every class that was made, each on its own."""
        for cls in self._machine.classes:
            mapping = self._machine.attempt(lambda c=cls: m.map_class(self._machine, c))
            if isinstance(mapping, m.Mapping):
                self._add_model(cls, mapping)
            elif cls.module in self._origins:
                self._add_refusal(cls)

    def _add_model(self, cls: ClassValue, mapping: m.Mapping) -> None:
        if cls.module not in self._origins:
            return
        table = self._name(mapping, cls)
        schema = self._schema(mapping.schema, cls.module, cls.line)
        metadata = self._metadata_name(mapping.metadata)
        base = m.dotted_name(mapping.root)
        origin, path = self._origins[cls.module], self._path(cls.module)
        model = Model(
            cls.qualname,
            cls.module,
            table,
            schema,
            mapping.kind,
            base,
            metadata,
            origin,
            path,
            cls.line,
        )
        line = 0 if cls.is_conditional else cls.line
        key = (cls.module, cls.qualname, table, schema)
        if not (cls.is_conditional and any(known[:4] == key for known in self._models)):
            self._models[(*key, line)] = model  # one class in two arms is one model
        if mapping.makes_table:
            self._add_table(
                table,
                schema,
                mapping.metadata,
                cls.module,
                cls.line,
                is_conditional=cls.is_conditional,
                may_exist=self._may_exist(cls),
            )
        if mapping.by_evidence:
            message = f"class {cls.qualname} is taken for a model by its own table name and columns; its base is not known"
            self._report("XT124", "note", cls.module, cls.line, message)
        m.make_declared_tables(self._machine, cls)
        self._note(
            cls, True, _REASONS.get(mapping.kind, "it inherits a declarative base and has a table")
        )

    def _may_exist(self, cls: ClassValue) -> bool:
        args = m.declared(self._machine, cls, "__table_args__")
        for option in options_of(args):
            last = (
                self._machine.known(option[-1])
                if isinstance(option, tuple | list) and option
                else option
            )
            if isinstance(last, dict) and any(
                self._machine.known(last.get(k)) is True
                for k in ("extend_existing", "keep_existing")
            ):
                return True
        return False

    def _name(self, mapping: m.Mapping, cls: ClassValue) -> str | None:
        if mapping.table is None or isinstance(mapping.table, str):
            return mapping.table
        reason = (
            mapping.table.reason if isinstance(mapping.table, Unknown) else "its value is no text"
        )
        self._report(
            "XT120",
            "warning",
            cls.module,
            cls.line,
            f"table name of {cls.qualname} is not known: {reason}",
        )
        return None

    def _schema(self, schema: Value, module: str, line: int) -> str | None:
        if isinstance(schema, Unknown):
            self._report("XT121", "note", module, line, f"schema is not known: {schema.reason}")
        return schema if isinstance(schema, str) else None

    def _metadata_name(self, metadata: MetaDataValue | None) -> str | None:
        if metadata is None:
            return None
        name = m.dotted_name(metadata)
        if name:
            self._homes.setdefault(name, _module_of(metadata))
        return name

    def _add_refusal(self, cls: ClassValue) -> None:
        root = m.root_of(self._machine, cls)
        if (
            m.dotted_name(cls) is not None
            and root is None
            and not _is_declarative(self._machine, cls)
        ):
            self._note(cls, False, "no declarative base is among its bases")
        elif cls.is_root or root is None:
            self._note(cls, False, "it is a declarative base itself")
        elif self._machine.known(cls.attrs.get("__abstract__")) is True:
            self._note(cls, False, "it says __abstract__ = True")
        elif any(f.needs_table_keyword for f in m.foreigns(self._machine, cls)):
            self._note(cls, False, "it has no table=True")
        else:
            self._note(cls, False, "it has no table and inherits none")
            message = f"class {cls.qualname} inherits {m.dotted_name(root)} but names no table and inherits none"
            self._report("XT122", "warning", cls.module, cls.line, message)

    def _note(self, cls: ClassValue, taken: bool, reason: str) -> None:
        chain = tuple(self._chain(cls))
        verdict = Verdict(
            cls.qualname, cls.module, self._path(cls.module), cls.line, taken, reason, chain
        )
        self._verdicts[(cls.module, cls.qualname, cls.line)] = verdict

    def _chain(self, cls: ClassValue) -> Iterable[Step]:
        """The way from a class to its declarative base, one step for each class between them."""
        seen: list[Value] = []
        item: Value = cls
        while isinstance(item, ClassValue) and item not in seen:
            seen.append(item)
            if item is not cls:
                yield Step(_shown(item), self._path(item.module), item.line)
            item = self._next_base(item)
        if isinstance(item, External):
            yield Step(item.path.removesuffix("()").rpartition(".")[2], "", 0)

    def _next_base(self, cls: ClassValue) -> Value:
        bases = bases_of(self._machine, cls)
        root = m.root_of(self._machine, cls)
        for base in bases:
            if base is root or (isinstance(base, ClassValue) and root in mro(self._machine, base)):
                return base
        for base in bases:
            if isinstance(base, External) and role_of(base.path) == "DeclarativeBase":
                return base
        return bases[0] if bases and root is None else None

    # -- tables -------------------------------------------------------------------------------

    def add_tables(self) -> None:
        """Adds the tables that Core code makes."""
        for table in self._machine.tables:
            if table.module not in self._origins:
                continue
            name = table.name if isinstance(table.name, str) else None
            schema = self._schema(table.schema, table.module, table.line)
            if name is None:
                reason = (
                    table.name.reason if isinstance(table.name, Unknown) else "its value is no text"
                )
                self._report(
                    "XT120",
                    "warning",
                    table.module,
                    table.line,
                    f"name of a Table is not known: {reason}",
                )
            if table.has_columns or not self._is_defined(name, schema, table.metadata):
                self._add_table(
                    name,
                    schema,
                    table.metadata,
                    table.module,
                    table.line,
                    is_conditional=table.is_conditional,
                    may_exist=table.may_exist,
                )

    def _is_defined(
        self, name: str | None, schema: str | None, metadata: MetaDataValue | None
    ) -> bool:
        return any(
            t.has_columns and (t.name, t.metadata) == (name, metadata) for t in self._machine.tables
        ) or any(key[:3] == (id(metadata), schema, name) for key in self._tables)

    def _add_table(
        self, name: str | None, schema: str | None, metadata: MetaDataValue | None, module: str, line: int,
        *, is_conditional: bool, may_exist: bool,
    ) -> None:  # fmt: skip
        table = Table(
            name,
            schema,
            module,
            self._metadata_name(metadata),
            self._origins[module],
            self._path(module),
            line,
        )
        key: tuple[object, ...] = (id(metadata), schema, name)
        excused = is_conditional or may_exist
        if name is None or metadata is None:
            self._tables[(*key, module, line)] = (table, excused)
            return
        if key not in self._tables:
            self._tables[key] = (table, excused)
            return
        other, is_excused = self._tables[key]
        if excused or is_excused or (other.module, other.line) == (module, line):
            if other.module == module and line < other.line:
                self._tables[key] = (table, excused)
            return
        self._tables[(*key, module, line)] = (table, excused)
        shown = f"{schema}.{name}" if schema else name
        self._report(
            "XT123",
            "warning",
            module,
            line,
            f"table {shown} is also defined at {other.path}:{other.line}",
        )

    def add_exhausted(self) -> None:
        """Reports statements that were not followed to their end."""
        for module, line in self._machine.exhausted:
            self._report(
                "XT125", "warning", module, line, "this statement does too much work to be followed"
            )


_REASONS = {
    "single-table": "it inherits a mapped class and shares its table",
    "hybrid": "it has a __table__ of its own",
    "imperative": "it is mapped imperatively",
    "sqlmodel": "it inherits SQLModel and says table=True",
    "dataclass": "it is mapped as a dataclass",
}


def _shown(cls: ClassValue) -> str:
    """The name of a base as its users write it: `Base`, `db.Model`."""
    dotted = m.dotted_name(cls) if cls.is_synthetic else None
    return dotted.removeprefix(f"{cls.module}.") if dotted else cls.qualname


def _module_of(metadata: MetaDataValue) -> str:
    owners = [owner for owner in metadata.owners if m.dotted_name(owner)]
    return owners[0].module if metadata.home is None and owners else metadata.module


def _is_declarative(machine: Machine, cls: ClassValue) -> bool:
    return cls.is_root or any(
        isinstance(b, External) and role_of(b.path) == "DeclarativeBase"
        for b in bases_of(machine, cls)
    )


def _leads(machine: Machine) -> frozenset[str]:
    """Names whose mention in a file's class headers, aliases or calls makes the file matter."""
    names: set[str] = set()
    for cls in machine.classes:
        if cls.is_root or m.root_of(machine, cls) is not None or m.is_mapped(machine, cls):
            names.add(cls.name)
    for frame in machine.frames():
        for name, value in frame.names.items():
            if any(_leads_on(machine, option) for option in options_of(value)):
                names.add(name)
    return frozenset(names)


def _leads_on(machine: Machine, value: Value) -> bool:
    if isinstance(value, MetaDataValue | RegistryValue | DatabaseValue | TableValue):
        return True
    if isinstance(value, Instance):
        return machine.has_makers(value.cls)
    if isinstance(value, ClassValue):
        return (
            machine.has_makers(value)
            or value.is_root
            or m.root_of(machine, value) is not None
            or m.is_mapped(machine, value)
        )
    return isinstance(value, FunctionValue) and machine.makes(value)
