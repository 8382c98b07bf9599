"""Glob patterns as git reads them, translated to regular expressions.

`*` and `?` stop at a slash, `**` as a whole part of the path crosses any number of directories.
Every `*` takes the earliest match and never gives it back (an atomic group), so that no pattern,
however hostile, takes more than polynomial time of a small degree.

Source: `dowild` in git's wildmatch.c, with WM_PATHNAME.
"""

from __future__ import annotations

import re

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
# [!a-z[:digit:]]: a closing bracket in first place stands for itself, a backslash quotes.
_SET = re.compile(r"\[([!^]?+)(\]?+(?:\\.|\[:[^]]*:\]|[^]\\])*+)\]", re.DOTALL)
_MEMBER = re.compile(r"\\.|\[:[^]]*:\]|.", re.DOTALL)
_ELEMENT = re.compile(r"\*+|\\?/|\\.|.", re.DOTALL)

_DIRECTORY = "(?:[^/]+/)"


def glob_regex(glob: str) -> str | None:
    """Return the regular expression that fully matches the paths that `glob` means.

    It has no capturing groups and wants re.DOTALL. None if the glob is malformed: an open bracket,
    an unknown character class, or a backslash at the end match nothing.
    """
    parts = _parts(glob)
    if parts is None:
        return None
    # a/b/**/c/**/d → the chunks a/b, c and d
    chunks: list[list[str]] = [[]]
    for part in parts:
        if part == "**":
            chunks.append([])
        else:
            chunks[-1].append(part)
    return _joined(["/".join(chunk) if chunk else None for chunk in chunks])


def _joined(chunks: list[str | None]) -> str:
    """Join the chunks of a path that stand between `**`; None is an empty one, as in `**/**`."""
    first, *rest = chunks
    if not rest:
        return first or ""
    *middle, last = rest
    start = f"{first}/" if first is not None else ""
    steps = [f"(?>{_DIRECTORY}*?{chunk}/)" for chunk in middle if chunk is not None]
    end = f"{_DIRECTORY}*{last}" if last is not None else ".+"
    return start + "".join(steps) + end


def _parts(glob: str) -> list[str] | None:
    """Return the parts between slashes as regular expressions; a whole `**` stays as it is."""
    parts: list[str] = []
    atoms: list[str] = []
    at = 0
    while at < len(glob):
        found = _SET.match(glob, at) if glob[at] == "[" else _ELEMENT.match(glob, at)
        atom = _atom(found)
        if found is None or atom is None:
            return None
        if atom == "/":
            parts.append(_part(atoms))
            atoms = []
        else:
            atoms.append(atom)
        at = found.end()
    return [*parts, _part(atoms)]


def _atom(found: re.Match[str] | None) -> str | None:
    """Return the regular expression of one element; a run of stars and a slash as they are."""
    if found is None:
        return None
    text = found[0]
    if found.re is _SET:
        return _set(negated=found[1] != "", members=_MEMBER.findall(found[2]))
    if text == "\\":
        return None
    if text[0] == "*" or text == "?":
        return "[^/]" if text == "?" else text
    literal = text[-1]
    return "/" if literal == "/" else re.escape(literal)


def _part(atoms: list[str]) -> str:
    if len(atoms) == 1 and len(atoms[0]) > 1 and set(atoms[0]) == {"*"}:
        return "**"
    # a*b*c → a, then the earliest b, then c at the end
    pieces = [""]
    for atom in atoms:
        if atom[0] == "*":
            pieces.append("")
        else:
            pieces[-1] += atom
    first, *rest = pieces
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>[^/]*?{piece})" for piece in middle if piece) + f"[^/]*{last}"


def _set(*, negated: bool, members: list[str]) -> str | None:
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
    return f"(?!/)[{'^' if negated else ''}{content}]"


def _range(low: str, high: str) -> str:
    return f"{re.escape(low)}-{re.escape(high)}" if low <= high else ""
