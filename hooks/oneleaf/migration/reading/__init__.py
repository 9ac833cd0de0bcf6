"""What a migration file says, read and never run."""
