"""``oneleaf init`` arms a clone in one go, and ``oneleaf uninstall`` takes it back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from oneleaf.clone import hooks
from oneleaf.clone.driver import DRIVER, Tool
from oneleaf.clone.protection import HOOK_TYPES
from repository import SOURCE_ROOT, Repository

LOCK = "shop/migrations/max_migration.txt"
HOOKS = ", ".join(HOOK_TYPES)
REGISTERED = "The merge driver is registered in this clone's git configuration\n"
TOOL = Tool(sys.executable, str(SOURCE_ROOT / "oneleaf/lockfiles/launcher.py"))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A committed project of one app, unprotected."""
    found = Repository.create(tmp_path / "work")
    found.app("shop", "0001_initial")
    found.commit("shop")
    return found


def hook(repository: Repository, kind: str) -> Path:
    return repository.path / ".git/hooks" / kind


def written(repository: Repository) -> list[str]:
    """The hook types whose script is oneleaf's own."""
    return hooks.own(str(repository.path / ".git/hooks"))


def test_one_command_arms_a_repository(repository: Repository) -> None:
    done = repository.oneleaf("init")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "Registered the merge driver in this clone's git configuration\n"
        "Appended `max_migration.txt merge=oneleaf` to .gitattributes\n"
        "    hint: git add .gitattributes\n"
        f"Wrote the hooks {HOOKS}\n"
        f"Wrote {LOCK}\n"
        f"    hint: git add {LOCK}\n"
    )
    repository.commit("armed")
    assert repository.oneleaf("status").code == 0


def test_a_second_time_changes_nothing(repository: Repository) -> None:
    repository.oneleaf("init")
    repository.commit("armed")
    before = [hook(repository, kind).stat().st_mtime_ns for kind in HOOK_TYPES]
    done = repository.oneleaf("init")
    assert (done.code, done.out, done.err) == (0, REGISTERED, "")
    assert [hook(repository, k).stat().st_mtime_ns for k in HOOK_TYPES] == before


def test_a_fresh_clone_gets_what_no_commit_can_bring(repository: Repository) -> None:
    repository.oneleaf("init")
    repository.commit("armed")
    repository.git("clone", "-q", ".", "../clone")
    clone = Repository(repository.path.parent / "clone", repository.env)
    assert clone.oneleaf("status").code == 1
    assert clone.oneleaf("init").code == 0
    assert clone.oneleaf("status").code == 0
    assert clone.git("status", "--porcelain") == ""


def test_a_dry_run_changes_nothing(repository: Repository) -> None:
    done = repository.oneleaf("init", "--dry-run")
    assert done.code == 0
    assert done.out == (
        "Would register the merge driver in this clone's git configuration\n"
        "Would append `max_migration.txt merge=oneleaf` to .gitattributes\n"
        f"Would write the hooks {HOOKS}\n"
        f"Would write {LOCK}\n"
    )
    assert repository.git("status", "--porcelain") == ""
    assert written(repository) == []
    assert DRIVER not in repository.git("config", "--list")


def test_somebody_elses_script_is_left_alone_and_its_line_told(
    repository: Repository,
) -> None:
    repository.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n")
    hook(repository, "pre-commit").chmod(0o755)
    done = repository.oneleaf("init")
    assert hook(repository, "pre-commit").read_text() == "#!/bin/sh\nexit 0\n"
    cure = "echo 'oneleaf check' >> .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit"
    assert f"hook pre-commit: does not run oneleaf\n    hint: {cure}\n" in done.out
    assert written(repository) == [kind for kind in HOOK_TYPES if kind != "pre-commit"]


@pytest.mark.parametrize(
    ("path", "text", "hint"),
    [
        (
            ".pre-commit-config.yaml",
            "repos:\n- hooks:\n  - id: check-django-migrations\n",
            "pre-commit install -t pre-merge-commit",
        ),
        (
            "lefthook.yml",
            "pre-commit: {jobs: [{run: oneleaf check}]}\n",
            "lefthook install",
        ),
        (".husky/pre-commit", "oneleaf check\n", "npm install"),
    ],
)
def test_the_hooks_are_left_to_a_hook_manager(
    repository: Repository, path: str, text: str, hint: str
) -> None:
    repository.write(path, text)
    done = repository.oneleaf("init")
    assert done.code == 0
    assert written(repository) == []
    assert done.out.count(f"    hint: {hint}") >= 1


def test_nothing_is_written_into_a_folder_that_may_be_committed(
    repository: Repository,
) -> None:
    repository.git("config", "core.hooksPath", ".githooks")
    done = repository.oneleaf("init")
    assert not (repository.path / ".githooks").exists()
    assert "'oneleaf check' >> .githooks/pre-commit && chmod +x" in done.out


def test_a_repository_without_an_app_is_told_when_to_come_back(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "work")
    repository.app("shop", "0001_initial")
    done = repository.oneleaf("init")
    assert done.code == 0
    assert done.out.endswith(
        "No lockfile is needed yet: the index holds no app with migrations\n"
        "    hint: git add -A && oneleaf init\n"
    )
    repository.add()
    assert repository.oneleaf("init").out.startswith(f"{REGISTERED}Wrote {LOCK}\n")


def test_an_app_with_two_leaves_keeps_nobody_from_the_hooks(
    repository: Repository,
) -> None:
    repository.migration("shop", "0002_color", "0001_initial")
    repository.migration("shop", "0002_weight", "0001_initial")
    repository.add()
    done = repository.oneleaf("init")
    assert done.code == 1
    assert "app shop has 2 leaf nodes: 0002_color, 0002_weight" in done.err
    assert written(repository) == list(HOOK_TYPES)


def test_a_linked_work_tree_arms_the_hooks_of_all(repository: Repository) -> None:
    repository.git("worktree", "add", "-q", "../linked")
    linked = Repository(repository.path.parent / "linked", repository.env)
    assert linked.oneleaf("init").code == 0
    assert written(repository) == list(HOOK_TYPES)


def test_a_folder_that_may_not_be_written_is_told(repository: Repository) -> None:
    (repository.path / ".git/hooks").write_text("a file in its place")
    done = repository.oneleaf("init")
    assert done.code == 1
    assert "could not be written" in done.err
    assert "Traceback" not in done.err


def test_uninstall_takes_its_own_scripts_away_and_no_others(
    repository: Repository,
) -> None:
    repository.oneleaf("init")
    hook(repository, "post-merge").write_text("#!/bin/sh\necho mine\n")
    would = repository.oneleaf("uninstall", "--dry-run").out
    own = ", ".join(kind for kind in HOOK_TYPES if kind != "post-merge")
    assert f"Would remove the hooks {own}\n" in would
    assert f"Removed the hooks {own}\n" in repository.oneleaf("uninstall").out
    assert os.listdir(repository.path / ".git/hooks") == ["post-merge"]


def run_script(repository: Repository, text: str, path: str) -> tuple[int, str, str]:
    repository.write("hook", text)
    done = repository.run("/bin/sh", "hook", "message", PATH=path)
    return done.code, done.out, done.err


def shim(folder: Path, words: str) -> str:
    """A folder with an ``oneleaf`` that only says how it was called."""
    folder.mkdir()
    (folder / "oneleaf").write_text(f"#!/bin/sh\necho {words} $*\n")
    (folder / "oneleaf").chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("pre-commit", "check"),
        ("pre-push", "check --pre-push"),
        ("prepare-commit-msg", "check --prepare-commit-msg message"),
    ],
)
def test_a_script_calls_the_oneleaf_that_wrote_it_else_the_one_on_path(
    repository: Repository, tmp_path: Path, kind: str, words: str
) -> None:
    path = shim(tmp_path / "bin", "on PATH:")
    named = tmp_path / "o'n e"
    shim(named, "named:")
    launcher = named / "launcher.py"
    launcher.touch()
    text = hooks.script(kind, Tool(str(named / "oneleaf"), str(launcher)))
    assert run_script(repository, text, path) == (
        0,
        f"named: -I -m oneleaf {words}\n",
        "",
    )
    launcher.unlink()
    assert run_script(repository, text, path) == (0, f"on PATH: {words}\n", "")
    by_name = hooks.script(kind, None)
    assert run_script(repository, by_name, path) == (0, f"on PATH: {words}\n", "")


@pytest.mark.parametrize("kind", HOOK_TYPES)
def test_a_script_without_any_oneleaf_stops_what_its_hook_can_stop(
    repository: Repository, kind: str
) -> None:
    text = hooks.script(kind, Tool("/gone/python", "/gone/launcher.py"))
    code, out, err = run_script(repository, text, "/nowhere")
    assert (code, out) == (int(kind.startswith("pre")), "")
    assert err == (
        "oneleaf is gone: install it again, or take this hook away: rm 'hook'\n"
    )


def test_a_relative_path_entry_is_not_trusted(repository: Repository) -> None:
    shim(repository.path / "bin", "from the work tree:")
    code, out, _ = run_script(repository, hooks.script("pre-commit", None), "bin")
    assert (code, out) == (1, "")


def test_an_own_script_of_another_place_is_written_anew(tmp_path: Path) -> None:
    folder = str(tmp_path)
    hooks.write(folder, hooks.plan(folder, Tool("/old/python", "/old/launcher.py")))
    assert list(hooks.plan(folder, TOOL)) == list(HOOK_TYPES)
    hooks.write(folder, hooks.plan(folder, TOOL))
    assert hooks.plan(folder, TOOL) == {}
    (tmp_path / "pre-push").chmod(0o644)
    assert list(hooks.plan(folder, TOOL)) == ["pre-push"]
