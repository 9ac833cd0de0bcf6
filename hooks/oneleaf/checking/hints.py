"""What mends a finding, where that takes some thought.

Loaded with the first such finding: most commits have none.
"""

from oneleaf.history.naming import number
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.history.graph import Graph, Missing
    from oneleaf.history.project import App


def of_conflict(graph: "Graph", app: "App") -> str:
    """What mends two histories in one app.

    Behind a dependency that does not exist every migration looks like a history of
    its own, and nothing can be moved or joined before that is mended.
    """
    if any(missing.app is app for missing in graph.missing):
        return (
            "mend the dependency that does not exist (OL103) first, then run"
            " `oneleaf check` again"
        )
    return (
        f"run `oneleaf rebase {word(app.label)}` to move yours behind the published"
        f" one, or `oneleaf merge {word(app.label)}` where both are published"
    )


def of_missing(missing: "Missing", targets: "list[App]") -> str:
    """What mends a dependency on nothing: the name that was meant, or where it went.

    targets: the apps that carry the label of the dependency.
    """
    stem = missing.dependency[1].removesuffix(".py")
    for app in targets:
        meant = _meant(missing, app, stem)
        if meant:
            own = word(missing.app.path(missing.migration))
            return f"did you mean {meant!r}? Correct the name, then `git add {own}`"
    path = targets[0].path(stem) if targets else f"*/{stem}.py"
    return f"see where it went: `git log --all --oneline --name-status -- {word(path)}`"


def _meant(missing: "Missing", app: "App", stem: str) -> "str | None":
    """The one migration of the app that differs from ``stem`` as slips do.

    In a file ending, in its number after a rename, or in a few letters.
    """
    holder = missing.app.migrations[missing.migration]
    taken = {name for label, name in holder.dependencies if label == app.label}
    if app is missing.app:
        taken.add(missing.migration)
    others = [name for name in app.migrations if name not in taken]
    rest = stem.lstrip("0123456789")
    alike = [
        name
        for name in others
        if name == stem or (rest and name.lstrip("0123456789") == rest)
    ]
    if not alike:
        from difflib import get_close_matches  # slow to import, and seldom needed

        same_number = [name for name in others if number(name) == number(stem)]
        alike = get_close_matches(stem, same_number, 2, 0.8)
    return alike[0] if len(alike) == 1 else None
