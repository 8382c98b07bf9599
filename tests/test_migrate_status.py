"""Where a database stands, and ranges of revisions: with Alembic's graph, without a database."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from xcore_tools.errors import MigrationError
from xcore_tools.migrate.facts import State, Status
from xcore_tools.migrate.runtime.scripts import (
    applied_by,
    applied_everywhere,
    filled,
    range_of,
    revision_of,
    revisions_of,
)
from xcore_tools.migrate.status import status_of

#   a1 ─ b2 ─ c3 ─┬─ d4 ─┐
#                 └─ e5 ─┴─ f6        x7 (labelled, depends on c3)
FILES = {
    "a1aa": ("first", None, None, None),
    "b2bb": ("second", "a1aa", None, None),
    "c3cc": ("third", "b2bb", None, None),
    "d4dd": ("left", "c3cc", None, None),
    "e5ee": ("right", "c3cc", None, None),
    "f6ff": ("join", ("d4dd", "e5ee"), None, None),
    "x7xx": ("aside", None, "c3cc", ("side",)),
}


@pytest.fixture
def scripts(tmp_path: Path) -> ScriptDirectory:
    (tmp_path / "m" / "versions").mkdir(parents=True)
    for name, (text, down, needs, labels) in FILES.items():
        (tmp_path / "m" / "versions" / f"{name}.py").write_text(
            f'"""{text}\n\nMore of it.\n"""\nrevision = {name!r}\ndown_revision = {down!r}\n'
            f"depends_on = {needs!r}\nbranch_labels = {labels!r}\n",
            encoding="utf-8",
        )
    config = AlembicConfig()
    config.set_main_option("script_location", str(tmp_path / "m"))
    return ScriptDirectory.from_config(config)


def status(
    scripts: ScriptDirectory, tmp_path: Path, current: Sequence[str], *, has_tables: bool = True
) -> Status:
    return status_of(
        "sqlite:///x.db",
        current=current,
        has_tables=has_tables,
        revisions=revisions_of(scripts, current, project=tmp_path)[::-1],
        applied=applied_by(scripts, current),
    )


@pytest.mark.parametrize(
    ("current", "state", "explanation"),
    [
        (["f6ff", "x7xx"], State.AT_HEAD, ""),
        (["f6ff"], State.BEHIND, "run `xcore-tools migrate upgrade heads` to apply"),
        (["c3cc"], State.BEHIND, "run `xcore-tools migrate upgrade heads` to apply"),
        (["d4dd", "e5ee"], State.BEHIND, "run `xcore-tools migrate upgrade heads` to apply"),
        (["c3cc", "x7xx"], State.BEHIND, "run `xcore-tools migrate upgrade heads` to apply"),
        (["a1"], State.AHEAD_UNKNOWN, "the database is at a1, which no revision file defines"),
        (["z9", "z8"], State.AHEAD_UNKNOWN, "the database is at z9, z8, which no revision file"),
        (
            ["f6ff", "z9"],
            State.DIVERGED,
            "the database is at z9, which no revision file defines, be",
        ),
        (
            ["a1aa", "c3cc"],
            State.DIVERGED,
            "the version table holds a1aa although c3cc comes after",
        ),
    ],
)
def test_states(
    scripts: ScriptDirectory,
    tmp_path: Path,
    current: list[str],
    state: State,
    explanation: str,
) -> None:
    found = status(scripts, tmp_path, current)
    assert found.state is state
    assert found.explanation.startswith(explanation)
    assert bool(found.explanation) is bool(explanation)
    assert found.is_at_head is (state is State.AT_HEAD)
    assert (found.url, found.is_reachable) == ("sqlite:///x.db", True)
    assert found.heads == tuple(sorted(scripts.revision_map.heads)) == ("f6ff", "x7xx")
    assert found.current == tuple(current)


def test_without_a_revision_tables_make_the_difference(
    scripts: ScriptDirectory, tmp_path: Path
) -> None:
    empty = status(scripts, tmp_path, [], has_tables=False)
    assert empty.state is State.EMPTY
    assert "`xcore-tools migrate init`" in empty.explanation
    assert len(empty.pending) == len(FILES)
    unversioned = status(scripts, tmp_path, [])
    assert unversioned.state is State.UNVERSIONED
    assert "`xcore-tools migrate stamp REVISION`" in unversioned.explanation


def test_pending_revisions_come_in_an_order_that_can_be_applied(
    scripts: ScriptDirectory, tmp_path: Path
) -> None:
    done = {"a1aa", "b2bb"}
    pending = status(scripts, tmp_path, ["b2bb"]).pending
    assert {revision.revision for revision in pending} == set(FILES) - done
    for revision in pending:
        assert {*revision.down, *revision.depends_on} <= done
        done.add(revision.revision)


def test_a_dependency_counts_as_applied(scripts: ScriptDirectory) -> None:
    assert applied_by(scripts, ["x7xx"]) == {"x7xx", "a1aa", "b2bb", "c3cc"}
    assert applied_by(scripts, ["x7xx", "gone"]) == applied_by(scripts, ["x7xx"])
    assert applied_by(scripts, ["x7", "gone"]) == frozenset()
    assert applied_everywhere(scripts, [["x7xx"], ["b2bb"]]) == {"a1aa", "b2bb"}
    assert applied_everywhere(scripts, []) == frozenset()


def test_a_revision_as_data(scripts: ScriptDirectory, tmp_path: Path) -> None:
    def read(name: str) -> dict[str, object]:
        found = revision_of(scripts.get_revision(name), frozenset({"c3cc"}), project=tmp_path)
        return {field: getattr(found, field) for field in found.__struct_fields__}

    assert read("f6ff") == {
        "revision": "f6ff",
        "down": ("d4dd", "e5ee"),
        "message": "join",
        "path": "m/versions/f6ff.py",
        "depends_on": (),
        "branch_labels": (),
        "is_head": True,
        "is_branch_point": False,
        "is_current": False,
    }
    assert (read("c3cc")["is_branch_point"], read("c3cc")["is_current"]) == (True, True)
    assert (read("x7xx")["depends_on"], read("x7xx")["branch_labels"]) == (("c3cc",), ("side",))
    assert revision_of(scripts.get_revision("a1aa"), project=tmp_path).is_current is None


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (None, ("base", "heads")),
        (":", ("base", "heads")),
        ("a1aa:", ("a1aa", "heads")),
        (":c3cc", ("base", "c3cc")),
        (" a1aa:c3cc ", ("a1aa", "c3cc")),
        ("-3:current", ("-3", "current")),
    ],
)
def test_ranges(text: str | None, ends: tuple[str, str]) -> None:
    assert range_of(text) == ends


def test_what_is_no_range() -> None:
    with pytest.raises(MigrationError, match="abc: not a range; write for example base:head"):
        range_of("abc")


@pytest.mark.parametrize(
    ("ends", "current", "names"),
    [
        (("base", "current"), ["c3cc"], ["a1aa", "b2bb", "c3cc"]),
        (("current", "f6ff"), ["e5ee"], ["f6ff", "e5ee"]),
        (("current", "current"), ["c3cc"], ["c3cc"]),
        (("current", "f6ff"), ["d4dd", "e5ee"], ["d4dd", "e5ee", "f6ff"]),
        (("base", "current"), [], []),
        (("current", "b2bb"), [], ["b2bb", "a1aa"]),
        (("a1aa", "b2bb"), ["c3cc"], ["b2bb", "a1aa"]),
    ],
)
def test_current_in_a_range_is_where_the_database_is(
    scripts: ScriptDirectory, ends: tuple[str, str], current: list[str], names: list[str]
) -> None:
    found = [script.revision for script in scripts.walk_revisions(*filled(ends, current))]
    assert sorted(found) == sorted(names)


def test_a_project_without_revisions_is_told_how_to_get_one() -> None:
    found = status_of("x", current=(), has_tables=False, revisions=(), applied=())
    assert found.state is State.EMPTY
    assert "`xcore-tools migrate generate` writes the first one" in found.explanation
