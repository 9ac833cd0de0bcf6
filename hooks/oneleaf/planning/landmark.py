"""What is published, and what a commit is called: upstream as a drawing needs it."""

import os

from oneleaf.errors import OneleafError
from oneleaf.planning.sides import Sides
from oneleaf.repository import side_names
from oneleaf.repository.revisions import merge_base
from oneleaf.repository.trees import blobs
from oneleaf.upstream import locating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.planning.whose import Names
    from oneleaf.repository.trees import Tree
    from oneleaf.upstream.locating import Upstream


class Landmark:
    """What is known of upstream.

    branch: None where none is known; unknown: why not, where that is a fault. before:
    what it had when the state parted from it; tree: that, and what it has now;
    waiting: what the local branch of its name has.
    """

    __slots__ = ("before", "branch", "tree", "unknown", "waiting")

    def __init__(self, configured: "str | None") -> None:
        self.branch: Upstream | None = None
        self.before: Tree = {}
        self.tree: Tree | None = None
        self.waiting: Tree | None = None
        self.unknown = ""
        try:
            self.branch = locating.find(configured, os.environ)
        except OneleafError as error:
            self.unknown = str(error)

    def look(self, commit: str, names: "Names") -> None:
        """Reads the trees. commit: id of what the state stands on, "" for nothing."""
        if self.branch is None:
            return
        there = self.branch.commit
        base = merge_base(commit, there) if commit else None
        now = blobs(there)
        self.before = blobs(base) if base and base != there else now
        self.tree = {**self.before, **now}
        names.published = self.branch.name
        local = locating.local_branch(self.branch)
        if local and local != there:
            names.waiting = self.branch.name.partition("/")[2]
            self.waiting = blobs(local)

    def name(self, commit: str) -> str:
        """What a commit is called: as upstream where it is there, else by a branch."""
        if self.branch is not None and self.branch.commit == commit:
            return self.branch.name
        return side_names.at(commit)

    def sides(self) -> Sides:
        """Who stays, as far as upstream alone tells it."""
        stays = [] if self.tree is None or self.waiting is None else [self.waiting]
        return Sides(self.tree, stays)
