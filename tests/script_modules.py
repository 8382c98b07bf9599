"""Writes modules that look like scripts: what they do at module level has nothing to do with their one model.

Each shape is a way in which work multiplies: with `depth`, how many things stand on one another, and
with `breadth`, how often each of them is used by the next. What is at the top is used as a script uses it
(a loop, a call, an assignment, a test, the name of a second table). `application` mixes shapes by a seed.
"""

from __future__ import annotations

import random
from collections.abc import Callable

MODEL = """import functools
import os

from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column


class Base(DeclarativeBase): ...


class Site(Base):
    __tablename__ = "sites"

    id: Mapped[int] = mapped_column(primary_key=True)


def usage(key, source=None):
    return os.environ[key]


def fetch(name):
    return os.environ[name]


"""

GUARD = """def guard(function):
    @functools.wraps(function)
    def guarded(*args, **kwargs):
        try:
            result = function(*args, **kwargs)
        except KeyError:
            result = None
        finally:
            usage(args, kwargs)
        return result

    return guarded


"""

Files = dict[str, str]
Shape = Callable[[int, int], tuple[str, str]]
"""Of a depth and a breadth: the code, and an expression that needs all of it."""

SHAPES: dict[str, Shape] = {}


def _shape(function: Shape) -> Shape:
    SHAPES[function.__name__.strip("_")] = function
    return function


def _chain(depth: int, first: str, step: Callable[[int, str], str]) -> str:
    """`depth` pieces of code, each told the name of the one before."""
    return "\n\n".join(step(n, first if n == 0 else f"step{n - 1}") for n in range(depth)) + "\n\n"


@_shape
def _retries(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        tries = "".join(
            f"    got = {before}(key)\n    if got:\n        return got\n" for _ in range(breadth)
        )
        return f"@guard\ndef step{n}(key):\n{tries}    return {before}(key)\n"

    return GUARD + _chain(depth, "usage", step), f"step{depth - 1}(fetch('all'))"


@_shape
def _class_decorators(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        classes = "".join(
            f"    @{before}\n    class Inner{m}(cls):\n        pass\n\n" for m in range(breadth)
        )
        return f"def step{n}(cls):\n{classes}    return Inner{breadth - 1}\n"

    top = f"@step{depth - 1}\nclass Report:\n    pass\n\n\n"
    return "def plain(cls):\n    return cls\n\n\n" + _chain(depth, "plain", step) + top, "Report()"


@_shape
def _marking_decorators(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        marks = "".join(f"    cls.mark{n}_{m} = {before}(cls)\n" for m in range(breadth))
        return f"def step{n}(cls):\n{marks}    return cls\n"

    top = f"@step{depth - 1}\nclass Report:\n    pass\n\n\n"
    return "def plain(cls):\n    return cls\n\n\n" + _chain(depth, "plain", step) + top, "Report()"


@_shape
def _ladders(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        body = "".join(
            f"    try:\n        got{m} = {before}(key)\n    except KeyError:\n        got{m} = {before}(None)\n"
            f"    except ValueError:\n        raise\n    else:\n        usage(got{m})\n"
            for m in range(breadth)
        )
        return f"def step{n}(key):\n{body}    return got{breadth - 1}\n"

    return _chain(depth, "usage", step), f"step{depth - 1}('x')"


@_shape
def _branches(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        arms = "".join(
            f"    {'if' if m == 0 else 'elif'} key == fetch('k{m}'):\n        name = {before}(key) + 'b{n}_{m}'\n"
            for m in range(breadth)
        )
        return f"def step{n}(key):\n    name = 'n{n}'\n{arms}    return name\n"

    return _chain(depth, "fetch", step), f"step{depth - 1}('x')"


@_shape
def _loops(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        items = ", ".join(f"'i{m}'" for m in range(breadth))
        return (
            f"def step{n}(key):\n    total = ''\n    for item in [{items}]:\n"
            f"        total = {before}(item) or total\n    return total\n"
        )

    return _chain(depth, "usage", step), f"step{depth - 1}('x')"


@_shape
def _nested_loops(depth: int, breadth: int) -> tuple[str, str]:
    loops = "".join(f"{'    ' * n}for i{n} in range({breadth}):\n" for n in range(min(depth, 12)))
    return f"{loops}{'    ' * min(depth, 12)}usage(i0)\n\n", "i0"


@_shape
def _mutual_recursion(depth: int, breadth: int) -> tuple[str, str]:
    functions = []
    for n in range(depth):
        calls = "".join(f"    got = step{(n + m + 1) % depth}(key, got)\n" for m in range(breadth))
        functions.append(f"def step{n}(key, got):\n{calls}    return got\n")
    return "\n\n".join(functions) + "\n\n", "step0(fetch('k'), 1)"


@_shape
def _counting_recursion(depth: int, breadth: int) -> tuple[str, str]:
    calls = " + ".join(f"step(n - {m + 1})" for m in range(breadth))
    return (
        f"def step(n):\n    if n < 1:\n        return 1\n    return {calls}\n\n\n",
        f"step({depth * 3})",
    )


@_shape
def _methods(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        base = f"Step{n - 1}" if n else "object"
        calls = "".join(
            f"        got = {f'self.m{n - 1}(key)' if n else 'usage(key)'}\n"
            for _ in range(breadth)
        )
        return f"class Step{n}({base}):\n    def m{n}(self, key):\n{calls}        return got\n"

    return _chain(depth, "usage", step), f"Step{depth - 1}().m{depth - 1}(fetch('x'))"


@_shape
def _super_calls(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        base = f"Step{n - 1}" if n else "object"
        calls = "".join(
            f"        got = {'super().run(key)' if n else 'usage(key)'}\n" for _ in range(breadth)
        )
        return f"class Step{n}({base}):\n    def run(self, key):\n{calls}        return got\n"

    return _chain(depth, "usage", step), f"Step{depth - 1}().run(fetch('x'))"


@_shape
def _objects(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        parts = "".join(
            f"        self.part{m} = {f'Step{n - 1}(key)' if n else 'usage(key)'}\n"
            for m in range(breadth)
        )
        return f"class Step{n}:\n    def __init__(self, key):\n{parts}"

    return _chain(depth, "usage", step), f"Step{depth - 1}(fetch('x'))"


@_shape
def _comprehensions(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        given = ", ".join(f"key + '{m}'" for m in range(breadth))
        return f"def step{n}(key):\n    return [{before}(each) for each in [{given}]]\n"

    return _chain(depth, "usage", step), f"step{depth - 1}('x')"


@_shape
def _properties(depth: int, breadth: int) -> tuple[str, str]:
    lines = ["class Report:\n    def __init__(self, key):\n        self.key = key\n"]
    for n in range(depth):
        before = f"self.p{n - 1}" if n else "usage(self.key)"
        parts = ", ".join([before] * breadth)
        lines.append(f"    @property\n    def p{n}(self):\n        return ({parts},)\n")
    return "\n".join(lines) + "\n\n", f"Report('x').p{depth - 1}"


@_shape
def _generators(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        body = "".join(f"    yield from {before}(key)\n" for _ in range(breadth))
        return f"def step{n}(key):\n{body}"

    first = "def first(key):\n    yield key\n\n\n"
    return first + _chain(depth, "first", step), f"list(step{depth - 1}('x'))"


@_shape
def _lambdas(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        inner = "key"
        for _ in range(breadth):
            inner = f"{before}({inner})"
        return f"step{n} = lambda key: {inner} or {before}(key)"

    return _chain(depth, "usage", step), f"step{depth - 1}('x')"


@_shape
def _contexts(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        body = "".join(
            f"        with {f'Step{n - 1}()' if n else 'open(fetch(1))'} as got{m}:\n            usage(got{m})\n"
            for m in range(breadth)
        )
        return (
            f"class Step{n}:\n    def __enter__(self):\n{body}        return got0\n\n"
            "    def __exit__(self, *error):\n        return None\n"
        )

    code = _chain(depth, "usage", step)
    return f"{code}with Step{depth - 1}() as top:\n    usage(top)\n\n", "top"


@_shape
def _builders(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        body = "".join(f"    found.append({before}(key))\n" for _ in range(breadth))
        return f"def step{n}(key):\n    found = []\n{body}    return found\n"

    return _chain(depth, "usage", step), f"step{depth - 1}('x')"


@_shape
def _mappings(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        parts = ", ".join(f"**{before}(key + '{m}')" for m in range(breadth))
        return f"def step{n}(key):\n    return {{{parts}, 'k{n}': key}}\n"

    first = "def first(key):\n    return {key: key}\n\n\n"
    return first + _chain(depth, "first", step), f"step{depth - 1}('x')"


@_shape
def _texts(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        return f"def step{n}(key):\n    return {' + '.join([f'{before}(key)'] * breadth)}\n"

    first = "def first(key):\n    return key + 'a'\n\n\n"
    return first + _chain(depth, "first", step), f"step{depth - 1}('x')"


@_shape
def _tuples(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        before = before if n else "'a'"
        return f"step{n} = ({', '.join([before] * breadth)},)"

    code = _chain(depth, "", step)
    return (
        f"{code}shared = {{step{depth - 1}: 1}}\n\n",
        f"str(shared) or step{depth - 1} == step{depth - 1}",
    )


@_shape
def _closures(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        calls = "".join(
            f"        got = {f'{before}(key)()' if n else 'usage(key)'}\n" for _ in range(breadth)
        )
        return (
            f"def step{n}(key):\n    def inner():\n{calls}        return got\n\n    return inner\n"
        )

    return _chain(depth, "usage", step), f"step{depth - 1}('x')()"


@_shape
def _callbacks(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        items = ", ".join(f"'i{m}'" for m in range(breadth))
        return (
            f"def step{n}(key):\n"
            f"    return sorted(map({before}, [{items}]), key={before}) or list(filter({before}, [{items}]))\n"
        )

    first = "def first(key):\n    return key\n\n\n"
    return first + _chain(depth, "first", step), f"step{depth - 1}('x')"


@_shape
def _partials(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        calls = "".join(
            f"    got = functools.partial({before}, key)({m})\n" for m in range(breadth)
        )
        return f"def step{n}(key, number):\n{calls}    return got\n"

    return _chain(depth, "usage", step), f"step{depth - 1}('x', 0)"


@_shape
def _globals(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        calls = "".join(f"    COUNT += 1\n    {before}(key)\n" for _ in range(breadth))
        return f"def step{n}(key):\n    global COUNT\n{calls}    return COUNT\n"

    return "COUNT = 0\n\n\n" + _chain(depth, "usage", step), f"step{depth - 1}('x')"


@_shape
def _registries(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        calls = "".join(
            f"    SEEN.append({before}(key))\n    INDEX['k{n}_{m}'] = key\n" for m in range(breadth)
        )
        return f"def step{n}(key):\n{calls}    return SEEN\n"

    return "SEEN = []\nINDEX = {}\n\n\n" + _chain(depth, "usage", step), f"step{depth - 1}('x')"


@_shape
def _diamonds(depth: int, breadth: int) -> tuple[str, str]:
    levels = []
    for n in range(depth):
        bases = ", ".join(f"Step{n - 1}_{m}" for m in range(breadth)) if n else "object"
        levels += [f"class Step{n}_{m}({bases}):\n    value{n} = {m}\n" for m in range(breadth)]
    return "\n\n".join(levels) + "\n\n", f"Step{depth - 1}_0.value0"


@_shape
def _hooks(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        classes = "".join(
            f"        class Inner{m}({f'Step{n - 1}' if n else 'object'}):\n            pass\n\n"
            for m in range(breadth)
        )
        return f"class Step{n}:\n    def __init_subclass__(cls):\n{classes}"

    return _chain(depth, "", step) + f"class Last(Step{depth - 1}):\n    pass\n\n\n", "Last()"


@_shape
def _unions(depth: int, breadth: int) -> tuple[str, str]:
    lines = ["name = 'n'\n"]
    lines += [
        f"if fetch('{n}_{m}'):\n    name = name + 'x{n}_{m}'\n"
        for n in range(depth)
        for m in range(breadth)
    ]
    return "".join(lines) + "\n", "name"


@_shape
def _whiles(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        return (
            f"def step{n}(key):\n    number = 0\n    while number < {breadth}:\n"
            f"        got = {before}(number)\n        number += 1\n    return got\n"
        )

    return _chain(depth, "usage", step), f"step{depth - 1}('x')"


@_shape
def _keywords(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        calls = "".join(
            f"    got = {before}(*args, **kwargs, k{n}_{m}=args)\n" for m in range(breadth)
        )
        return f"def step{n}(*args, **kwargs):\n{calls}    return got\n"

    first = "def first(*args, **kwargs):\n    return kwargs\n\n\n"
    return first + _chain(depth, "first", step), f"step{depth - 1}('x', y=1)"


@_shape
def _matches(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        cases = "".join(
            f"        case {m}:\n            return {before}(key)\n" for m in range(breadth)
        )
        return f"async def step{n}(key):\n    match key:\n{cases}    return await {before}(key)\n"

    return _chain(depth, "usage", step), f"step{depth - 1}(fetch('x'))"


@_shape
def _queries(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        body = "".join(
            f"    rows = {before}(session.query(key).filter(rows))\n" for _ in range(breadth)
        )
        return f"def step{n}(rows):\n    session = sessions.Session(rows)\n    key = rows\n{body}    return rows\n"

    code = "import sessions\n\n\n" + _chain(depth, "usage", step)
    return code, f"step{depth - 1}(sessions.engine().connect())"


@_shape
def _factories(depth: int, breadth: int) -> tuple[str, str]:
    def step(n: int, before: str) -> str:
        calls = "".join(f"    found += {before}(key + '{m}')\n" for m in range(breadth))
        return f"def step{n}(key):\n    found = []\n{calls}    return found\n"

    first = (
        "def first(key):\n    class Part(Base):\n        __tablename__ = 'part_' + key\n\n"
        "        id: Mapped[int] = mapped_column(primary_key=True)\n\n    return [Part]\n\n\n"
    )
    return first + _chain(depth, "first", step), f"step{depth - 1}('x')"


@_shape
def _declared(depth: int, breadth: int) -> tuple[str, str]:
    code, top = _retries(depth, 2)
    mixin = (
        f"class Named:\n    @declared_attr\n    def __tablename__(cls):\n        return {top}\n\n\n"
    )
    models = "\n\n".join(
        f"class Model{m}(Named, Base):\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
        for m in range(breadth)
    )
    return f"{code}{mixin}{models}\n\n", "Model0.__tablename__"


USES = {
    "loop": "for row in {top}:\n    print(row)\n",
    "call": "print({top})\n",
    "name": "found = {top}\nother = found\n",
    "test": "if {top}:\n    found = 1\nelse:\n    found = {top}\n",
    "with": "with open({top}) as file:\n    print(file)\n",
    "total": "total = 0\nfor row in {top}:\n    total += row\nprint(total)\n",
    "table": (
        "NAME = {top}\n\n\nclass Other(Base):\n    __tablename__ = NAME\n\n"
        "    id: Mapped[int] = mapped_column(primary_key=True)\n"
    ),
    "twice": "for row in {top}:\n    print(row)\nfor row in {top}:\n    fetch(row)\n",
}
"""What scripts do with a value."""


def script(shape: str, depth: int, breadth: int, use: str = "loop") -> Files:
    """One module of one shape."""
    code, top = SHAPES[shape](depth, breadth)
    return {"report.py": f"{MODEL}{code}{USES[use].format(top=top)}"}


def spread(shape: str, depth: int, breadth: int, use: str = "loop") -> Files:
    """The same with one module for each definition, each of which imports all before it."""
    code, top = SHAPES[shape](depth, breadth)
    files = {"part0.py": MODEL}
    pieces = [piece for piece in code.split("\n\n\n") if piece.strip()]
    for number, piece in enumerate(pieces, 1):
        files[f"part{number}.py"] = f"from part{number - 1} import *\n\n{piece}\n"
    files["report.py"] = f"from part{len(pieces)} import *\n\n{USES[use].format(top=top)}"
    return files


def application(seed: int) -> Files:
    """Some modules of several shapes, each of its own depth, breadth and use."""
    chance = random.Random(seed)
    files: Files = {}
    for number in range(chance.randint(1, 3)):
        shape = chance.choice(sorted(SHAPES))
        depth, breadth = chance.randint(2, 24), chance.randint(1, 5)
        write = chance.choice([script, script, spread])
        made = write(shape, depth, breadth, chance.choice(sorted(USES)))
        files |= {f"app{number}/{name}": text for name, text in made.items()}
    return files
