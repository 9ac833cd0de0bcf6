"""Numbers in migration names, by Django's rule.

Source: ``MigrationAutodetector.parse_number`` and ``arrange_for_graph`` in
django/db/migrations/autodetector.py (5.2 to 6.1, the same text in all).
"""

SQUASHED = "_squashed_"  # as ``squashmigrations`` joins two names


def number(name: str) -> "int | None":
    """The number of the migration called ``name``, None where it has none.

    The digits right after the last ``_squashed_`` that has some, else the leading
    digits. Any Unicode decimal digit counts, as it does for Django's ``\\d``.
    More digits than ``int`` converts (4,300) count as none; Django raises there.
    """
    head = name[:4]
    if name[4:5] == "_" and head.isdigit() and head.isascii() and SQUASHED not in name:
        return int(head)  # as nearly all are
    digits = ""
    if SQUASHED in name:
        # Django's dot stops at a newline, so the first line that has a match decides.
        for line in name.split("\n"):
            digits = _after_last_squashed(line)
            if digits:
                break
    try:
        return int(digits or leading_digits(name))
    except ValueError:
        return None


def _after_last_squashed(line: str) -> str:
    """The digits after the last ``_squashed_`` that is followed by some, else ""."""
    at = line.rfind(SQUASHED)
    while at >= 0:
        digits = leading_digits(line[at + len(SQUASHED) :])
        if digits:
            return digits
        # Two markers may share an underscore: "_squashed_squashed_3".
        at = line.rfind(SQUASHED, 0, at + len(SQUASHED) - 1)
    return ""


def leading_digits(text: str) -> str:
    """The decimal digits, of any script, that a text begins with; "" for none."""
    end = 0
    while text[end : end + 1].isdecimal():
        end += 1
    return text[:end]


def format_number(value: int, width: int = 4) -> str:
    """``value`` as it stands in a name: at least ``width`` digits, more where needed."""
    return f"{value:0{width}d}"
