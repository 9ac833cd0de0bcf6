"""``.gitattributes``: the line that sends lockfiles to the driver, and what beats it.

Pure: bytes and paths in, bytes and places out. The rules are those of gitattributes(5):
the last line that matches decides, a nearer file beats a farther one, and
``$GIT_DIR/info/attributes`` beats them all.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from oneleaf.config import Config

FILE = ".gitattributes"
DRIVER = "oneleaf"
_GLOB = "*?[\\"


def line(config: "Config") -> str:
    """The line for the configured lockfile: at every depth, or for the one shared path.

    As gitattributes(5) wants patterns: glob characters and a leading ``#`` or ``!``
    with a backslash, blanks and what is no ASCII quoted as in C. Without a newline.
    """
    path = ("/" if config.shared else "") + config.lockfile
    pattern = "".join("\\" + c if c in _GLOB else c for c in path)
    if pattern.startswith(("#", "!", '"')):
        pattern = "\\" + pattern
    if any(c in ' \t"' for c in pattern) or not pattern.isprintable():
        pattern = _c_quoted(pattern)
    return f"{pattern} merge={DRIVER}"


def _c_quoted(pattern: str) -> str:
    parts = []
    for byte in pattern.encode("utf-8", "surrogateescape"):
        character = chr(byte)
        if character in '"\\':
            parts.append("\\" + character)
        else:
            parts.append(character if 32 <= byte < 127 else f"\\{byte:03o}")
    return '"' + "".join(parts) + '"'


def appended(content: bytes, text: str) -> bytes:
    """The file with ``text`` as its last line; nothing else in it changes."""
    end = b"\r\n" if b"\r\n" in content else b"\n"
    if content and not content.endswith(b"\n"):
        content += end
    return content + text.encode("utf-8", "surrogateescape") + end


def needs_line(content: bytes, text: str) -> bool:
    """Whether the line is missing, or is above another that is about merging."""
    about = [words for _, words in _lines(content) if _is_about_merging(words)]
    return not about or about[-1] != text.encode("utf-8", "surrogateescape").split()


def overriding(files: "Iterable[tuple[str, bytes]]") -> "tuple[str, int, str] | None":
    """The first line that can send a lockfile elsewhere: its file, number and text.

    files: names and contents, the strongest first. Patterns are not matched: git
    itself said that something overrides; this says where to look.
    """
    for name, content in files:
        found = [
            (number, words)
            for number, words in _lines(content)
            if _is_about_merging(words) and f"merge={DRIVER}".encode() not in words
        ]
        if found:
            number, words = found[-1]
            return name, number, b" ".join(words).decode("utf-8", "surrogateescape")
    return None


def candidates(path: str) -> "list[str]":
    folders = path.split("/")[:-1]
    heads = ["/".join(folders[:n]) for n in range(len(folders), -1, -1)]
    return [f"{head}/{FILE}" if head else FILE for head in heads]


def not_ours(answers: "Sequence[tuple[str, str]]") -> "list[tuple[str, str]]":
    return [(path, value) for path, value in answers if value != DRIVER]


def parse_answers(raw: bytes) -> "list[tuple[str, str]]":
    fields = raw.decode("utf-8", "surrogateescape").split("\0")
    return list(zip(fields[0::3], fields[2::3], strict=False))


def _lines(content: bytes) -> "list[tuple[int, list[bytes]]]":
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    split = [(number, text.split()) for number, text in enumerate(lines, 1)]
    return [(n, words) for n, words in split if words and not words[0].startswith(b"#")]


def _is_about_merging(words: "list[bytes]") -> bool:
    return any(
        word.partition(b"=")[0].lstrip(b"-!") in (b"merge", b"binary")
        for word in words[1:]
    )
