"""Dumps of MariaDB and MySQL, read statement by statement: what is run is what was looked at."""
