"""Statements that lead to the name of a table: what Python says, and what discovery says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from following import Snippet, answers, snippets

FOR = snippets("""
# over a list
NAME = ""
for word in ["a", "b"]:
    NAME += word
# over a tuple of pairs
NAME = ""
for first, second in (("a", "b"), ("c", "d")):
    NAME += second + first
# nested targets
NAME = ""
for first, (second, third) in [("a", ("b", "c"))]:
    NAME += third + second + first
# starred target
NAME = ""
for first, *rest in [("a", "b"), ("c", "d")]:
    NAME += first + "_".join(rest)
# over a dict
NAME = ""
for key in {"a": 1, "b": 2}:
    NAME += key
# over text
NAME = ""
for letter in "abc":
    NAME = letter + NAME
# break
for NAME in ["a", "b", "c"]:
    if NAME == "b":
        break
# continue
NAME = ""
for word in ["a", "b", "c"]:
    if word == "b":
        continue
    NAME += word
# else after the last round
for word in ["a", "b"]:
    NAME = word
else:
    NAME += "_else"
# else skipped by break
for NAME in ["a", "b"]:
    if NAME == "a":
        break
else:
    NAME = "none"
# else skipped by break in a function
def find(words):
    for word in words:
        if word == "a":
            found = word
            break
    else:
        found = "none"
    return found
NAME = find(["a", "b"]) + find(["c"])
# return out of a loop
def find(words):
    for word in words:
        for letter in word:
            if letter == "x":
                return word
    return "none"
NAME = find(["ab", "cx", "dx"]) + find([])
# break of the inner loop only
NAME = ""
for word in ["ab", "cd"]:
    for letter in word:
        if letter in "bd":
            break
        NAME += letter
# break inside try
for word in ["a", "b"]:
    try:
        NAME = word
        break
    finally:
        done = True
# continue inside try
NAME = ""
for word in ["a", "b"]:
    try:
        if word == "a":
            continue
    finally:
        done = True
    NAME += word
# break inside with
from contextlib import suppress
for word in ["a", "b"]:
    with suppress(KeyError):
        NAME = word
        break
# the helper is called in each round
def made(word):
    return word + "_made"
names = {}
for word in ["a", "b"]:
    names[word] = made(word)
NAME = names["a"]
# a list of names
def made(word):
    return word + "_made"
names = []
for word in ["a", "b"]:
    names.append(made(word))
NAME = "_".join(names)
# the name computed in the last round
def made(word):
    return word + "_made"
for word in ["a", "b"]:
    NAME = made(word)
word = "c"
# classes
for word in ["a", "b"]:
    class Mixin:
        __tablename__ = word
    type(word.upper(), (Mixin, Base), {"id": Column(Integer, primary_key=True)})
# tables
for number in range(2):
    Table(f"table_{number}", Base.metadata, Column("id", Integer))
NAME = "m"
# tables of a helper
def make(word):
    return Table(word, Base.metadata, Column("id", Integer))
for word in ["a", "b"]:
    make(word + "_t")
NAME = "m"
# tables in a comprehension
TABLES = {word: Table(word, Base.metadata, Column("id", Integer)) for word in ["a", "b"]}
NAME = TABLES["a"].name + "_m"
# enumerate and zip
NAME = ""
for number, (first, second) in enumerate(zip("ab", "cd")):
    NAME += f"{number}{first}{second}"
# over items
NAME = ""
for key, value in {"a": "b"}.items():
    NAME += key + value
# over a function's result
def words():
    return ["a", "b"]
NAME = ""
for word in words():
    NAME += word
# over a function's result, in a function
def words():
    return ["a", "b"]
def joined():
    result = ""
    for word in words():
        result += word
    return result
NAME = joined()
# a loop over a class attribute
class Names:
    words = ("a", "b")
NAME = ""
for word in Names.words:
    NAME += word
# a loop in a class body
class Names:
    joined = ""
    for word in ("a", "b"):
        joined += word
NAME = Names.joined
# a loop that raises (unknown)
NAME = "a"
try:
    for word in ["b", "c"]:
        if word == "c":
            raise ValueError
        NAME = word
except ValueError:
    NAME += "_raised"
""")

WHILE = snippets("""
# in a function
def count(number):
    text = ""
    while number:
        text += str(number)
        number -= 1
    return text
NAME = "t" + count(3)
# with break
def count():
    text = ""
    while True:
        text += "a"
        if len(text) == 3:
            break
    return text
NAME = count()
# with continue
def count():
    text, number = "", 0
    while number < 4:
        number += 1
        if number % 2:
            continue
        text += str(number)
    return "t" + text
NAME = count()
# with return
def count(number):
    while True:
        number += 1
        if number > 4:
            return "t" + str(number)
NAME = count(1)
# with else
def count(number):
    while number < 3:
        number += 1
    else:
        return "else" + str(number)
NAME = count(1)
# else skipped by break
def count(number):
    while number < 3:
        name = "broken"
        break
    else:
        name = "else"
    return name
NAME = count(1)
# at module level (unknown)
number = 0
while number < 3:
    number += 1
    NAME = "t" + str(number)
# an outer name at module level (unknown)
NAME = ""
while len(NAME) < 3:
    NAME += "a"
""")

BRANCHES = snippets("""
# if true
NAME = "a"
if True:
    NAME = "b"
# if false
NAME = "a"
if False:
    NAME = "b"
else:
    NAME = "c"
# elif
def pick(word):
    if word == "a":
        return "one"
    elif word == "b":
        return "two"
    else:
        return "three"
NAME = pick("a") + pick("b") + pick("c")
# early return
def pick(word):
    if not word:
        return "empty"
    return word
NAME = pick("") + pick("x")
# TYPE_CHECKING
from typing import TYPE_CHECKING
import typing
NAME = "a"
if TYPE_CHECKING:
    NAME = "b"
if typing.TYPE_CHECKING:
    NAME = "c"
if not TYPE_CHECKING:
    NAME += "d"
# main guard
NAME = "a"
if __name__ == "__main__":
    NAME = "b"
if "__main__" != __name__:
    NAME += "c"
# both arms the same
import os
if os.name:
    NAME = "same"
else:
    NAME = "same"
# walrus
if (NAME := "walrus"):
    pass
# walrus in a function
def pick(text):
    if (cut := text.strip()) and cut != "b":
        return cut
    return "none"
NAME = pick(" a ") + pick(" b ")
# walrus in a comprehension (unknown)
def pick():
    words = [last := word for word in "ab"]
    return last + words[0]
NAME = pick()
# match on text (unknown)
def pick(word):
    match word:
        case "a":
            return "one"
        case "b" | "c":
            return "two"
        case _:
            return "three"
NAME = pick("a")
# match that captures (unknown)
name = "outer"
def pick(word):
    match word:
        case [name]:
            return name
    return "none"
NAME = pick(["inner"])
# match that all return the same
def pick(word):
    match word:
        case "a":
            result = "same"
        case _:
            result = "same"
    return result
NAME = pick("a")
# match that binds nothing known (unknown)
def pick(word):
    result = "before"
    match word:
        case "a":
            result = "matched"
    return result
NAME = pick("a")
# conditional on an argument
def pick(flag=None):
    name = "a" if flag is None else "b"
    return name
NAME = pick() + pick(1)
# conditional on isinstance
def pick(value):
    if isinstance(value, str):
        return value
    return "_".join(value)
NAME = pick("a") + pick(["b", "c"])
# nested functions
def outer(word):
    def inner():
        return word + "_inner"
    return inner()
NAME = outer("a")
# a jump in a decided branch
NAME = ""
for word in ["a", "b"]:
    if word == "a":
        NAME = word
        break
    else:
        NAME = "else"
# assert
NAME = "a"
assert NAME
""")

TRY = snippets("""
# without a failure
try:
    NAME = "a"
except KeyError:
    NAME = "a"
# else and finally
try:
    NAME = "a"
except KeyError:
    pass
else:
    NAME += "b"
finally:
    NAME += "c"
# raised on purpose
try:
    raise KeyError
    NAME = "a"
except KeyError:
    NAME = "b"
# raised on purpose, with a value before
NAME = "a"
try:
    raise KeyError
except KeyError:
    NAME = "a"
# a missing key (unknown)
def pick(word):
    try:
        return {"a": "found"}[word]
    except KeyError:
        return "missing"
NAME = pick("a")
# a key that is missing
def pick(word):
    try:
        return {"a": "found"}[word]
    except KeyError:
        return "missing"
NAME = pick("b")
# an import that fails
try:
    from no_such_library import NAME
except ImportError:
    NAME = "fallback"
# return in finally (unknown)
def pick():
    try:
        return "body"
    finally:
        return "finally"
NAME = pick()
# return in try
def pick():
    try:
        return "body"
    finally:
        word = "finally"
NAME = pick()
# return in else
def pick():
    try:
        word = "body"
    except KeyError:
        raise
    else:
        return "else"
NAME = pick()
# except group
try:
    NAME = "a"
except* ValueError:
    pass
# a handler that reraises
try:
    NAME = "a"
except KeyError as error:
    raise RuntimeError from error
# a function that raises
def refuse():
    raise NotImplementedError
try:
    NAME = refuse()
except NotImplementedError:
    NAME = "refused"
""")

WITH = snippets("""
# over an object of the project (unknown)
class Names:
    def __init__(self, word):
        self.word = word
    def __enter__(self):
        return self
    def __exit__(self, *args):
        return None
with Names("a") as names:
    NAME = names.word
# that enters another object
class Names:
    word = "outer"
    def __enter__(self):
        return Other()
    def __exit__(self, *args):
        return None
class Other:
    word = "inner"
with Names() as names:
    NAME = names.word
# without a target
from contextlib import nullcontext
with nullcontext():
    NAME = "a"
# several
from contextlib import nullcontext
with nullcontext() as a, nullcontext() as b:
    NAME = "a"
# return inside
from contextlib import nullcontext
def pick():
    with nullcontext():
        return "inside"
    return "outside"
NAME = pick()
# that swallows what is raised (unknown)
from contextlib import suppress
NAME = "a"
with suppress(KeyError):
    NAME = {}["missing"]
""")

ASSIGNMENTS = snippets('''
# chained
NAME = OTHER = "a"
NAME += OTHER
# tuple
FIRST, NAME = "a", "b"
# tuple swapped
FIRST, NAME = "a", "b"
FIRST, NAME = NAME, FIRST
# nested
(FIRST, (SECOND, NAME)) = "a", ("b", "c")
# list
[FIRST, NAME] = ["a", "b"]
# of text
FIRST, NAME = "ab"
# starred last
REST = ["outer"]
NAME, *REST = "a", "b"
NAME += "_".join(REST)
# starred empty
NAME, *REST = ("a",)
NAME += str(len(REST))
# starred first
*REST, NAME = ["a", "b", "c"]
# annotated
NAME: str = "a"
# annotated without a value
NAME: str
NAME = "a"
# augmented list
WORDS = ["a"]
WORDS += ["b"]
NAME = "_".join(WORDS)
# augmented alias
WORDS = ALIAS = ["a"]
WORDS += ["b"]
NAME = "_".join(ALIAS)
# augmented number
NUMBER = 1
NUMBER += 1
NUMBER -= 4
NUMBER *= 3
NUMBER //= 2
NUMBER %= 5
NAME = "t" + str(NUMBER)
# augmented percent
NAME = "%s_t"
NAME %= "a"
# augmented dict
NAMES = {"a": "b"}
NAMES |= {"c": "d"}
NAME = "_".join(NAMES.values())
# augmented item
NAMES = {"a": "b"}
NAMES["a"] += "_more"
NAME = NAMES["a"]
# augmented attribute
class Names:
    word = "a"
Names.word += "_more"
NAME = Names.word
# item of a dict
NAMES = {}
NAMES["a"] = "b"
NAME = NAMES["a"]
# item of a list
NAMES = ["a", "b"]
NAMES[0] = "c"
NAME = "_".join(NAMES)
# slice of a list
NAMES = ["a", "b"]
NAMES[:1] = ["c", "d"]
NAME = "_".join(NAMES)
# item of a nested dict
NAMES = {"a": {}}
NAMES["a"]["b"] = "c"
NAME = NAMES["a"]["b"]
# item under a key that is a tuple
NAMES = {"z": "a"}
NAMES["x", "y"] = "b"
NAME = "_".join(NAMES.values())
# attribute of a class
class Names:
    word = "a"
Names.word = "b"
NAME = Names.word
# attribute of an object
class Names:
    word = "a"
names = Names()
names.word = "b"
NAME = names.word + Names.word
# attribute through setattr
class Names:
    word = "a"
setattr(Names, "word", "b")
NAME = Names.word
# attribute of a function (unknown)
def helper():
    return "a"
helper.word = "b"
NAME = helper.word
# deleted and bound again
NAME = "a"
del NAME
NAME = "b"
# deleted several
NAME = FIRST = SECOND = "a"
del FIRST, SECOND
# deleted falls back to a builtin
str = None
del str
NAME = str("a")
# deleted item
NAMES = {"a": "b", "c": "d"}
del NAMES["a"]
NAME = "_".join(NAMES.values())
# deleted item of a list
NAMES = ["a", "b"]
del NAMES[0]
NAME = "_".join(NAMES)
# deleted attribute
class Names:
    word = "a"
class More(Names):
    word = "b"
del More.word
NAME = More.word
# global
NAME = "a"
def change():
    global NAME
    NAME = "b"
change()
# global in a function that makes a table
LAST = "a"
def change(word):
    global LAST
    LAST = word
    return Table(word, Base.metadata, Column("id", Integer))
change("b")
NAME = LAST + "_m"
# nonlocal
def outer():
    name = "a"
    def inner():
        nonlocal name
        name = "b"
    inner()
    return name
NAME = outer()
# rebound after a helper used it
PREFIX = "a"
def helper():
    return PREFIX + "_x"
NAME = helper()
PREFIX = "b"
# rebound argument of a helper
WORD = "a"
def helper(word):
    return word + "_x"
NAME = helper(WORD)
WORD = "b"
# a name made of its old value
def helper(word):
    return word + "_x"
NAME = "a"
NAME = helper(NAME)
NAME = helper(NAME)
# default taken when the function is made
PREFIX = "a"
def helper(prefix=PREFIX):
    return prefix + "_x"
PREFIX = "b"
NAME = helper()
# a shared default
def helper(word, seen=[]):
    seen.append(word)
    return "_".join(seen)
helper("a")
NAME = helper("b")
# unpacked keywords
def helper(**names):
    return "_".join(f"{k}{v}" for k, v in names.items())
NAME = helper(a="b", **{"c": "d"})
# a docstring and an ellipsis
def helper():
    """Words."""
    ...
    return "a"
NAME = helper()
# a function without return
def helper():
    pass
NAME = "t" + str(helper())
# a constant of a function
def helper():
    words = ("a", "b")
    return words[-1]
NAME = helper()
# a class body that reads the module
WORD = "a"
class Names:
    word = WORD
    more = word + "_more"
NAME = Names.more
# a class body that computes from the class's own names
names = ["outer"]
class Names:
    names = ["inner"]
    joined = "_".join(name for name in names)
NAME = Names.joined
# a comprehension that does not see the class
word = "outer"
class Names:
    word = "inner"
    joined = "_".join(word for _ in "ab")
NAME = Names.joined
# a method that does not see the class
word = "outer"
class Names:
    word = "inner"
    def read(self):
        return word
NAME = Names().read()
# a lambda in a class (unknown)
class Names:
    word = "a"
    read = lambda self: self.word + "_lambda"
NAME = Names().read()
''')

MUTATIONS = snippets("""
# append and extend
WORDS = []
WORDS.append("a")
WORDS.extend(["b", "c"])
NAME = "_".join(WORDS)
# insert
WORDS = ["a"]
WORDS.insert(0, "b")
NAME = "_".join(WORDS)
# pop of a list
WORDS = ["a", "b"]
LAST = WORDS.pop()
NAME = "_".join(WORDS) + LAST
# pop of a list for its effect
WORDS = ["a", "b"]
WORDS.pop(0)
NAME = "_".join(WORDS)
# remove
WORDS = ["a", "b"]
WORDS.remove("a")
NAME = "_".join(WORDS)
# reverse
WORDS = ["a", "b"]
WORDS.reverse()
NAME = "_".join(WORDS)
# sort
WORDS = ["b", "a"]
WORDS.sort()
NAME = "_".join(WORDS)
# clear
WORDS = ["b", "a"]
WORDS.clear()
NAME = "t" + "_".join(WORDS)
# in a function
def helper():
    words = ["a", "b"]
    words.reverse()
    return "_".join(words)
NAME = helper()
# pop in a function
def helper(word):
    parts = word.split("_")
    parts.pop()
    return "_".join(parts)
NAME = helper("a_b_c")
# update of a dict
NAMES = {"a": "b"}
NAMES.update({"a": "c"}, d="e")
NAME = NAMES["a"] + NAMES["d"]
# update with pairs
NAMES = {"a": "b"}
NAMES.update([("a", "c")])
NAME = NAMES["a"]
# setdefault
NAMES = {"a": "b"}
NAME = NAMES.setdefault("a", "x") + NAMES.setdefault("c", "d") + NAMES["c"]
# setdefault and append
NAMES = {}
NAMES.setdefault("a", []).append("b")
NAME = NAMES["a"][0]
# setdefault with a number
NAMES = {}
NAMES.setdefault(1, "b")
NAME = NAMES[1]
# pop of a dict
NAMES = {"a": "b"}
NAME = NAMES.pop("a") + NAMES.pop("a", "gone")
# pop of a dict with a number
NAMES = {1: "b"}
NAME = NAMES.pop(1)
# clear of a dict
NAMES = {"a": "b"}
NAMES.clear()
NAME = NAMES.get("a", "gone")
# popitem
NAMES = {"a": "b", "c": "d"}
NAMES.popitem()
NAME = "_".join(NAMES)
# set
WORDS = set()
WORDS.add("a")
NAME = "_".join(WORDS)
# set update and discard
WORDS = {"a", "b"}
WORDS.discard("a")
NAME = "_".join(WORDS)
# through a helper
WORDS = []
def register(word):
    WORDS.append(word)
register("a")
register("b")
NAME = "_".join(WORDS)
# through a decorator
WORDS = []
def register(cls):
    WORDS.append(cls.__name__)
    return cls
@register
class Names:
    pass
NAME = "_".join(WORDS).lower()
# through a function's decorator
WORDS = []
def register(function):
    WORDS.append(function.__name__)
    return function
@register
def names():
    pass
NAME = "_".join(WORDS).lower()
# through a function that gives its argument back
def keep(words):
    words.append("b")
    return words
WORDS = ["a"]
NAME = "_".join(keep(WORDS)) + "_".join(WORDS)
# of a copy
WORDS = ["a"]
COPY = WORDS.copy()
COPY.append("b")
NAME = "_".join(WORDS)
# of a copy made by list
WORDS = ["a"]
COPY = list(WORDS)
COPY.append("b")
NAME = "_".join(WORDS)
# of copy.copy
import copy
WORDS = ["a"]
COPY = copy.copy(WORDS)
COPY.append("b")
NAME = "_".join(WORDS)
# of a dict copy
NAMES = {"a": "b"}
COPY = dict(NAMES)
COPY["a"] = "c"
NAME = NAMES["a"]
# of keyword arguments
def helper(**names):
    names["a"] = "changed"
    return names["a"]
NAMES = {"a": "b"}
NAME = helper(**NAMES) + NAMES["a"]
# through an object
class Names:
    def __init__(self):
        self.words = []
    def add(self, word):
        self.words.append(word)
        return self
names = Names()
names.add("a")
names.add("b")
NAME = "_".join(names.words)
# attribute set by a method
class Names:
    word = "a"
    def change(self):
        self.word = "b"
names = Names()
names.change()
NAME = names.word
# while a list is walked
WORDS = ["a"]
for word in WORDS:
    if len(WORDS) < 3:
        WORDS.append(word + "x")
NAME = "_".join(WORDS)
""")


@pytest.mark.parametrize("snippet", FOR)
def test_for_loops_agree_with_python(snippet: Snippet) -> None:
    static, real = answers(snippet)
    assert static == real


@pytest.mark.parametrize("snippet", WHILE)
def test_while_loops_agree_with_python(snippet: Snippet) -> None:
    static, real = answers(snippet)
    assert static == real


@pytest.mark.parametrize("snippet", BRANCHES)
def test_branches_agree_with_python(snippet: Snippet) -> None:
    static, real = answers(snippet)
    assert static == real


@pytest.mark.parametrize("snippet", TRY)
def test_try_statements_agree_with_python(snippet: Snippet) -> None:
    static, real = answers(snippet)
    assert static == real


@pytest.mark.parametrize("snippet", WITH)
def test_with_statements_agree_with_python(snippet: Snippet) -> None:
    static, real = answers(snippet)
    assert static == real


@pytest.mark.parametrize("snippet", ASSIGNMENTS)
def test_assignments_agree_with_python(snippet: Snippet) -> None:
    static, real = answers(snippet)
    assert static == real


@pytest.mark.parametrize("snippet", MUTATIONS)
def test_mutations_agree_with_python(snippet: Snippet) -> None:
    static, real = answers(snippet)
    assert static == real
