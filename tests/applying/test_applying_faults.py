"""A plan killed, or failed by the system, at every single effect it has on the disk.

Promise 4 of the design: all or nothing; killed at any point every content is still
there, and the same command finishes.
"""

from __future__ import annotations

import marshal
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from repository import Done, Repository, migration

CHILD = Path(__file__).parent / "faulty_child.py"
FOLDER = "shop/migrations/"
LOCKFILE = FOLDER + "max_migration.txt"

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@dataclass
class Case:
    """A repository with a conflict, and the plan that solves it."""

    repository: Repository
    plan: Path
    before: dict[str, bytes]
    after: dict[str, bytes]

    def run(self, fault: str = "none", at: int = 0) -> Done:
        return self.repository.run(
            sys.executable, "-I", "-S", str(CHILD), fault, str(at), str(self.plan)
        )

    def tree(self) -> dict[str, bytes]:
        return tree(self.repository.path)

    def index(self) -> str:
        return self.repository.git("ls-files", "--stage")

    def findable(self) -> set[bytes]:
        """Every content in the work tree, and everything the journal holds."""
        root = self.repository.path
        found = set(self.tree().values())
        for place in (root / ".git/oneleaf").rglob("*"):
            if place.name in ("preparing", "ready", "done"):
                for _path, old, new, *_ in marshal.loads(place.read_bytes())[4]:
                    found |= {old, new}
        return found


def tree(root: Path) -> dict[str, bytes]:
    return {
        place.relative_to(root).as_posix(): place.read_bytes()
        for place in sorted(root.rglob("*"))
        if place.is_file() and ".git" not in place.relative_to(root).parts
    }


def content(*dependencies: str, mark: str) -> bytes:
    pairs = [("shop", name) for name in dependencies]
    return (f"# {mark}\n" + migration(*pairs)).encode()


MOVES = {
    FOLDER + "0002_update.py": FOLDER + "0003_update.py",
    FOLDER + "0003_update.py": FOLDER + "0004_update.py",
}
# Two files move, one into the other's place; one is removed, one new.
MOVED: dict[str, bytes | None] = {
    FOLDER + "0002_update.py": None,
    FOLDER + "0003_update.py": content("0002_theirs", mark="1"),
    FOLDER + "0004_update.py": content("0003_update", mark="2"),
    FOLDER + "0003_gone.py": None,
    FOLDER + "0005_new.py": content("0004_update", mark="new"),
    LOCKFILE: b"0005_new\n",
}
# A copy of 0002_theirs is removed, and what depended on it depends on that one.
DROPPED: dict[str, bytes | None] = {
    FOLDER + "0002_update.py": None,
    FOLDER + "0003_update.py": content("0002_theirs", mark="2"),
    FOLDER + "0003_gone.py": content("0002_theirs", mark="gone"),
    LOCKFILE: b"0003_update\n",
}


def build(path: Path, files: dict[str, bytes | None], moves: dict[str, str]) -> Case:
    """Two branches with two migrations each, in the middle of a merge; and a plan."""
    repository = Repository.create(path / "repository")
    repository.app("shop", "0001_initial", lockfile=True)
    repository.commit()
    repository.git("checkout", "-q", "-b", "topic")
    first, second = content("0001_initial", mark="1"), content("0002_update", mark="2")
    repository.write(FOLDER + "0002_update.py", first)
    repository.write(FOLDER + "0003_update.py", second)
    repository.write(FOLDER + "0003_gone.py", content("0002_update", mark="gone"))
    repository.write(LOCKFILE, "0003_update\n")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.write(
        FOLDER + "0002_theirs.py", content("0001_initial", mark="published")
    )
    repository.write(LOCKFILE, "0002_theirs\n")
    repository.commit()
    repository.git("checkout", "-q", "topic")
    repository.git("merge", "main", ok=(1,))
    (repository.path / FOLDER / "0002_update.py").chmod(0o755)
    before = tree(repository.path)
    expected = {name: before.get(name) for name in files}
    plan = path / "plan"
    plan.write_bytes(marshal.dumps((files, moves, expected, True)))
    after = {**before, **{name: data for name, data in files.items() if data}}
    after = {
        name: data for name, data in after.items() if files.get(name, b"") is not None
    }
    return Case(repository, plan, before, after)


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return build(tmp_path_factory.mktemp("pattern"), MOVED, MOVES)


@pytest.fixture(scope="module")
def removal(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return build(tmp_path_factory.mktemp("removal"), DROPPED, {})


def copy(pattern: Case, path: Path) -> Case:
    """A fresh one: building it anew takes ten times as long."""
    root = path / "repository"
    if root.exists():
        shutil.rmtree(root)
    shutil.copytree(pattern.repository.path, root, symlinks=True)
    repository = Repository(root, pattern.repository.env)
    return Case(repository, pattern.plan, pattern.before, pattern.after)


def undisturbed_index(pattern: Case, path: Path) -> str:
    done = copy(pattern, path)
    assert done.run().code == 0
    assert done.tree() == done.after
    return done.index()


def test_an_undisturbed_run_does_all_of_the_plan_and_resolves_the_index(
    pattern: Case, tmp_path: Path
) -> None:
    case = copy(pattern, tmp_path)
    assert "3\t" + LOCKFILE in case.index()
    assert case.run().code == 0
    assert case.tree() == case.after
    assert case.repository.git("diff", "--name-only") == ""
    assert case.repository.git("ls-files", "--unmerged") == ""
    mode = (case.repository.path / FOLDER / "0003_update.py").stat().st_mode
    assert mode & 0o777 == 0o755
    assert "100755" in case.repository.git("ls-files", "-s", FOLDER + "0003_update.py")


@pytest.mark.parametrize("fault", ["kill", "half"])
def test_killed_at_any_effect_nothing_is_lost_and_the_same_command_finishes(
    fault: str, pattern: Case, tmp_path: Path
) -> None:
    assert (
        killed_at_any_effect(fault, pattern, tmp_path) > {"kill": 40, "half": 5}[fault]
    )


def test_a_removal_killed_at_any_effect_loses_nothing_and_is_finished(
    removal: Case, tmp_path: Path
) -> None:
    assert FOLDER + "0002_update.py" not in removal.after
    assert killed_at_any_effect("kill", removal, tmp_path) > 30
    repository = copy(removal, tmp_path).repository
    assert repository.git("show", f":{FOLDER}0002_update.py").startswith("# 1\n")


def killed_at_any_effect(fault: str, pattern: Case, tmp_path: Path) -> int:
    """How many effects an undisturbed run has; every other one is killed at one."""
    index = undisturbed_index(pattern, tmp_path)
    step = 1
    while True:
        case = copy(pattern, tmp_path)
        done = case.run(fault, step)
        if done.code == 0:
            break
        assert done.code == -9
        if case.tree() != case.after:
            lost = set(case.before.values()) - case.findable()
            assert not lost, step
        again = case.run()
        assert again.code == 0, (step, again)
        assert case.tree() == case.after, step
        assert case.index() == index, step
        step += 1
    return step


@pytest.mark.parametrize("fault", ["ENOSPC", "EACCES", "ENOSPC+"])
def test_an_error_of_the_system_at_any_effect_undoes_everything_and_is_said(
    fault: str, pattern: Case, tmp_path: Path
) -> None:
    assert undone_by(fault, pattern, tmp_path) > 10


def test_a_removal_is_undone_where_the_system_fails(
    removal: Case, tmp_path: Path
) -> None:
    assert undone_by("EACCES", removal, tmp_path) > 10


def undone_by(fault: str, pattern: Case, tmp_path: Path) -> int:
    """How many runs an error of the system undid, at each of the effects in turn."""
    undone = step = 0
    while True:
        step += 1
        case = copy(pattern, tmp_path)
        index = case.index()
        done = case.run(fault, step)
        count = int(done.out.rsplit("effects ", 1)[1])
        if count < step:
            break
        if case.tree() == case.before:
            assert (done.code, case.index()) == (1, index), (step, done)
            assert "nothing was changed" in done.out
            undone += 1
        else:
            # Everything was written; only tidying up went wrong, if that did.
            assert {k: v for k, v in case.tree().items() if "/.oneleaf-" not in k} == (
                case.after
            ), (step, done)
            assert done.code == 0 or "every file is written" in done.out
        assert case.run().code == 0, step
        assert case.tree() == case.after, step
    return undone
