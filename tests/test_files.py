"""What lies in the way of a file: pipes, devices and links are never waited for, read or written through."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xcore_tools import (
    Config,
    ConfigError,
    DatabaseError,
    MigrationError,
    Migrations,
    discover,
    load_config,
)
from xcore_tools.database.sources import read_schema
from xcore_tools.database.url import parse_url
from xcore_tools.discovery.cache import signed_file, snapshot
from xcore_tools.discovery.walk.index import ModuleIndex
from xcore_tools.discovery.walk.sources import Walk
from xcore_tools.files import IrregularFileError, TooLargeError, open_regular, read_regular

pytestmark = pytest.mark.skipif(os.name != "posix", reason="makes pipes and links")


def _fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _device(path: Path) -> Path:
    path.symlink_to("/dev/zero")
    return path


IRREGULAR = pytest.mark.parametrize("make", [_fifo, _device])


@IRREGULAR
def test_what_is_no_file_is_not_opened(tmp_path: Path, make: object) -> None:
    path = make(tmp_path / "x")  # type: ignore[operator]
    for read in (read_regular, open_regular):
        with pytest.raises(IrregularFileError, match="not a regular file"):
            read(path)


def test_files_and_links_to_them_are_read_up_to_a_limit(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("x")
    assert read_regular(tmp_path / "link", 5) == b"12345"
    with pytest.raises(TooLargeError):
        read_regular(tmp_path / "link", 4)
    with pytest.raises(IsADirectoryError):
        read_regular(tmp_path)


@IRREGULAR
@pytest.mark.parametrize("name", ["alembic.ini", "config.json"])
def test_settings_that_are_no_file(tmp_path: Path, make: object, name: str) -> None:
    make(tmp_path / name)  # type: ignore[operator]
    if name == "config.json":
        with pytest.raises(ConfigError, match="not a regular file"):
            load_config(tmp_path / name)
    assert load_config(start=tmp_path) == Config(project=tmp_path)


@IRREGULAR
def test_an_export_that_is_no_file(tmp_path: Path, make: object) -> None:
    path = make(tmp_path / "x.json")  # type: ignore[operator]
    with pytest.raises(DatabaseError, match="not a regular file"):
        read_schema(str(path), Config(project=tmp_path))


@IRREGULAR
def test_alembic_is_not_given_a_revision_that_is_no_file(tmp_path: Path, make: object) -> None:
    (tmp_path / "alembic.ini").write_text(
        "[alembic]\nscript_location = m\nsqlalchemy.url = sqlite:///a.db\n"
    )
    (tmp_path / "m" / "versions").mkdir(parents=True)
    (tmp_path / "m" / "env.py").touch()
    make(tmp_path / "m" / "versions" / "r2.py")  # type: ignore[operator]
    with pytest.raises(MigrationError, match=r"r2\.py: not a regular file"):
        Migrations(Config(project=tmp_path)).history()


# -- the cache ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["findings", "answers", ".gitignore", "CACHEDIR.TAG"])
@pytest.mark.parametrize("is_dangling", [False, True])
def test_no_link_in_the_cache_is_written_through(
    tmp_path: Path, name: str, is_dangling: bool
) -> None:
    project, cache, target = tmp_path / "p", tmp_path / "p" / "cache", tmp_path / "notes"
    cache.mkdir(parents=True)
    (project / "m.py").write_text("x = 1\n")
    if not is_dangling:
        target.write_text("mine")
    (cache / name).symlink_to(target)
    for _ in range(2):
        discover(config=Config(project=project), cache=cache)
    assert target.exists() is not is_dangling
    assert is_dangling or target.read_text() == "mine"


def test_a_cache_directory_that_is_a_link_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "cache").symlink_to("elsewhere")
    assert not signed_file.save(tmp_path / "cache" / "x", b"1", {"a": [b"b"]})
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_to_a_good_cache_is_not_believed(tmp_path: Path) -> None:
    assert signed_file.save(tmp_path / "one" / "x", b"1", {"a": [b"b"]})
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "x").symlink_to("../one/x")
    assert signed_file.load(tmp_path / "one" / "x", b"1") == {"a": b"b"}
    assert signed_file.load(tmp_path / "two" / "x", b"1") == {}


# -- text that is none --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["sqlite:///\ud800.db", "postgresql://\udce9@h/x", "${U}", "postgresql://${U}@h/x"]
)
def test_a_url_that_is_no_text(url: str) -> None:
    with pytest.raises(ConfigError, match="lone surrogate"):
        parse_url(url, source="s", anchor=Path("/x"), environ={"U": "sqlite:///\udcff"})


def test_a_directory_whose_name_is_no_text() -> None:
    url = parse_url("sqlite:///a.db", source="s", anchor=Path("/caf\udce9"), environ={})
    assert str(url).encode()
    assert url.sqlite_path == Path("/caf\udce9/a.db")


# -- rules of the cache and of the index --------------------------------------------------------


def test_times_in_whole_seconds_are_trusted_later_than_exact_ones() -> None:
    # A file system that keeps whole seconds (FAT: even ones) shows no second change within its
    # tick: such a time is trusted after two seconds, one with a fraction after 50 ms.
    second = 1_000_000_000
    assert not snapshot._is_settled(10 * second, 11 * second)
    assert not snapshot._is_settled(10 * second, 12 * second)
    assert snapshot._is_settled(10 * second, 12 * second + 1)
    assert snapshot._is_settled(10 * second + 1, 11 * second)


def test_names_below_a_file_lead_nowhere(tmp_path: Path) -> None:
    # A file `app` is no package, whatever an earlier look said of names below it.
    (tmp_path / "app").write_text("")
    (tmp_path / "lib").mkdir()
    index = ModuleIndex(tmp_path, [], Walk((), (), ("",)))
    assert index._directory("", ["app"]) is None
    assert index._directory("", []) == ""
    assert index._directory("", ["lib"]) == "lib"
