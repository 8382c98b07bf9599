"""The rules of SQLAlchemy and of the libraries around it, as the interpreter is handed them."""

from __future__ import annotations

from xcore_tools.discovery.catalog.derived import ATTRIBUTES as CLASS_ATTRIBUTES
from xcore_tools.discovery.catalog.derived import LOOSE_ITEMS, MAKERS, SEEDS, is_exported
from xcore_tools.discovery.catalog.directives import DIRECTIVES, TABLE_PREFIX
from xcore_tools.discovery.catalog.libraries import is_library
from xcore_tools.discovery.catalog.symbols import TABLE, Role
from xcore_tools.discovery.evaluate.core import Library, Words
from xcore_tools.discovery.evaluate.values import BoundMethod, ClassValue, External
from xcore_tools.discovery.orm.attributes import ATTRIBUTES, implicit_attribute, owned_attribute
from xcore_tools.discovery.orm.declarative_bases import is_declarative, is_root
from xcore_tools.discovery.orm.evidence import is_unfollowed
from xcore_tools.discovery.orm.foreign import Outside
from xcore_tools.discovery.orm.handlers import dispatch, ignores_arguments

WORDS = Words(
    leads=SEEDS,
    makers=MAKERS,
    table=TABLE.name,
    attributes=CLASS_ATTRIBUTES,
    directives=DIRECTIVES,
    prefix=TABLE_PREFIX,
    computed=Role.DECLARED_ATTR,
    loose=LOOSE_ITEMS,
)
"""What source texts show by plain names."""


def library(outside: Outside) -> Library:
    """The rules, over the objects that the libraries share with their users."""
    return Library(
        external=outside.external,
        is_exported=is_exported,
        is_package=is_library,
        words=WORDS,
        calls=dict.fromkeys((ClassValue, External, BoundMethod), dispatch),
        attributes=ATTRIBUTES,
        ignores_arguments=ignores_arguments,
        is_declarative=is_declarative,
        is_root=is_root,
        is_unfollowed=is_unfollowed,
        implicit_attribute=implicit_attribute,
        owned_attribute=owned_attribute,
    )
