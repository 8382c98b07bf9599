"""The hooks of pre-commit, as text in a file that somebody else has written. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_HOOKS = (
    ("xcore-tools-sync-env", "xcore-tools sync-env --exit-non-zero-on-change"),
    ("xcore-tools-heads", "xcore-tools migrate heads --check"),
)
_ITEM = re.compile(r"^( *)- +repo:", re.MULTILINE)
# what follows the list of repositories: another key, or the end of the document
_NEXT_KEY = re.compile(r"^(?:[^\s#-]|---|\.\.\.)", re.MULTILINE)
# blank lines and comments that stand before it
_BETWEEN = re.compile(r"(?:^(?:[ \t]*|#.*)\r?\n)+\Z", re.MULTILINE)


def hooks(version: str, origin: str) -> list[str]:
    """The lines of one item of `repos`, for an installation of that version and origin.

    `origin` is the direct_url.json of PEP 610, empty where the package came from an index. From a
    git repository, that repository has the hooks; from an index, pre-commit installs the same
    version; from a directory, the program that is installed runs.
    """
    source = json.loads(origin) if origin else {}
    if commit := source.get("vcs_info", {}).get("commit_id"):
        lines = [f"- repo: {source['url']}", f"  rev: {commit}", "  hooks:"]
        return [*lines, *(f"    - id: {name}" for name, _ in _HOOKS)]
    lines = ["- repo: local", "  hooks:"]
    for name, entry in _HOOKS:
        lines += [f"    - id: {name}", f"      name: {name}", f"      entry: {entry}"]
        lines += _language(version, is_local="url" in source)
        lines += ["      pass_filenames: false", "      always_run: true"]
    return lines


def _language(version: str, *, is_local: bool) -> Iterator[str]:
    if is_local:
        yield "      language: system"
    else:
        yield "      language: python"
        yield f'      additional_dependencies: ["xcore-tools=={version}"]'


def with_hooks(before: bytes | None, lines: list[str]) -> bytes | None:
    """The configuration with an item more at the end of `repos`; None where that is not understood."""
    if before is None:
        return ("repos:\n" + "".join(f"  {line}\n" for line in lines)).encode()
    text = before.decode("utf-8", "surrogateescape")
    newline = "\r\n" if "\r\n" in text else "\n"
    repositories = re.search(r"^repos: *(?:#.*)?\r?$", text, re.MULTILINE)
    item = _ITEM.search(text, repositories.end()) if repositories else None
    if item is None:
        return None
    following = _NEXT_KEY.search(text, item.end())
    end = following.start() if following else len(text)
    between = _BETWEEN.search(text, item.end(), end)
    at = between.start() if between else end
    added = newline.join(item[1] + line for line in lines)
    before_it = "" if text[:at].endswith("\n") else newline
    return (text[:at] + before_it + added + newline + text[at:]).encode("utf-8", "surrogateescape")
