"""The head of a class that Django wrote: from its text to its attributes.

The text between the class line and ``operations``, in ASCII, without backslashes. Every
line has to be one that Django or a formatter writes; whatever else is there, the answer
is None, and a slower route is asked.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    Pairs = tuple[tuple[str, str], ...]  # (app label, migration name)
    Attributes = tuple[dict[str, Pairs], dict[str, bool]]

DEPENDENCIES = "    dependencies"
REPLACES = "    replaces"
RUN_BEFORE = "    run_before"
INITIAL = "    initial"
_LISTS = (DEPENDENCIES, REPLACES, RUN_BEFORE)
_FLAGS = (INITIAL, "    atomic")
_BOOLEANS = {"True": True, "False": False}
_SWAPPABLE = "migrations.swappable_dependency(settings."
# What stands before, between and behind the strings where dependencies are all.
_BEFORE = (
    "\n    dependencies = [\n        (",
    "\n\n    dependencies = [\n        (",
)
_BETWEEN = "),\n        ("
_BEHIND = ("),\n    ]", "),\n    ]\n")


def only_dependencies(text: str) -> "Pairs | None":
    """The pairs of a class head in exactly the layout of nearly all; None: another.

    Split at the quotes, the odd pieces are strings, the even ones what is around them.
    """
    pieces = text.split('"' if '"' in text else "'")
    count = len(pieces) // 4
    if (
        pieces[0] in _BEFORE
        and pieces[-1] in _BEHIND
        and pieces[2::4] == [", "] * count
        and pieces[4:-1:4] == [_BETWEEN] * (count - 1)
        and "\n" not in "".join(pieces[1::2])
    ):
        return tuple(zip(pieces[1::4], pieces[3::4], strict=True))
    return None


def attributes(text: str) -> "Attributes | None":
    """The lists and the flags that the lines set, by the names above.

    text: with LF alone. None where any line is another.
    """
    lists: dict[str, Pairs] = {}
    flags: dict[str, bool] = {}
    at = text.find("\n")
    if text[: at if at >= 0 else len(text)].strip(" "):
        return None
    while at >= 0:
        begin = at + 1
        at = text.find("\n", begin)
        line = (text[begin:at] if at >= 0 else text[begin:]).rstrip(" ")
        if not line:
            continue
        key, _, value = line.partition(" = ")
        if key in _LISTS and key not in lists:
            if value == "[":
                value, at = _several_lines(text, begin + len(line))
            pairs = _pairs(value[1:-1]) if value[:1] + value[-1:] == "[]" else None
            if pairs is None:
                return None
            lists[key] = pairs
        elif key in _FLAGS and key not in flags and value in _BOOLEANS:
            flags[key] = _BOOLEANS[value]
        elif key in _LISTS or key in _FLAGS or not _is_foreign(key, value):
            return None
    return lists, flags


def _several_lines(text: str, begin: int) -> "tuple[str, int]":
    """A list after its bracket at ``begin``, and where its last line ends (-1: at the end).

    Without a bracket alone in its line, as Django writes it: an empty string.
    """
    close = text.find("\n    ]", begin)
    at = text.find("\n", close + 1)
    if close < 0 or text[close + 6 : at if at >= 0 else len(text)].strip(" "):
        return "", at
    return f"[{text[begin:close]}]", at


def _is_foreign(key: str, value: str) -> bool:
    """Whether a line sets an attribute that is not Django's to a name, or calls one.

    Real projects mark their migrations so: ``safe = Safe.after_deploy()``.
    """
    names = [key[4:], *value.removesuffix("()").split(".")]
    return (
        key[:4] == "    "
        and all(name.isidentifier() for name in names)
        and names[0] not in ("migrations", "settings")
        and "    " + names[1] not in _LISTS
        and "    " + names[1] not in _FLAGS
    )


def _pairs(text: str) -> "Pairs | None":
    """The pairs between the brackets of a list; None: not only plain pairs."""
    if _SWAPPABLE in text:
        text = _spell_out(text)
    quote = "'" if "'" in text else '"'
    pieces = text.split(quote)
    if len(pieces) == 1:
        return None if text.strip(" \n") else ()
    if len(pieces) % 4 != 1 or pieces[0].strip(" \n") != "(":
        return None
    for comma in pieces[2::4]:
        if comma != ", " and comma.strip(" \n") != ",":
            return None
    for between in pieces[4:-1:4]:
        if between.replace(" ", "").replace("\n", "") not in ("),(", ",),("):
            return None
    last = pieces[-1].replace(" ", "").replace("\n", "")
    if last not in (")", "),", ",)", ",),") or "\n" in "".join(pieces[1::2]):
        return None
    return tuple(zip(pieces[1::4], pieces[3::4], strict=True))


def _spell_out(text: str) -> str:
    """Writes swappable dependencies on a setting as the pairs they are read as.

    Inside a string the inserted quotes break the punctuation, so that ``_pairs``
    gives up, as it does on what is left as it stands here.
    """
    quote = '"' if '"' in text else "'"
    at = text.find(_SWAPPABLE)
    while at >= 0:
        end = text.find(")", at)
        setting = text[at + len(_SWAPPABLE) : end]
        if end < 0 or not setting.isidentifier():
            return text
        pair = f"({quote}settings.{setting}{quote}, {quote}__first__{quote})"
        text = text[:at] + pair + text[end + 1 :]
        at = text.find(_SWAPPABLE, at)
    return text
