"""What the .gitignore files of a repository say about a path.

Written for a walk from the top down, which asks about every directory before it enters it: a path
below an ignored directory is never asked about, so each question is about the path's last name
only, as in git itself. Tracked files, .git/info/exclude and the user's own ignore file are not
looked at: an answer depends on the .gitignore files alone.

(`GitIgnoreSpec` of pathspec answers for files below a matching directory as well; with patterns at
several levels that differs from git, see the table in tests/test_walk_gitignore.py. So pathspec is asked
about each pattern.)

Source: gitignore(5); `parse_path_pattern` and `last_matching_pattern_from_list` in git's dir.c.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections import defaultdict
from functools import cached_property

import msgspec

from xcore_tools.discovery.walk.patterns import Pattern


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


class IgnoreFile:
    """The patterns of one .gitignore file. As in git, `?` and `[…]` stand for one byte of UTF-8."""

    def __init__(self, data: bytes) -> None:
        lines = data.removeprefix(BOM_UTF8).decode("latin-1").split("\n")
        patterns = (_pattern(line.removesuffix("\r")) for line in lines)
        self._patterns = [pattern for pattern in patterns if pattern is not None]

    def verdict(self, path: str, *, is_directory: bool) -> bool | None:
        """Tell whether `path`, relative to the file's directory, is ignored; None if not mentioned.

        Only patterns that match `path` itself count, not those that match a directory above it. The
        last one that does decides.
        """
        if not path.isascii():
            path = path.encode("utf-8", "surrogateescape").decode("latin-1")
        numbers = self._plain.get(path.rpartition("/")[2], ())
        if self._screen.fullmatch(path) is not None:
            numbers = sorted({*numbers, *self._others})
        for number in reversed(numbers):
            if self._patterns[number].matches(path, is_directory=is_directory):
                return not self._patterns[number].is_negated
        return None

    @cached_property
    def _plain(self) -> dict[str, list[int]]:
        """The numbers of plain patterns, by the last name in them."""
        found: dict[str, list[int]] = defaultdict(list)
        for number, pattern in enumerate(self._patterns):
            if pattern.is_plain:
                found[pattern.name].append(number)
        return dict(found)

    @cached_property
    def _others(self) -> list[int]:
        return [n for n, pattern in enumerate(self._patterns) if not pattern.is_plain]

    @cached_property
    def _screen(self) -> re.Pattern[str]:
        """What fully matches the paths that patterns other than plain ones may match."""
        screens = (self._patterns[number].screen for number in self._others)
        return re.compile("|".join(screens) or "(?!)", re.DOTALL)


def _pattern(line: str) -> Pattern | None:
    """Return the pattern of a line; None for a comment, an empty line or a malformed pattern."""
    line = _without_trailing_spaces(line)
    if not line or line.startswith("#"):
        return None
    pattern = Pattern(line)
    return None if pattern.is_malformed else pattern


def _without_trailing_spaces(line: str) -> str:
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    quoted = stripped != line and backslashes % 2 == 1
    return stripped + " " if quoted else stripped
