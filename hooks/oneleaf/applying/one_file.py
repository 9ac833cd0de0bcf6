"""One file written whole, where git may not be at hand.

No journal: there is no plan that holds several files together, and one rename is
all or nothing by itself.
"""

import os

from oneleaf.applying import durable, judging
from oneleaf.errors import Refused
from oneleaf.planning.plan import Plan


def write(top: str, path: str, data: bytes) -> None:
    """Writes ``data`` to the file at ``path``, relative to ``top``; keeps its mode.

    A link inside ``top`` is followed. Raises Refused, with the file as it was, for one
    that leads out of it, and where nothing can be written.
    """
    real = judging.inside(top, path)
    place = os.path.join(os.path.realpath(top), real)
    plan = Plan((), {real: data}, expected={real: judging.content(place)})
    (entry,) = judging.entries(os.path.realpath(top), plan)
    name = f".oneleaf-{os.urandom(4).hex()}.new"
    beside = os.path.join(os.path.dirname(place), name)
    try:
        try:
            durable.write(beside, data, entry.mode)
            durable.patiently(os.replace, beside, place)
        except BaseException:
            durable.remove(beside)
            raise
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}") from None
    durable.sync_directory(os.path.dirname(place))
