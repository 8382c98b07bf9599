"""ModuleIndex: which file a dotted name means, looked up like Python does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from xcore_tools.discovery.walk import (
    ModuleIndex,
    Root,
    Rules,
    SourceFile,
    find_roots,
    find_sources,
)

Index = Callable[..., ModuleIndex]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path.resolve() / "project"
    project.mkdir()
    return project


@pytest.fixture
def index(project: Path) -> Index:
    """Make empty files, scan the roots, and return the index over the whole project."""

    def index(
        *paths: str,
        models: tuple[str, ...] = ("auth",),
        plugins: tuple[str, ...] = (),
        rules: Rules | None = None,
    ) -> ModuleIndex:
        for path in ("auth/models.py", *paths):
            file = project / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        roots, problems = find_roots(project, models, plugins)
        assert problems == []
        return ModuleIndex(project, roots, find_sources(project, roots, rules or Rules()))

    return index


def path_of(index: ModuleIndex, module: str, importer: str = "") -> str | None:
    source = index.locate(module, importer)
    return None if source is None else source.path


def test_a_file_outside_the_roots(index: Index) -> None:
    assert index("database/__init__.py").locate("database") == SourceFile(
        "database/__init__.py", "database", is_package=True, origin="core", selected=False
    )


def test_a_scanned_file_is_the_one_of_the_scan(index: Index, project: Path) -> None:
    found = index("auth/__init__.py", rules=Rules(exclude=("__init__.py",)))
    models, package = found.locate("auth.models"), found.locate("auth")
    assert models is not None
    assert models.selected
    assert package is not None
    assert not package.selected


def test_an_answer_is_kept(index: Index, project: Path) -> None:
    found = index("a.py")
    first = found.locate("a")
    (project / "a.py").unlink()
    assert first is not None
    assert found.locate("a") is first
    assert found.locate("b") is None
    (project / "b.py").touch()
    assert found.locate("b") is None


def test_a_package_comes_before_a_module(index: Index) -> None:
    assert path_of(index("a.py", "a/__init__.py"), "a") == "a/__init__.py"


def test_a_module_comes_before_a_namespace_package(index: Index) -> None:
    found = index("a.py", "a/b.py")
    assert path_of(found, "a") == "a.py"
    assert path_of(found, "a.b") == "a/b.py"


def test_namespace_packages(index: Index) -> None:
    found = index("company/product/models.py")
    assert found.locate("company") is None
    assert found.locate("company.product") is None
    assert path_of(found, "company.product.models") == "company/product/models.py"


@pytest.mark.parametrize(
    "module", ["os", "sqlalchemy.orm", "auth.models.User", "auth.nope", "a..b", "."]
)
def test_what_the_project_has_not(index: Index, module: str) -> None:
    assert index().locate(module) is None


def test_upper_and_lower_case_differ_on_every_file_system(index: Index) -> None:
    found = index("Database/Base.py")
    assert path_of(found, "Database.Base") == "Database/Base.py"
    assert found.locate("database.Base") is None
    assert found.locate("Database.base") is None


def test_src_layout(index: Index) -> None:
    found = index("src/app/db.py", models=("src",))
    source = found.locate("app.db")
    assert source is not None
    assert source.module == "app.db"
    assert found.locate("src.app.db") is source, "one file has one name, however it is asked for"


def test_what_is_ignored_or_excluded_can_be_resolved(index: Index, project: Path) -> None:
    (project / ".gitignore").write_text("settings_local.py\n")
    found = index("settings_local.py", "old/base.py", rules=Rules(exclude_directories=("old",)))
    assert path_of(found, "settings_local") == "settings_local.py"
    assert path_of(found, "old.base") == "old/base.py"


def test_the_origin_is_that_of_the_plugin_around_it(index: Index) -> None:
    found = index(
        "plugins/x/models.py",
        "plugins/x/old/a.py",
        "plugins/helper/__init__.py",
        "shared.py",
        plugins=("plugins",),
        rules=Rules(exclude_directories=("old",)),
    )
    origins = {
        module: source.origin
        for module in ("plugins.x.models", "plugins.x.old.a", "shared")
        if (source := found.locate(module)) is not None
    }
    assert origins == {
        "plugins.x.models": "plugin:x",
        "plugins.x.old.a": "plugin:x",
        "shared": "core",
    }


def test_the_import_root_of_the_importer_comes_first(index: Index) -> None:
    found = index(
        "orders/pyproject.toml",
        "orders/app/db.py",
        "users/pyproject.toml",
        "users/app/db.py",
        models=(".",),
    )
    assert path_of(found, "app.db", "orders/app/models.py") == "orders/app/db.py"
    assert path_of(found, "app.db", "users/app/models.py") == "users/app/db.py"
    source = found.locate("app.db", "users/app/models.py")
    assert source is not None
    assert source.module == "users.app.db"
    assert path_of(found, "users.app.db", "users/app/models.py") == "users/app/db.py"


def test_a_file_that_was_not_scanned_takes_no_name_of_another(index: Index) -> None:
    found = index("x/pyproject.toml", "x/auth/models.py", models=("auth", "x/auth/models.py"))
    again = index(
        "x/auth/models.py", "x/auth/base.py", "auth/base.py", models=("auth", "x/auth/models.py")
    )
    assert found.locate("auth.models", "x/auth/models.py") != found.locate("auth.models")
    source = again.locate("auth.base", "x/auth/models.py")
    assert source is not None
    assert (source.path, source.module) == ("x/auth/base.py", "x.auth.base")


def test_a_script_finds_what_lies_beside_it(index: Index) -> None:
    """backend/ has no pyproject.toml, and is started with `python main.py` inside it."""
    found = index(
        "backend/database.py",
        "backend/main.py",
        "backend/app/__init__.py",
        "backend/app/api/__init__.py",
        models=("backend",),
    )
    assert found.locate("database") is None
    assert path_of(found, "database", "backend/main.py") == "backend/database.py"
    assert path_of(found, "database", "backend/app/api/users.py") == "backend/database.py"
    assert path_of(found, "database", "auth/models.py") is None


def test_a_module_beside_the_importer_does_not_hide_one_of_the_project(index: Index) -> None:
    found = index("database.py", "backend/database.py")
    assert path_of(found, "database", "backend/main.py") == "database.py"


def test_a_plugin_finds_what_lies_in_its_directory(index: Index) -> None:
    found = index(
        "plugins/Billing/__init__.py",
        "plugins/Billing/core/__init__.py",
        "plugins/Billing/models/invoice.py",
        plugins=("plugins",),
    )
    importer = "plugins/Billing/models/invoice.py"
    assert path_of(found, "core", importer) == "plugins/Billing/core/__init__.py"
    assert found.locate("core", "auth/models.py") is None


def test_a_project_that_is_a_package_itself(index: Index) -> None:
    found = index("__init__.py", "base.py")
    assert path_of(found, "project") == "__init__.py"
    assert path_of(found, "project.base") == "base.py"
    assert path_of(found, "") == "__init__.py"
    source = found.locate("project.base")
    assert source is not None
    assert source.module == "base"


def test_a_project_that_is_no_package(index: Index) -> None:
    found = index("base.py")
    assert found.locate("project.base") is None
    assert found.locate("project") is None
    assert found.locate("") is None


def test_nothing_outside_the_project_is_an_answer(
    index: Index, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "base.py").touch()
    (project / "linked").symlink_to(tmp_path / "elsewhere")
    (project / "one.py").symlink_to(tmp_path / "elsewhere" / "base.py")
    found = index()
    assert found.locate("linked.base") is None
    assert found.locate("one") is None
    assert found.locate("...elsewhere.base") is None


def test_a_link_inside_the_project_is_its_target(index: Index, project: Path) -> None:
    (project / "alias").symlink_to("auth")
    found = index()
    assert found.locate("alias.models") is found.locate("auth.models")


def test_pipes_are_no_modules(index: Index, project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    assert index().locate("pipe") is None


def test_a_root_outside_the_project_owns_nothing(project: Path, tmp_path: Path) -> None:
    (project / "a.py").touch()
    found = ModuleIndex(project, [Root(tmp_path, "plugin:x")], find_sources(project, [], Rules()))
    source = found.locate("a")
    assert source is not None
    assert source.origin == "core"
