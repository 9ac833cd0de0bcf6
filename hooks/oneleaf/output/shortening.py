"""Text that must fit: how many columns it takes, and its middle left out."""


def columns(text: str) -> int:
    """How many columns a terminal gives the text, which has no control characters.

    Wide characters take two, those that combine with the one before none (Unicode
    Standard Annex 11).
    """
    if text.isascii():
        return len(text)
    return sum(map(_columns_of, text))


def _columns_of(character: str) -> int:
    import unicodedata  # slow to import, and seldom needed

    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """Text that is at most ``width`` columns wide, its middle left out where needed."""
    if columns(text) <= width:
        return text
    front = max(0, width - 2) // 2
    back = max(0, width - 2 - front)
    return f"{_start(text, front)}..{_start(text[::-1], back)[::-1]}"[: max(0, width)]


def _start(text: str, width: int) -> str:
    """As much of the text as fits from its beginning."""
    taken = 0
    for at, character in enumerate(text):
        taken += 1 if text.isascii() else _columns_of(character)
        if taken > width:
            return text[:at]
    return text


def padded(text: str, width: int) -> str:
    """The text with spaces behind it up to ``width`` columns."""
    return text + " " * (width - columns(text))
