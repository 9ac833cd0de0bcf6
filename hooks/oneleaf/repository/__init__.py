"""States of the repository: index, commits, work tree. ``git`` alone starts processes."""
