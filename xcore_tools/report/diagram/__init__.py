"""Pictures of a schema, as texts that other tools draw. Pure."""
