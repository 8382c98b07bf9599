"""A project as `init` sees it, and what is to become of its files: plain data."""

from __future__ import annotations

import difflib
from pathlib import PurePosixPath

import msgspec

from xcore_tools.envfile.places import Environment


class Change(msgspec.Struct, frozen=True):
    """What becomes of one file. `before` is None where there is none yet.

    A new file that is made from a `template` is shown as the difference to it.
    """

    path: PurePosixPath
    before: bytes | None
    after: bytes
    template: bytes | None = None

    def diff(self) -> str:
        """The change as a unified diff; that of a new file begins at /dev/null."""
        known = self.template if self.before is None else self.before
        old = "/dev/null" if known is None else str(self.path)
        lines = difflib.unified_diff(_lines(known or b""), _lines(self.after), old, str(self.path))
        return "".join(lines)


def _lines(data: bytes) -> list[str]:
    parts = data.decode("utf-8-sig", "replace").split("\n")
    return [f"{line}\n" for line in parts[:-1]] + [f"{part}\n" for part in parts[-1:] if part]


class Step(msgspec.Struct, frozen=True):
    """What is agreed to in one answer: a title, why, and the files of it."""

    title: str
    why: str
    changes: tuple[Change, ...]
    directories: tuple[PurePosixPath, ...] = ()


class Layout(msgspec.Struct, frozen=True):
    """Where the sources are, as paths relative to the project.

    `models` and `plugins` are for the settings of the same names. `set_aside` are directories that
    hold models, but by their names not those of the application. `roots` are the directories that
    module names are relative to, the project itself as `.`.
    """

    models: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    set_aside: tuple[str, ...] = ()
    roots: tuple[str, ...] = (".",)


class Facts(msgspec.Struct, frozen=True):
    """Everything that a plan depends on.

    `settings` is the file that holds settings of ours already. `pyproject`, `config_json` and
    `pre_commit` are contents of files, None where there is no such file. `is_async` says that the
    project makes asynchronous engines. `origin` is what PEP 610 has noted about this installation.
    """

    layout: Layout
    settings: str | None = None
    environment: Environment | None = None
    pyproject: bytes | None = None
    config_json: bytes | None = None
    pre_commit: bytes | None = None
    is_async: bool = False
    version: str = ""
    origin: str = ""


class Plan(msgspec.Struct, frozen=True):
    """The steps in the order in which they are done, and what a person should know beside them."""

    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
