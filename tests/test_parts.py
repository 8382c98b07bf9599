"""Parts: scanned by themselves, in other processes or on other machines, they hold what they hold together."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support import CASES, project_of

from xcore_tools import Config, Discovery, discover
from xcore_tools.discovery.pipeline import partition, scan, tasks, workers
from xcore_tools.discovery.pipeline.partition import split
from xcore_tools.discovery.pipeline.processes import Processes
from xcore_tools.discovery.records import Outlook, Part
from xcore_tools.discovery.walk import SourceFile

SIDE_BY_SIDE = [
    *sorted(each.name for each in CASES.iterdir() if each.name.startswith(("base_", "flask_"))),
    "core_tables",
    "sqlmodel_basic",
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many applications side by side, each with a pyproject.toml of its own."""
    root = tmp_path_factory.mktemp("side_by_side")
    for name in SIDE_BY_SIDE:
        if (CASES / name).is_dir():
            shutil.copytree(project_of(name), root / name)
            (root / name / "pyproject.toml").touch()
    return root


@pytest.fixture(scope="module")
def together(project: Path) -> Discovery:
    """What they hold when they are scanned as one part."""

    def one(sources: list[SourceFile], *_: object) -> list[Part]:
        return [Part(tuple(sorted(sources)), 1)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "split", one)
        return discover(config=Config(project=project))


def test_parts_hold_what_the_whole_holds(
    project: Path, together: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: list[int] = []

    def counted(*arguments: Any) -> list[Part]:
        found = split(*arguments)
        counts.append(len(found))
        return found

    monkeypatch.setattr(scan, "split", counted)
    assert discover(config=Config(project=project)) == together
    assert counts[0] > 20
    assert len(together.models) > 30


def test_forked_processes_give_the_same(
    project: Path, together: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_WORTH_A_PROCESS", 0)
    monkeypatch.setattr(workers, "_processors", lambda: 2)
    started: list[object] = []

    def counting(*arguments: Any) -> Any:
        started.append(arguments)
        return Processes(*arguments)

    monkeypatch.setattr(workers, "Processes", counting)
    assert discover(config=Config(project=project)) == together
    assert len(started) == 1  # for the parts; there is too little else to share out
    monkeypatch.setattr(scan, "_DOMINANT", 0)
    assert discover(config=Config(project=project)) == together  # file by file


def test_what_nests_too_deeply_to_travel_is_parsed_here(
    project: Path, together: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "encoded", lambda _: None)
    with ThreadPoolExecutor(1) as executor:
        assert discover(config=Config(project=project), executor=executor) == together


def test_progress_counts_files_up_to_all(
    project: Path, together: Discovery, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[int, int]] = []
    discover(config=Config(project=project), progress=lambda *each: told.append(each))
    assert {total for _, total in told} == {together.files}
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    monkeypatch.setattr(workers, "_WORTH_A_PROCESS", 0)
    monkeypatch.setattr(workers, "_processors", lambda: 2)
    forked: list[tuple[int, int]] = []
    discover(config=Config(project=project), progress=lambda *each: forked.append(each))
    assert forked[-1] == (together.files, together.files)


class _FarAway(Executor):
    """Runs what it is given as another machine would: pickled, and where the project is not."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self.batches = 0

    def submit(
        self, function: Callable[..., Any], /, *arguments: Any, **options: Any
    ) -> Future[Any]:
        self.batches += 1
        sent = pickle.dumps((function, arguments, options))
        away = self._project.with_name("away")
        self._project.rename(away)
        future: Future[Any] = Future()
        try:
            called, given, named = pickle.loads(sent)
            future.set_result(pickle.loads(pickle.dumps(called(*given, **named))))
        finally:
            away.rename(self._project)
        return future


def test_bytes_travel_to_an_executor_and_facts_come_back(
    project: Path, together: Discovery
) -> None:
    executor = _FarAway(project)
    assert discover(config=Config(project=project), executor=executor) == together
    assert executor.batches > 3


def test_any_executor_will_do(project: Path, together: Discovery) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert discover(config=Config(project=project), executor=executor) == together


@pytest.mark.slow
def test_a_dask_cluster_without_the_files(
    project: Path, together: Discovery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    distributed = pytest.importorskip("distributed")
    monkeypatch.chdir(tmp_path)  # of the workers
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        monkeypatch.chdir(project)
        assert discover(config=Config(project=project), executor=client.get_executor()) == together


def test_what_an_executor_fails_to_do_is_done_here(
    project: Path, together: Discovery, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Executor):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(ConnectionError("the workers are gone"))
            return future

    class Closed(Executor):
        def submit(self, *_: Any, **__: Any) -> Future[Any]:
            raise RuntimeError("cannot schedule new futures after shutdown")

    assert discover(config=Config(project=project), executor=Broken()) == together
    assert "the workers are gone" in caplog.text
    assert discover(config=Config(project=project), executor=Closed()) == together


# -- what connects ------------------------------------------------------------------------------


def _split(
    files: Mapping[str, tuple[str, ...]],
    roots: tuple[str, ...] = ("",),
    bases: tuple[str, ...] = (),
) -> list[list[str]]:
    """The parts of files that all hold evidence, each with what it imports."""
    sources = [SourceFile(path, path, False, "core", True) for path in files]
    outlooks = {path: Outlook(100, True, False, False, origins) for path, origins in files.items()}
    names: dict[str, set[str]] = {}
    for path in files:
        for root in roots:
            inside = path[len(root) + 1 if root else 0 :] if path.startswith(root) else ""
            names.setdefault(root, set()).add(inside.partition("/")[0])
    found = split(
        sources, lambda s: outlooks[s.path], roots, lambda root: names.get(root, set()), bases
    )
    return sorted([source.path for source in part.sources] for part in found)


def test_imports_connect() -> None:
    assert _split({"a/x.py": (), "b/y.py": (), "c.py": ()}) == [["a/x.py"], ["b/y.py"], ["c.py"]]
    assert _split({"a/x.py": ("b",), "b/y.py": (), "c.py": ()}) == [
        ["a/x.py", "b/y.py"],
        ["c.py"],
    ]
    assert _split({"a/x.py": ("c",), "b/y.py": ("c",), "c.py": ()}) == [
        ["a/x.py", "b/y.py", "c.py"]
    ]
    assert _split({"a/x.py": ("os",), "b/y.py": ("os", "sqlalchemy")}) == [["a/x.py"], ["b/y.py"]]


def test_one_package_is_one_part() -> None:
    assert _split({"a/x.py": (), "a/b/y.py": ()}) == [["a/b/y.py", "a/x.py"]]


def test_relative_imports_connect_modules_beside_one_another() -> None:
    assert _split({"x.py": (".y",), "y.py": (), "z.py": ()}) == [["x.py", "y.py"], ["z.py"]]
    assert _split({"a/b/x.py": ("...c",), "c/y.py": ()}) == [["a/b/x.py", "c/y.py"]]


def test_the_own_import_root_comes_first() -> None:
    files: dict[str, tuple[str, ...]] = {"one/app/x.py": ("app",), "two/app/y.py": ("app",)}
    assert _split(files, ("", "one", "two")) == [["one/app/x.py"], ["two/app/y.py"]]
    files = {"one/app/x.py": ("lib",), "two/lib/y.py": ()}
    assert _split(files, ("", "one", "two")) == [["one/app/x.py", "two/lib/y.py"]]


def test_a_path_through_directories_connects() -> None:
    assert _split({"a/x.py": ("src",), "src/b/y.py": ()}, ("", "src")) == [["a/x.py", "src/b/y.py"]]


def test_users_of_one_base_of_a_library_are_one_part() -> None:
    shared = {"a/x.py": ("<sqlmodel>",), "b/y.py": ("<sqlmodel>",), "c/z.py": ()}
    assert _split(shared) == [["a/x.py", "b/y.py"], ["c/z.py"]]
    configured = {"a/x.py": ("ours",), "b/y.py": ("ours",)}
    assert _split(configured, bases=("ours.Base",)) == [["a/x.py", "b/y.py"]]
    assert _split(configured) == [["a/x.py"], ["b/y.py"]]


@pytest.mark.parametrize(
    ("code", "origins"),
    [
        ("from sqlmodel import SQLModel", ("<sqlmodel>", "sqlmodel")),
        ("import sqlmodel as m", ("<sqlmodel>", "sqlmodel")),
        ("from sqlmodel import *", ("<sqlmodel>", "sqlmodel")),
        ("from sqlmodel import select", ("sqlmodel",)),
        ("from celery import Celery", ("celery",)),
        ("import a.b, c\nfrom .d import e\nfrom . import f", (".d", ".f", "a", "c")),
        ("from .. import *", ("..",)),
    ],
)
def test_origins(code: str, origins: tuple[str, ...]) -> None:
    from xcore_tools.discovery.prefilter.sketch import sketch  # noqa: PLC0415

    found = partition.outlook_of(sketch("m.py", code.encode()), len(code), is_suspicious=False)
    assert found.origins == origins


def test_files_without_evidence_are_one_part_at_the_end() -> None:
    sources = [SourceFile(f"{name}.py", name, False, "core", True) for name in "abcd"]
    outlooks = {
        "a.py": Outlook(10, False, False, False, ()),
        "b.py": Outlook(10, True, False, False, ()),
        "c.py": Outlook(20, True, False, False, ()),
    }
    found = split(sources, lambda s: outlooks.get(s.path), ("",), lambda _: ())
    assert [[source.path for source in part.sources] for part in found] == [
        ["c.py"],
        ["b.py"],
        ["a.py", "d.py"],
    ]
    assert [part.weight for part in found] == [20, 10, 0]
