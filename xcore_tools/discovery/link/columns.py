"""The structure of every table that was found, for those who ask for columns."""

from __future__ import annotations

from functools import partial

from xcore_tools.discovery.columns.namespace import members
from xcore_tools.discovery.columns.relationships import relationships_of
from xcore_tools.discovery.columns.resolve import Finisher
from xcore_tools.discovery.columns.tables import TableDraft, read_class, read_table
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.table_values import MetaDataValue, TableValue
from xcore_tools.discovery.evaluate.values import ClassValue, Value
from xcore_tools.discovery.link.results import Results
from xcore_tools.discovery.orm.mapper import map_class
from xcore_tools.discovery.orm.table_rules import NO_TABLE, is_mapped, mapped_parent, own_table
from xcore_tools.discovery.results import Relationship


def add_columns(interpreter: Interpreter, results: Results) -> None:
    """Gives each table among the results its structure."""
    interpreter.is_describing = True
    gathering = _Gathering(interpreter, results)
    count = gathering.add_tables(interpreter.tables)
    for cls in interpreter.classes:
        interpreter.decide(cls, partial(gathering.add_class, cls))
    gathering.add_tables(interpreter.tables[count:])  # of modules that were read only now
    gathering.add_tables(gathering.waiting, are_last=True)
    finisher = Finisher(interpreter, gathering.drafts.values())
    for call, scope in interpreter.loose:
        interpreter.ask(scope.module.module, call.line, partial(finisher.attach, call, scope))
    for key, draft in gathering.drafts.items():
        results.describe(key, finisher.structure(draft))
    results.relate(gathering.relationships)


class _Gathering:
    """The drafts of tables, by the keys that the results know them by; also of those they do not report."""

    def __init__(self, interpreter: Interpreter, results: Results) -> None:
        self._machine = interpreter
        self._results = results
        self.drafts: dict[tuple[object, ...], TableDraft] = {}
        self._owners: dict[ClassValue, ClassValue | None] = {}
        self._models: dict[str, list[ClassValue]] = {}
        for cls in interpreter.classes:
            if is_mapped(interpreter, cls):
                self._models.setdefault(cls.name, []).append(cls)
        self.waiting: list[TableValue] = []
        self.relationships: dict[tuple[str, str, int], tuple[Relationship, ...]] = {}

    def add_tables(self, tables: list[TableValue], *, are_last: bool = False) -> int:
        """Reads them, and says how many there were; one that keeps what exists has to wait for that."""
        for table in tables:
            if "keep_existing" in table.keywords and not are_last:
                self.waiting.append(table)
            else:
                self._machine.ask(table.module, table.line, partial(self._add_table, table))
        return len(tables)

    def _add_table(self, table: TableValue) -> None:
        draft = self._draft(table.metadata, table.schema, table.name, table.module, table.line)
        with self._machine.strict():
            read_table(self._machine, table, draft)

    def add_class(self, cls: ClassValue) -> None:
        with self._machine.strict():
            mapping = map_class(self._machine, cls)
            if mapping is None:
                return
            declaring = list(members(self._machine, cls))
            found = relationships_of(self._machine, declaring, self._models)
            self.relationships[cls.module, cls.qualname, cls.line] = tuple(found)
            owner = cls if mapping.makes_table else self._sharer(cls)
            if owner is None:
                return
            own = own_table(self._machine, owner)
            if isinstance(own, TableValue):
                if owner is cls:
                    return
                module, line = own.module, own.line
            else:
                module, line = owner.module, owner.line
            draft = self._draft(mapping.metadata, mapping.schema, mapping.table, module, line)
            read_class(self._machine, cls, declaring, draft, is_owner=mapping.makes_table)

    def _sharer(self, cls: ClassValue) -> ClassValue | None:
        """The class above a single-table child whose table it shares."""
        passed: list[ClassValue] = []
        owner: ClassValue | None = cls
        while owner is not None and owner not in self._owners:
            if own_table(self._machine, owner) is not NO_TABLE:
                break
            passed.append(owner)
            owner = mapped_parent(self._machine, owner)
        owner = self._owners.get(owner, owner) if owner is not None else None
        self._owners.update(dict.fromkeys(passed, owner))
        return owner

    def _draft(
        self, metadata: Value, schema: Value, name: Value, module: str, line: int
    ) -> TableDraft:
        text = name if isinstance(name, str) else None
        place = schema if isinstance(schema, str) else None
        collection = metadata if isinstance(metadata, MetaDataValue) else None
        key = self._results.table_key(collection, place, text, module, line)
        return self.drafts.setdefault(key, TableDraft(text, place, collection))
