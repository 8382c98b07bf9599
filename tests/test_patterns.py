"""Regular expressions of the scanned code: what Python says, or an answer that it is not known; never long."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xcore_tools.discovery.evaluate.stdlib import regex
from xcore_tools.discovery.evaluate.values import MatchValue, PatternValue, Unknown

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
    ("split", ("_", "a_b_c", 1)),
    ("sub", ("A", "b", "aAa", 1, re.IGNORECASE)),
    ("sub", ("(?:s|es)?$", "", "classes")),
    ("sub", (r"(?<=[a-z0-9])([A-Z])|(?<!^)([A-Z])(?=[a-z])", r"_\1\2", "someHTTPName")),
    ("sub", (r"(\w+?)_(\w+?)_(\w+)", r"\3_\1", "one_two_three")),
    ("sub", (r"^(?:tbl|table)?_?(.*?)(?:_(?:model|entity))?$", r"\1", "tbl_user_model")),
]


@pytest.mark.parametrize(("name", "args"), PATTERNS)
def test_expressions_that_name_tables_are_those_of_python(name: str, args: tuple[Any, ...]) -> None:
    expected = getattr(re, name)(*args)
    assert regex.call_re(name, args, {}) == expected
    if len(args) < 5:
        pattern = regex.call_re("compile", args[:1], {})
        assert isinstance(pattern, PatternValue)
        assert regex.call_re(name, [pattern, *args[1:]], {}) == expected


@pytest.mark.parametrize("name", ["match", "search", "fullmatch"])
def test_matches(name: str) -> None:
    found = regex.call_re(name, ["(S)(x)?[a-z]+", "Some"], {})
    expected = getattr(re, name)("(S)(x)?[a-z]+", "Some")
    assert isinstance(found, MatchValue | tuple)
    if isinstance(found, tuple):
        assert found == (expected[0], *expected.groups())
    assert regex.call_re(name, ["b", "a"], {}) is None


@pytest.mark.parametrize("flags", [0, 2, 8, 16, 64, 256, 2 | 8])
def test_flags(flags: int) -> None:
    pattern, subject = "a.", "A\nab"
    assert regex.call_re("sub", [pattern, "x", subject], {"flags": flags}) == re.sub(
        pattern, "x", subject, flags=flags
    )
    compiled = regex.call_re("compile", [pattern, flags], {})
    assert isinstance(compiled, PatternValue)
    assert compiled.pattern == re.compile(pattern, flags)


@pytest.mark.parametrize("flags", [4, 128, 256 | 32, -1, 10**9, 4 | 2])
@pytest.mark.parametrize("name", ["compile", "sub"])
def test_flags_that_do_not_fit_are_refused(
    name: str, flags: int, capsys: pytest.CaptureFixture[str]
) -> None:
    rest = [] if name == "compile" else ["b", "a"]
    found = regex.call_re(name, ["a", *rest], {"flags": flags})
    assert isinstance(found, Unknown | PatternValue | str)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "pattern", ["(", "[z-a]", "*", "(?P<1>a)", r"\9", "a{9999999999}", "(?i", "(?z)", "((?i)a)b"]
)
def test_patterns_that_do_not_compile(pattern: str) -> None:
    assert isinstance(regex.call_re("sub", [pattern, "x", "a"], {}), Unknown)


def test_a_pattern_that_python_warns_of_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert regex.call_re("sub", ["[[a]", "x", "a"], {}) == "x"


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
        ("(a|aa)(a|aa)" * 15 + "$", "a" * 60 + "b"),
        ("(?:a(?:b|c)?)*" * 3 + "$", "abac" * 40 + "x"),
        ("(a)?(?(1)b|c)*" * 5 + "$", "abc" * 40 + "x"),
        ("(?=(a+)+$)b", "a" * 60 + "b"),
        ("(?>(a+)+)$", "a" * 60 + "b"),
        ("(a++)+$", "a" * 60 + "b"),
        ("((a{1,9}){1,9}){1,9}$", "a" * 60 + "b"),
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
        "from xcore_tools.discovery.evaluate.stdlib import regex\n"
        f"regex.call_re('sub', [{pattern!r}, 'x', {subject!r}], {{}})\n"
    )
    root = Path(__file__).resolve().parents[1]
    try:
        subprocess.run([sys.executable, "-c", script], check=True, cwd=root, timeout=20)
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
        ("sub", ["a", "b", "a" * 256]),
        ("sub", ["a", "b" * 256, "a"]),
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
    assert isinstance(regex.call_re(name, args, {}), Unknown)


@pytest.mark.parametrize("value", ["", "a.b", "a b[", "é"])
def test_escape(value: str) -> None:
    assert regex.call_re("escape", [value], {}) == re.escape(value)


def test_escape_of_a_long_text_is_whole_or_not_known() -> None:
    found = regex.call_re("escape", ["a" * 300], {})
    assert isinstance(found, Unknown) or found == "a" * 300


def test_flags_and_counts_that_are_no_numbers() -> None:
    assert isinstance(regex.call_re("sub", ["A", "b", "a"], {"flags": "x", "count": "y"}), Unknown)
    assert regex.call_re("sub", ["a", "b", "aa"], {"count": 1}) == "ba"


@pytest.mark.parametrize("flags", [re.IGNORECASE, 0])
def test_a_set_that_takes_long_to_compile_is_refused(flags: int) -> None:
    """`re` looks at each character of a set when it ignores case: 65,000 of them, for each set."""
    inline = "" if flags else "(?i)"
    pattern = inline + "[\0-\U0010ffff]" * 30
    start = time.perf_counter()
    assert isinstance(regex.compile_pattern(pattern, int(flags)), Unknown)
    assert time.perf_counter() - start < 0.1
    assert isinstance(regex.compile_pattern(f"{inline}[a-z_]+[^0-9]", int(flags)), PatternValue)


def test_what_is_no_plain_argument_reaches_no_pattern() -> None:
    class Text(str):
        __slots__ = ()

    for value in (Text("a"), lambda match: "ran", b"a", object(), ["a"]):
        assert isinstance(regex.call_re("sub", ["a", value, "a"], {}), Unknown)
        assert isinstance(regex.call_re("sub", ["a", "b", value], {}), Unknown)
        found = re.match("(a)", "a")
        assert found is not None
        assert isinstance(regex.call_match(MatchValue(found), "group", [value]), Unknown)


ATOMS = st.sampled_from(
    ["a", "b", ".", "[ab]", "\\w", "^", "$", "\\b", "(?=a)", "(a)", "\\1", "(?:)"]
)
PATTERN_TEXTS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.tuples(inner, inner).map("(?:{0[0]}|{0[1]})".format),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "{0,9}", "{2,}", "*+", "??"])).map(
            "(?:{0[0]}){0[1]}".format
        ),
        inner.map("({})".format),
        inner.map("(?!{})".format),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(
    PATTERN_TEXTS, st.sampled_from(["a" * 250, "ab" * 120, "a" * 120 + "b", "abc", "a" * 29 + "c"])
)
def test_what_is_applied_is_soon_done(pattern: str, subject: str) -> None:
    """The matcher is not called where it may take long: whatever pattern is written."""
    start = time.process_time()
    found = regex.call_re("sub", [pattern, "x", subject], {})
    assert time.process_time() - start < 1
    if isinstance(found, str):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert found == re.sub(pattern, "x", subject)
