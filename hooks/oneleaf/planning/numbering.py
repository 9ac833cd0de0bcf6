"""New names for migrations that move: a free number, everything else kept."""

from oneleaf.history.naming import SQUASHED, format_number, leading_digits, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from oneleaf.history.project import App


def renumber(
    names: "Iterable[str]",
    taken: "Iterable[int]",
    last: "int | None",
    replaced: "Collection[str]" = (),
) -> "list[str]":
    """The new names of a line, for its names in their order.

    taken: numbers that other migrations of the app keep. last: the number of what
    stands before the first, None or 0 where it has none. replaced: names of deleted
    migrations that a squash stands for. A database may still hold them as applied, so
    that nothing else is ever called so. A number that is greater
    than the one before it and not taken stays as it is; another becomes the next
    free one (``MigrationAutodetector.arrange_for_graph``: the leaf's number plus
    one). A name without a number stays.
    """
    numbers = set(taken)
    last = last or 0
    renamed = []
    for name in names:
        value = number(name)
        if value is None:
            renamed.append(name)
            continue
        free = value
        if value <= last or value in numbers:
            free = last + 1
            while free in numbers or with_number(name, free) in replaced:
                free += 1
        numbers.add(free)
        last = free
        renamed.append(with_number(name, free))
    return renamed


def replaced_and_deleted(app: "App") -> "set[str]":
    """Names that a squash of the app stands for and that have no file any more."""
    return {
        name
        for migration in app.migrations.values()
        for label, name in migration.replaces
        if label == app.label and name not in app.migrations
    }


def with_number(name: str, value: int) -> str:
    """The name with another number, its width and all the rest kept.

    A squash's leading number moves along with the one behind ``_squashed_``, which
    is the one that counts (``MigrationAutodetector.parse_number``).
    """
    old = number(name)
    if old is None or old == value:
        return name
    head, mark, tail = name.rpartition(SQUASHED)
    digits = leading_digits(tail)
    if mark and digits:
        lead = leading_digits(head)
        if lead:
            head = _put(head, lead, max(int(lead) + value - old, 0))
        return head + mark + _put(tail, digits, value)
    return _put(name, leading_digits(name), value)


def squash_name(name: str, first: "tuple[str, str]", last: "tuple[str, str]") -> str:
    """A squash's name after what it replaces was renamed.

    first, last: old and new name of the first and the last of ``replaces``. Names as
    ``squashmigrations`` builds them (``0002_a_squashed_0004_c``) take over the new
    numbers, and the new names where they hold the old ones whole.
    """
    head, mark, tail = name.rpartition(SQUASHED)
    if not mark:
        return _after(name, first)
    return _after(head, first) + mark + _after(tail, last)


def _after(text: str, renamed: "tuple[str, str]") -> str:
    """``text``, which begins with the number of the old name, with that of the new."""
    old, new = renamed
    if text == old:
        return new
    digits, value = leading_digits(text), number(new)
    if not digits or value is None or int(digits) != number(old):
        return text
    return _put(text, digits, value)


def _put(text: str, digits: str, value: int) -> str:
    return format_number(value, len(digits)) + text[len(digits) :]
