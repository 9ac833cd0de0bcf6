"""A migration file's place in the history, changed in its bytes."""
