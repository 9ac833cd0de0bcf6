"""The colours of text for people (ECMA-48, "Select Graphic Rendition")."""

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
