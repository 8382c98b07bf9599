"""What a revision file says about itself, without running it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory

from xcore_tools.discovery.results import Problem
from xcore_tools.migrate.revisions.revision_file import (
    RevisionFile,
    is_revision_name,
    read_revision,
)

SOUND = {
    "as Alembic writes it": (
        '"""add users"""\nfrom typing import Sequence, Union\n\n'
        "revision: str = 'b'\ndown_revision: Union[str, Sequence[str], None] = 'a'\n"
        "branch_labels: Union[str, Sequence[str], None] = None\n"
        "depends_on: Union[str, Sequence[str], None] = None\n"
    ),
    "plain assignments": "revision = 'b'\ndown_revision = 'a'\n",
    "several in one": "revision = 'b'\ndown_revision = depends_on = 'a'\n",
    "the last one counts": "revision = 'x'\nrevision = 'b'\ndown_revision = ('a',)\n",
    "a merge": "revision = 'b'\ndown_revision = ['a', 'z']\n",
    "lists": "revision = 'b'\ndown_revision = []\ndepends_on = ('a', 'z')\nbranch_labels = ['l']\n",
    "one in a set": "revision = 'b'\ndown_revision = None\ndepends_on = {'a'}\n",
    "a text in parts": "revision = ('b'\n  'c')\ndown_revision = (None)\n",
    "an annotation alone": "revision: str\nrevision = 'b'\ndown_revision = None\n",
    "names in scopes of their own": (
        "revision = 'b'\ndown_revision = None\n[revision for revision in 'xy']\n"
        "def upgrade():\n    revision = 1\nclass C:\n    revision = 2\nC.revision = 3\n"
    ),
    "a text with a wrong escape": "revision = 'b'\ndown_revision = None\nx = '\\d'\n",
    "constants of the file": (
        "PREFIX = 'stage'\nNEEDED = ['a', 'z']\nPREVIOUS = 'a'\nrevision = 'b'\n"
        "down_revision = PREVIOUS\ndepends_on = tuple(NEEDED)\n"
        "branch_labels = {f'{PREFIX}-two'}\n"
    ),
    "a BOM": "\ufeffrevision = 'b'\ndown_revision = None\n",
    "a declared encoding": "# coding: latin-1\n# caf\u00e9\nrevision = 'b'\ndown_revision = None\n",
}


def alembic_says(directory: Path, name: str, data: bytes) -> dict[str, object]:
    """What Alembic finds in a file after it has run it."""
    (directory / "versions").mkdir()
    (directory / "versions" / name).write_bytes(data)
    config = AlembicConfig()
    config.set_main_option("script_location", str(directory))
    scripts = ScriptDirectory.from_config(config)
    (script,) = list(scripts._load_revisions())
    down, needs = script._versioned_down_revisions, script.dependencies or ()
    return {
        "revision": script.revision,
        "down": tuple(down),
        "depends_on": (needs,) if isinstance(needs, str) else tuple(needs),
        "branch_labels": tuple(script._orig_branch_labels),
    }


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND.keys())
@pytest.mark.filterwarnings("ignore:invalid escape sequence")
def test_it_is_what_alembic_finds(tmp_path: Path, text: str) -> None:
    data = text.encode("latin-1" if "latin-1" in text else "utf-8")
    found = read_revision("versions/b.py", data)
    assert isinstance(found, RevisionFile)
    expected = alembic_says(tmp_path, "b_.py", data)
    assert {name: getattr(found, name) for name in expected} == expected


def test_the_line_is_that_of_the_id() -> None:
    found = read_revision("b.py", b"\n\ndown_revision = None\nrevision = 'b'\n")
    assert found == RevisionFile("b.py", 4, "b")


def test_an_old_file_is_named_by_its_id(tmp_path: Path) -> None:
    data = b"down_revision = None\n"
    found = read_revision("versions/1a2b.py", data)
    assert found == RevisionFile("versions/1a2b.py", 0, "1a2b")
    assert alembic_says(tmp_path, "1a2b.py", data)["revision"] == "1a2b"


NOT_PLAIN = "is not written as plain text, so only running the file would tell it"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("revision = \n", 1, "cannot be parsed: invalid syntax"),
        ("\nrevision = 'b\n", 2, "cannot be parsed: unterminated string literal"),
        ("x = 'caf\udce9'\n", None, "cannot be parsed: "),
        ("# coding: latin-99\n", 0, "cannot be parsed: unknown encoding"),
        ("revision = 'a'\0\n", 0, "cannot be parsed: "),
        ("x = " + "(" * 3000 + ")" * 3000, 1, "cannot be parsed: "),
        ("", 0, "has no revision, and Alembic takes it for one"),
        ("revision = 'b'\n", 0, "has no down_revision; write `down_revision = None`"),
        ("revision = make_id()\n", 1, f"revision {NOT_PLAIN}"),
        ("revision = None\n", 1, f"revision {NOT_PLAIN}"),
        ("revision = 5\n", 1, f"revision {NOT_PLAIN}"),
        ("revision = ('b',)\n", 1, f"revision {NOT_PLAIN}"),
        ("revision = ''\n", 1, "revision is empty"),
        ("revision = 'b'\ndown_revision = ''\n", 2, "down_revision is empty"),
        ("revision = 'b'\n\ndown_revision = _PREVIOUS\n", 3, f"down_revision {NOT_PLAIN}"),
        ("revision = 'b'\ndown_revision = 'a' + 'c'\n", 2, f"down_revision {NOT_PLAIN}"),
        ("revision = 'b'\ndown_revision = ('a', 1)\n", 2, f"down_revision {NOT_PLAIN}"),
        ("revision = 'b'\ndown_revision = {'a': 'c'}\n", 2, f"down_revision {NOT_PLAIN}"),
        ("revision, down_revision = 'b', 'a'\n", 1, f"revision {NOT_PLAIN}"),
        ("revision = 'b'\nif True:\n    down_revision = 'a'\n", 2, f"down_revision {NOT_PLAIN}"),
        ("revision = 'b'\nfor down_revision in 'a': pass\n", 2, f"down_revision {NOT_PLAIN}"),
        ("revision = 'b'\nrevision += 'c'\n", 2, f"revision {NOT_PLAIN}"),
        ("from ids import revision\n", 1, f"revision {NOT_PLAIN}"),
        ("import ids as revision\n", 1, f"revision {NOT_PLAIN}"),
        ("revision = 'b'\ndel revision\n", 2, f"revision {NOT_PLAIN}"),
        ("def revision(): ...\n", 1, f"revision {NOT_PLAIN}"),
        ("async def revision(): ...\n", 1, f"revision {NOT_PLAIN}"),
        ("class revision: ...\n", 1, f"revision {NOT_PLAIN}"),
        ("print(revision := 'b')\n", 1, f"revision {NOT_PLAIN}"),
    ],
)
def test_what_cannot_be_known_is_a_problem(text: str, line: int | None, message: str) -> None:
    found = read_revision("versions/x_y.py", text.encode("utf-8", "surrogateescape"))
    assert isinstance(found, Problem)
    assert (found.path, found.code, found.severity) == ("versions/x_y.py", "XT305", "error")
    assert found.message.startswith(message)
    assert line in (None, found.line)  # the parsers of all Pythons agree on lines but there


@pytest.mark.parametrize(
    "value",
    [
        "CONTRACT",
        "(CONTRACT,)",
        "f'{CONTRACT}'",
        "f'{KNOWN:>9}'",
        "f'{KNOWN!r}'",
        "{[]}",
        "make()",
        "tuple(make())",
        "TWICE",
        "list",
        "LOOP",
        "HIDDEN",
    ],
)
@pytest.mark.parametrize("name", ["branch_labels", "depends_on"])
def test_a_revision_keeps_its_place_whatever_its_labels_are(name: str, value: str) -> None:
    """What is made elsewhere, more than once, or by a call that is not followed, is not known."""
    text = (
        "from phases import CONTRACT\nKNOWN = 'x'\nTWICE = 'a'\nTWICE = 'b'\nLOOP = (LOOP,)\n"
        "HIDDEN = 'a'\nfrom phases import LATE as HIDDEN\n"
        f"revision = 'b'\ndown_revision = 'a'\n{name} = {value}\n"
    )
    found = read_revision("b.py", text.encode())
    assert isinstance(found, RevisionFile)
    assert (found.revision, found.down, getattr(found, name)) == ("b", ("a",), ())
    (note,) = found.notes
    assert (note.line, note.code, note.severity) == (10, "XT305", "note")
    assert note.message.startswith(f"{name} is not known")


def test_a_deeply_nested_literal_is_a_problem() -> None:
    found = read_revision("b.py", b"revision = " + b"-" * 100_000 + b"1\n")
    assert isinstance(found, Problem)


def test_a_wrong_escape_in_a_file_prints_nothing() -> None:
    code = (
        "from xcore_tools.migrate.revisions.revision_file import read_revision\n"
        r"read_revision('b.py', b'revision = \'b\'\ndown_revision = None\nx = \'\\d\'\n')"
    )
    run = subprocess.run(
        [sys.executable, "-W", "always", "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stderr == ""


@pytest.mark.parametrize(
    "name",
    ["a.py", ".a.py", "__init__.py", "__init__2.py", ".#a.py", "a.txt", "a.pyc", "a.PY", "py"],
)
def test_names_are_taken_as_alembic_takes_them(tmp_path: Path, name: str) -> None:
    try:
        taken = bool(alembic_says(tmp_path, name, b"revision = 'a'\ndown_revision = None\n"))
    except ValueError:  # none was found
        taken = False
    assert is_revision_name(name) is taken
