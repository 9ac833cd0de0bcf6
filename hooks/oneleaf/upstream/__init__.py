"""Beyond this branch: what is published, the merge that nobody made, other people's branches."""
