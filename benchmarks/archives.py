"""The pinned distributions on this machine: downloaded alone, unpacked once, never installed and never imported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

__all__ = ["ArchiveError", "cache_directory", "unpack", "unpacked"]


class ArchiveError(Exception):
    """A distribution that cannot be had or cannot be unpacked safely."""


def cache_directory() -> Path:
    """Where downloads are kept: `XCORE_TOOLS_CORPUS_CACHE`, or below the platform's cache directory."""
    chosen = os.environ.get("XCORE_TOOLS_CORPUS_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "xcore-tools" / "corpus"


def unpacked(distribution: str, version: str, cache: Path) -> Path:
    """The directory with the contents of the distribution; downloads and unpacks at the first call only.

    Raises:
        ArchiveError: it is not in the index, or an entry would land outside the directory.
    """
    target = cache / distribution / version
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as work:
        archive = _downloaded(distribution, version, Path(work, "archive"))
        contents = Path(work, "contents")
        unpack(archive, contents)
        # A rename is all or nothing: an interrupted run never leaves half a tree behind.
        contents.rename(target)
    return target


def unpack(archive: Path, target: Path) -> None:
    """Write the files of a wheel or source archive below `target`, and nothing anywhere else.

    Raises:
        ArchiveError: an entry has an absolute path, climbs out with `..`, or links to the outside.
    """
    target.mkdir(parents=True)
    if zipfile.is_zipfile(archive):
        _unpack_zip(archive, target)
    elif tarfile.is_tarfile(archive):
        _unpack_tar(archive, target)
    else:
        raise ArchiveError(f"{archive.name} is neither a zip nor a tar archive")


def _unpack_zip(archive: Path, target: Path) -> None:
    root = target.resolve()
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            place = (root / entry.filename).resolve()
            if not place.is_relative_to(root):
                raise ArchiveError(
                    f"{archive.name}: {entry.filename!r} would land outside the directory"
                )
            if entry.is_dir():
                place.mkdir(parents=True, exist_ok=True)
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            # A symbolic link is written as a plain file that holds its target, so it leads nowhere.
            with opened.open(entry) as source, place.open("wb") as sink:
                shutil.copyfileobj(source, sink)


def _unpack_tar(archive: Path, target: Path) -> None:
    with tarfile.open(archive) as opened:
        try:
            opened.extractall(target, filter="data")
        except tarfile.FilterError as error:
            raise ArchiveError(f"{archive.name}: {error}") from error


def _downloaded(distribution: str, version: str, directory: Path) -> Path:
    # pip reads a source archive's metadata by running its build, so a wheel comes first.
    for kind in (["--only-binary=:all:", "--python-version=3.11"], ["--no-binary=:all:"]):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *kind]
        command += ["--dest", str(directory), f"{distribution}=={version}"]
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        files = sorted(directory.iterdir()) if directory.is_dir() else []
        if finished.returncode == 0 and files:
            return files[0]
    last_line = (finished.stderr.strip().splitlines() or ["pip said nothing"])[-1]
    raise ArchiveError(f"cannot download {distribution}=={version}: {last_line}")
