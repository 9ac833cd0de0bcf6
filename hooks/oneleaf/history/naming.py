"""Numbers in migration names, by Django's rule.

Source: ``MigrationAutodetector.parse_number`` and ``arrange_for_graph`` in
django/db/migrations/autodetector.py (5.2 to 6.1, the same text in all).
"""

_SQUASHED = "_squashed_"


def number(name: str) -> "int | None":
    """The number of the migration called ``name``, None where it has none.

    The digits right after the last ``_squashed_`` that has some, else the leading
    digits. Any Unicode decimal digit counts, as it does for Django's ``\\d``.
    More digits than ``int`` converts (4,300) count as none; Django raises there.
    """
    head = name[:4]
    if name[4:5] == "_" and head.isdigit() and head.isascii() and _SQUASHED not in name:
        return int(head)  # as nearly all are
    digits = ""
    if _SQUASHED in name:
        # Django's dot stops at a newline, so the first line that has a match decides.
        for line in name.split("\n"):
            digits = _after_last_squashed(line)
            if digits:
                break
    try:
        return int(digits or _leading_digits(name))
    except ValueError:
        return None


def _after_last_squashed(line: str) -> str:
    """The digits after the last ``_squashed_`` that is followed by some, else ""."""
    at = line.rfind(_SQUASHED)
    while at >= 0:
        digits = _leading_digits(line[at + len(_SQUASHED) :])
        if digits:
            return digits
        # Two markers may share an underscore: "_squashed_squashed_3".
        at = line.rfind(_SQUASHED, 0, at + len(_SQUASHED) - 1)
    return ""


def _leading_digits(text: str) -> str:
    end = 0
    while text[end : end + 1].isdecimal():
        end += 1
    return text[:end]


def next_number(leaf: "str | None") -> int:
    """The number of a new migration on ``leaf`` (a migration name; None: no leaf node).

    A leaf node without a number counts as 0.
    """
    return ((number(leaf) if leaf is not None else None) or 0) + 1


def format_number(value: int, width: int = 4) -> str:
    """``value`` as it stands in a name: at least ``width`` digits, more where needed."""
    return f"{value:0{width}d}"
