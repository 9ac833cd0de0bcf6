"""What ``--help`` says: text of at most 80 columns.

Loaded only when somebody asks for help; a commit never does.
"""

from textwrap import wrap

from oneleaf.arguments import COLOR, Option, Verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH = 80
_LEFT = 22  # of the left column; a longer entry has a line of its own


def of_verb(verb: Verb, verbs: "Mapping[str, str] | None" = None) -> str:
    takes = "[options]" if not verbs else ""
    line = " ".join(filter(None, ("usage: oneleaf", verb.name, takes, verb.operands)))
    parts = [line, *_paragraphs(verb.summary)]
    parts += _section("verbs", list(verbs.items())) if verbs else []
    parts += _section("options", list(map(_row, (*verb.options, *_EVERYWHERE))))
    if verb.examples:
        parts += ["", "examples:"]
        for command, meaning in verb.examples:
            parts += [f"  {command}", *_wrapped(meaning, 6)]
    return "\n".join(parts)


def overview(groups: "Mapping[str, Mapping[str, str]]") -> str:
    parts = [
        "usage: oneleaf COMMAND [options] [operands]",
        *_paragraphs("Keeps each Django app's migration history in one line."),
    ]
    left = max(len(name) for rows in groups.values() for name in rows)
    for title, rows in groups.items():
        parts += _section(title, list(rows.items()), left)
    ends = "`oneleaf help COMMAND` says more of one; `oneleaf --version` the version."
    return "\n".join([*parts, "", ends])


def _section(
    title: str, rows: "Sequence[tuple[str, str]]", left: int = 0
) -> "list[str]":
    left = left or min(_LEFT, max(len(name) for name, _ in rows))
    lines = ["", f"{title}:"]
    for name, text in rows:
        wrapped = _wrapped(text, left + 4)
        if len(name) > left:
            lines.append(f"  {name}")
        else:
            wrapped[0] = f"  {name.ljust(left)}  {wrapped[0].lstrip()}"
        lines += wrapped
    return lines


_EVERYWHERE = (COLOR, Option("-h, --help", "", "show this help"))


def _row(option: Option) -> "tuple[str, str]":
    choices = f": {', '.join(option.choices)}" if option.choices else ""
    return f"{option.name} {option.value}".rstrip(), option.help + choices


def _paragraphs(text: str) -> "list[str]":
    return [
        line
        for paragraph in text.split("\n\n")
        for line in ("", *_wrapped(paragraph, 0))
    ]


def _wrapped(text: str, indent: int) -> "list[str]":
    space = " " * indent
    return wrap(
        text,
        WIDTH,
        initial_indent=space,
        subsequent_indent=space,
        break_long_words=False,
        break_on_hyphens=False,
    )
