"""Text from a repository on its way to a terminal."""


def escape(text: str) -> str:
    """Makes control characters, escape codes and lone surrogates visible.

    Newlines too: a file name must not be able to start a line of its own.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() else _visible(c) for c in text)


def _visible(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # an undecodable byte, kept by surrogateescape
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
