"""The merge driver: what git calls where both sides changed a lockfile."""
