"""Queries for what belongs to the users of a database, and for whom it belongs to.

Objects with an oid below 16384 came with the server; members of extensions come and go with those.
"""

from __future__ import annotations

FIRST_OF_USERS = 16384
"""https://www.postgresql.org/docs/15/system-catalog-initial-data.html#SYSTEM-CATALOG-OID-ASSIGNMENT"""

# What goes with something else: members of extensions, the array type of a type, the sequence of
# an identity column, the index of a partition.
_SCHEMAS = """
own_schemas AS (
    SELECT n.oid FROM pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), part_of AS (
    SELECT d.classid, d.objid FROM pg_depend d
    WHERE d.objsubid = 0 AND d.deptype IN ('e', 'i', 'P', 'S') AND d.refclassid <> 'pg_namespace'::regclass
)"""

# catalog, and the columns for schema (or NULL) and owner
_KINDS = (
    ("pg_event_trigger", "NULL::oid", "evtowner", "true", 0),
    ("pg_publication", "NULL::oid", "pubowner", "true", 1),
    ("pg_class", "relnamespace", "relowner", "relkind IN ('v', 'm')", 2),
    ("pg_class", "relnamespace", "relowner", "relkind IN ('r', 'p', 'f')", 3),
    ("pg_class", "relnamespace", "relowner", "relkind = 'S'", 4),
    ("pg_statistic_ext", "stxnamespace", "stxowner", "true", 4),
    (
        "pg_transform",
        "NULL::oid",
        "(SELECT typowner FROM pg_type WHERE pg_type.oid = trftype)",
        "true",
        4,
    ),
    (
        "pg_cast",
        "NULL::oid",
        "(SELECT max(typowner::bigint) FROM pg_type WHERE pg_type.oid IN (castsource, casttarget))",
        "true",
        4,
    ),
    ("pg_opclass", "opcnamespace", "opcowner", "true", 5),
    ("pg_opfamily", "opfnamespace", "opfowner", "true", 6),
    ("pg_operator", "oprnamespace", "oprowner", "true", 7),
    ("pg_conversion", "connamespace", "conowner", "true", 7),
    ("pg_ts_config", "cfgnamespace", "cfgowner", "true", 7),
    ("pg_ts_dict", "dictnamespace", "dictowner", "true", 8),
    ("pg_ts_template", "tmplnamespace", "10", "true", 9),
    ("pg_ts_parser", "prsnamespace", "10", "true", 9),
    ("pg_am", "NULL::oid", "10", "true", 9),
    (
        "pg_type",
        "typnamespace",
        "typowner",
        "typtype IN ('b', 'e', 'd', 'r', 'p') OR (typtype = 'c' AND EXISTS (SELECT FROM pg_class c "
        "WHERE c.oid = typrelid AND c.relkind = 'c'))",
        10,
    ),
    ("pg_proc", "pronamespace", "proowner", "true", 11),
    ("pg_collation", "collnamespace", "collowner", "true", 12),
    ("pg_foreign_server", "NULL::oid", "srvowner", "true", 13),
    ("pg_foreign_data_wrapper", "NULL::oid", "fdwowner", "true", 14),
    ("pg_language", "NULL::oid", "lanowner", "true", 14),
    ("pg_largeobject_metadata", "NULL::oid", "lomowner", "true", 15),
    ("pg_namespace", "NULL::oid", "nspowner", "nspname !~ '^pg_'", 16),
)


def _selected(kind: tuple[str, str, str, str, int]) -> str:
    catalog, schema, owner, condition, place = kind
    # a large object has an address of its own: https://www.postgresql.org/docs/15/catalog-pg-depend.html
    address = "pg_largeobject" if catalog == "pg_largeobject_metadata" else catalog
    lowest = 0 if catalog == "pg_largeobject_metadata" else FIRST_OF_USERS
    return f"""
    SELECT '{address}'::regclass::oid AS classid, o.oid AS objid, {schema} AS schema,
        {owner}::oid AS owner, {place} AS place
    FROM {catalog} o WHERE o.oid >= {lowest} AND ({condition})"""


OWN = f"""{_SCHEMAS}, own AS (
    SELECT k.* FROM ({" UNION ALL ".join(map(_selected, _KINDS))}) k
    WHERE (k.schema IS NULL OR k.schema IN (SELECT * FROM own_schemas))
      AND (k.classid, k.objid) NOT IN (SELECT * FROM part_of)
)"""
"""WITH-clauses: `own` has what users have made, with its owner and in an order to drop it."""

SUPERUSER = f"""
WITH {OWN}, special AS (
    SELECT 'pg_proc'::regclass AS classid, p.oid FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE NOT l.lanpltrusted AND p.prokind <> 'a' OR p.proleakproof
    UNION ALL SELECT 'pg_proc'::regclass, a.aggfnoid FROM pg_aggregate a
    WHERE 'internal'::regtype IN (a.aggtranstype, a.aggmtranstype)
    UNION ALL SELECT 'pg_type'::regclass, oid FROM pg_type
    WHERE typtype = 'p' OR (typtype = 'b' AND typcategory <> 'A')
    UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast WHERE castmethod = 'b'
    UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_publication WHERE puballtables
    UNION ALL SELECT classid, objid FROM own WHERE classid IN ('pg_event_trigger'::regclass,
        'pg_foreign_data_wrapper'::regclass, 'pg_opclass'::regclass, 'pg_opfamily'::regclass,
        'pg_am'::regclass, 'pg_ts_parser'::regclass, 'pg_ts_template'::regclass)
)
SELECT pg_describe_object(own.classid, own.objid, 0)
FROM own JOIN special s ON s.classid = own.classid AND s.oid = own.objid
ORDER BY 1
"""
"""What only a superuser can make."""

FOREIGN = f"""
WITH {OWN}
SELECT pg_describe_object(own.classid, own.objid, 0), pg_get_userbyid(own.owner)
FROM own LEFT JOIN pg_namespace n ON n.oid = own.schema
WHERE NOT pg_has_role(own.owner, 'USAGE')
  AND NOT coalesce(pg_has_role(n.nspowner, 'USAGE'), false)
  AND (own.classid, own.objid) <> ('pg_namespace'::regclass, to_regnamespace('public')::oid)
  AND own.objid NOT IN (SELECT extnamespace FROM pg_extension)
ORDER BY own.place, 1
"""
"""What the current user may not drop, with its owner."""

OWNERS = f"""
WITH {OWN}
SELECT DISTINCT pg_get_userbyid(own.owner) FROM own
WHERE own.classid NOT IN ('pg_cast'::regclass, 'pg_transform'::regclass, 'pg_am'::regclass,
    'pg_ts_template'::regclass, 'pg_ts_parser'::regclass)
ORDER BY 1
"""
"""The roles to which something belongs."""

GUESTS = f"""
WITH {OWN}
SELECT DISTINCT n.nspname, pg_get_userbyid(own.owner)
FROM own JOIN pg_namespace n ON n.oid = own.schema WHERE own.owner <> n.nspowner ORDER BY 1, 2
"""
"""The schemas that hold what belongs to others, and these."""

GRANTEES = """
SELECT DISTINCT rolname FROM pg_roles WHERE oid IN (
    SELECT s.refobjid FROM pg_shdepend s
    WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype IN ('a', 'r')
      AND s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
) ORDER BY 1
"""
"""The roles that have rights, or that policies are for."""

GRANTORS = f"""
WITH {OWN}, rights AS (
    SELECT 'pg_class'::regclass::oid AS classid, oid AS objid, relacl AS acl FROM pg_class
    UNION ALL SELECT 'pg_class'::regclass, attrelid, attacl FROM pg_attribute
    UNION ALL SELECT 'pg_proc'::regclass, oid, proacl FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typacl FROM pg_type
    UNION ALL SELECT 'pg_namespace'::regclass, oid, nspacl FROM pg_namespace
    UNION ALL SELECT 'pg_language'::regclass, oid, lanacl FROM pg_language
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, srvacl FROM pg_foreign_server
)
SELECT DISTINCT pg_get_userbyid(a.grantor)
FROM own JOIN rights r USING (classid, objid), aclexplode(r.acl) a
WHERE a.grantor <> own.owner ORDER BY 1
"""
"""The roles that gave a right to what belongs to somebody else."""
