"""An env.py and the models of a project brought into step, again and again."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from xcore_tools import Config, Discovery, discover, sync_env
from xcore_tools.discovery.results import Problem, Severity
from xcore_tools.envfile.held import Held, held_by, lost
from xcore_tools.envfile.importable import binds, is_reachable
from xcore_tools.envfile.metadata import Import
from xcore_tools.envfile.rewrite import Rewrite
from xcore_tools.errors import ConfigError, EnvFileError

BASE = "from sqlalchemy.orm import DeclarativeBase\n\nclass Base(DeclarativeBase): ...\n"
MODEL = (
    "from app.db import Base\nfrom sqlalchemy.orm import Mapped, mapped_column\n\n"
    "class {0}(Base):\n    __tablename__ = '{0}'\n    id: Mapped[int] = mapped_column(primary_key=True)\n"
)
ENV = """\
from alembic import context

config = context.config

target_metadata = None

context.configure(target_metadata=target_metadata)
"""


class Project:
    """A directory with an application, its models and an env.py."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.config = Config(project=root)
        self.env = root / "alembic" / "env.py"
        self.write("alembic/env.py", ENV)
        self.write("app/__init__.py", "")
        self.write("app/db.py", BASE)
        self.add("users", "User")

    def write(self, name: str, content: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def add(self, module: str, model: str) -> None:
        self.write(f"app/{module}.py", MODEL.format(model))

    def discover(self) -> Discovery:
        return discover([self.root / "app"], config=self.config)

    def sync(self, **options: bool | str) -> Rewrite:
        return sync_env(self.discover(), self.env, config=self.config, **options)  # type: ignore[arg-type]

    @property
    def text(self) -> str:
        return self.env.read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def imports_of(project: Project) -> list[str]:
    return [
        line.strip()
        for line in project.text.splitlines()
        if line.strip().startswith(("from app", "import app"))
    ]


def test_a_new_env_gets_the_models_and_the_metadata(project: Project) -> None:
    rewrite = project.sync()
    assert (rewrite.changed, rewrite.is_written, rewrite.problems) == (True, True, ())
    assert rewrite.before == ENV.encode()
    assert project.env.read_bytes() == rewrite.after
    assert imports_of(project) == ["from app.db import Base", "from app.users import User"]
    assert "\ntarget_metadata = Base.metadata\n" in project.text


@pytest.mark.parametrize("style", ["models", "modules", "strings"])
def test_the_second_run_writes_nothing(project: Project, style: str) -> None:
    project.sync(style=style)
    before = project.env.stat()
    again = project.sync(style=style)
    assert (again.changed, again.is_written, again.diff()) == (False, False, "")
    assert (project.env.stat().st_mtime_ns, project.env.stat().st_ino) == (
        before.st_mtime_ns,
        before.st_ino,
    )


def test_without_write_nothing_is_written(project: Project) -> None:
    rewrite = project.sync(write=False)
    assert (rewrite.changed, rewrite.is_written) == (True, False)
    assert project.text == ENV


def test_the_style_may_change_and_comes_back(project: Project) -> None:
    first = project.sync()
    project.sync(style="strings")
    assert '"app.users"' in project.text
    assert project.sync(style="models").after == first.after
    with pytest.raises(ValueError, match="nonsense"):
        project.sync(style="nonsense")


def test_models_come_and_go(project: Project) -> None:
    project.sync()
    project.add("posts", "Post")
    project.sync()
    assert imports_of(project)[1:] == ["from app.posts import Post", "from app.users import User"]
    (project.root / "app" / "posts.py").unlink()
    rewrite = project.sync()
    assert imports_of(project)[1:] == ["from app.users import User"]
    assert "-    from app.posts import Post\n" in rewrite.diff()
    assert rewrite.counts()[0] == 0


def test_names_of_the_block_that_the_file_uses_stay(project: Project) -> None:
    """`Base` is in the block only because target_metadata needs it: it stays until that changes."""
    project.sync()
    project.env.write_text(project.text.replace("= Base.metadata", "= User.metadata"))
    project.sync()
    assert imports_of(project) == ["from app.users import User"]
    assert project.sync(style="strings").changed
    assert imports_of(project) == ["from app.users import User"]


@pytest.mark.parametrize(
    ("inside", "outside", "names"),
    [
        ("import app.db", "target_metadata = app.db.Base.metadata", "app"),
        ("from app.db import Base\nm = Base.metadata", "target_metadata = m", "m"),
        ("from app.db import *", "target_metadata = [Base.metadata, User]", "Base, User"),
        ("def include(): ...", "target_metadata = f(include)", "include"),
        ("from app.db import Base\ntarget_metadata = Base.metadata", "f(target_metadata)", ""),
    ],
)
def test_a_block_that_makes_more_than_imports_is_refused(
    project: Project, inside: str, outside: str, names: str
) -> None:
    """Without those lines env.py would not run any more."""
    start, end = (f"# AUTO-GENERATED IMPORTS {word}" for word in ("START", "END"))
    source = f"import os\n{start}\n{inside}\n{end}\n{outside}\nprint(os, __name__)\n"
    project.env.write_text(source)
    last = 3 + inside.count("\n") + 1
    message = (
        rf"lines 2 to {last}: {names or 'target_metadata'} used outside of the block would be "
    )
    with pytest.raises(EnvFileError, match=message):
        project.sync()
    assert project.text == source


def test_a_block_with_a_star_import_that_nothing_needs_is_replaced(project: Project) -> None:
    start, end = (f"# AUTO-GENERATED IMPORTS {word}" for word in ("START", "END"))
    project.env.write_text(
        f"from app.db import Base\n{start}\nfrom app.users import *\n{end}\n"
        "def main(x):\n    return print(x, __file__)\ntarget_metadata = Base.metadata\n"
    )
    project.sync()
    assert imports_of(project) == ["from app.db import Base", "from app.users import User"]


def test_files_that_no_import_leads_to_are_left_out_and_told(project: Project) -> None:
    """Python takes `v1.2` for a package `2` in a package `v1`; `my-plugin` it takes as a string."""
    base = BASE + MODEL.partition("\n")[2]
    project.write("app/v1.2/models.py", base.format("Dotted"))
    project.write("app/my-plugin/models.py", MODEL.format("Dashed"))
    rewrite = project.sync()
    assert [(each.code, each.path) for each in rewrite.problems] == [
        ("XT207", "app/v1.2/models.py")
    ]
    assert "v1" not in project.text
    assert "Dotted" not in project.text
    assert '__import__("app.my-plugin.models")' in project.text
    assert "target_metadata = Base.metadata" in project.text


@pytest.mark.parametrize(
    ("module", "path", "is_reached"),
    [
        ("app.models", "app/models.py", True),
        ("app", "app/__init__.py", True),
        ("app.models", "src.v1/app/models.py", True),
        ("app", "src.v1/app/__init__.py", True),
        ("app.v1.2.models", "app/v1.2/models.py", False),
        ("app.my.models", "app/my.models.py", False),
        ("v1.2", "v1.2/__init__.py", False),
    ],
)
def test_names_that_lead_to_their_file(module: str, path: str, is_reached: bool) -> None:
    assert is_reachable(module, path) is is_reached


def test_a_block_in_a_function_leaves_target_metadata_alone(project: Project) -> None:
    """What it imports is not known outside."""
    markers = "\n".join(f"    # AUTO-GENERATED IMPORTS {word}" for word in ("START", "END"))
    project.env.write_text(f"def load():\n{markers}\n    return 1\n\n{ENV}")
    rewrite = project.sync()
    assert [problem.code for problem in rewrite.problems] == ["XT206", "XT202"]
    assert "\ntarget_metadata = None\n" in project.text
    assert imports_of(project) == ["from app.users import User"]
    assert not project.sync().changed


def test_a_class_that_may_have_no_name_is_loaded_with_its_module(project: Project) -> None:
    project.write(
        "app/maps.py",
        "from app.db import Base\nfrom sqlalchemy.orm import mapped_column\nimport sys\n"
        "for kind in ('user', 'group'):\n    type(kind.title() + 'Map', (Base,), {\n"
        "        '__tablename__': kind + '_map', 'id': mapped_column(primary_key=True)})\n"
        "if sys.platform == 'x':\n    class Odd(Base):\n        __tablename__ = 'odd'\n",
    )
    assert len(project.discover().models) == 4
    project.sync()
    assert imports_of(project) == [
        *("from app.db import Base", "import app.maps as app_maps", "from app.users import User"),
    ]


@pytest.mark.parametrize(
    ("source", "is_bound"),
    [
        ("class A(B): ...", True),
        ("x\nclass A:", True),
        ("A = make()", True),
        ("A: type[B] = make()", True),
        ("A: type[B]", False),
        ("A == 1", False),
        ("class AB: ...", False),
        ("  class A: ...", False),
        ("def f():\n    A = 1", False),
        ("", False),
    ],
)
def test_names_that_a_module_binds_for_certain(source: str, is_bound: bool) -> None:
    assert binds(source, "A") is is_bound


def test_a_model_whose_file_is_gone_is_loaded_with_its_module(project: Project) -> None:
    found = project.discover()
    (project.root / "app" / "users.py").unlink()
    sync_env(found, project.env, config=project.config)
    assert "import app.users as app_users" in imports_of(project)


def test_a_base_without_models_stays_while_it_is_used(project: Project) -> None:
    project.sync()
    (project.root / "app" / "users.py").unlink()
    project.sync()
    assert imports_of(project) == ["from app.db import Base"]
    assert not project.sync().changed


def test_a_name_that_the_file_uses_keeps_its_meaning(project: Project) -> None:
    project.sync()
    project.env.write_text(project.text + "print(User)\n")
    project.add("accounts", "User")
    project.sync()
    assert "from app.users import User" in imports_of(project)
    assert not project.sync().changed


def test_two_bases_of_one_name(project: Project) -> None:
    project.write("app/reports/models.py", BASE + MODEL.format("Report").partition("\n")[2])
    project.sync()
    assert "target_metadata = [Base.metadata, ReportsBase.metadata]" in project.text
    assert not project.sync().changed


def test_what_is_lacking_is_reported_and_then_fixed(project: Project) -> None:
    project.sync()
    project.write("log/models.py", BASE + MODEL.format("Entry").partition("\n")[2])
    found = discover([project.root], config=project.config)
    rewrite = sync_env(found, project.env, config=project.config)
    assert [problem.code for problem in rewrite.problems] == ["XT201"]
    assert rewrite.problems[0].path.endswith("alembic/env.py")
    assert "from log.models import Entry" in project.text
    fixed = sync_env(found, project.env, config=project.config, fix_metadata=True)
    assert fixed.problems == ()
    assert "target_metadata = [Base.metadata, LogBase.metadata]" in project.text
    assert not sync_env(found, project.env, config=project.config, fix_metadata=True).changed


def test_nothing_is_removed_while_a_file_may_hide_it(project: Project) -> None:
    project.add("posts", "Post")
    project.sync()
    project.write("app/posts.py", "class Post(Base:\n")
    project.add("tags", "Tag")
    rewrite = project.sync()
    assert imports_of(project)[1:] == [
        *("from app.posts import Post", "from app.tags import Tag", "from app.users import User"),
    ]
    (problem,) = rewrite.problems
    assert (problem.code, problem.severity) == ("XT205", "error")
    assert problem.message == (
        "app.posts.Post was not found and is kept: app/posts.py:1 may hide it (--force removes it)"
    )
    assert not project.sync().changed
    for name in "abcd":
        project.write(f"app/{name}.py", "class Post(Base:\n")
    assert (
        project.sync()
        .problems[0]
        .message.endswith(
            "is kept: app/a.py:1, app/b.py:1, app/c.py:1, 2 more may hide it (--force removes it)"
        )
    )
    forced = project.sync(force=True)
    assert forced.problems == ()
    assert imports_of(project)[1:] == ["from app.tags import Tag", "from app.users import User"]


@pytest.mark.parametrize(
    ("code", "severity", "is_kept"),
    [("XT102", "warning", True), ("XT125", "warning", True), ("XT124", "note", False)],
)
def test_nor_while_the_scan_did_not_see_everything(
    project: Project, code: str, severity: Severity, is_kept: bool
) -> None:
    """A file vanished while an editor was saving it, or a statement took too much work."""
    project.add("posts", "Post")
    project.sync()
    (project.root / "app" / "posts.py").unlink()
    problem = Problem("app/posts.py", 0, code, severity, "odd")
    found = msgspec.structs.replace(project.discover(), problems=(problem,))
    rewrite = sync_env(found, project.env, config=project.config)
    assert rewrite.changed is not is_kept
    assert [problem.code for problem in rewrite.problems] == ["XT205"] * is_kept


@pytest.mark.parametrize("style", ["modules", "strings"])
def test_nor_is_a_whole_module(project: Project, style: str) -> None:
    project.add("posts", "Post")
    project.sync(style=style)
    project.write("app/posts.py", "class Post(Base:\n")
    rewrite = project.sync(style=style)
    assert not rewrite.changed
    assert [problem.message.split()[0] for problem in rewrite.problems] == ["app.posts"]
    assert project.sync(style=style, force=True).changed
    assert "posts" not in project.text


def test_errors_that_cost_nothing_are_not_mentioned(project: Project) -> None:
    project.sync()
    project.write("app/broken.py", "class Post(Base:\n")
    rewrite = project.sync()
    assert (rewrite.changed, rewrite.problems) == (False, ())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"x = (\n", r"env\.py: line 1: not valid Python"),
        (b"x = a" + b".b" * 500 + b"\n", r"env\.py: nested too deeply"),
        (b"\xff\xfe", r"env\.py: "),
        (b"# AUTO-GENERATED IMPORTS START\n", r"env\.py: "),
    ],
)
def test_a_file_that_is_not_understood_is_left_alone(
    project: Project, content: bytes, message: str
) -> None:
    project.env.write_bytes(content)
    with pytest.raises(EnvFileError, match=message):
        project.sync()
    assert project.env.read_bytes() == content


def test_a_file_that_cannot_be_read_is_an_error(project: Project) -> None:
    project.env.unlink()
    with pytest.raises(EnvFileError, match="cannot be read"):
        project.sync()


def test_without_a_configuration_that_of_the_project_is_taken(project: Project) -> None:
    project.write("config.json", '{"migration": {}}')
    assert sync_env(project.discover(), str(project.env)).is_written
    project.write("config.json", '{"migration": {"nonsense": 1}}')
    with pytest.raises(ConfigError):
        sync_env(project.discover(), project.env)


def test_the_diff_keeps_line_endings_and_marks_a_missing_newline(project: Project) -> None:
    project.env.write_bytes(ENV.replace("\n", "\r\n").encode("utf-8-sig")[:-2])
    diff = project.sync(write=False).diff()
    assert "-target_metadata = None\r\n+target_metadata = Base.metadata\r\n" in diff
    assert diff.endswith(
        " context.configure(target_metadata=target_metadata)\n\\ No newline at end of file\n"
    )
    assert diff.splitlines()[0].startswith("--- ")


@pytest.mark.skipif(shutil.which("patch") is None, reason="patch is not installed")
def test_the_diff_applies(project: Project) -> None:
    rewrite = project.sync(write=False)
    path = project.root / "change.diff"
    path.write_text(rewrite.diff(), encoding="utf-8")
    done = subprocess.run(
        ["patch", "-s", str(project.env), str(path)], cwd=project.root, check=False
    )
    assert done.returncode == 0
    assert project.env.read_bytes() == rewrite.after


# Twenty processes that start to write at the same moment; prints their exit codes.
RUNS = """
import multiprocessing, sys, msgspec
from pathlib import Path
from xcore_tools import Config, Discovery, sync_env
found = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=Discovery)
env = Path(sys.argv[1])
context = multiprocessing.get_context("fork")
barrier = context.Barrier(20)
def run():
    barrier.wait()
    sync_env(found, env, config=Config(project=env.parents[1]))
runs = [context.Process(target=run) for _ in range(20)]
[run.start() for run in runs]
[run.join() for run in runs]
print({run.exitcode for run in runs})
"""


@pytest.mark.skipif(sys.platform == "win32", reason="takes fork")
def test_twenty_runs_at_once_have_one_result(project: Project) -> None:
    expected = project.sync(write=False).after
    recorded = project.root / "discovery.json"
    recorded.write_bytes(msgspec.json.encode(project.discover()))
    command = [sys.executable, "-c", RUNS, str(project.env), str(recorded)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "{0}\n", done.stderr
    assert project.env.read_bytes() == expected
    assert [path.name for path in project.env.parent.iterdir()] == ["env.py"]


# -- what a block holds ---------------------------------------------------------------------------


def test_imports_of_every_style_are_read() -> None:
    lines = [
        "if True:\n",
        "    from a import B, C as D",
        "    import e.f as g",
        '    __models__ = (B, __import__("old-models"))',
        "for _m in (",
        '    "h.i",',
        "):",
        "    __import__(_m)",
    ]
    assert held_by(lines) == Held(
        frozenset({Import("a", "B", "B"), Import("a", "C", "D")}),
        frozenset({"e.f", "old-models", "h.i"}),
    )
    assert held_by(["from . import x", "import ("]) == Held()
    assert held_by(["from . import x"]) == Held()


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [
        (["from a import B"], ["from a import B as C"], []),
        (["from a import B, C"], ["from a import B"], [("a", "C")]),
        (["from a import B"], ["import a"], []),
        (["import a"], ["from a import B"], []),
        (["import a", "import b"], ["import b"], [("a", "")]),
        (["from a import Base"], [], []),
    ],
)
def test_what_is_lost(
    before: list[str], after: list[str], gone: list[tuple[str, str]], metadata_of_a: Discovery
) -> None:
    assert list(lost(held_by(before), held_by(after), metadata_of_a)) == gone


@pytest.fixture
def metadata_of_a(project: Project) -> Discovery:
    project.write("a.py", BASE + MODEL.format("Post").partition("\n")[2])
    return discover([project.root / "a.py"], config=project.config)
