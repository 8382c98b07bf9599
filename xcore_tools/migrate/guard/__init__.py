"""What is looked at before a change of a database, and what goes around it."""
