"""What SQLAlchemy keeps, as values: collections of tables, registries, tables, Flask-SQLAlchemy objects."""

from __future__ import annotations

from dataclasses import dataclass, field

from xcore_tools.discovery.evaluate.values import ClassValue, Value


@dataclass(eq=False, slots=True, repr=False)
class MetaDataValue:
    """A MetaData collection. `home` is the dotted name that it was bound to when it was made, if any;

    otherwise it is the `metadata` attribute of the first of its `owners` that has a name, or what the
    first name bound to it says (`alias`).
    """

    schema: Value
    module: str
    line: int
    home: str | None = None
    owners: list[Value] = field(default_factory=list)
    alias: str | None = None


@dataclass(eq=False, slots=True, repr=False)
class RegistryValue:
    """A `sqlalchemy.orm.registry`. `type_map` says which types stand for those of Python."""

    metadata: Value
    module: str
    home: str | None = None
    type_map: Value = None


@dataclass(eq=False, slots=True, repr=False)
class DatabaseValue:
    """The extension object of Flask-SQLAlchemy: `db = SQLAlchemy()`."""

    metadata: MetaDataValue
    module: str
    model: Value = None
    home: str | None = None


@dataclass(frozen=True, slots=True)
class MapperValue:
    """The mapper of a class."""

    cls: ClassValue


@dataclass(eq=False, slots=True, repr=False)
class TableValue:
    """A `sqlalchemy.Table`, made by Core code or by a model.

    `line` and `module` are those of the code that names it. `has_columns` is False for a mere
    reference to a table that exists already. `items` are its columns and constraints, as given; one
    that a model makes has the model for its `owner`.
    """

    name: Value
    schema: Value
    metadata: Value
    module: str
    line: int
    has_columns: bool
    may_exist: bool
    is_conditional: bool
    owner: Value = None
    items: tuple[Value, ...] = ()
    keywords: dict[str, Value] = field(default_factory=dict)
