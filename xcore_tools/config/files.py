"""Settings files → plain values. What a user can get wrong in a file is a fault, not an exception."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

from xcore_tools.files import IrregularFileError, TooLargeError, read_regular


def exists(path: Path) -> bool:
    """Tell whether there is anything at `path`; what the system refuses to look at is nothing."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """Tell whether `path` is a file; what the system refuses to look at is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_directory(path: Path) -> bool:
    """Tell whether `path` is a directory and no link to one; what the system refuses to tell is none."""
    try:
        return path.is_dir() and not path.is_symlink()
    except (OSError, ValueError):
        return False


def shown(path: Path) -> str:
    """Return `path` as messages name it: relative to the working directory where it lies below."""
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def read_bytes(path: Path, faults: list[str]) -> bytes | None:
    """Return what the file holds; None, and a fault, where it cannot be read."""
    try:
        return read_regular(path)
    except (IrregularFileError, TooLargeError) as error:
        faults.append(
            f"{shown(path)}: cannot be read ({error.strerror}); put a settings file there"
        )
        return None
    except OSError as error:
        faults.append(f"{shown(path)}: cannot be read ({error.strerror}); check its permissions")
        return None


def read_document(
    path: Path, faults: list[str], *, mentioning: tuple[str, ...] = ()
) -> dict[str, Any] | None:
    """Return the JSON or TOML document of `path`, by its suffix; None where there is none.

    With `mentioning`, the file may be someone else's: one that contains none of these words is not
    parsed, and one that is no object is passed over in silence.
    """
    data = read_bytes(path, faults)
    if data is None or (mentioning and not _mentions(data, mentioning)):
        return None
    try:
        document = _parsed(data, path)
    except _InvalidDocumentError as error:
        faults.append(f"{shown(path)}: {error}")
        return None
    if not isinstance(document, dict):
        if not mentioning:
            faults.append(f'{shown(path)}: expected one object, such as {{"migration": {{}}}}')
        return None
    return document


def _mentions(data: bytes, words: tuple[str, ...]) -> bool:
    # UTF-16, which some editors write, has a NUL beside each ASCII letter.
    text = data.replace(b"\0", b"")
    return any(word.encode() in text for word in words)


class _InvalidDocumentError(Exception):
    """Indicates that a document is not valid; the message says where and what to do."""


def _parsed(data: bytes, path: Path) -> object:
    try:
        if path.suffix == ".toml":
            return tomllib.loads(data.decode("utf-8-sig"))
        return json.loads(data)
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1}: not {error.encoding.upper()} text; save it as UTF-8"
    except json.JSONDecodeError as error:
        message = (
            f"line {error.lineno}, column {error.colno}: not valid JSON: {error.msg}; "
            "correct the line (JSON knows neither comments nor trailing commas)"
        )
    except tomllib.TOMLDecodeError as error:
        message = f"not valid TOML: {error}; correct the line"
    except (RecursionError, ValueError):
        message = "nested too deeply, or a number too long; write plain settings only"
    raise _InvalidDocumentError(message)
