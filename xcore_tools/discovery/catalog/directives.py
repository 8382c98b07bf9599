"""What the body of a class says to SQLAlchemy and Flask-SQLAlchemy, and the kinds of mapping that come of it."""

from __future__ import annotations

TABLE = "__table__"
TABLENAME = "__tablename__"
TABLE_ARGS = "__table_args__"
TABLE_CLS = "__table_cls__"
ABSTRACT = "__abstract__"
BIND_KEY = "__bind_key__"
MAPPER_ATTRIBUTE = "__mapper__"

TABLE_PREFIX = "__table"
"""What the directives about tables begin with: the prefilter and the analysis of effects look for that."""
TABLE_DIRECTIVES = (TABLE, TABLENAME, TABLE_ARGS, TABLE_CLS)
DIRECTIVES = frozenset({TABLENAME, TABLE_ARGS, TABLE, ABSTRACT, BIND_KEY})
"""What is worked out where it stands, for it decides whether a class is mapped, and to what."""

DECLARATIVE = "declarative"
SINGLE_TABLE = "single-table"
HYBRID = "hybrid"
IMPERATIVE = "imperative"
SQLMODEL = "sqlmodel"
DATACLASS = "dataclass"

REASONS = {
    DECLARATIVE: "it inherits a declarative base and has a table",
    SINGLE_TABLE: "it inherits a mapped class and shares its table",
    HYBRID: f"it has a {TABLE} of its own",
    IMPERATIVE: "it is mapped imperatively",
    SQLMODEL: "it inherits SQLModel and says table=True",
    DATACLASS: "it is mapped as a dataclass",
}
"""How a class is mapped → why it is a model."""
