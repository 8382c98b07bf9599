"""The cache: whatever happened between two scans, the second finds what a scan without it finds."""

from __future__ import annotations

import multiprocessing
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import CASES, project_of

from xcore_tools import Config, Discovery, discover
from xcore_tools.config import Migration, ModelDiscovery
from xcore_tools.discovery.cache import signed_file, snapshot, store
from xcore_tools.discovery.pipeline import scan, tasks
from xcore_tools.discovery.records import Scanned
from xcore_tools.discovery.results import Problem
from xcore_tools.report import json

MODEL = """\
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase): ...

class {name}(Base):
    __tablename__ = "{table}"
    id: Mapped[int] = mapped_column(primary_key=True)
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache directory of the user, which holds the key."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XCORE_TOOLS_NO_CACHE")
    monkeypatch.setattr(snapshot, "_TICK", -(10**12))  # the tests are quicker than any clock
    return tmp_path / "home"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in ("base_declarativebase", "base_factory_function", "base_generic"):
        shutil.copytree(project_of(name), root / name)
        (root / name / "pyproject.toml").touch()
    (root / "shop").mkdir()
    (root / "shop" / "models.py").write_text(MODEL.format(name="User", table="users"), "utf-8")
    (root / "shop" / "views.py").write_text("def index(): ...\n", "utf-8")
    return root


def found(project: Path, **options: Any) -> Discovery:
    """With the cache, after making sure that this is what there is without it."""
    result = discover(config=Config(project=project), cache=project / ".cache", **options)
    assert result == discover(config=Config(project=project), **options)
    return result


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done: `scan` for each scan that happens, and the files that are looked at or parsed."""
    done: list[str] = []
    run, read = scan.Scan.run, tasks.Job.read

    def noted_run(self: scan.Scan) -> Discovery:
        done.append("scan")
        return run(self)

    def noted_read(self: tasks.Job) -> object:
        done.append(self.path)
        return read(self)

    monkeypatch.setattr(scan.Scan, "run", noted_run)
    monkeypatch.setattr(tasks.Job, "read", noted_read)
    return done


def work_of(work: list[str], project: Path, **options: Any) -> list[str]:
    """What one scan with the cache does."""
    work.clear()
    discover(config=Config(project=project), cache=project / ".cache", **options)
    return list(work)


# -- what is read again ---------------------------------------------------------------------------


def test_nothing_is_read_again_if_nothing_changed(project: Path, work: list[str]) -> None:
    first = found(project)
    assert len(first.models) > 3
    assert work_of(work, project) == []
    assert found(project) == first


def test_only_what_changed_is_read_again(project: Path, work: list[str]) -> None:
    found(project)
    (project / "shop" / "views.py").write_text("def index(): return 1\n", "utf-8")
    assert set(work_of(work, project)) == {"scan", "shop/views.py"}
    assert work_of(work, project) == []
    model = MODEL.format(name="User", table="members")
    (project / "shop" / "models.py").write_text(model, "utf-8")
    assert set(work_of(work, project)) == {"scan", "shop/models.py"}
    assert "members" in {table.name for table in found(project).tables}


def test_a_file_that_only_looks_new_is_not_parsed_again(project: Path, work: list[str]) -> None:
    found(project)
    (project / "shop" / "models.py").touch()
    assert work_of(work, project) == ["scan", "shop/models.py"]  # its bytes, once


def test_what_is_said_to_have_changed_is_read_again(project: Path, work: list[str]) -> None:
    found(project)
    changed = [project / "shop" / "models.py"]
    assert work_of(work, project, changed=changed) == ["scan", "shop/models.py"]
    assert work_of(work, project, changed=["/elsewhere.py"]) == []


def test_each_question_has_its_own_answer(project: Path) -> None:
    for _ in range(2):
        assert found(project).tables[0].structure is None
        assert found(project, columns=True).tables[0].structure is not None
        assert len(found(project, exclude=["shop/*"]).models) < len(found(project).models)


def edits(project: Path, dice: random.Random) -> list[Callable[[Path], object]]:
    """Things that people and tools do to a file."""

    def keep_times(path: Path) -> None:
        status = path.stat()
        content = path.read_bytes()
        path.write_bytes(content.replace(b"id", b"ID", 1) or b" ")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    def replace(path: Path) -> None:
        new = path.with_suffix(".new")
        new.write_bytes(path.read_bytes().replace(b"class ", b"class New", 1))
        new.replace(path)

    def add(path: Path) -> None:
        name = f"Added{dice.randrange(1000)}"
        new = path.with_name(f"{name.lower()}.py")
        new.write_text(MODEL.format(name=name, table=name.lower()), "utf-8")

    return [
        lambda path: path.write_bytes(path.read_bytes() + b"# more\n"),
        lambda path: path.write_bytes(b"\n" + path.read_bytes()),
        lambda path: path.write_bytes(path.read_bytes() + b"import shop.models\n"),
        lambda path: path.write_bytes(path.read_bytes().replace(b"__tablename__", b"__table__", 1)),
        lambda path: path.write_bytes(path.read_bytes() + b"def broken(:\n"),
        lambda path: path.rename(path.with_name(f"r{dice.randrange(1000)}_{path.name}")),
        lambda path: path.touch(),
        lambda path: path.unlink(),
        lambda path: (path.parent / f"n{dice.randrange(1000)}").mkdir(),
        keep_times,
        replace,
        add,
    ]


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_edited(project: Path, seed: int) -> None:
    dice = random.Random(seed)
    found(project)
    for _ in range(12):
        files = sorted(each for each in project.rglob("*.py") if each.is_file())
        dice.choice(edits(project, dice))(dice.choice(files))
        found(project)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_whatever_is_edited_for_long(project: Path, seed: int) -> None:
    for path in sorted(CASES.iterdir())[seed % 20 :: 20]:
        if path.is_dir():
            shutil.copytree(project_of(path.name), project / path.name, dirs_exist_ok=True)
    test_whatever_is_edited(project, seed)


# -- what lies outside the selection --------------------------------------------------------------


def test_files_that_are_not_selected_count_as_well(project: Path) -> None:
    base, user = project / "outside" / "base.py", project / "inside" / "user.py"
    base.parent.mkdir()
    user.parent.mkdir()
    base.write_text(
        "from sqlalchemy.orm import DeclarativeBase\nclass Base(DeclarativeBase): ...\n"
    )
    user.write_text('from outside.base import Base\nclass A(Base):\n    __tablename__ = "a"\n')
    config = Config(project=project)

    def models() -> int:
        result = discover([user.parent], config=config, cache=project / ".cache")
        assert result == discover([user.parent], config=config)
        return sum(model.base == "outside.base.Base" for model in result.models)

    assert (models(), models()) == (1, 1)
    base.write_text("class Base: ...\n")
    assert (models(), models()) == (0, 0)
    base.unlink()
    models()
    (base.parent / "__init__.py").touch()
    base.with_suffix("").mkdir()
    (base.with_suffix("") / "__init__.py").write_text(
        "from sqlalchemy.orm import declarative_base\nBase = declarative_base()\n"
    )
    assert models() == 1


def test_configuration_counts(project: Path) -> None:
    (project / "shop" / "models.py").write_text(
        'from theirs import Base\nclass A(Base):\n    __tablename__ = "a"\n', "utf-8"
    )
    plain = Config(project=project)
    told = Config(
        project=project,
        migration=Migration(model_discovery=ModelDiscovery(bases=("theirs.Base",))),
    )
    for config in (plain, told, plain):
        assert discover(config=config, cache=project / ".cache") == discover(config=config)


# -- what is not believed -------------------------------------------------------------------------


def test_a_damaged_cache_is_no_cache(project: Path) -> None:
    expected = found(project)
    version = snapshot._version()
    for path in (project / ".cache" / "answers", project / ".cache" / "findings"):
        whole = path.read_bytes()
        assert signed_file.load(path, version)
        dice = random.Random(1)
        damaged = [whole[:size] for size in (0, 1, 20, 84, len(whole) // 2, len(whole) - 1)]
        for _ in range(20):
            flipped = bytearray(whole)
            flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
            damaged.append(bytes(flipped))
        for data in [*damaged, b"\x80\x04K\x01.", os.urandom(1000), whole + b"\0"]:
            path.write_bytes(data)
            assert signed_file.load(path, version) == {}
        assert found(project) == expected


def test_what_has_a_signature_is_checked_all_the_same(project: Path) -> None:
    expected = found(project)
    version = snapshot._version()
    answers, findings = (project / ".cache" / name for name in ("answers", "findings"))
    junk = msgspec.msgpack.encode(["not", 1, "of", None, "these"])
    keys = signed_file.load(findings, version).keys()
    for path, entries in (
        (answers, {key: [junk] for key in signed_file.load(answers, version)}),
        (findings, {key: [junk] for key in keys - {"files"}}),
        (findings, {key: [junk] for key in keys}),
        (findings, {"files": [b"\xc1"]}),
    ):
        assert signed_file.save(answers, version, {})
        assert signed_file.save(path, version, entries)
        assert found(project) == expected


def test_a_cache_that_comes_with_a_checkout_is_not_believed(
    project: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = discover(config=Config(project=project))
    keep = snapshot.Recall.keep

    def lie(self: snapshot.Recall, result: Scanned, *arguments: Any) -> None:
        discovery = msgspec.structs.replace(result.discovery, models=())
        keep(self, msgspec.structs.replace(result, discovery=discovery), *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(snapshot.Recall, "keep", lie)
        discover(config=Config(project=project), cache=project / ".cache")
    believed = discover(config=Config(project=project), cache=project / ".cache")
    assert believed.models == ()  # whoever has the key could say so
    shutil.rmtree(home)  # another user has another key
    assert discover(config=Config(project=project), cache=project / ".cache") == honest


def test_another_version_starts_afresh(
    project: Path, work: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found(project)
    monkeypatch.setattr(snapshot, "_version", lambda: b"another one     ")
    assert len(work_of(work, project)) > 5
    assert work_of(work, project) == []


def test_the_version_is_that_of_code_and_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot._version()
    assert before == snapshot._version()
    (tmp_path / "libcst-99.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert snapshot._version() != before


def test_a_file_changed_just_now_is_not_judged_by_its_times(
    project: Path, work: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_TICK", 10**15)  # no clock ever moves
    found(project)
    assert len(work_of(work, project)) > 5


def test_a_file_that_changes_during_the_scan_is_not_remembered(
    project: Path, work: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = tasks.Job.read
    path = project / "shop" / "models.py"

    def changing(self: tasks.Job) -> object:
        data = read(self)
        if self.path == "shop/models.py" and path.exists() and not self.module:
            path.write_text(MODEL.format(name="Late", table="late"), "utf-8")
        return data

    with monkeypatch.context() as patch:
        patch.setattr(tasks.Job, "read", changing)
        discover(config=Config(project=project), cache=project / ".cache")
    assert "late" in {table.name for table in found(project).tables}


def test_a_file_that_cannot_be_read_is_tried_again(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = tasks.Job.read
    refused = Problem("shop/models.py", 0, "XT102", "error", "cannot be read: no reason")

    def refusing(self: tasks.Job) -> object:
        return refused if self.path == "shop/models.py" else read(self)

    with monkeypatch.context() as patch:
        patch.setattr(tasks.Job, "read", refusing)
        for _ in range(2):
            result = discover(config=Config(project=project), cache=project / ".cache")
            assert refused in result.problems
            assert "users" not in {
                table.name for table in result.tables if table.path[:4] == "shop"
            }
    assert "shop/models.py" in {table.path for table in found(project).tables}


def test_a_file_that_vanishes_during_the_scan(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = tasks.Job.read
    path = project / "shop" / "models.py"

    def vanishing(self: tasks.Job) -> object:
        data = read(self)
        if self.path == "shop/models.py" and not self.module:
            path.unlink(missing_ok=True)
        return data

    with monkeypatch.context() as patch:
        patch.setattr(tasks.Job, "read", vanishing)
        result = discover(config=Config(project=project), cache=project / ".cache")
    assert [(p.path, p.code) for p in result.problems] == [("shop/models.py", "XT102")]
    assert found(project).problems == ()


HALVES = """\
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, mapped_column

class Base(DeclarativeBase): ...

class A(Base):
    __tablename__ = chr(0xd800) + "x"
    id = mapped_column(primary_key=True)

class B(Base):
    __tablename__ = "\\ud800y"
    id = mapped_column(primary_key=True)

class C(Base):
    __tablename__ = "ok"
    id = mapped_column(String("\\ud800"), primary_key=True, default="\\ud800")

X = ["\\ud800"]
"""


def test_halves_of_characters_can_be_remembered_and_sent(project: Path) -> None:
    (project / "shop" / "models.py").write_text(HALVES, "utf-8")
    for options in ({}, {"columns": True}, {"prefilter": False}):
        for _ in range(2):
            result = found(project, **options)
            names = {t.name for t in result.tables if t.path == "shop/models.py"}
            assert names == {"\\ud800x", None, "ok"}
            json.render(result)
    with ThreadPoolExecutor(1) as executor:
        assert found(project, executor=executor).models == found(project).models


# -- where it lies --------------------------------------------------------------------------------


def test_git_and_backups_leave_it_alone(project: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    found(project)
    status = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=all"],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    )
    assert "shop/models.py" in status.stdout
    assert ".cache" not in status.stdout
    tag = (project / ".cache" / "CACHEDIR.TAG").read_text("utf-8")
    assert tag.startswith("Signature: 8a477f597d28d172789f06886806bc55")
    assert (project / ".cache" / "answers").stat().st_mode & 0o077 == 0


def test_where_nothing_can_be_written_nothing_is(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = discover(config=Config(project=project))
    (tmp_path / "file").touch()
    config = Config(project=project)
    assert discover(config=config, cache=tmp_path / "file") == expected
    assert discover(config=config, cache=tmp_path / "file" / "below") == expected
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert discover(config=config, cache=tmp_path / "new") == expected
    assert not (tmp_path / "new").exists()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(signed_file, "_SIZE_LIMIT", 10)
    assert discover(config=config, cache=tmp_path / "new") == expected
    assert sorted(each.name for each in (tmp_path / "new").iterdir()) == [
        ".gitignore",
        "CACHEDIR.TAG",
    ]


def test_what_a_scan_does_not_use_is_kept_while_there_is_room(
    project: Path, work: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found(project)
    shop = {"paths": [project / "shop"]}
    work_of(work, project, **shop)
    assert work_of(work, project) == []
    monkeypatch.setattr(store, "_SIZE", 100)
    (project / "shop" / "views.py").write_text("def index(): return 2\n", "utf-8")
    work_of(work, project, **shop)
    assert len(work_of(work, project)) > 3  # the other files were dropped


def test_results_of_many_questions_do_not_pile_up(project: Path) -> None:
    for count in range(10):
        discover(config=Config(project=project), cache=project / ".cache", exclude=[f"x{count}"])
    assert len(signed_file.load(project / ".cache" / "answers", snapshot._version())) == 8


def _scan_often(project: Path, expected: Discovery) -> bool:
    config = Config(project=project)
    return all(discover(config=config, cache=project / ".cache") == expected for _ in range(6))


def test_many_at_once_share_it(project: Path) -> None:
    expected = discover(config=Config(project=project))
    context = multiprocessing.get_context("fork")
    with context.Pool(6) as pool:
        assert all(pool.starmap(_scan_often, [(project, expected)] * 6))
    assert len(signed_file.load(project / ".cache" / "answers", snapshot._version())) == 1
    assert sorted(each.name for each in (project / ".cache").iterdir()) == [
        ".gitignore",
        "CACHEDIR.TAG",
        "answers",
        "findings",
    ]


def test_a_remembered_answer_loads_no_parser(project: Path) -> None:
    code = (
        "import sys; from xcore_tools.cli import main; main(['discover', '--format', 'json']);"
        "print(*sorted(m for m in sys.modules if m.partition('.')[0] in"
        " ('libcst', 'rich', 'alembic', 'sqlalchemy') or m in"
        " ('xcore_tools.discovery.pipeline.scan', 'xcore_tools.discovery.link.interpreter')), file=sys.stderr)"
    )
    command = [sys.executable, "-c", code]
    cold, _, warm = (
        subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
        for _ in range(3)
    )
    assert cold.stdout == warm.stdout
    assert "libcst" in cold.stderr
    assert warm.stderr.split("\n")[-2] == ""
