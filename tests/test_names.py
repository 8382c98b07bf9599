"""module_name, module_names and absolute_name: one dotted name per file, Python's relative imports."""

from __future__ import annotations

import importlib.util

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xcore_tools.discovery.walk.module_names import (
    absolute_name,
    import_root_of,
    is_below,
    is_package_file,
    module_name,
    module_names,
)


@pytest.mark.parametrize(
    ("path", "import_roots", "expected"),
    [
        pytest.param("auth/models.py", [""], "auth.models", id="module"),
        pytest.param("auth/__init__.py", [""], "auth", id="package"),
        pytest.param("app.py", [""], "app", id="top level"),
        pytest.param("auth/models.py", [], "auth.models", id="no roots: the project"),
        pytest.param("src/app/db.py", ["", "src"], "app.db", id="src layout"),
        pytest.param("src/app/__init__.py", ["", "src"], "app", id="package in src"),
        pytest.param("srcs/app.py", ["", "src"], "srcs.app", id="root is no prefix of a name"),
        pytest.param("a/b/c/d.py", ["a", "a/b", ""], "c.d", id="deepest root wins"),
        pytest.param("src/__init__.py", ["", "src"], "src", id="file of the root itself"),
        pytest.param("a/b/__init__.py", ["", "a", "a/b"], "b", id="next root above"),
        pytest.param("__init__.py", [""], "__init__", id="project is a package"),
        pytest.param("my-app/0001 init.py", [""], "my-app.0001 init", id="no identifiers"),
        pytest.param("app/local.settings.py", [""], "app.local.settings", id="dots"),
        pytest.param("app/stub.pyi", [""], "app.stub", id="another suffix"),
        pytest.param("app/__init__.pyi", [""], "app", id="package stub"),
        pytest.param("bin/manage", [""], "bin.manage", id="no suffix"),
        pytest.param("été/modèle.py", [""], "été.modèle", id="not ASCII"),
    ],
)
def test_module_name(path: str, import_roots: list[str], expected: str) -> None:
    assert module_name(path, import_roots) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a/__init__.py", True), ("__init__.py", True), ("a/__init__x.py", False), ("a.py", False)],
)
def test_is_package_file(path: str, expected: bool) -> None:
    assert is_package_file(path) is expected


def test_is_below() -> None:
    assert is_below("a/b.py", "a")
    assert is_below("a", "")
    assert not is_below("ab/c.py", "a")
    assert not is_below("a", "a")
    assert not is_below("", "")


def test_import_root_of_a_file_outside_all_roots_is_the_project() -> None:
    assert import_root_of("tools/x.py", ["src"]) == ""


def test_names_that_two_import_roots_would_share_start_at_the_project() -> None:
    paths = [
        "main.py",
        "orders/app/__init__.py",
        "orders/app/models.py",
        "orders/jobs.py",
        "users/app/__init__.py",
        "users/app/roles.py",
    ]
    names = module_names(paths, ["", "orders", "users"])
    assert names == {
        "main.py": "main",
        "orders/app/__init__.py": "orders.app",
        "orders/app/models.py": "orders.app.models",
        "orders/jobs.py": "jobs",
        "users/app/__init__.py": "users.app",
        "users/app/roles.py": "users.app.roles",
    }


def test_a_name_at_the_project_stays_where_an_import_root_has_it_too() -> None:
    assert module_names(["app.py", "src/app.py"], ["", "src"]) == {
        "app.py": "app",
        "src/app.py": "src.app",
    }


def test_a_namespace_package_may_have_parts_in_several_import_roots() -> None:
    names = module_names(["a/company/x.py", "b/company/y.py"], ["", "a", "b"])
    assert list(names.values()) == ["company.x", "company.y"]


def test_a_module_beside_a_package_keeps_its_name() -> None:
    assert set(module_names(["a.py", "a/__init__.py"], [""]).values()) == {"a"}


PART = st.sampled_from(["a", "b", "src", "pkg", "x-y"])
PATHS = st.lists(PART, min_size=1, max_size=5).map(lambda parts: "/".join(parts) + ".py")


@given(st.lists(PATHS, unique=True, max_size=12), st.lists(PART, unique=True, max_size=3))
def test_every_file_has_one_name_and_no_two_roots_share_one(
    paths: list[str], import_roots: list[str]
) -> None:
    names = module_names(paths, ["", *import_roots])
    assert set(names) == set(paths)
    assert all(names.values())
    for path, name in names.items():
        # the name spells the end of the path
        assert f"/{path}".endswith(f"/{name.replace('.', '/')}.py")


@pytest.mark.parametrize(
    ("module", "is_package", "level", "target", "expected"),
    [
        pytest.param("a.b", False, 0, "x.y", "x.y", id="absolute"),
        pytest.param("a.b", False, 1, "c", "a.c", id="sibling"),
        pytest.param("a.b", True, 1, "c", "a.b.c", id="from a package: its own child"),
        pytest.param("a.b.c", False, 2, "d", "a.d", id="one up"),
        pytest.param("a.b.c", True, 3, "d", "a.d", id="two up from a package"),
        pytest.param("a.b", False, 1, None, "a", id="from . import"),
        pytest.param("a.b", True, 2, None, "a", id="from .. import"),
        pytest.param("a", True, 1, "b.c", "a.b.c", id="dotted target"),
        pytest.param("a", False, 1, "b", "b", id="top level module: the import root"),
        pytest.param("a", False, 1, None, "", id="the import root itself"),
        pytest.param("a", True, 2, "b", "b", id="top level package: its siblings"),
        pytest.param("__init__", True, 1, "b", "b", id="project is a package"),
        pytest.param("a", False, 2, "b", None, id="climbs out of a module"),
        pytest.param("a", True, 3, None, None, id="climbs out of a package"),
        pytest.param("__init__", True, 2, "b", None, id="climbs out of the project"),
    ],
)
def test_absolute_name(
    module: str, is_package: bool, level: int, target: str | None, expected: str | None
) -> None:
    assert absolute_name(module, is_package, level, target) == expected


@given(
    st.lists(st.sampled_from("abc"), min_size=2, max_size=5).map(".".join),
    st.booleans(),
    st.integers(1, 4),
    st.sampled_from(["x", "x.y"]),
)
def test_absolute_name_agrees_with_python(
    module: str, is_package: bool, level: int, target: str
) -> None:
    package = module if is_package else module.rpartition(".")[0]
    ours = absolute_name(module, is_package, level, target)
    try:
        theirs = importlib.util.resolve_name("." * level + target, package)
    except ImportError:
        # The one difference: we let the import root be the package of what lies in it.
        assert ours in (None, target)
    else:
        assert ours == theirs
