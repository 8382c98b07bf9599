"""Dumps of MariaDB and MySQL: which statements are run, and which are refused."""

from __future__ import annotations

import pytest

from xcore_tools.database.backup.facts import DamagedError
from xcore_tools.database.backup.maria.lexer import tokens
from xcore_tools.database.backup.maria.objects import Collector, Objects, without_sequences
from xcore_tools.database.backup.maria.reader import Rows, statements
from xcore_tools.database.backup.maria.statements import Form, Statement, statement_of


def read(text: str) -> list[object]:
    return list(statements(text.encode().splitlines(keepends=True), "shop", "x.sql"))


def forms(text: str) -> list[Form]:
    return [item.form for item in read(text) if isinstance(item, Statement)]


# Each is a line of its own in a dump, where the client or the server would act on it.
TAMPERED = [
    r"\! touch pwned",
    r"\. other.sql",
    r"\T log",
    "system touch pwned",
    "source other.sql",
    "tee log",
    "pager sh",
    "USE other;",
    "/*!50000 USE other */;",
    "DROP TABLE other.t;",
    "DROP TABLE IF EXISTS `other`.`t`;",
    "DROP DATABASE other;",
    "DROP TABLE IF EXISTS `t`; DROP TABLE `other`.`t`;",
    "CREATE DATABASE other;",
    "CREATE TABLE `other`.`t` (id int);",
    "CREATE TABLE `t` AS SELECT * FROM mysql.user;",
    "CREATE TABLE `t` (id int) ENGINE=FEDERATED CONNECTION='mysql://h/d/t';",
    "CREATE TABLE `t` (id int) ENGINE=MERGE UNION=(`other`.`t`) INSERT_METHOD=LAST;",
    "CREATE TABLE `t` (id int) /*! ENGINE=CONNECT */ file_name='x';",
    "CREATE USER eve@'%' IDENTIFIED BY 'x';",
    "GRANT ALL ON *.* TO eve;",
    "SET GLOBAL general_log = 1;",
    "SET @@GLOBAL.general_log = 1;",
    "SET PASSWORD = 'x';",
    "SET SQL_MODE = (SELECT 'x' FROM other.t);",
    "SET @x = other.f();",
    "SET NAMES gbk;",
    "INSERT INTO `other`.`t` VALUES (1);",
    "INSERT INTO `t` VALUES (other.f());",
    "INSERT INTO `t` VALUES ((SELECT 1));",
    "INSERT INTO `t` VALUES (1); DROP TABLE `other`.`t`;",
    "INSERT INTO `t` VALUES (load_file('/etc/passwd'));",
    "INSERT INTO `t` SELECT * FROM other.t;",
    "INSERT INTO `t` VALUES ('a' 'b'), (sleep(9));",
    "INSERT INTO `t` VALUES\n(1),\n(other.f());",
    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t;",
    "SELECT * FROM t INTO OUTFILE '/tmp/x';",
    "DO sleep(9);",
    "DO SETVAL(`s`, other.f(), 0);",
    "CALL other.p();",
    "LOCK TABLES `t` WRITE, `other`.`t` WRITE;",
    "ALTER TABLE `t` ADD x int;",
    "DELIMITER $$",
    "DELIMITER ;;\nCREATE PROCEDURE `other`.`p`() DO 1 ;;\nDELIMITER ;",
    "DELIMITER ;;\nCREATE PROCEDURE p() BEGIN SELECT 1 AS x; delimiter ; DROP TABLE o.t; END ;;\nDELIMITER ;",
    "DELIMITER ;;\nCREATE TRIGGER tr AFTER INSERT ON other.t FOR EACH ROW DO 1 ;;\nDELIMITER ;",
    "CREATE VIEW `v` AS SELECT 1 AS `a` FROM mysql.user; DROP TABLE t;",
    "CREATE DEFINER=`a`@`b` VIEW `v` AS select 1 AS `a`; DROP TABLE `other`.`t`;",
    "CREATE FUNCTION f RETURNS INTEGER SONAME 'x.so';",
    "SET @x = 'never ends;",
    "/* never ends;",
    "anything else;",
]


@pytest.mark.parametrize("text", TAMPERED)
def test_what_no_dump_holds_is_refused(text: str) -> None:
    with pytest.raises(DamagedError, match=r"x\.sql: it holds what no dump of one database holds"):
        read(f"SET NAMES utf8mb4;\n{text}\n")


# As mariadb-dump 10.11 and mysqldump 8.4 write them.
WRITTEN = {
    "/*!40101 SET NAMES utf8mb4 */;": Form.SESSION,
    "/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;": Form.SESSION,
    "/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;": Form.SESSION,
    "/*M!101100 SET @old=@@session.system_versioning_insert_history,"
    " @@session.system_versioning_insert_history=1 */;": Form.SESSION,
    "SET character_set_client = @saved_cs_client;": Form.SESSION,
    "DROP TABLE IF EXISTS `t`;": Form.DROP,
    "/*!50001 DROP VIEW IF EXISTS `v`*/;": Form.DROP,
    "DROP PACKAGE BODY IF EXISTS `p`;": Form.DROP,
    "CREATE TABLE `t` (\n  `USE other; x` int COMMENT '; DROP TABLE other.t',\n"
    "  CONSTRAINT `c` FOREIGN KEY (`a`) REFERENCES `other`.`t` (`id`)\n);": Form.TABLE,
    "CREATE SEQUENCE `s` start with 1 minvalue 1 maxvalue 9 increment by 1 nocycle;": Form.TABLE,
    "DO SETVAL(`s`, -1001, 0);": Form.ROWS,
    "LOCK TABLES `t` WRITE;": Form.ROWS,
    "/*!40000 ALTER TABLE `t` DISABLE KEYS */;": Form.ROWS,
    "UNLOCK TABLES;": Form.ROWS,
    "/*!50001 CREATE VIEW `v` AS SELECT\n NULL AS `id` */;": Form.STAND_IN,
    "ALTER DATABASE `shop` CHARACTER SET latin1 COLLATE latin1_german1_ci ;": Form.DATABASE,
    "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`root`@`%` SQL SECURITY DEFINER */\n"
    "/*!50001 VIEW `v` AS select `shop`.`t`.`id` AS `id` from `t` */;": Form.CODE,
}


@pytest.mark.parametrize("text", WRITTEN)
def test_what_the_programs_write_is_understood(text: str) -> None:
    assert forms(text) == [WRITTEN[text]]


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO `t` VALUES\n(1,'x\\n;(',NULL),\n(-1.5e10,0x00FF,_binary 'a''b'),\n('\\'',b'1','');\n",
        "INSERT INTO `t` (`id`, `VALUES (`) VALUES (1,2),\n(3,4);\n",
        "INSERT INTO `t` (`id`, row_start, row_end) VALUES (1,'a','b');\n",
        "INSERT INTO `a``b` VALUES (1,_binary 0x00),(2,'),(');\n",
        "INSERT  IGNORE INTO `t` VALUES (1);\n",
        "INSERT INTO `t` VALUES ();\n",
    ],
)
def test_rows_pass_as_they_are(text: str) -> None:
    found = read(text)
    assert all(isinstance(item, Rows) for item in found)
    assert b"".join(item.line for item in found if isinstance(item, Rows)) == text.encode()


def objects(text: str) -> Objects:
    collector = Collector()
    for item in statements(text.encode().splitlines(keepends=True), "shop", "x.sql"):
        collector.take(item)
    return collector.objects()


def test_views_come_behind_those_that_they_read() -> None:
    found = objects(
        "CREATE DEFINER=`a`@`b` VIEW `a` AS select `z`.`id` AS `id` from (`m` `z` join `y`);\n"
        "CREATE DEFINER=`a`@`b` VIEW `m` AS select `y`.`m` AS `a` from `y`;\n"
        "CREATE DEFINER=`a`@`c` VIEW `y` AS select 1 AS `m`;\n"
    )
    assert [view.name for view in found.views] == ["y", "m", "a"]
    assert found.definers == {"a@b": ["view a", "view m"], "a@c": ["view y"]}


def test_names_of_the_database_follow_it() -> None:
    (view,) = objects(
        "CREATE DEFINER=`a`@`b` VIEW `v` AS select `shop`.`t`.`id` AS `shop.t`, 'shop.t', `shop`.`x`"
        " from `other`.`t` `shop`;\n"
    ).views
    deep = view.texts("shop", "n`w", definer=False)[-1].decode()
    assert (
        "select `n``w`.`t`.`id` AS `shop.t`, 'shop.t', `n``w`.`x` from `other`.`t` `shop`" in deep
    )
    assert "DEFINER" not in deep
    shallow = view.texts("shop", "new", definer=True, is_deep=False)[-1].decode()
    assert "DEFINER=`a`@`b`" in shallow
    assert "`new`.`t`.`id` AS `shop.t`, 'shop.t', `shop`.`x` from" in shallow
    assert view.texts("shop", "shop", definer=True)[-1] == view.statement.text


def test_defaults_that_need_a_sequence_come_later() -> None:
    statement = statement_of(
        b"CREATE TABLE `t` (`a` int DEFAULT 5, `b` decimal(5,2) NOT NULL DEFAULT (nextval(`shop`.`s`) + 1),"
        b" `c` int DEFAULT nextval(`shop`.`s`) COMMENT 'DEFAULT nextval(x)', KEY (`a`,`b`))",
        "shop",
        "x.sql",
    )
    text, defaults = without_sequences(statement)
    assert text == (
        b"CREATE TABLE `t` (`a` int DEFAULT 5, `b` decimal(5,2) NOT NULL ,"
        b" `c` int  COMMENT 'DEFAULT nextval(x)', KEY (`a`,`b`))"
    )
    assert sorted(default.statement("shop", "new") for default in defaults) == [
        b"ALTER TABLE `new`.`t` ALTER COLUMN `b` SET DEFAULT (nextval(`new`.`s`) + 1)",
        b"ALTER TABLE `new`.`t` ALTER COLUMN `c` SET DEFAULT nextval(`new`.`s`)",
    ]


def test_a_backslash_is_a_letter_where_the_mode_says_so() -> None:
    text = rb"RETURN 'a\' || 'b'"
    assert [token.text for token in tokens(text, escapes=False)][1] == rb"'a\'"
    assert [token.text for token in tokens(text)][1] == rb"'a\' || '"
