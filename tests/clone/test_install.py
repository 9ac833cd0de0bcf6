"""``oneleaf install`` and ``oneleaf uninstall``, in real clones."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from oneleaf.clone import driver as clone_driver
from oneleaf.clone.driver import DRIVER, Tool
from oneleaf.commands import install
from repository import SOURCE_ROOT, Repository, oneleaf_from

LOCK = "shop/migrations/max_migration.txt"
LINE = "max_migration.txt merge=oneleaf\n"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository.create(tmp_path / "work")
    found.app("shop", "0001_initial", lockfile=True)
    found.commit("base")
    return found


def section(repository: Repository) -> list[str]:
    """The section as it stands in the local configuration, in its order."""
    out = repository.run(
        "git", "config", "--local", "--get-regexp", r"^merge\.oneleaf\."
    ).out
    return out.splitlines()


def driver(repository: Repository) -> str:
    return repository.run("git", "config", "--local", DRIVER).out.rstrip("\n")


def diverge(repository: Repository) -> None:
    repository.diverge(LOCK, "0002_a\n", "0002_b\n")


def test_after_install_a_merge_stops_with_the_message(repository: Repository) -> None:
    done = repository.oneleaf("install")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "Registered the merge driver in this clone's git configuration\n"
        "Appended `max_migration.txt merge=oneleaf` to .gitattributes\n"
        "    hint: git add .gitattributes\n"
    )
    repository.commit("attributes")
    diverge(repository)
    out = repository.git("merge", "feat", ok=(1,))
    assert (
        "oneleaf: to put one chain after the other, run: oneleaf rebase shop\n" in out
    )


def test_the_registered_command_starts_the_interpreter_itself(
    repository: Repository,
) -> None:
    repository.oneleaf("install")
    launcher = SOURCE_ROOT / "oneleaf" / "lockfiles" / "launcher.py"
    assert driver(repository) == clone_driver.command(
        Tool(sys.executable, str(launcher))
    )
    assert [line.split()[0] for line in section(repository)] == [
        "merge.oneleaf.driver",
        "merge.oneleaf.name",
    ]


def test_a_second_install_changes_nothing(repository: Repository) -> None:
    repository.oneleaf("install")
    files = [repository.path / ".git" / "config", repository.path / ".gitattributes"]
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    done = repository.oneleaf("install")
    assert (done.code, done.out) == (
        0,
        "The merge driver is registered in this clone's git configuration\n",
    )
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in files] == before


def test_a_dry_run_changes_nothing(repository: Repository) -> None:
    done = repository.oneleaf("install", "--dry-run")
    assert done.out == (
        "Would register the merge driver in this clone's git configuration\n"
        "Would append `max_migration.txt merge=oneleaf` to .gitattributes\n"
    )
    assert section(repository) == []
    assert not (repository.path / ".gitattributes").exists()


@pytest.mark.parametrize("cwd", [".", "shop/migrations"])
def test_install_works_anywhere_in_the_work_tree(
    repository: Repository, cwd: str
) -> None:
    assert repository.oneleaf("install", cwd=cwd).code == 0
    assert repository.read(".gitattributes") == LINE


def test_a_linked_work_tree_registers_for_all(repository: Repository) -> None:
    repository.git("worktree", "add", "-q", "../linked")
    linked = Repository(repository.path.parent / "linked", repository.env)
    assert linked.oneleaf("install").code == 0
    assert driver(repository) == driver(linked) != ""


def test_the_configured_lockfile_gets_the_line(repository: Repository) -> None:
    repository.write(
        "pyproject.toml", '[tool.oneleaf]\nlockfile = "./migrations.lock"\n'
    )
    assert repository.oneleaf("install").code == 0
    assert repository.read(".gitattributes") == "/migrations.lock merge=oneleaf\n"


def test_a_foreign_driver_is_left_alone_and_named(repository: Repository) -> None:
    repository.git("config", DRIVER, "mine %A")
    done = repository.oneleaf("install")
    assert done.code == 1
    assert done.err == (
        "oneleaf: merge.oneleaf.driver is 'mine %A', which oneleaf did not write; nothing"
        " was changed; `oneleaf install --force` replaces it\n"
    )
    assert driver(repository) == "mine %A"
    assert not (repository.path / ".gitattributes").exists()


def test_force_replaces_a_foreign_driver(repository: Repository) -> None:
    repository.git("config", DRIVER, "mine %A")
    assert repository.oneleaf("install", "--force").code == 0
    assert clone_driver.is_own(driver(repository))


def test_a_dead_path_of_ours_is_replaced(repository: Repository) -> None:
    dead = clone_driver.command(Tool("/gone/python", "/gone/driver_launcher.py"))
    repository.git("config", DRIVER, dead)
    repository.oneleaf("install")
    assert "/gone" not in driver(repository)


@pytest.mark.parametrize(
    "key", ["merge.oneleaf.name", "merge.oneleaf.recursive"], ids=["name", "recursive"]
)
def test_half_a_section_is_completed(repository: Repository, key: str) -> None:
    repository.git("config", key, "binary")
    repository.oneleaf("install")
    assert [line.split()[0] for line in section(repository)] in (
        ["merge.oneleaf.name", "merge.oneleaf.driver"],
        ["merge.oneleaf.driver", "merge.oneleaf.name"],
    )


def test_a_tool_inside_the_work_tree_is_registered_by_name_only(
    repository: Repository,
) -> None:
    inside = repository.path / ".venv" / "lib"
    shutil.copytree(SOURCE_ROOT / "oneleaf", inside / "oneleaf")
    done = repository.run(*oneleaf_from(inside), "install")
    assert done.code == 0
    assert "lies inside the work tree" in done.err
    assert driver(repository) == clone_driver.command(None)
    assert str(repository.path) not in driver(repository)


def test_a_later_line_of_the_same_file_is_overruled(repository: Repository) -> None:
    repository.write(".gitattributes", LINE + "* merge=union")
    assert repository.oneleaf("install").code == 0
    assert repository.read(".gitattributes") == LINE + "* merge=union\n" + LINE
    assert repository.oneleaf("install").code == 0
    assert repository.read(".gitattributes") == LINE + "* merge=union\n" + LINE


@pytest.mark.parametrize("place", ["shop/.gitattributes", ".git/info/attributes"])
def test_what_overrides_the_line_is_named(repository: Repository, place: str) -> None:
    repository.write(place, "*.py text\n* merge=union\n")
    done = repository.oneleaf("install")
    assert done.code == 1
    assert done.err.startswith(
        f"git merges {LOCK} as union, by line 2 of {place}: * merge=union\n"
    )
    assert driver(repository)


def test_a_linked_attributes_file_is_refused_before_anything_changes(
    repository: Repository,
) -> None:
    (repository.path / ".gitattributes").symlink_to("elsewhere")
    done = repository.oneleaf("install")
    assert done.code == 1
    assert "is a link" in done.err
    assert section(repository) == []


def test_an_attributes_file_outside_the_sparse_checkout_is_not_replaced(
    repository: Repository,
) -> None:
    repository.write(".gitattributes", "*.py text\n")
    repository.commit("attributes")
    repository.git("update-index", "--skip-worktree", ".gitattributes")
    (repository.path / ".gitattributes").unlink()
    done = repository.oneleaf("install")
    assert done.code == 1
    assert "not in the work tree" in done.err
    assert not (repository.path / ".gitattributes").exists()


def test_outside_a_repository_install_ends_with_2(repository: Repository) -> None:
    done = repository.oneleaf("install", cwd="..", GIT_CEILING_DIRECTORIES="/")
    assert done.code == 2
    assert done.err != ""


# As a hook


def test_the_hook_registers_in_silence_and_leaves_the_attributes(
    repository: Repository,
) -> None:
    done = repository.oneleaf("install", "--hook")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert clone_driver.is_own(driver(repository))
    assert not (repository.path / ".gitattributes").exists()


def test_the_hook_asks_git_one_thing_where_nothing_is_to_be_done(
    repository: Repository, tmp_path: Path
) -> None:
    repository.oneleaf("install", "--hook")
    repository.oneleaf("install", "--hook", GIT_TRACE2_EVENT=str(tmp_path / "trace"))
    trace = (tmp_path / "trace").read_text(encoding="utf-8")
    assert trace.count('"event":"start"') == 1


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, True),
        ({"CI": "true"}, False),
        ({"CI": "1", "ONELEAF_REGISTER_IN_CI": "1"}, True),
        ({"CI": "false"}, True),
        ({"CI": ""}, True),
        ({"ONELEAF_NO_REGISTER": "1"}, False),
        ({"ONELEAF_NO_REGISTER": "1", "CI": "1", "ONELEAF_REGISTER_IN_CI": "1"}, False),
        ({"ONELEAF_NO_REGISTER": "0"}, True),
    ],
)
def test_the_hook_keeps_out_of_ci_and_obeys_the_user(
    environ: dict[str, str], wanted: bool
) -> None:
    assert install.is_wanted(environ) is wanted


def test_the_opt_out_writes_nothing(repository: Repository) -> None:
    assert repository.oneleaf("install", "--hook", ONELEAF_NO_REGISTER="1").code == 0
    assert section(repository) == []


def test_the_hook_leaves_a_foreign_driver_alone(repository: Repository) -> None:
    repository.git("config", DRIVER, "mine %A")
    done = repository.oneleaf("install", "--hook")
    assert (done.code, done.out, done.err) == (0, "", "")
    assert driver(repository) == "mine %A"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda r: r.write(".git/config.lock"),
        lambda r: r.write(".git/config", "[broken"),
        lambda r: shutil.rmtree(r.path / ".git"),
    ],
    ids=["configuration locked", "configuration broken", "no repository"],
)
def test_the_hook_never_fails_and_never_speaks(
    repository: Repository, spoil: object
) -> None:
    assert callable(spoil)
    spoil(repository)
    done = repository.oneleaf(
        "install", "--hook", GIT_CEILING_DIRECTORIES=str(repository.path.parent)
    )
    assert (done.code, done.out, done.err) == (0, "", "")


# Taking it back


def test_uninstall_takes_the_section_whole_and_no_other(repository: Repository) -> None:
    repository.git("config", "merge.other.driver", "true")
    before = (repository.path / ".git" / "config").read_bytes()
    repository.oneleaf("install")
    done = repository.oneleaf("uninstall")
    assert done.code == 0
    assert done.out == (
        "Removed the merge driver from this clone's git configuration\n"
        "    hint: where a hook registers it again, set ONELEAF_NO_REGISTER=1\n"
        ".gitattributes keeps `max_migration.txt merge=oneleaf`: other clones use it, and"
        " here git merges lockfiles as text\n"
    )
    assert (repository.path / ".git" / "config").read_bytes() == before
    assert repository.read(".gitattributes") == LINE


def test_uninstall_without_a_registration_says_so(repository: Repository) -> None:
    done = repository.oneleaf("uninstall")
    assert done.code == 0
    assert (
        done.out == "No merge driver is registered in this clone's git configuration\n"
    )


def test_uninstall_mends_half_a_section(repository: Repository) -> None:
    repository.git("config", "merge.oneleaf.name", "x")
    assert repository.oneleaf("uninstall").code == 0
    assert section(repository) == []


def test_uninstall_leaves_a_foreign_driver_unless_forced(
    repository: Repository,
) -> None:
    repository.git("config", DRIVER, "mine %A")
    done = repository.oneleaf("uninstall")
    assert done.code == 1
    assert "`oneleaf uninstall --force` removes it" in done.err
    assert driver(repository) == "mine %A"
    assert repository.oneleaf("uninstall", "--force").code == 0
    assert section(repository) == []


def test_uninstall_tells_of_a_registration_elsewhere(repository: Repository) -> None:
    repository.oneleaf("install")
    repository.write("../global", '[merge "oneleaf"]\n\tdriver = x\n')
    where = str(repository.path.parent / "global")
    done = repository.oneleaf("uninstall", GIT_CONFIG_GLOBAL=where)
    assert "Another configuration file still has merge.oneleaf.driver" in done.out
