"""Live databases: their URLs, connections and locks, their schema as data, and their backups."""
