"""What ``apply`` refuses before the first byte, what it keeps, and what recovery does."""

from __future__ import annotations

import marshal
import os
import sys
from pathlib import Path

import pytest

from oneleaf import applying
from oneleaf.applying import files, journal, judging
from oneleaf.applying.disk import FolderLock
from oneleaf.applying.journal import Job
from oneleaf.errors import OneleafError, Refused
from oneleaf.planning.plan import Plan
from repository import Repository

CHILD = Path(__file__).parent / "faulty_child.py"
FOLDER = "shop/migrations/"
ONE, TWO, LATER = FOLDER + "0001_a.py", FOLDER + "0002_b.py", FOLDER + "0003_b.py"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository = Repository.create(tmp_path / "repository")
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    for name, value in repository.env.items():
        monkeypatch.setenv(name, value)
    repository.write(ONE, "one\n")
    repository.write(TWO, "two\n")
    repository.commit()
    monkeypatch.chdir(repository.path)
    return repository


def move() -> Plan:
    """0002_b moves to 0003_b."""
    files: dict[str, bytes | None] = {TWO: None, LATER: b"three\n"}
    expected: dict[str, bytes | None] = {TWO: b"two\n", LATER: None}
    return Plan((), files, moves={TWO: LATER}, expected=expected)


def drop() -> Plan:
    """0002_b is removed, and 0001_a is edited."""
    files: dict[str, bytes | None] = {TWO: None, ONE: b"1\n"}
    return Plan((), files, expected={TWO: b"two\n", ONE: b"one\n"})


def apply(repository: Repository, plan: Plan, *, stage: bool = False) -> None:
    applying.apply(str(repository.path), plan, stage=stage)


def tree(repository: Repository) -> dict[str, bytes | str]:
    """Every path outside of .git: content, or where a link leads."""
    return {
        str(place.relative_to(repository.path)): (
            str(place.readlink()) if place.is_symlink() else place.read_bytes()
        )
        for place in repository.path.rglob("*")
        if ".git" not in place.relative_to(repository.path).parts
        and (place.is_symlink() or place.is_file())
    }


def assert_refused(repository: Repository, plan: Plan, said: str) -> None:
    before, index = tree(repository), repository.git("ls-files", "--stage")
    with pytest.raises(Refused, match=said) as refusal:
        apply(repository, plan, stage=True)
    assert "nothing was changed" in str(refusal.value)
    assert (tree(repository), repository.git("ls-files", "--stage")) == (before, index)
    assert applying.recover(str(repository.path)) is None


@pytest.mark.parametrize("mode", [0o644, 0o755, 0o600], ids=oct)
def test_a_moved_file_keeps_its_mode(mode: int, repository: Repository) -> None:
    (repository.path / TWO).chmod(mode)
    apply(repository, move())
    assert (repository.path / LATER).stat().st_mode & 0o777 == mode


def swap(repository: Repository) -> Plan:
    """Two files of one content, one of them executable, change places."""
    repository.write(TWO, "one\n")
    repository.commit()
    (repository.path / ONE).chmod(0o755)
    same: dict[str, bytes | None] = {ONE: b"one\n", TWO: b"one\n"}
    return Plan((), dict(same), moves={ONE: TWO, TWO: ONE}, expected=dict(same))


def modes(repository: Repository) -> list[int]:
    return [(repository.path / path).stat().st_mode & 0o777 for path in (ONE, TWO)]


def test_two_files_of_one_content_swap_their_modes(repository: Repository) -> None:
    apply(repository, swap(repository))
    assert modes(repository) == [0o644, 0o755]


def test_without_staging_the_index_stays_as_it_is(repository: Repository) -> None:
    index = repository.git("ls-files", "--stage")
    apply(repository, move())
    assert repository.git("ls-files", "--stage") == index


def test_staging_touches_the_plans_paths_alone(repository: Repository) -> None:
    repository.write(ONE, "edited by the user\n")
    repository.write("untracked.py", "x\n")
    apply(repository, move(), stage=True)
    assert repository.git("status", "--short", "--no-renames").splitlines() == [
        f" M {ONE}",
        f"D  {TWO}",
        f"A  {LATER}",
        "?? untracked.py",
    ]


def test_staging_takes_ignored_files_and_odd_names_too(repository: Repository) -> None:
    repository.write(".gitignore", "*.txt\n")
    path = FOLDER + "a b'\u00e9\n.txt"
    apply(repository, Plan((), {path: b"x\n"}, expected={path: None}), stage=True)
    assert path in repository.git("ls-files", "-z").split("\0")


def test_line_ends_are_staged_as_git_add_would(repository: Repository) -> None:
    repository.git("config", "core.autocrlf", "true")
    plan = Plan((), {ONE: b"new\r\n"}, expected={ONE: b"one\n"})
    apply(repository, plan, stage=True)
    assert repository.git("show", f":{ONE}") == "new\n"


def test_an_empty_plan_does_nothing(repository: Repository) -> None:
    apply(repository, Plan((), {}), stage=True)
    assert not (repository.path / ".git/oneleaf").exists()


def test_nothing_is_left_behind(repository: Repository) -> None:
    apply(repository, move(), stage=True)
    assert set(tree(repository)) == {ONE, LATER}
    left = (repository.path / ".git/oneleaf").rglob("*")
    assert [place.name for place in left if place.is_file()] == ["lock"]


def test_a_removed_file_goes_from_the_index_too(repository: Repository) -> None:
    apply(repository, drop(), stage=True)
    assert tree(repository) == {ONE: b"1\n"}
    assert repository.git("ls-files") == f"{ONE}\n"
    assert repository.git("show", f"HEAD:{TWO}") == "two\n"


@pytest.mark.parametrize("staged", [False, True])
def test_a_removed_file_is_refused_where_git_does_not_have_it(
    staged: bool, repository: Repository
) -> None:
    repository.write(LATER, "precious\n")
    if staged:
        repository.add()
    plan = Plan((), {LATER: None}, expected={LATER: b"precious\n"})
    if not staged:
        assert_refused(repository, plan, "git does not have what is in it")
    else:
        apply(repository, plan)
        assert LATER not in tree(repository)


def test_git_has_a_file_that_it_checked_out_with_other_line_ends(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.write(".gitattributes", "shop/migrations/* text eol=crlf\n")
    repository.write(TWO, "two\r\n")
    monkeypatch.chdir(repository.path / FOLDER)
    apply(repository, Plan((), {TWO: None}, expected={TWO: b"two\r\n"}))
    assert TWO not in tree(repository)


def test_a_file_edited_meanwhile_is_refused(repository: Repository) -> None:
    repository.write(TWO, "two, and a thought\n")
    assert_refused(repository, move(), "0002_b.py was edited meanwhile")


def test_a_save_after_the_judgement_is_refused_and_put_back(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.write_incoming

    def save_meanwhile(job: Job) -> None:
        real(job)
        repository.write(TWO, "saved in that instant\n")

    monkeypatch.setattr(files, "write_incoming", save_meanwhile)
    with pytest.raises(Refused, match="was edited meanwhile; nothing was changed"):
        apply(repository, move())
    assert tree(repository) == {ONE: b"one\n", TWO: b"saved in that instant\n"}


def test_a_file_that_appears_after_the_judgement_stays(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.put_aside

    def appear_meanwhile(job: Job) -> None:
        real(job)
        repository.write(LATER, "precious\n")

    monkeypatch.setattr(files, "put_aside", appear_meanwhile)
    with pytest.raises(Refused, match=r"a file appeared at .*; nothing was changed"):
        apply(repository, move())
    assert tree(repository)[LATER] == b"precious\n"
    assert tree(repository)[TWO] == b"two\n"


@pytest.mark.parametrize("plan", [move(), drop()], ids=["move", "removal"])
def test_an_interrupt_from_the_keyboard_undoes_everything(
    plan: Plan, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = files.put_in_place

    def interrupt(job: Job) -> None:
        real(job)
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "put_in_place", interrupt)
    before = tree(repository)
    with pytest.raises(KeyboardInterrupt):
        apply(repository, plan)
    assert tree(repository) == before


def test_a_file_that_is_not_checked_out_is_refused(repository: Repository) -> None:
    (repository.path / TWO).unlink()
    assert_refused(repository, move(), "git checkout -- shop/migrations/0002_b.py")


def test_an_untracked_file_in_the_way_is_refused(repository: Repository) -> None:
    repository.write(LATER, "precious\n")
    assert_refused(repository, move(), "0003_b.py is in the way")


def test_a_read_only_file_is_refused(repository: Repository) -> None:
    (repository.path / TWO).chmod(0o444)
    assert_refused(repository, move(), "is read-only; .*chmod u.w shop")


def test_a_link_in_a_files_place_is_refused(repository: Repository) -> None:
    (repository.path / TWO).unlink()
    (repository.path / TWO).symlink_to("0001_a.py")
    assert_refused(repository, move(), "0002_b.py is a link")


def test_a_dangling_link_in_a_new_files_place_is_refused(
    repository: Repository,
) -> None:
    (repository.path / LATER).symlink_to("/nowhere/at/all")
    assert_refused(repository, move(), "0003_b.py is a link")


def test_a_folder_in_a_files_place_is_refused(repository: Repository) -> None:
    (repository.path / LATER).mkdir()
    assert_refused(repository, move(), "0003_b.py is no regular file")


def test_a_link_on_the_way_is_refused(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (repository.path / "linked").symlink_to(tmp_path / "outside")
    plan = Plan((), {"linked/0001_x.py": b"x\n"}, expected={"linked/0001_x.py": None})
    assert_refused(repository, plan, "linked is a link")
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    "path", ["../x.py", "/etc/x.py", "a/../../x.py", ".git/x", "a/.GIT/config", "a//b"]
)
def test_a_path_that_leads_out_of_the_work_tree_is_refused(
    path: str, repository: Repository
) -> None:
    plan = Plan((), {path: b"x\n"}, expected={path: None})
    assert_refused(repository, plan, "is no path inside the repository")


def test_a_folder_that_does_not_exist_is_said(repository: Repository) -> None:
    plan = Plan((), {ONE: b"1\n", "no/such/x.py": b"x\n"}, expected={ONE: b"one\n"})
    assert_refused(repository, plan, "no/such/x.py could not be written")


class FoldsCase:
    """A file system on which names that differ in case alone are one."""

    def __init__(self, repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
        real = {name: getattr(os, name) for name in ("lstat", "rename", "replace")}

        def found(path: str) -> str:
            directory, name = os.path.split(path)
            if os.path.isdir(directory):
                for other in os.listdir(directory):
                    if other.casefold() == name.casefold():
                        return os.path.join(directory, other)
            return path

        monkeypatch.setattr(os, "lstat", lambda path: real["lstat"](found(path)))
        for name in ("rename", "replace"):
            monkeypatch.setattr(
                os, name, lambda old, new, n=name: real[n](found(old), new)
            )


def test_a_name_that_differs_from_one_that_stays_in_case_alone_is_refused(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = FOLDER + "0001_A.py"
    plan = Plan((), {path: b"x\n"}, expected={path: None})
    with monkeypatch.context() as patch:
        FoldsCase(repository, patch)
        with pytest.raises(Refused, match=r"differs from 0001_a\.py in case alone"):
            apply(repository, plan)
    assert repository.read(ONE) == "one\n"


def test_a_file_may_move_to_a_name_that_differs_in_case_alone(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = FOLDER + "0001_A.py"
    files: dict[str, bytes | None] = {ONE: None, path: b"1\n"}
    plan = Plan((), files, moves={ONE: path}, expected={ONE: b"one\n", path: None})
    with monkeypatch.context() as patch:
        FoldsCase(repository, patch)
        apply(repository, plan)
    assert set(tree(repository)) == {path, TWO}
    assert repository.read(path) == "1\n"


def test_an_index_lock_leaves_staging_to_the_same_command(
    repository: Repository,
) -> None:
    lock = repository.path / ".git/index.lock"
    lock.touch()
    busy = r"written, but not staged \(another git is at work\)"
    with pytest.raises(OneleafError, match=busy) as said:
        apply(repository, move(), stage=True)
    assert f"`git add -A -f -- {TWO} {LATER}`" in str(said.value)
    assert repository.read(LATER) == "three\n"
    lock.unlink()
    assert "is finished: 2 files" in str(applying.recover(str(repository.path)))
    assert repository.git("ls-files") == f"{ONE}\n{LATER}\n"


def test_a_reason_of_gits_own_is_quoted(repository: Repository) -> None:
    repository.write(".git/index", b"garbage")
    with pytest.raises(
        OneleafError, match=r"not staged \(fatal: .*index file smaller.*\); when"
    ):
        apply(repository, move(), stage=True)
    assert repository.read(LATER) == "three\n"


def test_staging_that_was_left_never_takes_later_edits(repository: Repository) -> None:
    lock = repository.path / ".git/index.lock"
    lock.touch()
    with pytest.raises(OneleafError):
        apply(repository, move(), stage=True)
    lock.unlink()
    repository.write(LATER, "three, and a thought\n")
    applying.recover(str(repository.path))
    assert repository.git("ls-files") == f"{ONE}\n"
    assert repository.read(LATER) == "three, and a thought\n"


def crash(repository: Repository, plan: Plan, state: str) -> None:
    """Kills an apply at the first effect after the journal got this state."""
    folder = repository.path / ".git/oneleaf/apply/main"
    values = (plan.files, plan.moves, plan.expected, True)
    place = repository.path.parent / "plan"
    place.write_bytes(marshal.dumps(values))
    step = 0
    pristine = tree(repository)
    while not (folder / state).exists():
        step += 1
        if step > 1:
            applying.recover(str(repository.path))
            repository.git("reset", "-q", "--hard")
            repository.git("clean", "-qfd")
            assert tree(repository) == pristine
        command = (
            sys.executable,
            "-I",
            "-S",
            str(CHILD),
            "kill",
            str(step),
            str(place),
        )
        assert repository.run(*command).code == -9


def crash_in(repository: Repository, phase: str) -> None:
    """``before`` the first file moved, or ``between`` the old and the new ones."""
    crash(repository, move(), "ready")
    if phase == "between":
        (aside,) = (n for n in _names(repository, ".new"))
        (repository.path / TWO).rename(
            repository.path / FOLDER / aside.replace("-1.new", "-0.old")
        )


def _names(repository: Repository, ending: str) -> list[str]:
    folder = repository.path / FOLDER
    return [p.name for p in folder.iterdir() if p.name.endswith(ending)]


@pytest.mark.parametrize("phase", ["before", "between"])
def test_recovery_finishes_what_was_ready(phase: str, repository: Repository) -> None:
    crash_in(repository, phase)
    said = applying.recover(str(repository.path))
    assert said == "an interrupted run is finished: 2 files"
    assert tree(repository) == {ONE: b"one\n", LATER: b"three\n"}
    assert repository.git("ls-files") == f"{ONE}\n{LATER}\n"
    assert applying.recover(str(repository.path)) is None


def test_recovery_finishes_a_removal_that_was_ready(repository: Repository) -> None:
    crash(repository, drop(), "ready")
    assert TWO in tree(repository)
    applying.recover(str(repository.path))
    assert tree(repository) == {ONE: b"1\n"}
    assert repository.git("ls-files") == f"{ONE}\n"


def test_recovery_leaves_a_file_that_was_to_go_and_was_edited_since(
    repository: Repository,
) -> None:
    crash(repository, drop(), "ready")
    repository.write(TWO, "edited after the crash\n")
    assert TWO in str(applying.recover(str(repository.path)))
    assert tree(repository) == {ONE: b"1\n", TWO: b"edited after the crash\n"}


def test_recovery_finishes_a_change_of_modes(repository: Repository) -> None:
    plan = swap(repository)
    repository.commit()
    crash(repository, plan, "ready")
    assert modes(repository) == [0o755, 0o644]
    applying.recover(str(repository.path))
    assert modes(repository) == [0o644, 0o755]


def test_recovery_undoes_what_was_not_ready(repository: Repository) -> None:
    before = tree(repository)
    crash(repository, move(), "preparing")
    said = applying.recover(str(repository.path))
    assert said == "an interrupted run had changed nothing yet; its traces are removed"
    assert tree(repository) == before


@pytest.mark.parametrize("phase", ["before", "between"])
@pytest.mark.parametrize("path", [TWO, LATER], ids=["old place", "new place"])
def test_recovery_leaves_a_file_that_was_edited_since(
    path: str, phase: str, repository: Repository
) -> None:
    crash_in(repository, phase)
    repository.write(path, "edited after the crash\n")
    said = applying.recover(str(repository.path))
    assert said is not None
    assert f"edited since and left as they are: {path}" in said
    assert repository.read(path) == "edited after the crash\n"
    kept = Path(said.rsplit(" is in ", 1)[1])
    if path == LATER:
        assert (kept / LATER).read_bytes() == b"three\n"
    else:
        assert (kept / f"{TWO}.before").read_bytes() == b"two\n"
    assert path not in repository.git("diff", "--cached", "--name-only")
    assert _names(repository, ".old") == _names(repository, ".new") == []


def test_a_save_in_the_instant_of_the_move_is_given_back(
    repository: Repository,
) -> None:
    crash_in(repository, "between")
    (aside,) = _names(repository, ".old")
    repository.write(FOLDER + aside, "saved in that instant\n")
    applying.recover(str(repository.path))
    assert repository.read(TWO) == "saved in that instant\n"


def test_on_another_commit_nothing_is_finished_and_nothing_is_lost(
    repository: Repository,
) -> None:
    crash_in(repository, "between")
    repository.git("commit", "-q", "--allow-empty", "-m", "elsewhere")
    before = {
        name: data for name, data in tree(repository).items() if "/.one" not in name
    }
    said = applying.recover(str(repository.path))
    assert said is not None
    assert "belongs to another commit or merge and is given up" in said
    assert tree(repository) == before
    assert (Path(said.rsplit(" is in ", 1)[1]) / TWO).read_bytes() == b"two\n"


def test_an_unfinished_job_is_never_written_over(repository: Repository) -> None:
    crash_in(repository, "before")
    with pytest.raises(Refused, match="an interrupted run is not finished"):
        apply(repository, Plan((), {ONE: b"x\n"}, expected={ONE: b"one\n"}))


def test_a_journal_that_cannot_be_read_is_said(repository: Repository) -> None:
    repository.write(".git/oneleaf/apply/main/ready", b"garbage")
    with pytest.raises(OneleafError, match=r"cannot be read .* look at .*ready"):
        applying.recover(str(repository.path))


def test_a_second_writer_is_refused_while_the_first_is_at_work(
    repository: Repository,
) -> None:
    with (
        FolderLock(journal.folder()),
        pytest.raises(Refused, match="another oneleaf"),
    ):
        apply(repository, move())
    assert repository.read(TWO) == "two\n"


def test_each_work_tree_has_a_journal_of_its_own(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_in(repository, "between")
    linked = tmp_path / "linked"
    repository.git("worktree", "add", "-q", str(linked), "-b", "other")
    monkeypatch.chdir(linked)
    assert applying.recover(str(linked)) is None
    applying.apply(str(linked), move(), stage=True)
    assert (linked / LATER).read_bytes() == b"three\n"
    assert (repository.path / ".git/oneleaf/apply/worktree-linked/lock").exists()
    monkeypatch.chdir(repository.path)
    assert "is finished" in str(applying.recover(str(repository.path)))


def test_it_works_from_a_folder_below_the_top(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.path / FOLDER)
    apply(repository, move(), stage=True)
    assert repository.git("ls-files") == f"{ONE}\n{LATER}\n"
    assert (repository.path / ".git/oneleaf/apply/main").is_dir()


def test_write_files_follows_a_link_inside_the_work_tree(
    repository: Repository,
) -> None:
    (repository.path / "linked.py").symlink_to(ONE)
    applying.write_files(str(repository.path), {"linked.py": b"1\n"})
    assert repository.read(ONE) == "1\n"
    assert (repository.path / "linked.py").is_symlink()


def test_write_files_refuses_a_link_that_leads_out(
    repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text("o\n")
    (repository.path / "linked.py").symlink_to(tmp_path / "outside")
    with pytest.raises(Refused, match="leads out of the repository"):
        applying.write_files(str(repository.path), {ONE: b"1\n", "linked.py": b"1\n"})
    assert repository.read(ONE) == "one\n"


def test_exists_is_told_by_the_exact_name(repository: Repository) -> None:
    assert judging.exists(str(repository.path / ONE))
    assert not judging.exists(str(repository.path / FOLDER / "0001_A.py"))
