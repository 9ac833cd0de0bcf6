"""Where git itself is asked for a merge: what it is told, and what it leaves behind."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

import histories
from oneleaf.checking.state import State, of_index
from oneleaf.errors import OneleafError
from oneleaf.git import git
from oneleaf.git.snapshot import Snapshot
from oneleaf.upstream import against
from oneleaf.upstream import fork as meeting
from oneleaf.upstream import merge as merging
from repository import Repository, working_in

SHOP = "shop/migrations"
LOCK = f"{SHOP}/max_migration.txt"
THIRD = {f"{SHOP}/0003_x.py": histories.text("shop", "0003_x", ("shop", "0002_color"))}


@pytest.fixture(params=["sha1", "sha256"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Repository]:
    """A base on ``main``; this process works in it, as a hook does."""
    option = f"--object-format={request.param}"
    with working_in(of_base(tmp_path, option)) as repository:
        yield repository


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Repository]:
    """The same where the kind of ids makes no difference."""
    with working_in(of_base(tmp_path)) as repository:
        yield repository


def of_base(folder: Path, *options: str) -> Repository:
    repository = Repository.create(folder / "repository", *options)
    put(repository, histories.start())
    repository.commit("base")
    repository.git("checkout", "-q", "-b", "theirs")
    repository.git("checkout", "-q", "-b", "ours")
    return repository


def put(repository: Repository, files: dict[str, str]) -> None:
    for path, text in files.items():
        repository.write(path, text)


def commit(repository: Repository, branch: str, files: dict[str, str]) -> None:
    """These files on a branch, which is checked out then."""
    repository.git("checkout", "-q", branch)
    put(repository, files)
    repository.commit(branch)


def move(repository: Repository, branch: str, old: str, new: str) -> None:
    """A renamed file or folder on a branch."""
    repository.git("checkout", "-q", branch)
    (repository.path / new).parent.mkdir(parents=True, exist_ok=True)
    repository.git("mv", old, new)
    repository.commit(branch)


def merge(state: State | None = None) -> Snapshot:
    """The merge of ours, or of another state, with theirs."""
    with git.Objects() as objects:
        state = state or State(git.commit_id("ours"), objects)
        state.objects = objects
        fork = meeting.find_fork(state.name, "theirs")
        assert fork is not None
        with merging.made(state, fork) as made:
            snapshot = against.far(state, fork, made)[1].snapshot
            snapshot.objects = Read(snapshot)
        return snapshot


class Read(git.Objects):
    """What was read before the processes ended."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        blobs = [b for files in snapshot.directories.values() for b in files.values()]
        self._texts = dict(zip(blobs, snapshot.objects.read(blobs), strict=True))

    def read(self, names: object) -> Iterator[bytes | None]:
        """The contents."""
        for name in names:  # type: ignore[attr-defined]
            yield self._texts[name]


def text_of(snapshot: Snapshot, path: str) -> str:
    return (snapshot.read(path) or b"").decode()


def ends(text: str, top: str, bottom: str) -> str:
    return text.replace("# top", f"# {top}").replace("# bottom", f"# {bottom}")


def test_an_edit_follows_a_renamed_file(shop: Repository) -> None:
    old, new = f"{SHOP}/0002_color.py", f"{SHOP}/0002_colour.py"
    before = shop.read(old)
    move(shop, "ours", old, new)
    commit(shop, "ours", {new: before.replace("# top", "# mine")})
    commit(shop, "theirs", {old: before.replace("# bottom", "# theirs")})
    snapshot = merge()
    assert text_of(snapshot, new) == ends(before, "mine", "theirs")
    assert snapshot.blob(old) is None
    assert snapshot.unmerged == ()


def test_a_migration_added_to_a_folder_that_moved_stops_the_merge(
    shop: Repository,
) -> None:
    move(shop, "ours", "shop", "store")
    commit(shop, "theirs", THIRD)
    snapshot = merge()
    assert snapshot.unmerged == ("store/migrations/0003_x.py",)
    assert snapshot.blob(f"{SHOP}/0003_x.py") is None
    assert "0002_color" in text_of(snapshot, "store/migrations/0003_x.py")


def test_it_does_not_where_the_user_told_git_to_move_it(plain: Repository) -> None:
    move(plain, "ours", "shop", "store")
    commit(plain, "theirs", THIRD)
    plain.git("config", "merge.directoryRenames", "true")
    assert merge().unmerged == ()
    plain.git("config", "merge.directoryRenames", "false")
    snapshot = merge()
    assert snapshot.unmerged == ()
    assert snapshot.blob(f"{SHOP}/0003_x.py")


def test_what_the_index_takes_away_moves_too(plain: Repository) -> None:
    commit(plain, "theirs", THIRD)
    plain.git("checkout", "-q", "ours")
    plain.git("mv", "shop", "store")
    plain.write("store/new.py", "")
    plain.git("add", "--intent-to-add", "store/new.py")
    with git.Objects() as objects:
        snapshot = merge(of_index(objects))
    assert snapshot.unmerged == ("store/migrations/0003_x.py",)
    assert snapshot.blob("store/new.py") is None


def test_a_split_index_is_read_whole(plain: Repository) -> None:
    commit(plain, "theirs", {**THIRD, LOCK: "0003_x\n"})
    plain.git("checkout", "-q", "ours")
    plain.git("update-index", "--split-index")
    put(plain, {f"{SHOP}/0003_y.py": THIRD[f"{SHOP}/0003_x.py"]})
    plain.add()
    with git.Objects() as objects:
        snapshot = merge(of_index(objects))
    assert {"0003_x.py", "0003_y.py"} <= set(snapshot.directories[SHOP])


def test_a_merge_in_progress_counts_as_made(plain: Repository) -> None:
    """The folder moved with the earlier commit of theirs, which is merged already."""
    move(plain, "theirs", "shop", "store")
    edited = plain.read("store/migrations/0001_initial.py").replace("# top", "# more")
    commit(plain, "theirs", {"store/migrations/0001_initial.py": edited})
    commit(plain, "ours", THIRD)
    plain.git("merge", "-q", "--no-commit", "theirs~1", ok=(1,))
    plain.add()
    with git.Objects() as objects:
        state = of_index(objects)
        fork = meeting.find_fork(state.name, "theirs")
        assert fork is not None
        merged_already = plain.git("rev-parse", "theirs~1").strip()
        assert fork.coming == fork.bases == (merged_already,)
        with merging.repository(fork.theirs) as env:
            answer = merging.ask(state, fork, env)
    assert answer.stages == {}


def test_a_conflict_in_both_texts_is_said_and_ours_stays(shop: Repository) -> None:
    path = f"{SHOP}/0002_color.py"
    before = shop.read(path)
    commit(shop, "ours", {path: before.replace("# top", "# mine")})
    commit(shop, "theirs", {path: before.replace("# top", "# other")})
    snapshot = merge()
    assert snapshot.unmerged == (path,)
    assert text_of(snapshot, path) == before.replace("# top", "# mine")


def test_what_a_link_leads_to_is_merged_too(plain: Repository) -> None:
    """A project may keep migrations elsewhere, and link to them."""
    path, target = f"{SHOP}/0002_color.py", "shop/color.py"
    before = plain.read(path)
    move(plain, "theirs", path, target)
    (plain.path / path).symlink_to("../color.py")
    plain.commit()
    plain.git("checkout", "-q", "ours")
    plain.git("merge", "-q", "theirs")
    commit(plain, "ours", {target: before.replace("# top", "# mine")})
    commit(plain, "theirs", {target: before.replace("# bottom", "# theirs")})
    snapshot = merge()
    assert path in snapshot.links
    assert text_of(snapshot, path) == ends(before, "mine", "theirs")


def test_the_drivers_judgement_stands_for_lockfiles(plain: Repository) -> None:
    """Git alone stops on both; renames elsewhere are why it is asked."""
    edit = plain.read("cart/views.py")
    move(plain, "ours", "cart/views.py", "cart/migrations/views.py")
    commit(plain, "theirs", {"cart/views.py": edit + "# more\n"})
    commit(plain, "ours", {LOCK: "0002_color\r\n"})
    commit(plain, "theirs", {LOCK: "0003_x\n"})
    snapshot = merge()
    assert (snapshot.unmerged, text_of(snapshot, LOCK)) == ((), "0003_x\n")
    commit(plain, "ours", {LOCK: "0003_y\n"})
    snapshot = merge()
    assert (snapshot.unmerged, snapshot.blob(LOCK)) == ((LOCK,), None)


def test_a_shared_lockfile_is_merged_app_by_app(plain: Repository) -> None:
    path = "latest.txt"
    setting = f"[tool.oneleaf]\nlockfile = './locks/{path}'\n"
    lock = f"locks/{path}"
    for branch in ("theirs", "ours"):
        base = {"pyproject.toml": setting, lock: "cart: 0001_a\n\nshop: 0001_a\n"}
        if branch == "ours":
            plain.git("checkout", "-q", "ours")
            plain.git("merge", "-q", "theirs")
        else:
            commit(plain, branch, base)
    before = plain.read("cart/views.py")
    move(plain, "ours", "cart/views.py", "cart/migrations/views.py")
    commit(plain, "ours", {lock: "blog: 0001_x\n\ncart: 0001_a\n\nshop: 0001_a\n"})
    commit(
        plain,
        "theirs",
        {
            lock: "bank: 0001_x\n\ncart: 0001_a\n\nshop: 0001_a\n",
            "cart/views.py": before + "# more\n",
        },
    )
    snapshot = merge()
    assert snapshot.unmerged == ()
    assert text_of(snapshot, lock) == (
        "bank: 0001_x\n\nblog: 0001_x\n\ncart: 0001_a\n\nshop: 0001_a\n"
    )


def test_of_two_configurations_in_conflict_ours_is_used(plain: Repository) -> None:
    top = "[tool.oneleaf]\nlockfile = '{}'\n"
    commit(plain, "ours", {"pyproject.toml": top.format("mine.txt")})
    commit(plain, "theirs", {"pyproject.toml": top.format("other.txt")})
    snapshot = merge()
    assert text_of(snapshot, "pyproject.toml") == top.format("mine.txt")
    assert snapshot.unmerged == ()


def test_a_merged_configuration_that_is_none_is_said(plain: Repository) -> None:
    text = "[tool.oneleaf]\n# 1\n# 2\n# 3\n# 4\n# 5\n# 6\n# 7\n# 8\n"
    commit(plain, "theirs", {"pyproject.toml": text})
    plain.git("checkout", "-q", "ours")
    plain.git("merge", "-q", "theirs")
    line = "upstream = 'main'\n"
    commit(plain, "ours", {"pyproject.toml": text.replace("# 1\n", line)})
    commit(plain, "theirs", {"pyproject.toml": text.replace("# 8\n", line)})
    done = plain.oneleaf("check", "--rev", "ours", "--against", "theirs")
    assert done.code == 0
    assert "the merge with theirs was not checked: pyproject.toml is not" in done.err


DRIVER = ("merge.oneleaf.driver", "touch '{}'; echo noise; false")


@pytest.mark.parametrize("where", ["local", "global", "info", "environment"])
def test_no_driver_runs(
    plain: Repository, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever set one up, and wherever an attribute names it."""
    trace = tmp_path / "ran"
    key, command = DRIVER[0], DRIVER[1].format(trace)
    attributes = plain.path / ".gitattributes"
    if where == "info":
        attributes = plain.path / ".git/info/attributes"
        attributes.parent.mkdir(exist_ok=True)
    if where == "global":
        config = tmp_path / "config"
        attributes = tmp_path / "attributes"
        plain.git("config", "-f", str(config), key, command)
        plain.git("config", "-f", str(config), "core.attributesFile", str(attributes))
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    elif where == "environment":
        monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
        monkeypatch.setenv("GIT_CONFIG_KEY_0", key)
        monkeypatch.setenv("GIT_CONFIG_VALUE_0", command)
    else:
        plain.git("config", key, command)
    attributes.write_text("* merge=oneleaf\n")
    path = f"{SHOP}/0002_color.py"
    before = plain.read(path)
    commit(plain, "ours", {path: before.replace("# top", "# mine")})
    commit(plain, "theirs", {path: before.replace("# bottom", "# other")})
    plain.git("checkout", "-q", "ours")
    assert text_of(merge(), path) == ends(before, "mine", "other")
    assert not trace.exists()


@pytest.fixture
def crossed(plain: Repository) -> Repository:
    """Both branches merged each other once, and moved on."""
    commit(plain, "ours", {"notes/a.txt": "a\n"})
    commit(plain, "theirs", {"notes/b.txt": "b\n"})
    before = plain.git("rev-parse", "ours").strip()
    plain.git("checkout", "-q", "ours")
    plain.git("merge", "-q", "-m", "x", "theirs")
    plain.git("checkout", "-q", "theirs")
    plain.git("merge", "-q", "-m", "x", before)
    commit(plain, "ours", {LOCK: "0003_mine\n"})
    commit(plain, "theirs", {LOCK: "0003_other\n"})
    plain.git("checkout", "-q", "ours")
    return plain


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_nothing_is_left_behind(
    crossed: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    before = everything(crossed.path)
    assert merge().unmerged == (LOCK,)
    assert everything(crossed.path) == before
    assert list(elsewhere.iterdir()) == []


def test_objects_of_a_push_that_may_be_refused_are_read_and_none_added(
    crossed: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server keeps them apart until its hooks agree (git-receive-pack(1))."""
    real = crossed.path / ".git/objects"
    apart = tmp_path / "incoming"
    apart.mkdir()
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(apart))
    monkeypatch.setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", str(real))
    crossed.env |= {
        name: os.environ[name]
        for name in ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
    }
    commit(crossed, "ours", {LOCK: "0004_mine\n"})
    before = everything(apart)
    assert before
    assert merge().unmerged == (LOCK,)
    assert everything(apart) == before


def test_it_works_in_a_subfolder_and_in_a_linked_worktree(
    crossed: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(crossed.path / "shop")
    assert merge().unmerged == (LOCK,)
    linked = tmp_path / "linked"
    crossed.git("worktree", "add", "-q", "--detach", str(linked), "ours")
    monkeypatch.chdir(linked / "shop")
    assert merge().unmerged == (LOCK,)


def test_it_works_in_a_bare_repository(
    crossed: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare.git"
    crossed.git("clone", "-q", "--bare", "--shared", str(crossed.path), str(bare))
    monkeypatch.chdir(bare)
    assert merge().unmerged == (LOCK,)


def test_a_shallow_clone_ends_where_it_ends(
    crossed: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two merges are the edge; before them is nothing that git could read."""
    shallow = tmp_path / "shallow"
    source = crossed.path.as_uri()
    options = ("--depth=3", "--no-single-branch")
    crossed.git("clone", "-q", *options, source, str(shallow))
    monkeypatch.chdir(shallow)
    git.run("branch", "theirs", "origin/theirs")
    assert git.line("rev-parse", "--is-shallow-repository") == "true"
    assert merge().unmerged == (LOCK,)


def test_replaced_commits_are_what_replaces_them(crossed: Repository) -> None:
    """Grafted onto one parent, the histories cross no more (git-replace(1))."""
    merge_commit = crossed.git("rev-parse", "ours~1").strip()
    parents = crossed.git("rev-parse", f"{merge_commit}^1", f"{merge_commit}^2").split()
    crossed.git("replace", "--graft", merge_commit, *parents[:1])
    path = f"{SHOP}/0002_color.py"
    before = crossed.read(path)
    commit(crossed, "ours", {path: before.replace("# top", "# mine")})
    commit(crossed, "theirs", {path: before.replace("# bottom", "# other")})
    with git.Objects() as objects:
        state = State(git.commit_id("ours"), objects)
        fork = meeting.find_fork(state.name, "theirs")
        assert fork is not None
        with merging.repository(fork.theirs) as env:
            answer = merging.ask(state, fork, env)
            found = git.run("merge-base", "--all", fork.ours, fork.theirs, env=env)
    assert tuple(git.decode(found).split()) == fork.bases == (parents[0],)
    assert set(answer.stages) == {LOCK}


OLD_GIT = """\
#!/bin/sh
case "$1" in
  version) echo "git version 2.34.1" ;;
  merge-tree) echo "usage: git merge-tree <base> <one> <other>" >&2; exit 129 ;;
  *) exec {real} "$@" ;;
esac
"""


@pytest.fixture
def old_git(tmp_path: Path) -> dict[str, str]:
    """A PATH whose git knows no merges without a work tree."""
    real = next(
        path
        for folder in os.environ["PATH"].split(os.pathsep)
        if os.access(path := os.path.join(folder, "git"), os.X_OK)
    )
    shim = tmp_path / "old" / "git"
    shim.parent.mkdir()
    shim.write_text(OLD_GIT.format(real=real))
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--rev", "ours", "--against", "theirs"),
        ("check", "--rev", "theirs~1", "--against", "theirs"),
        ("graph", "--rev", "ours", "--against", "theirs"),
    ],
    ids=" ".join,
)
def test_an_old_git_is_named_with_its_version(
    crossed: Repository, old_git: dict[str, str], words: tuple[str, ...]
) -> None:
    done = crossed.oneleaf(*words, **old_git)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "oneleaf: --against needs git 2.38 or later, and this is git 2.34.1: it asks"
        " `git merge-tree` for the merge; install a later git, or check without it\n"
    )


def test_an_object_that_is_not_there_is_said(crossed: Repository) -> None:
    blob = crossed.git("rev-parse", f"ours:{LOCK}").strip()
    path = crossed.path / ".git/objects" / blob[:2] / blob[2:]
    path.unlink()
    with pytest.raises(OneleafError, match="merge-tree"):
        merge()


ANSWERS = {
    "a clean merge": (b"1234\0", {}, {}),
    "stages and messages": (
        b"1234\0"
        b"100644 aa 1\ta b\x00100644 bb 2\ta b\x00160000 cc 3\tsub\0"
        b"\0"
        b"1\0a b\0Auto-merging\0Auto-merging a b\n\0"
        b"1\0a b\0CONFLICT (contents)\0CONFLICT (content): Merge conflict in a b\n\0",
        {"a b": {"1": ("100644", "aa"), "2": ("100644", "bb")}},
        {"a b": {"CONFLICT (contents)"}},
    ),
    "a stop without unmerged paths": (
        b"1234\0\x001\0shop\0CONFLICT(directory rename unclear split)\0Unclear\n\0",
        {},
        {"shop": {"CONFLICT(directory rename unclear split)"}},
    ),
    "advice about submodules at the end": (
        b"1234\x00100644 aa 2\tf\0\x001\0f\0CONFLICT (submodule)\0x\n\0"
        b"Recursive merging with submodules currently only supports trivial cases.\n",
        {"f": {"2": ("100644", "aa")}},
        {"f": {"CONFLICT (submodule)"}},
    ),
}


@pytest.mark.parametrize(
    ("raw", "stages", "conflicts"), ANSWERS.values(), ids=ANSWERS.keys()
)
def test_gits_answer_is_read(
    raw: bytes,
    stages: dict[str, dict[str, tuple[str, str]]],
    conflicts: dict[str, set[str]],
) -> None:
    answer = merging.parse(raw)
    assert answer.tree == "1234"
    assert (answer.stages, answer.conflicts) == (stages, conflicts)
