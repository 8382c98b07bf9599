"""Odd data to back up on each engine, all of it again as plain values, and a disk that is full."""

from __future__ import annotations

import datetime
import decimal
import resource
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from xcore_tools.database.url import DatabaseUrl

TEXT = "ü😀 ' \" \\ \n\t % : ;; -- /* $x$ \x7f \\N"
BLOB = bytes(range(256)) + b"\0\0\n(\\'"

TYPES: dict[str, Any] = {
    "integer": (sa.Integer, [0, -(2**31), 2**31 - 1]),
    "big": (sa.BigInteger, [-(2**63), 2**63 - 1, 1]),
    "small": (sa.SmallInteger, [-(2**15), 2**15 - 1, 0]),
    "boolean": (sa.Boolean, [True, False, True]),
    "numeric": (sa.Numeric(30, 10), [decimal.Decimal("12345678901234567890.0123456789"), 0, -1]),
    "float": (sa.Double, [1.5e300, -0.1, 3.141592653589793]),
    "string": (sa.String(200), [TEXT, "", "NULL"]),
    "text": (sa.Text, [TEXT * 100, "\\.", "(1),(2)\n(3)"]),
    "unicode": (sa.Unicode(50), ["日本語", "é", "́e"]),
    "blob": (sa.LargeBinary, [BLOB, b"", BLOB * 50]),
    "date": (sa.Date, [datetime.date(1, 1, 1), datetime.date(9999, 12, 31), None]),
    "time": (sa.Time, [datetime.time(23, 59, 59), datetime.time(0), None]),
    "moment": (sa.DateTime, [datetime.datetime(2024, 2, 29, 12, 30, 1), None, None]),
    "interval": (sa.Interval, [datetime.timedelta(days=3, seconds=5), None, None]),
    "json": (sa.JSON, [{"a": [1, None, TEXT]}, [], "x"]),
    "enum": (sa.Enum("one", "it's", name="odd_enum"), ["one", "it's", None]),
    "uuid": (sa.Uuid, [uuid.UUID(int=1), uuid.UUID(int=2**128 - 1), None]),
}
OWN: dict[str, dict[str, Any]] = {
    "sqlite": {},
    "postgresql": {
        "array": (postgresql.ARRAY(sa.Text), [[TEXT, None], [], None]),
        "jsonb": (postgresql.JSONB, [{"k": 1.5}, None, [1]]),
        "inet": (postgresql.INET, ["10.0.0.1", None, "::1"]),
        "range": (postgresql.INT4RANGE, [postgresql.Range(1, 5), None, None]),
        "bits": (postgresql.BIT(3), ["101", "000", None]),
        "hstoreish": (postgresql.TSVECTOR, ["'a':1 'b':2", None, ""]),
        "money": (postgresql.MONEY, ["$12.50", None, None]),
        "mac": (postgresql.MACADDR, ["08:00:2b:01:02:03", None, None]),
        "zoned": (sa.DateTime(timezone=True), [datetime.datetime.now(datetime.UTC), None, None]),
    },
    "mysql": {
        "year": (mysql.YEAR, [1901, 2155, None]),
        "set": (mysql.SET("a", "b", "c"), [{"a", "c"}, set(), None]),
        "bit": (mysql.BIT(9), [257, 0, None]),
        "unsigned": (mysql.BIGINT(unsigned=True), [2**64 - 1, 0, None]),
        "fine": (
            mysql.DATETIME(fsp=6),
            [datetime.datetime(2024, 1, 1, 1, 1, 1, 123456), None, None],
        ),
        "stamp": (mysql.TIMESTAMP, [datetime.datetime(2024, 7, 1, 12), None, None]),
        "longblob": (mysql.LONGBLOB, [BLOB * 1000, b"", None]),
    },
}

OBJECTS = {
    "sqlite": [
        "CREATE VIEW odd_view AS SELECT count(*) AS n FROM child",
        "CREATE TRIGGER tr AFTER INSERT ON child BEGIN UPDATE child SET note = 'x;y' WHERE id = NEW.id; END",
    ],
    "postgresql": [
        "CREATE EXTENSION pg_trgm",
        'CREATE SCHEMA "Other schema"',
        'CREATE TABLE "Other schema"."T""able:%" (id bigint GENERATED ALWAYS AS IDENTITY, "a b" text)',
        """INSERT INTO "Other schema"."T""able:%" ("a b") VALUES ('x'), (NULL)""",
        "CREATE SEQUENCE odd_seq START 41 INCREMENT 7",
        "SELECT nextval('odd_seq'), nextval('odd_seq')",
        "CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",
        "CREATE TYPE pair AS (a positive, b text)",
        "CREATE TABLE composed (p pair, n positive)",
        "INSERT INTO composed VALUES (ROW(1, 'x'), 2)",
        "CREATE FUNCTION shout(t text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper(t) || '!;' $$",
        "CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS "
        "$f$ BEGIN NEW.note := shout('a;b'); RETURN NEW; END $f$",
        "CREATE TRIGGER tr BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION noted()",
        "CREATE VIEW odd_view AS SELECT count(*) AS n FROM child",
        "CREATE MATERIALIZED VIEW counted AS SELECT n FROM odd_view",
        "CREATE INDEX shouting ON child (shout(note))",
        "CREATE TABLE parted (id int, region text) PARTITION BY LIST (region)",
        "CREATE TABLE parted_eu PARTITION OF parted FOR VALUES IN ('eu')",
        "INSERT INTO parted VALUES (1, 'eu'), (2, 'eu')",
        "CREATE TABLE heir (extra int) INHERITS (child)",
        "INSERT INTO heir (id, extra) VALUES (100, 1)",
    ],
    "mysql": [
        "CREATE TABLE `T``able:%%` (id BIGINT AUTO_INCREMENT PRIMARY KEY, `a b` TEXT) AUTO_INCREMENT = 77",
        "INSERT INTO `T``able:%%` (`a b`) VALUES ('x'), (NULL)",
        "CREATE VIEW odd_view AS SELECT count(*) AS n FROM child",
        "CREATE VIEW second_view AS SELECT n + 1 AS m FROM odd_view",
        "CREATE TRIGGER tr BEFORE INSERT ON child FOR EACH ROW BEGIN SET NEW.note = 'a;b'; "
        "SET NEW.note = concat(NEW.note, '(\n(');  END",
        "CREATE PROCEDURE odd_procedure (IN a INT) BEGIN SELECT a; SELECT count(*) FROM child; END",
        "CREATE FUNCTION odd_function () RETURNS INT DETERMINISTIC RETURN 42",
        "CREATE EVENT odd_event ON SCHEDULE EVERY 1 YEAR DO BEGIN DELETE FROM child WHERE id < 0; "
        "DELETE FROM child WHERE id < 1; END",
        "CREATE TABLE generated (a INT, b INT AS (a * 2) STORED, c INT AS (a + 1) VIRTUAL)",
        "INSERT INTO generated (a) VALUES (1), (NULL)",
        "CREATE TABLE parted (id INT) PARTITION BY HASH (id) PARTITIONS 3",
        "INSERT INTO parted VALUES (1), (2), (3), (4)",
    ],
}
MARIADB = [
    "CREATE SEQUENCE odd_seq START WITH 41 INCREMENT BY 7 NOCACHE",
    "SELECT NEXTVAL(odd_seq)",
]


def fill(url: DatabaseUrl, connection: sa.Connection) -> None:
    """All types, a foreign key, and the engine's own objects."""
    metadata = sa.MetaData()
    types = TYPES | OWN[url.engine_name]
    columns = [sa.Column(f"c {name}", kind) for name, (kind, _) in types.items()]
    odd = sa.Table("odd 'table", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    child = sa.Table(
        "child",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent", sa.ForeignKey(odd.c.id, name="fk_parent", ondelete="CASCADE")),
        sa.Column("note", sa.Text),
    )
    sa.Table("empty", metadata, sa.Column("id", sa.Integer))
    version = sa.Table("alembic_version", metadata, sa.Column("version_num", sa.String(32)))
    metadata.create_all(connection)
    connection.execute(version.insert(), [{"version_num": "abc123"}])
    for row in range(3):
        values = {f"c {name}": cells[row] for name, (_, cells) in types.items()}
        connection.execute(odd.insert(), [{"id": row + 1, **values}])
    connection.execute(odd.insert(), [{"id": 9}])
    connection.execute(child.insert(), [{"id": 1, "parent": 1}, {"id": 2, "parent": None}])
    for statement in OBJECTS[url.engine_name]:
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    if connection.dialect.name == "mariadb" or getattr(connection.dialect, "is_mariadb", False):
        for statement in MARIADB:
            connection.exec_driver_sql(statement)
    connection.commit()


def content(connection: sa.Connection) -> dict[str, object]:
    """Every table with its rows, and the definition of everything else, as the server tells them."""
    inspector = sa.inspect(connection)
    schemas = [None]
    if connection.dialect.name == "postgresql":
        schemas = [s for s in inspector.get_schema_names() if s != "information_schema"]  # type: ignore[misc]
    found: dict[str, object] = {}
    for schema in schemas:
        for name in [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]:
            table = sa.table(sa.quoted_name(name, quote=True), schema=schema)
            rows = connection.execute(sa.select(sa.text("*")).select_from(table)).all()
            found[f"{schema}.{name}"] = sorted(map(repr, rows))
            found[f"{schema}.{name} columns"] = [
                {**column, "type": repr(column["type"])}
                for column in inspector.get_columns(name, schema)
            ]
            found[f"{schema}.{name} keys"] = inspector.get_foreign_keys(name, schema)
            found[f"{schema}.{name} indexes"] = sorted(
                map(repr, inspector.get_indexes(name, schema))
            )
    for query in _DEFINITIONS[connection.engine.url.get_backend_name()]:
        found[query] = sorted(map(repr, connection.exec_driver_sql(query).all()))
    return found


@contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """Inside, a longer one is an error of this process, and of those that it starts."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


_DEFINITIONS = {
    "sqlite": ["SELECT type, name, sql FROM sqlite_master"],
    "postgresql": [
        "SELECT schemaname, sequencename, last_value, increment_by, start_value FROM pg_sequences",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
        "AND prokind = 'f'",
        "SELECT schemaname, viewname, definition FROM pg_views WHERE schemaname = 'public'",
        "SELECT matviewname, definition FROM pg_matviews",
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint",
        "SELECT typname, typtype FROM pg_type WHERE typnamespace = 'public'::regnamespace",
        "SELECT extname FROM pg_extension",
        "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg_%%'",
    ],
    "mysql": [
        "SELECT trigger_name, event_object_table, action_statement, action_timing, sql_mode, definer "
        "FROM information_schema.triggers WHERE trigger_schema = database()",
        "SELECT routine_name, routine_type, routine_definition, sql_mode, definer "
        "FROM information_schema.routines WHERE routine_schema = database()",
        "SELECT event_name, event_definition, interval_value, status, sql_mode, definer, starts "
        "FROM information_schema.events WHERE event_schema = database()",
        "SELECT table_name, replace(view_definition, concat('`', database(), '`.'), ''), definer "
        "FROM information_schema.views WHERE table_schema = database()",
        "SELECT table_name, table_type, auto_increment FROM information_schema.tables "
        "WHERE table_schema = database()",
        "SELECT constraint_name, table_name, unique_constraint_schema = database(), delete_rule "
        "FROM information_schema.referential_constraints WHERE constraint_schema = database()",
        "SELECT table_name, partition_name FROM information_schema.partitions "
        "WHERE table_schema = database()",
    ],
}
