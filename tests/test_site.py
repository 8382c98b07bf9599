"""The documentation as a site: it is whole, it needs no network, and what is generated leaves nothing out."""

from __future__ import annotations

import html
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from pages import ROOT

import xcore_tools
from xcore_tools.cli import cli
from xcore_tools.config import Migration
from xcore_tools.config.meanings import MEANINGS

IS_INSTALLED = all(map(importlib.util.find_spec, ("mkdocs", "material", "mkdocstrings")))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not IS_INSTALLED:
        pytest.skip("mkdocs, mkdocs-material and mkdocstrings are in the extra docs")
    directory = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(directory)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return directory


def text_of(page: Path) -> str:
    """What a reader sees, blanks made one."""
    plain = re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))
    return " ".join(html.unescape(plain).split())


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    loads = re.compile(r"<(?:script|img|link)\b[^>]*?(?:src|href)=[\"']?(?:https?:)?//[^>]*>")
    pages = sorted(site.rglob("*.html"))
    assert pages
    for page in pages:
        found = [
            tag for tag in loads.findall(page.read_text(encoding="utf-8")) if "canonical" not in tag
        ]
        assert not found, page.name


def test_every_page_of_the_folder_is_part_of_the_site(site: Path) -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix(".html")
        assert (site / name).is_file(), name


def command_paths(command: click.Command, context: click.Context) -> Iterator[str]:
    yield context.command_path
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from command_paths(inner, click.Context(inner, info_name=name, parent=context))


def test_the_command_line_is_told_in_full(site: Path) -> None:
    text = text_of(site / "cli.html")
    paths = list(command_paths(cli, click.Context(cli, info_name="xcore-tools")))
    assert len(paths) > 20
    for path in paths:
        assert f"Usage: {path} " in text


def test_the_settings_are_told_in_full(site: Path) -> None:
    text = text_of(site / "settings.html")
    for kind, keys in MEANINGS.items():
        for key in keys:
            assert key in text, f"{kind.__name__}.{key}"


def settings_types(kind: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    yield kind
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from settings_types(field.type)


def test_every_setting_has_a_meaning_and_no_other_has() -> None:
    kinds = list(settings_types(Migration))
    assert set(kinds) == set(MEANINGS)
    for kind in kinds:
        assert [field.name for field in msgspec.structs.fields(kind)] == [*MEANINGS[kind]]
        assert all(meaning.endswith(".") for meaning in MEANINGS[kind].values())


def test_every_public_name_is_told(site: Path) -> None:
    page = (site / "api.html").read_text(encoding="utf-8")
    for name in xcore_tools.__all__:
        if name != "__version__":
            assert f'id="xcore_tools.{name}"' in page, name
