"""What the stages of a scan hand to one another, and how it is encoded."""

from __future__ import annotations

from typing import Any

import msgspec

from xcore_tools.discovery.ir import ModuleFacts
from xcore_tools.discovery.results import Discovery, Problem, UnresolvedBase
from xcore_tools.discovery.walk.sources import SourceFile


class Outlook(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the scan as a whole needs to know of a file. `size` is in bytes.

    `origins` are the first names of what it imports, dots in front included, and `<library>` where it
    may inherit a base of one; `imports` are the modules that it imports, in full. `is_suspicious`
    tells that it may nest too deeply to be parsed.
    """

    size: int
    has_evidence: bool
    is_set_aside: bool
    is_suspicious: bool
    origins: tuple[str, ...]
    imports: tuple[str, ...] = ()


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """What a first look tells of the file with this digest; `sketch` is one, encoded."""

    digest: bytes
    outlook: Outlook
    sketch: bytes


class Examined(msgspec.Struct, frozen=True, array_like=True):
    """What parsing tells of the file with this digest: facts, or a problem, or that it is fine."""

    digest: bytes
    facts: ModuleFacts | None = None
    problem: Problem | None = None


class Part(msgspec.Struct, frozen=True):
    """Files that are scanned together, sorted by path; `weight` counts the bytes that hold evidence.

    `telling` are the files that state how the project is packaged.
    """

    sources: tuple[SourceFile, ...]
    weight: int
    telling: tuple[str, ...] = ()


class Scanned(msgspec.Struct, frozen=True, array_like=True):
    """What files hold, and what that depends on beside them.

    `parsed` are the paths of the files that were parsed. `outside` are further files
    that names led into, with the digests of what was read; `directories` are those in which modules were
    looked for, with the listings found there. `is_steady` tells that no file changed during the scan.
    `unresolved` are bases of classes that no file defines.
    """

    discovery: Discovery
    parsed: tuple[str, ...]
    outside: dict[str, bytes]
    directories: dict[str, bytes]
    is_steady: bool
    unresolved: tuple[UnresolvedBase, ...] = ()


def writable(discovery: Discovery) -> Discovery:
    r"""The same in words that can be written: what is half of a character becomes `\ud800`."""
    try:
        msgspec.msgpack.encode(discovery)
    except UnicodeEncodeError:
        return msgspec.convert(_spelt(msgspec.to_builtins(discovery)), Discovery)
    return discovery


def _spelt(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_spelt(key): _spelt(each) for key, each in value.items()}
    return [_spelt(each) for each in value] if isinstance(value, list | tuple) else value


def encoded(examined: Examined) -> bytes | None:
    """The facts as bytes; None where they nest too deeply for that, or hold what no bytes stand for."""
    try:
        return msgspec.msgpack.encode(examined)
    except (RecursionError, UnicodeEncodeError, OverflowError):
        return None


_EXAMINED = msgspec.msgpack.Decoder(Examined)


def decoded(data: bytes | memoryview) -> Examined | None:
    """What `encoded` made bytes of; None if these are no such bytes, or nest too deeply."""
    try:
        return _EXAMINED.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return None
