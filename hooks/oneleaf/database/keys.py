"""How a migration is named: by its app's label and its own name."""

Key = tuple[str, str]  # app label, migration name


def dotted(key: Key) -> str:
    """The key as people read it: ``shop.0002_color``."""
    return ".".join(key)
