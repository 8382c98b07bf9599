"""The rules of SQLAlchemy and of the libraries around it, as the interpreter is handed them."""

from __future__ import annotations

from xcore_tools.discovery.catalog.libraries import is_library
from xcore_tools.discovery.catalog.symbols import is_exported, library_classes, library_makers
from xcore_tools.discovery.evaluate.core import Library
from xcore_tools.discovery.evaluate.values import BoundMethod, ClassValue, External
from xcore_tools.discovery.orm.attributes import ATTRIBUTES, implicit_attribute, owned_attribute
from xcore_tools.discovery.orm.declarative_bases import is_declarative, is_root
from xcore_tools.discovery.orm.evidence import is_unfollowed
from xcore_tools.discovery.orm.foreign import Outside
from xcore_tools.discovery.orm.handlers import dispatch, ignores_arguments


def library(outside: Outside) -> Library:
    """The rules, over the objects that the libraries share with their users."""
    return Library(
        external=outside.external,
        is_exported=is_exported,
        is_package=is_library,
        names=library_classes() | library_makers(),
        calls=dict.fromkeys((ClassValue, External, BoundMethod), dispatch),
        attributes=ATTRIBUTES,
        ignores_arguments=ignores_arguments,
        is_declarative=is_declarative,
        is_root=is_root,
        is_unfollowed=is_unfollowed,
        implicit_attribute=implicit_attribute,
        owned_attribute=owned_attribute,
    )
