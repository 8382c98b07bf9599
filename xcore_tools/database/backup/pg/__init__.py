"""PostgreSQL, what a restore takes besides pg_dump and pg_restore: https://www.postgresql.org/docs/15/catalogs.html."""
