"""find_excess: what is refused is what would hurt; what people write passes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from xcore_tools.discovery.parse.limits import MAX_SIZE, find_excess

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"


@pytest.mark.parametrize("pair", ["()", "[]", "{}"])
def test_a_hundred_brackets_may_nest(pair: str) -> None:
    opened, closed = pair[0], pair[1]
    assert find_excess("x = " + opened * 99 + closed * 99) is None
    assert find_excess("\nx = " + opened * 101 + closed * 101) == (
        2,
        "more than 100 nested brackets",
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f'{", "}'"),
        ('f"""{', '}"""'),
        ("rf'{", "}'"),
        ("F'text {x} {", "}'"),
        ("t'{", "}'"),
        ("f'{x:{", "}}'"),
        ("f'{f\"{", "}\"}'"),
    ],
)
def test_brackets_inside_a_formatted_string_count(before: str, after: str) -> None:
    source = "x = " + before + "(" * 200 + "1" + ")" * 200 + after + "\n"
    excess = find_excess(source)
    assert excess is not None
    assert excess[0] == 1


@pytest.mark.parametrize("text", ["((((", "[[[[", "{{{{", "----", "a.b.c.", "not not "])
@pytest.mark.parametrize(
    "frame",
    ["x = '{}'", 'x = "{}"', "x = '''{}'''", 'x = """{}"""', "# {}", "x = rb'{}'", "x = f'{{{{{}'"],
)
def test_text_and_comments_do_not_count(text: str, frame: str) -> None:
    inside = (text * 400).replace("{", "(") if frame.startswith("x = f") else text * 400
    assert find_excess(frame.format(inside) + "\n") is None


@pytest.mark.parametrize(
    "quoted",
    [
        r"'\''",
        r'"\""',
        r"'''\''''",
        "'''''' ''",
        "''",
        '""',
        "'''a'b''c'''",
        r"'\\'",
        r"r'\''",
        "'a\\\nb'",
    ],
)
def test_the_end_of_a_string_is_where_python_sees_it(quoted: str) -> None:
    compile(f"x = {quoted}", "m", "exec")
    assert find_excess(f"x = {quoted}\n" + "x = " + "(" * 101) == (
        2 + quoted.count("\n"),
        "more than 100 nested brackets",
    )


@pytest.mark.parametrize(
    "link",
    [
        " + 1",
        ".b",
        "()",
        "[0]",
        " and b",
        " if b else c",
        " in b",
        " is not b",
        " 'a'",
        " << 1",
        "(1, 2)",
    ],
)
def test_a_chain_has_an_end(link: str) -> None:
    assert find_excess("x = a" + link * 150 + "\n") is None
    excess = find_excess("\n\nx = a" + link * 601 + "\n")
    assert excess == (3, "a chain of more than 600 operators, calls or subscripts")


@pytest.mark.parametrize("prefix", ["- ", "not ", "lambda: ", "~ ", "+ -", "lambda:"])
def test_a_chain_of_prefixes_has_an_end(prefix: str) -> None:
    assert find_excess("x = " + prefix * 150 + "1\n") is None
    assert find_excess("x = " + prefix * 601 + "1\n") is not None


@pytest.mark.parametrize("prefix", ["-", "~", "+", "-~"])
def test_operators_without_space_between_count_each(prefix: str) -> None:
    assert find_excess("x = " + prefix * 700 + "1\n") is not None
    assert find_excess("# " + prefix * 700 + "\n#" + "=" * 700 + "\n") is None


@pytest.mark.parametrize(
    "source",
    [
        "x = [\n" + "    a.b.c + d.e,\n" * 3000 + "]\n",
        "f(" + "a=b.c, " * 3000 + ")\n",
        "x = 1; " * 3000 + "\n",
        "x = a.b\n" * 3000,
        "x = {\n" + "    'a': b.c(1),\n" * 3000 + "}\n",
    ],
)
def test_long_displays_are_no_chains(source: str) -> None:
    assert find_excess(source) is None


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_with_every_newline(newline: str) -> None:
    lines = ["# a", "x = 1", "y = '''", "'''", "z = \\", "  2", "x = " + "(" * 101]
    assert find_excess(newline.join(lines)) == (7, "more than 100 nested brackets")


def test_many_long_chains_in_one_file() -> None:
    line = "x = " + "+".join(["1"] * 500) + "\n"
    assert find_excess(line * 30) is None
    excess = find_excess(line * 100)
    assert excess is not None
    assert excess[1] == "too many long chains of operators, calls or subscripts"


def test_many_long_chains_in_one_bracket() -> None:
    excess = find_excess("x = [" + ("+".join(["1"] * 500) + ",\n") * 100 + "]")
    assert excess is not None


@pytest.mark.parametrize("indent", ["", "    ", "\t"])
def test_branches_of_one_statement(indent: str) -> None:
    head = f"{indent}if a:\n{indent}    pass\n"
    branch = f"{indent}elif b:\n{indent}    pass\n"
    assert find_excess(head + branch * 200) is None
    assert find_excess((head + branch * 200) * 10) is None
    excess = find_excess("x = 1\n" + head + branch * 700)
    assert excess == (1204, "more than 600 branches of one if statement")


def test_a_branch_inside_a_branch_counts_for_itself() -> None:
    inner = "    if a:\n        pass\n" + "    elif b:\n        pass\n" * 400
    assert find_excess("if a:\n" + inner + "elif b:\n" + inner) is None


@pytest.mark.parametrize("source", [")" * 100, "]}" * 50, "", "\n", "'", '"""', "\\", "x = 'a\n"])
def test_text_that_is_no_python(source: str) -> None:
    assert find_excess(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\n" * 600_000,
        '"""' + '\\"""' * 200_000,
        "\\'''" * 200_000,
        "'\\'" * 200_000,
        "'''" + "a" * MAX_SIZE,
        "'" + "a" * MAX_SIZE,
        "'''" + "\\" * MAX_SIZE,
        "\\\n" * 400_000,
        "if" * 400_000,
        "\n" + " " * 1_000_000,
        (" " * 1000 + "\n") * 1000,
    ],
)
def test_looking_takes_linear_time(source: str) -> None:
    start = time.process_time()
    find_excess(source)
    assert time.process_time() - start < 3


def test_nothing_of_the_fixtures_is_refused() -> None:
    for path in FIXTURES.rglob("*.py"):
        assert find_excess(path.read_bytes().decode("utf-8", "replace")) is None, path
