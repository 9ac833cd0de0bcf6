"""How long something has lasted, for a person."""


def text(seconds: float) -> str:
    """A time in words: ``4 s``, ``3 min`` or ``2 h``."""
    whole = max(int(seconds), 0)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min" if whole < 3600 else f"{whole // 3600} h"
