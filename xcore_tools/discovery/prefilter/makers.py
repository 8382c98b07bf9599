"""What makes tables, bases and classes, as it stands in a text."""

from __future__ import annotations

import re

from xcore_tools.discovery.catalog.derived import DECORATORS, MAKERS, MAPPERS, NEEDLES
from xcore_tools.discovery.catalog.directives import TABLE_PREFIX
from xcore_tools.discovery.catalog.symbols import TABLE

_QUOTES = (b"'", b'"')
_DUNDER = TABLE_PREFIX.encode()


def _maker(name: str) -> re.Pattern[bytes]:
    """Where a maker is called, or stands alone if it may: as a decorator, or handed to something else."""
    word = name.encode()
    if name == TABLE.name:
        return re.compile(rb"%b\s*\(" % word)  # wrappers are called so, too: NewTable(
    if name in NEEDLES and name in DECORATORS | MAPPERS:
        return re.compile(word)
    call = rb"%b(?<!\w%b)\s*\(" % (word, word)
    return re.compile(rb"%b|%b(?<=\.%b)\b" % (call, word, word) if name in DECORATORS else call)


def _is_found_by(name: str, other: str) -> bool:
    """Whether the pattern of another maker finds every place of this one."""
    return name != other and (
        (other == TABLE.name and name.endswith(other))
        or (other in NEEDLES and other in DECORATORS | MAPPERS and other in name)
    )


MAKES = {
    **{
        name.encode(): _maker(name)
        for name in sorted(MAKERS)
        if not any(_is_found_by(name, other) for other in MAKERS)
    },
    _DUNDER: re.compile(rb"%b\w*+\s*+=(?!=)" % _DUNDER),
    **{quote + _DUNDER: re.compile(quote + _DUNDER) for quote in _QUOTES},
    b"type": re.compile(rb"type(?<!\wtype)\s*+\((?:[^()#]|#[^\n]*+\n){0,200}?,"),
}
"""What makes something, by what every place of it holds; patterns begin with it, which makes them fast."""
TABLE_DIRECTIVE = re.compile(_DUNDER)
MAPS = re.compile(
    rb"(?:%b)\s*+\(\s*+([\w\x80-\xff]++)"
    % b"|".join(name.encode() if name in NEEDLES else rb"\b%b" % name.encode() for name in MAPPERS)
)
