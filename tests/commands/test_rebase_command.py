"""``oneleaf rebase`` end to end: real git in every operation, real Django afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from django_repository import LOCKFILE, Project, diverged
from repository import Done, Repository, migration

pytestmark = [pytest.mark.e2e, pytest.mark.django]

LINE = [
    "0001_initial",
    "0002_item_price",
    "0003_item_stock",
    "0004_tag_color",
    "0005_tag_size",
]
STOPPED = (0, 1, 128)


def rebase(project: Project, *words: str) -> Done:
    done = project.repository.oneleaf("rebase", *words)
    assert done.code == 0, done
    return done


def go_on(project: Project, command: str, *, stops: int) -> None:
    """Solves each stop of an operation with one command, and continues it."""
    for stop in range(stops):
        assert project.repository.git("ls-files", "--unmerged"), f"stop {stop}"
        rebase(project)
        assert project.repository.git("ls-files", "--unmerged") == ""
        project.repository.git(command, "--continue", ok=STOPPED)
    assert project.repository.git("status", "--porcelain") == ""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return diverged(tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        ["merge", "origin/main"],
        ["merge", "--no-commit", "-X", "theirs", "origin/main"],
        ["pull", "-q", "--no-rebase", "origin", "main"],
    ],
    ids=["merge", "merge -X theirs", "pull"],
)
def test_a_merge_of_upstream_is_settled(project: Project, command: list[str]) -> None:
    project.repository.git(*command, ok=STOPPED)
    rebase(project)
    assert project.names("shop") == LINE
    assert project.repository.read(LOCKFILE) == "0005_tag_size\n"
    assert '("shop", "0005_tag_size")' in project.repository.read(
        "people/migrations/0002_team_tag.py"
    )
    project.assert_sound()


def test_a_merge_is_ready_to_be_committed(project: Project) -> None:
    project.repository.git("merge", "origin/main", ok=STOPPED)
    done = rebase(project)
    assert "git merge --continue" in done.out
    project.repository.git("commit", "-q", "--no-edit")
    assert project.repository.git("status", "--porcelain") == ""
    project.assert_sound()


@pytest.mark.parametrize(
    "command",
    [
        ["rebase", "origin/main"],
        ["rebase", "--apply", "origin/main"],
        ["pull", "-q", "--rebase", "origin", "main"],
    ],
    ids=["rebase", "rebase --apply", "pull --rebase"],
)
def test_a_rebase_is_settled_at_each_commit(
    project: Project, command: list[str]
) -> None:
    project.repository.git(*command, ok=STOPPED)
    go_on(project, "rebase", stops=2)
    assert project.names("shop") == LINE
    project.assert_sound()
    for commit in ("HEAD", "HEAD~1"):
        assert project.repository.oneleaf("check", "--rev", commit).code == 0


def test_a_cherry_pick_of_several_commits_is_settled(project: Project) -> None:
    project.repository.git("checkout", "-q", "-b", "other", "origin/main")
    project.repository.git("cherry-pick", "feature~2..feature", ok=STOPPED)
    go_on(project, "cherry-pick", stops=2)
    assert project.names("shop") == LINE
    project.assert_sound()


def test_a_revert_of_an_earlier_migration_is_settled(project: Project) -> None:
    project.repository.git("revert", "--no-edit", "feature~1", ok=STOPPED)
    rebase(project)
    assert project.names("shop") == ["0001_initial", "0003_tag_size"]
    assert '("shop", "0001_initial")' in project.repository.read(
        "shop/migrations/0003_tag_size.py"
    )
    project.repository.write(
        "shop/models.py",
        project.repository.git("show", "HEAD:shop/models.py").replace(
            "    color = models.IntegerField(null=True)\n", ""
        ),
    )
    project.repository.add()
    project.assert_sound()


def test_a_revert_of_a_published_migration_is_refused(project: Project) -> None:
    project.repository.git("checkout", "-q", "-b", "other", "origin/main")
    project.repository.git("revert", "--no-edit", "origin/main~1", ok=STOPPED)
    before = project.repository.git("status", "--porcelain")
    done = project.repository.oneleaf("rebase")
    assert done.code == 1
    assert project.repository.git("status", "--porcelain") == before


@pytest.mark.parametrize("untracked", [False, True], ids=["tracked", "untracked"])
def test_a_stash_pop_is_settled(project: Project, untracked: bool) -> None:
    repository = project.repository
    repository.git("checkout", "-q", "-b", "other", "origin/main~2")
    project.add("shop", "0002_tag_color", "Tag.color", "0001_initial")
    if not untracked:
        repository.add()
    repository.git("stash", "-q", "--include-untracked")
    repository.git("merge", "-q", "origin/main")
    repository.git("stash", "pop", ok=STOPPED)
    assert repository.git("ls-files", "--unmerged")
    rebase(project)
    assert project.names("shop") == LINE[:4]
    repository.add()
    project.assert_sound()


def test_a_merge_of_a_feature_moves_the_feature_on_main(project: Project) -> None:
    repository = project.repository
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--ff-only", "origin/main")
    repository.git("merge", "feature", ok=STOPPED)
    rebase(project)
    assert project.names("shop") == LINE
    project.assert_sound()


def test_what_waits_on_main_stays_before_the_feature(project: Project) -> None:
    repository = project.repository
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--ff-only", "origin/main")
    project.add("shop", "0004_item_size", "Item.size", "0003_item_stock")
    project.commit("not pushed yet")
    repository.git("merge", "feature", ok=STOPPED)
    rebase(project)
    assert project.names("shop") == [
        *LINE[:3],
        "0004_item_size",
        "0005_tag_color",
        "0006_tag_size",
    ]
    project.assert_sound()


def test_two_leaves_that_are_committed_are_settled_and_not_staged(
    tmp_path: Path,
) -> None:
    project = diverged(tmp_path, lockfiles=False)
    project.repository.git("merge", "-q", "--no-edit", "origin/main")
    done = rebase(project)
    assert "git add -A -- " in done.out
    assert project.repository.git("diff", "--cached", "--name-only") == ""
    assert project.names("shop") == LINE
    again = rebase(project)
    assert "nothing to do" in again.out
    project.repository.add()
    project.assert_sound()


def test_a_lockfile_that_was_edited_and_not_staged_is_written_too(
    project: Project,
) -> None:
    project.repository.git("merge", "-q", "origin/main", ok=STOPPED)
    project.repository.write(LOCKFILE, "0003_item_stock\n")
    project.repository.commit("two leaf nodes")
    project.repository.write(LOCKFILE, "0003_tag_size\n")
    rebase(project)
    assert project.repository.read(LOCKFILE) == "0005_tag_size\n"


def test_a_rebase_without_lockfiles_is_settled_afterwards(tmp_path: Path) -> None:
    project = diverged(tmp_path, lockfiles=False)
    project.repository.git("rebase", "-q", "origin/main")
    rebase(project)
    assert project.names("shop") == LINE
    project.repository.add()
    project.assert_sound()


def test_one_lockfile_of_all_apps_is_settled(tmp_path: Path) -> None:
    upstream = Repository.create(tmp_path / "upstream")
    upstream.write(
        "pyproject.toml", '[tool.oneleaf]\nlockfile = "app/migrations.lock"\n'
    )
    for label in ("shop", "people"):
        upstream.app(label, "0001_initial")
    upstream.oneleaf("lock", "--init")
    upstream.write(
        "app/migrations.lock", "people: 0001_initial\n\nshop: 0001_initial\n"
    )
    upstream.commit()
    upstream.git("clone", "-q", str(upstream.path), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", upstream.env)
    for repository, name in ((upstream, "0002_theirs"), (clone, "0002_mine")):
        repository.migration("shop", name, "0001_initial")
        repository.write(
            "app/migrations.lock", f"people: 0001_initial\n\nshop: {name}\n"
        )
        repository.commit()
    clone.git("pull", "-q", "--no-rebase", ok=STOPPED)
    assert clone.oneleaf("rebase").code == 0
    assert clone.read("app/migrations.lock").endswith(
        "\npeople: 0001_initial\n\nshop: 0003_mine\n"
    )
    assert clone.git("ls-files", "--unmerged") == ""
    assert clone.oneleaf("check", "--all").code == 0


def test_both_sides_with_a_migration_of_one_name(tmp_path: Path) -> None:
    project = diverged(tmp_path)
    repository = project.repository
    repository.git("checkout", "-q", "-b", "twin", "origin/main~2")
    project.add("shop", "0002_item_price", "Tag.price", "0001_initial")
    project.add(
        "people", "0002_team_tag", "Team.tag", "0001_initial", "shop.0002_item_price"
    )
    project.commit("twin")
    repository.git("merge", "origin/main", ok=STOPPED)
    rebase(project)
    assert project.names("shop") == [*LINE[:3], "0004_item_price"]
    assert (
        repository.git(
            "diff", "origin/main", "--", "shop/migrations/0002_item_price.py"
        )
        == ""
    )
    assert '("shop", "0004_item_price")' in repository.read(
        "people/migrations/0002_team_tag.py"
    )
    project.assert_sound()


def test_a_branch_behind_upstream_is_told_to_merge_first(project: Project) -> None:
    done = project.repository.oneleaf("rebase")
    assert done.code == 1
    assert "git rebase origin/main" in done.err
    assert project.repository.git("status", "--porcelain") == ""


def test_a_branch_behind_upstream_in_other_apps_has_nothing_to_do(
    tmp_path: Path,
) -> None:
    project = diverged(tmp_path)
    project.repository.git("checkout", "-q", "-b", "other", "origin/main~2")
    project.add("people", "0002_team_size", "Team.size", "0001_initial")
    project.commit("size")
    assert "nothing to do" in rebase(project).out


def test_dry_run_writes_nothing(project: Project) -> None:
    repository = project.repository
    repository.git("merge", "origin/main", ok=STOPPED)
    before = repository.git("status", "--porcelain")
    done = rebase(project, "--dry-run")
    assert "0002_tag_color -> 0004_tag_color" in done.out
    assert repository.git("status", "--porcelain") == before


def test_no_stage_leaves_the_index_alone(project: Project) -> None:
    repository = project.repository
    repository.git("merge", "origin/main", ok=STOPPED)
    before = repository.git("ls-files", "--stage")
    done = rebase(project, "--no-stage")
    assert repository.git("ls-files", "--stage") == before
    assert "git add -A -- " in done.out
    repository.add()
    project.assert_sound()


def test_json_says_what_moved(project: Project) -> None:
    project.repository.git("merge", "origin/main", ok=STOPPED)
    report = json.loads(rebase(project, "--output-format", "json").out)
    shop = next(app for app in report["apps"] if app["app"] == "shop")
    assert report["applied"] is True
    assert shop["upstream"] == LINE[:3]
    assert shop["moved"] == [
        {"from": "0002_tag_color", "to": "0004_tag_color"},
        {"from": "0003_tag_size", "to": "0005_tag_size"},
    ]
    assert shop["lockfile"] == LOCKFILE


def test_both_published_is_refused_with_a_way_out(tmp_path: Path) -> None:
    project = diverged(tmp_path, lockfiles=False)
    repository = project.repository
    repository.git("merge", "-q", "--no-edit", "origin/main")
    repository.git("push", "-q", "origin", "HEAD:next")
    repository.write("pyproject.toml", '[tool.oneleaf]\nupstream = "origin/next"\n')
    repository.commit("settings")
    done = repository.oneleaf("rebase")
    assert done.code == 1
    assert "oneleaf merge shop" in done.out
    assert repository.git("status", "--porcelain") == ""


def test_without_an_upstream_a_merge_is_refused_until_told(project: Project) -> None:
    repository = project.repository
    repository.git("branch", "-q", "theirs", "origin/main")
    repository.git("remote", "remove", "origin")
    repository.git("merge", "theirs", ok=STOPPED)
    refused = repository.oneleaf("rebase")
    assert refused.code == 1
    assert "--onto" in refused.out
    rebase(project, "--onto", "theirs")
    assert project.names("shop") == LINE
    project.assert_sound()


def test_onto_ours_moves_what_comes_in(project: Project) -> None:
    repository = project.repository
    repository.git("branch", "-q", "theirs", "origin/main")
    repository.git("remote", "remove", "origin")
    repository.git("merge", "theirs", ok=STOPPED)
    rebase(project, "--onto", "ours")
    assert project.names("shop") == [
        "0001_initial",
        "0002_tag_color",
        "0003_tag_size",
        "0004_item_price",
        "0005_item_stock",
    ]
    project.assert_sound()


def test_onto_never_moves_what_is_published(project: Project) -> None:
    project.repository.git("merge", "origin/main", ok=STOPPED)
    rebase(project, "--onto", "ours")
    assert project.names("shop") == LINE


def test_without_an_upstream_a_rebase_knows_its_sides(project: Project) -> None:
    repository = project.repository
    repository.git("branch", "-q", "base", "origin/main")
    repository.git("remote", "remove", "origin")
    repository.git("rebase", "base", ok=STOPPED)
    go_on(project, "rebase", stops=2)
    assert project.names("shop") == LINE
    project.assert_sound()


def test_edits_that_are_not_staged_are_not_lost(project: Project) -> None:
    repository = project.repository
    path = "people/migrations/0002_team_tag.py"
    repository.git("merge", "origin/main", ok=STOPPED)
    repository.write(path, repository.read(path) + "# mine\n")
    status = repository.git("status", "--porcelain")
    done = repository.oneleaf("rebase")
    assert done.code == 1
    assert path in done.err
    assert repository.read(path).endswith("# mine\n")
    assert repository.git("status", "--porcelain") == status


def test_a_test_that_names_a_migration_is_told_and_rewritten_on_demand(
    project: Project,
) -> None:
    repository = project.repository
    source = 'BEFORE = [("shop", "0002_tag_color")]\nAFTER = "shop.0003_tag_size"\n'
    repository.write("tests/test_them.py", source)
    repository.commit("test")
    repository.git("merge", "origin/main", ok=STOPPED)
    told = rebase(project, "--dry-run")
    assert "tests/test_them.py:1: '0002_tag_color'" in told.err
    assert "tests/test_them.py:2: 'shop.0003_tag_size'" in told.err
    rebase(project, "--references")
    assert repository.read("tests/test_them.py") == (
        'BEFORE = [("shop", "0004_tag_color")]\nAFTER = "shop.0005_tag_size"\n'
    )


def test_references_may_be_rewritten_after_the_move(project: Project) -> None:
    repository = project.repository
    repository.write("tests/test_them.py", 'BEFORE = [("shop", "0002_tag_color")]\n')
    repository.commit("test")
    repository.git("merge", "origin/main", ok=STOPPED)
    rebase(project)
    rebase(project, "--references")
    assert (
        repository.read("tests/test_them.py")
        == 'BEFORE = [("shop", "0004_tag_color")]\n'
    )


def test_the_same_field_on_both_sides_stops_until_told(project: Project) -> None:
    repository = project.repository
    repository.git("checkout", "-q", "-b", "clash", "origin/main~2")
    path = "shop/migrations/0002_mine.py"
    project.add("shop", "0002_mine", "Item.price", "0001_initial")
    project.commit("price too")
    repository.git("merge", "origin/main", ok=STOPPED)
    status = repository.git("status", "--porcelain")
    done = repository.oneleaf("rebase")
    assert done.code == 1
    assert "field shop.Item.price" in done.err
    assert f"{path}:13" in done.err
    assert "shop/migrations/0002_item_price.py:13" in done.err
    assert repository.git("status", "--porcelain") == status
    rebase(project, "--despite-overlap")
    assert project.names("shop") == [*LINE[:3], "0004_mine"]


def test_one_app_alone_may_be_asked_for(tmp_path: Path) -> None:
    upstream = Repository.create(tmp_path / "upstream")
    for label in ("shop", "people"):
        upstream.app(label, "0001_initial", lockfile=True)
    upstream.commit()
    upstream.git("clone", "-q", str(upstream.path), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", upstream.env)
    for repository, name in ((upstream, "0002_theirs"), (clone, "0002_mine")):
        for label in ("shop", "people"):
            repository.migration(label, name, "0001_initial")
            repository.write(f"{label}/migrations/max_migration.txt", f"{name}\n")
        repository.commit()
    clone.git("pull", "-q", "--no-rebase", ok=STOPPED)
    done = clone.oneleaf("rebase", "people")
    assert done.code == 0
    assert "people/migrations/max_migration.txt" not in clone.git(
        "ls-files", "--unmerged"
    )
    assert LOCKFILE in clone.git("ls-files", "--unmerged")
    assert f"`git add` {LOCKFILE}" in done.out
    unknown = clone.oneleaf("rebase", "nosuch")
    assert unknown.code == 2
    assert clone.oneleaf("rebase").code == 0
    assert clone.oneleaf("check", "--all").code == 0


def test_it_works_in_a_folder_below(project: Project) -> None:
    project.repository.git("merge", "origin/main", ok=STOPPED)
    assert project.repository.oneleaf("rebase", cwd="shop").code == 0
    assert project.names("shop") == LINE
    project.assert_sound()


def test_work_tree_line_ends_stay(project: Project) -> None:
    repository = project.repository
    repository.git("config", "core.autocrlf", "true")
    repository.git("rm", "-q", "--cached", "-r", ".")
    repository.git("reset", "-q", "--hard")
    repository.git("merge", "origin/main", ok=STOPPED)
    rebase(project)
    content = (repository.path / "shop/migrations/0004_tag_color.py").read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") > 5
    project.assert_sound()


def test_nothing_in_conflict_says_so(project: Project) -> None:
    project.repository.git("checkout", "-q", "-b", "other", "origin/main")
    done = rebase(project)
    assert done.out == "nothing to do: all local migrations are already in order\n"


def test_outside_a_repository_is_an_error(tmp_path: Path) -> None:
    repository = Repository(tmp_path, Repository.create(tmp_path / "r").env)
    assert repository.oneleaf("rebase").code == 2


def test_an_upstream_that_is_not_there_is_an_error(project: Project) -> None:
    project.repository.write(
        "pyproject.toml", '[tool.oneleaf]\nupstream = "origin/nosuch"\n'
    )
    project.commit("settings")
    done = project.repository.oneleaf("rebase")
    assert done.code == 2
    assert "origin/nosuch" in done.err


def test_a_merge_migration_of_ones_own_stays_valid(tmp_path: Path) -> None:
    project = diverged(tmp_path, lockfiles=False)
    repository = project.repository
    repository.git("merge", "-q", "--no-edit", "origin/main~1")
    repository.write(
        "shop/migrations/0004_merge.py",
        migration(("shop", "0002_item_price"), ("shop", "0003_tag_size")),
    )
    project.add("shop", "0005_tag_more", "Tag.more", "0004_merge")
    project.commit("merge migration")
    repository.git("merge", "-q", "--no-edit", "origin/main", ok=STOPPED)
    rebase(project)
    assert project.names("shop") == [
        *LINE,
        "0006_merge",
        "0007_tag_more",
    ]
    repository.add()
    project.assert_sound()


def test_a_later_commit_of_a_rebase_means_its_own_of_two_of_one_name(
    tmp_path: Path,
) -> None:
    project = diverged(tmp_path)
    repository = project.repository
    repository.git("checkout", "-q", "-b", "twin", "origin/main~2")
    project.add("shop", "0002_item_price", "Tag.price", "0001_initial")
    project.commit("twin")
    project.add(
        "people", "0002_team_tag", "Team.tag", "0001_initial", "shop.0002_item_price"
    )
    project.add("shop", "0003_tag_more", "Tag.more", "0002_item_price")
    project.commit("user of the twin")
    repository.git("rebase", "origin/main", ok=STOPPED)
    go_on(project, "rebase", stops=2)
    assert project.names("shop") == [*LINE[:3], "0004_item_price", "0005_tag_more"]
    assert '("shop", "0004_item_price")' in repository.read(
        "people/migrations/0002_team_tag.py"
    )
    project.assert_sound()


def test_a_squash_merge_is_settled(project: Project) -> None:
    repository = project.repository
    repository.git("merge", "--squash", "origin/main", ok=STOPPED)
    done = rebase(project)
    assert "next: git commit" in done.out
    assert project.names("shop") == LINE
    project.assert_sound()


def test_a_migration_that_is_in_conflict_itself_is_left_to_the_user(
    project: Project,
) -> None:
    repository = project.repository
    path = "people/migrations/0002_team_tag.py"
    repository.git("checkout", "-q", "-b", "edits", "feature")
    repository.write(path, repository.read(path) + "# edited\n")
    repository.commit("edit")
    repository.git("checkout", "-q", "-b", "drops", "feature")
    repository.git("rm", "-q", path)
    project.lock("people", "0001_initial")
    repository.commit("drop")
    repository.git("cherry-pick", "edits", ok=STOPPED)
    status = repository.git("status", "--porcelain")
    assert path in repository.git("ls-files", "--unmerged")
    done = repository.oneleaf("rebase")
    assert f"`git add` {path}" in done.out
    assert repository.git("status", "--porcelain") == status
