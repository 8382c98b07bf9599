"""What lives in other libraries and is the same object wherever it is named: bases, collections, databases."""

from __future__ import annotations

from xcore_tools.discovery.catalog.derived import role_of
from xcore_tools.discovery.catalog.libraries import DATABASES, FOREIGN, Foreign
from xcore_tools.discovery.evaluate.stdlib.regex import FLAGS
from xcore_tools.discovery.evaluate.table_values import DatabaseValue, MetaDataValue
from xcore_tools.discovery.evaluate.values import External, Value
from xcore_tools.discovery.orm.flask import make_database


class Outside:
    """Objects of libraries by their dotted names. `bases` names declarative bases beside the known ones."""

    def __init__(self, bases: tuple[str, ...] = ()) -> None:
        self._bases = {path: Foreign(path) for path in bases}
        self._databases: dict[str, Value] = {}
        self._metadatas: dict[str, MetaDataValue] = {}

    def external(self, path: str) -> Value:
        """A name of a library; the shared object of a known Flask-SQLAlchemy extension, a flag of `re`."""
        if path in DATABASES:
            if path not in self._databases:
                module = path.rpartition(".")[0]
                metadata = MetaDataValue(None, module, 0)
                self._databases[path] = make_database(module, metadata, path)
            return self._databases[path]
        return FLAGS.get(path) or External(path, role_of(path))

    def foreign(self, path: str) -> Foreign | None:
        """What is known of another library's class of that dotted name."""
        return FOREIGN.get(path) or self._bases.get(path)

    def foreign_metadata(self, foreign: Foreign) -> MetaDataValue:
        """The collection of another library's declarative base."""
        return self.named_metadata(foreign.metadata or f"{foreign.path}.metadata")

    def named_metadata(self, name: str, module: str = "") -> MetaDataValue:
        """The collection of that dotted name."""
        if name not in self._metadatas:
            module = module or name.rpartition(".")[0].rpartition(".")[0]
            self._metadatas[name] = MetaDataValue(None, module, 0, home=name)
        return self._metadatas[name]

    def bound_metadata(self, database: DatabaseValue, key: str) -> MetaDataValue:
        """The collection that Flask-SQLAlchemy keeps for a bind key."""
        home = database.home or database.module
        return self.named_metadata(f"{home}.metadatas[{key!r}]", database.module)
