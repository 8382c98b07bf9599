"""The marked block of an env.py: found, read and replaced. Pure: bytes in, bytes out.

The tree of the file says where comments and statements are; the change itself is made in its text,
so that every other byte stays: line endings, encoding, BOM, form feeds, trailing whitespace.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence

import libcst.matchers as m
import msgspec

from xcore_tools.envfile.markers import END, START, Pair, choose_pair, find_pairs, find_strays
from xcore_tools.envfile.names import Names, names_of
from xcore_tools.envfile.placement import DOCSTRING, find_place
from xcore_tools.envfile.source import Source, parse, read
from xcore_tools.errors import EnvFileError

# What a module has without binding it: __name__, __file__ and others among them.
_GIVEN = frozenset(dir(builtins)) | {"__file__", "__path__"}


class Block(msgspec.Struct, frozen=True):
    """The marked lines. `first_line` and `last_line` are the 1-based lines of the two markers.

    `lines` lie between them, without line endings and without the indentation of the markers.
    """

    first_line: int
    last_line: int
    lines: tuple[str, ...]


def find_block(source: bytes) -> Block | None:
    """The block of an env.py, or None if it has no markers.

    Of several pairs the one that is not empty counts, or the first if all are.

    Raises:
        EnvFileError: the file is not Python, a marker lacks its partner or stands where it cannot
            mark statements, or several pairs are filled. The message names the lines.
    """
    text = read(source)
    pair = choose_pair(find_pairs(text))
    if pair is None:
        return None
    inside = (line.rstrip("\r\n") for line in _inside(text, pair))
    return Block(pair.first, pair.last, tuple(line.removeprefix(pair.indent) for line in inside))


def notices(source: bytes) -> tuple[tuple[int, str], ...]:
    """What is odd about the markers but stops nothing, as lines with a message; sorted.

    Raises:
        EnvFileError: as `find_block` does.
    """
    text = read(source)
    pairs = find_pairs(text)
    chosen = choose_pair(pairs)
    spare = "a second pair of markers, empty and not used; remove it"
    found = [(pair.first, spare) for pair in pairs if pair is not chosen]
    if chosen and chosen.indent:
        found.append((chosen.first, "the block is indented; move it to the top level"))
    if chosen and _is_docstring_below(text, chosen):
        found.append((chosen.first, "the block stands above the docstring; move it below"))
    stray = f"a comment like a marker, but not one; write {START!r} or {END!r}"
    return tuple(sorted([*found, *((line, stray) for line in find_strays(text))]))


def replace_block(source: bytes, lines: Sequence[str]) -> bytes:
    """The file with `lines` as its block; every byte outside the markers stays.

    Lines get the line ending of the text around them and the indentation of the markers. Without a
    block one is inserted: below the imports and whatever changes `sys.path`, above
    `target_metadata`, never inside a statement. Doing it twice changes nothing more.

    Raises:
        EnvFileError: as `find_block` does; or the result would not be Python, or cannot be written
            in the encoding of the file.
    """
    text = read(source)
    pair = choose_pair(find_pairs(text))
    if pair is None:
        return _inserted(text, lines)
    if lines and not pair.indent and _is_future_below(text, pair.last):
        where = f"line {pair.first}: the markers stand above `from __future__ import`"
        raise EnvFileError(f"{where}; move them below it")
    newline = text.newline_at(pair.first)
    new = [f"{pair.indent}{line}{newline}" if line else newline for line in lines]
    return text.with_lines(pair.first, pair.last - 1, new)


def bound_names(source: bytes) -> frozenset[str]:
    """Every name that env.py binds or uses outside the block: what a new block must not bind.

    Names that only the block binds today are left out: whoever uses them means those of the block.

    Raises:
        EnvFileError: as `find_block` does.
    """
    outside, inside = _names(source)
    return outside.mentioned - (inside.bound - outside.bound)


def borrowed_names(source: bytes) -> frozenset[str]:
    """The names that env.py uses outside the block and that only the block binds.

    Raises:
        EnvFileError: as `find_block` does.
    """
    outside, inside = _names(source)
    return outside.mentioned & (inside.bound - outside.bound)


def lost_names(source: bytes, lines: Sequence[str]) -> frozenset[str]:
    """The names that env.py uses, that only its block binds today, and that `lines` do not bind.

    Where the block imports `*`, every name that nothing binds may come from there.

    Raises:
        EnvFileError: as `find_block` does.
    """
    outside, inside = _names(source)
    needed = outside.mentioned & inside.bound
    if inside.has_star:
        needed |= outside.mentioned - _GIVEN
    return needed - outside.bound - names_of(parse("".join(f"{line}\n" for line in lines))).bound


def _inside(text: Source, pair: Pair) -> tuple[str, ...]:
    return text.lines[pair.first : pair.last - 1]


def _inserted(text: Source, lines: Sequence[str]) -> bytes:
    """The file with a new block, apart from its neighbours by an empty line."""
    place = find_place(text)
    above, below = text.lines[:place], text.lines[place:]
    new = [START, *lines, END]
    if above and above[-1].strip():
        new.insert(0, "")
    if below and below[0].strip():
        new.append("")
    newline = text.newline_at(place)
    if above and not above[-1].endswith(("\r", "\n")):
        # the file lacks its last line ending, and still does afterwards
        return text.with_lines(place, place, [newline + newline.join(new)])
    return text.with_lines(place, place, [line + newline for line in new])


def _is_docstring_below(text: Source, pair: Pair) -> bool:
    """Whether the file would begin with its docstring, were it not for the block."""
    if pair.indent or len(parse("".join(text.lines[: pair.first])).body) > 1:
        return False
    return m.matches(parse("".join(text.lines[pair.last :])).body[0], DOCSTRING)


def _is_future_below(text: Source, last: int) -> bool:
    tree = parse("".join(text.lines[last:]))
    return bool(m.findall(tree, m.ImportFrom(module=m.Name("__future__"))))


def _names(source: bytes) -> tuple[Names, Names]:
    """The names outside the block, and those inside."""
    text = read(source)
    pair = choose_pair(find_pairs(text))
    if pair is None:
        return names_of(text.module), Names()
    filler = f"{pair.indent}pass\n"
    outside = [*text.lines[: pair.first], filler, *text.lines[pair.last - 1 :]]
    inside = ["if 1:\n" if pair.indent else "", *_inside(text, pair), filler]
    return names_of(parse("".join(outside))), names_of(parse("".join(inside)))
