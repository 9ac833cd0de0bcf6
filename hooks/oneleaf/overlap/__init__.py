"""What both sides of a conflict touch, told from the text of their migrations.

``read_operations`` reads one migration file; ``overlaps`` compares the operations of
both sides, ``between`` those of named migrations; ``opaque`` lists those that cannot be told; ``describe`` puts a key in words.
The values are ``Operation`` (one entry of a file) and ``Overlap`` (what two share).

Each operation is given the keys it writes and the keys it reads; two operations
overlap where one writes what the other writes or reads. Keys:

``m:app.model``, ``f:app.model.field``, ``o:app.model.option``, ``i:name`` (an index
or a constraint) and ``t:table``. Model names are in lower case, as in Django's
``ProjectState``; names of indexes and tables carry no app, a schema holds them all.
A model named by a setting is ``m:settings.AUTH_USER_MODEL``.

Nothing is executed. What cannot be told by reading makes an operation opaque.
"""

from oneleaf.overlap.comparing import Overlap, between, describe, opaque, overlaps
from oneleaf.overlap.operation import Operation
from oneleaf.overlap.reading import read_operations

__all__ = [
    "Operation",
    "Overlap",
    "between",
    "describe",
    "opaque",
    "overlaps",
    "read_operations",
]
