"""Changes of a development database, guarded and undone if they fail."""
