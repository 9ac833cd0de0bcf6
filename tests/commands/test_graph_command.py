"""``oneleaf graph``: what is drawn of a repository, and how it reads."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from drawn_back import read
from oneleaf import cli
from oneleaf.git import progress
from repository import Repository, migration

STOPPED = (0, 1, 128)
SHOP = "shop/migrations"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A clone on branch feature: cart is nobody's business, shop has parted.

    Upstream added 0003_item, which is fetched; here 0003_tag and 0004_tag were added.
    """
    remote = Repository.create(tmp_path / "remote")
    remote.app("shop", "0001_initial", "0002_color", lockfile=True)
    remote.app("cart", "0001_initial", "0002_line", lockfile=True)
    remote.commit()
    remote.git("clone", "-q", str(remote.path), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", remote.env)
    remote.migration("shop", "0003_item", "0002_color")
    remote.write(f"{SHOP}/max_migration.txt", "0003_item\n")
    remote.commit()
    clone.git("checkout", "-q", "-b", "feature")
    clone.migration("shop", "0003_tag", "0002_color")
    clone.commit()
    clone.migration("shop", "0004_tag", "0003_tag", "cart.0002_line")
    clone.write(f"{SHOP}/max_migration.txt", "0004_tag\n")
    clone.commit()
    clone.git("fetch", "-q")
    return clone


def graph(repository: Repository, *words: str, **env: str) -> str:
    done = repository.oneleaf("graph", *words, **env)
    assert (done.code, done.err) == (0, ""), done
    return done.out


def test_what_is_local_is_drawn_and_the_rest_is_counted(repository: Repository) -> None:
    assert graph(repository) == (
        "shop  4 migrations\n"
        "○ 0004_tag    local (feature)  needs cart.0002_line\n"
        "○ 0003_tag    local (feature)\n"
        "● 0002_color  published (origin/main)\n"
        "● 0001_initial\n"
        "\n"
        "1 other app: nothing wrong, nothing local; --all draws all\n"
    )


def test_where_nothing_is_to_be_pointed_at_each_app_has_a_line(
    repository: Repository,
) -> None:
    repository.git("checkout", "-q", "--detach", "origin/main")
    assert graph(repository) == (
        "cart  2 migrations  0002_line\nshop  3 migrations  0003_item\n"
    )


def test_an_app_is_drawn_when_it_is_named_and_all_with_all(
    repository: Repository,
) -> None:
    assert graph(repository, "cart") == (
        "cart  2 migrations\n● 0002_line  published (origin/main)\n● 0001_initial\n"
    )
    assert [
        line for line in graph(repository, "--all").split("\n") if "migrations" in line
    ] == ["cart  2 migrations", "shop  4 migrations"]


def test_an_unknown_app_is_refused_with_those_there_are(repository: Repository) -> None:
    done = repository.oneleaf("graph", "shoq")
    assert done.code == 2
    assert done.err == "oneleaf: no app 'shoq' in the index; it has cart, shop\n"


def test_the_merge_that_is_not_made_yet_is_drawn(repository: Repository) -> None:
    before = repository.git("status", "--porcelain")
    assert graph(repository, "--against", "upstream") == (
        "the merge of feature (ours) with origin/main (theirs), not made yet\n"
        "\n"
        "shop  5 migrations, number 0003 twice, 2 leaf nodes\n"
        "    hint: run `git merge origin/main` or `git rebase origin/main`, then\n"
        "    `oneleaf rebase shop`\n"
        "  ○ 0004_tag   ours (feature), local, leaf node  needs cart.0002_line\n"
        "  ○ 0003_tag   ours (feature), local, duplicate number\n"
        "● │ 0003_item  theirs (origin/main), published, leaf node\n"
        "├─╯\n"
        "● 0002_color\n"
        "● 0001_initial\n"
        "\n"
        "1 other app: nothing wrong, nothing local; --all draws all\n"
    )
    assert repository.git("status", "--porcelain") == before
    of_commits = graph(repository, "--rev", "feature", "--against", "origin/main")
    assert of_commits == graph(repository, "--against", "origin/main")


def test_a_merge_of_what_is_here_already_says_so(repository: Repository) -> None:
    shown = graph(repository, "--against", "HEAD~1")
    assert shown.startswith("feature has HEAD~1 in it already\n\nshop  4 migrations\n")


def test_in_a_rebase_ours_is_upstream(repository: Repository) -> None:
    repository.git("rebase", "origin/main", ok=STOPPED)
    shown = graph(repository, "shop")
    assert shown.startswith("in a rebase: ours is origin/main, theirs is feature\n")
    assert "  ○ 0004_tag   theirs (feature), local, leaf node" in shown
    assert "  ○ 0003_tag   local (feature), duplicate number\n" in shown  # picked
    assert "● │ 0003_item  ours (origin/main), published, leaf node\n" in shown
    hint = "    hint: run `oneleaf rebase shop` to move yours behind the published one"
    assert hint in shown


def test_in_a_merge_ours_is_the_branch(repository: Repository) -> None:
    repository.git("merge", "origin/main", ok=STOPPED)
    shown = graph(repository, "shop")
    assert shown.startswith("in a merge: ours is feature, theirs is origin/main\n")
    assert "  ○ 0004_tag   ours (feature), local, leaf node" in shown
    assert "● │ 0003_item  theirs (origin/main), published, leaf node\n" in shown


def test_of_an_app_that_only_one_side_changed_no_side_is_told(
    repository: Repository,
) -> None:
    repository.git("merge", "origin/main", ok=STOPPED)
    assert "ours" not in graph(repository, "cart").partition("\n\n")[2]


def add_twins(repository: Repository) -> None:
    """Another branch, with its own 0003_item and a migration that means that one."""
    repository.git("checkout", "-q", "-b", "other", "origin/main~1")
    repository.migration("shop", "0003_item", "0002_color", initial=True)
    repository.migration("shop", "0004_more", "0003_item")
    repository.commit()


def test_two_migrations_of_one_name_are_both_drawn(repository: Repository) -> None:
    add_twins(repository)
    repository.git("merge", "origin/main", ok=STOPPED)
    assert graph(repository, "shop").split("\n")[5:-1] == [
        "  ○ 0004_more           ours (other), local, leaf node",
        "  ○ 0003_item           ours (other), local, duplicate number",
        "● │ 0003_item (theirs)  theirs (origin/main), published, leaf node",
        "├─╯",
        "● 0002_color",
        "● 0001_initial",
    ]
    repository.git("merge", "--abort")
    repository.git("rebase", "origin/main", ok=STOPPED)
    assert graph(repository, "shop").split("\n")[5:-1] == [
        "  ○ 0004_more           theirs (other), local, leaf node",
        "  ○ 0003_item (theirs)  theirs (other), local, duplicate number",
        "● │ 0003_item           ours (origin/main), published, leaf node",
        "├─╯",
        "● 0002_color",
        "● 0001_initial",
    ]


def test_they_are_so_before_the_merge_too(repository: Repository) -> None:
    add_twins(repository)
    shown = graph(repository, "--against", "upstream", "shop")
    assert "○ 0004_more           ours (other), local, leaf node\n" in shown
    assert "0003_item (theirs)  theirs (origin/main), published, leaf node\n" in shown
    assert "○ 0003_item   local (other)\n" in graph(repository, "shop")


def test_a_migration_that_both_sides_edited_is_one(repository: Repository) -> None:
    path = f"{SHOP}/0002_color.py"
    for branch in ("one", "two"):
        repository.git("checkout", "-q", "-b", branch, "origin/main")
        repository.write(path, repository.read(path) + f"# {branch}\n")
        repository.commit()
    repository.git("merge", "one", ok=STOPPED)
    shown = graph(repository)
    assert "OL106 0002_color.py of app shop has an unresolved merge" in shown
    assert shown.count("0002_color\n") == 1


def test_a_cherry_pick_and_a_stash_name_their_sides(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "other", "origin/main")
    repository.git("cherry-pick", "feature~1", "feature", ok=STOPPED)
    first, *_ = graph(repository).split("\n")
    picked = repository.git("rev-parse", "feature").strip()
    assert first in (
        f"in a cherry-pick: ours is other, theirs is {picked[:10]}",
        "in a cherry-pick: ours is other, theirs is feature",
    )
    repository.git("cherry-pick", "--abort")
    repository.write(f"{SHOP}/max_migration.txt", "0004_mine\n")
    repository.migration("shop", "0004_mine", "0003_item")
    repository.add()
    repository.git("stash")
    repository.migration("shop", "0004_other", "0003_item")
    repository.write(f"{SHOP}/max_migration.txt", "0004_other\n")
    repository.commit()
    repository.git("stash", "pop", ok=STOPPED)
    shown = graph(repository)
    assert shown.startswith("in a stash pop: ours is other, theirs is stash\n")
    assert "○ 0004_mine   theirs (stash), local, leaf node\n" in shown
    assert "│ 0004_other  ours (other), local, leaf node\n" in shown


def test_of_a_squash_merge_theirs_is_what_ours_has_not(repository: Repository) -> None:
    repository.git("merge", "--squash", "origin/main", ok=STOPPED)
    shown = graph(repository)
    assert shown.startswith("in a squash merge: ours is feature, theirs is squashed")
    assert "● │ 0003_item  theirs (squashed branch), published, leaf node" in shown


def test_what_one_side_deleted_and_the_other_edited_is_drawn(
    repository: Repository,
) -> None:
    path = f"{SHOP}/0004_tag.py"
    repository.git("checkout", "-q", "-b", "edits")
    repository.write(path, repository.read(path) + "# edited\n")
    repository.commit()
    repository.git("checkout", "-q", "-b", "deletes", "feature")
    repository.git("rm", "-q", path)
    repository.commit()
    repository.git("merge", "edits", ok=STOPPED)
    shown = graph(repository, "shop")
    assert "OL106 0004_tag.py of app shop has an unresolved merge" in shown
    assert "○ 0004_tag    local (edits)" in shown
    assert graph(repository, "--rev", "HEAD", "--against", "edits").count("0004_tag ")


def test_an_index_in_conflict_is_merged_with_nothing_else(
    repository: Repository,
) -> None:
    repository.git("rebase", "origin/main", ok=STOPPED)
    done = repository.oneleaf("graph", "--against", "upstream")
    assert done.code == 1
    assert "draw them with `oneleaf graph`" in done.err


def test_unrelated_histories_are_refused(repository: Repository) -> None:
    repository.git("checkout", "-q", "--orphan", "alone")
    repository.commit()
    assert repository.oneleaf("graph", "--against", "origin/main").code == 1
    assert repository.oneleaf("graph", "--against", "nothing").code == 2


def test_of_a_merge_commit_the_parents_are_told(repository: Repository) -> None:
    repository.git("merge", "-q", "--no-edit", "-s", "ours", "origin/main")
    repository.git("checkout", "-q", "origin/main", "--", f"{SHOP}/0003_item.py")
    repository.git("commit", "-q", "--amend", "--no-edit", "--no-verify")
    commit = repository.git("rev-parse", "HEAD").strip()[:10]
    repository.git("checkout", "-q", "--detach", "feature~1")
    ours = repository.git("rev-parse", "feature^1").strip()[:10]
    shown = graph(repository, "--rev", commit)
    title = f"commit {commit}, a merge: ours is {ours}, theirs is origin/main\n"
    assert shown.startswith(title)
    assert f"○ 0004_tag   ours ({ours}), local, leaf node" in shown
    assert "● │ 0003_item  theirs (origin/main), published, leaf node\n" in shown
    named = graph(repository, "--rev", "feature")
    assert named.startswith(f"commit {commit} (feature), a merge")


def test_what_was_published_when_the_branch_began_is_published(
    repository: Repository,
) -> None:
    repository.git("checkout", "-q", "-b", "later", "origin/main")
    repository.git("rm", "-q", f"{SHOP}/0001_initial.py")
    repository.migration("shop", "0002_color")
    repository.commit()
    repository.git("push", "-q", "origin", "later:squashed")
    repository.git("checkout", "-q", "feature")
    repository.write("pyproject.toml", '[tool.oneleaf]\nupstream = "origin/squashed"\n')
    repository.add()
    assert "● 0001_initial\n" in graph(repository)


def test_what_waits_on_the_local_branch_of_upstream_is_told_by_it(
    repository: Repository,
) -> None:
    repository.git("checkout", "-q", "main")
    repository.migration("shop", "0003_main", "0002_color")
    repository.commit()
    repository.git("checkout", "-q", "-b", "topic")
    repository.migration("shop", "0004_topic", "0003_main")
    repository.add()
    shown = graph(repository)
    assert "○ 0004_topic  local (topic)\n" in shown
    assert "○ 0003_main   local (main)\n" in shown


def test_without_an_upstream_nothing_is_marked(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "alone")
    repository.app("shop", "0001_initial", "0002_color")
    repository.commit()
    assert graph(repository, "shop") == (
        "shop  2 migrations\n● 0002_color\n● 0001_initial\n"
    )
    repository.write("pyproject.toml", '[tool.oneleaf]\nupstream = "gone"\n')
    repository.add()
    done = repository.oneleaf("graph", "shop")
    assert done.code == 0
    assert "● 0002_color\n" in done.out
    assert done.err.startswith("oneleaf: what is published is not marked: pyproject")


def test_before_the_first_commit_the_index_is_drawn(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "new")
    done = repository.oneleaf("graph")
    assert (done.code, done.out) == (0, "")
    assert done.err == "oneleaf: no app with migrations in the index\n"
    repository.app("shop", "0001_initial")
    repository.add()
    assert graph(repository) == "shop  1 migration  0001_initial\n"
    assert repository.oneleaf("graph", "--rev", "HEAD").code == 2


def test_a_bare_repository_is_drawn_by_commit(
    repository: Repository, tmp_path: Path
) -> None:
    repository.git("clone", "-q", "--bare", ".", str(tmp_path / "bare"))
    bare = Repository(tmp_path / "bare", repository.env)
    assert "● 0003_tag\n" in graph(bare, "--rev", "feature", "shop")


@pytest.fixture
def long(tmp_path: Path) -> Repository:
    """An app with 500 migrations, of which two branches added the last."""
    repository = Repository.create(tmp_path / "long")
    names = [f"{n:04}_a_name_as_people_write_them_{n * 7}" for n in range(1, 500)]
    repository.app("shop", *names)
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    for branch in ("red", "blue"):
        repository.migration("shop", f"0500_{branch}", names[-1])
    repository.add()
    return repository


def test_500_migrations_are_read_on_one_screen(long: Repository) -> None:
    lines = graph(long).split("\n")[:-1]
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    drawn = lines[3:]
    assert drawn[0] == "  ○ 0500_red" + drawn[0][12:]
    assert read(drawn).rows[-1] == "0001_a_name_as_people_write_them_7"
    [fold] = [line for line in lines if "⋮" in line]
    assert fold == "⋮ 488 more (0004_a_name_as_..e_write_them_28 … 0491_a_name_as_..write_them_3437)"  # fmt: skip


def test_in_full_each_of_them_has_a_row(long: Repository) -> None:
    drawing = read(graph(long, "--full").split("\n")[3:-1])
    assert len(drawing.rows) == 501
    assert len(drawing.edges) == 500


def test_a_squash_stands_for_its_originals(repository: Repository) -> None:
    pairs = [("shop", "0001_initial"), ("shop", "0002_color")]
    repository.write(
        f"{SHOP}/0001_squashed_0002_color.py", migration(replaces=pairs, initial=True)
    )
    repository.add()
    assert graph(repository, "shop") == (
        "shop  5 migrations, 2 of them replaced\n"
        "○ 0004_tag                               local (feature)  needs cart.0002_line\n"
        "○ 0003_tag                               local (feature)\n"
        "○ 0001_squashed_0002_color  (replaces 2)  local (feature)\n"
    ).replace(
        "tag                               ", "tag                                "
    )


def test_what_is_wrong_is_named_and_the_rest_is_drawn(repository: Repository) -> None:
    repository.migration("shop", "0003_tag", "0002_color", "0004_tag")
    repository.migration("shop", "0005_gone", "0004_tag", "0004_lost")
    repository.write(
        f"{SHOP}/0006_odd.py", migration().replace("[\n    ]", "compute()")
    )
    repository.add()
    shown = graph(repository)
    words = " ".join(shown.split())
    assert (
        "OL103 shop.0005_gone depends on shop.0004_lost, which does not exist" in words
    )
    assert "OL104 circular dependency: shop.0003_tag -> shop.0004_tag" in words
    assert "OL105 cannot tell the place of shop.0006_odd" in words
    assert "not drawn: 0003_tag depends on 0004_tag, which leads back to it" in words
    drawn = [line for line in shown.split("\n") if {*line[:3]} & {*"●○├│"}]
    drawing = read(drawn)
    assert len(drawing.rows) == 6
    assert ("0004_tag", "0003_tag") in drawing.edges


def test_two_apps_of_one_label_are_told_apart(repository: Repository) -> None:
    repository.app("shop", "0001_initial", root="old/")
    repository.add()
    assert [
        line for line in graph(repository, "shop").split("\n") if "migration" in line
    ] == [
        "shop (old/shop/migrations)  1 migration",
        "shop (shop/migrations)  4 migrations",
    ]


def test_names_cannot_move_the_cursor(repository: Repository) -> None:
    repository.migration("shop", "0005_\x1b[2J", "0004_tag")
    repository.add()
    for words in ((), ("--format", "mermaid"), ("--format", "dot")):
        shown = graph(repository, *words)
        assert "\x1b" not in shown
        assert "x1b" in shown


def test_a_pipe_gets_no_colour_unless_it_is_asked_for(repository: Repository) -> None:
    assert "\033[" not in graph(repository)
    assert "\033[32m0004_tag\033[0m" in graph(repository, "--color", "always")
    assert "\033[" not in graph(repository, "--color", "never", FORCE_COLOR="1")


class Terminal(io.TextIOWrapper):
    """Standard output of another encoding, and of a terminal or not."""

    terminal = False

    def isatty(self) -> bool:
        return self.terminal


def printed(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    *words: str,
    encoding: str = "utf-8",
    terminal: bool = False,
    env: dict[str, str] | None = None,
) -> str:
    """What the command prints in this process."""
    out = Terminal(io.BytesIO(), encoding=encoding, newline="")
    out.terminal = terminal
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(os, "environ", {**repository.env, **(env or {})})
    monkeypatch.chdir(repository.path)
    assert cli.main(["graph", *words]) == 0
    out.flush()
    return out.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined, no-any-return]


def test_where_ascii_is_all_the_drawing_is_ascii(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.migration("shop", "0005_größe", "0004_tag")
    repository.add()
    words = ("--against", "upstream", "shop")
    shown = printed(repository, monkeypatch, *words, encoding="ascii")
    assert "  o 0005_gr\\xf6\\xdfe  ours" in shown
    assert "* | 0003_item         theirs" in shown
    assert "\n|/\n* 0002_color\n" in shown
    for kind in ("mermaid", "dot"):
        printed(repository, monkeypatch, "--format", kind, encoding="ascii")


def test_a_terminal_has_its_own_width_and_colours(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "0005_" + "x" * 150
    repository.migration("shop", name, "0004_tag")
    repository.add()
    wide = {"COLUMNS": "200"}
    assert name not in printed(repository, monkeypatch, env=wide)
    shown = printed(repository, monkeypatch, terminal=True, env=wide)
    assert f"\033[32m{name}\033[0m" in shown
    plain = {**wide, "NO_COLOR": "1"}
    shown = printed(repository, monkeypatch, terminal=True, env=plain)
    assert f"○ {name}" in shown


def test_documents_are_drawn_of_the_same(repository: Repository) -> None:
    shown = graph(repository, "--against", "upstream", "--format", "mermaid")
    assert shown.startswith('flowchart BT\n  subgraph a0["shop, number 0003 twice')
    assert shown.count("-->") == 4
    assert shown.count(":::conflict") == 3
    shown = graph(repository, "--against", "upstream", "--format", "dot")
    assert shown.startswith("digraph history {\n  rankdir=BT;\n")
    assert shown.count(" -> ") == 4
    repository.git("checkout", "-q", "--detach", "origin/main")
    shown = graph(repository, "--format", "mermaid")
    assert 'a0["cart<br/>2 migrations<br/>0002_line"]:::other' in shown


def test_a_diagram_that_hosting_sites_would_not_draw_is_announced(
    long: Repository,
) -> None:
    words = ("graph", "--format", "mermaid")
    assert long.oneleaf(*words).err == ""
    long.migration("shop", "0501_more", "0500_red")
    long.add()
    done = long.oneleaf(*words, "--full")
    assert done.code == 0
    assert "501 edges are more than hosting sites draw, 500" in done.err


def test_a_branch_is_named_before_a_commit(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.path)
    commit = repository.git("rev-parse", "origin/main").strip()
    assert progress.at(commit) == "origin/main"
    repository.git("branch", "here", commit)
    assert progress.at(commit) == "here"
