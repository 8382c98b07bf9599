"""Schemas with what is odd, in the words of each engine, for tests of inspection."""

from __future__ import annotations

from typing import NamedTuple


class Odd(NamedTuple):
    """Statements, and whether SQLAlchemy has words for all of it."""

    statements: tuple[str, ...]
    by_sqlalchemy: bool = True


LONG = "n" * 63

ODD: dict[str, dict[str, Odd]] = {
    "sqlite": {
        "quoted names": Odd(
            (
                'CREATE TABLE "select" ("from" INTEGER PRIMARY KEY, "we ird, (name" TEXT, '
                """[brackets] INT, `ticks` INT, "qu""ote" INT UNIQUE, 'text' INT, größe REAL)""",
                'CREATE INDEX "in dex" ON "select" ("we ird, (name" DESC, "qu""ote")',
                'CREATE TABLE "a""b" ("c""d" INT REFERENCES "select" ("from"))',
            )
        ),
        "long names": Odd(
            (f"CREATE TABLE {LONG} ({LONG}c INT, CONSTRAINT {LONG}k CHECK ({LONG}c > 0))",)
        ),
        "no primary key, no types": Odd(("CREATE TABLE t (a, b, c)",)),
        "autoincrement": Odd(
            ("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT NOT NULL)",)
        ),
        "composite key": Odd(
            (
                "CREATE TABLE p (b INT NOT NULL, a INT NOT NULL, PRIMARY KEY (a, b))",
                "CREATE TABLE c (x INT, y INT, CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES p (a, b) "
                "ON DELETE SET NULL ON UPDATE CASCADE)",
                "CREATE TABLE d (x INT, y INT, FOREIGN KEY (x, y) REFERENCES p)",
            )
        ),
        "self and forward references": Odd(
            (
                "CREATE TABLE node (id INTEGER PRIMARY KEY, parent INT REFERENCES node (id), "
                "other INT REFERENCES later (id) ON DELETE CASCADE)",
                "CREATE TABLE later (id INTEGER PRIMARY KEY, node INT REFERENCES node (id))",
            )
        ),
        "deferred": Odd(
            (
                "CREATE TABLE p (id INTEGER PRIMARY KEY)",
                "CREATE TABLE c (a INT REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED NOT NULL, "
                "b INT NOT NULL REFERENCES p (id) ON DELETE SET NULL NOT DEFERRABLE, "
                "FOREIGN KEY (b) REFERENCES p (id) ON DELETE NO ACTION DEFERRABLE)",
            ),
        ),
        "generated": Odd(
            (
                "CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a * (2 + 1)) STORED, "
                "c TEXT AS (a || ')') VIRTUAL, d INT AS (b) UNIQUE)",
            ),
            by_sqlalchemy=False,  # it writes no generated column without a type or kind
        ),
        "defaults": Odd(
            (
                "CREATE TABLE t (a INT DEFAULT 0, b TEXT DEFAULT 'it''s', c REAL DEFAULT -1.5e3, "
                "d TEXT DEFAULT (lower('X') || ')'), e TEXT DEFAULT CURRENT_TIMESTAMP, "
                "f INT DEFAULT (1 + 2), g BLOB DEFAULT x'00ff', h INT DEFAULT NULL, i DEFAULT TRUE)",
            )
        ),
        "checks": Odd(
            (
                "CREATE TABLE t (a INT CHECK (a > 0) CONSTRAINT named CHECK (a < 10), b TEXT, "
                "CONSTRAINT \"odd, name\" CHECK (b IN ('(', ')', ',')), CHECK (a <> 5 AND (b = 'x' OR b = 'y')))",
            )
        ),
        "comments in the statement": Odd(
            (
                "CREATE TABLE t ( -- the key, (really\n a INT /* CHECK (a), */ PRIMARY KEY,\n"
                " b INT DEFAULT 1 -- last, UNIQUE\n)",
            )
        ),
        "uniques": Odd(
            (
                "CREATE TABLE t (a INT CONSTRAINT one UNIQUE, b INT UNIQUE ON CONFLICT IGNORE, c INT, "
                "CONSTRAINT two UNIQUE (b, c), UNIQUE (C, a))",
            ),
        ),
        "indexes": Odd(
            (
                "CREATE TABLE t (a INT, b TEXT, c TEXT)",
                "CREATE INDEX i1 ON t (lower(b), a DESC)",
                "CREATE UNIQUE INDEX i2 ON t (b COLLATE NOCASE) WHERE a > 1 AND c = ') where'",
                "CREATE INDEX i3 ON t (a + length(b) DESC)",
            ),
            by_sqlalchemy=False,  # it has no words for the collation of a key
        ),
        "without rowid, strict": Odd(
            (
                "CREATE TABLE w (a TEXT PRIMARY KEY, b INT) WITHOUT ROWID",
                "CREATE TABLE s (a INTEGER PRIMARY KEY, b ANY) STRICT",
                "CREATE TABLE b (a TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
            )
        ),
        "collations": Odd(
            ("CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT COLLATE RTRIM NOT NULL)",)
        ),
        "odd types": Odd(
            (
                "CREATE TABLE t (a MONEY, b VARCHAR (20), c UNSIGNED BIG INT, d DECIMAL(10, 2), "
                'e "quoted type", f DATE(8))',
            ),
        ),
        "views": Odd(
            (
                "CREATE TABLE t (a INT, b INT)",
                "CREATE VIEW b_view AS SELECT a AS x FROM t WHERE b > 1",
                "CREATE VIEW a_view (p, q) AS SELECT x, x + 1 FROM b_view",
            ),
            by_sqlalchemy=False,
        ),
        "virtual": Odd(("CREATE VIRTUAL TABLE f USING fts5(title, body)",), by_sqlalchemy=False),
        "altered": Odd(
            (
                "CREATE TABLE t (a INT)",
                "ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'x' CHECK (b <> '')",
                "ALTER TABLE t ADD COLUMN c INT REFERENCES t (a)",
                "ALTER TABLE t RENAME COLUMN a TO renamed",
                "ALTER TABLE t RENAME TO moved",
            )
        ),
    },
    "postgresql": {
        "quoted names": Odd(
            (
                'CREATE TABLE "Select" ("From" int PRIMARY KEY, "we ird, (name" text, "qu""ote" int UNIQUE, '
                '"per%cent" int, "co:lon" int CHECK ("co:lon" > 0), größe real)',
                'CREATE INDEX "In dex" ON "Select" ("we ird, (name" DESC, "qu""ote" NULLS FIRST)',
                'CREATE TABLE "a""b" ("c""d" int REFERENCES "Select" ("From"))',
            )
        ),
        "long names": Odd(
            (f"CREATE TABLE {LONG} ({LONG} int CONSTRAINT {LONG[:-1]}k CHECK ({LONG} > 0))",)
        ),
        "no columns at all": Odd(("CREATE TABLE t ()",), by_sqlalchemy=False),
        "serials and identities": Odd(
            (
                "CREATE TABLE t (a serial PRIMARY KEY, b bigserial, c smallserial, "
                "d int GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5 MAXVALUE 100 CYCLE), "
                "e bigint GENERATED BY DEFAULT AS IDENTITY)",
                "CREATE SEQUENCE alone INCREMENT -1 START -5 CACHE 3 CYCLE",
            )
        ),
        "schemas": Odd(
            (
                'CREATE SCHEMA "Other"',
                "CREATE SCHEMA third",
                "CREATE TYPE third.mood AS ENUM ('sad', 'it''s', 'ok')",
                "CREATE TABLE p (id serial PRIMARY KEY, m third.mood DEFAULT 'ok')",
                'CREATE TABLE "Other".p (id serial PRIMARY KEY, up int REFERENCES p (id), '
                'self int REFERENCES "Other".p (id) ON DELETE CASCADE)',
                'CREATE TABLE third.t (a int REFERENCES "Other".p (id) ON UPDATE SET NULL, b third.mood[])',
                "CREATE INDEX i ON third.t (a)",
            ),
            by_sqlalchemy=False,  # its sequences of columns are made beside the tables
        ),
        "constraints": Odd(
            (
                "CREATE TABLE p (a int, b int, UNIQUE (a, b) DEFERRABLE INITIALLY DEFERRED, "
                "CONSTRAINT u UNIQUE (b) INCLUDE (a), UNIQUE NULLS NOT DISTINCT (a))",
                "CREATE TABLE c (x int, y int, FOREIGN KEY (x) REFERENCES p (b) MATCH FULL DEFERRABLE, "
                "CHECK (x > 0 AND y < 5 OR x IS NULL))",
                "ALTER TABLE c ADD CONSTRAINT late CHECK (y > 0) NOT VALID",
                "ALTER TABLE c ADD CONSTRAINT later FOREIGN KEY (y) REFERENCES p (b) NOT VALID",
                "ALTER TABLE c ADD CONSTRAINT own CHECK (x < 9) NO INHERIT",
            ),
            by_sqlalchemy=False,
        ),
        "exclusion": Odd(
            (
                "CREATE EXTENSION btree_gist",
                "CREATE TABLE t (room int, during tsrange, "
                "CONSTRAINT alone EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (room > 0))",
            ),
            by_sqlalchemy=False,
        ),
        "generated": Odd(
            (
                "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED, "
                "c text GENERATED ALWAYS AS (a::text) STORED)",
            ),
            by_sqlalchemy=False,
        ),
        "defaults": Odd(
            (
                "CREATE TABLE t (a int DEFAULT 0, b text DEFAULT 'it''s: %', c timestamptz DEFAULT now(), "
                "d jsonb DEFAULT '{}', e int[] DEFAULT '{1,2}', f numeric(10,2) DEFAULT 1.5, "
                "g bool DEFAULT true, h interval DEFAULT '1 day', i uuid DEFAULT gen_random_uuid())",
            )
        ),
        "types": Odd(
            (
                "CREATE EXTENSION citext",
                "CREATE EXTENSION cube",
                "CREATE EXTENSION hstore",
                "CREATE EXTENSION ltree",
                "CREATE DOMAIN positive AS int DEFAULT 1 NOT NULL CHECK (VALUE > 0) CHECK (VALUE < 100)",
                'CREATE DOMAIN word AS varchar(20) COLLATE "C"',
                "CREATE TABLE t (a citext, b cube, c hstore, d ltree[], e positive, f word, "
                "h varchar(20)[], i timestamp(3) with time zone, j numeric, k bit varying(5), l inet, "
                'm tsvector, n int4range, o point, p "char", q money, r xml, s interval day to second(2))',
            ),
            by_sqlalchemy=False,  # it has no words for extensions
        ),
        "indexes": Odd(
            (
                "CREATE TABLE t (a int, b text, c text, d jsonb, e int[])",
                "CREATE INDEX i1 ON t (lower(b) DESC NULLS LAST, a)",
                'CREATE UNIQUE INDEX i2 ON t (b COLLATE "C" text_pattern_ops) INCLUDE (a, c) WHERE a > 1',
                "CREATE INDEX i3 ON t USING gin (d jsonb_path_ops) WITH (fastupdate=off)",
                "CREATE INDEX i4 ON t USING hash (a)",
                "CREATE INDEX i5 ON t USING gin (e)",
                "CREATE UNIQUE INDEX i6 ON t (a) NULLS NOT DISTINCT",
                "COMMENT ON INDEX i1 IS 'an index'",
            ),
            by_sqlalchemy=False,
        ),
        "partitions": Odd(
            (
                "CREATE TABLE p (id int, k text, at date, UNIQUE (id, at, k)) PARTITION BY RANGE (at)",
                "CREATE INDEX pk ON p (k)",
                "CREATE TABLE p_old PARTITION OF p FOR VALUES FROM (MINVALUE) TO ('2020-01-01')",
                "CREATE TABLE p_new PARTITION OF p DEFAULT PARTITION BY LIST (k)",
                "CREATE TABLE p_new_a PARTITION OF p_new FOR VALUES IN ('a', 'b')",
                "CREATE INDEX only_old ON p_old (id)",
                "CREATE TABLE r (id int, at date, k text, FOREIGN KEY (id, at, k) REFERENCES p (id, at, k))",
            ),
            by_sqlalchemy=False,
        ),
        "inheritance": Odd(
            (
                "CREATE TABLE base (id int PRIMARY KEY, name text NOT NULL, CHECK (id > 0))",
                "CREATE TABLE other (x int)",
                "CREATE TABLE child (more int) INHERITS (base, other)",
            ),
            by_sqlalchemy=False,
        ),
        "views": Odd(
            (
                "CREATE TABLE t (a int, b int)",
                "CREATE VIEW z AS SELECT a AS x FROM t WHERE b > 1",
                "CREATE MATERIALIZED VIEW m AS SELECT x, x + 1 AS y FROM z",
                "CREATE UNIQUE INDEX mi ON m (x)",
                "CREATE VIEW a AS SELECT y FROM m",
                "COMMENT ON VIEW z IS 'it''s'",
                "COMMENT ON MATERIALIZED VIEW m IS 'm'",
            ),
            by_sqlalchemy=False,
        ),
        "comments": Odd(
            (
                "CREATE TABLE t (a int PRIMARY KEY, b int UNIQUE, CONSTRAINT c CHECK (b > 0))",
                "COMMENT ON TABLE t IS 'it''s % and : and \\'",
                "COMMENT ON COLUMN t.a IS 'two\nlines'",
                "COMMENT ON CONSTRAINT c ON t IS 'why'",
            ),
            by_sqlalchemy=False,
        ),
        "storage": Odd(
            ("CREATE UNLOGGED TABLE t (a int) WITH (fillfactor=70)",), by_sqlalchemy=False
        ),
    },
    "mysql": {
        "quoted names": Odd(
            (
                "CREATE TABLE `select` (`from` int PRIMARY KEY, `we ird, (name` varchar(9), `qu``ote` int UNIQUE, "
                "`per%cent` int, `co:lon` int)",
                "CREATE INDEX `in dex` ON `select` (`we ird, (name`, `qu``ote`)",
            ),
        ),
        "long names": Odd(
            (f"CREATE TABLE {LONG} ({LONG} int, CONSTRAINT {LONG} CHECK ({LONG} > 0))",)
        ),
        "keys": Odd(
            (
                "CREATE TABLE t (id int AUTO_INCREMENT, a varchar(99), b int, c text, "
                "KEY k (id), UNIQUE KEY u (a, b), UNIQUE KEY p (a(5)), KEY d (b DESC, a(3)), "
                "FULLTEXT KEY f (c), KEY n (a) COMMENT 'it''s')",
            ),
            by_sqlalchemy=False,
        ),
        "foreign keys": Odd(
            (
                "CREATE TABLE p (id int, b int, PRIMARY KEY (id, b))",
                "CREATE TABLE c (x int, y int, self int UNIQUE, FOREIGN KEY (x, y) REFERENCES p (id, b) "
                "ON DELETE SET NULL ON UPDATE CASCADE, CONSTRAINT me FOREIGN KEY (self) REFERENCES c (self))",
            )
        ),
        "defaults": Odd(
            (
                "CREATE TABLE t (a int DEFAULT 0, b varchar(20) DEFAULT 'it''s: % \\\\', c datetime(3) DEFAULT now(3), "
                "d timestamp DEFAULT current_timestamp ON UPDATE current_timestamp, e decimal(10,2) DEFAULT 1.5, "
                "f varchar(30) DEFAULT (concat('a', lower('B'))), g bool DEFAULT true, h char(4) DEFAULT 'NULL', "
                "i timestamp NULL, j timestamp NOT NULL DEFAULT '2020-01-01 00:00:00')",
            )
        ),
        "types": Odd(
            (
                "CREATE TABLE t (a int unsigned, b bigint(5) unsigned zerofill, c enum('a', 'it''s', 'b,c'), "
                "d set('x', 'y'), e json, f mediumtext, g varbinary(9), h bit(3), i year, j double, "
                "k uuid, l inet6, m point, n char(3) CHARACTER SET latin1, o varchar(9) COLLATE utf8mb4_bin)",
            )
        ),
        "generated and checks": Odd(
            (
                "CREATE TABLE t (a int CHECK (a > 0), b int AS (a * (2 + 1)) STORED, c int AS (a) VIRTUAL, "
                "CONSTRAINT named CHECK (a < 10 OR a IN (20, 30)), CHECK (a <> 5))",
            ),
        ),
        "comments and options": Odd(
            (
                "CREATE TABLE t (a int COMMENT 'it''s \\\\ % :') COMMENT='why' ENGINE=MyISAM "
                "DEFAULT CHARSET=latin1 ROW_FORMAT=DYNAMIC",
            ),
            by_sqlalchemy=False,
        ),
        "partitions": Odd(
            (
                "CREATE TABLE t (a int, b int) PARTITION BY RANGE COLUMNS (a, b) "
                "(PARTITION p0 VALUES LESS THAN (5, 10), PARTITION p1 VALUES LESS THAN (MAXVALUE, MAXVALUE))",
                "CREATE TABLE h (a int) PARTITION BY HASH (a) PARTITIONS 3",
            ),
            by_sqlalchemy=False,
        ),
        "views and sequences": Odd(
            (
                "CREATE TABLE t (a int, b int)",
                "CREATE VIEW z AS SELECT a AS x FROM t WHERE b > 1",
                "CREATE VIEW a AS SELECT x + 1 AS y FROM z",
                "CREATE SEQUENCE s START WITH 5 INCREMENT BY 2 MAXVALUE 99 CYCLE CACHE 10",
            ),
            by_sqlalchemy=False,
        ),
    },
}
