"""Work on text: what Python says, or an answer that it is not known; never long, never an exception.

Every expected value is what Python itself makes of the same operation.
"""

from __future__ import annotations

import operator
import re
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xcore_tools.discovery.follow import text
from xcore_tools.discovery.follow.values import MatchValue, PatternValue, Unknown

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
                assert isinstance(text.apply(name, left, right), Unknown), (left, right)
            else:
                found = text.apply(name, left, right)
                assert (type(found), found) == (type(expected), expected), (left, right)


def test_identity() -> None:
    assert text.apply("is", None, None) is True
    assert text.apply("is not", None, "a") is True


@pytest.mark.parametrize("name", ["**", "<<", ">>", "&", "^", "@", "/", "nonsense"])
def test_other_operators_are_not_followed(name: str) -> None:
    assert isinstance(text.apply(name, 2, 3), Unknown)


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("*", "a", 10**9),
        ("*", 10**9, "a"),
        ("*", "a" * 1001, 2),
        ("*", ["a"] * 900, 900),
        ("*", 10**6, 10**6),
        ("+", "a" * 900, "a" * 900),
        ("+", [1] * 900, [1] * 900),
        ("+", 10**9, 10**9),
        ("-", -(10**9), 10**9),
        ("%", "%1000d", 1),
        ("%", "%*d", (10**9, 1)),
        ("%", "%.*f", (10**9, 1.0)),
        ("%", "%-*d", (10**9, 1)),
        ("%", "%(a)1000s", {"a": 1}),
        ("%", "%.1000f", 1.0),
        ("%", "%(a)s" * 300_000, {"a": "a" * 10_000}),
    ],
)
def test_what_grows_is_refused_at_once(name: str, left: object, right: object) -> None:
    start = time.perf_counter()
    assert isinstance(text.apply(name, left, right), Unknown)
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
    ("{0.real}", "format", (1,), {}),
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
    found = text.call_method(receiver, name, args, keywords)
    try:
        expected = getattr(receiver, name)(*args, **keywords)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError):
        assert isinstance(found, Unknown)
    else:
        assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize("name", ["items", "keys", "values"])
def test_views_of_a_dict_are_lists(name: str) -> None:
    table = {"a": 1, "b": [2]}
    assert text.call_method(table, name, (), {}) == list(getattr(table, name)())


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
    assert isinstance(text.call_method(receiver, name, (), {}), Unknown)


@pytest.mark.parametrize(
    ("receiver", "name", "args", "keywords"),
    [
        ("{:1000}", "format", ("a",), {}),
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
    assert isinstance(text.call_method(receiver, name, args, keywords), Unknown)
    assert time.perf_counter() - start < 0.1


PATTERNS: list[tuple[str, tuple[Any, ...]]] = [
    ("sub", ("(?<!^)(?=[A-Z])", "_", "SomeModelName")),
    ("sub", (r"(.)([A-Z][a-z]+)", r"\1_\2", "SomeModelName")),
    ("sub", (r"([a-z0-9])([A-Z])", r"\1_\2", "SomeModel2Name")),
    ("sub", ("Model$", "", "SomeModel")),
    ("sub", ("[A-Z]+(?=[A-Z][a-z])|[A-Z][a-z]*", "x", "HTTPServer")),
    ("sub", ("a", "b", "aaa", 2)),
    ("subn", ("a", "b", "aaa")),
    ("findall", ("[A-Z][a-z]*", "SomeModel")),
    ("findall", ("([A-Z])([a-z]*)", "SomeModel")),
    ("split", ("_", "a_b_c")),
]


@pytest.mark.parametrize(("name", "args"), PATTERNS)
def test_expressions_that_name_tables_are_those_of_python(name: str, args: tuple[Any, ...]) -> None:
    expected = getattr(re, name)(*args)
    assert text.call_re(name, args, {}) == expected
    pattern = text.call_re("compile", args[:1], {})
    assert isinstance(pattern, PatternValue)
    assert text.call_re(name, [pattern, *args[1:]], {}) == expected


@pytest.mark.parametrize("name", ["match", "search", "fullmatch"])
def test_matches(name: str) -> None:
    found = text.call_re(name, ["(S)(x)?[a-z]+", "Some"], {})
    expected = getattr(re, name)("(S)(x)?[a-z]+", "Some")
    assert isinstance(found, MatchValue | tuple)
    if isinstance(found, tuple):
        assert found == (expected[0], *expected.groups())
    assert text.call_re(name, ["b", "a"], {}) is None


@pytest.mark.parametrize("flags", [0, 2, 8, 16, 64, 256, 2 | 8])
def test_flags(flags: int) -> None:
    pattern, subject = "a.", "A\nab"
    assert text.call_re("sub", [pattern, "x", subject], {"flags": flags}) == re.sub(
        pattern, "x", subject, flags=flags
    )
    compiled = text.call_re("compile", [pattern, flags], {})
    assert isinstance(compiled, PatternValue)
    assert compiled.pattern == re.compile(pattern, flags)


@pytest.mark.parametrize("flags", [4, 128, 256 | 32, -1, 10**9, 4 | 2])
@pytest.mark.parametrize("name", ["compile", "sub"])
def test_flags_that_do_not_fit_are_refused(
    name: str, flags: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = [] if name == "compile" else ["b", "a"]
    found = text.call_re(name, ["a", *rest], {"flags": flags})
    assert isinstance(found, Unknown | PatternValue | str)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "pattern", ["(", "[z-a]", "*", "(?P<1>a)", r"\9", "a{9999999999}", "(?i", "(?z)", "((?i)a)b"]
)
def test_patterns_that_do_not_compile(pattern: str) -> None:
    assert isinstance(text.call_re("sub", [pattern, "x", "a"], {}), Unknown)


def test_a_pattern_that_python_warns_of_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert text.call_re("sub", ["[[a]", "x", "a"], {}) == "x"


@pytest.mark.parametrize(
    ("pattern", "subject"),
    [
        ("(a+)+$", "a" * 40 + "b"),
        ("(a|a)*$", "a" * 40 + "b"),
        ("(a|aa){40}$", "a" * 80 + "b"),
        ("a?" * 30 + "a" * 30, "a" * 30),
        ("a??" * 30 + "a" * 30, "a" * 30),
        ("a{0,1}" * 25 + "a" * 25, "a" * 25),
        ("(?:a|aa)" * 22 + "$", "a" * 60 + "b"),
        ("[ab]?" * 30 + "a" * 30, "a" * 30),
        (".*.*.*.*=", "a" * 200),
        (r".*\w*[a-z]*a*=", "a" * 200),
        (r"(\\+\\)+$", "\\" * 100 + "x"),
        (r"(x\\)*(x\\)*(x\\)*$", "x\\" * 90 + "y"),
        ("(?x)(a+) +$", "a" * 60 + "b"),
        ("(?x)(a+)#\n+$", "a" * 60 + "b"),
        ("(a+)(?#x)+$", "a" * 60 + "b"),
        ("(?:(a+))+$", "a" * 40 + "b"),
        ("(a*)*b", "a" * 40),
        ("([a-z]+)*=", "a" * 40),
        ("(.+)(.+)(.+)(.+)=", "a" * 200),
    ],
)
def test_patterns_that_backtrack_end_soon(pattern: str, subject: str) -> None:
    """Runs in a process of its own, which a regular expression cannot hold up for ever."""
    script = (
        "from xcore_tools.discovery.follow import text\n"
        f"text.call_re('sub', [{pattern!r}, 'x', {subject!r}], {{}})\n"
    )
    root = Path(__file__).resolve().parents[1]
    try:
        subprocess.run([sys.executable, "-c", script], check=True, cwd=root, timeout=3)
    except subprocess.TimeoutExpired:
        pytest.fail("takes too long")


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("compile", []),
        ("compile", [None]),
        ("compile", ["a" * 201]),
        ("sub", []),
        ("sub", [3, "a", "b"]),
        ("sub", ["a"]),
        ("sub", ["a", "b", "a" * 201]),
        ("sub", ["a", "b" * 201, "a"]),
        ("sub", ["a", r"\9", "a"]),
        ("sub", ["a", "b", "a", "x"]),
        ("sub", ["a", None, "a"]),
        ("findall", ["a", 1]),
        ("finditer", ["a", "a"]),
        ("escape", []),
        ("escape", [1]),
        ("purge", []),
        ("split", ["a", None]),
    ],
)
def test_calls_that_do_not_fit_are_not_followed(name: str, args: list[Any]) -> None:
    assert isinstance(text.call_re(name, args, {}), Unknown)


@pytest.mark.parametrize("value", ["", "a.b", "a b[", "é"])
def test_escape(value: str) -> None:
    assert text.call_re("escape", [value], {}) == re.escape(value)


def test_escape_of_a_long_text_is_whole_or_not_known() -> None:
    found = text.call_re("escape", ["a" * 300], {})
    assert isinstance(found, Unknown) or found == "a" * 300


def test_flags_and_counts_that_are_no_numbers() -> None:
    assert isinstance(text.call_re("sub", ["A", "b", "a"], {"flags": "x", "count": "y"}), Unknown)
    assert text.call_re("sub", ["a", "b", "aa"], {"count": 1}) == "ba"


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
    assert text.is_plain(value) is plain


def test_plain_data_that_is_shared_many_times_is_looked_at_once() -> None:
    value: list[Any] = [1]
    for _ in range(22):
        value = [value, value]
    start = time.perf_counter()
    text.is_plain(value)
    assert time.perf_counter() - start < 0.2
