"""One module per command; each is an edge that hands on to the room above it."""
