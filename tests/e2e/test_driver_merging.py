"""The table of the driver's scenarios: history, operation, and where git stops.

The numbers are those of the list of scenarios that ``test_driver_scenarios`` holds;
what needs more than a row has a test of its own beside the others of its kind.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from e2e.clones import (
    CALLED,
    LOCK,
    PEOPLE_LOCK,
    SHARED,
    Call,
    Clone,
    Lay,
    branch,
    grow,
    marked,
    same_app,
    share,
    shared_text,
    two_apps,
    unregister,
)

pytestmark = pytest.mark.e2e

FIRST = "0001_initial"
CONFLICT = marked("0002_color", "0002_weight")
AS_TEXT = "<<<<<<< "


@dataclass(frozen=True)
class Row:
    """A scenario.

    number: of the list; shape: the history; command: git's words; code: its exit code.
    calls: of the driver; unmerged: path -> letters of ``git status``; text: the
    lockfile's, or how it begins where it is AS_TEXT; says: the words of the output;
    check: what ``oneleaf check --all`` finds, "" for nothing, None where it is not asked.
    """

    number: int
    shape: Callable[[Clone], None]
    command: str
    code: int = 0
    calls: tuple[Call, ...] = ()
    unmerged: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    says: str = ""
    path: str = LOCK
    check: str | None = None


def conflict(
    number: int, shape: Callable[[Clone], None], command: str, **more: object
) -> Row:
    """A conflict that the driver made, as two migrations of one app have it."""
    usual = {
        "code": 1,
        "calls": tuple(CALLED),
        "unmerged": {LOCK: "UU"},
        "text": CONFLICT,
    }
    return Row(number, shape, command, **(usual | more))  # type: ignore[arg-type]


def identical(clone: Clone) -> None:
    """Both sides add the same migration."""
    clone.app("shop", "0001_initial", lockfile=True)
    branch(clone, lambda c: c.bump("0002_color"), lambda c: c.bump("0002_color"))


def same_name_other_body(clone: Clone) -> None:
    """Both sides add a migration of one name, and do different things in it."""
    clone.app("shop", "0001_initial", lockfile=True)

    def theirs(c: Clone) -> None:
        c.bump("0002_color")
        c.migration("shop", "0002_color", "0001_initial", atomic=False)

    branch(clone, lambda c: c.bump("0002_color"), theirs)


def only_theirs(clone: Clone) -> None:
    """``feat`` adds a migration, ``main`` something else."""
    clone.app("shop", "0001_initial", lockfile=True)
    branch(clone, lambda c: c.write("notes", "x"), lambda c: c.bump("0002_weight"))


def new_app(clone: Clone) -> None:
    """Both sides add the app ``shop``, with first migrations of their own."""
    clone.write("notes", "x")
    branch(
        clone,
        lambda c: c.app("shop", "0001_ours", lockfile=True),
        lambda c: c.app("shop", "0001_theirs", lockfile=True),
    )


def with_a_third_branch(clone: Clone) -> None:
    """``same_app``, and a branch ``notes`` that touches no app."""
    same_app(clone)
    clone.git("switch", "-q", "-c", "notes", "main~1")
    clone.write("notes", "x")
    clone.commit("notes")
    clone.git("switch", "-q", "main")


def deleted_by_ours(clone: Clone) -> None:
    """``main`` deletes the app that ``feat`` adds a migration to."""
    clone.app("shop", "0001_initial", lockfile=True)
    clone.write("notes", "x")
    branch(clone, lambda c: c.git("rm", "-rq", "shop"), lambda c: c.bump("0002_weight"))


def deleted_by_theirs(clone: Clone) -> None:
    """``feat`` deletes the app that ``main`` adds a migration to."""
    clone.app("shop", "0001_initial", lockfile=True)
    clone.write("notes", "x")
    branch(clone, lambda c: c.bump("0002_color"), lambda c: c.git("rm", "-rq", "shop"))


def renamed(clone: Clone) -> None:
    """``main`` renames the app's folder, ``feat`` adds a migration to it."""
    clone.app("shop", "0001_initial", "0002_color", "0003_size", lockfile=True)
    branch(
        clone,
        lambda c: c.git("mv", "shop", "store"),
        lambda c: c.bump("0004_weight"),
    )


def paired(clone: Clone) -> None:
    """``main`` drops the lockfile of ``people`` and adds ``books``, all of one text."""
    clone.app("people", "0001_initial", lockfile=True)
    clone.app("shop", "0001_initial", lockfile=True)

    def ours(c: Clone) -> None:
        c.git("rm", "-q", PEOPLE_LOCK)
        c.app("books", "0001_initial", lockfile=True)

    branch(clone, ours, lambda c: c.bump("0002_age", "people"))


def adjacent(clone: Clone) -> None:
    """Two apps in lines that touch, each side changes one."""
    share(clone, f"people: {FIRST}\nshop: {FIRST}\n", "people", "shop")
    branch(
        clone,
        grow(f"people: {FIRST}\nshop: 0002_color\n", "0002_color"),
        grow(f"people: 0002_age\nshop: {FIRST}\n", "0002_age", "people"),
    )


def apart(clone: Clone) -> None:
    """The same with a blank line between."""
    share(clone, shared_text(people=FIRST, shop=FIRST), "people", "shop")
    branch(
        clone,
        grow(shared_text(people=FIRST, shop="0002_color"), "0002_color"),
        grow(shared_text(people="0002_age", shop=FIRST), "0002_age", "people"),
    )


def three_apps(clone: Clone) -> None:
    """Both sides change ``people``, ours ``books`` and theirs ``shop`` as well."""
    share(clone, shared_text(books=FIRST, people=FIRST, shop=FIRST))
    branch(
        clone,
        grow(shared_text(books="0002_isbn", people="0002_age", shop=FIRST)),
        grow(shared_text(books=FIRST, people="0002_name", shop="0002_color")),
    )


def new_apps_in_one_gap(clone: Clone) -> None:
    """Each side adds an app between the same two."""
    share(clone, shared_text(books=FIRST, shop=FIRST), "books", "shop")

    def ours(c: Clone) -> None:
        c.app("orders", FIRST)
        c.shared(books=FIRST, orders=FIRST, shop=FIRST)

    def theirs(c: Clone) -> None:
        c.app("people", FIRST)
        c.shared(books=FIRST, people=FIRST, shop=FIRST)

    branch(clone, ours, theirs)


def one_new_app_at_two_places(clone: Clone) -> None:
    """Both sides add ``orders``, ours on top and theirs at the end, unsorted."""
    apps = "books", "people", "shop"
    before = shared_text(**dict.fromkeys(apps, FIRST))
    share(clone, before, *apps)

    def ours(c: Clone) -> None:
        c.app("orders", "0001_ours")
        c.write(SHARED, "orders: 0001_ours\n\n" + before)

    def theirs(c: Clone) -> None:
        c.app("orders", "0001_theirs")
        c.write(SHARED, before + "\norders: 0001_theirs\n")

    branch(clone, ours, theirs)


def in_a_row(clone: Clone) -> None:
    """Three commits, each with a migration of ``shop``."""
    clone.app("shop", "0001_initial", lockfile=True)
    clone.commit("first")
    for name in ("0002_color", "0003_size"):
        clone.bump(name)
        clone.commit(name)


def beside_notes(clone: Clone) -> None:
    """``same_app`` with a folder that is no app."""
    clone.app("shop", "0001_initial", lockfile=True)
    clone.write("notes/today", "x")
    branch(clone, lambda c: c.bump("0002_color"), lambda c: c.bump("0002_weight"))


def on_feat(clone: Clone) -> None:
    """``same_app`` with ``feat`` checked out."""
    same_app(clone)
    clone.git("switch", "-q", "feat")


def behind_feat(clone: Clone) -> None:
    """``same_app`` before ``main`` went on."""
    same_app(clone)
    clone.git("reset", "-q", "--hard", "main~1")


def edited(clone: Clone) -> None:
    """``same_app`` and a change of the lockfile that is not committed."""
    same_app(clone)
    clone.write(LOCK, "0003_local\n")


def sparse(clone: Clone) -> None:
    """``beside_notes`` without the app in the work tree."""
    beside_notes(clone)
    clone.git("sparse-checkout", "set", "--cone", "notes")
    assert not (clone.path / LOCK).exists()


def unarmed(shape: Callable[[Clone], None]) -> Callable[[Clone], None]:
    """The same history in a clone in which nobody installed anything."""

    def without(clone: Clone) -> None:
        shape(clone)
        unregister(clone)

    without.__name__ = f"{shape.__name__}_unarmed"
    return without


MERGE = "merge --no-edit "
ALL_FIRST = dict.fromkeys(("books", "orders", "people", "shop"), FIRST)
BUMPED = shared_text(people="0002_age", shop="0002_color")
SHARED_CALLED = (Call(7, SHARED),)
TWO_LEAVES = "OL102 app shop has 2 leaf nodes: 0002_color, 0002_weight"
UPSTREAM = "ours has 0002_color, theirs 0002_weight (in a rebase, ours is upstream)\n"

ROWS = [
    conflict(1, same_app, MERGE + "feat", says="app shop: ours has 0002_color, theirs 0002_weight"),
    Row(2, two_apps, MERGE + "feat", text="0002_color\n", check=""),
    Row(2, two_apps, MERGE + "feat", text="0002_age\n", path=PEOPLE_LOCK),
    Row(3, adjacent, MERGE + "feat", calls=SHARED_CALLED, text=BUMPED, path=SHARED),
    Row(3, unarmed(adjacent), MERGE + "feat", 1, unmerged={SHARED: "UU"}),
    Row(4, unarmed(apart), MERGE + "feat", text=BUMPED, path=SHARED, check=""),
    Row(5, three_apps, MERGE + "feat", 1, SHARED_CALLED, {SHARED: "UU"}, path=SHARED, text=(
        "books: 0002_isbn\n\n"
        "<<<<<<< ours\npeople: 0002_age\n=======\npeople: 0002_name\n>>>>>>> theirs\n\n"
        "shop: 0002_color\n"
    ), says="oneleaf: app people: ours has 0002_age, theirs 0002_name\n"),
    Row(6, new_apps_in_one_gap, MERGE + "feat", calls=SHARED_CALLED, text=shared_text(**ALL_FIRST), path=SHARED, check=""),
    Row(6, unarmed(new_apps_in_one_gap), MERGE + "feat", 1, unmerged={SHARED: "UU"}),
    conflict(7, new_app, MERGE + "feat", unmerged={LOCK: "AA"}, text=marked("0001_ours", "0001_theirs")),
    Row(8, one_new_app_at_two_places, MERGE + "feat", 1, SHARED_CALLED, {SHARED: "UU"}, says="oneleaf: app orders: ours has 0001_ours, theirs 0001_theirs\n"),
    Row(8, unarmed(one_new_app_at_two_places), MERGE + "feat", check="OL203\0orders is here twice"),
    Row(9, identical, MERGE + "feat", text="0002_color\n"),
    Row(10, same_name_other_body, MERGE + "feat", 1, unmerged={"shop/migrations/0002_color.py": "AA"}),
    Row(11, only_theirs, MERGE + "feat", text="0002_weight\n"),
    Row(12, behind_feat, MERGE + "--ff-only feat", text="0002_weight\n"),
    conflict(13, on_feat, "rebase --merge main", says=UPSTREAM),
    conflict(13, on_feat, "rebase --interactive main", says=UPSTREAM),
    conflict(13, on_feat, "rebase --rebase-merges main", says=UPSTREAM),
    conflict(13, on_feat, "rebase -X ours main", says=UPSTREAM),
    conflict(13, on_feat, "rebase -X theirs main", says=UPSTREAM),
    conflict(14, on_feat, "rebase --apply main", says=UPSTREAM),
    conflict(17, same_app, "pull --no-rebase --no-edit . feat", says="theirs 0002_weight (in a pull, theirs is what was fetched)\n"),
    conflict(17, same_app, "pull --rebase . feat", text=marked("0002_weight", "0002_color"), says="theirs 0002_color (in a rebase, ours is upstream)\n"),
    conflict(18, same_app, "cherry-pick feat"),
    conflict(18, same_app, "cherry-pick -n feat"),
    conflict(18, same_app, "cherry-pick -X theirs feat"),
    conflict(18, same_app, "cherry-pick -X ours feat"),
    conflict(19, in_a_row, "revert --no-edit HEAD~1", text=marked("0003_size", FIRST)),
    Row(20, in_a_row, "revert --no-edit HEAD", text="0002_color\n", check=""),
    conflict(25, edited, "checkout -q -m feat", code=0, text=marked("0002_weight", "0003_local")),
    conflict(25, edited, "switch -q -m feat", code=0, text=marked("0002_weight", "0003_local")),
    Row(27, with_a_third_branch, MERGE + "feat notes", 2, text="0002_color\n"),
    Row(27, with_a_third_branch, MERGE + "notes feat", 1, unmerged={LOCK: "UU"}, text=AS_TEXT),
    Row(29, same_app, MERGE + "-s resolve feat", 1, unmerged={LOCK: "UU"}, text=AS_TEXT),
    conflict(30, same_app, MERGE + "-X ours feat"),
    conflict(30, same_app, MERGE + "-X theirs feat"),
    conflict(30, same_app, MERGE + "-s recursive feat"),
    Row(30, unarmed(same_app), MERGE + "-X ours feat", check=TWO_LEAVES),
    Row(30, unarmed(same_app), MERGE + "-X theirs feat", check=TWO_LEAVES),
    Row(31, same_app, MERGE + "-s ours feat", text="0002_color\n", check=""),
    conflict(32, same_app, MERGE + "--squash feat"),
    Row(37, deleted_by_ours, MERGE + "feat", 1, unmerged={LOCK: "DU"}),
    Row(37, deleted_by_theirs, MERGE + "feat", 1, unmerged={LOCK: "UD"}),
    Row(38, renamed, MERGE + "feat", 1, unmerged={"store/migrations/0004_weight.py": "UA"}, says="CONFLICT (file location)"),
    Row(39, paired, MERGE + "feat", text="0002_age\n", path="books/migrations/max_migration.txt", check="OL201\0OL202 the lockfile of app books names 0002_age"),
    Row(42, unarmed(same_app), MERGE + "feat", 1, unmerged={LOCK: "UU"}, text="<<<<<<< HEAD\n0002_color\n=======\n0002_weight\n>>>>>>> feat\n"),
    conflict(58, sparse, MERGE + "feat"),
]  # fmt: skip


@pytest.mark.parametrize(
    "row", ROWS, ids=lambda row: f"{row.number}-{row.shape.__name__}-{row.command}"
)
def test_git_stops_where_it_should_and_leaves_what_it_should(
    lay: Lay, row: Row
) -> None:
    clone = lay(row.shape)
    clone.calls()
    before = clone.head("%H")
    said = clone.git(*shlex.split(row.command), ok=(row.code,))
    assert clone.calls() == [*row.calls]
    unmerged = clone.unmerged()
    if row.number == 37:  # git's own conflict of the deletion also names the migration
        unmerged = {path: state for path, state in unmerged.items() if path == LOCK}
    assert unmerged == row.unmerged
    if row.text == AS_TEXT:
        assert clone.read(row.path).startswith(AS_TEXT)
    elif row.text is not None:
        assert clone.read(row.path) == row.text
    assert row.says in said
    plain_merge = (
        row.command.startswith((MERGE, "pull --no-rebase"))
        and "--squash" not in row.command
    )
    assert clone.has("MERGE_HEAD") == (row.code == 1 and plain_merge)
    if row.code == 2:
        assert (clone.head("%H"), clone.status()) == (before, "")
    if row.check is not None:
        done = clone.oneleaf("check", "--all")
        assert done.code == int(row.check != ""), done.out
        assert all(word in done.out for word in row.check.split("\0"))


def test_a_conflict_has_all_three_stages_and_names_the_next_command(lay: Lay) -> None:
    """Scenario 1."""
    clone = lay(same_app)
    said = clone.git("merge", "feat", ok=(1,))
    assert clone.stages() == {1: FIRST, 2: "0002_color", 3: "0002_weight"}
    assert (
        "oneleaf: to put one chain after the other, run: oneleaf rebase shop\n" in said
    )


def test_the_strategy_ours_drops_their_migrations_too(lay: Lay) -> None:
    """Scenario 31."""
    clone = lay(same_app)
    clone.git("merge", "--no-edit", "-s", "ours", "feat")
    assert not (clone.path / "shop/migrations/0002_weight.py").exists()


def test_a_migration_for_a_renamed_app_conflicts_without_renames(lay: Lay) -> None:
    """Scenario 38. git 2.50 was the first whose ``ort`` takes the option to its word."""
    clone = lay(renamed)
    said = clone.git("merge", "--no-edit", "-X", "no-renames", "feat", ok=(1,))
    located = list(clone.unmerged()) == ["store/migrations/0004_weight.py"]
    assert located or clone.unmerged() == {LOCK: "DU"}
    assert f"CONFLICT ({'file location' if located else 'modify/delete'})" in said


def three_lockfiles(clone: Clone) -> None:
    """Both sides add a migration to each of three apps."""
    labels = "books", "people", "shop"
    for label in labels:
        clone.app(label, "0001_initial", lockfile=True)

    def side(name: str) -> Callable[[Clone], None]:
        def bump_all(c: Clone) -> None:
            for label in labels:
                c.bump(name, label)

        return bump_all

    branch(clone, side("0002_ours"), side("0002_theirs"))


def test_three_lockfiles_conflict_one_by_one(lay: Lay) -> None:
    """Scenario 69."""
    clone = lay(three_lockfiles)
    said = clone.git("merge", "--no-edit", "feat", ok=(1,))
    paths = {
        f"{label}/migrations/max_migration.txt": "UU"
        for label in ("books", "people", "shop")
    }
    assert clone.unmerged() == paths
    assert {call.path for call in clone.calls()} == set(paths)
    assert said.count("oneleaf: app ") == 3
    for path in paths:
        assert clone.read(path) == marked("0002_ours", "0002_theirs")


def test_git_refuses_over_a_changed_lockfile_and_nothing_is_left_behind(
    lay: Lay,
) -> None:
    """Scenario 70."""
    clone = lay(same_app)
    clone.write(LOCK, "0001_initial\n")
    clone.git("merge", "--no-edit", "feat", ok=(2,))
    assert clone.calls() == CALLED
    assert clone.status() == f" M {LOCK}\n"
    assert clone.read(LOCK) == "0001_initial\n"
    assert not clone.has("MERGE_HEAD")


def test_git_refuses_over_a_staged_lockfile_before_the_driver_is_called(
    lay: Lay,
) -> None:
    """Scenario 70."""
    clone = lay(same_app)
    clone.write(LOCK, "0001_initial\n")
    clone.add()
    clone.git("merge", "--no-edit", "feat", ok=(1, 2))
    assert clone.calls() == []
    assert clone.status() == f"M  {LOCK}\n"


def test_octopus_merges_two_apps_with_a_blank_line_between(lay: Lay) -> None:
    """Scenario 28."""
    clone = lay(apart)
    clone.git("branch", "ours")
    clone.git("reset", "-q", "--hard", "main~1")
    clone.write("notes", "x")
    clone.commit("notes")
    clone.git("merge", "--no-edit", "feat", "ours")
    assert clone.calls() == []
    assert clone.read(SHARED) == shared_text(people="0002_age", shop="0002_color")
