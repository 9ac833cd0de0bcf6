"""States of the repository: index, commits, work tree; and git, which knows them."""
