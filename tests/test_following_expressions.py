"""The name of a table, computed by an expression: what Python says, and what discovery says."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import followed, really, tables_of

SETUP = '''
import collections.abc
import copy
import enum
import re
from dataclasses import dataclass
from functools import cache, cached_property, partial, wraps
from typing import NamedTuple, cast

from sqlalchemy import Integer
from sqlalchemy.orm import DeclarativeBase, declared_attr, mapped_column
from sqlalchemy.sql import quoted_name

ONE = "one"
NUMBER = 7
NOTHING = None
WORDS = ["red", "green", "blue"]
PAIR = ("left", "right")
TABLES = {"user": "users", "order": "orders", 3: "three", None: "none", True: "yes"}
NESTED = {"a": {"b": ["c", "d"]}}
SNAKE = re.compile(r"(?<!^)(?=[A-Z])")
WORD = re.compile("([a-z]+)_([a-z]+)")


class Colour(enum.Enum):
    RED = "red_value"
    GREEN = 2


class Text(str, enum.Enum):
    FIRST = "first_value"
    SECOND = "second_value"


class Strong(enum.StrEnum):
    ALPHA = enum.auto()
    BETA = "beta_value"


class Level(enum.IntEnum):
    LOW = 1


class Names:
    prefix = "pre"
    tables = {"x": "exes"}

    class Inner:
        suffix = "suf"

    def __init__(self, given="default", *rest, key="k", **more):
        self.given = given
        self.rest = rest
        self.key = key
        self.more = more

    def method(self, other="o"):
        return self.given + "_" + other

    @classmethod
    def made(cls, word):
        return cls.prefix + "_" + word

    @staticmethod
    def plain(word):
        return "static_" + word

    @property
    def computed(self):
        return "computed_" + self.given

    def changed(self, word):
        self.given = word
        return self


class Special(Names):
    prefix = "special"

    def method(self, other="o"):
        return "sub_" + super().method(other)

    @classmethod
    def made(cls, word):
        return super(Special, cls).made(word) + "_s"


def join(first, second="second", *rest, third="third", **more):
    return "_".join([first, second, *rest, third, *more, *more.values()])


def snake(name):
    return SNAKE.sub("_", name).lower()


def plural(word):
    if word.endswith("y"):
        return word[:-1] + "ies"
    elif word.endswith("s"):
        return word
    return word + "s"


def upper_first(match):
    return match.group(1).upper() + match.group(2)


def loop(word):
    result = ""
    for number, letter in enumerate(word):
        if letter.isupper() and number:
            result += "_"
        result += letter.lower()
    return result


def broken(words):
    found = None
    for word in words:
        if word == "stop":
            break
        if word.startswith("x"):
            continue
        found = word
    return found


def counted(number):
    text = ""
    while number > 0:
        text += str(number)
        number -= 1
    return text


def recursive(number):
    return "" if number == 0 else "r" + recursive(number - 1)


def early(flag):
    if flag:
        return "early"
    name = "late"
    return name


def closure(prefix):
    def inner(word):
        return prefix + "_" + word

    return inner


def swapped(a, b):
    a, b = b, a
    return a + b


def tried(word):
    try:
        name = word.lower()
    except AttributeError:
        name = "failed"
    else:
        name += "_else"
    finally:
        done = "_done"
    return name + done


def items(mapping):
    parts = []
    for key, value in mapping.items():
        parts.append(key + "-" + value)
    return "_".join(parts)


def sets(**options):
    options.setdefault("b", "default")
    options.update(c="sea")
    last = options.pop("a", "gone")
    return last + options["b"] + options["c"]


def positional(a, b, /, c, *, d):
    return a + b + c + d


def decorate(function):
    def wrapper(word):
        return "wrapped_" + function(word)

    return wrapper


@decorate
def decorated(word):
    return "inner_" + word


class Zero(enum.IntEnum):
    NONE = 0


class Auto(enum.Enum):
    FIRST = enum.auto()


class AutoText(str, enum.Enum):
    FIRST = enum.auto()


class Shown(str, enum.Enum):
    A = "a_value"

    def __str__(self):
        return "shown_" + self.value


class Generated(enum.StrEnum):
    def _generate_next_value_(name, start, count, last_values):
        return "generated_" + name

    FIRST = enum.auto()


class Tupled(enum.Enum):
    A = ("first", "label_a")

    def __init__(self, word, label):
        self.label = label


class WithMethod(str, enum.Enum):
    A = "a_value"

    @property
    def table(self):
        return "table_" + self.value

    def shout(self):
        return self.value.upper()

    @classmethod
    def made(cls):
        return cls.A.value + "_made"


class Point(NamedTuple):
    a: str = "default_a"
    b: str = "default_b"


@dataclass
class Record:
    prefix: str = "default_prefix"


@dataclass
class Child(Record):
    extra: str = "default_extra"


class Sized:
    def __len__(self):
        return 0

    def __str__(self):
        return "sized"


class Callable_:
    def __call__(self, word):
        return "called_" + word


called = Callable_()


class Cached:
    @cached_property
    def value(self):
        return "cached"


@cache
def cached(word):
    return "cached_" + word


def keeps(function):
    @wraps(function)
    def wrapper(*args):
        return "kept_" + function(*args)

    return wrapper


@keeps
def wrapped(word):
    return "inner_" + word


class Slotted:
    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name


class Counter:
    text = ""

    def up(self):
        self.text += "u"
        return self


class Outer:
    name = "outer"

    class Middle:
        INNER = "inner"
        name = INNER + "_name"


class Documented:
    """Words."""


def generator():
    yield "first"
    yield "second"


def map_names(words):
    return [word.upper() for word in words]


def inspect_name(word):
    names = {"x": "from_x"}
    if word in names:
        word = names[word]
    return word


External = object


class Base(DeclarativeBase):
    pass
'''

PLACES = """

class Body{0}(Base):
    __tablename__ = "a{0}_" + ({1})
    id = mapped_column(Integer, primary_key=True)


CONSTANT_{0} = {1}


class Constant{0}(Base):
    __tablename__ = f"b{0}_{{CONSTANT_{0}}}"
    id = mapped_column(Integer, primary_key=True)


def function_{0}():
    return {1}


class Function{0}(Base):
    @declared_attr.directive
    def __tablename__(cls):
        return "c{0}_" + function_{0}()

    id = mapped_column(Integer, primary_key=True)
"""

EXPRESSIONS = """
ONE
"a" "b"
"a" + "b"
"ab" * 2
2 * "ab"
str(NUMBER + 1)
str(NUMBER - 10)
str(NUMBER * 2)
str(NUMBER // 2)
str(NUMBER / 2)
str(NUMBER % 4)
str(NUMBER ** 2)
str(NUMBER & 3)
str(NUMBER | 8)
str(NUMBER ^ 1)
str(NUMBER << 1)
str(NUMBER >> 1)
str(-NUMBER)
str(+NUMBER)
str(~NUMBER)
str(not NUMBER)
str(-True)
str(1.5)
str(2.0 + 1)
str(1e3)
str(0x10)
str(1_000)
"%s_t" % ONE
"%s_%s" % PAIR
"%d" % NUMBER
"%05d" % NUMBER
"%(a)s" % {"a": "mapped"}
"%s" % (ONE,)
"%r" % ONE
"{}_{}".format(ONE, NUMBER)
"{0}{1}{0}".format(ONE, "x")
"{a}".format(a=ONE)
"{a}".format(**{"a": ONE})
"{0[0]}".format(PAIR)
"{:>5}".format(ONE)
"{!r}".format(ONE)
"{{}}{}".format(ONE)
f"{ONE}_t"
f"{ONE!r}"
f"{ONE!s}"
f"{ONE!a}"
f"{NUMBER:03d}"
f"{ONE:>{NUMBER}}"
f"{ONE:_^9}"
f"{{}}{ONE}"
f"{{{ONE}}}"
f"{ONE}" "_plain"
"plain_" f"{ONE}"
f"{NUMBER + 1}"
f"{ONE=}"
f"{NUMBER=:04d}"
f"{ONE.upper()}_{WORDS[0]}"
f"a\\tb{ONE}\\x41"
rf"a\\tb{ONE}"
r"a\\tb"
"a\\tb\\x41\\u00e9\\N{BULLET}"
'''triple'''
u"unicode"
str(b"bytes")
ONE[0]
ONE[-1]
ONE[1:]
ONE[:-1]
ONE[::-1]
ONE[::2]
ONE[NUMBER:]
WORDS[1]
WORDS[-1]
"_".join(WORDS[1:])
"_".join(WORDS[::-1])
PAIR[0]
PAIR[True]
TABLES["user"]
TABLES[3]
TABLES[None]
TABLES[True]
TABLES[1]
NESTED["a"]["b"][1]
TABLES.get("user")
TABLES.get("missing", "default")
str(TABLES.get("missing"))
"_".join(sorted({"b": 1, "a": 2}))
"_".join({"b": 1, "a": 2})
"_".join({"b": 1, "a": 2}.keys())
"_".join({"b": "x", "a": "y"}.values())
"_".join(k + v for k, v in {"b": "x", "a": "y"}.items())
"_".join([w for w in WORDS])
"_".join([w for w in WORDS if "e" in w])
"_".join([w for w in WORDS if "e" in w if w != "red"])
"_".join(w.upper() for w in WORDS)
"_".join(a + b for a in "xy" for b in "12")
"_".join(a + b for a in "xy" for b in a + "z")
"_".join(sorted({w[0] for w in WORDS}))
"_".join({w: w.upper() for w in WORDS})
"_".join({w: w.upper() for w in WORDS}.values())
"_".join(sorted({w.upper(): w for w in WORDS}.keys(), reverse=True))
"_".join(x for x, in [("a",), ("b",)])
"_".join(f"{x}{y}" for x, *y in [(1, 2, 3)])
"_".join([*WORDS, "more"])
"_".join((*PAIR, *WORDS))
"_".join({**{"a": 1}, "b": 2})
"_".join({"a": 1} | {"b": 2})
"_".join(["x"] + WORDS)
"_".join(["x"] * 3)
"_".join(PAIR + ("x",))
"_".join(PAIR * 2)
ONE if NUMBER else "other"
ONE if not NUMBER else "other"
ONE if NOTHING is None else "other"
NOTHING or ONE
ONE or "other"
ONE and "other"
(NOTHING and "x") or "y"
"" or "empty"
str(None or 0)
str([] and 1)
str(ONE == "one")
str(ONE != "one")
str(1 < 2 < 3)
str(1 < 3 < 2)
str(3 > 2 >= 2)
str(1 <= NUMBER <= 7)
str(ONE < "two")
str("n" in ONE)
str("n" not in ONE)
str("red" in WORDS)
str("red" not in WORDS)
str("user" in TABLES)
str("left" in PAIR)
str(2 in {1, 2})
str(NOTHING is None)
str(NOTHING is not None)
str(None is NOTHING)
str(True is True)
str(1 == 1.0)
str(1 == True)
str("1" == 1)
str([1] == [1])
str((1, 2) < (1, 3))
str(Names is Names)
str(Names is Special)
str(Names == Special)
str(Names is not None)
str(Names in (Names, Special))
str(None == Names)
str(Colour.RED is Colour.RED)
str(Colour.RED == Colour.GREEN)
str(Colour.RED != "red_value")
str(Text.FIRST == "first_value")
str(Text.FIRST is Text.SECOND)
str(Level.LOW == 1)
str(join is None)
(w := "walrus")
(w := "walrus") + w
"_".join([last := "x", last])
(lambda: "called")()
(lambda a, b="d": a + b)("c")
(lambda *a, **k: "_".join(a) + "".join(k))("x", "y", z=1)
(lambda cls: cls.prefix)(Names)
Colour.RED.value
Colour.RED.name
Colour["RED"].value
str(Colour.GREEN.value)
str(Colour.RED)
f"{Colour.RED}"
Text.FIRST.value
Text.FIRST + "_t"
Text.FIRST.upper()
f"{Text.FIRST.value}"
f"{Text.FIRST}"
str(Text.FIRST)
"%s" % Text.FIRST
"{}".format(Text.FIRST)
Text["SECOND"].value
Text.FIRST.name
Strong.ALPHA
Strong.ALPHA + "_t"
f"{Strong.BETA}"
str(Strong.BETA)
Strong.BETA.name
str(Level.LOW.value)
str(Level.LOW + 1)
f"{Level.LOW}"
str(len(Colour))
"_".join(c.name for c in Colour)
Colour("red_value").name
Names.prefix
Special.prefix
Names.tables["x"]
Names.Inner.suffix
Names.__name__
Names.Inner.__name__
Names.Inner.__qualname__
Names.__name__.lower() + "s"
Special.__mro__[1].__name__
Special.__bases__[0].__name__
Names().given
Names("given").given
Names(given="named").given
"_".join(Names("a", "b", "c").rest)
Names(key="kk").key
"_".join(Names(x=1).more)
Names("a").method()
Names("a").method("b")
Names("a").method(other="c")
Special("a").method("b")
Names.method(Names("explicit"), "x")
Names.made("x")
Special.made("x")
Names().made("x")
Names.plain("x")
Names().plain("x")
Names("q").computed
Names("q").changed("r").given
Names("q").__class__.__name__
type(Names()).__name__
type(Names("q")).prefix
type("Dynamic", (Names,), {"prefix": "dyn"}).prefix
type("Dynamic", (Names,), {}).made("x")
type("Dynamic", (), {}).__name__
type(ONE).__name__
getattr(Names, "prefix")
getattr(Names, "pre" + "fix")
getattr(Names, "missing", "default")
getattr(Names("g"), "given")
getattr(Names("g"), "missing", "default")
str(getattr(Names, "missing", None))
str(hasattr(Names, "prefix"))
str(hasattr(Names, "missing"))
str(hasattr(Names(), "given"))
str(isinstance(ONE, str))
str(isinstance(ONE, int))
str(isinstance(ONE, (int, str)))
str(isinstance(NUMBER, int))
str(isinstance(True, int))
str(isinstance(NOTHING, str))
str(isinstance(WORDS, (list, tuple)))
str(isinstance(Names(), Names))
str(isinstance(Special(), Names))
str(isinstance(Names, type))
str(isinstance(ONE, object))
str(isinstance(Text.FIRST, str))
str(issubclass(Special, Names))
str(issubclass(Names, Special))
str(issubclass(Names, object))
str(issubclass(Names, (int, Special)))
str(issubclass(Special, (int, Names)))
str(callable(join))
str(len(ONE))
str(len(WORDS))
str(len(TABLES))
str(len("a" * 10))
str(list(range(3)))
"".join(str(n) for n in range(3))
"".join(str(n) for n in range(5, 1, -2))
"".join(f"{n}{w}" for n, w in enumerate(WORDS))
"".join(f"{n}{w}" for n, w in enumerate(WORDS, 1))
"".join(f"{n}{w}" for n, w in enumerate(WORDS, start=2))
"".join(a + b for a, b in zip(WORDS, "xyz"))
"".join(a + b + c for a, b, c in zip("ab", "cd", "ef"))
"".join(a + b for a, b in zip("ab", "c"))
"".join(sorted("cab"))
"".join(sorted("cab", reverse=True))
"".join(str(n) for n in sorted([3, 1, 2]))
"".join(reversed("abc"))
"".join(reversed(WORDS))
"".join(map(str.upper, WORDS))
"".join(map(str, [1, 2]))
"".join(map(lambda w: w[0], WORDS))
"".join(filter(None, ["", "a"]))
"".join(filter(lambda w: "e" in w, WORDS))
str(any(WORDS))
str(any([]))
str(all(["", "a"]))
str(any(w == "red" for w in WORDS))
str(all(w == "red" for w in WORDS))
str(max(1, 2))
max(WORDS)
min(WORDS, key=len)
str(sum([1, 2]))
str(ord("a"))
chr(97)
str(abs(-1))
str(round(1.6))
str(int("12"))
str(int("z", 36))
str(bool(""))
str(float("1.5"))
repr(ONE)
next(iter(WORDS))
format(NUMBER, "03d")
str(True)
str(None)
str(ONE)
str()
"".join(dict(a=1, b=2))
"".join(dict({"a": 1}, b=2))
"".join(dict([("a", 1)]))
"".join(dict(zip("ab", "cd")).values())
"".join(list("ab"))
"".join(tuple("ab"))
"".join(sorted(set("aab")))
str(len(set("aab")))
"".join(sorted(frozenset("ba")))
str(len(set([[1][0], 1])))
str(sorted({3, 1})[0])
vars(Names)["prefix"]
str("prefix" in vars(Names))
str("prefix" in dir(Special))
str(quoted_name("quoted", True))
cast(str, "cast")
copy.copy("copied")
copy.deepcopy(WORDS)[0]
partial(join, "p")()
partial(join, "p", third="t")("s")
partial(partial(join, "p"), "q")("r")
join("f")
join("f", "s")
join("f", "s", "r", third="t")
join(*WORDS)
join(*"xy", **{"third": "t"})
join("f", extra="x")
join(**{"first": "f", "more": "m"})
join(second="b", first="a")
positional("a", "b", "c", d="d")
positional("a", "b", c="c", d="d")
snake("CamelCaseName")
plural("city")
plural("bus")
plural("dog")
loop("CamelCase")
broken(["xa", "b", "stop", "c"])
counted(3)
recursive(3)
early(True)
early(False)
early("")
closure("p")("w")
swapped("a", "b")
tried("ABC")
items({"a": "1", "b": "2"})
sets(a="A")
sets(b="B")
decorated("x")
ONE.upper()
"MIXED".lower()
"name".title()
"two words".title()
"name".capitalize()
"Name".swapcase()
"STRASSE".casefold()
"  x ".strip()
"xxa".lstrip("x")
"axx".rstrip("x")
"a_b".replace("_", "-")
"a_a_a".replace("a", "b", 2)
"aXb".split("X")[1]
"a b  c".split()[-1]
"a.b.c".rsplit(".", 1)[0]
"a\\nb".splitlines()[1]
"a.b".partition(".")[2]
"a.b.c".rpartition(".")[0]
"prefix_x".removeprefix("prefix_")
"x_suffix".removesuffix("_suffix")
str("abc".find("c"))
str("abc".rfind("z"))
str("abc".index("b"))
str("abca".count("a"))
str("abc".startswith("a"))
str("abc".startswith(("x", "a")))
str("abc".endswith("x"))
str("1".isdigit())
str("a1".isalnum())
str("a".isalpha())
str("A".isupper())
str("a".islower())
str(" ".isspace())
str("Ab".istitle())
str("a b".isidentifier())
"a".zfill(3)
"a".ljust(3, "_")
"a".rjust(3, "_")
"a".center(3, "_")
"abc".translate(str.maketrans("a", "b"))
"abc".encode().decode()
"a\\tb".expandtabs(4)
"{x}".format_map({"x": "y"})
str.lower("ABC")
str.join("_", WORDS)
str(WORDS.index("green"))
str(WORDS.count("red"))
"".join(WORDS.copy())
str(PAIR.index("right"))
"".join(TABLES.copy()["user"])
re.sub("[aeiou]", "", "vowels")
re.sub(r"(\\w)_(\\w)", r"\\2\\1", "a_b")
re.sub("(?<!^)(?=[A-Z])", "_", "CamelCase").lower()
re.sub("([a-z])([A-Z])", lambda m: m.group(1) + "_" + m.group(2).lower(), "camelCase")
re.sub("(?P<first>[a-z])(.)", upper_first, "abcd")
re.sub("A", "b", "aAa", flags=re.I)
re.sub("A", "b", "aaa", 1, re.IGNORECASE)
re.sub("a", "b", "aaa", count=2)
re.sub("a", lambda m: "b", "aaa", count=2)
re.sub("a", lambda m: "b", "aaa", 1)
re.sub("A", lambda m: "b", "aaa", flags=re.I)
re.sub("a", lambda m: m[0].upper(), "banana")
re.sub("a", lambda m: m.group().upper(), "banana")
re.sub(r"\\d", lambda m: str(int(m.group()) + 1), "a1")
re.subn("a", "b", "aa")[0]
SNAKE.sub("_", "CamelCase")
SNAKE.sub(lambda m: "_", "CamelCase")
SNAKE.sub(repl="_", string="CamelCase")
WORD.sub(r"\\2_\\1", "left_right")
WORD.sub(upper_first, "left_right", 1)
re.match("[a-z]+", "abc1").group()
re.match("(?P<x>[a-z]+)", "abc1").group("x")
re.match("(a)(b)", "abc").groups()[1]
re.match("(?P<x>a)", "abc").groupdict()["x"]
re.match("(a)(b)", "abc")[2]
str(re.match("x", "abc"))
str(re.match("a", "abc") is None)
"yes" if re.match("a", "abc") else "no"
"yes" if re.match("x", "abc") else "no"
str(re.search("b", "abc").start())
str(re.search("b", "abc").end())
re.fullmatch("a.c", "abc").group(0)
"_".join(re.findall("[A-Z][a-z]+", "CamelCaseName"))
"_".join(re.findall("[A-Z][^A-Z]*", "CamelCaseName")).lower()
"_".join(re.split("[-.]", "a-b.c"))
"_".join(re.split("-", "a-b-c", maxsplit=1))
"_".join(a + b for a, b in re.findall("(.)(.)", "abcd"))
"_".join(m.group() for m in re.finditer("[A-Z]", "aBcD"))
re.escape("a.b")
re.compile("b").sub("x", "abc")
re.compile("B", re.I).sub("x", "abc")
re.compile("B", flags=re.I | re.M).sub("x", "abc")
re.compile("b").split("abc")[1]
re.compile("b").search("abc").group()
re.compile("b").pattern
WORD.match("left_right").group(2)
WORD.findall("left_right")[0][1]
__name__
__name__.upper()
join.__name__
"".join(["a", "b"][::-1])
"".join(str(x) for x in (1, 2.5, True, None))
str((1, 2))
str([1, "a"])
str({"a": 1})
f"{WORDS}"
f"{(1,)}"
"%s" % [1, 2]
"%s%%" % ONE
"%5s|%-5s|" % PAIR
"a" if ONE else undefined
str(ONE.upper().lower().title())
str(0 or NOTHING or "" or "last")
(ONE, "x")[NUMBER > 3]
["no", "yes"][bool(ONE)]
{True: "t", False: "f"}[NUMBER == 7]
{**TABLES}["user"]
[*WORDS][0]
dict(TABLES, user="changed")["user"]
{"a": "first", "a": "second"}["a"]
[w for w in WORDS if w.startswith("g")][0]
next(w for w in WORDS if w.startswith("g"))
"".join(c for c in "a_b-c" if c.isalnum())
"".join("_" + c.lower() if c.isupper() else c for c in "camelCase").lstrip("_")
"".join(["_" + c.lower() if c.isupper() else c for c in "CamelCase"])[1:]
"".join([x for xs in [["a", "b"], ["c"]] for x in xs])
"".join([("a" if n % 2 else "b") for n in range(4)])
"x".join(str(n * n) for n in range(4) if n != 2)
"_".join(name for name, value in vars(Names.Inner).items() if value == "suf")
Names.__dict__["prefix"]
Names.__module__
join.__module__
(yes := NUMBER > 3) and "yes_branch" or "no_branch"
str(max(len(w) for w in WORDS))
not_shadowed if (not_shadowed := "walrus_in_test") else "x"
str(len({"a", "a"}))
str(len({c for c in "aab"}))
"_".join({"only"})
str("a" in {"a"})
"yes" if Zero.NONE else "no"
"_".join(k[0] for k in {("a", 1): 2})
str(len({(1, 2): "a", "b": "c"}))
"_".join(k.name for k in {Colour.RED: 1})
{Colour.RED: "r"}[Colour.RED]
{Text.FIRST: "t"}[Text.FIRST]
{Text.FIRST: "t"}["first_value"]
"".join(sorted(["b", "aa"], key=len))
"".join(sorted(["b", "A"], key=str.lower))
str(isinstance({}, collections.abc.Mapping))
str(isinstance("x", collections.abc.Sequence))
str(isinstance([], collections.abc.Iterable))
re.sub("a", lambda m: "b", "a" * 250)[-1]
re.escape("a" * 250)[-1] * len(re.escape("a" * 250))
"%*d" % (5, 1)
"{:>{}}".format("x", 4)
"{:>{w}}".format("x", w=4)
"{0.__class__.__name__}".format(ONE)
"{0.__class__.__name__}".format(Text.FIRST)
f"\\N{BULLET}{ONE}"
f"{ONE:}"
f"{ONE!r:>10}"
f'{TABLES["user"]}'
str("__init__" in dir(Names.Inner))
str(Point("x").a)
Point().a
Point(a="z").a
Point("x", "y").b
Record("x").prefix
Record(prefix="q").prefix
Record().prefix
Child("x", "y").extra
str(Auto.FIRST.value)
AutoText.FIRST.value
Shown.A.value
f"{Shown.A}"
str(Shown.A)
Generated.FIRST.value
Tupled.A.value[0]
Tupled.A.label
WithMethod.A.table
WithMethod.A.shout()
WithMethod.made()
"".join(f() for f in [lambda n=n: n for n in "ab"])
"".join(f() for f in [lambda: n for n in "ab"])
"a" if generator() else "b"
str(generator() is None)
"_".join(generator())
list(generator())[0]
"".join([x for x in "abc" if x != "b" or x == "c"])
str(Names is External)
str(type(Names) is type)
str(type(ONE) is str)
str(type(Names()) is Names)
str(type(Names()) == Special)
called("x")
Callable_()("x")
str(Names("a") == Names("a"))
str(Sized())
"t" if Sized() else "f"
str(Names)[:6]
Names.prefix.upper().lower()
Names("a").method.__name__
Special.__name__.replace("S", "s")
Special.Inner.suffix
Special().made("q")
Special("p").computed
super(Special, Special("z")).method("y")
Cached().value
Cached().value + Cached().value
cached("x")
wrapped("x")
Slotted("s").name
Counter().up().up().text
Outer.Middle.INNER
Outer.Middle.name
str(Names.__doc__)
str(Documented.__doc__)
join.__doc__ or "nodoc"
str(1 if [] else 2)
str((1, 2)[1])
str([[1, 2], [3]][1][0])
str({"a": {"b": 1}}["a"].get("b"))
str("a,b".split(",", 1))
"-".join("a,b,,c".split(","))
"-".join("a b".split(None))
"-".join(map_names(WORDS))
"".join(w[:1].upper() + w[1:] for w in "snake_case_name".split("_"))
"".join(("_" if c.isupper() and n else "") + c.lower() for n, c in enumerate("CamelCase"))
inspect_name("x")
str(0.1 + 0.2)
str(10 // 3) + str(-7 // 2) + str(-7 % 3)
"%.2f" % 1.005
"%x" % 255
"%e" % 12345.678
"%5.1f|" % 2.25
"%c" % "x"
"%i%%" % 5
"{:,}".format(1234567)
"{:.3}".format("abcdef")
"{:d}".format(True)
"{:b}".format(5)
"{:05.1f}".format(2.25)
"{:+d}".format(5)
"{!s:>4}".format(True)
f"{1.5:.0f}{2.5:.0f}"
f"{True}{None}{1.0}"
f"{'nested'}"
f"{ONE if NUMBER else 'x'}"
f"{(lambda: 'lam')()}"
f"{[w for w in WORDS][0]}"
f"{ {'a': 'b'}['a'] }"
"a" in "abc" and "b" not in "ac" and "both" or "no"
str(1 < NUMBER != 3 in [3])
str(not None is NOTHING)
str(not (1, 0)[1])
"x" * 0 + "y" * -1 + "z"
str([1, 2] == [1, 2.0])
str({"a": 1} == {"a": 1})
str("abc" < "abd")
str(None == 0)
str(() or "empty")
str(0 == False)
[*"ab", *WORDS][1]
{**{"a": "x"}, **{"a": "y"}}["a"]
{**{"a": "x"}, "a": "z"}["a"]
dict(a="x", **{"b": "y"})["b"]
"_".join(f"{k}{v}" for k, v in sorted({"b": 1, "a": 2}.items()))
"_".join(str(i) for i in range(10) if i % 2 if i > 3)
"_".join(a for a in WORDS for _ in range(2))
"_".join(b for a in [["x"], ["y"]] for b in a if b != "x")
"_".join(str(len(w)) for w in WORDS)
" ".join(w.capitalize() for w in WORDS).replace(" ", "")
"camel_case".title().replace("_", "")
"a1b2"[1::2]
"abc"[5:] + "abc"[:5]
WORDS[:][0]
WORDS[0:2][1]
"abc"[-2:-1]
(("a", "b"), ("c", "d"))[1][0]
str(("a",) + ("b",) == PAIR)
""".strip().splitlines()

# What discovery does not follow, and says so. Take a line out once it does.
UNKNOWN = frozenset(
    """
str(NUMBER / 2)
str(NUMBER ** 2)
str(NUMBER ^ 1)
str(NUMBER << 1)
str(NUMBER >> 1)
str(+NUMBER)
str(~NUMBER)
str(b"bytes")
str([] and 1)
str(None == Names)
str(Colour.RED != "red_value")
str(Level.LOW == 1)
str(Level.LOW + 1)
str(len(Colour))
"_".join(c.name for c in Colour)
Colour("red_value").name
type(ONE).__name__
str(hasattr(Names(), "given"))
str(isinstance(Names, type))
str(issubclass(Names, (int, Special)))
str(issubclass(Special, (int, Names)))
str(callable(join))
str(list(range(3)))
min(WORDS, key=len)
tried("ABC")
"a".zfill(3)
"a".ljust(3, "_")
"a".rjust(3, "_")
"a".center(3, "_")
"abc".translate(str.maketrans("a", "b"))
"abc".encode().decode()
"a\\tb".expandtabs(4)
"{0.__class__.__name__}".format(ONE)
re.sub("a", lambda m: m[0].upper(), "banana")
re.match("(a)(b)", "abc")[2]
str(re.match("a", "abc") is None)
"_".join(m.group() for m in re.finditer("[A-Z]", "aBcD"))
re.compile("b").pattern
str((1, 2))
str([1, "a"])
str({"a": 1})
join.__module__
Tupled.A.label
str(type(ONE) is str)
called("x")
Callable_()("x")
str(Names("a") == Names("a"))
str(Sized())
"t" if Sized() else "f"
str(Names)[:6]
str(Names.__doc__)
str(Documented.__doc__)
str("a,b".split(",", 1))
""".strip().splitlines()
)

Answer = dict[str, str | None]


@pytest.fixture(scope="module")
def source() -> str:
    return SETUP + "".join(PLACES.format(number, expr) for number, expr in enumerate(EXPRESSIONS))


@pytest.fixture(scope="module")
def real(source: str) -> Answer:
    """What Python and SQLAlchemy make of the source, by running it: it is ours."""
    return _really(source)


@cache
def _really(source: str) -> Answer:
    models, _ = really(source)
    return models


@pytest.fixture(scope="module")
def static(source: str) -> Answer:
    return tables_of(followed({"m.py": source}))


PLACE = ("Body", "Constant", "Function")


@pytest.mark.parametrize("number", range(len(EXPRESSIONS)), ids=EXPRESSIONS)
def test_name_expression_agrees_with_python(number: int, real: Answer, static: Answer) -> None:
    models = [f"{place}{number}" for place in PLACE]
    expected = [None if EXPRESSIONS[number] in UNKNOWN else real[model] for model in models]
    assert [static[model] for model in models] == expected
