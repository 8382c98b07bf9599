"""The pure parts of backups: manifests, names, choices, dumps, reports."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers import as_url

from xcore_tools.database.backup.facts import Backup, Manifest, Restored, TableRows, Verification
from xcore_tools.database.backup.manifest import decoded, encoded, is_ours
from xcore_tools.database.backup.names import numbered
from xcore_tools.database.backup.script import RowCounter
from xcore_tools.database.backup.selection import compare, newest, of_database, surplus
from xcore_tools.database.backup.signature import Key
from xcore_tools.errors import BackupError
from xcore_tools.migrate.facts import State, Status
from xcore_tools.report import backup as report
from xcore_tools.report.migrate import render_status

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
MANIFEST = Manifest(
    name="backup_ü.db",
    reason="manual",
    engine="sqlite",
    database="app.db",
    created=NOW - timedelta(days=3, hours=5),
    tool_version="1.2.3",
    client="sqlite 3.40.1",
    server_version="3.40.1",
    revisions=("abc", "def"),
    compression="gzip",
    size=1_234_567,
    sha256="0" * 64,
    foreign_keys_ok=True,
    tables=(TableRows(None, "t", 5), TableRows("s", "u", None)),
)
BACKUP = Backup(
    name=MANIFEST.name,
    state="verified",
    created=MANIFEST.created,
    size=MANIFEST.size,
    manifest=MANIFEST,
)


def aged(days: float, **changes: object) -> Backup:
    manifest = msgspec.structs.replace(MANIFEST, name=f"{days}.db", **changes)
    return Backup(
        name=manifest.name,
        state="verified",
        created=NOW - timedelta(days=days),
        size=manifest.size,
        manifest=manifest,
    )


KEY, OTHER = Key(b"k" * 32), Key(b"o" * 32)


# -- manifests ------------------------------------------------------------------------------------


def test_a_manifest_comes_back() -> None:
    data = encoded(MANIFEST, KEY)
    assert is_ours(data)
    read, is_signed = decoded(data, KEY)
    assert is_signed
    assert not decoded(data, OTHER)[1]
    assert not decoded(encoded(MANIFEST, None), KEY)[1]
    assert msgspec.structs.replace(read, digest="", signature="") == MANIFEST
    assert encoded(read, KEY) == data


@given(st.integers(min_value=0, max_value=len(encoded(MANIFEST, KEY)) * 8 - 1))
def test_no_flipped_bit_changes_what_it_says(bit: int) -> None:
    data = bytearray(encoded(MANIFEST, KEY))
    data[bit // 8] ^= 1 << bit % 8
    assert is_ours(bytes(data))
    try:
        read = decoded(bytes(data), KEY)
    except BackupError:
        return
    assert read == decoded(encoded(MANIFEST, KEY), KEY)


def test_keys_of_later_versions_are_covered() -> None:
    values = msgspec.json.decode(encoded(MANIFEST, KEY))
    values["color"] = "red"
    with pytest.raises(BackupError, match="its manifest was changed"):
        decoded(msgspec.json.encode(values), KEY)
    later = msgspec.structs.replace(MANIFEST, schema_version=2)
    with pytest.raises(BackupError, match="written by a later version; update xcore-tools"):
        decoded(encoded(later, KEY), KEY)


@pytest.mark.parametrize("data", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"schema_version": 1}'])
def test_what_is_no_manifest(data: bytes) -> None:
    assert not is_ours(data)
    with pytest.raises(BackupError, match="its manifest cannot be read"):
        decoded(data, KEY)


def test_numbered_names() -> None:
    assert [numbered("a.db.gz", n) for n in (1, 2, 10)] == ["a.db.gz", "a_2.db.gz", "a_10.db.gz"]
    assert numbered("plain", 2) == "plain_2"


# -- choices --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keep", "days", "gone"),
    [
        (10, None, []),
        (2, None, [3, 40]),
        (10, 2, [3, 40]),
        (10, 0.5, [1, 3, 40]),
        (1, 30, [1, 3, 40]),
    ],
)
def test_surplus(keep: int, days: float | None, gone: list[float]) -> None:
    backups = [aged(days) for days in (0.9, 1, 3, 40)]
    age = None if days is None else timedelta(days=days)
    assert [b.name for b in surplus(backups, keep, age, NOW)] == [f"{days}.db" for days in gone]


def test_only_sound_backups_of_this_database_count() -> None:
    url = as_url("sqlite:////somewhere/app.db")
    others = [
        aged(1, engine="mysql"),
        aged(1, database="other.db"),
        msgspec.structs.replace(aged(1), state="damaged"),
        msgspec.structs.replace(aged(1), manifest=None),
    ]
    assert of_database([*others, aged(2)], url) == (aged(2),)
    assert newest((aged(1, reason="safety"), aged(2)), url) == aged(2)


def test_rows_are_compared() -> None:
    tables = [TableRows(None, "a", 1), TableRows("s", "b", 2), TableRows(None, "c", None)]
    compare(tables, [*tables[:2], TableRows(None, "c", 9)], "x")
    with pytest.raises(BackupError) as caught:
        compare(tables, [TableRows(None, "a", 0), tables[2], TableRows(None, "n", 0)], "x")
    assert str(caught.value) == (
        "x: after a restore a has 0 rows instead of 1; n is new; s.b is missing"
    )


# -- dumps ----------------------------------------------------------------------------------------

HEAD = b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump\n/*!40101 SET NAMES utf8mb4 */;\n\n"
TABLE = b"""--
-- Table structure for table `a``b`
--

CREATE TABLE `a``b` (
  `id` int
);

--
-- Dumping data for table `a``b`
--

LOCK TABLES `a``b` WRITE;
%sUNLOCK TABLES;
"""
TRIGGER = b"""/*!50003 SET @saved_cs_client      = @@character_set_client */ ;
DELIMITER ;;
/*!50003 CREATE TRIGGER tr BEFORE INSERT ON `a``b` FOR EACH ROW BEGIN
-- Dumping data for table `x`
INSERT INTO `log` VALUES
(1),
(2);
END */;;
DELIMITER ;
"""
REST = b"""
--
-- Dumping events for database 'd'
--
DELIMITER ;;
/*!50106 CREATE EVENT e DO SELECT 1 */ ;;
DELIMITER ;

--
-- Dumping routines for database 'd'
--

--
-- Final view structure for view `v`
--
/*!50001 VIEW `v` AS select 1 */;
/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

-- Dump completed on 2026-11-25  4:37:19
"""
MARIADB = (
    b"INSERT INTO `a``b` VALUES\n(1,'x\\n(y'),\n(2,');\\'('),\n(3,'');\n"
    b"INSERT INTO `a``b` VALUES\n(4,'');\n"
)
MYSQL = (
    b"INSERT INTO `a``b` VALUES (1,'x\\n(y'),(2,'),(\\'),('),(3,'');\n"
    b"INSERT INTO `a``b` (`id`) VALUES (4,' VALUES (');\n"
)


@pytest.mark.parametrize("rows", [MARIADB, MYSQL])
@pytest.mark.parametrize("size", [1, 2, 7, 64, 10_000])
def test_rows_are_counted_wherever_a_dump_is_cut(rows: bytes, size: int) -> None:
    dump = HEAD + TABLE % rows + TRIGGER + TABLE.replace(b"a``b", b"empty") % b"" + REST
    counter = RowCounter()
    for start in range(0, len(dump), size):
        assert not counter.has_ended()
        counter.feed(dump[start : start + size])
    assert counter.rows == {"a`b": 4, "empty": 0}
    assert counter.has_ended()


def test_a_dump_that_is_cut_has_no_end() -> None:
    dump = HEAD + TABLE % MARIADB + TRIGGER + REST
    for length in random.sample(range(len(dump) - 45), 100):
        counter = RowCounter()
        counter.feed(dump[:length])
        assert not counter.has_ended()


# -- reports --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_234_567, "1.2 MB"),
        (5 * 10**9, "5.0 GB"),
        (10**13, "10.0 TB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    assert report.size(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "now"),
        (59, "now"),
        (60, "1 minute"),
        (7300, "2 hours"),
        (86400 * 2 - 1, "1 day"),
        (10**7, "115 days"),
    ],
)
def test_ages(seconds: int, text: str) -> None:
    assert report.age(NOW - timedelta(seconds=seconds), NOW) == text


def test_the_table_colours_only_states() -> None:
    damaged = msgspec.structs.replace(
        BACKUP, name="b\x1b[31m.db", state="damaged", problem="gone\n", manifest=None
    )
    text = report.table([BACKUP, damaged], NOW, color=True)
    assert "\x1b[32mverified\x1b[0m" in text
    assert "\x1b[31mdamaged: gone\\n\x1b[0m" in text
    assert "b\\x1b[31m.db" in text
    plain = report.table([BACKUP], NOW).splitlines()
    assert plain == [
        "  Name         Revision  Size    Age     State",
        "  backup_ü.db  abc+def   1.2 MB  3 days  verified",
        "",
        "1 backup, 1.2 MB",
    ]


def test_sentences() -> None:
    assert report.created(BACKUP) == (
        "backup_ü.db: created, 1.2 MB, revision abc+def, 2 tables with 5 rows\n"
    )
    unsound = msgspec.structs.replace(
        MANIFEST, foreign_keys_ok=False, revisions=(), tables=(TableRows(None, "t", 1),)
    )
    assert report.created(msgspec.structs.replace(BACKUP, manifest=unsound)) == (
        "backup_ü.db: created, 1.2 MB, no revision, 1 table with 1 row, with rows whose foreign keys "
        "lead nowhere, as the database has them\n"
    )
    assert report.restored(Restored("app.db", BACKUP, BACKUP, ("a\x07",)), None) == (
        "app.db: restored from backup_ü.db\nthe state before is in backup_ü.db\nrevision a\\x07\n"
    )
    results = [Verification("a", ("size",)), Verification("b", (), "bad")]
    assert report.verified(results) == "a: ok (size)\nb: damaged: bad\n"
    assert report.removed([BACKUP]) == "backup_ü.db: removed\n"
    assert report.names([BACKUP]) == "backup_ü.db\n"
    adopted = Backup(name="b", state="unverified", created=NOW, size=1)
    assert report.proposed("sqlite:///x", adopted, NOW) == (
        "sqlite:///x will be replaced by b (no revision, 1 B, age: now, unverified)\n"
    )


def test_json() -> None:
    listed = msgspec.json.decode(report.json_list([BACKUP, aged(1)], "/b"))
    assert (listed["schema_version"], listed["directory"], len(listed["backups"])) == (1, "/b", 2)
    row = listed["backups"][0]
    assert row["tables"] == [
        {"schema": None, "name": "t", "rows": 5},
        {"schema": "s", "name": "u", "rows": None},
    ]
    assert (row["created"], row["sha256"], row["problem"]) == (
        "2026-01-28T07:00:00Z",
        "0" * 64,
        None,
    )
    adopted = Backup(name="b", state="unverified", created=NOW, size=1)
    one = msgspec.json.decode(report.json_one(adopted))["backup"]
    assert (one["engine"], one["database"], one["revisions"]) == ("sqlite", None, [])
    result = Restored("d", adopted, None, ("x",))
    restored = msgspec.json.decode(report.json_restored(result, None))
    assert (restored["safety"], restored["revisions"], restored["status"]) == (None, ["x"], None)
    status = Status("u", True, State.AT_HEAD, ("x",), ("x",), ())
    assert report.restored(result, status).endswith("revision x\n\n" + render_status(status))
    restored = msgspec.json.decode(report.json_restored(result, status))
    assert (restored["status"]["state"], restored["status"]["pending"]) == ("at-head", [])
