"""One of each kind of thing that a MariaDB database can hold, with a second one that comes later.

`@x` is `a` in what a backup is taken of, and `b` in what was made after it. `@db` is the database and
`@user` an account of its own. `spoil` changes what `a` has made. Written after the reference of SQL
statements: https://mariadb.com/kb/en/sql-statements/.
"""

from __future__ import annotations

from typing import NamedTuple


class Exhibit(NamedTuple):
    """Statements; each is sent by itself."""

    make: tuple[str, ...]
    spoil: tuple[str, ...] = ()


def _exhibit(*make: str, spoil: str = "") -> Exhibit:
    """` // ` separates the statements of `spoil`."""
    return Exhibit(make, tuple(filter(None, spoil.split(" // "))))


EXHIBITS: dict[str, Exhibit] = {
    # -- tables and columns
    "table": _exhibit(
        "CREATE TABLE plain_@x (id INT PRIMARY KEY, note VARCHAR(40) NOT NULL DEFAULT 'none')"
        " DEFAULT CHARSET utf8mb4",
        "INSERT INTO plain_@x VALUES (1, 'tab\\there'), (2, 'ü😀''\\\\'), (3, '\\n(\\r),(')",
        spoil="DELETE FROM plain_a WHERE id = 1",
    ),
    "empty table": _exhibit(
        "CREATE TABLE empty_@x (id INT)", spoil="INSERT INTO empty_a VALUES (1)"
    ),
    "numbers": _exhibit(
        "CREATE TABLE numbers_@x (a TINYINT UNSIGNED, b BIGINT UNSIGNED, c DECIMAL(38, 10), d DOUBLE,"
        " e FLOAT, f BIT(9), g INT ZEROFILL, h BOOLEAN)",
        "INSERT INTO numbers_@x VALUES (255, 18446744073709551615, -1234567890123456789.0000000001,"
        " 1.5e300, -0.1, b'101', 7, TRUE), (NULL, 0, 0, -0.0, 1e-30, 0, 0, FALSE)",
        spoil="UPDATE numbers_a SET b = 1",
    ),
    "times": _exhibit(
        "CREATE TABLE times_@x (a DATE, b TIME(6), c DATETIME(6), d TIMESTAMP(3) NULL, e YEAR)",
        "INSERT INTO times_@x VALUES ('9999-12-31', '-838:59:59', '2024-02-29 23:59:59.999999',"
        " '2024-07-01 12:00:00.123', 1901), (NULL, NULL, NULL, NULL, NULL)",
        spoil="DELETE FROM times_a",
    ),
    "texts and bytes": _exhibit(
        "CREATE TABLE bytes_@x (a LONGTEXT, b LONGBLOB, c VARBINARY(20), d CHAR(3), e BINARY(2))",
        "INSERT INTO bytes_@x VALUES (repeat('x\\ny', 4000), unhex(repeat('00ff5c270a', 100)),"
        " x'00', 'a', x'0a0d'), ('', '', '', '', '')",
        spoil="UPDATE bytes_a SET b = NULL",
    ),
    "enum and set": _exhibit(
        "CREATE TABLE chosen_@x (a ENUM ('one', 'it''s', ''), b SET ('x', 'y'))",
        "INSERT INTO chosen_@x VALUES ('it''s', 'x,y'), (NULL, '')",
        spoil="ALTER TABLE chosen_a MODIFY a ENUM ('one', 'it''s', '', 'more')",
    ),
    "json": _exhibit(
        "CREATE TABLE documents_@x (a JSON)",
        """INSERT INTO documents_@x VALUES ('{"a": [1, null, "\\\\u00fc"]}')""",
        spoil="DELETE FROM documents_a",
    ),
    "inet and uuid": _exhibit(
        "CREATE TABLE addresses_@x (a INET6, b UUID, c INET4)",
        "INSERT INTO addresses_@x VALUES ('::1', '00000000-0000-0000-0000-000000000001', '10.0.0.1')",
        spoil="DELETE FROM addresses_a",
    ),
    "geometry": _exhibit(
        "CREATE TABLE places_@x (a POINT NOT NULL, b GEOMETRY, SPATIAL INDEX (a))",
        "INSERT INTO places_@x VALUES (POINT(1, 2), ST_GeomFromText('POLYGON((0 0, 1 0, 1 1, 0 0))'))",
        spoil="DELETE FROM places_a",
    ),
    "auto increment": _exhibit(
        "CREATE TABLE counted_@x (id BIGINT AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 77",
        "INSERT INTO counted_@x VALUES (NULL), (NULL)",
        spoil="INSERT INTO counted_a VALUES (NULL)",
    ),
    "value zero": _exhibit(
        "CREATE TABLE zeros_@x (id INT AUTO_INCREMENT PRIMARY KEY)",
        "INSERT INTO zeros_@x VALUES (5)",
        "UPDATE zeros_@x SET id = 0",
        spoil="DELETE FROM zeros_a",
    ),
    "virtual column": _exhibit(
        "CREATE TABLE virtual_@x (a INT, b INT AS (a * 2) STORED, c INT AS (a + 1) VIRTUAL, INDEX (c))",
        "INSERT INTO virtual_@x (a) VALUES (1), (NULL)",
        spoil="INSERT INTO virtual_a (a) VALUES (3)",
    ),
    "invisible column": _exhibit(
        "CREATE TABLE hidden_@x (id INT PRIMARY KEY, plan INT INVISIBLE DEFAULT 1)",
        "INSERT INTO hidden_@x (id) VALUES (1), (2), (3)",
        spoil="DELETE FROM hidden_a WHERE id = 1",
    ),
    "default expression": _exhibit(
        "CREATE TABLE defaults_@x (a INT DEFAULT (1 + 1), b VARCHAR(40) DEFAULT (concat('x', 'y')),"
        " c TIMESTAMP DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP)",
        "INSERT INTO defaults_@x (a) VALUES (5)",
        spoil="ALTER TABLE defaults_a ALTER a SET DEFAULT 9",
    ),
    "comments": _exhibit(
        "CREATE TABLE told_@x (a INT COMMENT 'it''s; `a`') COMMENT = 'a \\\\ \"table\"; -- no'",
        spoil="ALTER TABLE told_a COMMENT = ''",
    ),
    "column in another charset": _exhibit(
        "CREATE TABLE letters_@x (a VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_german2_ci,"
        " b VARCHAR(9) CHARACTER SET utf16, c VARCHAR(9) COLLATE utf8mb4_bin) DEFAULT CHARSET cp1251",
        "INSERT INTO letters_@x VALUES ('ü', 'ж', '😀')",
        spoil="DELETE FROM letters_a",
    ),
    "compressed column": _exhibit(
        "CREATE TABLE packed_@x (a TEXT COMPRESSED)",
        "INSERT INTO packed_@x VALUES (repeat('y', 1000))",
        spoil="DELETE FROM packed_a",
    ),
    "odd names": _exhibit(
        "CREATE TABLE `o``dd 't;-- %s @x` (`co l` INT, `select` INT, `VALUES (` INT INVISIBLE DEFAULT 2)",
        "INSERT INTO `o``dd 't;-- %s @x` VALUES (1, 2), (3, 4)",
        "CREATE VIEW `$$ @x` AS SELECT `co l` FROM `o``dd 't;-- %s @x`",
        spoil="DROP VIEW `$$ a`",
    ),
    # -- keys and checks
    "indexes": _exhibit(
        "CREATE TABLE indexed_@x (a INT, b VARCHAR(99), c TEXT, UNIQUE one (a, b DESC), INDEX two (b(7)),"
        " FULLTEXT three (c), INDEX four (a) COMMENT 'slow' IGNORED)",
        "INSERT INTO indexed_@x VALUES (1, 'x', 'some words')",
        spoil="DROP INDEX two ON indexed_a",
    ),
    "foreign keys": _exhibit(
        "CREATE TABLE parent_@x (id INT PRIMARY KEY)",
        "CREATE TABLE child_@x (id INT PRIMARY KEY, parent INT, self INT, CONSTRAINT fk_@x FOREIGN KEY"
        " (parent) REFERENCES parent_@x (id) ON DELETE SET NULL ON UPDATE CASCADE, FOREIGN KEY (self)"
        " REFERENCES child_@x (id))",
        "INSERT INTO parent_@x VALUES (1)",
        "INSERT INTO child_@x VALUES (1, 1, 1), (2, NULL, 1)",
        spoil="ALTER TABLE child_a DROP FOREIGN KEY fk_a",
    ),
    "tables that refer to each other": _exhibit(
        "CREATE TABLE egg_@x (id INT PRIMARY KEY, hen INT)",
        "CREATE TABLE hen_@x (id INT PRIMARY KEY, egg INT, FOREIGN KEY (egg) REFERENCES egg_@x (id))",
        "INSERT INTO egg_@x VALUES (1, 1)",
        "INSERT INTO hen_@x VALUES (1, 1)",
        "ALTER TABLE egg_@x ADD FOREIGN KEY (hen) REFERENCES hen_@x (id)",
        spoil="UPDATE egg_a SET hen = NULL",
    ),
    "checks": _exhibit(
        "CREATE TABLE checked_@x (a INT CHECK (a > 0), b VARCHAR(9), CONSTRAINT words CHECK (b <> ';'))",
        "INSERT INTO checked_@x VALUES (1, 'x')",
        spoil="ALTER TABLE checked_a DROP CONSTRAINT words",
    ),
    # -- storage
    "partitions by range": _exhibit(
        "CREATE TABLE ranged_@x (id INT, y INT) PARTITION BY RANGE (y) (PARTITION old VALUES LESS THAN"
        " (2000) COMMENT = 'x', PARTITION new VALUES LESS THAN MAXVALUE)",
        "INSERT INTO ranged_@x VALUES (1, 1999), (2, 2024)",
        spoil="ALTER TABLE ranged_a TRUNCATE PARTITION old",
    ),
    "partitions by list": _exhibit(
        "CREATE TABLE listed_@x (id INT, r INT) PARTITION BY LIST (r) (PARTITION p VALUES IN (1, 2),"
        " PARTITION q DEFAULT)",
        "INSERT INTO listed_@x VALUES (1, 1), (2, 9)",
        spoil="DELETE FROM listed_a",
    ),
    "partitions in partitions": _exhibit(
        "CREATE TABLE nested_@x (id INT, d DATE) PARTITION BY RANGE (year(d)) SUBPARTITION BY HASH (id)"
        " SUBPARTITIONS 2 (PARTITION p VALUES LESS THAN MAXVALUE)",
        "INSERT INTO nested_@x VALUES (1, '2024-01-01')",
        spoil="DELETE FROM nested_a",
    ),
    "other engines": _exhibit(
        "CREATE TABLE isam_@x (id INT PRIMARY KEY, t TEXT, FULLTEXT (t)) ENGINE = MyISAM",
        "INSERT INTO isam_@x VALUES (1, 'x'), (2, 'y')",
        "CREATE TABLE aria_@x (id INT) ENGINE = Aria TRANSACTIONAL = 1 PAGE_CHECKSUM = 1",
        "INSERT INTO aria_@x VALUES (1)",
        spoil="DELETE FROM isam_a WHERE id = 1",
    ),
    "row formats": _exhibit(
        "CREATE TABLE formatted_@x (id INT) ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 8",
        "CREATE TABLE formatted2_@x (id INT) ROW_FORMAT = COMPACT STATS_PERSISTENT = 1",
        spoil="ALTER TABLE formatted_a ROW_FORMAT = DYNAMIC KEY_BLOCK_SIZE = 0",
    ),
    "system versioning": _exhibit(
        "CREATE TABLE kept_@x (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING",
        "INSERT INTO kept_@x VALUES (1, 1), (2, 1)",
        "UPDATE kept_@x SET v = 2 WHERE id = 1",
        "DELETE FROM kept_@x WHERE id = 2",
        spoil="UPDATE kept_a SET v = 3",
    ),
    "application periods": _exhibit(
        "CREATE TABLE booked_@x (room INT, b DATE, e DATE, PERIOD FOR stay (b, e),"
        " UNIQUE (room, stay WITHOUT OVERLAPS))",
        "INSERT INTO booked_@x VALUES (1, '2024-01-01', '2024-01-05')",
        spoil="DELETE FROM booked_a",
    ),
    # -- sequences
    "sequence": _exhibit(
        "CREATE SEQUENCE steps_@x START WITH 41 INCREMENT BY 7 MAXVALUE 5000 CYCLE NOCACHE",
        "DO nextval(steps_@x), nextval(steps_@x)",
        spoil="DO nextval(steps_a)",
    ),
    "default of a later sequence": _exhibit(
        "CREATE SEQUENCE z_numbers_@x",
        "CREATE TABLE a_numbered_@x (id BIGINT NOT NULL DEFAULT nextval(z_numbers_@x), n INT,"
        " m BIGINT DEFAULT (nextval(z_numbers_@x) * 2))",
        "INSERT INTO a_numbered_@x (n) VALUES (1), (2)",
        spoil="ALTER TABLE a_numbered_a ALTER id DROP DEFAULT",
    ),
    # -- views
    "view": _exhibit(
        "CREATE VIEW seen_@x AS SELECT 1 AS one, 'it''s; `x`' AS two", spoil="DROP VIEW seen_a"
    ),
    "view of a later view": _exhibit(
        "CREATE TABLE jobs_@x (id INT, state VARCHAR(9))",
        "CREATE VIEW z_jobs_@x AS SELECT * FROM jobs_@x WHERE state = 'new'",
        "CREATE VIEW m_jobs_@x AS SELECT id FROM z_jobs_@x",
        "CREATE VIEW a_jobs_@x AS SELECT m.id FROM m_jobs_@x m JOIN z_jobs_@x z USING (id)",
        spoil="DROP VIEW a_jobs_a",
    ),
    "view with check option": _exhibit(
        "CREATE TABLE stock_@x (id INT, amount INT)",
        "CREATE VIEW z_stock_@x AS SELECT * FROM stock_@x WHERE amount > 0",
        "CREATE VIEW a_stock_@x AS SELECT * FROM z_stock_@x WHERE amount < 9 WITH LOCAL CHECK OPTION",
        spoil="DROP VIEW a_stock_a",
    ),
    "view of a definer that is gone": _exhibit(
        "CREATE TABLE members_@x (id INT, name VARCHAR(9))",
        "CREATE DEFINER = 'left_the_firm'@'%' VIEW names_@x AS SELECT id, name FROM members_@x",
        spoil="DROP VIEW names_a",
    ),
    "view of another definer": _exhibit(
        "CREATE TABLE own_@x (id INT)",
        "CREATE DEFINER = @user SQL SECURITY INVOKER VIEW owned_@x AS SELECT id FROM own_@x",
        spoil="ALTER SQL SECURITY DEFINER VIEW owned_a AS SELECT id FROM own_a",
    ),
    "view with the name of the database": _exhibit(
        "CREATE TABLE named_@x (id INT)",
        "CREATE VIEW naming_@x AS SELECT `@db`.named_@x.id FROM `@db`.named_@x",
        spoil="DROP VIEW naming_a",
    ),
    "view with an alias like the database": _exhibit(
        "CREATE TABLE aliased_@x (id INT)",
        "CREATE VIEW alias_@x AS SELECT `@db`.id FROM aliased_@x AS `@db`",
        spoil="DROP VIEW alias_a",
    ),
    "view with a common table expression": _exhibit(
        "CREATE VIEW counting_@x AS WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n"
        " WHERE i < 5) SELECT i, row_number() OVER (ORDER BY i) AS r FROM n",
        spoil="DROP VIEW counting_a",
    ),
    "view of a function": _exhibit(
        "CREATE FUNCTION z_answer_@x() RETURNS INT DETERMINISTIC RETURN 42",
        "CREATE ALGORITHM = TEMPTABLE VIEW answering_@x AS SELECT z_answer_@x() AS a",
        spoil="ALTER FUNCTION z_answer_a COMMENT 'changed'",
    ),
    # -- code
    "procedure": _exhibit(
        "CREATE PROCEDURE doing_@x (IN a INT, OUT b VARCHAR(9), INOUT c DECIMAL(5, 2)) MODIFIES SQL DATA"
        " COMMENT 'it''s' SQL SECURITY INVOKER outer_block: BEGIN DECLARE CONTINUE HANDLER FOR NOT FOUND"
        " SET b = ';;'; IF a > 1 THEN SET c = 2; ELSE SET c = 3; END IF; /* DELIMITER */ LEAVE outer_block;"
        " END",
        spoil="DROP PROCEDURE doing_a",
    ),
    "function": _exhibit(
        "CREATE FUNCTION doubled_@x (a INT) RETURNS INT DETERMINISTIC RETURN a * 2",
        spoil="ALTER FUNCTION doubled_a COMMENT 'changed'",
    ),
    "aggregate function": _exhibit(
        "CREATE AGGREGATE FUNCTION total_@x (x INT) RETURNS INT BEGIN DECLARE s INT DEFAULT 0; DECLARE"
        " CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP; END",
        spoil="DROP FUNCTION total_a",
    ),
    "package": _exhibit(
        "SET SESSION sql_mode = 'ORACLE'",
        "CREATE PACKAGE tools_@x AS FUNCTION f RETURN INT; PROCEDURE p; END",
        "CREATE PACKAGE BODY tools_@x AS FUNCTION f RETURN INT AS BEGIN RETURN 1; END; PROCEDURE p AS"
        " BEGIN SELECT f(); END; END",
        "SET SESSION sql_mode = DEFAULT",
        spoil="SET SESSION sql_mode = 'ORACLE' // DROP PACKAGE tools_a",
    ),
    "routine in another sql mode": _exhibit(
        "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'",
        "CREATE FUNCTION moded_@x () RETURNS VARCHAR(9) DETERMINISTIC RETURN 'a\\' || 'b'",
        "SET SESSION sql_mode = DEFAULT",
        spoil="DROP FUNCTION moded_a",
    ),
    "routine that uses another one": _exhibit(
        "CREATE PROCEDURE a_calls_@x () CALL `@db`.z_called_@x ()",
        "CREATE PROCEDURE z_called_@x () SELECT 'END; -- no end'",
        spoil="DROP PROCEDURE z_called_a",
    ),
    "triggers": _exhibit(
        "CREATE TABLE fired_@x (id INT, note VARCHAR(40))",
        "CREATE TRIGGER first_@x BEFORE INSERT ON fired_@x FOR EACH ROW SET NEW.note = 'a;b'",
        "CREATE TRIGGER second_@x BEFORE INSERT ON fired_@x FOR EACH ROW FOLLOWS first_@x BEGIN SET"
        " NEW.note = concat(NEW.note, '(\\n('); END",
        "CREATE TRIGGER zero_@x BEFORE INSERT ON fired_@x FOR EACH ROW PRECEDES first_@x SET NEW.id = 7",
        "CREATE TRIGGER after_@x AFTER DELETE ON fired_@x FOR EACH ROW BEGIN END",
        "INSERT INTO fired_@x VALUES (1, '')",
        spoil="DROP TRIGGER second_a",
    ),
    "trigger with the name of the database": _exhibit(
        "CREATE TABLE watched_@x (id INT)",
        "CREATE TRIGGER `@db`.watching_@x AFTER INSERT ON `@db`.watched_@x FOR EACH ROW"
        " SET @seen = (SELECT count(*) FROM `@db`.watched_@x)",
        spoil="DROP TRIGGER watching_a",
    ),
    "event": _exhibit(
        "CREATE EVENT yearly_@x ON SCHEDULE EVERY 1 YEAR STARTS '2030-01-01 00:00:00' ENDS"
        " '2036-01-01 00:00:00' ON COMPLETION PRESERVE COMMENT 'it''s' DO BEGIN DO 1; DO 2; END",
        spoil="ALTER EVENT yearly_a DISABLE",
    ),
    "disabled event": _exhibit(
        "CREATE EVENT never_@x ON SCHEDULE AT '2031-01-01 00:00:00' DISABLE DO DO 1",
        spoil="DROP EVENT never_a",
    ),
    # -- rights
    "rights on tables and columns": _exhibit(
        "CREATE TABLE granted_@x (a INT, b INT)",
        "GRANT SELECT, INSERT ON `@db`.granted_@x TO @user",
        "GRANT UPDATE (b) ON `@db`.granted_@x TO @user WITH GRANT OPTION",
        spoil="INSERT INTO granted_a VALUES (1, 1)",
    ),
    "rights on routines": _exhibit(
        "CREATE PROCEDURE callable_@x () DO 1",
        "CREATE FUNCTION usable_@x () RETURNS INT RETURN 1",
        "GRANT EXECUTE ON PROCEDURE `@db`.callable_@x TO @user WITH GRANT OPTION",
        "GRANT EXECUTE, ALTER ROUTINE ON FUNCTION `@db`.usable_@x TO @user",
        spoil="ALTER PROCEDURE callable_a COMMENT 'changed'",
    ),
    # -- the database itself
    "character set of the database": _exhibit(
        "ALTER DATABASE `@db` CHARACTER SET latin1 COLLATE latin1_german1_ci",
        "CREATE PROCEDURE collated_@x (a VARCHAR(9)) SELECT a",
        spoil="ALTER DATABASE `@db` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
    ),
    "comment of the database": _exhibit(
        "ALTER DATABASE `@db` COMMENT = 'it''s \\\\ here'",
        spoil="ALTER DATABASE `@db` COMMENT = ''",
    ),
}


def script(name: str, database: str, user: str, *, later: bool = False) -> list[str]:
    """The statements that make one, in the database that is connected."""
    return [_filled(text, database, user, "b" if later else "a") for text in EXHIBITS[name].make]


def spoiling(name: str, database: str, user: str) -> list[str]:
    """The statements that change it."""
    return [_filled(text, database, user, "a") for text in EXHIBITS[name].spoil]


def _filled(text: str, database: str, user: str, letter: str) -> str:
    return text.replace("@db", database).replace("@user", user).replace("@x", letter)
