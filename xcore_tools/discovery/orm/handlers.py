"""Which answer belongs to a call of a class, of a name of a library, or of a method of a known value."""

from __future__ import annotations

from xcore_tools.discovery.catalog.derived import role_of
from xcore_tools.discovery.catalog.symbols import TABLE, Role
from xcore_tools.discovery.evaluate.call import Call
from xcore_tools.discovery.evaluate.classes import find
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.effects import MUTATORS, has_makers
from xcore_tools.discovery.evaluate.mro import ancestors, mro
from xcore_tools.discovery.evaluate.stdlib import regex
from xcore_tools.discovery.evaluate.stdlib.changes import mutate
from xcore_tools.discovery.evaluate.stdlib.functions import call_builtin
from xcore_tools.discovery.evaluate.stdlib.methods import (
    apply_pattern,
    call_plain,
    substitute,
)
from xcore_tools.discovery.evaluate.table_values import DatabaseValue, RegistryValue, TableValue
from xcore_tools.discovery.evaluate.values import (
    BoundMethod,
    ClassValue,
    External,
    FunctionValue,
    Instance,
    LibraryObject,
    MatchValue,
    Partial,
    PatternValue,
    PropertyValue,
    Site,
    Unknown,
    Value,
)
from xcore_tools.discovery.orm import bases, decorators, flask, tables
from xcore_tools.discovery.orm.decorators import call_registry
from xcore_tools.discovery.orm.flask import call_database
from xcore_tools.discovery.orm.tables import Handler, call_table, has_columns, make_table


def dispatch(
    interpreter: Interpreter,
    callee: ClassValue | External | BoundMethod,
    args: tuple[Value, ...],
    keywords: dict[str, Value],
    site: Site | None,
) -> Value:
    """What calling a class of the project, a library's name or a method of a known value returns."""
    this = Call(interpreter, args, keywords, site)
    if isinstance(callee, ClassValue):
        return _instantiate(this, callee)
    if isinstance(callee, BoundMethod):
        return _call_method(this, callee)
    return _call_external(this, callee)


def ignores_arguments(callee: External) -> bool:
    """Whether what a call of a library's name returns does not depend on its arguments, but holds them."""
    top = callee.path.partition(".")[0]
    return not (
        role_of(callee.path) in _HANDLERS or top in {"builtins", "re"} or callee.name == TABLE.name
    )


def _call_external(this: Call, callee: External) -> Value:
    role = role_of(callee.path)
    if role is not None and role in _HANDLERS:
        return _HANDLERS[role](this)
    top, _, rest = callee.path.partition(".")
    this.is_strict = top not in {"builtins", "re"} or rest == "type"
    if top == "builtins":
        return call_builtin(this, rest)
    if callee.path == "re.sub":
        return substitute(this, this.arg(0), 1)
    if top == "re":
        keywords = {key: this.value(value) for key, value in this.keywords.items()}
        return apply_pattern(this, rest, [this.value(arg) for arg in this.args], keywords)
    if (
        callee.name == TABLE.name
        and this.args
        and isinstance(this.arg(0), str)
        and has_columns(this)
    ):
        return make_table(this)
    return LibraryObject(callee.path, this.args, this.keywords, this.line)


def _call_method(this: Call, method: BoundMethod) -> Value:
    receiver, name = method.receiver, method.name
    this.is_strict = not isinstance(
        receiver, str | list | tuple | dict | set | frozenset | PatternValue
    )
    if isinstance(receiver, RegistryValue):
        return call_registry(this, receiver, name)
    if isinstance(receiver, DatabaseValue):
        return call_database(this, receiver, name)
    if isinstance(receiver, TableValue):
        return call_table(this, receiver, name)
    if isinstance(receiver, MatchValue):
        return regex.call_match(receiver, name, [this.value(arg) for arg in this.args])
    if isinstance(receiver, PatternValue) and name == "sub":
        return substitute(this, receiver, 0)
    if isinstance(receiver, PatternValue):
        keywords = {key: this.value(value) for key, value in this.keywords.items()}
        args = [receiver, *(this.value(arg) for arg in this.args)]
        return apply_pattern(this, name, args, keywords)
    if name in MUTATORS and isinstance(receiver, list | dict | set):
        return mutate(this, receiver, name)
    return call_plain(this, receiver, name)


_CONSTRUCTORS = frozenset({Role.FLASK_SQLALCHEMY, Role.METADATA, Role.REGISTRY, Role.TABLE})


def _instantiate(this: Call, cls: ClassValue) -> Value:
    for item in ancestors(this.interpreter, cls):
        role = role_of(item.path) if isinstance(item, External) else None
        if role is not None and role in _CONSTRUCTORS:
            return _HANDLERS[role](this)
    instance = Instance(cls, args=this.args, keywords=this.keywords)
    found = find(this.interpreter, cls, "__init__")
    if found is None:
        _fill_fields(this, cls, instance)
    function = this.interpreter.force(found[1]) if found else None
    if isinstance(function, FunctionValue) and function.facts.has_body:
        if has_makers(this.interpreter, cls):
            with this.interpreter.strict():
                this.interpreter.call(function, (instance, *this.args), this.keywords, this.site)
        else:
            this.interpreter.call(function, (instance, *this.args), this.keywords, this.site)
    return instance


def _fill_fields(this: Call, cls: ClassValue, instance: Instance) -> None:
    """The attributes of an object whose class has no `__init__` in the project: those of a dataclass,

    a named tuple, or of a library's model, which takes keywords.
    """
    order = [item for item in mro(this.interpreter, cls) if isinstance(item, ClassValue)]
    fields = list(dict.fromkeys(name for item in reversed(order) for name in item.annotations))
    known = dict(zip(fields, this.args, strict=False)) | this.keywords
    if len(this.args) > len(fields) or "**" in known:
        known |= dict.fromkeys(fields, Unknown("an argument that is not known"))
    instance.attrs.update(known)


def _partial(this: Call) -> Value:
    return Partial(this.arg(0), this.args[1:], this.keywords)


def _copied(this: Call) -> Value:
    value = this.arg(0)
    return value.copy() if isinstance(value, list | dict | set) else value


def _declared_attr(this: Call) -> Value:
    return PropertyValue(this.arg(0))


_HANDLERS: dict[Role, Handler] = {
    **tables.HANDLERS,
    **bases.HANDLERS,
    **decorators.HANDLERS,
    **flask.HANDLERS,
    Role.DECLARED_ATTR: _declared_attr,
    Role.COPIED: _copied,
    Role.FIRST_ARGUMENT: lambda this: this.arg(0),
    Role.SECOND_ARGUMENT: lambda this: this.arg(1),
    Role.PARTIAL: _partial,
}
"""What a call of a library's name returns, by what the name means."""
