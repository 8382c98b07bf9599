"""What the .gitignore files of a repository say about a path.

Written for a walk from the top down, which asks about every directory before it enters it: a path
below an ignored directory is never asked about, so each question is about the path's last name
only, as in git itself. Tracked files, .git/info/exclude and the user's own ignore file are not
looked at: an answer depends on the .gitignore files alone.

(pathspec, the usual library, answers for files below a matching directory as well; with patterns
at several levels that differs from git, see the table in tests/test_walk_gitignore.py.)

Source: gitignore(5); `parse_path_pattern` and `last_matching_pattern_from_list` in git's dir.c.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable
from functools import cached_property
from itertools import groupby

import msgspec

from xcore_tools.discovery.walk.globs import glob_regex


class Ignores(msgspec.Struct, frozen=True):
    """The .gitignore files that hold in a directory, the innermost first; none at all by default.

    Each stands with the length of its directory's path, so that paths can be cut cheaply.
    """

    files: tuple[tuple[int, IgnoreFile], ...] = ()

    def with_file(self, directory: str, data: bytes) -> Ignores:
        """Return these rules and, before them, those of the .gitignore in `directory`."""
        return Ignores(((len(directory.rstrip("/")) + 1, IgnoreFile(data)), *self.files))

    def ignores(self, path: str, *, is_directory: bool) -> bool:
        """Tell whether git ignores `path`, which lies in the directory that the rules hold in."""
        for start, file in self.files:
            verdict = file.verdict(path[start:], is_directory=is_directory)
            if verdict is not None:
                return verdict
        return False


class _Pattern(msgspec.Struct, frozen=True):
    regex: str
    negated: bool
    directories_only: bool


class IgnoreFile:
    """The patterns of one .gitignore file. As in git, `?` and `[…]` stand for one byte of UTF-8."""

    def __init__(self, data: bytes) -> None:
        lines = data.removeprefix(BOM_UTF8).decode("latin-1").split("\n")
        patterns = (_pattern(line.removesuffix("\r")) for line in lines)
        self._patterns = [pattern for pattern in patterns if pattern is not None]

    def verdict(self, path: str, *, is_directory: bool) -> bool | None:
        """Tell whether `path`, relative to the file's directory, is ignored; None if not mentioned.

        Only patterns that match `path` itself count, not those that match a directory above it.
        """
        if not path.isascii():
            path = path.encode("utf-8", "surrogateescape").decode("latin-1")
        regex, verdicts = self._for_directories if is_directory else self._for_files
        found = regex.fullmatch(path)
        return None if found is None or found.lastindex is None else verdicts[found.lastindex - 1]

    @cached_property
    def _for_directories(self) -> tuple[re.Pattern[str], list[bool]]:
        return _alternation(self._patterns)

    @cached_property
    def _for_files(self) -> tuple[re.Pattern[str], list[bool]]:
        return _alternation(each for each in self._patterns if not each.directories_only)


def _alternation(patterns: Iterable[_Pattern]) -> tuple[re.Pattern[str], list[bool]]:
    """Return one regular expression for all patterns, and the verdict of each of its groups.

    The last pattern that matches decides: it comes first in the alternation.
    """
    groups: list[str] = []
    verdicts: list[bool] = []
    for negated, run in groupby(reversed(list(patterns)), key=lambda each: each.negated):
        groups.append(f"({'|'.join(each.regex for each in run)})")
        verdicts.append(not negated)
    return re.compile("|".join(groups) or "(?!)", re.DOTALL), verdicts


def _pattern(line: str) -> _Pattern | None:
    """Return the pattern of a line; None for a comment, an empty line or a malformed pattern."""
    line = _without_trailing_spaces(line)
    if line.startswith("#"):
        return None
    glob = line.removeprefix("!")
    name = glob.removesuffix("/")
    # A slash before the end ties the pattern to the directory of its file.
    regex = glob_regex(name.removeprefix("/")) if name else None
    if regex is None:
        return None
    if "/" not in name:
        regex = f"(?>.*/)?{regex}"
    return _Pattern(regex, negated=glob != line, directories_only=name != glob)


def _without_trailing_spaces(line: str) -> str:
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    quoted = stripped != line and backslashes % 2 == 1
    return stripped + " " if quoted else stripped
