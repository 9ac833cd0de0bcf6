"""Text for a terminal: escaped, coloured, counted, cut to fit; and lines on standard error.

Colours are those of ECMA-48, "Select Graphic Rendition".
"""

import sys

BOLD = "\033[1m"
GREEN = "\033[32m"
GREY = "\033[2m"
RED = "\033[1;31m"
YELLOW = "\033[1;33m"
_PLAIN = "\033[0m"
_ESCAPES = 4  # ENABLE_VIRTUAL_TERMINAL_PROCESSING


def painted(text: str, color: str, *, colored: bool) -> str:
    """The text in one of the colours above; as it is where ``colored`` is False."""
    return f"{color}{text}{_PLAIN}" if colored else text


def understood() -> bool:
    """Whether the terminal behind standard output takes colours for what they are.

    The console of Windows has to be asked to (SetConsoleMode), which this does.
    """
    found = True
    if sys.platform == "win32":
        import ctypes
        import msvcrt

        console = ctypes.c_void_p(msvcrt.get_osfhandle(1))
        mode = ctypes.c_ulong()
        system = ctypes.windll.kernel32
        found = bool(
            system.GetConsoleMode(console, ctypes.byref(mode))
            and system.SetConsoleMode(console, mode.value | _ESCAPES)
        )
    return found


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


def say(message: object) -> None:
    """Writes ``oneleaf: MESSAGE`` as one line to standard error, at once.

    message: anything with a text, such as an exception. Names from a repository may be
    in it: what could move a terminal's cursor is escaped.
    """
    sys.stderr.write(f"oneleaf: {escape(str(message))}\n")
    sys.stderr.flush()


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 app``, ``2 apps``; plural: of a noun that takes more than an ``s``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


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


def lasting(seconds: float) -> str:
    """A time in words: ``4 s``, ``3 min`` or ``2 h``."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 3600 else f"{whole // 3600} h"
