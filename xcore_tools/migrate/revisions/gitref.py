"""What another git ref has done to some directories since it and HEAD parted."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

import msgspec

from xcore_tools.errors import MigrationError


class Divergence(msgspec.Struct, frozen=True):
    """What a merge of a ref would do to the files of the work tree, by their real paths.

    `brought` are the contents that it would add or replace, `deleted` what it would delete. What was
    changed on both sides stays as it is here; of that, `kept` are the files that the ref deleted.
    """

    brought: Mapping[Path, bytes]
    deleted: frozenset[Path]
    kept: frozenset[Path]


def divergence(directory: Path, below: Collection[Path], ref: str) -> Divergence:
    """Compare `ref` with the work tree that `directory` lies in, as far as real paths `below` go.

    No file is changed. What lies outside of the repository has no other version.

    Raises:
        MigrationError: git is not installed, or knows no such ref, or nothing that both come from.
    """
    top = Path(_line(_git(directory, "rev-parse", "--show-toplevel")))
    commit = _commit(top, ref)
    base = _base(top, commit, ref)
    inside = [os.path.relpath(path, top) for path in below if path.is_relative_to(top)]
    if not inside:
        return Divergence({}, frozenset(), frozenset())
    there = _changed(top, inside, base, commit)
    here = _changed(top, inside, base)
    gone = {path for path, status in there.items() if status == "D"}
    # a new file here is unknown to git until it is added
    new = {path for path, status in there.items() if status == "A" and path.exists()}
    return Divergence(
        brought={
            path: _git(top, "show", f"{commit}:{path.relative_to(top).as_posix()}")
            for path in there.keys() - here.keys() - gone - new
        },
        deleted=frozenset(gone - here.keys()),
        kept=frozenset(gone & here.keys()),
    )


def _commit(top: Path, ref: str) -> str:
    # no name of a ref starts like an option: git check-ref-format
    arguments = ("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    found = b"" if ref.startswith("-") else _git(top, *arguments, fails=b"")
    if not found:
        raise MigrationError(
            f"{ref}: git knows no such commit; correct the name, or fetch it (`git fetch`) first"
        )
    return _line(found)


def _base(top: Path, commit: str, ref: str) -> str:
    """The newest commit that HEAD and the other one come from."""
    found = _git(top, "merge-base", "HEAD", commit, fails=b"")
    if not found:
        raise MigrationError(
            f"{ref}: has no commit in common with HEAD; fetch the whole history "
            "(`git fetch --unshallow`), or name another ref"
        )
    return _line(found)


def _changed(top: Path, inside: Collection[str], *commits: str) -> dict[Path, str]:
    """The status of each file that differs between two commits, or between one and the work tree."""
    options = ("--no-ext-diff", "--no-renames", "--name-status", "-z")
    output = _git(top, "diff", *options, *commits, "--", *inside)
    fields = iter(os.fsdecode(output).split("\0")[:-1])
    return {top / name: status for status, name in zip(fields, fields, strict=True)}


def _line(output: bytes) -> str:
    return os.fsdecode(output).removesuffix("\n")


def _git(directory: Path, *arguments: str, fails: bytes | None = None) -> bytes:
    """What git prints; `fails`, if given, where it ends with an error."""
    try:
        run = subprocess.run(
            ["git", "--literal-pathspecs", "-C", str(directory), *arguments],
            capture_output=True,
            check=True,
        )
    except FileNotFoundError:
        raise MigrationError("--against needs git, which is not installed") from None
    except subprocess.CalledProcessError as error:
        if fails is not None:
            return fails
        said = error.stderr.decode(errors="replace").strip().splitlines()
        raise MigrationError(f"--against: git says {said[0] if said else 'nothing'}") from None
    return run.stdout
