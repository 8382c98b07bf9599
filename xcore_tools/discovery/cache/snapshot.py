"""The result of an earlier scan, if nothing that it depends on has changed since.

A file is taken to be unchanged if its size, its inode and its times, that of its last change of state
included, are as they were. A file that was changed while or just before a scan read it is not judged by
them: the clock of a file system may stand still for so long.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from xcore_tools.discovery.cache import signed_file
from xcore_tools.discovery.records import Scanned
from xcore_tools.discovery.request import Request
from xcore_tools.discovery.results import Discovery
from xcore_tools.discovery.walk import Walk, listing_of, names_in
from xcore_tools.discovery.walk.digest import digest_in, digest_of

_STAMP = struct.Struct("<QqqQ")
"""Bytes, nanoseconds of the last change and of the last change of state, inode."""

_TICK = 50_000_000
"""Nanoseconds: a clock of a file system moves at least once in this time; the coarse ones every two seconds."""

_COARSE_TICK = 2_000_000_000
_WHOLES = 8

_ANSWERS = "answers"
"""The file with whole results: an answer that is known is there without a look at all that led to it."""
_FINDINGS = "findings"
"""The file with what parts and files told."""


class _Whole(msgspec.Struct, frozen=True, array_like=True):
    """A result, and what it depends on beside the selected files: contents of `outside` files by digest,

    and names in `directories`, each with the time of its last change (0: not to be trusted) and its listing.
    """

    outside: dict[str, bytes]
    directories: dict[str, tuple[int, bytes]]
    discovery: Discovery


_WHOLE = msgspec.msgpack.Decoder(_Whole)


class Recall:
    """What the cache in `directory` knows of the files that a walk found; without one, nothing.

    Files that are `changed`, relative to the project, are read again whatever their times say.
    """

    def __init__(
        self, directory: Path | None, request: Request, walk: Walk, changed: Iterable[str] = ()
    ) -> None:
        self._directory = directory
        self._request = request
        self._begun = time.time_ns()
        self._version = _version() if directory is not None else b""
        self.stamps = dict(_stamps(request.project, walk, frozenset(changed)))
        self.question = digest_of(_asked(request))
        """16 bytes that stand for all that a result depends on beside the project."""
        self._answers = self._loaded(_ANSWERS)
        self._key = "" if directory is None else self._key_of(walk)

    @property
    def is_kept(self) -> bool:
        """Whether anything is kept for later scans."""
        return self._directory is not None

    def whole(self) -> Discovery | None:
        """The result of the scan, if one like it has been kept and everything is as it was."""
        raw = self._answers.get(self._key)
        if raw is None:
            return None
        try:
            found = _WHOLE.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return None
        project = self._request.project
        is_same = all(
            digest_in(project, path) == digest for path, digest in found.outside.items()
        ) and all(
            _mtime(f"{project}/{each}") == (known[0] or -1)
            or listing_of(names_in(f"{project}/{each}")) == known[1]
            for each, known in found.directories.items()
        )
        return found.discovery if is_same else None

    def stamp(self, path: str) -> bytes:
        """What tells whether a file has changed since; no bytes if only its content does."""
        stamp = self.stamps.get(path)
        return stamp if stamp is not None and self._is_trusted(stamp) else b""

    def size(self, path: str) -> int:
        """The size of a file in bytes, 0 if it cannot be told."""
        stamp = self.stamps.get(path)
        return _STAMP.unpack(stamp)[0] if stamp else 0

    def _is_trusted(self, stamp: bytes) -> bool:
        _, changed, moved, _ = _STAMP.unpack(stamp)
        return _is_settled(max(changed, moved), self._begun)

    def parts_and_files(self) -> dict[str, memoryview]:
        """What parts and files told earlier scans."""
        return self._loaded(_FINDINGS)

    def keep(self, result: Scanned, findings: Mapping[str, Iterable[signed_file.Bytes]]) -> None:
        """Write for later scans what parts and files told, and the `result` if no file changed meanwhile."""
        if self._directory is None:
            return
        signed_file.save(self._directory / _FINDINGS, self._version, findings)
        if not result.is_steady or not all(map(self._is_trusted, self.stamps.values())):
            return
        others = [(key, raw) for key, raw in self._answers.items() if key != self._key]
        answers: dict[str, Iterable[signed_file.Bytes]] = {
            key: [raw] for key, raw in others[-_WHOLES + 1 :]
        }
        listings = {each: (self._settled(each), t) for each, t in result.directories.items()}
        whole = _Whole(result.outside, listings, result.discovery)
        answers[self._key] = [msgspec.msgpack.encode(whole)]
        signed_file.save(self._directory / _ANSWERS, self._version, answers)

    def _loaded(self, name: str) -> dict[str, memoryview]:
        return (
            {}
            if self._directory is None
            else signed_file.load(self._directory / name, self._version)
        )

    def _settled(self, directory: str) -> int:
        changed = _mtime(f"{self._request.project}/{directory}")
        return changed if _is_settled(changed, self._begun) else 0

    def _key_of(self, walk: Walk) -> str:
        telling = list(_stamps_of(self._request.project, walk.telling))
        state = (walk, list(self.stamps.items()), telling)
        return digest_of(self.question + msgspec.msgpack.encode(state)).hex()


def _stamps(project: Path, walk: Walk, changed: frozenset[str]) -> Iterator[tuple[str, bytes]]:
    wanted = (source.path for source in walk.sources if source.selected)
    return _stamps_of(project, (path for path in wanted if path not in changed))


def _stamps_of(project: Path, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            status = os.stat(f"{project}/{path}")  # noqa: PTH116 - thousands of them
        except (OSError, ValueError):
            continue
        times = (status.st_mtime_ns, status.st_ctime_ns)
        yield path, _STAMP.pack(status.st_size, *times, status.st_ino % 2**64)


def _is_settled(changed: int, begun: int) -> bool:
    is_coarse = changed % 1_000_000_000 == 0
    return changed + (_COARSE_TICK if is_coarse else _TICK) < begun


def _mtime(place: str) -> int:
    try:
        return os.stat(place).st_mtime_ns  # noqa: PTH116
    except (OSError, ValueError):
        return 0


def _asked(request: Request) -> bytes:
    """The request in words that are the same wherever the project lies."""
    roots = [
        (os.path.relpath(root.path, request.project), root.origin, root.named)
        for root in request.roots
    ]
    return msgspec.msgpack.encode(
        (roots, request.rules, request.bases, request.columns, request.prefilter)
    )


def _version() -> bytes:
    """16 bytes that stand for the code that scans: that of discovery, of Python and of libcst."""
    told = hashlib.blake2b(
        repr((sys.version_info, sys.implementation.name)).encode(), digest_size=16
    )
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        told.update(path.read_bytes())
    for entry in sys.path:
        told.update("\0".join(_releases(entry)).encode())
    return told.digest()


def _releases(directory: str) -> list[str]:
    """The names that tell which release of libcst and msgspec is installed in a directory of `sys.path`."""
    try:
        names = os.listdir(directory)  # noqa: PTH208 - names are wanted
    except OSError:
        return []
    return sorted(n for n in names if n.startswith(("libcst-", "msgspec-")))
