"""The extension object of Flask-SQLAlchemy, and its kin."""

from __future__ import annotations

from xcore_tools.discovery.catalog.paths import FLASK_MODEL, MODEL
from xcore_tools.discovery.catalog.symbols import TABLE, Role
from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.classes import find
from xcore_tools.discovery.evaluate.mro import metaclass_of
from xcore_tools.discovery.evaluate.table_values import DatabaseValue, MetaDataValue
from xcore_tools.discovery.evaluate.values import ClassValue, External, Value, options_of
from xcore_tools.discovery.orm.declarative_bases import names_tables
from xcore_tools.discovery.orm.tables import Handler, make_table, metadata_or_new


def flask_sqlalchemy(this: Call) -> Value:
    """`SQLAlchemy(app, metadata=…, model_class=…)` of Flask-SQLAlchemy 2 and 3."""
    metadata = this.interpreter.force(this.keywords.get("metadata"))
    database = make_database(this.module, metadata_or_new(this, metadata, None))
    model: ClassValue = database.model
    model.line = this.line
    model.scope = this.scope
    for option in options_of(this.interpreter.force(this.keywords.get("model_class"))):
        if isinstance(option, ClassValue):
            model.bases = (option, *model.bases)
            _adopt_model_class(this, model, option, database)
    if this.interpreter.force(this.keywords.get("disable_autonaming")) is True:
        model.names_tables = False
    return database


def make_database(module: str, metadata: MetaDataValue, home: str | None = None) -> DatabaseValue:
    """A new extension object with its `Model`; `home` is its dotted name, where that is known already."""
    database = DatabaseValue(metadata, module, home=home)
    metadata.owners.append(database)
    model = ClassValue(MODEL, MODEL, module, metadata.line, (External(FLASK_MODEL),))
    model.is_synthetic = model.is_root = True
    model.attrs["metadata"] = metadata
    model.attrs["__fsa__"] = database
    model.names_tables = True
    database.model = model
    return database


def _adopt_model_class(
    this: Call, model: ClassValue, option: ClassValue, database: DatabaseValue
) -> None:
    """A ready base keeps its own naming and MetaData, as Flask-SQLAlchemy does it."""
    own = find(this.interpreter, option, "metadata")
    value = this.interpreter.force(own[1]) if own else None
    if isinstance(value, MetaDataValue) and value.home:
        database.metadata = value
    model.attrs["metadata"] = database.metadata
    if option.is_root and option.is_synthetic:
        named = metaclass_of(this.interpreter, option)
        model.names_tables = names_tables(this.interpreter, named)


def call_database(this: Call, database: DatabaseValue, name: str) -> Value:
    """`db.Table(…)`, which may leave out the collection, and what gives the base."""
    if name == TABLE.name and not isinstance(this.arg(1, "metadata"), MetaDataValue):
        args = [this.interpreter.force(arg) for arg in this.args]
        key = this.interpreter.force(this.keywords.get("bind_key"))
        metadata = database.metadata
        if isinstance(key, str):
            metadata = this.interpreter.outside.bound_metadata(database, key)
        this.args = (args[0] if args else None, metadata, *args[1:])
    return make_table(this) if name == TABLE.name else database.model


HANDLERS: dict[Role, Handler] = {Role.FLASK_SQLALCHEMY: flask_sqlalchemy}
