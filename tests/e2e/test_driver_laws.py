"""Laws of whole merges, for random histories of two branches.

With the driver a merge stops exactly where both sides changed the leaf node of one
app differently; without it git's text merge never lets such a pair pass. The first
two laws are held against git's merge of objects that nothing is checked out from, the
last one against ``git merge`` on complete work trees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from e2e.clones import SHARED, Clone, Shapes, shared_text, unregister

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

LABELS = ("books", "orders", "people", "shop")
Form = Callable[[Mapping[str, str]], dict[str, str]]

KINDS = ("add", "add", "merge", "squash", "new", "delete")
WORDS = ("color", "weight")

# An app's migrations in order, the last one being its leaf node; app label -> these.
State = Mapping[str, tuple[str, ...]]
Step = tuple[str, str, str]


def after(state: State, steps: list[Step]) -> State:
    """What a branch makes of the apps."""
    apps = dict(state)
    for label, kind, word in steps:
        chain = apps.get(label)
        if chain is None:
            # Two apps with lockfiles of one text can be taken for one renamed app.
            if kind == "new":
                apps[label] = (f"0001_{label}_{word}",)
        elif kind == "delete":
            del apps[label]
        elif kind == "squash":
            number = chain[-1].rpartition("squashed_")[2][:4]
            apps[label] = (f"0001_squashed_{number}_{label}_{word}",)
        elif kind in ("add", "merge"):
            number = chain[-1].rpartition("squashed_")[2][:4]
            last = "merge" if kind == "merge" else word
            apps[label] = (*chain, f"{int(number) + 1:04}_{label}_{last}")
    return apps


def leaves(state: State) -> dict[str, str]:
    return {label: chain[-1] for label, chain in state.items()}


@dataclass(frozen=True)
class History:
    """Two branches and where they came from."""

    base: State
    ours: State
    theirs: State

    def disputed(self) -> set[str]:
        """The apps whose leaf node both sides changed, differently."""
        base, ours, theirs = map(leaves, (self.base, self.ours, self.theirs))
        return {
            label
            for label in LABELS
            if len({side.get(label) for side in (base, ours, theirs)}) == 3
        }

    def merged(self) -> dict[str, str]:
        """The leaf nodes of a merge without dispute."""
        base, ours, theirs = map(leaves, (self.base, self.ours, self.theirs))
        found = {}
        for label in (*LABELS, "core"):
            kept = ours.get(label)
            name = theirs.get(label) if kept == base.get(label) else kept
            if name is not None:
                found[label] = name
        return found


steps = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from(KINDS), st.sampled_from(WORDS)),
    max_size=5,
)


# Ends of the two sides that differ, whatever came before.
CLASHES = (
    (("add", "color"), ("add", "weight")),
    (("add", "color"), ("merge", "")),
    (("squash", "color"), ("add", "weight")),
    (("squash", "color"), ("squash", "weight")),
    (("delete", ""), ("add", "weight")),
    (("delete", ""), ("squash", "color")),
)


@st.composite
def histories(draw: st.DrawFn, clash: bool | None = None) -> History:
    """Any base, and what some steps make of it on each side.

    clash: whether both sides end with steps on one app that are not the same; None
    leaves it to chance.
    """
    present = draw(st.sets(st.sampled_from(LABELS), min_size=1))
    # The core app is left alone, so that a shared lockfile is never without an entry.
    first: State = {name: (f"0001_{name}_initial",) for name in (*present, "core")}
    base = after(first, draw(steps))
    ours, theirs = draw(steps), draw(steps)
    if clash or (clash is None and draw(st.booleans())):
        label = draw(st.sampled_from(LABELS))
        ends = draw(st.permutations(draw(st.sampled_from(CLASHES))))
        ours.append((label, *ends[0]))
        theirs.append((label, *ends[1]))
    return History(base, after(base, ours), after(base, theirs))


def one_file_per_app(names: Mapping[str, str]) -> dict[str, str]:
    return {
        f"{label}/migrations/max_migration.txt": f"{name}\n"
        for label, name in names.items()
    }


def one_file_for_all(names: Mapping[str, str]) -> dict[str, str]:
    return {SHARED: shared_text(**names)}


def all_in_lines_that_touch(names: Mapping[str, str]) -> dict[str, str]:
    return {
        SHARED: "".join(f"{label}: {name}\n" for label, name in sorted(names.items()))
    }


class Merger:
    """A repository with the driver, and one without, that see the same objects."""

    def __init__(self, shapes: Shapes, folder: Path) -> None:
        self.armed = shapes.armed(folder / "armed")
        self.armed.write(".git/info/attributes", f"{SHARED} merge=oneleaf\n")
        self.plain = shapes.armed(folder / "plain")
        self.plain.write(".git/info/attributes", f"{SHARED} merge=oneleaf\n")
        unregister(self.plain)
        objects = self.armed.path / ".git/objects"
        self.plain.write(".git/objects/info/alternates", f"{objects}\n")

    def commit(self, **branches: dict[str, str]) -> dict[str, str]:
        """Makes a commit of these files for each branch, all but the first on the first.

        Returns the branches' commits, by way of ``git fast-import``.
        """
        marks = self.armed.path.parent / "marks"
        lines: list[str] = []
        for number, (name, files) in enumerate(branches.items(), 1):
            lines += [f"commit refs/heads/{name}", f"mark :{number}"]
            lines += ["committer A <a@example.org> 0 +0000", "data 0"]
            lines += ["from :1"] if number > 1 else []
            lines += ["deleteall"]
            for path, content in files.items():
                lines += [f"M 644 inline {path}", f"data {len(content)}", content]
        stream = self.armed.path.parent / "stream"
        stream.write_text("\n".join([*lines, ""]))
        command = f"git fast-import --quiet --force --export-marks={marks} <{stream}"
        self.armed.run("sh", "-c", command, ok=(0,))
        found = dict(line.split() for line in marks.read_text().splitlines())
        return {name: found[f":{n}"] for n, name in enumerate(branches, 1)}

    def merge(self, clone: Clone, commits: Mapping[str, str]) -> tuple[bool, str]:
        """Whether the merge is clean, and the tree that it comes to."""
        words = ("merge-tree", "--write-tree", commits["ours"], commits["theirs"])
        done = clone.run("git", *words, ok=(0, 1))
        return done.code == 0, done.out.split("\n", 1)[0]

    def tree(self, commit: str) -> str:
        return self.armed.git("rev-parse", f"{commit}^{{tree}}").strip()


@pytest.fixture(scope="module")
def merger(shapes: Shapes, tmp_path_factory: pytest.TempPathFactory) -> Merger:
    """Both repositories, for all examples."""
    return Merger(shapes, tmp_path_factory.mktemp("laws"))


def examples(part: int) -> settings:
    """The profile, with a part of its examples: each of them starts processes."""
    profile = settings()
    return settings(
        profile,
        max_examples=max(profile.max_examples // part, 10),
        suppress_health_check=[HealthCheck.too_slow],
    )


FORMS = pytest.mark.parametrize(
    "form", [one_file_per_app, one_file_for_all, all_in_lines_that_touch]
)


@FORMS
@examples(20)
@given(history=histories())
def test_the_driver_conflicts_exactly_where_one_app_changed_differently(
    merger: Merger, form: Form, history: History
) -> None:
    disputed = history.disputed()
    event("disputed" if disputed else "clean")
    # Lines that touch are set apart in what the driver writes.
    written = one_file_for_all if form is all_in_lines_that_touch else form
    commits = merger.commit(
        base=form(leaves(history.base)),
        ours=form(leaves(history.ours)),
        theirs=form(leaves(history.theirs)),
        merged=form(history.merged()),
        written=written(history.merged()),
    )
    clean, tree = merger.merge(merger.armed, commits)
    assert clean == (not disputed)
    if clean:
        expected = {merger.tree(commits[name]) for name in ("merged", "written")}
        assert tree in expected


@FORMS
@examples(20)
@given(history=histories(clash=True).filter(History.disputed))
def test_text_alone_never_merges_one_app_that_changed_differently(
    merger: Merger, form: Form, history: History
) -> None:
    commits = merger.commit(
        base=form(leaves(history.base)),
        ours=form(leaves(history.ours)),
        theirs=form(leaves(history.theirs)),
    )
    clean, _ = merger.merge(merger.plain, commits)
    assert not clean


@examples(20)
@given(history=histories(clash=False))
def test_text_alone_merges_lockfiles_of_different_apps(
    merger: Merger, history: History
) -> None:
    commits = merger.commit(
        base=one_file_per_app(leaves(history.base)),
        ours=one_file_per_app(leaves(history.ours)),
        theirs=one_file_per_app(leaves(history.theirs)),
    )
    clean, _ = merger.merge(merger.plain, commits)
    assert clean == (not history.disputed())


def work_tree(state: State, form: Form) -> dict[str, str]:
    """Lockfiles and migrations; those of two apps have no line in common."""
    files = form(leaves(state))
    for label, chain in state.items():
        for name in chain:
            lines = "".join(f"# {label}.{name} {number}\n" for number in range(20))
            files[f"{label}/migrations/{name}.py"] = lines
    return files


@pytest.mark.parametrize("form", [one_file_per_app, one_file_for_all])
@examples(80)
@given(history=histories())
def test_a_merge_of_work_trees_stops_at_the_disputed_lockfiles_alone(
    merger: Merger, form: Form, history: History
) -> None:
    commits = merger.commit(
        base=work_tree(history.base, form),
        ours=work_tree(history.ours, form),
        theirs=work_tree(history.theirs, form),
    )
    clone = merger.armed
    clone.git("checkout", "-q", "-f", "--detach", commits["ours"])
    clone.git("clean", "-fdq")
    disputed = history.disputed()
    code = clone.run("git", "merge", "--no-edit", commits["theirs"]).code
    lockfiles = form(dict.fromkeys(disputed, ""))
    assert set(clone.unmerged()) == (set(lockfiles) if disputed else set())
    assert code == (1 if disputed else 0)
