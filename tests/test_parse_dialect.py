"""A file that is no Python 3: what is said of it names the file's own language."""

from __future__ import annotations

import ast

import pytest

from xcore_tools.discovery.parse.dialect import dialect_of

TOLD = {
    "print 'a'\n": ("print is a statement", 1),
    "x = 1\nif x:\n    print x, y\n": ("print is a statement", 3),
    "print x.y % 3\n": ("print is a statement", 1),
    "try:\n    pass\nexcept ValueError, error:\n    pass\n": ("`except Error, name`", 3),
    "def f():\n    raise KeyError, 'x'\n": ("`raise Error, message`", 2),
    "exec 'x = 1'\n": ("exec is a statement", 1),
    "if a <> b: pass\n": ("`<>`", 1),
    "MODE = 0755\n": ("a number like 0777", 1),
    "x = ur'a'\n": ("a text like ur''", 1),
    "\nfrom {{ cookiecutter.name }} import x\n": ("a template (Jinja)", 2),
    "{% if x %}\nimport a\n{% endif %}\n": ("a template (Jinja)", 1),
    "<%inherit file='x'/>\n": ("a template (Mako)", 1),
    "% if x:\nimport a\n% endif\n": ("a template (Mako)", 1),
    "a = 1\n<<<<<<< HEAD\nb = 2\n=======\nb = 3\n>>>>>>> other\n": ("a merge conflict", 2),
}


@pytest.mark.parametrize(("text", "told"), TOLD.items())
def test_it_is_named(text: str, told: tuple[str, int]) -> None:
    with pytest.raises(SyntaxError):
        ast.parse(text)
    found = dialect_of(text)
    assert found is not None
    assert told[0] in found.message
    assert found.line == told[1]


@pytest.mark.parametrize(
    "text",
    ["def f(:\n", "x = (\n", "class A\n", "print(x\n", "d = {1: {2: 3}\n", "a = [0.7, 07.5\n"],
)
def test_a_slip_of_the_pen_is_none_of_them(text: str) -> None:
    with pytest.raises(SyntaxError):
        ast.parse(text)
    assert dialect_of(text) is None
