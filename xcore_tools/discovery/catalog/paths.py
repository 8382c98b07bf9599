"""Dotted names of SQLAlchemy's and Flask-SQLAlchemy's that rules and handlers hand out."""

from __future__ import annotations

from xcore_tools.discovery.catalog.structure import CHECK_CONSTRAINT, COLUMN, ENUM

SQLALCHEMY = "sqlalchemy"
COLUMN_PATH = f"{SQLALCHEMY}.{COLUMN.name}"
CHECK_PATH = f"{SQLALCHEMY}.{CHECK_CONSTRAINT.name}"
ENUM_PATH = f"{SQLALCHEMY}.{ENUM.name}"
BLANK_SCHEMA = f"{SQLALCHEMY}.BLANK_SCHEMA"
MAPPER_OBJECT = f"{SQLALCHEMY}.orm.Mapper"
INSTRUMENTED_ATTRIBUTE = f"{SQLALCHEMY}.orm.InstrumentedAttribute"
"""What a column is that is known by its class and its name there: an annotation alone can make one."""
FLASK_MODEL = "flask_sqlalchemy.model.Model"
MODEL = FLASK_MODEL.rpartition(".")[2]
APPENDERS = frozenset({"append_column", "append_constraint"})
"""Methods of a table that add to what it consists of."""
