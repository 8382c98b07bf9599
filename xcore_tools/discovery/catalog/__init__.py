"""What the names of SQLAlchemy, its extensions and known libraries mean: data."""
