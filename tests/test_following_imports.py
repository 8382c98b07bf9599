"""Names that come from other modules."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import MODELS, followed, messages, tables_of

MODEL = """

class Named(base.Base):
    __tablename__ = NAME
    id = mapped_column(Integer, primary_key=True)
"""
CONSTANTS = "NAME = 'named'\n_PRIVATE = 'private'\nOTHER = 'other'\n"

FORMS = {
    "from": ("from app.constants import NAME", "NAME"),
    "from as": ("from app.constants import NAME as WORD", "WORD"),
    "from in parentheses": ("from app.constants import (\n    NAME,\n)", "NAME"),
    "module": ("import app.constants", "app.constants.NAME"),
    "module as": ("import app.constants as c", "c.NAME"),
    "module from package": ("from app import constants", "constants.NAME"),
    "relative": ("from .constants import NAME", "NAME"),
    "relative module": ("from . import constants", "constants.NAME"),
    "relative to the package above": ("from ..app.constants import NAME", "NAME"),
    "star": ("from app.constants import *", "NAME"),
    "star after another": ("from app.other import *\nfrom app.constants import *", "NAME"),
    "star before another": ("from app.constants import *\nfrom app.nothing import *", "NAME"),
    "star of a star": ("from app.through import *", "NAME"),
    "star of what is imported": ("from app.reexport import *", "NAME"),
    "private by name": (
        "from app.constants import _PRIVATE",
        "_PRIVATE.replace('private', 'named')",
    ),
    "two of one statement": (
        "from app.constants import NAME, OTHER",
        "OTHER.replace('other', NAME)",
    ),
    "in a function": ("def read():\n    from app.constants import NAME\n    return NAME", "read()"),
    "in a class": ("class Names:\n    from app.constants import NAME", "Names.NAME"),
    "in try": (
        "try:\n    from app.constants import NAME\nexcept ImportError:\n    NAME = 'named'",
        "NAME",
    ),
    "in try of a library": (
        (
            "try:\n    from nowhere import NAME\nexcept ImportError:\n"
            "    from app.constants import NAME\n"
        ),
        "NAME",
    ),
    "reexported": ("from app.reexport import WORD", "WORD"),
    "reexported by the package": ("from app import NAME", "NAME"),
    "the package itself": ("import app", "app.NAME"),
    "an attribute of an imported module": ("from app import reexport", "reexport.constants.NAME"),
    "a submodule imported elsewhere": ("import app\nimport app.constants", "app.constants.NAME"),
    "a function": ("from app.helpers import helper", "helper('nam')"),
    "a function that reads its module": ("from app.helpers import reader", "reader()"),
    "a class": ("from app.helpers import Names", "Names.word"),
    "a directory without init": ("from app.space.inner import NAME", "NAME"),
    "a module of a directory without init": ("from app.space import inner", "inner.NAME"),
    "through a directory without init": ("import app.space.inner", "app.space.inner.NAME"),
    "a name set from outside": ("from app import setter\nfrom app.target import NAME", "NAME"),
}

APP = {
    "app/__init__.py": "from app.constants import NAME\n",
    "app/base.py": MODELS,
    "app/constants.py": CONSTANTS,
    "app/other.py": "NAME = 'wrong'\n",
    "app/nothing.py": "UNRELATED = 1\n",
    "app/through.py": "from app.constants import *\n",
    "app/reexport.py": "from app.constants import NAME as WORD, NAME\nfrom app import constants\n",
    "app/helpers.py": (
        "from app.constants import NAME\nclass Names:\n    word = NAME\n"
        "def helper(word):\n    return word + 'ed'\ndef reader():\n    return NAME\n"
    ),
    "app/space/inner.py": CONSTANTS,
    "app/target.py": "NAME = 'wrong'\n",
    "app/setter.py": "from app import target\ntarget.NAME = 'named'\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_name_is_found_where_python_finds_it(form: str) -> None:
    statement, expression = FORMS[form]
    source = (
        f"from sqlalchemy import Integer\nfrom sqlalchemy.orm import mapped_column\n"
        f"from app import base\n{statement}\nTABLE = {expression}\n"
    )
    found = followed({**APP, "app/models.py": source + MODEL.replace("NAME", "TABLE")})
    assert tables_of(found) == {"Named": "named"}


def named(files: dict[str, str]) -> str | None:
    """The table of the one model of an application, whose module `models` binds NAME."""
    head = "from sqlalchemy import Integer\nfrom sqlalchemy.orm import mapped_column\nimport base\n"
    models = head + files.pop("models.py") + MODEL
    return tables_of(followed({"base.py": MODELS, "models.py": models, **files}))["Named"]


@pytest.mark.parametrize(
    ("public", "expected"),
    [
        ("__all__ = ['_NAME']", "private"),
        ("__all__ = ('_NAME',)", "private"),
        ("__all__ = ['OTHER']", "mine"),
        ("__all__ = ['OTHER'] + ['_NAME']", "private"),
        ("__all__ = ['OTHER']\n__all__ += ['_NAME']", "private"),
        ("__all__ = ['OTHER']\n__all__.append('_NAME')", "private"),
        ("__all__ = ['OTHER']\n__all__.extend(['_NAME'])", "private"),
        ("__all__ = [n for n in ('_NAME', 'OTHER')]", "private"),
        ("", "mine"),
    ],
)
def test_a_star_brings_what_all_says(public: str, expected: str) -> None:
    files = {
        "constants.py": f"_NAME = 'private'\nOTHER = 1\n{public}\n",
        "defaults.py": "_NAME = 'mine'\n__all__ = ['_NAME']\n",
        "models.py": "from defaults import *\nfrom constants import *\nNAME = _NAME\n",
    }
    assert named(files) == expected


def test_a_star_replaces_what_was_bound_before() -> None:
    files = {
        "constants.py": "NAME = 'theirs'\n",
        "models.py": "NAME = 'mine'\nfrom constants import *\n",
    }
    assert named(files) == "theirs"


def test_what_is_bound_after_a_star_replaces_it() -> None:
    files = {
        "constants.py": "NAME = 'theirs'\n",
        "models.py": "from constants import *\nNAME = 'mine'\n",
    }
    assert named(files) == "mine"


def test_modules_that_import_each_other() -> None:
    files = {
        "first.py": "WORD = 'first'\nfrom second import OTHER\n",
        "second.py": "from first import WORD\nOTHER = WORD + '_second'\n",
        "models.py": "from first import OTHER as NAME\n",
    }
    assert named(files) == "first_second"


def test_stars_in_a_circle() -> None:
    files = {
        "first.py": "from second import *\nWORD = 'first'\n",
        "second.py": "from first import *\nOTHER = 'second'\n",
        "models.py": "from first import *\nNAME = WORD + OTHER\n",
    }
    assert named(files) == "firstsecond"


def test_a_name_imported_from_itself_is_unknown() -> None:
    assert (
        named(
            {
                "first.py": "from second import NAME\n",
                "second.py": "from first import NAME\n",
                "models.py": "from first import NAME\n",
            }
        )
        is None
    )


def test_a_name_that_a_module_lacks_is_unknown() -> None:
    assert named({"first.py": "", "models.py": "from first import NAME\n"}) is None
    assert named({"first.py": "", "models.py": "import first\nNAME = first.NAME\n"}) is None


def test_a_relative_import_above_the_project_is_unknown() -> None:
    assert named({"models.py": "from ....above import NAME\n"}) is None


def test_a_module_that_cannot_be_parsed_gives_no_name() -> None:
    assert named({"first.py": "NAME = 'x'\n)\n", "models.py": "from first import NAME\n"}) is None


def test_an_attribute_of_the_package_hides_its_submodule() -> None:
    files = {
        "pack/__init__.py": "class sub:\n    NAME = 'attribute'\n",
        "pack/sub.py": "NAME = 'submodule'\n",
        "models.py": "from pack import sub\nNAME = sub.NAME\n",
    }
    assert named(files) == "attribute"


def test_a_module_getattr_leads_where_its_type_imports_say() -> None:
    lazy = """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            import typing
            from constants import *
            from constants import NAME as WORD
        def __getattr__(name):
            import importlib
            return importlib.import_module("constants").NAME
        """
    files = {"constants.py": "NAME = 'lazy'\n", "lazy.py": lazy}
    assert named({**files, "models.py": "from lazy import WORD as NAME\n"}) == "lazy"
    assert named({**files, "models.py": "import lazy\nNAME = lazy.WORD\n"}) == "lazy"


@pytest.mark.parametrize("statement", ["from sqlalchemy.orm import *", "from orm import *"])
def test_a_star_of_a_library_brings_the_names_that_count(statement: str) -> None:
    found = followed(
        {
            "orm.py": "from sqlalchemy.orm import DeclarativeBase, mapped_column\n",
            "m.py": (
                f"{statement}\nclass Base(DeclarativeBase): pass\nclass Dog(Base):\n"
                f"    __tablename__ = 'dogs'\n    id = mapped_column(primary_key=True)\n"
            ),
        }
    )
    assert tables_of(found) == {"Dog": "dogs"}


def test_a_model_of_an_application_that_is_started_from_within() -> None:
    found = followed(
        {
            "service/core/base.py": MODELS,
            "service/core/models.py": (
                "from core.base import Base, mapped_column\nclass Dog(Base):\n"
                "    __tablename__ = 'dogs'\n    id = mapped_column(primary_key=True)\n"
            ),
        }
    )
    assert tables_of(found) == {"Dog": "dogs"}


def test_a_base_of_the_configuration() -> None:
    source = (
        "from company.orm import Base\nclass Dog(Base):\n    __tablename__ = 'dogs'\n"
        "class Nothing(Base): pass\n"
    )
    found = followed({"m.py": source}, bases=("company.orm.Base",))
    assert tables_of(found) == {"Dog": "dogs", "Nothing": None}  # the base may name its table
    assert {model.metadata for model in found.models} == {"company.orm.Base.metadata"}
    assert len(messages(found, "XT120")) == 1
