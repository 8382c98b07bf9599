"""The file of a backup, as the engines read it: as a stream, or as a plain file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from xcore_tools.config.schema import Compression
from xcore_tools.database.backup.compression import CHUNK, damage, opened
from xcore_tools.database.backup.facts import Manifest
from xcore_tools.errors import BackupError


class Archive:
    """One file with its manifest, if it has one, and room to work in that is cleared afterwards."""

    def __init__(
        self,
        path: Path,
        manifest: Manifest | None,
        workplace: Callable[[], AbstractContextManager[Path]],
        compression: Compression = "none",
    ) -> None:
        self.path = path
        self.manifest = manifest
        self.workplace = workplace
        self._compression = compression

    @property
    def name(self) -> str:
        """What the backup is called."""
        return self.path.name

    @property
    def compression(self) -> Compression:
        """How the file is compressed."""
        return self.manifest.compression if self.manifest else self._compression

    @property
    def size(self) -> int:
        """Bytes on the disk."""
        return self.path.stat().st_size

    @contextmanager
    def stream(self) -> Iterator[IO[bytes]]:
        """The content, without the compression.

        Raises:
            BackupError: it cannot be read to its end.
        """
        try:
            with opened(self.path, self.compression) as stream:
                yield stream
        except damage(self.compression) as error:
            raise BackupError(
                f"{self.name}: {getattr(error, 'strerror', None) or error}"
            ) from error

    @contextmanager
    def plain(self) -> Iterator[Path]:
        """A file with the content, without the compression."""
        if self.compression == "none":
            yield self.path
            return
        with self.workplace() as place:
            plain = place / "plain"
            plain.touch(mode=0o600)
            with self.stream() as stream, plain.open("wb") as file:
                while chunk := stream.read(CHUNK):
                    file.write(chunk)
            yield plain
