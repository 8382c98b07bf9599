"""What PostgreSQL's catalogs know and SQLAlchemy's inspector does not tell: the questions.

Each is asked once for all schemas; `:schemas` are their names, and every answer begins with
`schema` and `name`. https://www.postgresql.org/docs/current/catalogs.html
"""

from __future__ import annotations

_NOT_OF_AN_EXTENSION = """
    NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '{catalog}'::regclass
                AND e.objid = {object}.oid AND e.deptype = 'e')"""
_OF_CLASS = _NOT_OF_AN_EXTENSION.format(catalog="pg_class", object="c")
_OF_TYPE = _NOT_OF_AN_EXTENSION.format(catalog="pg_type", object="t")

SCHEMAS = """
SELECT nspname FROM pg_namespace n
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND """ + _NOT_OF_AN_EXTENSION.format(
    catalog="pg_namespace", object="n"
)

RELATIONS = f"""
SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind,
       c.relpersistence = 'u' AS is_unlogged,
       CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS partition_by,
       CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bound,
       (SELECT array_agg(ARRAY[pn.nspname, pc.relname]::text[] ORDER BY i.inhseqno)
        FROM pg_inherits i JOIN pg_class pc ON pc.oid = i.inhparent
        JOIN pg_namespace pn ON pn.oid = pc.relnamespace WHERE i.inhrelid = c.oid) AS parents,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition,
       c.reloptions AS options, s.srvname AS server,
       obj_description(c.oid, 'pg_class') AS comment
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_foreign_table f ON f.ftrelid = c.oid
LEFT JOIN pg_foreign_server s ON s.oid = f.ftserver
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname = ANY(:schemas) AND {_OF_CLASS}
"""

COLUMNS = """
SELECT n.nspname AS schema, c.relname AS name, a.attname AS column,
       format_type(a.atttypid, a.atttypmod) AS type,
       pg_get_expr(d.adbin, d.adrelid) AS default, a.attnotnull AS not_null,
       NOT a.attislocal AS is_inherited,
       CASE WHEN a.attcollation <> t.typcollation
            THEN (SELECT o.collname FROM pg_collation o WHERE o.oid = a.attcollation)
       END AS collation,
       d.oid IS NOT NULL AND a.attgenerated = ''
       AND (a.attrelid, a.attnum) IN (
           SELECT o.refobjid, o.refobjsubid FROM pg_depend o
           JOIN pg_class q ON q.oid = o.objid AND q.relkind = 'S'
           WHERE o.classid = 'pg_class'::regclass AND o.refclassid = 'pg_class'::regclass
           AND o.refobjsubid > 0 AND o.deptype = 'a') AS owns_sequence
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
      AND n.nspname = ANY(:schemas)
ORDER BY c.oid, a.attnum
"""

# `is_copy`: of a foreign key to a partitioned table, one for each partition
CONSTRAINTS = """
SELECT n.nspname AS schema, c.relname AS name, k.conname AS constraint, k.contype::text AS type,
       NOT k.conislocal OR k.conparentid <> 0 AS is_inherited, NOT k.convalidated AS not_valid,
       k.condeferrable AS is_deferrable, k.condeferred AS is_deferred,
       EXISTS (SELECT FROM pg_constraint p
               WHERE p.oid = k.conparentid AND p.conrelid = k.conrelid) AS is_copy,
       CASE k.contype WHEN 'x' THEN pg_get_constraintdef(k.oid) END AS definition
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(:schemas) AND (k.contype = 'x' OR NOT k.conislocal OR k.conparentid <> 0
      OR NOT k.convalidated OR k.condeferrable)
"""

# `collations`: of each key, where it is another one than that of the column or the type
INDEXES = """
SELECT n.nspname AS schema, ic.relname AS name, obj_description(ic.oid, 'pg_class') AS comment,
       EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = ic.oid) AS is_inherited,
       ARRAY(SELECT CASE WHEN k.coll <> coalesce(a.attcollation, t.typcollation)
                         THEN o.collname END
             FROM unnest(i.indcollation) WITH ORDINALITY AS k(coll, place)
             JOIN pg_attribute x ON x.attrelid = i.indexrelid AND x.attnum = k.place
             JOIN pg_type t ON t.oid = x.atttypid
             LEFT JOIN pg_attribute a
                  ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.place - 1] AND a.attnum > 0
             LEFT JOIN pg_collation o ON o.oid = k.coll
             ORDER BY k.place)::text[] AS collations
FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = ic.relnamespace
WHERE n.nspname = ANY(:schemas) AND NOT i.indisprimary
"""

SEQUENCES = f"""
SELECT n.nspname AS schema, c.relname AS name, format_type(s.seqtypid, NULL) AS type,
       s.seqstart AS start, s.seqincrement AS increment, s.seqmin AS minimum,
       s.seqmax AS maximum, s.seqcycle AS cycle, s.seqcache AS cache,
       o.relname AS owner_table, a.attname AS owner_column,
       obj_description(c.oid, 'pg_class') AS comment
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
     AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class o ON o.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE n.nspname = ANY(:schemas) AND d.deptype IS DISTINCT FROM 'i' AND {_OF_CLASS}
"""

ENUMS = f"""
SELECT n.nspname AS schema, t.typname AS name, obj_description(t.oid, 'pg_type') AS comment,
       ARRAY(SELECT e.enumlabel FROM pg_enum e WHERE e.enumtypid = t.oid
             ORDER BY e.enumsortorder)::text[] AS values
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'e' AND n.nspname = ANY(:schemas) AND {_OF_TYPE}
"""

DOMAINS = f"""
SELECT n.nspname AS schema, t.typname AS name, format_type(t.typbasetype, t.typtypmod) AS type,
       NOT t.typnotnull AS nullable, t.typdefault AS default,
       CASE WHEN t.typcollation <> b.typcollation
            THEN (SELECT o.collname FROM pg_collation o WHERE o.oid = t.typcollation)
       END AS collation,
       ARRAY(SELECT ARRAY[k.conname::text, pg_get_expr(k.conbin, 0)]
             FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'
             ORDER BY k.conname)::text[] AS checks
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_type b ON b.oid = t.typbasetype
WHERE t.typtype = 'd' AND n.nspname = ANY(:schemas) AND {_OF_TYPE}
"""

EXTENSIONS = """
SELECT n.nspname AS schema, e.extname AS name
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'
"""
