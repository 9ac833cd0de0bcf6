"""Names that local migrations still use though an earlier step renamed what they mean.

In a ``git rebase`` of several commits the first stop renames ``0002_first``; the
second commit brings a migration that depends on it by its old name.
"""

from oneleaf.reading.tree import meaning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from oneleaf.history.graph import Graph
    from oneleaf.planning.line import Key


def gone(graph: "Graph", is_local: "Callable[[Key], bool]") -> "list[Key]":
    """(directory, name) of what local migrations name and no app has, each once."""
    found: dict[Key, None] = {}
    for missing in graph.missing:
        label, name = missing.dependency
        owners = graph.carriers(missing.app, label)
        if len(owners) == 1 and is_local((missing.app.directory, missing.migration)):
            found[owners[0].directory, name] = None
    return list(found)


def successor(
    name: str, former: bytes, candidates: "Iterable[tuple[str, bytes]]"
) -> "str | None":
    """The candidate that is the migration once called ``name``, None where none is.

    former: its content then. candidates: names and contents of the local migrations
    of its app. It is the one that says the same but for its place in the history;
    where several do, or none since it was edited, the one whose name differs in the
    number alone ("" is no such name). Two of them tell nothing.
    """
    listed = list(candidates)
    same = [found for found, source in listed if is_same(source, former)]
    if len(same) == 1:
        return same[0]
    alike = [
        found for found in same or [n for n, _ in listed] if _stem(found) == _stem(name)
    ]
    return alike[0] if len(alike) == 1 else None


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two contents say the same but for their place in the history."""
    if one == other:
        return True
    meant = meaning(one)
    return meant is not None and meant == meaning(other)


def _stem(name: str) -> str:
    return name.lstrip("0123456789")
