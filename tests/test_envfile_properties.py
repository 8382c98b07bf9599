"""Whatever the env.py: bytes outside the block stay, a second run changes nothing, it compiles."""

from __future__ import annotations

import sys
import warnings
from codecs import BOM_UTF8
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from hypothesmith import from_grammar

sys.path.insert(0, str(Path(__file__).parent))

from envfile_support import APPLICATION, END, START

from xcore_tools.envfile.block import (
    Block,
    borrowed_names,
    bound_names,
    find_block,
    notices,
    replace_block,
)
from xcore_tools.envfile.render import Style, render_block
from xcore_tools.errors import EnvFileError

STATEMENTS = [
    "import os",
    "import os, \\\n  sys",
    "from alembic import (\n    context,  # the proxy\n)",
    "import sys; sys.path.insert(0, '.')",
    "config = context.config",
    "target_metadata = None  ",
    "\f",
    "",
    "  ",
    "# a comment, \u00e9\u00e8",
    "  # an indented comment",
    "#!/usr/bin/env python3",
    "if TYPE_CHECKING:\n    from a import b\n    # inside\n  # between",
    "try:\n\timport a\n\n# why\nexcept ImportError:\n\tpass",
    "@decorated\n# between\ndef run(User):\n    '''doc\n\n    # AUTO-GENERATED IMPORTS, one day'''\n\n    return User",
    "class Role: pass",
    "text = '''\n\f\n'''",
    "with a as b, c: d",
    "match = [\n\n    1,  # one\n]",
]
OPENINGS = [
    "",
    '"""The docstring."""',
    "from __future__ import annotations",
    "#!/x\n# coding: utf-8",
]
MARKERS = ["{start}\n{end}", "{start}\nimport old\n\n{end}", "{start}\n \n{end}  "]
NEWLINES = ["\n", "\r\n", "\r"]


@st.composite
def env_files(draw: st.DrawFn) -> bytes:
    """Source of many statements, some with a block, in every encoding and with any line ending."""
    parts = draw(st.lists(st.sampled_from(STATEMENTS), max_size=8))
    start, end = START.decode(), END.decode()
    if draw(st.booleans()):
        marked = draw(st.sampled_from(MARKERS)).format(start=start, end=end)
        if draw(st.booleans()):
            marked = marked.replace("# AUTO", "#AUTO")
        parts.insert(draw(st.integers(0, len(parts))), marked)
    parts.insert(0, draw(st.sampled_from(OPENINGS)))
    lines = "\n".join(parts).split("\n")
    newline = draw(st.sampled_from([*NEWLINES, None]))
    ends = [draw(st.sampled_from(NEWLINES)) if newline is None else newline for _ in lines]
    text = "".join(line + end for line, end in zip(lines, ends, strict=True))
    if draw(st.booleans()):
        text = text.rstrip("\r\n")
    if draw(st.booleans()):
        return ("# -*- coding: latin-1 -*-\n" + text.replace("coding: utf-8", "")).encode("latin-1")
    return (BOM_UTF8 if draw(st.booleans()) else b"") + text.encode()


def compiles(source: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(source, "env.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def check(source: bytes, style: Style) -> None:
    """Replace or insert the block, and compare everything else."""
    lines = render_block(APPLICATION, style=style, taken=bound_names(source))
    after = replace_block(source, lines)
    before_block, block = find_block(source), find_block(after)
    assert block is not None
    assert block.lines == lines
    assert replace_block(after, lines) == after
    assert bound_names(source) == bound_names(after) or before_block
    assert borrowed_names(after) <= bound_names(source) | borrowed_names(source)
    assert compiles(after)
    if before_block:
        assert outside(source, before_block) == outside(after, block)
    else:
        check_insertion(source, after)
    emptied = replace_block(after, ())
    assert replace_block(emptied, lines) == after


def outside(source: bytes, block: Block) -> tuple[list[bytes], list[bytes]]:
    """The lines up to the first marker, and those from the second one."""
    lines = source.splitlines(keepends=True)
    return lines[: block.first_line], lines[block.last_line - 1 :]


def check_insertion(source: bytes, after: bytes) -> None:
    """What was inserted is the block and at most one empty line above and below."""
    first, last = after.index(START), after.index(END) + len(END)
    head = next(head for head in cut_at_end(after[:first]) if source.startswith(head))
    tail = next(tail for tail in cut_at_start(after[last:]) if head + tail == source)
    assert len(head) + len(tail) == len(source)


def cut_at_end(text: bytes) -> list[bytes]:
    """The text, and without one or two line endings at its end."""
    endings = [b"", *(a + b for a in (b"", b"\n", b"\r\n", b"\r") for b in (b"\n", b"\r\n", b"\r"))]
    return [text.removesuffix(ending) for ending in endings]


def cut_at_start(text: bytes) -> list[bytes]:
    endings = [b"", *(a + b for a in (b"", b"\n", b"\r\n", b"\r") for b in (b"\n", b"\r\n", b"\r"))]
    return [text.removeprefix(ending) for ending in endings]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(env_files(), st.sampled_from(Style))
@example(b"", Style.MODELS)
@example(b"\n", Style.MODELS)
@example(b"x = 1\r# m\rimport os\r\n", Style.MODELS)
def test_files_of_all_kinds(source: bytes, style: Style) -> None:
    assume(compiles(source))
    block = find_block(source)
    if block and b"from __future__" in source.split(b"IMPORTS END")[-1]:
        with pytest.raises(EnvFileError, match="above `from __future__ import`"):
            replace_block(source, ["pass"])
        return
    check(source, style)


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(from_grammar(), st.sampled_from(Style))
def test_files_of_any_grammar(text: str, style: Style) -> None:
    source = text.encode("utf-8", "replace")
    assume(compiles(source))
    try:
        find_block(source)
    except EnvFileError:
        return  # libcst does not know everything that Python does
    check(source, style)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.sampled_from([START, END, b"\n", b"    ", b"if x:", b"'''"]), st.binary())
    )
)
def test_bytes_of_any_kind_are_rewritten_or_refused(parts: list[bytes]) -> None:
    source = b"".join(parts)
    for function in (find_block, notices, bound_names, borrowed_names):
        try:
            function(source)
        except EnvFileError:
            assert refuses(source)


def refuses(source: bytes) -> bool:
    try:
        replace_block(source, ())
    except EnvFileError:
        return True
    return False
