"""Formatting: what Python makes of the same template and values, or an answer that it is not known.

Python itself is the oracle: the same template is handed to `str.format`, `%` and `format`, and what comes
out has to be the same text. What Python refuses has to be unknown; what we refuse may be anything.
"""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xcore_tools.discovery.evaluate import fields, formatting
from xcore_tools.discovery.evaluate.percent import format_percent
from xcore_tools.discovery.evaluate.values import (
    ClassValue,
    Display,
    External,
    Instance,
    LibraryObject,
    Unknown,
    Value,
)


def same(value: Value) -> Value:
    return value


def str_format(template: str, *args: Value, **keywords: Value) -> Value:
    return formatting.format_text(template, args, keywords, same)


def percent(template: str, values: Value) -> Value:
    return format_percent(template, values, same)


def real(work: Any) -> Any:
    """What Python says; None where it refuses."""
    try:
        return work()
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError):
        return None


# -- what is followed -------------------------------------------------------------------------------

FORMATS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("{}_{}", ("a", 1), {}),
    ("{1}{0}{1}", ("a", "b"), {}),
    ("{name}_{0}", (3,), {"name": "x"}),
    ("{{{}}}", ("a",), {}),
    ("{0[key]}", ({"key": "v"},), {}),
    ("{0[1]}{0[0]}", (["a", "b"],), {}),
    ("{0[a][1][b]}", ({"a": ["x", {"b": "y"}]},), {}),
    ("{[0]}{[1]}", ("ab", "cd"), {}),
    ("{0[01]}", (["a", "b"],), {}),
    ("{0[-1]}", ({"-1": "m"},), {}),
    ("{0[.]}{0[ a]}", ({".": "dot", " a": "s"},), {}),
    ("{0:>5}|{0:^7}|{0:*<4}", ("ab",), {}),
    ("{0:{1}}", ("x", ">5"), {}),
    ("{0:{1}{2}}", ("x", ">", 6), {}),
    ("{:{}}{}", ("a", 3, "b"), {}),
    ("{0!r}{0!s}{0!a}", ("é",), {}),
    ("{0!r:>9}", ("a",), {}),
    ("{}", ([1, "a", None, (2.5, {"k": True})],), {}),
    ("{}{}{}", (None, True, 1.0), {}),
    ("{:05d}{:+}{:x}{:#b}{:,}", (3, 4, 255, 5, 1234567), {}),
    ("{:.2f}{:e}{:g}{:%}", (1.005, 12345.678, 0.1, 0.25), {}),
    ("{:c}{:_}", (97, 10**6), {}),
    ("{:d}{}", (True, False), {}),
    ("{:.3}", ("abcdef",), {}),
    ("{:}}<3}", ("a",), {}),
    ("{0:{0}}", ("x",), {}),
    ("", ("unused", [1]), {"more": 2}),
]


@pytest.mark.parametrize(("template", "args", "keywords"), FORMATS)
def test_fields_are_those_of_python(
    template: str, args: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    expected = real(lambda: template.format(*args, **keywords))
    found = str_format(template, *args, **keywords)
    assert found == expected if expected is not None else isinstance(found, Unknown)


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("%s_%s", ("a", 1)),
        ("%s", "a"),
        ("%(a)s_%(b)05d", {"a": "x", "b": 7}),
        ("%-5s|%5s|%.2s", ("a", "b", "cde")),
        ("%*d|%-*d|%.*f", (5, 1, 4, 2, 2, 1.5)),
        ("%*d", (-5, 1)),
        ("%.*f", (-2, 1.5)),
        ("%d%i%u%o%x%X%#x%+d% d", (1, 2, 3, 8, 255, 255, 255, 4, 5)),
        ("%e%E%f%F%g%G", (1.5, 1.5, 1.5, 1.5, 1.5, 1.5)),
        ("%c%c", (97, "b")),
        ("%r%a", ("é", "é")),
        ("%s", ([1, ("a", None)],)),
        ("%s", [1, 2]),
        ("%s", {"a": 1}),
        ("%s %s", ("a",)),
        ("%s", ("a", "b")),
        ("abc", ()),
        ("abc", {}),
        ("abc", [1]),
        ("abc", "x"),
        ("100%%", ()),
        ("%", ()),
        ("%y", (1,)),
        ("%d", "a"),
        ("%d", 1.9),
        ("%x", 1.9),
        ("%c", "ab"),
        ("%ld%hd", (1, 2)),
        ("%.f|%.0f", (2.5, 3.5)),
        ("%s", None),
        ("%s%d", (True, True)),
    ],
)
def test_percent_is_that_of_python(template: str, values: Any) -> None:
    expected = real(lambda: template % values)
    found = percent(template, values)
    assert found == expected if expected is not None else isinstance(found, Unknown)


@pytest.mark.parametrize("is_safe", [False, True])
@pytest.mark.parametrize(
    "text", ["$a-${b}", "$$a", "$c", "${c}", "$", "$1", "${", "${a", "$a$b$a_", "100$$", "$é"]
)
def test_templates_are_those_of_python(text: str, is_safe: bool) -> None:
    mapping = {"a": "x", "b": 2}
    template = string.Template(text)
    expected = real(
        lambda: template.safe_substitute(mapping) if is_safe else template.substitute(mapping)
    )
    found = formatting.substitute(text, mapping, same, is_safe=is_safe)
    assert found == expected if expected is not None else isinstance(found, Unknown)


# -- what is not ------------------------------------------------------------------------------------

CLASS = ClassValue("Dog", "Dog", "m", 1, ())
OBJECTS: list[Value] = [
    CLASS,
    External("os.environ"),
    Instance(CLASS),
    LibraryObject("library.thing", (), {}, 1),
    Display,
    object(),
    len,
    b"bytes",
    1j,
    {1, 2},
    [CLASS],
    {"a": object()},
    {"a": ...},
    type("Text", (str,), {"__format__": lambda *_: "ran", "__str__": lambda _: "ran"})("x"),
    type("Number", (int,), {"__format__": lambda *_: "ran", "__index__": lambda _: 7})(1),
]


@pytest.mark.parametrize("value", OBJECTS, ids=map(str, range(len(OBJECTS))))
@pytest.mark.parametrize("template", ["{}", "{!r}", "{!s}", "{!a}", "{0}", "{:>20}", "{0:{0}}"])
def test_what_is_not_plain_data_is_not_written(value: Value, template: str) -> None:
    assert isinstance(str_format(template, value), Unknown)


@pytest.mark.parametrize("value", OBJECTS, ids=map(str, range(len(OBJECTS))))
@pytest.mark.parametrize("template", ["%s", "%r", "%a", "%d", "%c", "%*d"])
def test_what_is_not_plain_data_is_not_written_by_percent(value: Value, template: str) -> None:
    assert isinstance(percent(template, (value,) * template.count("*") + (value,)), Unknown)


@pytest.mark.parametrize(
    "template",
    [
        "{0.__class__}",
        "{0.__init__.__globals__[re]}",
        "{.real}",
        "{0[a].b}",
        "{0[a]b}",
        "{0[a]",
        "{0[]}",
        "{0..a}",
        "{0!x}",
        "{0!}",
        "{0!rs}",
        "{",
        "}",
        "{0",
        "{}{0}",
        "{0}{}",
        "{:{:{}}}",
        "{0:n}",
        "{0:1001}",
        "{0:.1001f}",
        "{0:{1}}",
        "{9}",
        "{name}",
        "{0:99999999999999999999}",
        "{99999999999999999999}",
        "{0:>>>}",
        "{0:%Y}",
    ],
)
def test_what_python_refuses_or_nobody_needs_is_unknown(template: str) -> None:
    assert isinstance(str_format(template, 1, ">900000000", {"a": {"b": "c"}}), Unknown)


def test_a_format_does_not_touch_values_that_it_does_not_name() -> None:
    assert str_format("{0}", "a", object(), more=len) == "a"
    assert str_format("{0[a]}", {"a": "x", "b": object()}) == "x"


def test_a_text_is_refused_before_it_is_made() -> None:
    for template, args in (
        ("{0}" * 20_000, ("a" * 60_000,)),
        ("{:1000}" * 10_000, ("a",) * 10_000),
    ):
        assert isinstance(str_format(template, *args), Unknown)
    assert isinstance(percent("%(a)s" * 10_000, {"a": "a" * 60_000}), Unknown)
    assert isinstance(percent("%1000s" * 2_000, ("a",) * 2_000), Unknown)


def test_values_that_hold_one_another_many_times_are_refused() -> None:
    value: list[Any] = [1]
    for _ in range(60):
        value = [value, value]
    assert isinstance(str_format("{}", value), Unknown)
    assert isinstance(percent("%s", (value,)), Unknown)
    value.append(value)
    assert isinstance(str_format("{!r}", value), Unknown)


# -- anything ---------------------------------------------------------------------------------------

ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.just("a_b")
)
PLAIN = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.sampled_from(["a", "b", "0", 0, 1]), inner, max_size=3),
    ),
    max_leaves=5,
)
SPECS = st.one_of(
    st.just(""),
    st.text("<>=^+- z#0123,_.%bcdeEfFgGnosxX*é", max_size=6),
    st.builds(
        "{}{}{}{}{}{}".format,
        st.sampled_from(["", "<", ">", "^", "=", "*<", "0=", "é>"]),
        st.sampled_from(["", "+", "-", " ", "z"]),
        st.sampled_from(["", "#", "0"]),
        st.sampled_from(["", "5", "12", "1000"]),
        st.sampled_from(["", ",", "_", ".2", ".0", ",.3"]),
        st.sampled_from([*"bcdeEfFgGosxX%n", ""]),
    ),
)


@settings(max_examples=400, deadline=None)
@given(PLAIN, SPECS, st.sampled_from([None, "r", "s", "a"]))
def test_any_specification(value: Any, spec: str, conversion: str | None) -> None:
    conversions: dict[str | None, Any] = {"r": repr, "s": str, "a": ascii, None: same}
    convert = conversions[conversion]
    found = fields.format_value(value, conversion, spec, same)
    expected = real(lambda: format(convert(value), spec))
    assert isinstance(found, Unknown) or found == expected


@settings(max_examples=400, deadline=None)
@given(st.one_of(ATOMS, st.lists(ATOMS, max_size=2)))
def test_what_everybody_writes_is_followed(value: Any) -> None:
    """Otherwise a formatter that knows nothing would pass."""
    assert str_format("t_{}", value) == f"t_{value}"
    assert str_format("t_{x!r:>30}", x=value) == f"t_{value!r:>30}"
    assert percent("t_%s_%r", (value, value)) == f"t_{value}_{value!r}"


FIELD = st.builds(
    "{{{}{}{}{}}}".format,
    st.sampled_from(["", "0", "1", "2", "x", "y", "é", " "]),
    st.sampled_from(["", "[0]", "[a]", "[b][0]", ".real", ".__class__", "[", "]", "[-1]"]),
    st.sampled_from(["", "!r", "!s", "!a", "!", "!z"]),
    st.sampled_from(["", ":>4", ":{}", ":{1}", ":{x}<7", ":.1f", ":{:{}}", ":{{", ":}}"]),
)
TEMPLATES = st.lists(
    st.one_of(FIELD, st.sampled_from(["a", "{{", "}}", "{", "}", "_"])), max_size=4
).map("".join)


@settings(max_examples=800, deadline=None)
@given(TEMPLATES, st.lists(PLAIN, max_size=3), PLAIN)
def test_any_template(template: str, args: list[Any], named: Any) -> None:
    found = str_format(template, *args, x=named, y=3)
    if isinstance(found, Unknown):
        return
    assert ".real" not in template
    assert ".__class__" not in template
    assert found == real(lambda: template.format(*args, x=named, y=3))


PERCENT = st.builds(
    "%{}{}{}{}{}".format,
    st.sampled_from(["", "", "(a)", "(b)", "()", "(("]),
    st.text("-+ #0", max_size=2),
    st.sampled_from(["", "3", "*", "1000", "1001"]),
    st.sampled_from(["", ".", ".2", ".*", ".1000"]),
    st.sampled_from([*"diouxXeEfFgGcrsa%", "ld", "n", ""]),
)
PERCENTS = st.lists(
    st.one_of(PERCENT, st.sampled_from(["a", "%%", "%", "_", "%s"])), max_size=4
).map("".join)


@settings(max_examples=800, deadline=None)
@given(PERCENTS, st.one_of(PLAIN, st.lists(ATOMS, max_size=5).map(tuple)))
def test_any_percent(template: str, values: Any) -> None:
    found = percent(template, values)
    assert isinstance(found, Unknown) or found == real(lambda: template % values)
