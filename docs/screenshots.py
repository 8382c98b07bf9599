"""Makes the pictures of a terminal: python docs/screenshots.py [--check].

Each is what a command prints, run on a copy of the application in fixtures/xcore_app, and drawn by
rich. A run makes the same bytes as the one before unless a command prints something else; `--check`
writes nothing and exits 1 if a picture is not current.
"""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
WIDTH = 80

# name → what is done before, unseen, and the command that is seen
SCREENS: dict[str, tuple[list[str], str]] = {
    "discover": ([], "xcore-tools discover plugins"),
    "sync-env": ([], "xcore-tools sync-env --diff"),
    "doctor": ([], "xcore-tools doctor"),
    "migrate-status": (["migrate upgrade 0001 --no-backup"], "xcore-tools migrate status"),
}
ENV = """\
from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine

config = context.config
fileConfig(config.config_file_name)

# AUTO-GENERATED IMPORTS START
# AUTO-GENERATED IMPORTS END

target_metadata = None

with create_engine(config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection, target_metadata=target_metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
SETTINGS = """\
{"migration": {"url": "sqlite:///shop.db",
    "automigration": {"models": ["auth", "admin", "manager/models"], "plugins": ["plugins"]}}}
"""
SECOND = """\
\"\"\"Nicknames of users\"\"\"

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("users", sa.Column("nickname", sa.String(40)))
"""


def pictures() -> Iterator[tuple[Path, str]]:
    """Yield each file, and the SVG that it should hold."""
    with tempfile.TemporaryDirectory() as place:
        project = Path(place).resolve() / "shop"
        _make(project)
        for name, (before, command) in SCREENS.items():
            for arguments in before:
                _run(project, arguments.split())
            printed = _run(project, command.split()[1:]).replace(f"{project}/", "")
            yield IMAGES / f"terminal-{name}.svg", _drawn(name, command, printed)


def _make(project: Path) -> None:
    shutil.copytree(ROOT / "fixtures" / "xcore_app", project)
    shutil.copytree(ROOT / "alembic" / "versions", project / "alembic" / "versions")
    (project / "config.json").write_text(SETTINGS, encoding="utf-8")
    (project / "alembic" / "versions" / "0002_nicknames.py").write_text(SECOND, encoding="utf-8")
    (project / "alembic" / "env.py").write_text(ENV, encoding="utf-8")
    shutil.copy(ROOT / "alembic" / "script.py.mako", project / "alembic")
    ini = (ROOT / "alembic.ini").read_text(encoding="utf-8")
    ini = ini.replace("%(here)s/fixtures/xcore_app", "%(here)s")
    (project / "alembic.ini").write_text(ini, encoding="utf-8")


def _run(project: Path, arguments: list[str]) -> str:
    """What a command prints on a terminal of this width, with its colours."""
    # on a dumb terminal there is no progress bar, which would depend on the clock
    environment = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "dumb"}
    terminal, inside = pty.openpty()
    with open(terminal, encoding="utf-8", newline="") as screen:  # noqa: PTH123 (a descriptor)
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "xcore_tools", *arguments],
            cwd=project,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=inside,
            stderr=inside,
        )
        os.close(inside)
        printed = _read(screen)
        process.wait()
    return printed.replace("\r\n", "\n")


def _read(screen: TextIO) -> str:
    """All that is printed; a terminal that nobody writes to any more is an error on Linux."""
    lines: list[str] = []
    with contextlib.suppress(OSError):
        lines.extend(screen)
    return "".join(lines)


def _drawn(name: str, command: str, printed: str) -> str:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True)
        console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
        console.print(Text.from_ansi(printed))
        return console.export_svg(title=command, theme=SVG_EXPORT_THEME, unique_id=name)


def main(arguments: list[str]) -> int:
    """Write what is not current; the exit code."""
    stale = []
    for path, picture in pictures():
        if path.exists() and path.read_text(encoding="utf-8") == picture:
            continue
        stale.append(path)
        if "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(picture, encoding="utf-8")
    for path in stale:
        print(path.relative_to(ROOT).as_posix())
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
