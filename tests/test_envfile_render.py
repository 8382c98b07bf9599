"""The lines of the block: sorted, complete, and in nobody's way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))

from envfile_support import discovery_of

from xcore_tools.envfile.render import Style, render_block

BRANCH = "if True:  # in here no tool sorts, moves, drops or adds imports"


def inner(lines: tuple[str, ...]) -> str:
    """What stands in the branch, without its indentation."""
    assert lines[:2] == ("# isort: off", BRANCH)
    assert lines[-1] == "# isort: on"
    assert all(not line or line.startswith("    ") for line in lines[2:-1])
    return "".join(line[4:] + "\n" for line in lines[2:-1])


def rendered(
    *models: str, tables: tuple[str, ...] = (), taken: str = "", style: Style = Style.MODELS
) -> str:
    discovery = discovery_of(*models, tables=tables)
    return inner(render_block(discovery, style=style, taken=frozenset(taken.split())))


@pytest.mark.parametrize("style", Style)
def test_nothing_to_load_is_an_empty_block(style: Style) -> None:
    assert render_block(discovery_of(), style=style) == ()


def test_models_are_imported_by_name_and_used() -> None:
    assert rendered("admin.models:Role", "admin.models:Permission", "auth.models:User") == (
        "from admin.models import Permission, Role\n"
        "from auth.models import User\n"
        "\n"
        "__models__ = (\n    Permission,\n    Role,\n    User,\n)\n"
    )


def test_modules_without_a_class_to_name_come_whole_in_their_place() -> None:
    shown = rendered("a:A", "c:f.<locals>.C", "d:O.Inner", tables=("a", "b.t"))
    assert shown.splitlines()[:4] == [
        "from a import A",
        "import b.t as b_t",
        "import c",
        "import d",
    ]
    assert "(\n    A,\n    b_t,\n    c,\n    d,\n)" in shown


def test_long_lines_are_broken_at_79_columns() -> None:
    name = "N" * (75 - len("from m import "))
    assert f"from m import {name}\n" in rendered(f"m:{name}")
    assert f"from m import (\n    {name}N,\n)\n" in rendered(f"m:{name}N")


def test_no_name_of_the_file_is_bound_and_none_twice() -> None:
    shown = rendered("auth.models:User", "billing.models:User", "x:config", taken="User config")
    assert shown.startswith(
        "from auth.models import User as AuthUser\n"
        "from billing.models import User as BillingUser\n"
        "from x import config as Xconfig\n"
    )
    shown = rendered("auth.models:User", "billing.models:User")
    assert "import User\n" in shown
    assert "import User as BillingUser\n" in shown


def test_aliases_get_longer_before_they_get_numbers() -> None:
    shown = rendered("app.auth.models:User", taken="User AuthUser")
    assert "import User as AppAuthModelsUser\n" in shown
    shown = rendered("app.auth.models:User", taken="User AuthUser AppAuthModelsUser")
    assert "import User as AppAuthModelsUser2\n" in shown
    assert "import User as _1User\n" in rendered("a._1:User", taken="User")


def test_the_tuple_and_the_modules_make_way_too() -> None:
    shown = rendered(tables=("app.t", "t"), taken="__models__ __models_2__ t app_t app")
    assert shown == (
        "import app.t as app_t_2\nimport t as t_2\n\n__models_3__ = (\n    app_t_2,\n    t_2,\n)\n"
    )


def test_the_alias_of_a_long_module_is_short() -> None:
    module = ".".join(["package" * 2] * 3)
    assert f"import {module} as _{'package' * 2}\n" in rendered(tables=(module,))


@pytest.mark.parametrize("style", [Style.MODELS, Style.MODULES])
def test_no_line_is_too_long_for_flake8_up_to_a_name_of_60_characters(style: Style) -> None:
    for length in range(30, 61):
        modules = [f"package.{'x' * (length - 9)}{number}" for number in range(3)]
        assert {len(module) for module in modules} == {length}
        discovery = discovery_of(f"{modules[0]}:{'N' * 60}", f"{modules[1]}:A", tables=modules[2:])
        lines = render_block(discovery, style=style)
        assert max(map(len, lines)) <= 79
        compile("\n".join(lines), "block", "exec")


def test_modules_style_imports_every_module_whole() -> None:
    shown = rendered("a.m:A", "b:B", tables=("a.t",), style=Style.MODULES)
    assert shown == (
        "import a.m as a_m\nimport a.t as a_t\nimport b\n\n"
        "__models__ = (\n    a_m,\n    a_t,\n    b,\n)\n"
    )


def test_strings_style_binds_one_name_only() -> None:
    discovery = discovery_of("a.m:A", "b:B", tables=("a.t",))
    expected = ['    "a.m",', '    "a.t",', '    "b",', "):"]
    lines = render_block(discovery, style=Style.STRINGS)
    assert lines == ("for _module in (", *expected, "    __import__(_module)")
    lines = render_block(discovery, style=Style.STRINGS, taken=frozenset({"_module"}))
    assert lines == ("for _module_2 in (", *expected, "    __import__(_module_2)")


def test_modules_that_no_statement_can_name_are_loaded_by_name() -> None:
    assert rendered("old-models:User") == '__models__ = (\n    __import__("old-models"),\n)\n'
    shown = rendered("a:A", "b.class:User", 'c"d:X', "\xe9-\n:X")
    assert (
        '    __import__("b.class"),\n    __import__(\'c"d\'),\n    __import__("\\xe9-\\n"),'
        in shown
    )


KEPT = [("db", "Base", "Base"), ("auth", "User", "Member"), ("auth", "Other", "Other")]


def test_kept_imports_are_bound_as_they_are() -> None:
    discovery = discovery_of("app:Base", "auth:User", "auth:Role")
    lines = render_block(discovery, taken=frozenset({"Member", "Base"}), kept=KEPT)
    assert inner(lines) == (
        "from app import Base as AppBase\n"
        "from auth import Other, Role, User as Member\n"
        "from db import Base\n"
        "\n"
        "__models__ = (\n    AppBase,\n    Role,\n    Member,\n)\n"
    )


def test_kept_imports_stand_in_every_style_and_alone() -> None:
    discovery = discovery_of("auth:User", tables=("db", "x"))
    assert inner(render_block(discovery, style=Style.MODULES, kept=KEPT)) == (
        "from auth import Other, User as Member\n"
        "from db import Base\n"
        "import x\n\n__models__ = (\n    x,\n)\n"
    )
    lines = render_block(discovery, style=Style.STRINGS, kept=KEPT)
    only = "from auth import Other, User as Member\nfrom db import Base\n"
    assert inner(lines[:5]) == only
    assert lines[5:7] == ("for _module in (", '    "auth",')
    for style in Style:
        assert inner(render_block(discovery_of(), style=style, kept=KEPT)) == only


@pytest.mark.parametrize("style", Style)
def test_the_lines_load_every_module(tmp_path: Path, style: Style) -> None:
    for path in ("auth/models.py", "billing/models.py", "billing/tables.py", "old-models.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("class User: pass", encoding="utf-8")
    models = ("auth.models:User", "billing.models:User", "old-models:User")
    lines = render_block(discovery_of(*models, tables=("billing.tables",)), style=style)
    check = "import sys\nprint(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", "\n".join([*lines, check])],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {"auth.models", "billing.models", "billing.tables", "old-models"} <= set(
        run.stdout.split()
    )


ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too
NAME = st.text(alphabet="AaUb_1", min_size=1, max_size=3)
MODULE = st.text(alphabet="abU._1", min_size=1, max_size=5)


@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT)), st.sampled_from(Style))
def test_whatever_the_names_the_result_compiles(names: list[tuple[str, str]], style: Style) -> None:
    models = (":".join(pair) for pair in names)
    compile("\n".join(render_block(discovery_of(*models), style=style)), "block", "exec")


@given(
    st.lists(st.tuples(MODULE, NAME)), st.lists(MODULE), st.frozensets(NAME), st.sampled_from(Style)
)
def test_every_bound_name_is_free_and_bound_once(
    names: list[tuple[str, str]], tables: list[str], taken: frozenset[str], style: Style
) -> None:
    discovery = discovery_of(*map(":".join, names), tables=tables)
    lines = render_block(discovery, style=style, taken=taken)
    assert lines == render_block(discovery, style=style, taken=taken)
    bound = []
    for node in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound += [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.append(node.id)
    assert len(bound) == len(set(bound))
    assert not taken & set(bound)
