"""One entry of ``Migration.operations``, and the keys of what it touches."""

from dataclasses import dataclass

Keys = frozenset[str]

_NONE: Keys = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One entry of ``Migration.operations``.

    kind: the name of its class (``"AddField"``); ``"unreadable"`` for a file, or a
        part of one, that no operation could be read from.
    line: 1-based line of the file; text: its source on one line, shortened.
    writes, reads: keys, see the package; no key is in both.
    opaque: why its effect cannot be told, None where the keys say all.
    creates, drops: of ``writes``, what must not exist before, what is gone after.
    needs: what must exist when it runs; holds: what must exist in the end.
    """

    kind: str
    line: int
    text: str
    writes: Keys = _NONE
    reads: Keys = _NONE
    opaque: "str | None" = None
    creates: Keys = _NONE
    drops: Keys = _NONE
    needs: Keys = _NONE
    holds: Keys = _NONE
