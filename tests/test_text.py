"""Work on text: what Python says, or an answer that it is not known; never long, never an exception.

Every expected value is what Python itself makes of the same operation.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable
from typing import Any

import pytest

from xcore_tools.discovery.evaluate import host
from xcore_tools.discovery.evaluate.plain import is_plain
from xcore_tools.discovery.evaluate.values import Unknown

VALUES: list[Any] = [
    "",
    "Some_Name",
    "a%sb",
    0,
    -3,
    7,
    2.5,
    True,
    None,
    (1, "a"),
    (),
    ["a", "b"],
    [["a"]],
    {"a": 1},
    {},
]
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
    "|": operator.or_,
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_are_those_of_python(name: str) -> None:
    for left in VALUES:
        for right in VALUES:
            try:
                expected = OPERATORS[name](left, right)
            except (TypeError, ValueError, ZeroDivisionError):
                assert isinstance(host.apply(name, left, right), Unknown), (left, right)
            else:
                found = host.apply(name, left, right)
                assert (type(found), found) == (type(expected), expected), (left, right)


def test_identity() -> None:
    assert host.apply("is", None, None) is True
    assert host.apply("is not", None, "a") is True


@pytest.mark.parametrize("name", ["**", "<<", ">>", "^", "@", "/", "nonsense"])
def test_other_operators_are_not_followed(name: str) -> None:
    assert isinstance(host.apply(name, 2, 3), Unknown)


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("*", "a", 10**9),
        ("*", 10**9, "a"),
        ("*", "a" * 40_000, 2),
        ("*", ["a"] * 900, 900),
        ("*", 10**6, 10**6),
        ("+", "a" * 40_000, "a" * 40_000),
        ("+", [1] * 6_000, [1] * 6_000),
        ("+", 10**9, 10**9),
        ("-", -(10**9), 10**9),
        ("%", "%1001d", 1),
        ("%", "%*d", (10**9, 1)),
        ("%", "%.*f", (10**9, 1.0)),
        ("%", "%-*d", (10**9, 1)),
        ("%", "%(a)1001s", {"a": 1}),
        ("%", "%.1001f", 1.0),
        ("%", "%(a)s" * 300_000, {"a": "a" * 10_000}),
    ],
)
def test_what_grows_is_refused_at_once(name: str, left: object, right: object) -> None:
    start = time.perf_counter()
    assert isinstance(host.apply(name, left, right), Unknown)
    assert time.perf_counter() - start < 0.1


METHODS: list[tuple[Any, str, tuple[Any, ...], dict[str, Any]]] = [
    ("SomeName", "lower", (), {}),
    ("some name", "title", (), {}),
    ("Some", "swapcase", (), {}),
    ("straße", "casefold", (), {}),
    ("  a ", "strip", (), {}),
    ("xax", "strip", ("x",), {}),
    ("a.b.c", "split", (".",), {}),
    ("a.b.c", "split", (".",), {"maxsplit": 1}),
    ("a.b.c", "rsplit", (".", 1), {}),
    ("a.b.c", "partition", (".",), {}),
    ("a.b.c", "rpartition", (".",), {}),
    ("a\nb", "splitlines", (), {}),
    ("Name", "removesuffix", ("me",), {}),
    ("Name", "removeprefix", ("Na",), {}),
    ("Name", "replace", ("a", "b"), {}),
    ("Name", "replace", ("", "-"), {}),
    ("Name", "startswith", (("N", "M"),), {}),
    ("Name", "endswith", ("e",), {}),
    ("Name", "find", ("m",), {}),
    ("Name", "index", ("m",), {}),
    ("Name", "index", ("z",), {}),
    ("Name", "count", ("m",), {}),
    ("_", "join", (["a", "b"],), {}),
    ("_", "join", ([1],), {}),
    ("{}_{}", "format", ("a", 1), {}),
    ("{a:>5}", "format", (), {"a": "b"}),
    ("{a!r}", "format", (), {"a": "b"}),
    ("{", "format", (), {}),
    ("{a}", "format", (), {}),
    ("{0[1]}", "format", (["a", "b"],), {}),
    ("{0.nothing}", "format", (1,), {}),
    ("Name", "isupper", (), {}),
    ("Name", "upper", (1,), {}),
    ("Name", "split", ("",), {}),
    ({"a": 1}, "get", ("a",), {}),
    ({"a": 1}, "get", ("b", 2), {}),
    ({"a": 1}, "get", ([],), {}),
    (["a"], "index", ("a",), {}),
    (["a"], "index", ("b",), {}),
    (["a"], "count", ("a",), {}),
    (("a",), "copy", (), {}),
    (5, "index", (), {}),
    (None, "get", (), {}),
]


@pytest.mark.parametrize(("receiver", "name", "args", "keywords"), METHODS)
def test_methods_are_those_of_python(
    receiver: Any, name: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    found = host.call_method(receiver, name, args, keywords)
    try:
        expected = getattr(receiver, name)(*args, **keywords)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        assert isinstance(found, Unknown)
    else:
        assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize("name", ["items", "keys", "values"])
def test_views_of_a_dict_are_lists(name: str) -> None:
    table = {"a": 1, "b": [2]}
    assert host.call_method(table, name, (), {}) == list(getattr(table, name)())


@pytest.mark.parametrize(
    ("receiver", "name"),
    [
        ("a", "encode"),
        ("a", "__class__"),
        ("a", "zfill"),
        ("a", "ljust"),
        ([1], "sort"),
        ([1], "append"),
    ],
)
def test_other_methods_are_not_followed(receiver: object, name: str) -> None:
    assert isinstance(host.call_method(receiver, name, (), {}), Unknown)


@pytest.mark.parametrize(
    ("receiver", "name", "args", "keywords"),
    [
        ("{:1001}", "format", ("a",), {}),
        ("{:{}}", "format", ("a", 10**9), {}),
        ("{:{w}}", "format", ("a",), {"w": 10**9}),
        ("{:.{w}f}", "format", (1.0,), {"w": 10**9}),
        ("{0}" * 300_000, "format", ("a" * 10_000,), {}),
        ("a" * 900, "replace", ("", "b" * 900), {}),
        ("a" * 10**6, "replace", ("a", "b" * 10**6), {}),
        ("a" * 10**6, "join", (["b"] * 10**4,), {}),
        ("x", "join", (["b" * 10**6] * 1000,), {}),
    ],
)
def test_methods_that_grow_are_refused_at_once(
    receiver: str, name: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    start = time.perf_counter()
    assert isinstance(host.call_method(receiver, name, args, keywords), Unknown)
    assert time.perf_counter() - start < 0.1


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("a", True),
        (None, True),
        ((1, [2.5, {"a": None}]), True),
        ({1, "a"}, True),
        (object(), False),
        ([Unknown("")], False),
        ({"a": Unknown("")}, False),
        (b"a", False),
        ({Unknown: 1}, False),
    ],
)
def test_plain_data(value: object, plain: bool) -> None:
    assert is_plain(value) is plain


def test_plain_data_that_is_shared_many_times_is_looked_at_once() -> None:
    value: list[Any] = [1]
    for _ in range(22):
        value = [value, value]
    start = time.perf_counter()
    is_plain(value)
    assert time.perf_counter() - start < 0.2
