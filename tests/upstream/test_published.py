"""Who has a migration: asked by label, name and content, of one upstream or several."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oneleaf.checking import state as states
from oneleaf.git import git
from oneleaf.project.project import App
from oneleaf.upstream import published_rules
from oneleaf.upstream.published import (
    LOCAL,
    PUBLISHED,
    Apps,
    Published,
    SnapshotFiles,
    Upstream,
    of_state,
)
from repository import Repository, migration, working_in

ONE, TWO = "0001_initial", "0002_color"
SHOP = App("shop", "shop/migrations", {})
MOVED = App("shop", "apps/shop/migrations", {})
OTHER = migration(("shop", ONE), atomic=False)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Repository]:
    """One app of two migrations, on ``main`` and on ``origin/main``; we are in it."""
    repository = Repository.create(tmp_path / "repository")
    repository.app("shop", ONE, TWO)
    repository.commit()
    publish(repository)
    with working_in(repository):
        yield repository


def publish(repository: Repository, branch: str = "origin/main") -> None:
    repository.git("update-ref", f"refs/remotes/{branch}", "HEAD")


def move(repository: Repository, package: str = "apps/shop", label: str = "") -> None:
    """The app's folder moves; its label is said where it is not the folder's name."""
    (repository.path / package).parent.mkdir(exist_ok=True)
    repository.git("mv", "shop", package)
    if label:
        text = "from django.apps import AppConfig\n\n\nclass C(AppConfig):\n"
        name = package.replace("/", ".")
        text += f"    name = {name!r}\n    label = {label!r}\n"
        repository.write(f"{package}/apps.py", text)
    repository.add()


def standing(app: App, name: str, content: str | bytes | None = None) -> str:
    """What the index's migration is, and where."""
    with git.Objects() as objects:
        found = of_state(states.of_index(objects)).standing(app, name, content)
    return f"{found.word} {found.branch}".strip()


def blob(repository: Repository, path: str) -> str:
    return repository.git("rev-parse", f":{path}").strip()


def test_what_upstream_has_is_published_and_nothing_else_is(shop: Repository) -> None:
    shop.migration("shop", "0003_size", TWO)
    shop.add()
    assert standing(SHOP, TWO) == "published origin/main"
    assert standing(SHOP, "0003_size") == LOCAL
    assert standing(App("cart", "cart/migrations", {}), ONE) == LOCAL


@pytest.mark.parametrize(
    ("package", "label"),
    [
        pytest.param("apps/shop", "", id="the folder of its package"),
        pytest.param("store", "shop", id="a package of another name"),
        pytest.param("apps/store", "shop", id="both"),
    ],
)
def test_an_app_that_moves_keeps_its_published_migrations(
    shop: Repository, package: str, label: str
) -> None:
    move(shop, package, label)
    app = App("shop", f"{package}/migrations", {})
    assert standing(app, TWO) == "published origin/main"
    assert standing(app, TWO, blob(shop, f"{app.directory}/{TWO}.py")).startswith(
        PUBLISHED
    )
    shop.write(f"{app.directory}/{TWO}.py", OTHER)
    shop.add()
    assert standing(app, TWO, OTHER.encode()) == "published origin/main"
    assert standing(app, "0003_size") == LOCAL


def test_an_app_that_upstream_moved_keeps_them_too(shop: Repository) -> None:
    shop.git("checkout", "-q", "-b", "moves")
    move(shop)
    shop.write(MOVED.path("0003_theirs"), migration(("shop", TWO)))
    shop.commit()
    publish(shop)
    shop.git("checkout", "-q", "main")
    assert standing(SHOP, TWO, blob(shop, SHOP.path(TWO))) == "published origin/main"
    assert standing(SHOP, "0003_theirs") == "published origin/main"


def test_an_empty_package_that_is_left_behind_is_no_app(shop: Repository) -> None:
    move(shop)
    shop.write("shop/__init__.py")
    shop.write("shop/migrations/__init__.py")
    shop.add()
    assert standing(MOVED, TWO) == "published origin/main"


def test_without_any_name_of_a_sibling_the_folder_s_name_is_the_label(
    shop: Repository,
) -> None:
    shop.git("rm", "-q", SHOP.path(TWO))
    shop.commit()
    publish(shop)
    move(shop)
    assert standing(MOVED, ONE) == "published origin/main"


def test_a_label_that_changes_in_place_is_the_same_app(shop: Repository) -> None:
    assert standing(App("store", SHOP.directory, {}), TWO) == "published origin/main"


def test_a_new_app_in_the_folder_of_one_that_moved_has_nothing_published(
    shop: Repository,
) -> None:
    move(shop)
    shop.app("shop", ONE)
    shop.write("shop/migrations/0001_initial.py", migration(initial=True))
    shop.add()
    fresh = App("outlet", SHOP.directory, {})
    assert standing(fresh, ONE, blob(shop, fresh.path(ONE))) == LOCAL


def test_two_projects_of_the_same_labels_are_two(shop: Repository) -> None:
    shop.app("shop", ONE, root="west/")
    shop.add()
    west = App("shop", "west/shop/migrations", {})
    assert standing(west, ONE) == LOCAL
    assert standing(SHOP, ONE) == "published origin/main"


def test_an_edit_is_of_what_is_published(shop: Repository) -> None:
    assert standing(SHOP, TWO, OTHER.encode()) == "published origin/main"
    assert standing(SHOP, TWO, "0" * 40) == "published origin/main"


def test_one_name_that_both_sides_added_is_two_migrations(shop: Repository) -> None:
    shop.git("checkout", "-q", "-b", "theirs")
    shop.migration("shop", "0003_x", TWO)
    shop.commit()
    publish(shop)
    text = shop.read(SHOP.path("0003_x"))
    shop.git("checkout", "-q", "main")
    assert standing(SHOP, "0003_x", OTHER.encode()) == LOCAL
    assert standing(SHOP, "0003_x", text.encode()) == "published origin/main"
    crlf = text.replace("\n", "\r\n").encode()
    assert standing(SHOP, "0003_x", crlf) == "published origin/main"
    assert standing(SHOP, "0003_x") == "published origin/main"


def test_what_is_deleted_or_renamed_here_is_still_published(shop: Repository) -> None:
    shop.git("mv", SHOP.path(TWO), SHOP.path("0002_colour"))
    assert standing(SHOP, TWO) == "published origin/main"
    assert standing(SHOP, "0002_colour") == LOCAL
    shop.git("rm", "-qrf", "shop")
    assert standing(SHOP, TWO) == "published origin/main"


def test_what_upstream_had_when_the_branch_began_is_published(shop: Repository) -> None:
    shop.git("checkout", "-q", "-b", "squashes")
    shop.git("rm", "-q", SHOP.path(TWO))
    shop.commit()
    publish(shop)
    assert standing(SHOP, TWO) == LOCAL
    shop.git("checkout", "-q", "main")
    assert standing(SHOP, TWO) == "published origin/main"


def test_without_an_upstream_all_is_local(shop: Repository) -> None:
    shop.git("update-ref", "-d", "refs/remotes/origin/main")
    assert standing(SHOP, TWO) == LOCAL


def test_before_the_first_commit_upstream_is_asked_all_the_same(
    shop: Repository,
) -> None:
    shop.git("checkout", "-q", "--orphan", "fresh")
    assert standing(SHOP, TWO, OTHER.encode()) == "published origin/main"
    assert standing(SHOP, "0003_size") == LOCAL


def test_nothing_is_read_before_it_is_asked_and_of_an_app_its_folder_alone(
    shop: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    commit = shop.git("rev-parse", "HEAD").strip()
    with git.Objects() as objects:
        state = states.State("index", objects)
        here = SnapshotFiles(lambda: state.snapshot)
        known = Published([Upstream("origin/main", commit)], "index", here, objects)
        assert not trace.exists()
        assert known.standing(SHOP, TWO).word == PUBLISHED
        assert known.standing(SHOP, ONE).word == PUBLISHED
    asked = trace.read_text()
    assert asked.count("cat-file") == 1
    assert "ls-tree" not in asked
    assert "rev-parse" not in asked


def test_for_an_app_that_is_new_no_app_of_upstream_is_read(
    shop: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.app("cart", ONE)
    shop.add()
    monkeypatch.setattr(Apps, "labels", pytest.fail)
    assert standing(App("cart", "cart/migrations", {}), ONE) == LOCAL


def several(repository: Repository) -> tuple[Upstream, Upstream]:
    """``origin/main`` removed 0002_color; ``origin/next`` has it, and another one."""
    repository.git("checkout", "-q", "-b", "next")
    repository.migration("shop", "0003_next", TWO)
    after = repository.commit()
    repository.git("checkout", "-q", "-b", "other", "main")
    repository.git("rm", "-q", SHOP.path(TWO))
    repository.migration("shop", "0003_next", ONE)
    first = repository.commit()
    repository.git("checkout", "-q", "main")
    return Upstream("origin/main", first), Upstream("origin/next", after)


def test_of_several_upstreams_any_may_have_it(shop: Repository) -> None:
    upstreams = several(shop)
    theirs = shop.git("rev-parse", f"next:{SHOP.path('0003_next')}").strip()
    with git.Objects() as objects:
        state = states.of_index(objects)
        known = Published(
            upstreams, "index", SnapshotFiles(lambda: state.snapshot), objects
        )
        found = [
            known.standing(SHOP, TWO),
            known.standing(SHOP, "0003_next"),
            known.standing(SHOP, "0003_next", theirs),
            known.standing(SHOP, "0004_mine"),
        ]
        names = sorted(m.name for m in known.migrations(SHOP))
    assert [f"{each.word} {each.branch}".strip() for each in found] == [
        "published origin/next",
        "published origin/main",
        "published origin/next",
        LOCAL,
    ]
    assert names == [ONE, TWO, "0003_next"]


def edited(*upstreams: Upstream) -> list[str]:
    """Paths of what the index changes of what these have."""
    with git.Objects() as objects:
        state = states.of_index(objects)
        known = Published(
            upstreams, "index", SnapshotFiles(lambda: state.snapshot), objects
        )
        found = published_rules.edits(known, state, state.project.apps)
    return [f"{edit.path} {edit.branch}" for edit in found]


def test_what_one_upstream_removed_may_go_though_another_has_it(
    shop: Repository,
) -> None:
    main, after = several(shop)
    shop.git("rm", "-q", SHOP.path(TWO))
    assert edited(after) == [f"{SHOP.path(TWO)} origin/next"]
    assert edited(main, after) == []
    shop.git("rm", "-q", SHOP.path(ONE))
    assert edited(main, after) == [f"{SHOP.path(ONE)} origin/main"]


def test_an_edit_that_another_upstream_has_just_so_is_none(shop: Repository) -> None:
    head = Upstream("origin/main", shop.git("rev-parse", "HEAD").strip())
    shop.git("checkout", "-q", "-b", "hotfix")
    shop.write(SHOP.path(TWO), OTHER)
    fixed = Upstream("origin/release", shop.commit())
    shop.git("checkout", "-q", "main")
    shop.write(SHOP.path(TWO), OTHER)
    shop.add()
    assert edited(head) == [f"{SHOP.path(TWO)} origin/main"]
    assert edited(head, fixed) == []
