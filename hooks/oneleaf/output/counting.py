"""Numbers of things, in words."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 app``, ``2 apps``; plural: of a noun that takes more than an ``s``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
