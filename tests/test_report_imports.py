"""Import statements: they compile, load everything, and bind no name twice."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from xcore_tools.discovery.results import Discovery, Model, Table
from xcore_tools.report import imports

EXPECTED = Path(__file__).parent / "report"
SAMPLE = msgspec.json.decode((EXPECTED / "discovery.json").read_bytes(), type=Discovery)


def rendered(*dotted: str, tables: tuple[str, ...] = ()) -> str:
    """The imports of models given as `module:Class`, and of Core tables in `tables` modules."""
    pairs = [name.rsplit(":", 1) for name in dotted]
    return imports.render(
        Discovery(
            models=tuple(
                Model(name, module, None, None, "declarative", None, None, "core", "m.py", 1)
                for module, name in pairs
            ),
            tables=tuple(Table("t", None, module, None, "core", "m.py", 1) for module in tables),
            metadatas=(),
            problems=(),
        )
    )


def test_the_sample_gives_one_module_a_line() -> None:
    shown = imports.render(SAMPLE)
    assert shown == (EXPECTED / "imports.txt").read_text(encoding="utf-8")
    compile(shown, "imports", "exec")


def test_classes_are_sorted_and_named_once() -> None:
    shown = rendered("app.models:Role", "app.models:Permission", "app.models:Role")
    assert shown == "from app.models import Permission, Role\n"


def test_modules_without_a_class_to_name_are_imported_whole() -> None:
    shown = rendered("app.nested:Outer.Inner", "app.made:f.<locals>.C", tables=("app.tables",))
    assert shown == "import app.made\nimport app.nested\nimport app.tables\n"


def test_a_class_to_name_brings_the_rest_of_its_module() -> None:
    shown = rendered("app.models:Outer", "app.models:Outer.Inner", tables=("app.models",))
    assert shown == "from app.models import Outer\n"


def test_long_lines_are_broken_one_name_a_line() -> None:
    names = [f"Model{letter * 20}" for letter in "ABC"]
    fitting = rendered(*(f"app.m:{name}" for name in names[:2]))
    assert fitting == f"from app.m import {names[0]}, {names[1]}\n"
    broken = rendered(*(f"app.models:{name}" for name in names))
    assert broken == "from app.models import (\n" + "".join(f"    {n},\n" for n in names) + ")\n"


def test_a_line_of_88_columns_is_kept() -> None:
    name = "N" * (88 - len("from m import "))
    assert rendered(f"m:{name}") == f"from m import {name}\n"
    assert rendered(f"m:{name}N") == f"from m import (\n    {name}N,\n)\n"


def test_the_later_of_two_classes_of_one_name_gets_an_alias() -> None:
    shown = rendered("auth.models:User", "billing.models:User", "billing.models:Invoice")
    assert shown == (
        "from auth.models import User\nfrom billing.models import Invoice, User as BillingUser\n"
    )


def test_an_alias_comes_from_the_part_that_differs() -> None:
    shown = rendered("app.models.a:User", "app.models.user_data:User")
    assert "import User as UserDataUser" in shown


def test_aliases_are_distinct_too() -> None:
    shown = rendered("a.b:User", "b.c:User", "c.b:User", "c:User", "c:CUser", "d:CUser", "a:User")
    bound = [
        alias.asname or alias.name
        for statement in ast.parse(shown).body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    ]
    assert len(bound) == len(set(bound)) == 7


def test_a_class_does_not_hide_a_package_that_is_imported_whole() -> None:
    shown = rendered("models:app", tables=("app.tables",))
    assert shown == "import app.tables\nfrom models import app as Modelsapp\n"


def test_modules_that_no_statement_can_name_are_left_to_a_comment() -> None:
    shown = rendered("old-models:User", "app.class.models:Role", "app.1st:X", "bad\nname:X")
    assert shown == (
        "# cannot be imported by name: app.1st\n"
        "# cannot be imported by name: app.class.models\n"
        "# cannot be imported by name: bad\\nname\n"
        "# cannot be imported by name: old-models\n"
    )


def test_the_statements_load_every_module(tmp_path: Path) -> None:
    sources = {
        "auth/models.py": "class User: pass",
        "billing/models.py": "class User: pass\nclass Invoice: pass",
        "billing/tables.py": "",
    }
    for path, source in sources.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(source, encoding="utf-8")
    statements = rendered(
        "auth.models:User",
        "billing.models:User",
        "billing.models:Invoice",
        tables=("billing.tables",),
    )
    check = "\nprint(User.__module__, BillingUser.__module__, billing.tables.__name__)"
    run = subprocess.run(
        [sys.executable, "-c", statements + check],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["auth.models", "billing.models", "billing.tables"]


ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too


@given(
    st.lists(st.tuples(ANY_TEXT, ANY_TEXT)),
    st.lists(st.text(alphabet="ab._1")),
)
def test_whatever_the_names_the_result_compiles(
    models: list[tuple[str, str]], tables: list[str]
) -> None:
    compile(rendered(*map(":".join, models), tables=tuple(tables)), "imports", "exec")
