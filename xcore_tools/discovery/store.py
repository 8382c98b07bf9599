"""What files and parts told an earlier scan, and what is to be kept of this one for the next."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from xcore_tools.discovery import cache
from xcore_tools.discovery.examine import Examined, Seen, decoded, encoded
from xcore_tools.discovery.facts import Discovery
from xcore_tools.discovery.parts import Part, Scanned
from xcore_tools.discovery.recall import Recall, Stamp, digest_in, digest_of
from xcore_tools.discovery.walk import ModuleIndex

__all__ = ["Store"]

_SIZE = 64 * 1024 * 1024
"""Bytes: what this scan did not use is kept as long as there is room for it."""

_NOTHING = msgspec.Raw(b"\xc0")


class _Entry(msgspec.Struct, array_like=True):
    """What one file told: at a first look, when it was parsed, when it was only checked; nil if it was not.

    No stamp means that only its digest tells whether it has changed.
    """

    stamp: Stamp | None
    seen: Seen
    parsed: msgspec.Raw = _NOTHING
    checked: msgspec.Raw = _NOTHING


_ENTRIES = msgspec.msgpack.Decoder(dict[str, _Entry])
_SCANNED = msgspec.msgpack.Decoder(Scanned)


class Store:
    """Keeps everything that costs time to find out. Nothing in it is older than the files are."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        self._old = _entries(recall.contents.files)
        self._entries: dict[str, _Entry] = {}
        self._old_parts = recall.contents.parts
        self._parts: dict[str, msgspec.Raw] = {}
        self._outside: dict[str, bytes] = {}
        self._directories: dict[str, bytes] = {}
        self._is_steady = True

    # -- files --------------------------------------------------------------------------------

    def size(self, path: str) -> int:
        """The size of a file in bytes, 0 if it cannot be told."""
        stamp = self._recall.stamps.get(path)
        return stamp[0] if stamp else 0

    def seen(self, path: str) -> Seen | None:
        """What the file told at a first look, if it has not changed since."""
        entry, stamp = self._old.get(path), self._recall.stamps.get(path)
        if entry is None or stamp is None or entry.stamp != stamp:
            return None
        self._entries[path] = entry
        return entry.seen

    def see(self, path: str, seen: Seen) -> None:
        """Keep what a file told at a first look."""
        stamp = self._recall.stamps.get(path)
        kept = stamp if stamp is not None and self._recall.is_trusted(stamp) else None
        old = self._old.get(path)
        if old is not None and old.seen.digest == seen.digest:
            self._entries[path] = _Entry(kept, old.seen, old.parsed, old.checked)
        else:
            self._entries[path] = _Entry(kept, seen)

    def parsed(self, path: str) -> msgspec.Raw | None:
        """What the file told when it was parsed, encoded; whoever takes it compares digests."""
        entry = self._entries.get(path)
        return None if entry is None else entry.parsed

    def learn(self, parsed: Mapping[str, bytes]) -> None:
        """Keep what files told when they were parsed, encoded."""
        for path, data in parsed.items() if self._recall.is_kept else ():
            if path in self._entries:
                self._entries[path].parsed = msgspec.Raw(data)

    def checked(self, path: str) -> Examined | None:
        """What a check of the file told, if it has not changed since."""
        entry = self._entries.get(path)
        found = None if entry is None else decoded(entry.checked)
        is_same = found is not None and entry is not None and found.digest == entry.seen.digest
        return found if is_same else None

    def check(self, path: str, examined: Examined) -> None:
        """Keep what a check of a file told."""
        data = encoded(examined)
        if path in self._entries and data is not None:
            self._entries[path].checked = msgspec.Raw(data)

    # -- parts --------------------------------------------------------------------------------

    def key_of(self, part: Part, seen: Mapping[str, Seen]) -> str:
        """What the result of a part is known by: names and contents of its files, and the question."""
        files = [(s, seen[s.path].digest) for s in part.sources if s.path in seen]
        return digest_of(self._recall.question + msgspec.msgpack.encode(files)).hex()

    def part(self, key: str, index: ModuleIndex) -> Scanned | None:
        """The result of a part, if nothing outside that it depends on has changed either."""
        raw = self._old_parts.get(key)
        if raw is None:
            return None
        try:
            found = _SCANNED.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return None
        is_same = all(
            digest_in(index.project, path) == digest for path, digest in found.outside.items()
        ) and all(index.listing(each) == told for each, told in found.directories.items())
        if not is_same:
            return None
        self._parts[key] = raw
        self._note(found)
        return found

    def keep(self, key: str, scanned: Scanned) -> None:
        """Keep the result of a part."""
        if self._recall.is_kept and scanned.is_steady:
            self._parts[key] = msgspec.Raw(msgspec.msgpack.encode(scanned))
        self._note(scanned)

    def _note(self, scanned: Scanned) -> None:
        self._outside |= scanned.outside
        self._directories |= scanned.directories
        self._is_steady &= scanned.is_steady

    # -- the whole ----------------------------------------------------------------------------

    def save(self, discovery: Discovery) -> None:
        """Write all of it, and the result of the scan, where later scans find it."""
        if not self._recall.is_kept:
            return
        is_complete = self._entries.keys() == self._recall.stamps.keys()
        contents = cache.Contents(
            parts=self._parts,
            files=msgspec.Raw(msgspec.msgpack.encode(self._entries)),
        )
        self._recall.keep(
            discovery,
            self._outside,
            self._directories,
            self._with_others(contents),
            is_steady=self._is_steady and is_complete,
        )

    def _with_others(self, contents: cache.Contents) -> cache.Contents:
        """The contents, and what other scans told of other files and parts, if there is room for that."""
        used = len(bytes(contents.files)) + sum(len(bytes(raw)) for raw in self._parts.values())
        files = {path: entry for path, entry in self._old.items() if path not in self._entries}
        parts = {key: raw for key, raw in self._old_parts.items() if key not in self._parts}
        more = len(bytes(self._recall.contents.files)) + sum(len(bytes(r)) for r in parts.values())
        if used + more > _SIZE:
            return contents
        return cache.Contents(
            parts={**parts, **self._parts},
            files=msgspec.Raw(msgspec.msgpack.encode({**files, **self._entries})),
        )


def _entries(raw: msgspec.Raw) -> dict[str, _Entry]:
    try:
        return _ENTRIES.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return {}
