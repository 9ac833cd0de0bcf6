"""What ``rebase`` starts from: the index, the work tree, the sides that meet."""

import os

from oneleaf.checking import states
from oneleaf.planning import healing, in_conflict, proof
from oneleaf.planning.guards import require_apps
from oneleaf.planning.mentions import past
from oneleaf.planning.rebase_state import (
    State,
    add_sides,
    add_work_tree,
    repairs_of_twins,
)
from oneleaf.planning.repairing import mend
from oneleaf.planning.situation import Files, Situation, Wishes
from oneleaf.repository import git, progress, revisions, worktree
from oneleaf.repository import snapshot as snapshots
from oneleaf.upstream import locating

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from oneleaf.history.project import Project
    from oneleaf.planning.line import Key
    from oneleaf.planning.repairing import Repairs
    from oneleaf.repository.progress import Progress
    from oneleaf.repository.worktree import WorkTree
    from oneleaf.upstream.locating import Upstream


class Gathered:
    """A situation and where it was found.

    progress: what git is in the middle of. published: the upstream, None where none
    is known. trees: "ours", "theirs" -> that side's. unmerged: the paths in conflict. untracked: those of the migrations that
    git does not track.
    """

    __slots__ = ("progress", "published", "situation", "trees", "unmerged", "untracked")

    def __init__(
        self,
        situation: Situation,
        progress: "Progress",
        published: "Upstream | None",
        unmerged: "tuple[str, ...]",
        state: "State",
    ) -> None:
        self.situation = situation
        self.trees = state.trees
        self.progress = progress
        self.published = published
        self.unmerged = unmerged
        self.untracked = state.untracked


def gather(
    files: "WorkTree", objects: git.Objects, wishes: Wishes, onto: str = ""
) -> Gathered:
    """The situation in this work tree.

    onto: ``"ours"``, ``"theirs"`` or ``""``. Raises OneleafError for a label that no
    app has and for an upstream that is not there, Refused for a side that cannot be
    told.
    """
    opened = states.of_index(objects)
    index, config = opened.snapshot, opened.config
    now = progress.read(unmerged=bool(index.unmerged))
    published = locating.find(config.upstream, os.environ)
    state = State(index, config)
    add_sides(state, now, published, onto)
    add_work_tree(state, files)
    repairs = repairs_of_twins(state, files, objects)
    state.snapshot = worktree.Overlaid(state.snapshot, repairs.prepared)
    project = states.State(
        opened.name, objects, snapshot=state.snapshot, config=config
    ).project
    require_apps(wishes.labels, project)
    situation = _situation(project, state, repairs, files)
    if mend(situation, repairs, _former(now, objects)):
        mended = proof.planned(project, (), _sources(repairs, project))
        former = situation.former
        situation = _situation(mended, state, repairs, files)
        situation.former = former
    situation = _without_lost(situation, state, repairs, files)
    situation.wishes = wishes
    situation.stages = in_conflict.lockfile_sides(config, index)
    return Gathered(situation, now, published, index.unmerged, state)


def _situation(
    project: "Project", state: State, repairs: "Repairs", files: "WorkTree"
) -> Situation:
    ranks: dict[Key, int] = {}
    for app in project.apps:
        for name in app.migrations:
            path = app.path(name)
            local = path in repairs.origins
            rank = len(state.sides.stays) + 1 if local else state.rank(path)
            ranks[app.directory, name] = rank
    contents = Files(files.read, state.edited, repairs.prepared, repairs.origins)
    return Situation(
        project, proof.build(project), state.config, state.sides, ranks, contents
    )


def _without_lost(
    situation: Situation, state: State, repairs: "Repairs", files: "WorkTree"
) -> Situation:
    """The situation without untracked migrations on something that is not here yet.

    In a rebase that stops early, that is what a later commit brings.
    """
    while True:
        lost = [
            (missing.app.directory, missing.migration)
            for missing in situation.graph.missing
            if missing.app.path(missing.migration) in state.untracked
        ]
        if not lost:
            return situation
        former, project = situation.former, proof.planned(situation.project, lost, {})
        state.untracked -= {f"{directory}/{name}.py" for directory, name in lost}
        situation = _situation(project, state, repairs, files)
        situation.former = former


def _sources(repairs: "Repairs", project: "Project") -> "dict[str, dict[str, bytes]]":
    """directory -> migration name -> prepared content."""
    return {
        app.directory: {
            name: repairs.prepared[app.path(name)]
            for name in app.migrations
            if app.path(name) in repairs.prepared
        }
        for app in project.apps
    }


def _former(now: "Progress", objects: git.Objects) -> "Callable[[str], bytes | None]":
    """What stood at a path in the commits this work comes from, the nearest first."""
    commits = [now.theirs, f"{now.theirs}^"] if now.theirs else []

    def read(path: str) -> "bytes | None":
        names = [f"{commit}:{path}" for commit in [*commits, "ORIG_HEAD", "HEAD"]]
        contents = list(
            objects.read(names)
        )  # all: an answer left unread is the next one's
        return next((content for content in contents if content is not None), None)

    return read


def behind(found: Gathered) -> "list[str]":
    """Labels of apps with local migrations, for which upstream has new ones not here.

    found: with an upstream. Raises OneleafError before the first commit.
    """
    assert found.published is not None
    situation = found.situation
    here, there = revisions.commit_id("HEAD"), found.published.commit
    base = revisions.merge_base(here, there)
    if base is None or base == there:
        return []
    added = {c.path for c in snapshots.changes_between(base, there) if c.status == "A"}
    labels = []
    for app in situation.chosen():
        if not situation.local(app):
            continue
        new = {path for path in added if path.rpartition("/")[0] == app.directory}
        names = {path.rpartition("/")[2] for path in new if path.endswith(".py")}
        if names - {f"{name}.py" for name in app.migrations}:
            labels.append(app.label)
    return labels


def moved_before(found: Gathered, objects: git.Objects) -> "dict[Key, Key]":
    """What an earlier run moved in what is in progress; (app label, name) -> new."""
    return past(
        found.situation,
        list(found.trees.values()),
        lambda blob: next(objects.read([blob])) or b"",
        healing.successor,
    )
