"""What files and parts told this scan and earlier ones. In memory is only what the scan as a whole asks for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

import msgspec

from xcore_tools.discovery.cache import signed_file
from xcore_tools.discovery.cache.snapshot import Recall
from xcore_tools.discovery.cache.spool import Place, Spool
from xcore_tools.discovery.prefilter.sketch import Sketch
from xcore_tools.discovery.records import Examined, Outlook, Part, Scanned, Seen, decoded, encoded
from xcore_tools.discovery.walk import ModuleIndex, SourceFile
from xcore_tools.discovery.walk.digest import digest_in, digest_of

_SIZE = 64 * 1024 * 1024
"""Bytes for what a scan does not use."""

_FILES = "files"
"""The entry with what files told; the others are parts, by what they depend on."""
_NOTHING = memoryview(b"\x80")

Blob = memoryview | Place | None
"""In the cache, in the spool, or nowhere."""


class _Kept(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One file in the cache; without a stamp only its digest tells whether it has changed."""

    stamp: bytes
    digest: bytes
    outlook: Outlook
    sketch: memoryview
    parsed: memoryview | None
    checked: memoryview | None


class _File(msgspec.Struct, gc=False):
    """One file of this scan: what it told at a first look, when it was parsed, when it was only checked."""

    digest: bytes
    outlook: Outlook
    sketch: Blob
    parsed: Blob = None
    checked: Blob = None


_ENTRIES = msgspec.msgpack.Decoder(dict[str, _Kept])
_SCANNED = msgspec.msgpack.Decoder(Scanned)
_SKETCH = msgspec.msgpack.Decoder(Sketch)
_encode = msgspec.msgpack.Encoder().encode


class Store:
    """Keeps what costs time to find out. Nothing that it gives is older than the file is."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall
        self._known = recall.parts_and_files()
        self._old = _entries(self._known.pop(_FILES, _NOTHING))
        self._spool = Spool()
        self._files: dict[str, _File] = {}
        self._parts: dict[str, signed_file.Bytes] = {}

    @property
    def is_kept(self) -> bool:
        """Whether anything is kept for later scans."""
        return self._recall.is_kept

    def close(self) -> None:
        """Give back what is not memory."""
        self._spool.close()

    # -- files --------------------------------------------------------------------------------

    def size(self, path: str) -> int:
        """The size of a file in bytes, 0 if it cannot be told."""
        return self._recall.size(path)

    def recognise(self, path: str) -> bool:
        """Whether an earlier scan saw the file as it is; it counts as seen then."""
        kept, stamp = self._old.get(path), self._recall.stamps.get(path)
        if kept is None or stamp is None or kept.stamp != stamp:
            return False
        self._files[path] = _File(kept.digest, kept.outlook, kept.sketch, kept.parsed, kept.checked)
        return True

    def see(self, path: str, seen: Seen) -> None:
        """Keep what a file told at a first look; what else it told counts if its bytes are the same."""
        kept = self._old.get(path)
        origins = tuple(map(sys.intern, seen.outlook.origins))  # the same few in all files
        imports = tuple(map(sys.intern, seen.outlook.imports))
        outlook = msgspec.structs.replace(seen.outlook, origins=origins, imports=imports)
        file = _File(seen.digest, outlook, self._spool.put(seen.sketch))
        if kept is not None and kept.digest == seen.digest:
            file.parsed, file.checked = kept.parsed, kept.checked
        self._files[path] = file

    def outlook(self, path: str) -> Outlook | None:
        """What the scan as a whole needs to know of a file; None for one that was not seen."""
        file = self._files.get(path)
        return None if file is None else file.outlook

    def digest(self, path: str) -> bytes | None:
        """What stands for the content of a file that was seen."""
        file = self._files.get(path)
        return None if file is None else file.digest

    def sketch(self, path: str) -> Sketch:
        """What a first look at the file told."""
        return _SKETCH.decode(self._data(self._files[path].sketch))

    def parsed(self, path: str) -> Examined | None:
        """What the file told when it was parsed, if it has not changed since."""
        file = self._files.get(path)
        return None if file is None else self._still_true(file, file.parsed)

    def learn(self, parsed: Mapping[str, bytes]) -> None:
        """Keep what files told when they were parsed, encoded."""
        for path, data in parsed.items():
            if path in self._files:
                self._files[path].parsed = self._spool.put(data)

    def checked(self, path: str) -> Examined | None:
        """What a check of the file told, if it has not changed since."""
        file = self._files.get(path)
        return None if file is None else self._still_true(file, file.checked)

    def check(self, path: str, examined: Examined) -> None:
        """Keep what a check of a file told."""
        data = encoded(examined) if self.is_kept else None
        if path in self._files and data is not None:
            self._files[path].checked = self._spool.put(data)

    def _still_true(self, file: _File, blob: Blob) -> Examined | None:
        found = None if blob is None else decoded(self._data(blob))
        return found if found is not None and found.digest == file.digest else None

    def _data(self, blob: Blob) -> bytes | memoryview:
        if isinstance(blob, tuple):
            return self._spool.get(blob)
        return b"" if blob is None else blob

    # -- parts --------------------------------------------------------------------------------

    def key_of(self, part: Part) -> str:
        """What the result of a part is known by: names and contents of its files, and the question."""
        files: list[tuple[SourceFile, bytes | None]] = [
            (source, self.digest(source.path)) for source in part.sources
        ]
        return digest_of(self._recall.question + _encode(files)).hex()

    def part(self, key: str, index: ModuleIndex) -> Scanned | None:
        """The result of a part, if nothing outside that it depends on has changed either."""
        raw = self._known.get(key)
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
        return found

    def keep(self, key: str, scanned: Scanned) -> None:
        """Keep the result of a part."""
        if self.is_kept and scanned.is_steady:
            self._parts[key] = _encode(scanned)

    # -- the whole ----------------------------------------------------------------------------

    def save(self, result: Scanned) -> None:
        """Write all of it, and the result of the scan, where later scans find it.

        What this scan did not use is kept as long as there is room for it.
        """
        if not self.is_kept:
            return
        others = {path: kept for path, kept in self._old.items() if path not in self._files}
        more = {key: raw for key, raw in self._known.items() if key not in self._parts}
        size = sum(len(kept.sketch) + len(kept.parsed or b"") for kept in others.values())
        if size + sum(map(len, [*self._parts.values(), *more.values()])) > _SIZE:
            others, more = {}, {}
        parts = {key: [raw] for key, raw in {**more, **self._parts}.items()}
        self._recall.keep(result, {**parts, _FILES: self._pieces(others)})

    def _pieces(self, others: Mapping[str, _Kept]) -> Iterator[bytes]:
        """A dict of _Kept, encoded, in pieces."""
        yield b"\xdf" + (len(others) + len(self._files)).to_bytes(4, "big")
        for path, kept in others.items():
            yield _encode(path) + _encode(kept)
        for path, file in self._files.items():
            blobs = [
                None if blob is None else self._data(blob)
                for blob in (file.sketch, file.parsed, file.checked)
            ]
            kept_fields = (self._recall.stamp(path), file.digest, file.outlook, *blobs)
            yield _encode(path) + _encode(kept_fields)


def _entries(raw: memoryview) -> dict[str, _Kept]:
    try:
        return _ENTRIES.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return {}
