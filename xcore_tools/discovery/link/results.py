"""The results of a scan while they are gathered: reported once, under names, sorted at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import msgspec

from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.plain import as_name
from xcore_tools.discovery.evaluate.table_values import MetaDataValue
from xcore_tools.discovery.evaluate.values import Unknown, Value
from xcore_tools.discovery.orm.dotted_names import dotted_name
from xcore_tools.discovery.results import (
    Discovery,
    MetaData,
    Model,
    Problem,
    Relationship,
    Severity,
    Structure,
    Table,
    Verdict,
)


class FoundTable(msgspec.Struct, frozen=True):
    """A table that some code makes, before its collection has a name.

    It is excused when the code need not run, or allows for a table that exists already.
    """

    name: str | None
    schema: str | None
    metadata: MetaDataValue | None
    module: str
    line: int
    is_excused: bool


class Results:
    """What was found, as data. `origins` names the modules that are reported; the rest is left out.

    `may_meet` says whether two modules can be loaded into one process.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        origins: Mapping[str, str],
        may_meet: Callable[[str, str], bool],
    ) -> None:
        self._may_meet = may_meet
        self._verdicts: dict[tuple[str, str, int], Verdict] = {}
        self._machine = interpreter
        self._origins = origins
        self._models: dict[tuple[object, ...], Model] = {}
        self._tables: dict[tuple[object, ...], tuple[Table, bool]] = {}
        self._problems: set[Problem] = set()
        self._homes: dict[str, str] = {}

    def discovery(self) -> Discovery:
        """The results so far, sorted."""
        models = sorted(
            self._models.values(), key=lambda x: (x.path, x.line, x.name, x.table or "")
        )
        tables = sorted(
            (table for table, _ in self._tables.values()),
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

    # -- names ---------------------------------------------------------------------------------

    def is_reported(self, module: str) -> bool:
        """Whether findings in the module are reported."""
        return module in self._origins

    def origin_of(self, module: str) -> str:
        """The origin of a module that is reported."""
        return self._origins[module]

    def path_of(self, module: str) -> str:
        """The path of a module of the project, "" for others."""
        facts = self._machine.modules.get(module)
        return facts.path if facts else ""

    def metadata_name(self, metadata: MetaDataValue | None) -> str | None:
        """The dotted name of a collection, which counts as found from now on."""
        if metadata is None:
            return None
        name = dotted_name(metadata)
        if name:
            self._homes.setdefault(name, _module_of(metadata))
        return name

    def schema_name(self, schema: Value, module: str, line: int) -> str | None:
        """The name of a schema; what is not known is reported and counts as none."""
        schema = as_name(schema)
        if isinstance(schema, Unknown):
            self.report("XT121", "note", module, line, f"schema is not known: {schema.reason}")
        return schema if isinstance(schema, str) else None

    # -- findings ------------------------------------------------------------------------------

    def report(self, code: str, severity: Severity, module: str, line: int, message: str) -> None:
        """Adds a problem, if the module is reported."""
        if module in self._origins:
            self._problems.add(Problem(self.path_of(module), line, code, severity, message))

    def add_model(self, model: Model, *, is_conditional: bool) -> None:
        """Adds a model; the same class in both arms of a condition is one."""
        key = (model.module, model.name, model.table, model.schema)
        if not (is_conditional and any(known[:4] == key for known in self._models)):
            self._models[(*key, 0 if is_conditional else model.line)] = model

    def add_table(self, found: FoundTable) -> None:
        """Adds a table; reports the one that stands in the place of another without an excuse."""
        module, line = found.module, found.line
        name = self.metadata_name(found.metadata)
        origin, path = self._origins[module], self.path_of(module)
        table = Table(found.name, found.schema, module, name, origin, path, line)
        key: tuple[object, ...] = (id(found.metadata), found.schema, found.name)
        if found.name is None or found.metadata is None:
            self._tables[(*key, module, line)] = (table, found.is_excused)
            return
        if key not in self._tables:
            self._tables[key] = (table, found.is_excused)
            return
        other, is_excused = self._tables[key]
        if found.is_excused or is_excused or (other.module, other.line) == (module, line):
            if other.module == module and line < other.line:
                self._tables[key] = (table, found.is_excused)
            return
        self._tables[(*key, module, line)] = (table, found.is_excused)
        if not self._may_meet(module, other.module):
            return
        shown = f"{found.schema}.{found.name}" if found.schema else found.name
        message = f"table {shown} is also defined at {other.path}:{other.line}"
        self.report("XT123", "warning", module, line, message)

    def add_verdict(self, verdict: Verdict) -> None:
        """Adds the decision about a class; the last one about a class of that name and line counts."""
        self._verdicts[(verdict.module, verdict.name, verdict.line)] = verdict

    def has_table(
        self, name: str | None, schema: str | None, metadata: MetaDataValue | None
    ) -> bool:
        """Whether a table of that name was added to the collection."""
        return any(key[:3] == (id(metadata), schema, name) for key in self._tables)

    def add_losses(self) -> None:
        """Reports what was not followed although it may make a class or a table."""
        for module, line, code, message in self._machine.losses:
            self.report(code, "warning", module, line, message)

    def table_key(
        self,
        metadata: MetaDataValue | None,
        schema: str | None,
        name: str | None,
        module: str,
        line: int,
    ) -> tuple[object, ...]:
        """What the table that the code at this place makes is known by, if it is reported."""
        key = (id(metadata), schema, name)
        own = (*key, module, line)
        return own if own in self._tables else key

    def describe(self, key: tuple[object, ...], structure: Structure) -> None:
        """Adds what the table of that key consists of, if it is reported."""
        if key not in self._tables:
            return
        table, is_excused = self._tables[key]
        described = msgspec.structs.replace(table, structure=structure)
        self._tables[key] = (described, is_excused)

    def relate(
        self, relationships: Mapping[tuple[str, str, int], tuple[Relationship, ...]]
    ) -> None:
        """Adds the relationships of models, by module, name and line."""
        for key, model in self._models.items():
            found = relationships.get((model.module, model.name, model.line), ())
            self._models[key] = msgspec.structs.replace(model, relationships=found)


def _module_of(metadata: MetaDataValue) -> str:
    owners = [owner for owner in metadata.owners if dotted_name(owner)]
    return owners[0].module if metadata.home is None and owners else metadata.module
