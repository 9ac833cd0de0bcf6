"""What a migration file does, as a digest that outlives a rename."""

import hashlib

from oneleaf.reading.tree import code
from oneleaf.reading.values import ATTRIBUTES


def fingerprint(source: bytes) -> "str | None":
    """SHA-256 of a migration's code without its place, None where it is not Python.

    One without operations has a digest too, as it has a row in the database.
    """
    said = code(source, ATTRIBUTES)
    return said and hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
