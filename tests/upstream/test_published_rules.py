"""OL301 and OL302: what upstream has is neither edited nor taken away."""

from __future__ import annotations

from pathlib import Path

import pytest

from repository import Done, Repository, migration

ONE, TWO = "shop/migrations/0001_initial.py", "shop/migrations/0002_color.py"


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """One app of two migrations, on ``main`` and on ``origin/main``."""
    repository = Repository.create(tmp_path / "repository")
    repository.app("shop", "0001_initial", "0002_color")
    repository.commit()
    publish(repository)
    return repository


def publish(repository: Repository) -> None:
    """HEAD becomes ``origin/main``."""
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")


def codes(done: Done) -> list[str]:
    """The codes of the findings printed, in order."""
    lines = [line for line in done.out.splitlines() if ": OL" in line]
    return [line.split(": ", 1)[1].split(" ", 1)[0] for line in lines]


def everywhere(repository: Repository) -> list[list[str]]:
    """What a commit's hook, the whole index, and then the commit's tree say."""
    repository.add()
    found = [codes(repository.oneleaf("check", *w)) for w in ((), ("--all",))]
    repository.commit()
    found.append(codes(repository.oneleaf("check", "--rev", "HEAD")))
    return found


PLAIN = migration(("shop", "0001_initial"))
EDITS = {
    "an operation": (PLAIN.replace("= []", "= [1]"), ["OL301"]),
    "an attribute": (migration(("shop", "0001_initial"), atomic=False), ["OL301"]),
    "replaces put in": (
        migration(("shop", "0001_initial"), replaces=[("shop", "0002_x")]),
        ["OL301"],
    ),
    "a dependency put in": (
        migration(("shop", "0001_initial"), ("auth", "0001_initial")),
        ["OL301"],
    ),
    "a comment": ("# Why.\n" + PLAIN, []),
    "a docstring": ('"""Why."""\n' + PLAIN, []),
    "a docstring of the class": (PLAIN.replace("):\n", '):\n    """Why."""\n'), []),
    "line ends": (PLAIN.replace("\n", "\r\n"), []),
    "quotes and prefixes": (PLAIN.replace("'shop'", 'u"shop"'), []),
    "a layout": (PLAIN.replace("operations = []", "operations = [\n    ]"), []),
}


@pytest.mark.parametrize(("source", "expected"), EDITS.values(), ids=EDITS.keys())
def test_an_edit_of_more_than_formatting_is_found(
    shop: Repository, source: str, expected: list[str]
) -> None:
    shop.write(TWO, source)
    assert everywhere(shop) == [expected] * 3


def test_the_finding_says_where_it_is_published_and_what_to_do(
    shop: Repository,
) -> None:
    shop.write(TWO, PLAIN.replace("= []", "= [1]"))
    shop.add()
    blob = shop.git("rev-parse", f":{TWO}").strip()
    assert shop.oneleaf("check").out == (
        f"{TWO}:1: OL301 shop.0002_color is on origin/main and is changed here in more"
        " than formatting; production may have applied it\n"
        f"    hint: run `git checkout origin/main -- {TWO}` and add a new migration, or"
        " accept it under `allow-changed` in [tool.oneleaf]:"
        f" '{TWO}@{blob[:12]}' = 'the reason'\n"
    )


def test_a_deleted_one_is_found(shop: Repository) -> None:
    (shop.path / TWO).unlink()
    assert everywhere(shop) == [["OL302"]] * 3


def test_a_renamed_one_is_found(shop: Repository) -> None:
    shop.git("mv", TWO, "shop/migrations/0002_colour.py")
    assert everywhere(shop) == [["OL302"]] * 3


def test_the_hint_gives_a_renamed_one_its_name_again(shop: Repository) -> None:
    renamed = "shop/migrations/0002_colour.py"
    shop.git("mv", TWO, renamed)
    blob = shop.git("rev-parse", f":{renamed}").strip()
    assert shop.oneleaf("check").out == (
        f"{TWO}:1: OL302 shop.0002_color is on origin/main, but deleted or renamed"
        " here; production may have applied it\n"
        f"    hint: run `git mv {renamed} {TWO}`, or accept it under `allow-changed` in"
        f" [tool.oneleaf]: '{TWO}@{blob[:12]}' = 'the reason'\n"
    )
    shop.git("mv", renamed, TWO)
    assert shop.oneleaf("check").out == ""


def test_the_hint_of_several_restores_them_all(shop: Repository) -> None:
    shop.git("mv", TWO, "shop/migrations/0002_colour.py")
    shop.git("rm", "-q", ONE)
    (hint,) = [
        line for line in shop.oneleaf("check").out.splitlines() if "or accept" in line
    ]
    assert hint.startswith(
        f"    hint: run `git mv shop/migrations/0002_colour.py {TWO}` and"
        f" `git checkout origin/main -- {ONE}`, or accept each under `allow-changed`"
    )


def test_a_whole_app_that_goes_is_one_finding(shop: Repository) -> None:
    shop.git("rm", "-qr", "shop")
    done = shop.oneleaf("check", "--all")
    assert codes(done) == ["OL302"]
    assert "2 migrations from 0001_initial on are on origin/main" in done.out


def test_what_is_not_on_upstream_yet_may_be_edited(shop: Repository) -> None:
    shop.migration("shop", "0003_size", "0002_color")
    shop.commit()
    shop.migration("shop", "0003_size", "0002_color", atomic=False)
    assert everywhere(shop) == [[]] * 3


def test_a_reviewed_entry_accepts_that_content_alone(shop: Repository) -> None:
    shop.write(TWO, PLAIN.replace("= []", "= [1]"))
    shop.add()
    blob = shop.git("rev-parse", f":{TWO}").strip()
    entry = (
        f"[tool.oneleaf.allow-changed]\n'{TWO}@{blob[:8]}' = 'wrong in production'\n"
    )
    shop.write("pyproject.toml", entry)
    assert everywhere(shop) == [[]] * 3
    shop.write(TWO, PLAIN.replace("= []", "= [2]"))
    assert everywhere(shop) == [["OL301"]] * 3


def squash(repository: Repository, *, replaces: bool) -> None:
    """The squash of both migrations, in its first or its last form."""
    pairs = [("shop", "0001_initial"), ("shop", "0002_color")]
    more: dict[str, object] = {"replaces": pairs} if replaces else {}
    source = migration(**more)
    repository.write("shop/migrations/0001_squashed.py", source)


def test_the_second_step_of_a_squash_is_silent(shop: Repository) -> None:
    squash(shop, replaces=True)
    shop.migration("shop", "0003_size", "0002_color")
    shop.app("cart")
    shop.migration("cart", "0001_initial", "shop.0002_color")
    shop.commit()
    publish(shop)
    squash(shop, replaces=False)
    shop.git("rm", "-q", ONE, TWO)
    shop.migration("shop", "0003_size", "0001_squashed")
    shop.migration("cart", "0001_initial", "shop.0001_squashed")
    assert everywhere(shop) == [[]] * 3


def test_replaces_may_not_go_while_its_files_are_there(shop: Repository) -> None:
    squash(shop, replaces=True)
    shop.commit()
    publish(shop)
    squash(shop, replaces=False)
    assert all("OL301" in found for found in everywhere(shop))


def test_a_squash_that_is_not_published_takes_nothing_away(shop: Repository) -> None:
    squash(shop, replaces=False)
    shop.git("rm", "-q", ONE, TWO)
    assert everywhere(shop) == [["OL302"]] * 3


def test_a_dependency_may_not_move_to_what_does_not_replace_it(
    shop: Repository,
) -> None:
    shop.migration("shop", "0003_size", "0002_color")
    shop.commit()
    publish(shop)
    shop.migration("shop", "0003_size", "0001_initial")
    assert all("OL301" in found for found in everywhere(shop))


def move(repository: Repository, package: str = "apps/shop") -> str:
    """The app's folder moves, its label stays; where its migrations are now."""
    (repository.path / package).parent.mkdir(exist_ok=True)
    repository.git("mv", "shop", package)
    config = "from django.apps import AppConfig\n\n\nclass C(AppConfig):\n"
    name = package.replace("/", ".")
    repository.write(
        f"{package}/apps.py", config + f"    name = {name!r}\n    label = 'shop'\n"
    )
    return f"{package}/migrations"


PACKAGES = ["apps/shop", "store", "apps/store"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_folder_that_moves_takes_nothing_away(shop: Repository, package: str) -> None:
    move(shop, package)
    assert everywhere(shop) == [[]] * 3
    ranged = shop.oneleaf("check", "--from-ref", "origin/main", "--to-ref", "HEAD")
    assert codes(ranged) == []
    assert codes(shop.oneleaf("check", "--against", "upstream")) == []


def follow(repository: Repository, done: Done) -> None:
    """Runs the commands of the one hint, up to where it says what else may be done."""
    (hint,) = [line for line in done.out.splitlines() if "    hint: run `" in line]
    commands = hint.partition(", or accept")[0].split("`")[1::2]
    for command in commands:
        repository.run("sh", "-c", command, ok=(0,))


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("is_old", [False, True], ids=["in one commit", "in two"])
def test_an_edit_in_a_folder_that_moved_is_found_there(
    shop: Repository, package: str, *, is_old: bool
) -> None:
    path = f"{move(shop, package)}/0002_color.py"
    if is_old:
        shop.commit()
    shop.write(path, PLAIN.replace("= []", "= [1]"))
    assert everywhere(shop) == [["OL301"]] * 3
    done = shop.oneleaf("check", "--all")
    assert done.out.startswith(f"{path}:1: OL301 shop.0002_color is on origin/main")
    follow(shop, done)
    assert everywhere(shop) == [[]] * 3


@pytest.mark.parametrize("renamed", ["", "0002_colour.py"])
def test_what_goes_while_its_folder_moves_is_found(
    shop: Repository, renamed: str
) -> None:
    folder = move(shop)
    path = f"{folder}/0002_color.py"
    if renamed:
        shop.git("mv", path, f"{folder}/{renamed}")
    else:
        shop.git("rm", "-qf", path)
    assert everywhere(shop) == [["OL302"]] * 3
    done = shop.oneleaf("check", "--all")
    assert done.out.startswith(f"{path}:1: OL302 shop.0002_color is on origin/main")
    follow(shop, done)
    assert everywhere(shop) == [[]] * 3


def test_a_whole_app_that_goes_while_others_move_is_found(shop: Repository) -> None:
    shop.app("cart", "0001_initial")
    shop.commit()
    publish(shop)
    move(shop)
    shop.git("rm", "-qr", "cart")
    shop.add()
    done = shop.oneleaf("check", "--all")
    assert [line[:33] for line in done.out.splitlines() if ": OL" in line] == [
        "cart/migrations/0001_initial.py:1"
    ]


def test_an_app_that_takes_another_label_with_its_folder_is_another(
    shop: Repository,
) -> None:
    shop.git("mv", "shop", "store")
    for name in ("0001_initial", "0002_color"):
        path = f"store/migrations/{name}.py"
        shop.write(path, shop.read(path).replace("'shop'", "'store'"))
    assert everywhere(shop) == [["OL302"]] * 3


def test_an_app_in_the_folder_of_one_that_moved_is_another(shop: Repository) -> None:
    move(shop)
    shop.app("shop")
    shop.write("shop/apps.py", "class C(AppConfig):\n    label = 'outlet'\n")
    shop.write(ONE, migration(initial=True))
    shop.write(TWO, migration(("outlet", "0001_initial"), atomic=False))
    assert everywhere(shop) == [[]] * 3


def test_upstream_may_have_moved_the_folder_of_what_is_edited_here(
    shop: Repository,
) -> None:
    shop.git("checkout", "-q", "-b", "published")
    move(shop)
    shop.commit()
    publish(shop)
    shop.git("checkout", "-q", "main")
    shop.write(TWO, PLAIN.replace("= []", "= [1]"))
    assert everywhere(shop) == [["OL301"]] * 3
    follow(shop, shop.oneleaf("check", "--all"))
    assert everywhere(shop) == [[]] * 3


def test_of_two_projects_of_the_same_labels_each_has_its_own(shop: Repository) -> None:
    shop.app("shop", "0001_initial", "0002_color", root="west/")
    shop.commit()
    publish(shop)
    shop.git("rm", "-qr", "west")
    assert everywhere(shop) == [["OL302"]] * 3
    assert "west/shop/migrations" in shop.oneleaf("check", "--all").out


def behind(repository: Repository) -> None:
    """Upstream goes on: it edits one migration and adds one. We stay."""
    repository.git("checkout", "-q", "-b", "published")
    repository.write(TWO, migration(("shop", "0001_initial"), atomic=False))
    repository.migration("shop", "0003_theirs", "0002_color")
    repository.commit()
    publish(repository)
    repository.git("checkout", "-q", "main")


def test_a_branch_behind_upstream_is_silent(shop: Repository) -> None:
    behind(shop)
    assert everywhere(shop) == [[]] * 3


def test_a_merge_of_upstream_in_progress_is_silent(shop: Repository) -> None:
    behind(shop)
    shop.write("README", "mine")
    shop.commit()
    shop.git("merge", "-q", "--no-commit", "--no-ff", "origin/main")
    assert codes(shop.oneleaf("check")) == []
    assert codes(shop.oneleaf("check", "--all")) == []


def test_upstreams_own_edit_picked_over_is_silent(shop: Repository) -> None:
    behind(shop)
    shop.git("checkout", "-q", "origin/main", "--", TWO)
    assert everywhere(shop) == [[]] * 3


def test_what_upstream_has_no_more_may_go(shop: Repository) -> None:
    shop.git("checkout", "-q", "-b", "published")
    shop.git("rm", "-q", TWO)
    shop.commit()
    publish(shop)
    shop.git("checkout", "-q", "main")
    shop.write(TWO, migration(("shop", "0001_initial"), atomic=False))
    assert everywhere(shop) == [[]] * 3


def test_without_upstream_it_is_silent_and_said_with_all(shop: Repository) -> None:
    shop.git("update-ref", "-d", "refs/remotes/origin/main")
    (shop.path / TWO).unlink()
    shop.add()
    assert shop.oneleaf("check") == Done(0, "", "")
    done = shop.oneleaf("check", "--all")
    assert (done.code, done.out) == (0, "")
    assert "published history was not checked: no upstream branch" in done.err


def test_a_configured_upstream_that_is_not_here_stops_no_hook(shop: Repository) -> None:
    shop.write("pyproject.toml", "[tool.oneleaf]\nupstream = 'origin/trunk'\n")
    (shop.path / TWO).unlink()
    shop.add()
    assert shop.oneleaf("check").code == 0
    done = shop.oneleaf("check", "--all")
    assert done.code == 0
    assert "published history was not checked: pyproject.toml" in done.err


def test_a_shallow_clone_without_the_merge_base_says_how_to_get_it(
    shop: Repository, tmp_path: Path
) -> None:
    shop.git("checkout", "-q", "-b", "topic")
    shop.commit("topic")
    shop.git("checkout", "-q", "main")
    shop.commit("main goes on")
    clone = Repository.create(tmp_path / "clone")
    clone.git("remote", "add", "origin", f"file://{shop.path}")
    clone.git("fetch", "-q", "--depth=1", "origin", "main", "topic")
    clone.git("update-ref", "refs/remotes/origin/main", "FETCH_HEAD")
    clone.git("fetch", "-q", "--depth=1", "origin", "topic")
    clone.git("reset", "-q", "--hard", "FETCH_HEAD")
    (clone.path / TWO).unlink()
    clone.add()
    assert clone.oneleaf("check") == Done(0, "", "")
    assert "git fetch --unshallow" in clone.oneleaf("check", "--all").err


def test_a_commit_that_edits_nothing_published_asks_for_no_upstream(
    shop: Repository, tmp_path: Path
) -> None:
    shop.migration("shop", "0003_size", "0002_color")
    shop.add()
    trace = tmp_path / "trace"
    assert shop.oneleaf("check", GIT_TRACE=str(trace)).code == 0
    asked = trace.read_text()
    assert "diff-index" in asked
    assert "rev-parse" not in asked
