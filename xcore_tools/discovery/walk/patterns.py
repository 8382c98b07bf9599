"""Patterns as git and ruff read them; pathspec says what they match.

A pattern is asked about one path at a time: whether it matches that path itself, not something in which
it lies. To load pathspec takes a tenth of what a known answer takes, so it is asked only where a look at
the pattern does not tell: a plain name needs no library, and most others cannot match most paths.

pathspec differs from git in two cases, which are handled here alone: a set such as `[!a]` matches a slash
to it, a backslash in one stands for itself, and classes such as `[:alpha:]` are unknown, so sets are
translated here; and its expressions may backtrack without end.

Source: gitignore(5); `dowild` in git's wildmatch.c.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property

_SPECIAL = re.compile(r"[*?\[\\]")
_ELEMENT = re.compile(r"\[[!^]?+\]?+(?:\\.|\[:[^]]*:\]|[^]\\])*\]|\\.|\*+|.", re.DOTALL)
_MEMBER = re.compile(r"\\.|\[:[^]]*:\]|.", re.DOTALL)
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_SET = "\0"
"""Stands for a set where pathspec sees the pattern: no path holds it."""
_LEADING = "^(?:.+/)?"
_BETWEEN = "(?:/.+)?"
_STAR = "[^/]*"


class Pattern:
    """One pattern: `name`, `name/`, `/name`, `a/b`, `*.py`, `a/**`, `!name`, …

    It `is_negated` where it takes back what others match; `is_for_directories` where it ends in a
    slash. Without a slash elsewhere it matches at any depth.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_negated = text.startswith("!")
        body = text[1:] if self.is_negated else text
        self.is_for_directories = body.endswith("/")
        self._body = body.removesuffix("/")
        self._is_anchored = "/" in self._body
        self._body = self._body.removeprefix("/")
        self.is_plain = not _SPECIAL.search(self._body)

    @property
    def is_malformed(self) -> bool:
        """Whether it can match nothing: a bracket is open, a class unknown, a backslash at the end."""
        return not self._body or self._source is None

    @property
    def name(self) -> str:
        """The last name in it."""
        return self._body.rpartition("/")[2]

    @property
    def names_directory(self) -> bool:
        """Whether it names a directory rather than the files in one: `a/b`, `a/b/`, not `a/*`."""
        return self.is_for_directories or not _SPECIAL.search(self.name)

    def matches(self, path: str, *, is_directory: bool = False) -> bool:
        """Tell whether it matches the path itself; the path is relative to what it is anchored to."""
        if self.is_for_directories and not is_directory:
            return False
        if self.is_plain:
            is_below = not self._is_anchored and path.endswith(f"/{self._body}")
            return path == self._body or is_below
        if self._screen.fullmatch(path) is None or self._regex is None:
            return False
        found = self._regex.search(path)
        return found is not None and found.groupdict().get("ps_d") is None

    @cached_property
    def _sets(self) -> list[str | None]:
        """The expressions of the sets in it; None for one that git does not understand."""
        return [_set(each) for each in self._elements if each[0] == "["]

    @cached_property
    def _elements(self) -> list[str]:
        elements: list[str] = _ELEMENT.findall(self._body)
        return elements

    @cached_property
    def _source(self) -> str | None:
        """The pattern as pathspec is given it; None for a malformed one."""
        if None in self._sets or "\\" in self._elements or _SET in self._body:
            return None
        source = "".join(_SET if each[0] == "[" else each for each in self._elements)
        slash = "/" if self._is_anchored else ""
        return f"{slash}{source}" if slash or source[:1] not in ("#", "!") else f"\\{source}"

    @cached_property
    def _regex(self) -> re.Pattern[str] | None:
        from pathspec.patterns.gitignore.base import GitIgnorePatternError  # noqa: PLC0415 - see above
        from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # noqa: PLC0415

        if self._source is None:
            return None
        try:
            regex, _ = GitIgnoreSpecPattern.pattern_to_regex(self._source)
        except GitIgnorePatternError:
            return None
        if regex is None:
            return None
        steady = _steadied(regex)
        for each in self._sets:
            steady = steady.replace(_SET, each or "", 1)
        return re.compile(steady, re.DOTALL)

    @cached_property
    def _screen(self) -> re.Pattern[str]:
        return re.compile(self.screen, re.DOTALL)

    @cached_property
    def screen(self) -> str:
        """What fully matches every path that the pattern may match, and few others."""
        elements = self._elements
        head = _literal(elements)
        # `**/` may stand for nothing: no slash in front of the last name is sure to be there
        tail = _literal(elements[::-1], until="/")[::-1] if len(head) < len(elements) else []
        rest = ".*" if len(head) < len(elements) else ""
        inside = "".join(map(_screened, head)) + rest + "".join(map(_screened, tail))
        return inside if self._is_anchored else f"(?:.*/)?(?:{inside})"


def last_match(
    patterns: Sequence[Pattern], path: str, *, is_directory: bool = False
) -> Pattern | None:
    """Return the last of the patterns that matches a path itself: it decides. None if none does."""
    for pattern in reversed(patterns):
        if pattern.matches(path, is_directory=is_directory):
            return pattern
    return None


def _literal(elements: Sequence[str], until: str = "*") -> list[str]:
    """The elements before the first star, or `until`."""
    found: list[str] = []
    for element in elements:
        if element[0] in ("*", until):
            break
        found.append(element)
    return found


def _screened(element: str) -> str:
    if element == "?" or element[0] == "[":
        return "."
    if element[0] == "*":
        return ".*"
    return re.escape(element[-1])


def _set(text: str) -> str | None:
    """The expression of `[a-z]`, `[!a]`, `[[:digit:]_]`; None if a class in it is unknown.

    A closing bracket in first place stands for itself, a backslash quotes, and no slash is matched.
    """
    inside = text[1:-1]
    is_negated = inside[:1] in ("!", "^")
    members = _MEMBER.findall(inside[is_negated:])
    if not members:
        return None
    content = ""
    left: str | None = None  # what a following hyphen would start a range from
    at = 0
    while at < len(members):
        member = members[at]
        if member == "-" and left is not None and at + 1 < len(members):
            at += 1
            content += _range(left, members[at][-1])
            left = None
        elif len(member) > 2:
            if member[2:-2] not in _CLASSES:
                return None
            content += _CLASSES[member[2:-2]]
            left = None
        else:
            left = member[-1]
            content += re.escape(left)
        at += 1
    if not content:  # of `[z-a]`
        return "[^/]" if is_negated else "(?!)"
    return f"(?!/)[{'^' if is_negated else ''}{content}]"


def _range(low: str, high: str) -> str:
    return f"{re.escape(low)}-{re.escape(high)}" if low <= high else ""


def _steadied(regex: str) -> str:
    """The same expression, whose every star takes the earliest match and never gives it back.

    Between two stars the earliest match is as good as any other; without this, a hostile pattern takes
    longer than anybody waits. What pathspec may write otherwise one day stays as it is.
    """
    lead = _LEADING if regex.startswith(_LEADING) else "^" if regex.startswith("^") else ""
    chunks = [_with_steady_stars(chunk) for chunk in regex[len(lead) :].split(_BETWEEN)]
    if len(chunks) == 1:
        return lead + chunks[0]
    first, *middle, last = chunks
    start = f"^(?>(?:[^/]+/)*?{first}(?=/))" if lead == _LEADING else lead + first
    steps = "".join(f"(?>(?:/[^/]+)*?{chunk}(?=/))" for chunk in middle)
    return f"{start}{steps}{_BETWEEN}{last}"


def _with_steady_stars(chunk: str) -> str:
    first, *rest = chunk.split(_STAR)
    if not rest:
        return chunk
    *middle, last = rest
    return first + "".join(f"(?>{_STAR}?{piece})" for piece in middle if piece) + _STAR + last
