"""The list of scenarios, and where each is held; the same index on every git.

The end-to-end tests of the driver name the scenarios they hold in their docstrings.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e import test_driver_criss_cross as criss_cross
from e2e import test_driver_merging as merging
from e2e.clones import SHARED, Clone, Lay, same_app

pytestmark = pytest.mark.e2e


SCENARIOS = dict(
    enumerate(
        """\
merge of one app
merge of two apps with lockfiles of their own
two apps in touching lines of a shared lockfile
two apps with a blank line between, without the driver
one app and another on each side in a shared lockfile
two new apps in one gap of a shared lockfile
one new app on both sides
one new app at two places of a shared lockfile
the same migration on both sides
one migration name with two bodies
only theirs changed
fast-forward
rebase with the merge backend
rebase with the apply backend
rebase of two migrations, the first renumbered
rebase of two migrations, theirs taken at the first
pull with a rebase and with a merge
cherry-pick, without a commit, and preferring a side
revert of an older migration
revert of the newest migration
stash pop
rebase that stashes a changed lockfile
patches applied with a merge
patches applied without a merge
checkout and switch with a changed lockfile
a conflict made again after it was resolved
octopus of one app
octopus of two apps
strategy resolve
merge preferring a side
strategy ours
squashing merge
criss-cross in which one app diverges again
criss-cross of two apps in a shared lockfile
criss-cross resolved alike, one side goes on
criss-cross in which one side kept its name
app deleted on one side, changed on the other
app renamed on one side, changed on the other
lockfile taken for another app's renamed one
attribute on the side that is merged in
union after our line
configuration missing
tool deleted
driver raises, is interrupted, cannot read
input that is no lockfile
CRLF against LF
clone that converts line ends
blanks and newlines at the end
marker size of the attribute
conflict style with a base
rerere replays a resolution
paths with characters of the shell
tool in a path with characters of the shell
linked work trees, of a submodule too
submodule without a configuration
bare repository with attributes of a tree and of its own
merge-tree in a work tree
sparse checkout without the app
fresh clone armed by a hook
new revision of the hook repository
foreign driver in our section
uninstall
section without a driver
clean merge that forgot a lockfile
resolution that keeps two leaf nodes
merge committed by hand
rebase continued with two leaf nodes
push of a branch that is not checked out
three lockfiles in one merge
merge over a changed lockfile
every supported git alike""".splitlines(),
        start=1,
    )
)


def held() -> set[int]:
    """The numbers in the table, and in the docstrings of the end-to-end tests."""
    numbers = {row.number for row in merging.ROWS}
    for path in Path(__file__).parent.glob("test_driver_*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found = re.match(
                    r"Scenarios? ([\d, ]+)\.", ast.get_docstring(node) or ""
                )
                numbers.update(map(int, found[1].split(", ")) if found else ())
    return numbers


def test_every_scenario_of_the_list_is_held_by_a_test() -> None:
    assert held() == set(SCENARIOS) == set(range(1, 72))


INDEXES = [
    pytest.param(
        same_app,
        {
            "1 shop/migrations/max_migration.txt": "0001_initial",
            "2 shop/migrations/max_migration.txt": "0002_color",
            "3 shop/migrations/max_migration.txt": "0002_weight",
        },
        id="same-app",
    ),
    pytest.param(
        merging.new_app,
        {
            "2 shop/migrations/max_migration.txt": "0001_ours",
            "3 shop/migrations/max_migration.txt": "0001_theirs",
        },
        id="new-app",
    ),
    pytest.param(
        criss_cross.one_kept_the_inner_name,
        {
            "1 shop/migrations/max_migration.txt": (
                "<<<<<<<<< ours\n0002_color\n=========\n0002_weight\n>>>>>>>>> theirs"
            ),
            "2 shop/migrations/max_migration.txt": "0002_color",
            "3 shop/migrations/max_migration.txt": "0003_join",
        },
        id="criss-cross",
    ),
    pytest.param(
        merging.deleted_by_ours,
        {
            "1 shop/migrations/max_migration.txt": "0001_initial",
            "3 shop/migrations/max_migration.txt": "0002_weight",
        },
        id="deleted",
    ),
    pytest.param(
        merging.adjacent,
        {f"0 {SHARED}": "people: 0002_age\n\nshop: 0002_color"},
        id="shared",
    ),
    pytest.param(
        merging.three_apps,
        {
            f"1 {SHARED}": "books: 0001_initial\n\npeople: 0001_initial\n\nshop: 0001_initial",
            f"2 {SHARED}": "books: 0002_isbn\n\npeople: 0002_age\n\nshop: 0001_initial",
            f"3 {SHARED}": "books: 0001_initial\n\npeople: 0002_name\n\nshop: 0002_color",
        },
        id="shared-conflict",
    ),
]


@pytest.mark.parametrize(("shape", "expected"), INDEXES)
def test_the_index_after_a_merge_is_the_same_on_every_git(
    lay: Lay, shape: Callable[[Clone], None], expected: dict[str, str]
) -> None:
    """Scenario 71. Run with ``ONELEAF_TEST_GIT`` it holds for that git too."""
    clone = lay(shape)
    clone.git("merge", "--no-edit", "feat", ok=(0, 1))
    listed = clone.git("ls-files", "-s", "--", "*max_migration.txt", SHARED)
    found = {}
    for line in listed.splitlines():
        _, blob, stage, path = line.split()
        found[f"{stage} {path}"] = clone.git("cat-file", "blob", blob).rstrip("\n")
    assert by_line(found) == by_line(expected)


def by_line(texts: dict[str, str]) -> dict[str, list[str]]:
    """The lines of each text in order: git tells no merge base from another."""
    return {name: sorted(text.split("\n")) for name, text in texts.items()}
