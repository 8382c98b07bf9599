"""What calls of names outside the project return: SQLAlchemy's, its extensions', and a few built-ins."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from xcore_tools.discovery import classes, mapping, text
from xcore_tools.discovery.evaluate import attribute_of, iterate
from xcore_tools.discovery.frameworks import DATABASES, FOREIGN, role_of
from xcore_tools.discovery.values import (
    BoundMethod,
    Choice,
    ClassValue,
    DatabaseValue,
    External,
    FunctionValue,
    Instance,
    LambdaValue,
    Made,
    MatchValue,
    MetaDataValue,
    Partial,
    PatternValue,
    PropertyValue,
    RegistryValue,
    Site,
    SuperValue,
    TableValue,
    Unknown,
    Value,
    options_of,
)

if TYPE_CHECKING:
    from xcore_tools.discovery.machine import Machine

__all__ = ["BUILTINS", "call", "is_known", "shared_database"]

BUILTINS = frozenset(
    [
        "ArithmeticError",
        "AttributeError",
        "BaseException",
        "Exception",
        "ImportError",
        "KeyError",
        "NotImplementedError",
        "RuntimeError",
        "TypeError",
        "ValueError",
        "all",
        "any",
        "bool",
        "bytes",
        "chr",
        "classmethod",
        "dict",
        "dir",
        "enumerate",
        "filter",
        "float",
        "format",
        "frozenset",
        "getattr",
        "hasattr",
        "hash",
        "id",
        "int",
        "isinstance",
        "issubclass",
        "iter",
        "len",
        "list",
        "map",
        "max",
        "min",
        "next",
        "object",
        "open",
        "ord",
        "print",
        "property",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "setattr",
        "sorted",
        "staticmethod",
        "str",
        "sum",
        "tuple",
        "type",
        "vars",
        "zip",
    ]
)
_KNOWN_TOPS = frozenset(
    {path.partition(".")[0] for path in (*FOREIGN, *DATABASES)}
    | {
        "sqlalchemy",
        "sqlmodel",
        "flask_sqlalchemy",
        "pydantic",
        "flask",
        "alembic",
        "django",
        "fastapi",
    }
)
_MUTATORS = frozenset({"append", "extend", "update", "setdefault", "pop", "insert", "add"})

Args = tuple[Value, ...]
Keywords = dict[str, Value]


class _Call:
    """One call: what is called, its arguments, and where it stands."""

    def __init__(
        self, machine: Machine, args: Args, keywords: Keywords, site: Site | None
    ) -> None:
        self.machine = machine
        self.args = args
        self.keywords = keywords
        self.frame = site.frame if site else None
        self.line = site.line if site else 0
        self.site = site
        self.insists = True

    def arg(self, position: int, keyword: str = "") -> Value:
        """The argument, or None if it is not given."""
        return self.value(
            self.args[position] if position < len(self.args) else self.keywords.get(keyword)
        )

    def value(self, value: Value) -> Value:
        """The value behind an argument.

        Raises:
            NotReadyError: it is not to be had, and the call does not insist.
        """
        return self.machine.known(value) if self.insists else self.machine.resolve(value)

    @property
    def module(self) -> str:
        return self.frame.module.module if self.frame else ""


def is_known(top: str) -> bool:
    """Whether a top-level package is a library that is never part of a project."""
    return top in _KNOWN_TOPS


def shared_database(path: str) -> DatabaseValue:
    """A Flask-SQLAlchemy object that lives in another library under the dotted name `path`."""
    module = path.rpartition(".")[0]
    return _make_database(module, MetaDataValue(None, module, 0), path)


def call(
    machine: Machine,
    callee: ClassValue | External | BoundMethod,
    args: Args,
    keywords: Keywords,
    site: Site | None,
) -> Value:
    """What calling a class of the project, a library's name or a method of a known value returns."""
    this = _Call(machine, args, keywords, site)
    if isinstance(callee, ClassValue):
        return _instantiate(this, callee)
    if isinstance(callee, BoundMethod):
        return _call_method(this, callee)
    return _call_external(this, callee)


def _call_external(this: _Call, callee: External) -> Value:
    role = role_of(callee.path)
    if role in _HANDLERS:
        return _HANDLERS[role](this)
    top, _, rest = callee.path.partition(".")
    this.insists = top not in {"builtins", "re"} or rest == "type"
    if top == "builtins":
        return _call_builtin(this, rest)
    if callee.path == "re.sub":
        return _substitute(this, this.arg(0), 1)
    if top == "re":
        return text.call_re(
            rest,
            [this.value(arg) for arg in this.args],
            {k: this.value(v) for k, v in this.keywords.items()},
        )
    if callee.name == "Table" and this.args and isinstance(this.arg(0), str) and _has_columns(this):
        return _make_table(this)
    return Made(callee.path, this.args, this.keywords, this.line)


# -- tables and collections --------------------------------------------------------------------


def _make_metadata(this: _Call) -> Value:
    schema = this.arg(len(this.args), "schema") if "schema" in this.keywords else this.arg(0)
    return MetaDataValue(_schema(schema), this.module, this.line)


def _schema(value: Value) -> Value:
    """A schema as far as it is known; an engine passed where SQLAlchemy 1 took one is no schema."""
    if value is None or isinstance(value, str | Unknown):
        return value
    if isinstance(value, Made) and value.callee.rpartition(".")[2] not in _ENGINES:
        return Unknown(f"{value.callee}() is only known at run time")
    return Unknown("it is only known at run time") if isinstance(value, Choice) else None


_ENGINES = frozenset({"create_engine", "engine_from_config", "create_async_engine"})


def _make_registry(this: _Call) -> Value:
    registry = RegistryValue(None, this.module)
    metadata = this.machine.known(this.keywords.get("metadata"))
    registry.metadata = _metadata_or_new(this, metadata, registry)
    if not registry.metadata.home and registry not in registry.metadata.owners:
        registry.metadata.owners.append(registry)
    return registry


def _metadata_or_new(this: _Call, value: Value, owner: Value) -> MetaDataValue:
    for option in options_of(value):
        if isinstance(option, MetaDataValue):
            return option
    return MetaDataValue(None, this.module, this.line, owners=[owner] if owner is not None else [])


def _make_table(this: _Call) -> Value:
    if this.site is None:
        return Unknown("a table outside of any module")
    name = this.arg(0, "name")
    metadata = next(
        (o for o in options_of(this.arg(1, "metadata")) if isinstance(o, MetaDataValue)), None
    )
    schema = this.machine.known(this.keywords.get("schema"))
    if schema is None and metadata is not None:
        schema = metadata.schema
    elif schema == _BLANK:
        schema = None
    may_exist = any(
        this.machine.known(this.keywords.get(k)) is True
        for k in ("extend_existing", "keep_existing")
    )
    site = _place(this.site)
    table = TableValue(
        name,
        schema,
        metadata,
        site.frame.module.module,
        site.line,
        _has_columns(this) or len(this.args) > 2 or "autoload_with" in this.keywords,
        may_exist,
        bool(site.frame.uncertain),
    )
    this.machine.tables.append(table)
    return table


_BLANK = External("sqlalchemy.BLANK_SCHEMA")


def _place(site: Site) -> Site:
    """Where the code stands that names the table: behind wrappers that take the name from their caller."""
    while site.frame.call_site is not None and site.names & site.frame.params:
        site = site.frame.call_site
    return site


def _has_columns(this: _Call) -> bool:
    return any(mapping.is_column(this.machine.known(arg)) for arg in this.args)


def _copy_table(this: _Call, table: TableValue) -> Value:
    metadata = this.arg(0, "metadata")
    schema = (
        this.machine.known(this.keywords["schema"]) if "schema" in this.keywords else table.schema
    )
    if schema is None and isinstance(metadata, MetaDataValue):
        schema = metadata.schema
    name = this.machine.known(this.keywords.get("name")) or table.name
    frame = this.frame
    if frame is None or not isinstance(metadata, MetaDataValue):
        return Unknown("a copy of a table in an unknown collection")
    copy = TableValue(
        name, schema, metadata, this.module, this.line, True, True, bool(frame.uncertain)
    )
    this.machine.tables.append(copy)
    return copy


# -- declarative bases --------------------------------------------------------------------------


def _make_base(this: _Call) -> Value:
    """`declarative_base(...)`, `automap_base(...)`, `registry.generate_base(...)`."""
    given = this.keywords
    name = this.machine.known(given.get("name"))
    written = [given[key] for key in ("cls", "declarative_base") if key in given] or list(
        this.args[:1]
    )
    parents = [
        part for value in written for part in (iterate(this.machine.known(value)) or [value])
    ]
    base = ClassValue(
        name if isinstance(name, str) else "Base", name if isinstance(name, str) else "Base",
        this.module, this.line, tuple(p for p in parents if not isinstance(this.machine.known(p), MetaDataValue)),
    )  # fmt: skip
    base.is_synthetic = base.is_root = True
    if "metaclass" in given:
        base.keywords["metaclass"] = given["metaclass"]
    registry = this.machine.known(given.get("registry"))
    metadata = this.machine.known(given.get("metadata"))
    if isinstance(registry, RegistryValue):
        base.attrs["metadata"] = registry.metadata
        registry.metadata.owners.append(base)
    elif metadata is not None or "declarative_base" not in given:
        base.attrs["metadata"] = _metadata_or_new(this, metadata, base)
        base.attrs["metadata"].owners.append(base)
    base.frame = this.frame
    return base


def _as_declarative(this: _Call) -> Value:
    """The decorator: the class that follows becomes a base."""
    return Partial(External("sqlalchemy.orm._as_declarative"), (), dict(this.keywords))


def _become_base(this: _Call) -> Value:
    cls = this.arg(0)
    if not isinstance(cls, ClassValue):
        return cls
    cls.is_root = True
    if "metaclass" in this.keywords:
        cls.keywords["metaclass"] = this.keywords["metaclass"]
    registry = this.machine.known(this.keywords.get("registry"))
    metadata = (
        registry.metadata
        if isinstance(registry, RegistryValue)
        else this.machine.known(this.keywords.get("metadata"))
    )
    if isinstance(metadata, MetaDataValue) or "metadata" not in cls.attrs:
        cls.attrs["metadata"] = _metadata_or_new(this, metadata, cls)
    return cls


def _make_database(module: str, metadata: MetaDataValue, home: str | None = None) -> DatabaseValue:
    database = DatabaseValue(metadata, module, home=home)
    metadata.owners.append(database)
    model = ClassValue(
        "Model", "Model", module, metadata.line, (External("flask_sqlalchemy.model.Model"),)
    )
    model.is_synthetic = model.is_root = True
    model.attrs["metadata"] = metadata
    model.attrs["__fsa__"] = database
    model.naming = "flask"
    database.model = model
    return database


def _flask_sqlalchemy(this: _Call) -> Value:
    """`SQLAlchemy(app, metadata=…, model_class=…)` of Flask-SQLAlchemy 2 and 3."""
    metadata = this.machine.known(this.keywords.get("metadata"))
    database = _make_database(this.module, _metadata_or_new(this, metadata, None))
    model: ClassValue = database.model
    model.line = this.line
    model.frame = this.frame
    for option in options_of(this.machine.known(this.keywords.get("model_class"))):
        if isinstance(option, ClassValue):
            model.bases = (option, *model.bases)
            _adopt_model_class(this, model, option, database)
    if this.machine.known(this.keywords.get("disable_autonaming")) is True:
        model.naming = None
    return database


def _adopt_model_class(
    this: _Call, model: ClassValue, option: ClassValue, database: DatabaseValue
) -> None:
    """A ready base keeps its own naming and MetaData, as Flask-SQLAlchemy does it."""
    own = classes.find(this.machine, option, "metadata")
    value = this.machine.known(own[1]) if own else None
    if isinstance(value, MetaDataValue) and value.home:
        database.metadata = value
    model.attrs["metadata"] = database.metadata
    if option.is_root and option.is_synthetic:
        named = classes.metaclass_of(this.machine, option)
        model.naming = "flask" if mapping.names_tables(this.machine, named) else None


# -- mapping a class ----------------------------------------------------------------------------


def _map_imperatively(this: _Call) -> Value:
    """`registry.map_imperatively(cls, table, …)` and the old `mapper()`."""
    cls, table = this.arg(0, "class_"), this.arg(1, "local_table")
    if isinstance(cls, ClassValue):
        cls.mapped_by = "imperative"
        cls.table = table
    return Made("sqlalchemy.orm.Mapper", (), {}, this.line)


def _mapped_decorator(registry: Value, kind: str) -> Value:
    return Partial(External(f"sqlalchemy.orm._mapped_{kind}"), (registry,), {})


def _become_mapped(this: _Call, kind: str) -> Value:
    registry, cls = this.arg(0), this.arg(1)
    if isinstance(cls, ClassValue):
        cls.mapped_by = kind
        if isinstance(registry, RegistryValue):
            cls.attrs.setdefault("__xt_registry__", registry)
    return cls


def _call_method(this: _Call, method: BoundMethod) -> Value:
    receiver, name = method.receiver, method.name
    this.insists = not isinstance(receiver, str | list | tuple | dict | PatternValue)
    if isinstance(receiver, RegistryValue):
        return _call_registry(this, receiver, name)
    if isinstance(receiver, DatabaseValue):
        return _call_database(this, receiver, name)
    if isinstance(receiver, TableValue):
        return (
            _copy_table(this, receiver)
            if name in {"to_metadata", "tometadata"}
            else Unknown("a method of a table")
        )
    if isinstance(receiver, MatchValue):
        return text.call_match(receiver, name, [this.value(arg) for arg in this.args])
    if isinstance(receiver, PatternValue) and name == "sub":
        return _substitute(this, receiver, 0)
    if isinstance(receiver, PatternValue):
        return text.call_re(name, [receiver, *(this.value(arg) for arg in this.args)], {})
    if name in _MUTATORS and isinstance(receiver, list | dict):
        return _mutate(this, receiver, name)
    return _call_plain(this, receiver, name)


def _call_registry(this: _Call, registry: RegistryValue, name: str) -> Value:
    if name == "generate_base":
        this.keywords = {**this.keywords, "registry": registry}
        return _make_base(this)
    if name == "mapped":
        this.args = (registry, *this.args)
        return _become_mapped(this, "declarative")
    if name == "mapped_as_dataclass":
        if this.args:
            this.args = (registry, *this.args)
            return _become_mapped(this, "dataclass")
        return _mapped_decorator(registry, "dataclass")
    if name == "as_declarative_base":
        this.keywords = {**this.keywords, "registry": registry}
        return _as_declarative(this)
    if name == "map_imperatively":
        return _map_imperatively(this)
    if name == "map_declaratively":
        this.args = (registry, *this.args)
        return _become_mapped(this, "declarative")
    return Unknown(f"registry.{name} is not followed")


def _call_database(this: _Call, database: DatabaseValue, name: str) -> Value:
    if name == "Table" and not isinstance(this.arg(1, "metadata"), MetaDataValue):
        args = [this.machine.known(arg) for arg in this.args]
        key = this.machine.known(this.keywords.get("bind_key"))
        metadata = (
            this.machine.bound_metadata(database, key)
            if isinstance(key, str)
            else database.metadata
        )
        this.args = (args[0] if args else None, metadata, *args[1:])
    return _make_table(this) if name == "Table" else database.model


def _mutate(this: _Call, receiver: list[Value] | dict[Value, Value], name: str) -> Value:
    value = this.arg(0)
    uncertain = this.frame is not None and this.frame.uncertain
    if uncertain:
        value = Unknown("an item that may be missing")
    if isinstance(receiver, list):
        if name == "append":
            receiver.append(value)
        elif name in {"extend", "update"}:
            receiver.extend(iterate(value) or [])
        return None
    if name == "pop":
        key = value if isinstance(value, str) else None
        return receiver.pop(key, this.arg(1))
    if name == "setdefault" and isinstance(value, str):
        return receiver.setdefault(value, this.arg(1))
    if name == "update":
        added = {**(value if isinstance(value, dict) else {}), **this.keywords}
        receiver.update(
            {k: Unknown("an item that may be missing") for k in added} if uncertain else added
        )
    return None


def _call_plain(this: _Call, receiver: Value, name: str) -> Value:
    args = [this.value(arg) for arg in this.args]
    if name == "join" and len(args) == 1 and isinstance(args[0], list | tuple):
        args = [[this.value(item) for item in args[0]]]
    keywords = {key: this.value(value) for key, value in this.keywords.items()}
    for value in (*args, *keywords.values()):
        for option in options_of(value):
            if isinstance(option, Unknown):
                return option
    if isinstance(receiver, str) and not (text.is_plain(args) and text.is_plain(keywords)):
        return Unknown("a text built from values that are not known")
    result = text.call_method(receiver, name, args, keywords)
    return this.value(result)


def _instantiate(this: _Call, cls: ClassValue) -> Value:
    for item in classes.ancestors(this.machine, cls):
        role = role_of(item.path) if isinstance(item, External) else None
        if role in _CONSTRUCTORS:
            return _HANDLERS[role](this)
    instance = Instance(cls)
    found = classes.find(this.machine, cls, "__init__")
    function = this.machine.known(found[1]) if found else None
    if isinstance(function, FunctionValue) and function.facts.body is not None:
        if this.machine.has_makers(cls):
            with this.machine.demand():
                this.machine.call(function, (instance, *this.args), this.keywords, this.site)
        else:
            this.machine.call(function, (instance, *this.args), this.keywords, this.site)
    return instance


_CONSTRUCTORS = frozenset({"flask_sqlalchemy", "metadata", "registry", "table"})


def _substitute(this: _Call, pattern: Value, first: int) -> Value:
    """`re.sub(pattern, replacement, text)`, where the replacement may be a function of the project."""
    args = [pattern, *(this.value(arg) for arg in this.args[first:])]
    if len(args) < 3 or not isinstance(args[1], FunctionValue | LambdaValue):
        return text.call_re("sub", args, {k: this.value(v) for k, v in this.keywords.items()})
    compiled = text.compile_pattern(pattern)
    if isinstance(compiled, Unknown) or not isinstance(args[2], str):
        return compiled if isinstance(compiled, Unknown) else Unknown("a text that is not known")
    pieces: list[Value] = []
    end = 0
    for match in text.matches(compiled, args[2]):
        pieces += [
            args[2][end : match.match.start()],
            this.machine.known(this.machine.call(args[1], (match,), {})),
        ]
        end = match.match.end()
    pieces.append(args[2][end:])
    return next((p for p in pieces if not isinstance(p, str)), None) or "".join(pieces)


# -- built-ins ----------------------------------------------------------------------------------


def _call_builtin(this: _Call, name: str) -> Value:
    if name.startswith("type."):
        return _call_type_method(this, name.removeprefix("type."))
    handler = _BUILTIN_HANDLERS.get(name)
    if handler is not None:
        return handler(this)
    value = this.arg(0)
    for option in options_of(value):
        if isinstance(option, Unknown):
            return option
    items = iterate(value)
    if name in _OF_ITEMS and items is not None:
        return _OF_ITEMS[name](this, items)
    return Unknown(f"{name}() of a value that is not known")


def _call_type_method(this: _Call, name: str) -> Value:
    """`super().__new__(meta, name, bases, namespace)` in a metaclass, and other methods of `type`."""
    if name == "__new__" and this.machine.preparing:
        cls = this.machine.preparing[-1]
        namespace = this.arg(len(this.args) - 1)
        if isinstance(namespace, dict) and namespace is not cls.attrs:
            cls.attrs.update(namespace)
        return cls
    return None


def _type(this: _Call) -> Value:
    if len(this.args) < 3:
        value = this.arg(0)
        if isinstance(value, Instance):
            return value.cls
        return (
            classes.attribute(this.machine, value, "__class__")
            if isinstance(value, ClassValue)
            else Unknown("type()")
        )
    name, bases, namespace = this.arg(0), this.arg(1), this.arg(2)
    if not isinstance(name, str) or this.frame is None:
        return Unknown("a class whose name is not known")
    cls = ClassValue(
        name, name, this.module, this.line, tuple(iterate(bases) or ()),
        attrs=dict(namespace) if isinstance(namespace, dict) else {},
        is_conditional=bool(this.frame.uncertain), is_dynamic=True, frame=this.frame,
    )  # fmt: skip
    this.machine.classes.append(cls)
    return cls


def _getattr(this: _Call) -> Value:
    owner, name = this.arg(0), this.arg(1)
    if not isinstance(name, str):
        return Unknown("getattr() of a name that is not known")
    value = attribute_of(this.machine, owner, name)
    return this.arg(2) if isinstance(value, Unknown) and len(this.args) > 2 else value


def _hasattr(this: _Call) -> Value:
    owner, name = this.arg(0), this.arg(1)
    if not isinstance(owner, ClassValue) or not isinstance(name, str):
        return Unknown("hasattr() of a value that is not known")
    return not isinstance(attribute_of(this.machine, owner, name), Unknown)


def _setattr(this: _Call) -> Value:
    owner, name = this.arg(0), this.arg(1)
    if isinstance(owner, ClassValue | Instance) and isinstance(name, str):
        owner.attrs[name] = this.args[2] if len(this.args) > 2 else None
    return None


def _isinstance(this: _Call) -> Value:
    value, kind = this.arg(0), this.arg(1)
    names = {
        item.path
        for item in (kind if isinstance(kind, tuple) else (kind,))
        if isinstance(item, External)
    }
    if not names or not (
        value is None or isinstance(value, str | int | float | tuple | list | dict)
    ):
        return Unknown("isinstance() of a value that is not known")
    return f"builtins.{type(value).__name__}" in names


def _issubclass(this: _Call) -> Value:
    cls, parent = this.arg(0), this.arg(1)
    if not isinstance(cls, ClassValue) or not isinstance(parent, ClassValue | External):
        return Unknown("issubclass() of a class that is not known")
    return parent in classes.mro(this.machine, cls)


def _dict(this: _Call) -> Value:
    first = this.arg(0)
    return {**(first if isinstance(first, dict) else {}), **this.keywords}


def _collection(kind: Callable[[list[Value]], Value]) -> Callable[[_Call], Value]:
    def make(this: _Call) -> Value:
        if not this.args:
            return kind([])
        items = iterate(this.arg(0))
        return Unknown("a collection that is not known") if items is None else kind(items)

    return make


def _str(this: _Call) -> Value:
    value = this.arg(0)
    return (
        str(value)
        if isinstance(value, str | int | float | bool | None)
        else Unknown("str() of a value that is not known")
    )


def _range(this: _Call) -> Value:
    numbers = [this.arg(position) for position in range(len(this.args))]
    if not all(isinstance(n, int) and abs(n) < 1000 for n in numbers) or not numbers:
        return Unknown("a range that is not known")
    try:
        return list(range(*numbers))
    except (TypeError, ValueError):
        return Unknown("a range that does not work")


def _super(this: _Call) -> Value:
    given = this.arg(0)
    if len(this.args) >= 3:  # super(Class, self): the implicit value, then the two given ones
        cls, receiver = this.arg(1), this.arg(2)
        return SuperValue(receiver, cls) if isinstance(cls, ClassValue) else given
    return given


def _len(this: _Call) -> Value:
    value = this.arg(0)
    return (
        len(value)
        if isinstance(value, str | tuple | list | dict)
        else Unknown("len() of a value that is not known")
    )


def _dir(this: _Call) -> Value:
    cls = this.arg(0)
    if not isinstance(cls, ClassValue):
        return Unknown("dir() of a value that is not known")
    order = [item for item in classes.mro(this.machine, cls) if isinstance(item, ClassValue)]
    return sorted({_mangled(item, name) for item in order for name in item.attrs})


def _mangled(cls: ClassValue, name: str) -> str:
    private = name.startswith("__") and not name.endswith("__")
    return f"_{cls.name.lstrip('_')}{name}" if private else name


_BUILTIN_HANDLERS: dict[str, Callable[[_Call], Value]] = {
    "type": _type,
    "super": _super,
    "getattr": _getattr,
    "hasattr": _hasattr,
    "setattr": _setattr,
    "isinstance": _isinstance,
    "issubclass": _issubclass,
    "dict": _dict,
    "list": _collection(list),
    "tuple": _collection(tuple),
    "str": _str,
    "len": _len,
    "range": _range,
    "dir": _dir,
    "vars": lambda this: attribute_of(this.machine, this.arg(0), "__dict__"),
    "classmethod": lambda this: this.arg(0),
    "staticmethod": lambda this: this.arg(0),
    "property": lambda this: Unknown("a property of instances"),
}

_OF_ITEMS: dict[str, Callable[[_Call, list[Value]], Value]] = {
    "enumerate": lambda this, items: [(number, item) for number, item in enumerate(items)],
    "reversed": lambda this, items: items[::-1],
    "sorted": lambda this, items: (
        sorted(items) if all(isinstance(i, str) for i in items) else items
    ),
    "set": lambda this, items: tuple(
        dict.fromkeys(i for i in items if text.is_plain(i) and not isinstance(i, list | dict))
    ),
    "frozenset": lambda this, items: tuple(items),
    "zip": lambda this, items: list(
        zip(items, *((iterate(this.arg(n)) or []) for n in range(1, len(this.args))), strict=False)
    ),
    "map": lambda this, items: Unknown("map() is not followed"),
    "any": lambda this, items: (
        any(items) if text.is_plain(items) else Unknown("any() of unknown values")
    ),
    "all": lambda this, items: (
        all(items) if text.is_plain(items) else Unknown("all() of unknown values")
    ),
    "iter": lambda this, items: items,
    "ord": lambda this, items: (
        ord(items[0]) if len(items) == 1 and isinstance(items[0], str) else Unknown("ord()")
    ),
}


# -- roles --------------------------------------------------------------------------------------


def _with_metaclass(this: _Call) -> Value:
    """`six.with_metaclass(Meta, *bases)`."""
    cls = ClassValue("temporary_class", "temporary_class", this.module, this.line, this.args[1:])
    cls.is_synthetic = True
    cls.attrs["__abstract__"] = True
    if this.args:
        cls.keywords["metaclass"] = this.args[0]
    return cls


def _add_metaclass(this: _Call) -> Value:
    return Partial(External("six._add_metaclass"), this.args[:1], {})


def _partial(this: _Call) -> Value:
    return Partial(this.arg(0), this.args[1:], this.keywords)


def _has_inherited_table(this: _Call) -> Value:
    cls = this.arg(0)
    return (
        mapping.has_mapped_parent(this.machine, cls)
        if isinstance(cls, ClassValue)
        else Unknown("has_inherited_table()")
    )


def _declared_attr(this: _Call) -> Value:
    return PropertyValue(this.arg(0))


def _mapped_as_dataclass(this: _Call) -> Value:
    registry = this.arg(0)
    return _mapped_decorator(registry, "dataclass")


_HANDLERS: dict[str | None, Callable[[_Call], Value]] = {
    "table": _make_table,
    "metadata": _make_metadata,
    "registry": _make_registry,
    "declarative_base": _make_base,
    "as_declarative": _as_declarative,
    "automap_base": _make_base,
    "mapped_as_dataclass": _mapped_as_dataclass,
    "mapper": _map_imperatively,
    "flask_sqlalchemy": _flask_sqlalchemy,
    "declared_attr": _declared_attr,
    "quoted_name": lambda this: this.arg(0),
    "identity": lambda this: this.arg(0),
    "first": lambda this: this.arg(0),
    "second": lambda this: this.arg(1),
    "cast": lambda this: this.arg(1),
    "with_metaclass": _with_metaclass,
    "add_metaclass": _add_metaclass,
    "partial": _partial,
    "has_inherited_table": _has_inherited_table,
    "become_base": _become_base,
    "become_mapped_declarative": lambda this: _become_mapped(this, "declarative"),
    "become_mapped_dataclass": lambda this: _become_mapped(this, "dataclass"),
}
