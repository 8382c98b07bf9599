"""PostgreSQL, the pure parts of a restore: entries of an archive, statements for a database, plans."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from xcore_tools.database.backup.facts import DatabaseFacts, Grant, Setting
from xcore_tools.database.backup.pg.contents import Present, chosen, extensions_in
from xcore_tools.database.backup.pg.surroundings import differing, restoring

# As `pg_restore --list` of PostgreSQL 15 prints it.
LISTED = """\
;
; Archive created at 2024-02-29 01:02:03 UTC
;     dbname: shop
2; 3079 16386 EXTENSION - citext
3; 3079 16387 EXTENSION - citext_more
3500; 0 0 COMMENT - EXTENSION citext
7; 2615 16500 SCHEMA - tools owner
8; 2615 16501 SCHEMA - tools_more owner
215; 1259 16600 TABLE public citext owner
3400; 0 16601 TABLE DATA public spatial_ref_sys owner
3401; 0 16602 TABLE DATA public shapes owner
3501; 0 0 ACL public FUNCTION digest(text, text) postgres
3502; 0 0 ACL public FUNCTION digest_of_ours(text) owner
3503; 0 0 ACL pg_catalog FUNCTION pg_sleep(double precision) postgres
3504; 0 0 ACL - SCHEMA tools owner
3505; 0 0 ACL public COLUMN things.n owner
3300; 6100 16700 SUBSCRIPTION - far postgres
"""


def left_out(present: Present) -> list[str]:
    kept = set(chosen(LISTED.replace("citext\n3;", "citext \n3;"), present).splitlines())
    entries = [line for line in LISTED.splitlines() if line[0] != ";"]
    return [
        line.split(" ", 3)[3] for line in entries if line not in kept and f"{line} " not in kept
    ]


def test_extensions_of_an_archive() -> None:
    assert extensions_in(LISTED) == ("citext", "citext_more")


def test_everything_is_taken_where_nothing_is_there() -> None:
    assert left_out(Present()) == []
    assert not any(line.startswith(";") for line in chosen(LISTED, Present()).splitlines())


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        (Present(extensions=["citext"]), ["EXTENSION - citext"]),
        (Present(foreign_extensions=["citext"]), []),
        (Present(schemas=["tools"]), ["SCHEMA - tools owner"]),
        (Present(subscriptions=["far"]), ["SUBSCRIPTION - far postgres"]),
        (
            Present(configured=[("public", "spatial_ref_sys")]),
            ["TABLE DATA public spatial_ref_sys owner"],
        ),
        (
            Present(members=[("public", "digest"), ("pg_catalog", None)]),
            [
                "ACL public FUNCTION digest(text, text) postgres",
                "ACL pg_catalog FUNCTION pg_sleep(double precision) postgres",
            ],
        ),
        (Present(members=[("public", "things")]), ["ACL public COLUMN things.n owner"]),
    ],
)
def test_what_is_there_is_not_made_again(present: Present, expected: list[str]) -> None:
    assert left_out(present) == expected


# -- the database itself ------------------------------------------------------------------------------

PLAIN = DatabaseFacts(owner="app", grants=None, settings=(), comment=None, connection_limit=-1)


def statements(before: DatabaseFacts, now: DatabaseFacts, **options: Any) -> list[str]:
    roles = frozenset(("app", "admin", "reader"))
    return list(restoring("my db", before, now, **{"privileges": True, "roles": roles, **options}))


def changed(**values: Any) -> DatabaseFacts:
    return msgspec.structs.replace(PLAIN, **values)


def test_nothing_to_do() -> None:
    assert statements(PLAIN, PLAIN) == []
    assert not differing(PLAIN, PLAIN, privileges=True)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (changed(comment="it's"), PLAIN, ["COMMENT ON DATABASE \"my db\" IS 'it''s'"]),
        (PLAIN, changed(comment="x"), ['COMMENT ON DATABASE "my db" IS NULL']),
        (changed(connection_limit=5), PLAIN, ['ALTER DATABASE "my db" CONNECTION LIMIT 5']),
        (
            changed(settings=(Setting(None, "search_path", '"$user", public, "a, ""b"""'),)),
            PLAIN,
            [
                'ALTER DATABASE "my db" RESET ALL',
                "ALTER DATABASE \"my db\" SET \"search_path\" TO '$user', 'public', 'a, \"b\"'",
            ],
        ),
        (
            PLAIN,
            changed(settings=(Setting("reader", "app.tenant", "x"),)),
            ['ALTER ROLE "reader" IN DATABASE "my db" RESET ALL'],
        ),
        (
            changed(settings=(Setting("gone", "work_mem", "4MB"),)),
            PLAIN,
            [],
        ),
        (
            changed(settings=(Setting(None, "search_path", '""'),)),
            PLAIN,
            [
                'ALTER DATABASE "my db" RESET ALL',
                'ALTER DATABASE "my db" SET "search_path" TO \'\'',
            ],
        ),
        (changed(owner="admin"), PLAIN, ['ALTER DATABASE "my db" OWNER TO "admin"']),
        (changed(owner="gone"), PLAIN, []),
    ],
)
def test_what_makes_a_database_what_it_was(
    before: DatabaseFacts, now: DatabaseFacts, expected: list[str]
) -> None:
    assert statements(before, now) == expected
    assert differing(before, now, privileges=True)


def test_rights_to_a_database() -> None:
    before = changed(
        grants=(Grant("app", "CREATE"), Grant("gone", "CONNECT"), Grant("reader", "CONNECT", True))
    )
    assert statements(before, PLAIN, privileges=False) == []
    assert not differing(before, PLAIN, privileges=False)
    told = statements(before, PLAIN)
    assert set(told[:2]) == {
        'REVOKE ALL ON DATABASE "my db" FROM PUBLIC CASCADE',
        'REVOKE ALL ON DATABASE "my db" FROM "app" CASCADE',
    }
    assert told[2:] == [
        'GRANT CREATE ON DATABASE "my db" TO "app"',
        'GRANT CONNECT ON DATABASE "my db" TO "reader" WITH GRANT OPTION',
    ]
