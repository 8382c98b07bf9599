"""find_sources and read_source: which files a scan sees, each once, whatever the disk holds."""

from __future__ import annotations

import inspect
import os
import random
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from xcore_tools import Config, discover
from xcore_tools.discovery.results import Problem
from xcore_tools.discovery.walk import (
    SIZE_LIMIT,
    Root,
    Rules,
    SourceFile,
    Walk,
    find_roots,
    find_sources,
    read_source,
)
from xcore_tools.errors import ConfigError

Write = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = tmp_path.resolve() / "project"
    project.mkdir()
    return project


@pytest.fixture
def write(project: Path) -> Write:
    """Make empty files, and return the project."""

    def write(*paths: str) -> Path:
        for path in paths:
            file = project / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        return project

    return write


def walk(project: Path, *roots: str, rules: Rules | None = None) -> Walk:
    named = [Root(project / root) for root in roots or (".",)]
    return find_sources(project, named, rules or Rules())


def paths(project: Path, *roots: str, rules: Rules | None = None) -> list[str]:
    found = walk(project, *roots, rules=rules)
    assert found.problems == ()
    return [source.path for source in found.sources]


def selected(project: Path, rules: Rules) -> dict[str, bool]:
    return {source.path: source.selected for source in walk(project, rules=rules).sources}


class TestFiles:
    def test_a_source_file(self, write: Write) -> None:
        assert walk(write("auth/models.py", "auth/__init__.py")).sources == (
            SourceFile("auth/__init__.py", "auth", True, "core", True),
            SourceFile("auth/models.py", "auth.models", False, "core", True),
        )

    def test_only_python_files(self, write: Write) -> None:
        project = write("a.py", "a.pyc", "a.pyi", "a.txt", "py", "b.PY")
        assert paths(project) == ["a.py"]

    def test_hidden_files_are_no_modules(self, write: Write) -> None:
        assert paths(write("a.py", ".#a.py", ".hidden.py")) == ["a.py"]

    def test_the_order_is_that_of_the_paths(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = write(*(f"{one}/{two}.py" for one in "cab" for two in "yxz"))
        expected = paths(project)
        assert expected == sorted(expected)
        scandir = os.scandir

        @contextmanager
        def shuffled(path: str) -> Iterator[list[os.DirEntry[str]]]:
            with scandir(path) as entries:
                yield random.Random(7).sample(listed := list(entries), len(listed))

        monkeypatch.setattr(os, "scandir", shuffled)
        assert paths(project) == expected

    def test_pipes_sockets_and_directories_are_no_files(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = write("a.py", "package.py/b.py")
        os.mkfifo(project / "pipe.py")
        (project / "link.py").symlink_to("pipe.py")
        monkeypatch.chdir(project)  # the path of a socket has to be short
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket.py")
            assert paths(project) == ["a.py", "package.py/b.py"]

    def test_a_file_as_root(self, write: Write) -> None:
        assert paths(write("a.py", "b.py", "tool"), "b.py", "tool") == ["b.py", "tool"]

    def test_a_module_that_no_import_reaches_is_not_reported(self, write: Write) -> None:
        project = write("a/__init__.py", "a.py", "b.py", "b/c.py")
        assert selected(project, Rules()) == {
            "a.py": False,
            "a/__init__.py": True,
            "b.py": True,
            "b/c.py": True,
        }

    def test_directories_deeper_than_the_stack(self, write: Write) -> None:
        path = "/".join("d" * 300) + "/a.py"
        project = write(path)
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(len(inspect.stack()) + 100)
        try:
            assert paths(project) == [path]
        finally:
            sys.setrecursionlimit(limit)


class TestPatterns:
    def test_what_is_excluded_is_returned_but_not_selected(self, write: Write) -> None:
        project = write("models.py", "test_models.py", "models_test.py", "__init__.py")
        rules = Rules(exclude=("__init__.py", "test_*.py", "*_test.py"))
        assert selected(project, rules) == {
            "__init__.py": False,
            "models.py": True,
            "models_test.py": False,
            "test_models.py": False,
        }

    def test_what_is_not_included_is_returned_but_not_selected(self, write: Write) -> None:
        project = write("a/models.py", "a/views.py", "stub.pyi", "x.txt")
        rules = Rules(include=("models.py", "*.pyi"))
        assert selected(project, rules) == {
            "a/models.py": True,
            "a/views.py": False,
            "stub.pyi": True,
        }

    @pytest.mark.parametrize(
        ("pattern", "matched"),
        [
            ("a.py", {"a.py", "x/a.py", "x/y/a.py"}),
            ("x/a.py", {"x/a.py"}),
            ("./a.py", {"a.py"}),
            ("/a.py", {"a.py"}),
            ("x/**", {"x/a.py", "x/y/a.py"}),
            ("x", {"x/a.py", "x/y/a.py"}),
            ("y", {"x/y/a.py"}),
            ("y/**", set()),
            ("**/y/**", {"x/y/a.py"}),
            ("x/", {"x/a.py", "x/y/a.py"}),
            ("y/", {"x/y/a.py"}),
            ("x/y/", {"x/y/a.py"}),
            ("**/y/*.py", {"x/y/a.py"}),
            ("[!b].py", {"a.py", "x/a.py", "x/y/a.py"}),
            ("A.py", set()),
        ],
    )
    def test_globs(self, write: Write, pattern: str, matched: set[str]) -> None:
        project = write("a.py", "x/a.py", "x/y/a.py")
        excluded = {
            each for each, yes in selected(project, Rules(exclude=(pattern,))).items() if not yes
        }
        included = {
            each for each, yes in selected(project, Rules(include=(pattern,))).items() if yes
        }
        assert excluded == included == matched

    def test_patterns_do_not_hold_for_a_file_that_is_named(self, write: Write) -> None:
        project = write("test_models.py")
        rules = Rules(exclude=("test_*.py",))
        (source,) = walk(project, "test_models.py", rules=rules).sources
        assert source.selected

    def test_patterns_hold_for_a_plugin_that_is_a_file(self, write: Write) -> None:
        project = write("plugins/audit.py", "plugins/test_audit.py", "plugins/__init__.py")
        rules = Rules(exclude=("test_*.py", "__init__.py"))
        roots, _ = find_roots(project, [], ["plugins"], rules)
        sources = find_sources(project, roots, rules).sources
        assert [(each.module, each.origin, each.selected) for each in sources] == [
            ("plugins", "core", False),
            ("plugins.audit", "plugin:audit", True),
            ("plugins.test_audit", "plugin:test_audit", False),
        ]

    @pytest.mark.parametrize("pattern", ["old", "old/", "o*", "./old", "x/old"])
    def test_excluded_directories_are_not_entered(self, write: Write, pattern: str) -> None:
        project = write("a.py", "old/a.py", "x/old/a.py", "older/a.py")
        left = {
            "old": ["a.py", "older/a.py"],
            "old/": ["a.py", "older/a.py"],
            "o*": ["a.py"],
            "./old": ["a.py", "older/a.py", "x/old/a.py"],
            "x/old": ["a.py", "old/a.py", "older/a.py"],
        }
        assert paths(project, rules=Rules(exclude_directories=(pattern,))) == left[pattern]

    def test_an_excluded_directory_is_no_part_of_a_name(self, write: Write) -> None:
        """`env` must not hide `environment`, as in a peer that looks for substrings."""
        project = write("environment/a.py", "my_env/a.py")
        rules = Rules(exclude_directories=("env", "environment/a"))
        assert paths(project, rules=rules) == ["environment/a.py", "my_env/a.py"]

    def test_all_below_an_excluded_directory(self, write: Write) -> None:
        project = write("a.py", "old/a.py", "old/x/a.py", "x/old/a.py")
        rules = Rules(exclude_directories=("old/**",))
        assert paths(project, rules=rules) == ["a.py", "x/old/a.py"]

    def test_malformed_patterns_are_an_error_that_names_them_all(self, write: Write) -> None:
        rules = Rules(include=("[a",), exclude=("*.py", "x\\"), exclude_directories=("[[:no:]]",))
        with pytest.raises(ConfigError) as caught:
            walk(write("a.py"), rules=rules)
        assert [fault.split(":")[0] for fault in caught.value.faults] == [
            "pattern '[[",
            "pattern '[a'",
            "pattern 'x\\\\'",
        ]


class TestDefaultExcludes:
    def test_packages_with_names_of_tools_are_not_lost(self, write: Write) -> None:
        files = sorted(
            f"{name}/models.py" for name in ("build", "dist", "env", "venv", "lib", "ENV")
        )
        assert paths(write(*files)) == files

    def test_but_a_configuration_can_exclude_them(self, write: Write) -> None:
        rules = Rules(exclude_directories=("venv",))
        assert paths(write("venv/models.py", "env/models.py"), rules=rules) == ["env/models.py"]

    @pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/history"])
    def test_a_virtual_environment_of_any_name(self, write: Write, mark: str) -> None:
        project = write(
            "a.py", f"a/of-mine/{mark}", "a/of-mine/lib/x.py", "a/of-mine/y.py", "a/b.py"
        )
        assert paths(project) == ["a.py", "a/b.py"]

    def test_a_virtual_environment_made_in_the_project_itself(self, write: Write) -> None:
        project = write("pyvenv.cfg", "app/models.py", "lib/python3.11/site-packages/x/models.py")
        assert paths(project) == ["app/models.py"]

    @pytest.mark.parametrize(
        "directory", ["__pycache__", "node_modules", "site-packages", ".git", ".tox", ".anything"]
    )
    def test_caches_and_hidden_directories_at_any_depth(self, write: Write, directory: str) -> None:
        project = write(f"{directory}/a.py", f"x/y/{directory}/z/a.py", "x/y/a.py")
        assert paths(project) == ["x/y/a.py"]

    def test_any_of_them_can_be_named_as_root(self, write: Write) -> None:
        project = write(".hidden/a.py", "venv/pyvenv.cfg", "venv/b.py", "old/c.py")
        rules = Rules(exclude_directories=("old",))
        found = paths(project, ".hidden", "venv", "old", rules=rules)
        assert found == [".hidden/a.py", "old/c.py", "venv/b.py"]


class TestRoots:
    def test_only_what_lies_below_a_root(self, write: Write) -> None:
        assert paths(write("a/x.py", "b/x.py", "c/x.py"), "a", "c") == ["a/x.py", "c/x.py"]

    @pytest.mark.parametrize("order", [1, -1])
    def test_the_innermost_root_gives_the_origin(self, write: Write, order: int) -> None:
        project = write("a.py", "plugins/x/a.py", "plugins/x/core/b.py", "plugins/x/core/c.py")
        roots = [
            Root(project),
            Root(project / "plugins/x", "plugin:x"),
            Root(project / "plugins/x/core"),
            Root(project / "plugins/x/core/c.py", "plugin:c"),
        ]
        sources = find_sources(project, roots[::order], Rules()).sources
        assert [(each.path, each.origin) for each in sources] == [
            ("a.py", "core"),
            ("plugins/x/a.py", "plugin:x"),
            ("plugins/x/core/b.py", "core"),
            ("plugins/x/core/c.py", "plugin:c"),
        ]

    def test_of_two_equal_roots_the_first_gives_the_origin(self, write: Write) -> None:
        project = write("plugins/x/a.py")
        roots, _ = find_roots(project, ["plugins/x"], ["plugins"])
        (source,) = find_sources(project, roots, Rules()).sources
        assert source.origin == "core"

    def test_a_root_outside_the_project_is_a_problem(self, write: Write, tmp_path: Path) -> None:
        (problem,) = walk(write(), str(tmp_path)).problems
        assert problem.code == "XT110"
        assert "outside" in problem.message

    def test_a_root_that_is_gone_is_a_problem(self, write: Write) -> None:
        (problem,) = walk(write(), "gone").problems
        assert (problem.path, problem.code, problem.severity) == ("gone", "XT102", "warning")

    def test_a_project_reached_through_a_link(self, write: Write, tmp_path: Path) -> None:
        write("auth/models.py")
        alias = tmp_path / "alias"
        alias.symlink_to("project")
        assert paths(alias, "auth") == ["auth/models.py"]


class TestLinks:
    def test_a_file_reachable_twice_has_its_real_path(self, write: Write) -> None:
        project = write("z/models.py")
        (project / "a").symlink_to("z")
        (project / "a.py").symlink_to("z/models.py")
        assert paths(project) == ["z/models.py"]

    def test_what_lies_outside_the_roots_has_the_path_of_the_link(self, write: Write) -> None:
        project = write("app/a.py", "shared/models/b.py", "shared/models/c/d.py", "shared/one.py")
        (project / "app" / "models").symlink_to("../shared/models")
        (project / "app" / "uno.py").symlink_to("../shared/one.py")
        assert paths(project, "app") == [
            "app/a.py",
            "app/models/b.py",
            "app/models/c/d.py",
            "app/uno.py",
        ]

    def test_two_links_to_one_directory_are_one(self, write: Write) -> None:
        project = write("app/a.py", "shared/b.py")
        for name in ("y", "x"):
            (project / "app" / name).symlink_to("../shared")
        assert paths(project, "app") == ["app/a.py", "app/x/b.py"]

    def test_a_link_around_a_scanned_directory(self, write: Write) -> None:
        project = write("app/core/a.py", "app/b.py")
        (project / "core" / "x").mkdir(parents=True)
        (project / "core" / "x" / "all").symlink_to("../../app")
        found = walk(project, "app/core", "core")
        assert [source.path for source in found.sources] == ["app/core/a.py", "core/x/all/b.py"]

    def test_a_link_that_leads_outside(self, write: Write, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "x.py").touch()
        project = write("a.py")
        (project / "dir").symlink_to(tmp_path / "elsewhere")
        (project / "file.py").symlink_to(tmp_path / "elsewhere" / "x.py")
        (project / "data.csv").symlink_to(tmp_path / "elsewhere" / "x.py")
        found = walk(project)
        assert [source.path for source in found.sources] == ["a.py"]
        assert found.problems == tuple(
            Problem(
                path, 0, "XT111", "note", "symbolic link leads outside the project: not followed"
            )
            for path in ("dir", "file.py")
        )

    def test_a_link_to_a_virtual_environment_outside_is_not_worth_a_word(
        self, write: Write, tmp_path: Path
    ) -> None:
        (tmp_path / "env").mkdir()
        (tmp_path / "env" / "pyvenv.cfg").touch()
        project = write("a.py")
        (project / "my-env").symlink_to(tmp_path / "env")
        assert paths(project) == ["a.py"]

    @pytest.mark.parametrize("target", [".", "..", "../.."])
    def test_a_loop_ends(self, write: Write, target: str) -> None:
        project = write("a/b/c.py")
        (project / "a" / "b" / "loop").symlink_to(target)
        found = walk(project)
        assert [source.path for source in found.sources] == ["a/b/c.py"]
        (problem,) = found.problems
        assert (problem.path, problem.code, problem.severity) == ("a/b/loop", "XT111", "note")
        assert "leads back" in problem.message

    def test_two_directories_that_link_to_each_other(self, write: Write) -> None:
        project = write("a/x.py", "b/y.py")
        (project / "a" / "b").symlink_to("../b")
        (project / "b" / "a").symlink_to("../a")
        assert paths(project) == ["a/x.py", "b/y.py"]
        found = walk(project, "a")
        assert [source.path for source in found.sources] == ["a/b/y.py", "a/x.py"]

    def test_broken_links(self, write: Write) -> None:
        project = write("a.py")
        (project / "gone.py").symlink_to("nothing")
        (project / "self.py").symlink_to("self.py")
        (project / "gone.txt").symlink_to("nothing")
        (project / ".#a.py").symlink_to("user@host.123")  # a lock of Emacs
        found = walk(project)
        assert [source.path for source in found.sources] == ["a.py"]
        assert [(each.path, each.code, each.severity) for each in found.problems] == [
            ("gone.py", "XT111", "warning"),
            ("self.py", "XT111", "warning"),
        ]

    def test_excludes_hold_for_the_name_of_a_link(self, write: Write) -> None:
        project = write("app/a.py", "shared/models.py")
        for name in ("old", ".hidden", "node_modules"):
            (project / "app" / name).symlink_to("../shared")
        rules = Rules(exclude_directories=("old",))
        assert paths(project, "app", rules=rules) == ["app/a.py"]

    def test_to_git_a_link_is_no_directory(self, write: Write) -> None:
        project = write("app/a.py", "shared/models.py")
        (project / "app" / "linked").symlink_to("../shared")
        (project / ".gitignore").write_text("linked/\n")
        assert paths(project, "app") == ["app/a.py", "app/linked/models.py"]
        (project / ".gitignore").write_text("linked\n")
        assert paths(project, "app") == ["app/a.py"]


class TestHostileDisks:
    @pytest.mark.parametrize(
        ("error", "severity", "reason"),
        [
            (PermissionError(13, "Permission denied"), "error", "Permission denied"),
            (FileNotFoundError(2, "No such file or directory"), "warning", "vanished"),
            (OSError(5, "Input/output error"), "error", "Input/output error"),
        ],
    )
    def test_a_directory_that_cannot_be_read(
        self,
        write: Write,
        monkeypatch: pytest.MonkeyPatch,
        error: OSError,
        severity: str,
        reason: str,
    ) -> None:
        project = write("a/x.py", "b/x.py", "c/x.py")
        scandir = os.scandir

        def refuse(path: str) -> object:
            if path.endswith("/b"):
                raise error
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)
        found = walk(project)
        assert [source.path for source in found.sources] == ["a/x.py", "c/x.py"]
        (problem,) = found.problems
        assert (problem.path, problem.code, problem.severity) == ("b", "XT102", severity)
        assert reason in problem.message

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
    def test_a_directory_without_permission(self, write: Write) -> None:
        project = write("a/x.py", "b/x.py")
        (project / "b").chmod(0)
        try:
            found = walk(project)
        finally:
            (project / "b").chmod(0o700)
        assert [source.path for source in found.sources] == ["a/x.py"]
        assert [problem.code for problem in found.problems] == ["XT102"]

    def test_an_entry_that_is_gone_when_it_is_looked_at(
        self, write: Write, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On file systems whose listings do not tell files from directories."""
        project = write("a.py")
        scandir = os.scandir

        class Gone:
            name = "gone.py"

            def is_symlink(self) -> bool:
                raise PermissionError(13, "Permission denied")

        @contextmanager
        def with_one_more(path: str) -> Iterator[list[object]]:
            with scandir(path) as entries:
                yield [Gone(), *entries]

        monkeypatch.setattr(os, "scandir", with_one_more)
        assert paths(project) == ["a.py"]

    def test_names_that_are_no_text(self, project: Path) -> None:
        raw = os.fsencode(project)
        try:
            os.mkdir(raw + b"/d\xff")  # noqa: PTH102
        except OSError:
            pytest.skip("the file system takes text only")
        for name in (b"d\xff/inside.py", b"caf\xe9.py", b"caf\xe9.txt", b"ok.py"):
            (project / os.fsdecode(name)).touch()
        (project / os.fsdecode(b"l\xff.py")).symlink_to("ok.py")
        found = walk(project)
        assert [source.path for source in found.sources] == ["ok.py"]
        assert [(each.path, each.code) for each in found.problems] == [
            (r"caf\udce9.py", "XT102"),
            (r"d\udcff", "XT102"),
            (r"l\udcff.py", "XT102"),
        ]
        for problem in found.problems:
            assert f"{problem}".encode()

    def test_names_with_line_ends_and_spaces(self, write: Write) -> None:
        names = ["a\nb.py", "c d.py", "é.py"]
        assert paths(write(*names)) == names


class TestImportRoots:
    def test_the_project_is_one_and_no_more(self, write: Write) -> None:
        assert walk(write("a/b.py")).import_roots == ("",)

    def test_src(self, write: Write) -> None:
        found = walk(write("src/app/models.py"))
        assert found.import_roots == ("", "src")
        assert found.sources[0].module == "app.models"

    def test_src_is_seen_from_a_root_inside_it(self, write: Write) -> None:
        (source,) = walk(write("src/app/models.py"), "src/app").sources
        assert source.module == "app.models"

    def test_src_that_is_a_package(self, write: Write) -> None:
        found = walk(write("src/__init__.py", "src/models.py"))
        assert found.import_roots == ("",)
        assert [source.module for source in found.sources] == ["src", "src.models"]

    def test_src_that_is_no_directory(self, write: Write) -> None:
        assert walk(write("src", "a.py")).import_roots == ("",)

    def test_src_somewhere_inside_is_a_package_like_others(self, write: Write) -> None:
        assert walk(write("a/src/b.py")).import_roots == ("",)

    @pytest.mark.parametrize("marker", ["pyproject.toml", "setup.cfg", "alembic.ini"])
    @pytest.mark.parametrize("root", [".", "backend", "backend/app"])
    def test_an_application_of_its_own(self, write: Write, marker: str, root: str) -> None:
        found = walk(write(f"backend/{marker}", "backend/app/models.py"), root)
        assert found.import_roots == ("", "backend")
        assert [source.module for source in found.sources] == ["app.models"]

    def test_src_beside_a_pyproject(self, write: Write) -> None:
        found = walk(write("libs/x/pyproject.toml", "libs/x/src/x/models.py"))
        assert found.import_roots == ("", "libs/x", "libs/x/src")
        assert [source.module for source in found.sources] == ["x.models"]

    def test_a_setup_script_is_one_that_uses_setuptools(self, write: Write) -> None:
        project = write("a/setup.py", "b/setup.py")
        (project / "a" / "setup.py").write_text("from setuptools import setup\n")
        (project / "b" / "setup.py").write_text("def setup(app): ...\n")
        assert walk(project).import_roots == ("", "a")

    def test_a_directory_of_migrations_is_none(self, write: Write) -> None:
        """Flask-Migrate keeps alembic.ini in it."""
        assert walk(write("migrations/alembic.ini", "migrations/env.py")).import_roots == ("",)

    @pytest.mark.parametrize("package", ["a/__init__.py", "a/b/__init__.py"])
    def test_a_package_is_none_and_nothing_in_it(self, write: Write, package: str) -> None:
        found = walk(write(package, "a/b/alembic.ini", "a/b/c.py"))
        assert found.import_roots == ("",)

    def test_the_project_being_a_package_makes_no_difference(self, write: Write) -> None:
        found = walk(write("__init__.py", "models.py", "x/pyproject.toml", "x/y.py"))
        assert found.import_roots == ("", "x")
        assert [source.module for source in found.sources] == ["__init__", "models", "y"]

    def test_configured_ones_come_first(self, write: Write, tmp_path: Path) -> None:
        project = write("lib/one/a.py", "other/b.py", "src/c.py")
        roots = ("./lib", str(project / "other"), str(tmp_path / "elsewhere"), "..")
        found = walk(project, rules=Rules(import_roots=roots))
        assert found.import_roots == ("lib", "other", "", "src")
        assert [source.module for source in found.sources] == ["one.a", "b", "c"]

    def test_namespace_packages(self, write: Write) -> None:
        (source,) = walk(write("company/product/models.py")).sources
        assert source.module == "company.product.models"

    def test_two_services_with_a_package_of_one_name(self, write: Write) -> None:
        found = walk(
            write(
                "orders/pyproject.toml",
                "orders/app/models.py",
                "users/pyproject.toml",
                "users/app/models.py",
            )
        )
        assert [source.module for source in found.sources] == [
            "orders.app.models",
            "users.app.models",
        ]


class TestReadSource:
    def test_bytes_as_they_are(self, project: Path) -> None:
        data = b"\xef\xbb\xbfa = 1\r\n\x00\xff"
        (project / "a.py").write_bytes(data)
        assert read_source(project, "a.py") == data

    def test_a_file_that_is_gone(self, project: Path) -> None:
        assert read_source(project, "gone.py") == Problem(
            "gone.py", 0, "XT102", "warning", "cannot be read: it vanished during the scan"
        )

    def test_a_file_that_cannot_be_read(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (project / "a.py").touch()

        def refuse(path: str, *_: object, **__: object) -> object:
            raise PermissionError(13, "Permission denied", path)

        monkeypatch.setattr("builtins.open", refuse)
        assert read_source(project, "a.py") == Problem(
            "a.py", 0, "XT102", "error", "cannot be read: Permission denied"
        )

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
    def test_a_file_without_permission(self, project: Path) -> None:
        (project / "a.py").touch(0)
        problem = read_source(project, "a.py")
        assert isinstance(problem, Problem)
        assert problem.code == "XT102"

    def test_a_pipe_is_not_opened(self, project: Path) -> None:
        os.mkfifo(project / "a.py")
        problem = read_source(project, "a.py")
        assert isinstance(problem, Problem)
        assert (problem.code, problem.message) == ("XT102", "cannot be read: not a regular file")

    def test_a_directory(self, project: Path) -> None:
        (project / "a.py").mkdir()
        assert isinstance(read_source(project, "a.py"), Problem)

    def test_the_limit(self, project: Path) -> None:
        (project / "a.py").write_bytes(b"x" * 1001)
        assert read_source(project, "a.py", 1001) == b"x" * 1001
        assert read_source(project, "a.py", 1000) == Problem(
            "a.py", 0, "XT105", "error", "larger than 1,000 bytes: not read"
        )

    def test_a_huge_file_is_not_read(self, project: Path) -> None:
        with (project / "a.py").open("wb") as file:
            file.truncate(SIZE_LIMIT * 1000)  # takes no space
        problem = read_source(project, "a.py")
        assert isinstance(problem, Problem)
        assert problem.code == "XT105"

    def test_a_file_that_grows_while_it_is_read(self) -> None:
        if not Path("/proc/self/maps").exists():
            pytest.skip("needs a file that says it is empty and is not")
        problem = read_source(Path("/proc/self"), "maps", 10)
        assert isinstance(problem, Problem)
        assert problem.code == "XT105"

    def test_names_that_are_no_paths(self, project: Path) -> None:
        for name in ("a\0.py", "\udcff.py", "x" * 5000):
            problem = read_source(project, name)
            assert isinstance(problem, Problem)
            assert problem.path.encode()


def test_folders_of_templates_are_said_and_left_out(tmp_path: Path) -> None:
    """What cookiecutter or copier fills in is no Python yet; a folder of any other name is."""
    for folder in ("{{cookiecutter.slug}}/app", "[[ name ]]", "{% if x %}api{% endif %}", "a{b}"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "models.py").write_text("from {{ x }} import y\n")
    found = discover([tmp_path], config=Config(project=tmp_path))
    told = sorted((problem.code, problem.severity, problem.path) for problem in found.problems)
    assert told == [
        ("XT101", "error", "a{b}/models.py"),
        ("XT114", "note", "[[ name ]]"),
        ("XT114", "note", "{% if x %}api{% endif %}"),
        ("XT114", "note", "{{cookiecutter.slug}}"),
    ]
