"""The columns of tables: read from the values that discovery has followed, for those who ask."""
