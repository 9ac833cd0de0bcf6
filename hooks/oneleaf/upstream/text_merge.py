"""The three-way merge of texts, by git's own engine, without touching the repository.

``git merge-file`` reads files, so the texts are handed over in memory where the system
has files there, else in a temporary folder.
"""

import os

from oneleaf.repository import git

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

_LABELS = ("-L", "ours", "-L", "base", "-L", "theirs")


def merge(
    base: bytes, ours: bytes, theirs: bytes, marker_size: int = 7
) -> "tuple[bytes, bool]":
    """The merged text, with markers where both sides changed the same lines.

    Second: whether it is clean. Contents that git takes for binary are ours and not
    clean (git-merge-file(1)).
    """
    command = ("merge-file", "-p", "-q", f"--marker-size={marker_size}", *_LABELS)
    with _files((ours, base, theirs)) as paths:
        try:
            code, text = git.run_code(*command, *paths, ok=tuple(range(128)))
        except git.GitError:
            return ours, False
    return text, code == 0


def _files(contents: "Sequence[bytes]") -> "AbstractContextManager[list[str]]":
    from contextlib import contextmanager

    in_memory = hasattr(os, "memfd_create") and os.path.isdir("/proc/self/fd")
    return contextmanager(_in_memory if in_memory else _in_a_folder)(contents)


def _in_memory(contents: "Sequence[bytes]") -> "Iterator[list[str]]":
    """Paths that a child opens the contents by; gone with their descriptors."""
    descriptors: list[int] = []
    try:
        for content in contents:
            # Not closed on exec: git opens them by their numbers.
            descriptors.append(os.memfd_create("oneleaf", 0))
            view = memoryview(content)
            while view:
                view = view[os.write(descriptors[-1], view) :]
        yield [f"/proc/self/fd/{number}" for number in descriptors]
    finally:
        for number in descriptors:
            os.close(number)


def _in_a_folder(contents: "Sequence[bytes]") -> "Iterator[list[str]]":
    import tempfile

    with tempfile.TemporaryDirectory(prefix="oneleaf-") as folder:
        paths = [os.path.join(folder, str(n)) for n in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            with open(path, "wb") as file:
                file.write(content)
        yield paths
