"""Whole env.py files before and after: ours, and the templates of Alembic and Flask-Migrate."""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from envfile_support import CASES, END, START, case_names, rewritten, style_of

from xcore_tools.envfile.block import find_block, notices

TEMPLATES = [
    ("alembic", "generic"),
    ("alembic", "async"),
    ("alembic", "multidb"),
    ("alembic", "pyproject"),
    ("alembic", "pyproject_async"),
    ("flask_migrate", "flask"),
    ("flask_migrate", "flask-multidb"),
    ("flask_migrate", "aioflask"),
    ("flask_migrate", "aioflask-multidb"),
]


@pytest.mark.parametrize("case", case_names())
def test_a_case_becomes_what_is_expected_and_stays_so(case: str) -> None:
    before, after = ((CASES / case / name).read_bytes() for name in ("before.py", "after.py"))
    assert rewritten(before, style_of(case)) == after
    assert rewritten(after, style_of(case)) == after
    compile(after, case, "exec")


def test_the_empty_second_pair_of_the_application_is_noticed() -> None:
    ((line, message),) = notices((CASES / "application" / "before.py").read_bytes())
    assert line == 20
    assert "empty" in message


def template(package: str, name: str) -> bytes:
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    path = Path(found.origin).parent / "templates" / name / "env.py"
    if not path.exists():
        pytest.skip("this version of Alembic does not have it")
    return path.read_bytes()


@pytest.mark.parametrize(("package", "name"), TEMPLATES)
def test_a_template_gets_its_block_below_the_imports(package: str, name: str) -> None:
    before = template(package, name)
    after = rewritten(before)
    assert rewritten(after) == after
    start, end = after.index(START), after.index(END) + len(END)
    head, tail = after[:start], after[end:]
    assert before == head + tail.lstrip(b"\r\n")
    compile(after, name, "exec")
    block = find_block(after)
    assert block is not None
    last_import, target = bounds(before)
    added = block.last_line - block.first_line + 2  # with the empty line below
    assert last_import < block.first_line <= last_import + 3
    assert block.last_line < target + added


def bounds(source: bytes) -> tuple[int, int]:
    """The line of the last import at the top level above `target_metadata`, and the line of that."""
    body = ast.parse(source).body
    target = min(
        (
            node.lineno
            for node in body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "target_metadata"
        ),
        default=len(source),
    )
    imports = [node.lineno for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    return max(line for line in imports if line < target), target
