"""The one command that ``oneleaf db status`` ends with."""

from __future__ import annotations

import pytest

from oneleaf.database.status.inspection import DatabaseReport, Trouble, command


def report(
    *troubles: Trouble, alias: str = "default", restorable: bool = False
) -> DatabaseReport:
    made = DatabaseReport(alias, "sqlite")
    made.troubles = list(troubles)
    made.restorable = restorable
    return made


def trouble(kind: str, app: str = "shop", now: str = "", held: str = "") -> Trouble:
    return Trouble(kind, (app, "0002_x"), "", now=now, held=held, name="color")


RENAMED = trouble("ghost", now="0003_x")
ELSEWHERE = trouble("ghost", held="commit 1a2b3c (branch feature)")
OTHER_APP = trouble("ghost", "people", held="commit 1a2b3c (branch feature)")
NOWHERE = trouble("ghost")
DRIFT = trouble("drift")
EDITED = trouble("edited", held="shop/migrations/0002_x.py")
SEARCH = "git log --all --oneline -Scolor -- '*/migrations/*.py'"


@pytest.mark.parametrize(
    ("troubles", "expected"),
    [
        pytest.param((), "", id="nothing"),
        pytest.param((RENAMED,), "oneleaf db adopt", id="renamed"),
        pytest.param((trouble("order"),), "oneleaf db adopt", id="order"),
        pytest.param((trouble("moved"),), "oneleaf db adopt", id="a shifted chain"),
        pytest.param((ELSEWHERE,), "oneleaf db rollback shop", id="on a branch"),
        pytest.param((ELSEWHERE, OTHER_APP), "oneleaf db rollback", id="two apps"),
        pytest.param((RENAMED, ELSEWHERE), "oneleaf db rollback shop", id="only some"),
        pytest.param((RENAMED, DRIFT), "oneleaf db adopt", id="drift comes with it"),
        pytest.param((NOWHERE,), "git fsck --lost-found", id="nowhere"),
        pytest.param((DRIFT,), SEARCH, id="drift alone"),
        pytest.param((EDITED,), "git log -p -- shop/migrations/0002_x.py", id="edited"),
        pytest.param(
            (trouble("history"), RENAMED), "oneleaf check --all", id="files first"
        ),
    ],
)
def test_the_command_fits_what_was_found(
    troubles: tuple[Trouble, ...], expected: str
) -> None:
    assert command([report(*troubles)]) == expected


@pytest.mark.parametrize("found", [NOWHERE, DRIFT], ids=["nowhere", "drift"])
def test_a_backup_is_offered_where_there_is_one(found: Trouble) -> None:
    assert command([report(found, restorable=True)]) == "oneleaf db restore"


def test_the_first_database_with_anything_comes_first_by_its_alias() -> None:
    reports = [report(), report(RENAMED, alias="log"), report(NOWHERE, alias="more")]
    assert command(reports) == "oneleaf db adopt --database log"


def test_a_command_of_gits_takes_no_alias() -> None:
    assert command([report(EDITED, alias="log")]).startswith("git log -p -- shop")
