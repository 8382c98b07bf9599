"""A call that is answered from memory answers what Python would: its arguments or the world may have changed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import MODELS, followed, tables_of

CHANGES = {
    "an argument": """
def text(items):
    return '_'.join(items)
def run():
    items = ['a']
    first = text(items)
    items.append('b')
    return first + text(items)
""",
    "an item of an argument": """
def text(items):
    return items['k']
def run():
    items = {'k': 'a'}
    first = text(items)
    items['k'] = 'b'
    return first + text(items)
""",
    "a deleted item": """
def text(items):
    return items.get('k', 'none')
def run():
    items = {'k': 'a'}
    first = text(items)
    del items['k']
    return first + text(items)
""",
    "an argument, in place": """
def text(items):
    return '_'.join(items)
def run():
    items = ['a']
    first = text(items)
    items += ['b']
    return first + text(items)
""",
    "a list that the call made": """
def make():
    return ['a']
def run():
    one = make()
    one.append('b')
    two = make()
    return '_'.join(one + two)
""",
    "a dict that the call made": """
def make():
    return {'k': 'a'}
def run():
    one = make()
    one['k'] = 'b'
    return one['k'] + make()['k']
""",
    "a global list": """
SEEN = ['a']
def seen():
    return SEEN
def run():
    seen().append('b')
    seen().append('c')
    return '_'.join(seen())
""",
    "a list that comes back": """
def same(items):
    return items
def run():
    items = ['a']
    same(items).append('b')
    return '_'.join(same(items))
""",
    "an object": """
class Thing:
    def __init__(self, name):
        self.name = name
    def text(self):
        return self.name
def run():
    thing = Thing('a')
    first = thing.text()
    thing.name = 'b'
    return first + thing.text()
""",
    "an object, by setattr": """
class Thing:
    def __init__(self, name):
        self.name = name
    def text(self):
        return self.name
def run():
    thing = Thing('a')
    first = thing.text()
    setattr(thing, 'name', 'b')
    return first + thing.text()
""",
    "an object that the call made": """
class Thing:
    def __init__(self, name):
        self.name = name
def make():
    return Thing('a')
def run():
    one = make()
    one.name = 'b'
    return one.name + make().name
""",
    "an argument, by the call": """
def add(items):
    items.append('b')
    return items
def run():
    items = ['a']
    add(items)
    add(items)
    return '_'.join(items)
""",
    "a default": """
def add(item, items=[]):
    items.append(item)
    return '_'.join(items)
def run():
    return add('a') + add('a')
""",
    "a class attribute": """
class Names:
    name = 'a'
def text():
    return Names.name
def run():
    first = text()
    Names.name = 'b'
    return first + text()
""",
    "what a method keeps": """
class Counter:
    def __init__(self):
        self.seen = ''
    def next(self):
        self.seen = self.seen + 'x'
        return self.seen
def run():
    counter = Counter()
    return counter.next() + '_' + counter.next()
""",
    "what an inner call changes": """
def add(items):
    items.append('b')
def both(items):
    add(items)
    return '_'.join(items)
def run():
    items = ['a']
    return both(items) + both(items)
""",
}


def _of_python(source: str) -> str:
    names: dict[str, object] = {}
    exec(source, names)
    found = names["NAME"]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize("title", CHANGES)
def test_what_was_changed_is_worked_out_again(title: str) -> None:
    source = f"{CHANGES[title]}NAME = run()\n"
    dog = "class Dog(Base):\n    __tablename__ = NAME\n    id = Column(Integer, primary_key=True)\n"
    assert tables_of(followed({"m.py": f"{MODELS}{source}{dog}"})) == {"Dog": _of_python(source)}


MAYBE = {
    "a global name": """
COUNT = ''
def next():
    global COUNT
    COUNT = COUNT + 'x'
    return COUNT
def run():
    return next() + '_' + next()
""",
    "a name of the function around": """
def counter():
    seen = ''
    def next():
        nonlocal seen
        seen = seen + 'x'
        return seen
    return next
def run():
    next = counter()
    return next() + '_' + next()
""",
    "a list in a list": """
def make():
    return [['a']]
def run():
    one = make()
    one[0].append('b')
    return '_'.join(one[0] + make()[0])
""",
    "a list that a library made": """
def make():
    return 'a b'.split()
def run():
    one = make()
    one.append('c')
    return '_'.join(one + make())
""",
}


@pytest.mark.parametrize("title", MAYBE)
def test_what_was_changed_is_right_or_unknown(title: str) -> None:
    source = f"{MAYBE[title]}NAME = run()\n"
    dog = "class Dog(Base):\n    __tablename__ = NAME\n    id = Column(Integer, primary_key=True)\n"
    found = tables_of(followed({"m.py": f"{MODELS}{source}{dog}"}))["Dog"]
    assert found in {None, _of_python(source)}


def test_each_call_of_a_factory_makes_its_own() -> None:
    source = (
        "from sqlalchemy import MetaData\n"
        "def make():\n    return MetaData()\n"
        "A = make()\nB = make()\n"
        "Table('one', A, Column('id', Integer))\nTable('two', B, Column('id', Integer))\n"
    )
    found = followed({"m.py": f"{MODELS}{source}"})
    assert {t.name: t.metadata for t in found.tables} == {"one": "m.A", "two": "m.B"}


def test_a_recursion_that_ends_is_followed_to_its_end() -> None:
    source = "def name(n):\n    return 'd' if n < 1 else name(n - 1) + 'o'\nNAME = name(4)\n"
    dog = "class Dog(Base):\n    __tablename__ = NAME\n    id = Column(Integer, primary_key=True)\n"
    assert tables_of(followed({"m.py": f"{MODELS}{source}{dog}"})) == {"Dog": _of_python(source)}
