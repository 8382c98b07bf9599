"""`# xcore-tools: ignore[CODE, CODE]`: a finding that somebody has looked at and accepts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

_COMMENT = re.compile(r"#\s*xcore-tools:\s*ignore\[([^\]]*)\]")


def is_ignored(code: str, lines: Sequence[str], first: int, last: int = 0) -> bool:
    """Whether a comment on one of the lines of a statement (1-based) names the code.

    A comment that stands alone on the line above counts as well.
    """
    above = lines[first - 2 : first - 1] if first > 1 else []
    places = [line for line in above if line.lstrip().startswith("#")]
    places += lines[first - 1 : max(first, last)]
    return any(
        code in (name.strip() for name in found[1].split(","))
        for line in places
        for found in _COMMENT.finditer(line)
    )
