"""The pages of the documentation as data, and how they are run.

A page is Markdown. Its fenced blocks are run or written in their order, in an empty directory or in a
copy of what the page names: `<!-- project: fixtures/xcore_app -->`, or `.` for the repository's own.

- ```` ```console ```` holds commands after `$ `, each followed by what it prints. `…` stands for
  any text in a line, a line `...` for any lines. Ids of revisions, hashes, times and seconds are
  examples, the lines that Alembic logs are left out. A command that exits other than 0 is followed by
  `$ echo $?`.
- A block with `title="NAME"` is the file NAME.
- `<!-- not run: REASON -->` above a block says that it is neither run nor written.

`python tests/pages.py docs/PAGE.md…` runs pages and puts what the commands print in the place of
what the pages say; what is still true stays as it is.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from page_shell import Shell

ROOT = Path(__file__).resolve().parent.parent
HOME = "/srv/app"
"""Where the project of every page is, as far as the page tells."""

_FENCE = re.compile(r"^( *)(`{3,})(\S*)(.*)$")
_COMMENT = re.compile(r"^ *<!-- (project|not run): (.+) -->$")
_TITLE = re.compile(r'title="([^"]+)"')


# What is another in each run → the form that it has in all of them.
_VARIANTS = {
    "any": ".*?",
    "id": "[0-9a-f]{12}",
    "sha256": "[0-9a-f]{64}",
    "timestamp": r"\d{8}T\d{6}Z(?:_\d)?",
    "time": r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?",
    "duration": r"\d+\.\d+ s\b",
    "seconds": r"(?<=seconds\": )\d+\.\d+",
}
_VARYING = re.compile(
    "(?P<any>…)|(?<![0-9a-z])(?:"
    + "|".join(f"(?P<{name}>{form})" for name, form in _VARIANTS.items() if name != "any")
    + ")(?![0-9a-z])"
)
# Alembic's own log, as far as `alembic init` has it switched on: pages are about something else.
_LOG = re.compile(r"^INFO  \[alembic\..*\n", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: `line` is that of its first line of text, from 1; `text` has no indent."""

    line: int
    indent: str
    language: str
    title: str | None
    not_run: str | None
    text: str


@dataclass(frozen=True)
class Page:
    """A page, its blocks in order, and the project that its commands run in (None: an empty one)."""

    path: Path
    project: str | None
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Command:
    """A command of a page, the line it stands in, and the lines that the page says it prints."""

    line: int
    text: str
    expected: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What a command printed in truth, to both streams, and its exit code."""

    command: Command
    printed: tuple[str, ...]
    code: int
    is_code_shown: bool

    @property
    def is_as_told(self) -> bool:
        told = is_told(self.command.expected, self.printed)
        return told and (self.code == 0 or self.is_code_shown)

    def __str__(self) -> str:
        told = "\n".join(self.command.expected)
        printed = "\n".join(self.printed)
        return (
            f"line {self.command.line}: $ {self.command.text}\n--- the page says\n{told}\n"
            f"--- it printed (exit code {self.code})\n{printed}\n"
        )


def read_page(path: Path) -> Page:
    """The page at `path`.

    Raises:
        ValueError: a fence is not closed.
    """
    blocks: list[Block] = []
    project: str | None = None
    reason: str | None = None
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    for number, line in lines:
        if comment := _COMMENT.match(line):
            if comment[1] == "project":
                project = comment[2]
            else:
                reason = comment[2]
        elif opening := _FENCE.match(line):
            text = _until(opening[1] + opening[2], lines, len(opening[1]))
            if text is None:
                raise ValueError(f"{path}:{number}: this block is not closed")
            title = _TITLE.search(opening[4])
            language = opening[3]
            block = Block(number + 1, opening[1], language, title and title[1], reason, text)
            blocks.append(block)
            reason = None
        elif line.strip():
            reason = None
    return Page(path, project, tuple(blocks))


def _until(fence: str, lines: Iterator[tuple[int, str]], indent: int) -> str | None:
    inner: list[str] = []
    for _, line in lines:
        if line.rstrip() == fence:
            return "".join(f"{text[indent:]}\n" for text in inner)
        inner.append(line)
    return None


def commands(block: Block) -> list[Command]:
    """The commands of a console block.

    Raises:
        ValueError: it does not begin with a command.
    """
    found: list[Command] = []
    for number, line in enumerate(block.text.splitlines(), block.line):
        if line.startswith("$ "):
            found.append(Command(number, line[2:], ()))
        elif not found:
            raise ValueError(f"line {number}: a console block begins with `$ `")
        else:
            found[-1] = replace(found[-1], expected=(*found[-1].expected, line))
    return found


def is_told(expected: tuple[str, ...], printed: tuple[str, ...]) -> bool:
    """Whether what was printed is what the page says; blanks at the ends do not count."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() == "..." else _of_line(line) for line in _trimmed(expected)
    )
    return bool(re.fullmatch(pattern, "".join(f"{line}\n" for line in _trimmed(printed))))


def _of_line(line: str) -> str:
    pattern, at = "", 0
    for found in _VARYING.finditer(line):
        name = found.lastgroup or ""
        pattern += re.escape(line[at : found.start()]) + _VARIANTS[name]
        at = found.end()
    return pattern + re.escape(line[at:]) + r"\n"


def _trimmed(lines: tuple[str, ...]) -> list[str]:
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    return text.splitlines()


@dataclass
class Run:
    """A page that is being run: where it stands, and what its commands have set."""

    shell: Shell
    home: Path
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    code: int = 0

    def outcomes(self, page: Page) -> Iterator[Outcome]:
        """Write each file and run each command in turn, and tell what came of the commands."""
        for block in page.blocks:
            if block.not_run is not None:
                continue
            if block.title is not None:
                file = self.home / block.title
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block.text, encoding="utf-8")
            if block.language == "console":
                yield from self._commands(commands(block))

    def _commands(self, found: list[Command]) -> Iterator[Outcome]:
        following = [*(command.text for command in found[1:]), ""]
        for command, after in zip(found, following, strict=True):
            printed = self._printed(command.text)
            shown = after == "echo $?" or command.text == "echo $?"
            yield Outcome(command, tuple(printed.splitlines()), self.code, shown)

    def _printed(self, text: str) -> str:
        words = shlex.split(text, comments=True)
        if text == "echo $?":
            code, self.code = self.code, 0
            return f"{code}\n"
        if words[0] == "cd":
            self.directory = self.directory / words[1]
            return ""
        if words[0] == "export":
            self.environment.update(word.partition("=")[::2] for word in words[1:])
            return ""
        self.code, printed = self.shell.run(text, self.directory, self.environment)
        told = _LOG.sub("", printed).replace(str(self.home), HOME)
        return told.replace(sys.prefix, f"{HOME}/.venv")


def run_page(page: Page, shell: Shell, directory: Path) -> list[Outcome]:
    """Run the whole page in `directory`, which is empty before."""
    home = directory / "project"
    lay_out(page.project, home)
    return list(Run(shell, home, home).outcomes(page))


def lay_out(project: str | None, target: Path) -> None:
    """Make the project of a page: a folder of the repository, or of `.` what its settings name."""
    ignored = shutil.ignore_patterns("__pycache__", "*.db")
    if project is None:
        target.mkdir()
    elif project == ".":
        shutil.copytree(ROOT / "fixtures/xcore_app", target / "fixtures/xcore_app", ignore=ignored)
        shutil.copytree(ROOT / "alembic", target / "alembic", ignore=ignored)
        for name in ("config.json", "alembic.ini"):
            shutil.copy(ROOT / name, target / name)
    else:
        shutil.copytree(ROOT / project, target, ignore=ignored)


def environment(home: Path) -> Mapping[str, str]:
    """What commands of pages find in their environment: nothing of the person's who runs them."""
    return {
        "HOME": str(home),
        "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))),
        "LANG": "C.UTF-8",
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org",
    }  # fmt: skip


def updated(page: Page, outcomes: list[Outcome]) -> str:
    """The text of the page with what was printed, if it says anything else.

    Then all of it is new, so that ids agree, but for what is true and leaves something out.
    """
    lines = page.path.read_text(encoding="utf-8").splitlines()
    indents = {
        line: block.indent
        for block in page.blocks
        for line in range(block.line, block.line + block.text.count("\n"))
    }
    for outcome in reversed(outcomes):
        is_right = is_told(outcome.command.expected, outcome.printed)
        is_shortened = any("…" in line or line == "..." for line in outcome.command.expected)
        if not (is_right and is_shortened):
            at = outcome.command.line
            new = [f"{indents[at]}{line}".rstrip() for line in _trimmed(outcome.printed)]
            lines[at : at + len(outcome.command.expected)] = new
    return "\n".join(lines) + "\n"


def _update(names: list[str]) -> None:
    for name in names:
        page = read_page(Path(name))
        with tempfile.TemporaryDirectory() as directory:
            home = Path(directory)
            with Shell(environment(home)) as shell:
                outcomes = run_page(page, shell, home)
        wrong = [outcome for outcome in outcomes if not outcome.is_as_told]
        if wrong:
            page.path.write_text(updated(page, outcomes), encoding="utf-8")
        sys.stdout.writelines(f"{name}: {outcome}\n" for outcome in wrong)


if __name__ == "__main__":
    _update(sys.argv[1:])
