"""The declarative base above a class."""

from __future__ import annotations

from xcore_tools.discovery.catalog.derived import role_of
from xcore_tools.discovery.catalog.libraries import Foreign
from xcore_tools.discovery.catalog.symbols import Role
from xcore_tools.discovery.evaluate.core import Interpreter
from xcore_tools.discovery.evaluate.mro import ancestors, bases_of, metaclass_of, mro
from xcore_tools.discovery.evaluate.values import ClassValue, External, Value, options_of


def root_of(interpreter: Interpreter, cls: ClassValue) -> Value:
    """The declarative base in the ancestry of `cls`: a ClassValue, an External, or None."""
    if cls in interpreter.roots:
        return interpreter.roots[cls]
    root = next((item for item in ancestors(interpreter, cls) if is_root(interpreter, item)), None)
    if interpreter.is_settled:
        interpreter.roots[cls] = root
    return root


def is_declarative(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether SQLAlchemy has a say in how `cls` is made."""
    return cls.mapped_by is not None or root_of(interpreter, cls) is not None


def is_root(interpreter: Interpreter, item: Value) -> bool:
    """Whether a class, of the project or of a library, is a declarative base itself."""
    if isinstance(item, External):
        foreign = interpreter.outside.foreign(item.path)
        return foreign is not None and foreign.is_base
    if not isinstance(item, ClassValue):
        return False
    if item.is_base is None:
        item.is_base = _is_base(interpreter, item)
    return item.is_root or item.is_base


def _is_base(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether the head of a class makes it a declarative base."""
    if any(has_role(base, Role.BASE_CLASS) for base in bases_of(interpreter, cls)):
        return True
    if "registry" in cls.keywords and any(
        f.needs_table_keyword for f in foreigns(interpreter, cls)
    ):
        return True  # class Base(SQLModel, registry=…)
    if "metaclass" not in cls.keywords:
        return False
    return _descends(
        interpreter, metaclass_of(interpreter, cls), Role.BASE_METACLASS, Role.NAMING_BASE_METACLASS
    )


def has_role(value: Value, *roles: Role) -> bool:
    """Whether `value` is a library's name that means one of `roles` to us."""
    return isinstance(value, External) and role_of(value.path) in roles


def names_tables(interpreter: Interpreter, metaclass: Value) -> bool:
    """Whether a metaclass gives table names as Flask-SQLAlchemy does."""
    return _descends(interpreter, metaclass, Role.NAMING_METACLASS, Role.NAMING_BASE_METACLASS)


def _descends(interpreter: Interpreter, cls: Value, *roles: Role) -> bool:
    for option in options_of(cls):
        order = mro(interpreter, option) if isinstance(option, ClassValue) else (option,)
        if any(has_role(item, *roles) for item in order):
            return True
    return False


def foreigns(interpreter: Interpreter, cls: ClassValue) -> list[Foreign]:
    """What is known of the other libraries' classes among the ancestors of `cls`."""
    found = (
        interpreter.outside.foreign(item.path)
        for item in mro(interpreter, cls)
        if isinstance(item, External)
    )
    return [foreign for foreign in found if foreign is not None]


def is_flask(interpreter: Interpreter, cls: ClassValue) -> bool:
    """Whether a class inherits the `Model` of Flask-SQLAlchemy."""
    root = root_of(interpreter, cls)
    return isinstance(root, ClassValue) and "__fsa__" in root.attrs
