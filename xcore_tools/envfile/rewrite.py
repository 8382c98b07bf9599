"""The outcome of a sync as data: the file before and after, and what was noticed. Pure."""

from __future__ import annotations

import difflib
import tokenize
from pathlib import PurePath

import msgspec

from xcore_tools.discovery.results import Problem

_NO_NEWLINE = "\n\\ No newline at end of file\n"


class Rewrite(msgspec.Struct, frozen=True):
    """What becomes of one env.py. `name` is its path as messages show it.

    `is_written` says that the file on disk holds `after` because of this run.
    """

    path: PurePath
    name: str
    before: bytes
    after: bytes
    problems: tuple[Problem, ...] = ()
    is_written: bool = False

    @property
    def changed(self) -> bool:
        """Whether the file needs, or needed, to be written."""
        return self.before != self.after

    def diff(self) -> str:
        """The change as a unified diff; empty if there is none. Line endings are as in the file."""
        lines = difflib.unified_diff(
            _lines(self.before), _lines(self.after), self.name, self.name, n=3
        )
        return "".join(line if line.endswith("\n") else line + _NO_NEWLINE for line in lines)

    def counts(self) -> tuple[int, int]:
        """How many lines come and how many go."""
        lines = self.diff().splitlines()[2:]
        return sum(x.startswith("+") for x in lines), sum(x.startswith("-") for x in lines)


def _lines(source: bytes) -> list[str]:
    encoding, _ = tokenize.detect_encoding(iter(source.splitlines(keepends=True)).__next__)
    text = source.decode(encoding, "replace")
    parts = text.split("\n")
    return [f"{line}\n" for line in parts[:-1]] + parts[-1:] * bool(parts[-1])
