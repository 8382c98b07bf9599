"""Manifests that nobody but their user can have written, and fields that are looked at before use."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from servers import as_url

from xcore_tools import BackupManager
from xcore_tools.database.backup.manifest import decoded, encoded
from xcore_tools.database.backup.signature import Key
from xcore_tools.database.backup.signing import VARIABLE, own_key
from xcore_tools.errors import BackupError

Change = Callable[[dict[str, object]], None]


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BackupManager:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    with closing(sqlite3.connect(tmp_path / "app.db")) as db:
        db.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1);")
    return again(tmp_path)


def again(tmp_path: Path) -> BackupManager:
    """As another process sees it."""
    return BackupManager(as_url(f"sqlite:///{tmp_path / 'app.db'}"), tmp_path / "backups")


def forge(path: Path, **changes: object) -> None:
    """Change a manifest as somebody does who knows its format but not the key."""
    manifest, _ = decoded(path.read_bytes(), None)
    path.write_bytes(encoded(msgspec.structs.replace(manifest, **changes), None))


def test_what_this_user_has_taken_needs_no_word(manager: BackupManager, tmp_path: Path) -> None:
    name = manager.create().name
    (backup,) = again(tmp_path).list()
    assert backup.is_authentic
    assert not again(tmp_path).verify(name, drill=True).problem
    assert again(tmp_path).list()[0].state == "verified"
    assert again(tmp_path).list()[0].is_authentic
    again(tmp_path).restore(name, safety=False)


def test_the_key_lies_elsewhere_and_is_the_users_alone(
    manager: BackupManager, tmp_path: Path
) -> None:
    manager.create()
    key = tmp_path / "data" / "xcore-tools" / "backup.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in key.parent.iterdir()] == ["backup.key"]
    for path in manager.directory.iterdir():
        assert key.read_bytes() not in path.read_bytes()


def test_what_nobody_has_signed_takes_trust(manager: BackupManager, tmp_path: Path) -> None:
    backup = manager.create()
    forge(manager.directory / f"{backup.name}.json", tool_version="forged")
    other = again(tmp_path)
    assert not other.list()[0].is_authentic
    checked = other.verify(backup.name)
    assert not checked.problem  # looking runs nothing
    checked = other.verify(backup.name, drill=True)
    assert "give --trust" in checked.problem
    assert other.list()[0].state == "created"
    with pytest.raises(BackupError, match=r"give --trust"):
        other.restore(backup.name, safety=False)
    assert not other.verify(backup.name, drill=True, trust=True).problem
    assert other.list()[0].is_authentic
    other.restore(backup.name, safety=False)


def test_another_machine_is_trusted_on_request(
    manager: BackupManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = manager.create().name
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "another"))
    with pytest.raises(BackupError, match=r"give --trust"):
        again(tmp_path).restore(name, safety=False)
    again(tmp_path).restore(name, safety=False, trust=True)
    shared = tmp_path / "shared.key"
    shared.write_bytes((tmp_path / "data" / "xcore-tools" / "backup.key").read_bytes())
    monkeypatch.setenv(VARIABLE, str(shared))
    again(tmp_path).restore(name, safety=False)


def test_a_change_under_the_own_signature_is_damage(manager: BackupManager, tmp_path: Path) -> None:
    backup = manager.create()
    path = manager.directory / f"{backup.name}.json"
    signature = json.loads(path.read_bytes())["signature"]
    forge(path, signature=signature, size=backup.size + 1)
    values = json.loads(path.read_bytes())
    values["signature"] = signature
    text = {key: value for key, value in values.items() if key != "digest"}

    spelled = json.dumps(text, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    values["digest"] = hashlib.sha256(spelled.encode()).hexdigest()
    path.write_text(json.dumps(values))
    (found,) = again(tmp_path).list()
    assert (found.state, found.problem) == ("damaged", "its manifest was changed")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": "../outside.db"}, "is not the name of a backup"),
        ({"name": "/etc/passwd"}, "is not the name of a backup"),
        ({"name": ".hidden"}, "is not the name of a backup"),
        ({"size": -1}, "says what cannot be"),
        ({"sha256": "x"}, "says what cannot be"),
        ({"sha256": "../../etc/passwd"}, "says what cannot be"),
    ],
)
def test_fields_are_looked_at(
    manager: BackupManager, tmp_path: Path, changes: dict[str, object], problem: str
) -> None:
    backup = manager.create()
    forge(manager.directory / f"{backup.name}.json", **changes)
    (found,) = again(tmp_path).list()
    assert found.state == "damaged"
    assert problem in found.problem
    manager.create()


def test_a_moment_without_a_zone_is_no_crash(manager: BackupManager, tmp_path: Path) -> None:
    backup = manager.create()
    forge(
        manager.directory / f"{backup.name}.json",
        created=backup.created.replace(tzinfo=None),
    )
    manager.create()
    assert "says what cannot be" in {
        item.problem.split("manifest ")[-1] for item in again(tmp_path).list()
    }


@pytest.mark.parametrize("name", ["../outside/ledger.db", "other.db"])
def test_what_looks_interrupted_moves_nothing(
    manager: BackupManager, tmp_path: Path, name: str
) -> None:
    backup = manager.create()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "ledger.db").write_text("precious")
    (manager.directory / "other.db").write_text("precious")
    left = manager.directory / ".partial-x"
    left.mkdir()
    path = left / "manifest.json"
    path.write_bytes((manager.directory / f"{backup.name}.json").read_bytes())
    forge(path, name=name)
    again(tmp_path).create()
    assert [entry.name for entry in outside.iterdir()] == ["ledger.db"]
    assert not (manager.directory / "other.db.json").exists()
    assert not left.exists()


def test_a_key_beside_the_backups_is_none(tmp_path: Path) -> None:
    inside = tmp_path / "backups" / "key"
    inside.parent.mkdir()
    inside.write_bytes(b"k" * 32)
    assert own_key(tmp_path / "backups", {VARIABLE: str(inside)}) is None
    with pytest.raises(BackupError, match=r"XCORE_TOOLS_BACKUP_KEY: .*No such file"):
        own_key(tmp_path / "backups", {VARIABLE: str(tmp_path / "none")})
    short = tmp_path / "short"
    short.write_bytes(b"k")
    with pytest.raises(BackupError, match="less than 32 bytes"):
        own_key(tmp_path / "backups", {VARIABLE: str(short)})


def test_a_signature_names_its_key() -> None:
    one, other = Key(b"1" * 32), Key(b"2" * 32)
    signature = one.signature(b"text")
    assert one.has_signed(b"text", signature)
    assert not other.has_signed(b"text", signature)
    with pytest.raises(BackupError, match="was changed"):
        one.has_signed(b"another", signature)
