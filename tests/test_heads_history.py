"""`heads --check` on real directories and real git repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from xcore_tools import Config
from xcore_tools.errors import ConfigError, MigrationError
from xcore_tools.migrate.revisions.graph import HeadsCheck
from xcore_tools.migrate.revisions.history import check_heads

REVISION = "revision = {0!r}\ndown_revision = {1!r}\n"
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


class Project:
    """A project in a directory of its own; git works in it with the settings of nobody."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("alembic.ini", "[alembic]\nscript_location = %(here)s/migrations\n")
        self.write("migrations/env.py", "")

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def revise(self, name: str, *down: str, under: str = "migrations/versions") -> Path:
        return self.write(
            f"{under}/{name}.py", REVISION.format(name.partition("_")[0], down or None)
        )

    def git(self, *arguments: str) -> str:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_NAME": "a" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "a@b.invalid" for who in ("AUTHOR", "COMMITTER")},
        }
        run = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout.strip()

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "a change")

    def check(self, against: str | None = None, *, section: str = "alembic") -> HeadsCheck:
        return check_heads(Config(project=self.path), section=section, against=against)

    def found(self, against: str | None = None) -> list[tuple[str, str]]:
        return [(problem.code, problem.path) for problem in self.check(against).problems]

    def heads(self) -> list[str]:
        return [head.revision for head in self.check().heads]

    def heads_by_alembic(self) -> list[str]:
        config = AlembicConfig(
            str(self.path / "alembic.ini"), toml_file=str(self.path / "pyproject.toml")
        )
        return sorted(ScriptDirectory.from_config(config).get_heads())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    path = tmp_path / "project"
    path.mkdir()
    monkeypatch.chdir(path)
    return Project(path)


@pytest.fixture
def forked(project: Project) -> Project:
    """`main` with a and b, `feature` with a and nothing else; feature is checked out."""
    project.revise("a")
    project.git("init", "--quiet", "--initial-branch", "main")
    project.commit()
    project.git("switch", "--quiet", "--create", "feature")
    project.git("switch", "--quiet", "main")
    project.revise("b", "a")
    project.commit()
    project.git("switch", "--quiet", "feature")
    return project


V = "migrations/versions"


# -- on disk ----------------------------------------------------------------------------------------


def test_heads_and_files(project: Project) -> None:
    project.revise("a")
    project.revise("b", "a")
    project.write(f"{V}/__init__.py", "")
    project.write(f"{V}/notes.txt", "")
    project.revise("z", under=f"{V}/deeper")
    found = project.check()
    assert [(head.revision, head.path, head.line) for head in found.heads] == [
        ("b", f"{V}/b.py", 1)
    ]
    assert (found.files, found.problems) == (2, ())
    assert project.heads_by_alembic() == ["b"]


def test_a_new_project_has_no_heads(project: Project) -> None:
    found = project.check()
    assert found == HeadsCheck((), 0, ())
    assert project.heads_by_alembic() == []


def test_a_file_that_cannot_be_read_is_a_finding(project: Project) -> None:
    project.revise("a")
    (project.path / V / "b.py").symlink_to("gone.py")
    (project.path / V / ".#c.py").symlink_to("somebody@a.machine.1234")
    assert project.found() == [("XT102", f"{V}/b.py")]
    (project.path / V / "d.py").mkdir()
    assert project.found() == [("XT102", f"{V}/b.py")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_directory_that_cannot_be_read_is_a_finding(project: Project) -> None:
    project.revise("a").parent.chmod(0)
    try:
        assert project.found() == [("XT102", V)]
    finally:
        (project.path / V).chmod(0o700)


def test_a_directory_that_the_system_refuses(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.revise("a")

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    (problem,) = project.check().problems
    assert (problem.path, problem.code) == (V, "XT102")
    assert problem.message == "cannot be read: Permission denied"


def test_recursive_locations(project: Project) -> None:
    project.write(
        "alembic.ini",
        "[alembic]\nscript_location = migrations\nrecursive_version_locations = true\n",
    )
    project.revise("a")
    project.revise("b", "a", under=f"{V}/2026/may")
    project.revise("x", under=f"{V}/__pycache__")
    project.revise("y", under=f"{V}/2026/__pycache__")
    assert project.heads() == ["b"] == project.heads_by_alembic()
    # Alembic takes no other word for it
    project.write(
        "alembic.ini",
        "[alembic]\nscript_location = migrations\nrecursive_version_locations = yes\n",
    )
    assert project.heads() == ["a"] == project.heads_by_alembic()


@pytest.mark.parametrize(
    ("separator", "between"), [("space", " "), ("newline", "\n  "), (";", ";")]
)
def test_several_locations(project: Project, separator: str, between: str) -> None:
    locations = between.join(("%(here)s/one", "two", "app:three"))
    project.write(
        "alembic.ini",
        f"[alembic]\nscript_location = migrations\npath_separator = {separator}\n"
        f"version_locations = {locations}\n",
    )
    project.write("app/__init__.py", "raise RuntimeError\n")
    project.revise("a", under="one")
    project.revise("b", "a", under="two")
    project.revise("c", "b", under="app/three")
    project.revise("z")
    found = project.check()
    assert [head.path for head in found.heads] == ["app/three/c.py"]
    assert (found.files, found.problems) == (3, ())


def test_settings_in_pyproject(project: Project) -> None:
    (project.path / "alembic.ini").unlink()
    project.write(
        "pyproject.toml",
        '[tool.alembic]\nscript_location = "%(here)s/migrations"\n'
        'version_locations = ["%(here)s/one", "two"]\nrecursive_version_locations = true\n',
    )
    project.revise("a", under="one/x")
    project.revise("b", "a", under="two")
    assert project.heads() == ["b"] == project.heads_by_alembic()


def test_what_the_ini_file_leaves_open_pyproject_says(project: Project) -> None:
    project.write("pyproject.toml", '[tool.alembic]\nversion_locations = ["%(here)s/one"]\n')
    project.revise("a", under="one")
    project.revise("z")
    assert project.heads() == ["a"] == project.heads_by_alembic()


def test_a_section_by_name(project: Project) -> None:
    project.write(
        "alembic.ini",
        "[alembic]\nscript_location = migrations\n[other]\nscript_location = second\n",
    )
    project.revise("z")
    project.revise("a", under="second/versions")
    assert [head.revision for head in project.check(section="other").heads] == ["a"]
    with pytest.raises(ConfigError, match=r"no section \[third\]"):
        project.check(section="third")


def test_the_usual_place_without_settings(project: Project) -> None:
    (project.path / "alembic.ini").unlink()
    project.revise("a")
    assert project.heads() == ["a"]
    shutil.rmtree(project.path / "migrations")
    with pytest.raises(ConfigError, match=r"no env\.py found"):
        project.check()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "alembic.ini",
            "[alembic]\nscript_location = gone\n",
            "gone: no such directory; correct sc",
        ),
        (
            "alembic.ini",
            "[alembic]\nscript_location = migrations\nversion_locations = gone\n",
            "gone: no such directory; correct version_locations",
        ),
        (
            "alembic.ini",
            "[alembic]\nscript_location = migrations\nversion_locations = a\npath_separator = x\n",
            r"alembic\.ini: path_separator: expected one of space",
        ),
        (
            "pyproject.toml",
            '[tool.alembic]\nversion_locations = "one"\n',
            r"pyproject\.toml: tool\.alembic\.version_locations: expected a list of paths",
        ),
        (
            "pyproject.toml",
            "[tool.alembic]\nversion_locations = [1]\n",
            r"tool\.alembic\.version_locations: expected a list of paths",
        ),
    ],
)
def test_wrong_settings_are_errors(project: Project, name: str, content: str, message: str) -> None:
    project.write(name, content)
    with pytest.raises(ConfigError, match=message):
        project.check()


def test_files_that_are_found_twice(project: Project) -> None:
    project.write(
        "alembic.ini",
        "[alembic]\nscript_location = migrations\npath_separator = space\n"
        "version_locations = one one/../one one/deep\nrecursive_version_locations = true\n",
    )
    project.revise("a", under="one/deep")
    assert project.found() == [("XT309", "one/deep")]
    with pytest.warns(UserWarning, match="loaded twice"):
        assert project.heads() == ["a"] == project.heads_by_alembic()


def test_compiled_files_of_a_sourceless_project(project: Project) -> None:
    settings = "[alembic]\nscript_location = migrations\n"
    project.revise("a")
    for name in ("b.pyc", "a.pyc", "__init__.pyc", "__pycache__/c.cpython-311.pyc", "x.txt"):
        project.write(f"{V}/{name}", b"")
    project.write(f"{V}/__pycache__/a.cpython-311.pyc", b"")
    assert project.found() == []
    project.write("alembic.ini", f"{settings}sourceless = true\n")
    assert project.found() == [
        ("XT305", f"{V}/__pycache__/c.cpython-311.pyc"),
        ("XT305", f"{V}/b.pyc"),
    ]


def test_neither_alembic_nor_the_project_is_loaded(project: Project) -> None:
    project.revise("a")
    project.write(f"{V}/b.py", REVISION.format("b", "a") + "raise SystemExit('it ran')\n")
    project.write("migrations/env.py", "raise SystemExit('it ran')\n")
    code = (
        "import sys\nfrom xcore_tools.cli import main\n"
        "code = main(['migrate', 'heads', '--check'])\n"
        "print(code, [n for n in ('alembic', 'sqlalchemy', 'libcst', 'rich') if n in sys.modules])\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=project.path, capture_output=True, text=True, check=True
    )
    assert run.stdout == f"b ({V}/b.py)\n1 head of 2 revisions\n0 []\n"


# -- against another ref ----------------------------------------------------------------------------


def test_a_fork(forked: Project) -> None:
    assert forked.found("main") == []
    forked.revise("c", "a")
    assert forked.found() == []
    (problem,) = forked.check("main").problems
    assert (problem.code, problem.path, problem.line) == ("XT304", f"{V}/c.py", 1)
    assert f"revision c and b ({V}/b.py) of main both follow a ({V}/a.py)" in problem.message
    forked.commit()
    for ref in ("main", "main~0", forked.git("rev-parse", "main"), "refs/heads/main"):
        assert [code for code, _ in forked.found(ref)] == ["XT304"]
    assert forked.found("HEAD") == []
    assert forked.found("main~1") == []


def test_a_detached_head_and_a_subdirectory(forked: Project) -> None:
    forked.revise("c", "a")
    forked.commit()
    forked.git("checkout", "--quiet", "--detach")
    assert forked.found("main") == [("XT304", f"{V}/c.py")]


def test_a_project_below_the_top_of_the_repository(tmp_path: Path, project: Project) -> None:
    outer = Project(tmp_path)
    project.revise("a")
    outer.git("init", "--quiet", "--initial-branch", "main")
    outer.commit()
    outer.git("switch", "--quiet", "--create", "feature")
    project.revise("b", "a")
    outer.commit()
    outer.git("switch", "--quiet", "main")
    project.revise("c", "a")
    (problem,) = project.check("feature").problems
    assert (problem.code, problem.path) == ("XT304", f"{V}/c.py")
    assert f"({V}/b.py) of feature" in problem.message


def test_a_merged_fork_is_none(forked: Project) -> None:
    forked.revise("c", "a")
    forked.commit()
    forked.git("merge", "--quiet", "--no-edit", "main")
    assert forked.found("main") == [("XT301", f"{V}/c.py")]
    forked.revise("d", "b", "c")
    assert forked.found("main") == []


def test_a_rebased_branch_is_none(forked: Project) -> None:
    forked.revise("c", "a")
    forked.commit()
    forked.git("rebase", "--quiet", "main")
    assert forked.found("main") == [("XT301", f"{V}/c.py")]
    forked.revise("c", "b")
    assert forked.found("main") == []
    # the new order without the commits: the file that it follows is not here yet
    forked.commit()
    forked.git("switch", "--quiet", "--create", "early", "main~1")
    forked.revise("c", "b")
    assert forked.found("main") == [("XT303", f"{V}/c.py")]


def test_the_other_merged_it(forked: Project) -> None:
    forked.revise("c", "a")
    forked.commit()
    forked.git("switch", "--quiet", "main")
    forked.git("merge", "--quiet", "--squash", "feature")
    forked.revise("d", "b", "c")
    forked.commit()
    forked.git("switch", "--quiet", "feature")
    assert forked.found("main") == []


def test_a_file_that_the_other_deleted(forked: Project) -> None:
    forked.git("switch", "--quiet", "main")
    (forked.path / V / "a.py").unlink()
    forked.revise("b")
    forked.commit()
    forked.git("switch", "--quiet", "feature")
    assert forked.found("main") == []
    forked.revise("c", "a")
    assert ("XT303", f"{V}/c.py") in forked.found("main")


def test_a_file_that_the_other_renamed(forked: Project) -> None:
    forked.git("switch", "--quiet", "main")
    (forked.path / V / "a.py").rename(forked.path / V / "a_renamed.py")
    forked.commit()
    forked.git("switch", "--quiet", "feature")
    assert forked.found("main") == []
    changed = forked.path / V / "a.py"
    changed.write_text(changed.read_text() + "# a comment\n", encoding="utf-8")
    assert forked.found("main") == []


def test_a_file_that_was_renamed_here(forked: Project) -> None:
    (forked.path / V / "a.py").rename(forked.path / V / "a_renamed.py")
    assert forked.found("main") == []
    forked.git("switch", "--quiet", "--create", "third", "main")
    forked.git("switch", "--quiet", "main")
    changed = forked.path / V / "a.py"
    changed.write_text(REVISION.format("a", None) + "# a comment\n", encoding="utf-8")
    forked.commit()
    forked.git("switch", "--quiet", "feature")
    (forked.path / V / "a.py").unlink()
    assert forked.found("main") == []


def test_a_file_that_the_other_changed(forked: Project) -> None:
    forked.revise("c", "a")
    forked.commit()
    forked.git("switch", "--quiet", "--create", "other")
    forked.revise("d", "a")
    forked.revise("c", "d")
    forked.commit()
    forked.git("switch", "--quiet", "feature")
    assert forked.found("other") == []


def test_one_number_on_both_sides(forked: Project) -> None:
    forked.revise("b_ours", "a")
    (problem,) = forked.check("main").problems
    assert (problem.code, problem.path) == ("XT302", f"{V}/b_ours.py")
    assert problem.message.startswith(
        f"once main is merged: revision b is also defined by {V}/b.py"
    )


def test_the_same_file_on_both_sides(forked: Project) -> None:
    forked.revise("b", "a")
    assert forked.found("main") == []
    forked.commit()
    assert forked.found("main") == []


def test_a_file_of_the_other_that_is_not_understood(forked: Project) -> None:
    forked.git("switch", "--quiet", "main")
    forked.write(f"{V}/x.py", "revision = make()\n")
    forked.write(f"{V}/__init__.py", "")
    forked.write(f"{V}/notes.md", "")
    forked.write(f"{V}/deeper/y.py", "")
    forked.commit()
    forked.git("switch", "--quiet", "feature")
    assert forked.found("main") == [("XT305", f"{V}/x.py")]


def test_names_that_git_would_quote_or_expand(forked: Project) -> None:
    forked.git("switch", "--quiet", "main")
    forked.write(os.fsdecode(f"{V}/é \udce9\t*.py".encode("utf-8", "surrogateescape")), "")
    forked.commit()
    forked.git("switch", "--quiet", "feature")
    ((code, path),) = forked.found("main")
    assert (code, path) == ("XT305", f"{V}/é \udce9\t*.py")


def test_directories_of_revisions_may_be_links_or_lie_elsewhere(
    forked: Project, tmp_path: Path
) -> None:
    forked.write(
        "alembic.ini",
        "[alembic]\nscript_location = migrations\npath_separator = newline\n"
        f"version_locations = linked\n  {tmp_path}/outside\n",
    )
    (forked.path / "linked").symlink_to(V)
    (tmp_path / "outside").mkdir()
    forked.revise("c", "a")
    assert forked.found("main") == [("XT304", f"{V}/c.py")]
    forked.write(
        "alembic.ini",
        f"[alembic]\nscript_location = migrations\nversion_locations = {tmp_path}/outside\n",
    )
    assert forked.found("main") == []


@pytest.mark.parametrize("ref", ["gone", "origin/main", "-x", "--help", "", "HEAD:migrations"])
def test_a_ref_that_git_does_not_know(forked: Project, ref: str) -> None:
    with pytest.raises(
        MigrationError, match="git knows no such commit; correct the name, or fetch"
    ):
        forked.check(ref)


def test_histories_without_a_common_commit(forked: Project) -> None:
    forked.git("checkout", "--quiet", "--orphan", "alone")
    for _ in "before the first commit", "after it":
        with pytest.raises(MigrationError, match=r"main: has no commit in common with HEAD; fetch"):
            forked.check("main")
        forked.write("other.txt", "so that it is not the first commit of main over again")
        forked.commit()


def test_no_repository(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    with pytest.raises(MigrationError, match="--against: git says fatal: not a git repository"):
        project.check("main")


def test_no_git(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MigrationError, match="needs git, which is not installed"):
        project.check("main")
