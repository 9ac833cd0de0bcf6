"""The local chains against what upstream has published since they began.

No database is asked. What is published and what is local is git's to say; upstream's
migrations that are not here yet are read from its tree.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps as installed
from django.core.management.commands import makemigrations
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

from oneleaf.database import paper
from oneleaf.database.commuting import Verdict, judge, steps_of
from oneleaf.database.keys import Key
from oneleaf.database.paper import PaperLoader
from oneleaf.database.sources import Sources
from oneleaf.errors import OneleafError
from oneleaf.history import discovery
from oneleaf.repository import revisions, trees


class Comparison:
    """One verdict, on apps whose local migrations depend on each other.

    apps: their labels. mine: their local migrations; upstream: all that upstream has
    published since, of any app.
    """

    __slots__ = ("apps", "mine", "upstream", "verdict")

    def __init__(
        self,
        apps: "list[str]",
        mine: "list[Key]",
        upstream: "list[Key]",
        verdict: Verdict,
    ) -> None:
        self.apps = apps
        self.mine = mine
        self.upstream = upstream
        self.verdict = verdict


def compare(sources: Sources, since: str = "") -> "list[Comparison]":
    """A verdict for each group of apps that have local migrations.

    since: the commit that the local chains began on, "" for the one git knows. Raises
    OneleafError where no upstream branch is known, Refused where there is no history.
    """
    if sources.upstream is None:
        msg = (
            "no upstream branch is here; `git fetch` it, or name it as `upstream` in"
            " [tool.oneleaf]"
        )
        raise OneleafError(msg)
    new = _published_since(sources, fork(sources.upstream.commit, since))
    loader = paper.load(more=_not_here(sources, new))
    order = paper.plan(loader)
    mine = [k for k in order if sources.is_ours(k) and not sources.is_published(k)]
    theirs = [k for k in order if k in new and not _only_replaces(loader, k, new)]
    return [
        _judged(loader, group, theirs, order, mine) for group in _groups(loader, mine)
    ]


def fork(commit: str, since: str = "") -> str:
    """Id of the commit that the local work began on.

    After a rebase or merge that is no longer where the branches part: ORIG_HEAD is
    what the branch was before (gitrevisions(7)).
    """
    starts = [revisions.commit_id(since)] if since else [revisions.commit_id("HEAD")]
    starts += [] if since else [revisions.commit_of("ORIG_HEAD")]
    bases = [revisions.merge_base(start, commit) for start in starts if start]
    return next((base for base in bases if base and base != commit), commit)


def _published_since(sources: Sources, commit: str) -> "set[Key]":
    """Migrations in upstream's tree that are not in that commit's."""
    before = trees.blobs(commit)
    labels = {package.directory: label for label, package in sources.packages.items()}
    found = set()
    for path in sources.published.keys() - before.keys():
        directory, _, name = path.rpartition("/")
        if directory in labels and discovery.is_module(name):
            found.add((labels[directory], name.removesuffix(".py")))
    return found


def _not_here(sources: Sources, new: "set[Key]") -> "dict[Key, Migration]":
    """Those of upstream's that have no file here, loaded from its tree."""
    return {
        key: sources.load(key, sources.text(sources.published[sources.path(key)]))
        for key in sorted(new)
        if sources.on_disk(key) is None
    }


def _only_replaces(loader: PaperLoader, key: Key, new: "set[Key]") -> bool:
    """Whether a squash stands for nothing but what was published before."""
    replaced = loader.graph.nodes[key].replaces
    return bool(replaced) and not any(tuple(pair) in new for pair in replaced)


def _groups(loader: PaperLoader, mine: "list[Key]") -> "list[set[str]]":
    """Labels of apps, together where their local migrations depend on each other."""
    groups: list[set[str]] = []
    for key in mine:
        parents = {node.key for node in loader.graph.node_map[key].parents}
        labels = {key[0]} | {label for label, name in parents & {*mine}}
        touched = [group for group in groups if group & labels]
        groups = [group for group in groups if group not in touched]
        groups.append(labels.union(*touched))
    return sorted(groups, key=min)


def _judged(
    loader: PaperLoader,
    labels: "set[str]",
    theirs: "list[Key]",
    order: "list[Key]",
    mine: "list[Key]",
) -> Comparison:
    own = [key for key in mine if key[0] in labels]
    base = [key for key in order if key not in {*mine, *theirs}]
    verdict = judge(
        paper.state(loader, base),
        list(steps_of(paper.migrations(loader, own))),
        list(steps_of(paper.migrations(loader, theirs))),
    )
    return Comparison(sorted(labels), own, theirs, verdict)


def unwritten(sources: Sources) -> "Iterator[str]":
    """What ``makemigrations --check`` would complain of, in the repository's apps.

    One line per operation that no migration makes yet. In process, and without the
    command's own look at the database: that would fail on a history to be adopted.
    """
    loader = paper.load()
    kind: Any = getattr(makemigrations.Command, "autodetector", MigrationAutodetector)
    found = kind(
        loader.project_state(), ProjectState.from_apps(installed), MigrationQuestioner()
    ).changes(graph=loader.graph)
    for label in sorted(found.keys() & sources.packages.keys()):
        for migration in found[label]:
            for operation in migration.operations:
                yield f"{label}: {operation.describe()}"


def leaf_conflicts(sources: Sources) -> "dict[str, list[str]]":
    """App label -> its leaf nodes, of apps here that have several."""
    found = paper.load().detect_conflicts()
    return {label: found[label] for label in sorted(found) if label in sources.packages}
