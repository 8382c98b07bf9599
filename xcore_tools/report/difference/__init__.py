"""The differences of two schemas as text, as JSON, and as a hint in SQL. Pure."""
