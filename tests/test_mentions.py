"""Files that say nothing of SQLAlchemy are read where a name leads there, however it does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import MODELS, followed, tables_of

BASE = f"""{MODELS}
class Columns:
    id = mapped_column(Integer, primary_key=True)
"""
MADE = "type(cls.__name__, (Columns, Base), {'__tablename__': name})"

WAYS: dict[str, tuple[str, str]] = {
    "a decorator with options": (
        f"def model(name):\n    def make(cls):\n        return {MADE}\n    return make\n",
        "from makers import model\n@model('users')\nclass User: pass\n",
    ),
    "one that is decorated itself": (
        "from functools import wraps\n\n"
        f"def model(name):\n    @wraps(\n        model)\n    def make(cls):\n        return {MADE}\n    return make\n",
        "from makers import model\n@model('users')\nclass User: pass\n",
    ),
    "one whose function is called": (
        f"def model(name, cls):\n    def make():\n        return {MADE}\n    return make()\n",
        "from makers import model\nclass User: pass\nUser = model('users', User)\n",
    ),
    "three functions in one another": (
        "def model(prefix):\n    def named(name):\n        def make(cls):\n"
        f"            return {MADE}\n        return make\n    return named\n",
        "from makers import model\n@model('a')('users')\nclass User: pass\n",
    ),
    "another name for it": (
        f"def model(name):\n    def make(cls):\n        return {MADE}\n    return make\n",
        "import makers\nmodel = makers.model\n@model('users')\nclass User: pass\n",
    ),
    "what it returns": (
        f"def model(name):\n    def make(cls):\n        return {MADE}\n    return make\n",
        "from makers import model\nusers = model('users')\n@users\nclass User: pass\n",
    ),
    "a partial of it": (
        f"def model(name, cls):\n    return {MADE}\n",
        "from functools import partial\nfrom makers import model\n"
        "class User: pass\nUser = partial(model, 'users')(User)\n",
    ),
    "a method of a class": (
        f"class Models:\n    @staticmethod\n    def model(name, cls):\n        return {MADE}\n",
        "from makers import Models\nclass User: pass\nUser = Models.model('users', User)\n",
    ),
    "through a star": (
        f"def model(name, cls):\n    return {MADE}\n",
        "from makers import *\nclass User: pass\nUser = model('users', User)\n",
    ),
    "beside a star of a library": (
        f"def model(name, cls):\n    return {MADE}\n",
        "from somewhere import *\nfrom makers import model\n"
        "class User: pass\nUser = model('users', User)\n",
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_model_is_found_however_it_is_made(way: str) -> None:
    makers, user = WAYS[way]
    files = {
        "base.py": BASE,
        "makers.py": f"from base import Base, Columns\n{makers}",
        "users.py": user,
    }
    found, whole = followed(files), followed(files, prefilter=False)
    assert (found.models, found.tables) == (whole.models, whole.tables)
    assert tables_of(found) == {"User": "users"}
