"""Is a class mapped, to which table, in which MetaData? SQLAlchemy's own rules, read statically."""
