"""Statements that take everything out of a database that its users have put there.

What belongs to the server or to an extension that stays is brought back to how that made it: the
statements of pg_dump begin from there.
"""

from __future__ import annotations

from collections.abc import Iterable

from xcore_tools.database.backup.pg.catalogs import FIRST_OF_USERS, OWN

# The first grants of the schema `public`, which initdb makes and no dump does
_PUBLIC_SINCE_15 = "GRANT USAGE ON SCHEMA public TO PUBLIC"
_PUBLIC_BEFORE = "GRANT ALL ON SCHEMA public TO PUBLIC"

# Rights that new objects get. Those of a schema begin with none, those of the database with what is
# built in: https://www.postgresql.org/docs/15/ddl-priv.html#PRIVILEGES-SUMMARY-TABLE
_DEFAULT_RIGHTS = """
DO $xcore$
DECLARE
    entry record;
    role_name text;
    head text;
BEGIN
    FOR entry IN
        SELECT d.*, n.nspname, quote_ident(pg_get_userbyid(d.defaclrole)) AS giver,
            CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
                WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END AS kind
        FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
    LOOP
        head := 'ALTER DEFAULT PRIVILEGES FOR ROLE ' || entry.giver;
        IF entry.nspname IS NOT NULL THEN
            head := head || format(' IN SCHEMA %I', entry.nspname);
        END IF;
        FOR role_name IN
            SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END
            FROM aclexplode(entry.defaclacl)
        LOOP
            EXECUTE head || ' REVOKE ALL ON ' || entry.kind || ' FROM ' || role_name;
        END LOOP;
        IF entry.nspname IS NULL THEN
            EXECUTE head || ' GRANT ALL ON ' || entry.kind || ' TO ' || entry.giver;
            IF entry.kind = 'FUNCTIONS' THEN
                EXECUTE head || ' GRANT EXECUTE ON FUNCTIONS TO PUBLIC';
            ELSIF entry.kind = 'TYPES' THEN
                EXECUTE head || ' GRANT USAGE ON TYPES TO PUBLIC';
            END IF;
        END IF;
    END LOOP;
END
$xcore$;
"""

# Dropping one thing may drop others of the list: hence IF EXISTS.
_DROPS = f"""
DO $xcore$
DECLARE
    command text;
BEGIN
    FOR command IN
        WITH {OWN}
        SELECT CASE i.type
            WHEN 'large object' THEN format('SELECT pg_catalog.lo_unlink(%s)', own.objid)
            WHEN 'transform' THEN
                'DROP TRANSFORM IF EXISTS ' || replace(i.identity, ' on language ', ' LANGUAGE ') || ' CASCADE'
            ELSE format('DROP %s IF EXISTS %s CASCADE',
                CASE i.type WHEN 'statistics object' THEN 'STATISTICS'
                    WHEN 'foreign-data wrapper' THEN 'FOREIGN DATA WRAPPER' ELSE i.type END, i.identity)
            END
        FROM own, pg_identify_object(own.classid, own.objid, 0) i
        WHERE own.classid <> 'pg_namespace'::regclass
           OR own.objid <> to_regnamespace('public')::oid
              AND own.objid NOT IN (SELECT extnamespace FROM pg_extension)
        ORDER BY own.place, own.objid DESC
    LOOP
        EXECUTE command;
    END LOOP;
END
$xcore$;
"""

_CATALOG = "'pg_catalog'::regnamespace::oid"

# What stays, with the rights that the server or an extension gave: `target`.
_KEPT = f"""
    SELECT * FROM (
        SELECT o.*, coalesce(i.initprivs, o.standard) AS target, coalesce(o.acl, o.standard) AS present
        FROM (
            SELECT 'pg_proc'::regclass::oid AS classid, p.oid AS objid, 0 AS objsubid, p.proowner AS owner,
                'ROUTINE ' || p.oid::regprocedure AS name, '' AS columns,
                p.proacl AS acl, acldefault('f', p.proowner) AS standard, p.pronamespace AS schema
            FROM pg_proc p WHERE p.proacl IS NOT NULL
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid, 0, c.relowner,
                CASE c.relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || c.oid::regclass, '',
                c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner),
                c.relnamespace
            FROM pg_class c WHERE c.relacl IS NOT NULL
            UNION ALL
            SELECT 'pg_class'::regclass, c.oid, a.attnum, c.relowner,
                'TABLE ' || c.oid::regclass, format('(%I) ', a.attname), a.attacl, acldefault('c', c.relowner),
                c.relnamespace
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attacl IS NOT NULL
            UNION ALL
            SELECT 'pg_type'::regclass, t.oid, 0, t.typowner, 'TYPE ' || t.oid::regtype, '',
                t.typacl, acldefault('T', t.typowner), t.typnamespace
            FROM pg_type t WHERE t.typacl IS NOT NULL
            UNION ALL
            SELECT 'pg_language'::regclass, l.oid, 0, l.lanowner, format('LANGUAGE %I', l.lanname), '',
                l.lanacl, acldefault('l', l.lanowner), {_CATALOG}
            FROM pg_language l WHERE l.lanacl IS NOT NULL
            UNION ALL
            SELECT 'pg_foreign_data_wrapper'::regclass, f.oid, 0, f.fdwowner,
                format('FOREIGN DATA WRAPPER %I', f.fdwname), '', f.fdwacl, acldefault('F', f.fdwowner), {_CATALOG}
            FROM pg_foreign_data_wrapper f WHERE f.fdwacl IS NOT NULL
            UNION ALL
            SELECT 'pg_namespace'::regclass, n.oid, 0, n.nspowner, format('SCHEMA %I', n.nspname), '',
                n.nspacl, acldefault('n', n.nspowner), n.oid
            FROM pg_namespace n WHERE n.nspacl IS NOT NULL AND n.nspname <> 'public'
        ) o LEFT JOIN pg_init_privs i
            ON i.classoid = o.classid AND i.objoid = o.objid AND i.objsubid = o.objsubid
        WHERE (o.objid < {FIRST_OF_USERS} AND o.schema = {_CATALOG})
           OR EXISTS (SELECT FROM pg_depend d WHERE d.deptype = 'e' AND d.classid = o.classid AND d.objid = o.objid)
           OR o.objid IN (SELECT extnamespace FROM pg_extension)
    ) k WHERE NOT (k.present @> k.target AND k.target @> k.present)"""

_KEPT_RIGHTS = f"""
DO $xcore$
DECLARE
    kept record;
    command text;
BEGIN
    FOR kept IN SELECT * FROM ({_KEPT}) all_kept WHERE pg_has_role(owner, 'USAGE')
    LOOP
        FOR command IN
            SELECT DISTINCT format('REVOKE ALL %sON %s FROM %s CASCADE', kept.columns, kept.name,
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
            FROM aclexplode(kept.present)
        LOOP
            EXECUTE command;
        END LOOP;
        FOR command IN
            SELECT format('GRANT %s %sON %s TO %s%s', privilege_type, kept.columns, kept.name,
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
            FROM aclexplode(kept.target)
        LOOP
            EXECUTE command;
        END LOOP;
    END LOOP;
END
$xcore$;
"""

KEPT_BY_OTHERS = f"""
SELECT name || CASE WHEN columns = '' THEN '' ELSE ' ' || columns END
FROM ({_KEPT}) all_kept WHERE NOT pg_has_role(owner, 'USAGE') ORDER BY 1
"""
"""What stays with changed rights that the current user may not change."""

# The tables of extensions whose rows belong to users, and which of these do:
# https://www.postgresql.org/docs/15/extend-extensions.html#EXTEND-EXTENSIONS-CONFIG-TABLES
_EXTENSION_ROWS = """
DO $xcore$
DECLARE
    command text;
BEGIN
    FOR command IN
        SELECT format('DELETE FROM %s %s', c.oid::regclass, t.condition)
        FROM pg_extension e, unnest(e.extconfig, e.extcondition) AS t (oid, condition)
        JOIN pg_class c ON c.oid = t.oid AND c.relkind = 'r' AND pg_has_role(c.relowner, 'USAGE')
    LOOP
        EXECUTE command;
    END LOOP;
END
$xcore$;
"""


def emptied(extensions: Iterable[str], *, version: int) -> str:
    """The statements; `extensions` are quoted names of those that go as well.

    `version` is the major one of the server.
    """
    gone = "".join(f"DROP EXTENSION IF EXISTS {name} CASCADE;\n" for name in extensions)
    grant = _PUBLIC_SINCE_15 if version >= 15 else _PUBLIC_BEFORE
    public = (
        "DO $xcore$ BEGIN IF to_regnamespace('public') IS NOT NULL AND "
        "(SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public') THEN "
        f"{_PUBLIC_ROLES}{grant}; END IF; END $xcore$;\n"
    )
    return _DEFAULT_RIGHTS + gone + _DROPS + _EXTENSION_ROWS + _KEPT_RIGHTS + public


_PUBLIC_ROLES = """
    DECLARE command text;
    BEGIN
        FOR command IN
            SELECT DISTINCT format('REVOKE ALL ON SCHEMA public FROM %s CASCADE',
                CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
            FROM pg_namespace, aclexplode(nspacl) WHERE nspname = 'public'
        LOOP
            EXECUTE command;
        END LOOP;
        FOR command IN
            SELECT format('GRANT ALL ON SCHEMA public TO %I', pg_get_userbyid(nspowner))
            FROM pg_namespace WHERE nspname = 'public' AND nspacl IS NOT NULL
        LOOP
            EXECUTE command;
        END LOOP;
    END;
    """
