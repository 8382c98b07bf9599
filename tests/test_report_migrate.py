"""Migrations in words."""

from __future__ import annotations

import re

import msgspec
import pytest

from xcore_tools.database.comparison import Rename
from xcore_tools.migrate.facts import (
    Change,
    Creation,
    Fleet,
    Generated,
    Member,
    Outcome,
    Rehearsal,
    Revision,
    Script,
    State,
    Status,
)
from xcore_tools.migrate.revisions.graph import HeadsCheck
from xcore_tools.migrate.revisions.revision_file import RevisionFile
from xcore_tools.report import migrate as report
from xcore_tools.report.fleet import render_fleet
from xcore_tools.report.rehearsal import render_rehearsal

FIRST = Revision("a1", (), "first", "v/a1.py", is_branch_point=True, is_current=True)
LONG = Revision("b2" * 6, ("a1",), "second " * 20, "v/b2.py")
JOIN = Revision("c3", ("a1", "x"), "join", "v/c3.py", branch_labels=("one",), is_head=True)
NASTY = Revision("e\x1b[2J", (), "m\r\u202ex", "v/\n.py")
STATUS = Status(
    "postgresql://u:***@h/d", True, State.BEHIND, ("a1",), ("c3",), (LONG, JOIN), "run upgrade"
)
CHANGE = Change("sqlite:///x.db", Outcome.DONE, ("a1",), ("c3",), applied=(JOIN,), seconds=1.234)


def test_status() -> None:
    assert report.render_status(STATUS) == (
        "postgresql://u:***@h/d\n"
        "  state    behind\n"
        "  current  a1\n"
        "  head     c3\n"
        "  pending  2 revisions\n"
        f"    b2b2b2b2b2b2  {('second ' * 20).strip()}\n"
        "    c3            join (head, merge, one)\n"
        "\n"
        "run upgrade\n"
    )


def test_status_of_what_cannot_be_reached() -> None:
    status = Status("env.py", False, None, (), (), (), "no server")
    assert report.render_status(status) == (
        "env.py\n  state    unreachable\n  current  -\n  head     -\n  pending  0 revisions\n"
        "\nno server\n"
    )


def test_revisions() -> None:
    assert report.render_revisions(()) == "no revisions\n"
    assert report.render_revisions((JOIN, FIRST)) == (
        "c3  join (head, merge, one)\na1  first (branch point, current)\n"
    )
    assert report.render_revisions((Revision("a1", (), "", ""),)) == "a1\n"
    assert report.render_revisions((JOIN, FIRST), verbose=True) == (
        "c3  join (head, merge, one)\n  v/c3.py\n  follows a1, x\n"
        "a1  first (branch point, current)\n  v/a1.py\n"
    )
    needy = Revision("d4", ("c3",), "", "", depends_on=("y", "z"))
    assert report.render_revisions((needy,), verbose=True) == (
        "d4\n  no file\n  follows c3\n  depends on y, z\n"
    )
    wide = report.render_revisions((Revision("早", (), "x", ""), FIRST)).splitlines()
    assert wide[0] == "早  x"


def test_heads() -> None:
    check = HeadsCheck((RevisionFile("v/\x1b.py", 1, "a\n1"),), 1, ())
    assert report.render_heads(check) == "a\\n1 (v/\\x1b.py)\n1 head of 1 revision\n"


def test_scripts_are_printed_whole() -> None:
    text = report.render_scripts([Script(FIRST, "x = 1\n"), Script(JOIN, "y = 2\n")])
    assert text == "# v/a1.py\nx = 1\n\n# v/c3.py\ny = 2\n"


def test_changes() -> None:
    assert report.render_change(CHANGE) == (
        "applied   c3  join\nsqlite:///x.db: now at c3, 1.23 s\n"
    )
    back = msgspec.structs.replace(CHANGE, applied=(), reverted=(JOIN,), after=())
    assert report.render_change(back) == (
        "reverted  c3  join\nsqlite:///x.db: now at base, 1.23 s\n"
    )
    same = Change("sqlite:///x.db", Outcome.NOTHING_TO_DO, ("c3",), ("c3",))
    assert report.render_change(same) == "sqlite:///x.db: at c3 already, nothing to do\n"


def test_creation_and_generation() -> None:
    made = Creation("sqlite:///x.db", ("t", "u"), ("a1",))
    assert report.render_creation(made) == "sqlite:///x.db: 2 tables created, stamped a1\n"
    bare = msgspec.structs.replace(made, stamped=())
    assert report.render_creation(bare).endswith("stamped no revision, since there is none\n")
    generated = Generated(FIRST, ("add_table t",))
    assert report.render_generated(generated) == "v/a1.py: revision a1\n  add_table t\n"


def test_operations() -> None:
    assert report.render_operations(()) == "models and database agree\n"
    assert report.render_operations(("add_table t\x1b", "add_table u")) == (
        "  add_table t\\x1b\n  add_table u\n2 operations to generate\n"
    )


@pytest.mark.parametrize(
    ("state", "color"),
    [
        (State.AT_HEAD, 32),
        *((state, 33) for state in (State.BEHIND, State.EMPTY, State.UNVERSIONED)),
        *((state, 31) for state in (State.AHEAD_UNKNOWN, State.DIVERGED)),
        (None, 31),
    ],
)
def test_every_state_has_a_colour(state: State | None, color: int) -> None:
    status = msgspec.structs.replace(STATUS, state=state)
    shown = state.value if state else "unreachable"
    assert f"\x1b[{color}m{shown}\x1b[0m" in report.render_status(status, color=True)


def test_colour_changes_nothing_but_colour() -> None:
    for plain, colored in (
        (report.render_status(STATUS), report.render_status(STATUS, color=True)),
        (report.render_revisions((JOIN,)), report.render_revisions((JOIN,), color=True)),
        (report.render_change(CHANGE), report.render_change(CHANGE, color=True)),
        (
            report.render_generated(Generated(FIRST)),
            report.render_generated(Generated(FIRST), color=True),
        ),
        (
            report.render_scripts([Script(FIRST, "x")]),
            report.render_scripts([Script(FIRST, "x")], color=True),
        ),
    ):
        assert "\x1b[" in colored
        assert re.sub(r"\x1b\[\d+m", "", colored) == plain


def test_names_cannot_move_the_cursor() -> None:
    status = msgspec.structs.replace(
        STATUS, current=(NASTY.revision,), pending=(NASTY,), explanation="a\x1b[0m"
    )
    change = msgspec.structs.replace(CHANGE, applied=(NASTY,), after=(NASTY.revision,))
    for text in (
        report.render_status(status),
        report.render_revisions((NASTY,)),
        report.render_change(change),
        report.render_creation(Creation("u", (), (NASTY.revision,))),
        report.render_generated(Generated(NASTY, ("x\x1b",))),
        report.render_scripts([Script(NASTY, "")]),
    ):
        assert "\\x1b" in text or "v/\\n.py" in text
        assert all(char.isprintable() for char in text.replace("\n", ""))


@pytest.mark.parametrize(
    ("result", "kind"), [(STATUS, Status), (CHANGE, Change), (Generated(JOIN), Generated)]
)
def test_json_holds_every_field(result: msgspec.Struct, kind: type[msgspec.Struct]) -> None:
    text = report.render_json(result)
    assert msgspec.json.decode(text)["schema_version"] == 1
    assert msgspec.json.decode(text, type=kind) == result
    assert text.endswith("\n")


def test_json_of_names_that_are_no_unicode() -> None:
    text = report.render_json({"revisions": (Revision("a", (), "", "\udce9"),)})
    assert '"path": "\\udce9"' in text


def test_a_possible_rename_is_told_with_what_keeps_the_data() -> None:
    revision = Revision("a1", (), "", "versions/a1.py")
    renames = (
        Rename(kind="table", schema="s", before="people", after="users"),
        Rename(kind="column", table="orders", before="total", after="amount"),
    )
    assert report.render_generated(Generated(revision, (), renames)).splitlines()[1:] == [
        "possible rename of a table: s.people to users; if it is one, write op.rename_table "
        "instead, which keeps the data",
        "possible rename of a column: orders.total to amount; if it is one, write "
        "op.alter_column with new_column_name instead, which keeps the data",
    ]


def test_a_change_tells_of_backups_and_of_what_was_recovered() -> None:
    change = msgspec.structs.replace(CHANGE, backups=("b.db",), recovered="a.db")
    assert report.render_change(change).splitlines() == [
        "an earlier run was interrupted: restored a.db first",
        "applied   c3  join",
        "the state before is in b.db",
        "sqlite:///x.db: now at c3, 1.23 s",
    ]


def test_a_rehearsal_that_fails() -> None:
    made = Rehearsal("sqlite:///x.db", (), (), failure="revision b2: no\x1b way", orphans=("a",))
    assert render_rehearsal(made).splitlines() == [
        "failed     revision b2: no\\x1b way",
        "orphans    a",
        "sqlite:///x.db is untouched; 0 tables with as many rows as before, 0.00 s",
    ]


def test_several_databases() -> None:
    made = Fleet(
        (
            Member("a", "sqlite:///a.db", outcome="done", revisions=("r1", "r2"), seconds=0.5),
            Member("long", "sqlite:///b.db", outcome="failed", error="no\nfile"),
            Member("c", "sqlite:///c.db", outcome="nothing-to-do"),
            Member("d", "sqlite:///d.db", outcome="pending", revisions=("r2",)),
        ),
        2.0,
    )
    assert render_fleet(made).splitlines() == [
        "done     a     r1, r2, 0.50 s",
        "failed   long  no\\nfile",
        "pending  d     r2, 0.00 s",
        "4 databases: 1 done, 1 failed, 1 at head, 1 pending, 2.00 s",
    ]
