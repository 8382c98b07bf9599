"""What calls of names outside the project return: SQLAlchemy's, its extensions', and a few built-ins."""
