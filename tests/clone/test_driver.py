"""What stands in git's configuration, and what happens when the tool behind it fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from oneleaf.clone import driver
from oneleaf.clone.driver import DESCRIPTION, DRIVER, NAME, Tool
from programs import script
from repository import SOURCE_ROOT, Repository

LAUNCHER = str(SOURCE_ROOT / "oneleaf" / "lockfiles" / "launcher.py")
LOCK = "shop/migrations/max_migration.txt"
OWN = driver.command(Tool("/env/bin/python", "/env/lib/oneleaf/lockfiles/launcher.py"))
DEAD = driver.command(Tool("/gone/bin/python", "/gone/oneleaf/lockfiles/launcher.py"))


@pytest.mark.parametrize(
    ("entries", "edits"),
    [
        pytest.param([], [(DRIVER, OWN), (NAME, DESCRIPTION)], id="nothing yet"),
        pytest.param([(DRIVER, OWN), (NAME, DESCRIPTION)], [], id="as it should be"),
        pytest.param(
            [(DRIVER, DEAD), (NAME, DESCRIPTION)], [(DRIVER, OWN)], id="old paths"
        ),
        pytest.param([(NAME, DESCRIPTION)], [(DRIVER, OWN)], id="half a section"),
        pytest.param([(DRIVER, OWN)], [(NAME, DESCRIPTION)], id="no name"),
        pytest.param(
            [(DRIVER, OWN), (DRIVER, OWN), (NAME, DESCRIPTION)],
            [(DRIVER, OWN)],
            id="twice",
        ),
        pytest.param(
            [(DRIVER, OWN), (NAME, DESCRIPTION), ("merge.oneleaf.recursive", "binary")],
            [("merge.oneleaf.recursive", None)],
            id="recursive",
        ),
        pytest.param([(DRIVER, "mine %A")], None, id="foreign"),
        pytest.param([(DRIVER, "mine %A"), (DRIVER, OWN)], None, id="foreign and ours"),
    ],
)
def test_the_plan_changes_only_what_differs(
    entries: list[tuple[str, str]], edits: list[tuple[str, str | None]] | None
) -> None:
    assert driver.plan(entries, OWN) == edits


def test_force_replaces_a_foreign_driver() -> None:
    edits = driver.plan([(DRIVER, "mine %A")], OWN, force=True)
    assert edits == [(DRIVER, OWN), (NAME, DESCRIPTION)]


@pytest.mark.parametrize(
    ("value", "own"),
    [
        (OWN, True),
        (DEAD, True),
        (driver.command(None), True),
        ("oneleaf merge-driver %O %A %B %L %P", True),
        ("true", False),
        ("/x/oneleaf merge-driver %O %A %B", False),
        ("if test -x /mine; then /mine %A; fi", False),
        ("", False),
    ],
)
def test_own_values_are_told_by_their_shape(value: str, own: bool) -> None:
    assert driver.is_own(value) is own


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/srv/tree/.venv/bin/python", True),
        ("/srv/tree-2/bin/python", False),
        ("/srv/treebin/python", False),
        ("/usr/bin/python", False),
    ],
)
def test_a_path_in_a_work_tree_is_found_out(path: str, inside: bool) -> None:
    tool = Tool(path, "/usr/lib/oneleaf/lockfiles/launcher.py")
    assert driver.is_inside(tool, ["/elsewhere", "/srv/tree"]) is inside


def test_a_path_that_a_link_leads_into_the_work_tree_is_found_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "tree" / "bin").mkdir(parents=True)
    (tmp_path / "tree" / "bin" / "python").touch()
    (tmp_path / "link").symlink_to(tmp_path / "tree" / "bin")
    tool = Tool(str(tmp_path / "link" / "python"), "/usr/x")
    assert driver.is_inside(tool, [str(tmp_path / "tree")])


# In real merges


@pytest.fixture
def diverged(tmp_path: Path) -> Repository:
    """On main, with a branch feat: both changed the lockfile of one app."""
    repository = Repository.create(tmp_path / "work")
    repository.write(".gitattributes", "max_migration.txt merge=oneleaf\n")
    repository.write(LOCK, "0001_initial\n")
    repository.commit("base")
    repository.diverge(LOCK, "0002_a\n", "0002_b\n")
    return repository


def register(
    repository: Repository, python: str = sys.executable, launcher: str = LAUNCHER
) -> None:
    value = driver.command(Tool(python, launcher))
    repository.git("config", DRIVER, value)


def assert_conflict(repository: Repository) -> None:
    lines = repository.read(LOCK).splitlines()
    assert lines[0].startswith("<<<<<<< ")
    assert lines[-1].startswith(">>>>>>> ")
    assert {"0002_a", "0002_b"} < set(lines)
    assert repository.git("ls-files", "-u", "--", LOCK).count("\n") == 3


BROKEN = {
    "interpreter gone": None,
    "interpreter of a dead environment": "#!/gone/bin/python\n",
    "traceback": "#!/bin/sh\necho Traceback >&2\nexit 1\n",
    "usage error": "#!/bin/sh\nexit 2\n",
    "code above 128": "#!/bin/sh\nexit 200\n",
    "killed": "#!/bin/sh\nkill -9 $$\n",
    "crashed": "#!/bin/sh\nkill -11 $$\n",
    "terminated": "#!/bin/sh\nkill -15 $$\n",
    "half written": '#!/bin/sh\nfor last; do :; done\nprintf "<<<<<<< ours\\n0002_a\\n=======\\n0002_b\\n>>>>>>> x" > "$5"\nkill -9 $$\n',
}


@pytest.mark.parametrize("operation", ["merge", "rebase"])
@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_tool_leaves_a_conflict_with_markers(
    diverged: Repository, tmp_path: Path, fault: str, operation: str
) -> None:
    text = BROKEN[fault]
    python = str(tmp_path / "tool" / "python")
    if text is not None:
        script(Path(python), text)
    register(diverged, python)
    diverged.git(operation, "feat", ok=(1,))
    assert_conflict(diverged)


def test_a_launcher_that_is_gone_leaves_a_conflict_with_markers(
    diverged: Repository, tmp_path: Path
) -> None:
    register(diverged, launcher=str(tmp_path / "oneleaf" / "lockfiles" / "launcher.py"))
    diverged.git("merge", "feat", ok=(1,))
    assert_conflict(diverged)


@pytest.mark.parametrize("entry", [".", "", "bin"])
def test_a_program_of_the_work_tree_is_not_taken_for_the_tool(
    diverged: Repository, tmp_path: Path, entry: str
) -> None:
    for place in ("oneleaf", "bin/oneleaf"):
        script(diverged.path / place, "#!/bin/sh\ntouch TRAPPED\n")
    register(diverged, python=str(tmp_path / "gone"))
    path = f"{entry}:{diverged.env['PATH']}"
    diverged.git("merge", "feat", ok=(1,), PATH=path)
    assert_conflict(diverged)
    assert not (diverged.path / "TRAPPED").exists()


@pytest.mark.parametrize("alive", [True, False], ids=["tool", "no tool"])
@pytest.mark.parametrize(
    "folder",
    [
        "a b",
        "it's",
        'say "x"',
        "$(touch TRAPPED)",
        "`touch TRAPPED`",
        "; touch TRAPPED;",
        "-x",
        "%A",
        "a\nb",
        "ü",
    ],
)
def test_no_path_in_the_repository_makes_git_run_anything(
    tmp_path: Path, folder: str, alive: bool
) -> None:
    repository = Repository.create(tmp_path / "work")
    register(repository, sys.executable if alive else str(tmp_path / "gone"))
    path = f"{folder}/max_migration.txt"
    repository.write(".gitattributes", "max_migration.txt merge=oneleaf\n")
    names = {"main": "0001", "feat": "0002_$(touch TRAPPED)"}
    for branch, name in names.items():
        repository.git("checkout", "-q", "-B", branch)
        repository.write(path, name + "\n")
        repository.commit(branch)
    repository.git("checkout", "-q", "main")
    repository.write(path, "0002_`touch`\n")
    repository.commit("main")
    out = repository.git("merge", "feat", ok=(1,))
    assert "0002_`touch`" in repository.read(path)
    assert "0002_$(touch" in repository.read(path)
    assert repository.read(path).startswith("<<<<<<< ours\n")
    assert not (repository.path / "TRAPPED").exists()
    assert len([line for line in out.splitlines() if line.startswith("oneleaf: ")]) in (
        0,
        2,
    )


@pytest.mark.parametrize("alive", [True, False], ids=["tool", "no tool"])
@pytest.mark.parametrize("size", ["", "5", "12"])
def test_a_recorded_resolution_is_never_replayed(
    diverged: Repository, tmp_path: Path, alive: bool, size: str
) -> None:
    if size:
        diverged.write(
            ".gitattributes",
            f"max_migration.txt merge=oneleaf conflict-marker-size={size}\n",
        )
        diverged.commit("markers")
    diverged.git("config", "rerere.enabled", "true")
    diverged.git("config", "rerere.autoupdate", "true")
    register(diverged, sys.executable if alive else str(tmp_path / "gone"))
    diverged.git("merge", "feat", ok=(1,))
    diverged.write(LOCK, "0003_merge\n")
    diverged.commit("resolved")
    diverged.git("reset", "-q", "--hard", "HEAD^")
    diverged.git("merge", "feat", ok=(1,))
    assert diverged.git("ls-files", "-u", "--", LOCK).count("\n") == 3
    assert "<<<<" in diverged.read(LOCK)


def criss_cross(repository: Repository, resolve: str) -> None:
    """main and feat have merged each other; main then goes on."""
    repository.git("branch", "old-main")
    for branch, other in (("main", "feat"), ("feat", "old-main")):
        repository.git("checkout", "-q", branch)
        repository.git("merge", "-q", other, ok=(0, 1))
        repository.write(LOCK, resolve.format(branch=branch) + "\n")
        repository.commit(f"merged into {branch}")


@pytest.mark.parametrize("alive", [True, False], ids=["tool", "no tool"])
def test_a_criss_cross_that_diverged_again_conflicts_and_speaks_once(
    diverged: Repository, tmp_path: Path, alive: bool
) -> None:
    register(diverged, sys.executable if alive else str(tmp_path / "gone"))
    criss_cross(diverged, "0003_{branch}")
    out = diverged.git("merge", "main", ok=(1,))
    assert diverged.read(LOCK).count("<<<<") == 1
    assert "0003_main" in diverged.read(LOCK)
    assert out.count("oneleaf: app shop") == (1 if alive else 0)


def shared_conflict(tmp_path: Path) -> Repository:
    """Both sides changed app b of a shared lockfile, and each another app beside it."""
    repository = Repository.create(tmp_path / "work")
    repository.write(".gitattributes", "/locks.txt merge=oneleaf\n")
    sides = {
        "base": "a: 1 b: 1 c: 1",
        "feat": "a: 1 b: 2_y c: 2",
        "main": "a: 2 b: 2_x c: 1",
    }
    for branch, entries in sides.items():
        start = ("--orphan",) if branch == "base" else ("-B",)
        repository.git(
            "checkout", "-q", *start, branch, *(["base"] if branch != "base" else [])
        )
        repository.write(
            "locks.txt",
            "\n\n".join(entries.replace(": ", ":").split()).replace(":", ": ") + "\n",
        )
        repository.commit(branch)
    return repository


def test_a_broken_tool_leaves_a_shared_lockfile_in_conflict(tmp_path: Path) -> None:
    repository = shared_conflict(tmp_path)
    register(repository, str(script(tmp_path / "tool", "#!/bin/sh\nkill -9 $$\n")))
    repository.git("merge", "feat", ok=(1,))
    assert "<<<<<<< ours\nb: 2_x\n=======\nb: 2_y\n>>>>>>> theirs\n" in repository.read(
        "locks.txt"
    )


@pytest.mark.parametrize("alive", [True, False], ids=["tool", "no tool"])
def test_bytes_that_are_no_text_are_a_conflict_and_no_refused_merge(
    diverged: Repository, tmp_path: Path, alive: bool
) -> None:
    register(diverged, sys.executable if alive else str(tmp_path / "gone"))
    diverged.write(LOCK, b"0002\0_a\n")
    diverged.commit("bytes")
    diverged.git("merge", "feat", ok=(1,))
    assert diverged.git("ls-files", "-u", "--", LOCK).count("\n") == 3
    assert (
        (diverged.path / LOCK).read_bytes().startswith(b"<<<" if alive else b"0002\0")
    )


def test_in_a_linked_work_tree_the_message_knows_of_the_rebase(
    diverged: Repository,
) -> None:
    register(diverged)
    diverged.git("worktree", "add", "-q", "../linked", "feat")
    linked = Repository(diverged.path.parent / "linked", diverged.env)
    out = linked.git("rebase", "main", ok=(1,))
    assert "(in a rebase, ours is upstream)\n" in out
    diverged.git("checkout", "-q", "-b", "third", "main^")
    diverged.write(LOCK, "0002_c\n")
    diverged.commit("third")
    assert "upstream" not in diverged.git("merge", "main", ok=(1,))
