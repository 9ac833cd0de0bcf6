"""What ``oneleaf radar`` saw, for people, for programs and for CI."""

from oneleaf.checking.findings import WARNING, Finding, Report
from oneleaf.output.colors import BOLD, RED, painted
from oneleaf.output.counting import counted
from oneleaf.output.escape import escape
from oneleaf.output.shortening import cut
from oneleaf.shell import word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from oneleaf.upstream.radar import Added, Branch, Collision

_WIDTH = 80
_SHOWN = 20  # collisions that a person is told of; programs get all
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


class Survey:
    """What was seen.

    upstream: name of the published branch. fetched: when anything was fetched last, in
    seconds since 1970, None where never. branches: the own one, and those that add
    migrations. collisions: the most urgent first. old: how many branches were left out
    because they had no commit for ``days`` days.
    """

    __slots__ = ("branches", "collisions", "days", "fetched", "old", "upstream")

    def __init__(
        self,
        upstream: str,
        fetched: "float | None",
        branches: "Sequence[Branch]",
        collisions: "Sequence[Collision]",
        old: int = 0,
    ) -> None:
        self.upstream = upstream
        self.fetched = fetched
        self.branches = branches
        self.collisions = collisions
        self.old = old
        self.days = 0


def render_json(survey: Survey) -> str:
    """The survey as one JSON object, version 1; ASCII only.

    fetched: UTC, as RFC 3339 writes it, null where never.
    """
    import json
    import time

    fetched = survey.fetched
    stamp = "%Y-%m-%dT%H:%M:%SZ"
    answer = {
        "version": 1,
        "upstream": survey.upstream,
        "fetched": fetched and time.strftime(stamp, time.gmtime(fetched)),
        "branches": [
            {
                "branch": branch.name,
                "own": branch.own,
                "apps": [
                    {"app": label, "migrations": names}
                    for label, names in branch.labels()
                ],
            }
            for branch in survey.branches
        ],
        "collisions": [_collision(collision) for collision in survey.collisions],
    }
    return json.dumps(answer, indent=2) + "\n"


def _collision(collision: "Collision") -> "dict[str, object]":
    return {
        "app": collision.app,
        "branches": [collision.first.name, collision.second.name],
        "own": collision.own,
        "migrations": [[a.name for a in side] for side in _both(collision)],
        "overlaps": [
            {
                "key": shared.overlap.key,
                "what": shared.what,
                "migrations": [shared.ours, shared.theirs],
                "operations": [shared.overlap.ours.text, shared.overlap.theirs.text],
                "fatal": shared.overlap.fatal,
            }
            for shared in collision.shared
        ],
        "opaque": list(collision.opaque),
    }


def _both(collision: "Collision") -> "tuple[Sequence[Added], Sequence[Added]]":
    return collision.ours, collision.theirs


def render_text(survey: Survey, now: float, *, colored: bool) -> str:
    """A table of branches and a paragraph for each collision; no line over 80 columns.

    now: in seconds since 1970.
    """
    lines = [f"upstream {survey.upstream}, {age(survey.fetched, now)}"]
    if survey.old:
        lines.append(
            f"{counted(survey.old, 'branch', 'branches')} without a commit for {survey.days} days"
            " left out; --days 0 shows all"
        )
    lines = [line for text in lines for line in _wrapped(escape(text), "")]
    adding = [branch for branch in survey.branches if branch.apps]
    if adding:
        lines += ["", *_table(adding)]
    else:
        lines.append("no branch that is not merged adds a migration")
    if survey.collisions:
        lines += ["", *_told(survey, colored=colored)]
    elif adding:
        lines += ["", "no two of them collide"]
    return "".join(line + "\n" for line in lines)


def _table(branches: "Sequence[Branch]") -> "Iterator[str]":
    """A line for each app of each branch; * marks the own one."""
    rows = [
        ("*" if branch.own else " ", escape(branch.name), escape(label), names)
        for branch in branches
        for label, names in branch.labels()
    ]
    first = min(34, max(len("BRANCH"), *(len(row[1]) for row in rows)))
    second = min(18, max(len("APP"), *(len(row[2]) for row in rows)))
    yield f"  {'BRANCH'.ljust(first)}  {'APP'.ljust(second)}  MIGRATIONS"
    before = ""
    for mark, name, label, names in rows:
        shown = "" if name == before else cut(name, first)
        before = name
        head = f"{mark if shown else ' '} {shown.ljust(first)}"
        head = f"{head}  {cut(label, second).ljust(second)}  "
        more = f" +{len(names) - 1}" if names[1:] else ""
        yield head + cut(escape(names[0]), _WIDTH - len(head) - len(more)) + more


def _told(survey: Survey, *, colored: bool) -> "Iterator[str]":
    for collision in survey.collisions[:_SHOWN]:
        mark = "*" if collision.own else " "
        pair = f"{collision.first.name} and {collision.second.name}"
        head, *rest = _wrapped(f"{collision.app}: {escape(pair)} collide", "    ")
        style = RED if collision.own else BOLD
        yield f"{mark} {painted(head, style, colored=colored)}"
        yield from rest
        for side in _both(collision):
            yield from _wrapped(escape(", ".join(a.name for a in side)), "      ", 4)
        for shared in collision.shared:
            verb = "cannot both stand on" if shared.overlap.fatal else "both touch"
            text = f"{shared.ours} and {shared.theirs} {verb} {shared.what}"
            yield from _wrapped(escape(text), "      ", 4)
        if collision.opaque:
            text = f"cannot tell all that {', '.join(collision.opaque)} touches"
            yield from _wrapped(escape(text), "      ", 4)
    if len(survey.collisions) > _SHOWN:
        rest_of = counted(len(survey.collisions) - _SHOWN, "more pair")
        yield f"  ... and {rest_of}; --output-format json lists all"
    yield "    hint: who merges second runs `oneleaf rebase` first"


def _wrapped(text: str, indent: str, first: int = 0) -> "list[str]":
    """Text in lines that fit; ``first`` columns before the first, ``indent`` elsewhere."""
    import textwrap

    room = _WIDTH if first else _WIDTH - 2
    return textwrap.wrap(
        text,
        room,
        initial_indent=" " * first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def age(fetched: "float | None", now: float) -> str:
    """How old the last fetch is, in words; times in seconds since 1970."""
    if fetched is None:
        return "never fetched since it was cloned"
    seconds = int(now - fetched)
    for size, unit in _UNITS:
        if seconds >= size:
            return f"fetched {counted(seconds // size, unit)} ago"
    return "fetched just now"


def as_report(survey: Survey) -> Report:
    """The collisions of the own branch, each at its last migration."""
    found = [_finding(collision) for collision in survey.collisions if collision.own]
    return Report(f"branches:{survey.upstream}", 0, 0, found)


def _finding(collision: "Collision") -> Finding:
    mine, other = (", ".join(a.name for a in side) for side in _both(collision))
    touched = ", ".join(dict.fromkeys(shared.what for shared in collision.shared))
    return Finding(
        "radar-collision",
        "",
        (collision.ours[-1].path, 1),
        (),
        f"app {collision.app} collides with {collision.second.name} once both are merged:"
        f" yours {mine}; theirs {other}"
        + (f"; both touch {touched}" if touched else ""),
        "who merges second runs `oneleaf rebase"
        f" {word(collision.app)}` after `git fetch` and `git rebase`",
        WARNING,
    )
