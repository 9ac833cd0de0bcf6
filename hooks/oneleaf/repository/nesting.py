"""Which folder a path lies in, told by what the folders are, not by their names.

A file system may take ``Shop`` for ``shop``, one form of an accented letter for
another, a short name or a second mount for the folder itself: names alone would say
that a path lies elsewhere.
"""

import os


def below(folder: str, path: str) -> "str | None":
    """The path from a folder on, ``/``-separated; None where it does not lie in it.

    folder, path: absolute; the path need not exist. "" for the folder itself. Links
    above the folder are followed, links below it stay as they are written.
    """
    try:
        wanted = os.stat(folder)
    except OSError:
        return None
    place = os.path.normpath(path)
    names: list[str] = []
    while not _is(place, wanted):
        place, name = os.path.split(place)
        if not name:
            return None
        names.append(name)
    return "/".join(reversed(names))


def _is(place: str, wanted: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(place), wanted)
    except OSError:
        return False
