"""Whatever becomes of the tool: a conflict with markers, never a clean or refused merge.

The numbers are those of the list of scenarios that ``test_driver_scenarios`` holds;
the other tests are the rows below its end, and what a machine can do to a process.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from e2e.clones import DRIVER, LOCK, REFUSES_HIGH_CODES, Clone, Lay, marked, same_app
from e2e.installed import Installed

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CONFLICT = marked("0002_color", "0002_weight")


@pytest.fixture
def tool(tmp_path: Path) -> Installed:
    return Installed(tmp_path / "tool")


@pytest.fixture
def clone(lay: Lay, tool: Installed) -> Clone:
    """``same_app``, in which that tool is registered."""
    found = lay(same_app)
    tool.register(found)
    return found


def merge_conflicts(clone: Clone, text: str = CONFLICT) -> str:
    """The merge stops with all three stages and this text; returns what was said."""
    said = clone.git("merge", "feat", ok=(1,))
    assert clone.stages() == {1: "0001_initial", 2: "0002_color", 3: "0002_weight"}
    assert clone.read(LOCK) == text
    assert clone.has("MERGE_HEAD")
    return said


def edit_command(clone: Clone, old: str, new: str, times: int = -1) -> None:
    """Changes the registered command."""
    command = clone.git("config", DRIVER).rstrip("\n")
    assert old in command
    clone.set(DRIVER, command.replace(old, new, times))


def test_a_deleted_tool_leaves_a_text_conflict(clone: Clone, tool: Installed) -> None:
    """Scenario 43."""
    tool.remove()
    assert "oneleaf:" not in merge_conflicts(clone)


def test_a_deleted_tool_leaves_a_conflict_of_what_git_takes_for_binary(
    clone: Clone, tool: Installed
) -> None:
    """Scenario 43. ``git merge-file`` ends with 255 there, which later gits refuse."""
    clone.write(LOCK, "0002_\0\n")
    clone.commit("binary")
    tool.remove()
    clone.git("merge", "feat", ok=(1,))
    assert clone.unmerged() == {LOCK: "UU"}
    assert clone.has("MERGE_HEAD")


def test_a_deleted_tool_is_looked_for_on_the_path(
    clone: Clone, tool: Installed, tmp_path: Path
) -> None:
    """Scenario 43."""
    other = Installed(tmp_path / "other")
    tool.remove()
    clone.env["PATH"] = f"{other.command.parent}:{clone.env['PATH']}"
    assert "oneleaf: app shop: ours has 0002_color" in merge_conflicts(clone)


def test_a_deleted_tool_does_not_let_a_recorded_resolution_pass(
    clone: Clone, tool: Installed
) -> None:
    """Beyond the list: tool missing and rerere.autoupdate."""
    clone.set("rerere.enabled", "true")
    clone.set("rerere.autoupdate", "true")
    clone.git("merge", "feat", ok=(1,))
    clone.write(LOCK, "0003_merge\n")
    clone.commit("resolved")
    clone.git("reset", "-q", "--hard", "HEAD~1")
    tool.remove()
    merge_conflicts(clone)


RAISES = "def merge_app(*args):\n    raise {}\n"


@pytest.mark.parametrize(
    "error",
    [
        "RuntimeError('no')",
        "KeyboardInterrupt",
        "MemoryError",
        "RecursionError",
        "SystemExit(0)",
        "SystemExit(200)",
    ],
)
def test_a_driver_that_raises_writes_both_sides(
    clone: Clone, tool: Installed, error: str
) -> None:
    """Scenario 44. Without the text merge behind it, which would do the same."""
    tool.spoil("lockfiles/merge.py", RAISES.format(error))
    command = clone.git("config", DRIVER).partition("; grep ")[0]
    clone.set(DRIVER, command + "; exit 1")
    merge_conflicts(clone)
    assert len(clone.calls()) == 1


@pytest.mark.parametrize("file", ["%O", "%A", "%B"])
def test_a_driver_that_cannot_read_a_side_conflicts(clone: Clone, file: str) -> None:
    """Scenario 44. The superuser may read everything, but no folder as a file."""
    edit_command(clone, f'"{file}"', '"shop"', times=1)
    merged = clone.git("merge", "feat", ok=(1,))
    assert "clean" not in merged
    assert clone.unmerged() == {LOCK: "UU"}
    text = clone.read(LOCK)
    assert text.startswith("<<<<<<< ")
    assert text.rsplit("\n", 2)[1].startswith(">>>>>>> ")


def dead_interpreter(tool: Installed) -> None:
    tool.python.unlink()
    tool.python.write_text("#!/nonexistent/python\n")
    tool.python.chmod(0o755)


def broken_interpreter(tool: Installed) -> None:
    tool.python.unlink()
    tool.python.write_bytes(b"\x7fELF nothing behind it")
    tool.python.chmod(0o755)


def import_traceback(tool: Installed) -> None:
    tool.spoil("lockfiles/merge.py", "import nothing_of_this_name\n")


def syntax_error(tool: Installed) -> None:
    (tool.package / "lockfiles/driver.py").write_text("def (:\n")


def launcher_only(tool: Installed) -> None:
    for path in tool.package.rglob("*.py"):
        if path.name != "launcher.py":
            path.unlink()


def ends_with(code: int) -> Callable[[Installed], None]:
    def spoil(tool: Installed) -> None:
        launcher = tool.package / "lockfiles/launcher.py"
        launcher.write_text(f"raise SystemExit({code})\n")

    return spoil


def killed_by(number: int) -> Callable[[Installed], None]:
    def spoil(tool: Installed) -> None:
        launcher = tool.package / "lockfiles/launcher.py"
        launcher.write_text(f"import os\nos.kill(os.getpid(), {number})\n")

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(dead_interpreter, id="dead-interpreter"),
        pytest.param(broken_interpreter, id="broken-interpreter"),
        pytest.param(import_traceback, id="import-traceback"),
        pytest.param(syntax_error, id="syntax-error"),
        pytest.param(launcher_only, id="launcher-only"),
        pytest.param(ends_with(2), id="code-2"),
        pytest.param(ends_with(129), id="code-129"),
        pytest.param(ends_with(255), id="code-255"),
        pytest.param(killed_by(9), id="kill-9"),
        pytest.param(killed_by(11), id="segmentation-fault"),
        pytest.param(killed_by(15), id="terminated"),
    ],
)
def test_a_tool_that_does_not_work_leaves_a_text_conflict(
    clone: Clone, tool: Installed, spoil: Callable[[Installed], None]
) -> None:
    """Beyond the list: dead interpreter, import traceback, code 2, kill -9."""
    spoil(tool)
    merge_conflicts(clone)


@pytest.mark.parametrize("code", [129, 255])
def test_a_code_that_the_command_never_gives_stops_the_merge_of_later_gits(
    lay: Lay, code: int
) -> None:
    """Beyond the list: why the registered command ends with 0 or 1 alone."""
    clone = lay(same_app)
    clone.set(DRIVER, f"exit {code}")
    clone.git("merge", "feat", ok=(2 if REFUSES_HIGH_CODES else 1,))
    assert clone.has("MERGE_HEAD") == (not REFUSES_HIGH_CODES)


SIGNALLED = """
def _interrupted(function):
    def wrapped(*args):
        import os
        os.kill(os.getpid(), {number})
        return function(*args)
    return wrapped

{function} = _interrupted({function})
"""


@pytest.mark.parametrize(
    ("number", "function"), [(1, "_read"), (2, "judge"), (15, "_write"), (2, "_fill")]
)
def test_a_signal_at_any_step_leaves_a_conflict(
    clone: Clone, tool: Installed, number: int, function: str
) -> None:
    tool.spoil(
        "lockfiles/driver.py", SIGNALLED.format(number=number, function=function)
    )
    merge_conflicts(clone)


def test_a_kill_before_the_result_is_in_place_leaves_a_text_conflict(
    clone: Clone, tool: Installed
) -> None:
    tool.spoil(
        "lockfiles/driver.py",
        "import os\n"
        "class _Killed:\n"
        "    def __getattr__(self, name):\n"
        "        return getattr(os, name)\n"
        "    def replace(self, *paths):\n"
        "        os.kill(os.getpid(), 9)\n"
        "system = _Killed()\n",
    )
    merge_conflicts(clone)


FULL = """
class _Full:
    def __getattr__(self, name):
        return getattr(_system, name)

    def open(self, path, flags, *mode):
        if flags & _system.O_CREAT or {all}:
            raise OSError({number}, "no")
        return _system.open(path, flags, *mode)

_system, system = system, _Full()
"""


@pytest.mark.parametrize(
    ("number", "everything"),
    [
        pytest.param("28", "False", id="no-space-for-a-new-file"),
        pytest.param("28", "True", id="no-space-at-all"),
        pytest.param("30", "True", id="read-only"),
        pytest.param("13", "True", id="no-permission"),
        pytest.param("5", "True", id="input-output-error"),
    ],
)
def test_a_driver_that_cannot_write_leaves_a_conflict(
    clone: Clone, tool: Installed, number: str, everything: str
) -> None:
    tool.spoil("lockfiles/driver.py", FULL.format(number=number, all=everything))
    merge_conflicts(clone)
    assert clone.status().count("\n") == 2  # the lockfile and their migration


def test_a_driver_without_git_on_its_path_conflicts(clone: Clone) -> None:
    command = clone.git("config", DRIVER).rstrip("\n")
    clone.set(DRIVER, "PATH=/nonexistent; " + command)
    said = merge_conflicts(clone)
    assert "ours has 0002_color, theirs 0002_weight" in said


def test_a_driver_without_home_or_a_known_locale_conflicts(clone: Clone) -> None:
    clone.env = {
        name: value
        for name, value in clone.env.items()
        if name not in ("HOME", "XDG_CONFIG_HOME")
    }
    clone.env["LC_ALL"] = "xx_YY.nothing"
    merge_conflicts(clone)


def test_standard_streams_that_are_closed_change_nothing(clone: Clone) -> None:
    command = clone.git("config", DRIVER).rstrip("\n")
    clone.set(DRIVER, "exec 2>&- >&-; " + command)
    merge_conflicts(clone)


def canary(path: Path) -> str:
    return f"open({str(path)!r}, 'w')\n"


MODULES = ("oneleaf/__init__.py", "posix.py", "os.py", "sitecustomize.py", "gc.py")


def test_nothing_in_the_work_tree_is_imported_or_run(
    clone: Clone, tmp_path: Path
) -> None:
    caught = tmp_path / "caught"
    for name in MODULES:
        clone.write(name, canary(caught))
    clone.write(".gitconfig", f'[merge "oneleaf"]\n\tdriver = touch {caught}\n')
    clone.write("pyvenv.cfg", "home = .\n")
    clone.commit("modules")
    clone.env["PYTHONPATH"] = "."
    merge_conflicts(clone)
    assert not caught.exists()


@pytest.mark.parametrize("path", [".:{path}", "{path}:", ":{path}", "bin:{path}"])
def test_a_program_in_the_work_tree_is_not_run_for_a_deleted_tool(
    clone: Clone, tool: Installed, tmp_path: Path, path: str
) -> None:
    caught = tmp_path / "caught"
    for name in ("oneleaf", "bin/oneleaf"):
        clone.write(name, f"#!/bin/sh\ntouch {caught}\n")
        (clone.path / name).chmod(0o755)
    clone.commit("programs")
    tool.remove()
    clone.env["PATH"] = path.format(path=clone.env["PATH"])
    merge_conflicts(clone)
    assert not caught.exists()


def test_a_tool_in_the_work_tree_is_never_registered(lay: Lay) -> None:
    clone = lay(same_app)
    inside = Installed(clone.path / "venv")
    clone.git("config", "--remove-section", "merge.oneleaf")
    assert inside.run(clone, "install").code == 0
    command = clone.git("config", DRIVER)
    assert str(clone.path) not in command
    assert os.path.realpath(clone.path) not in command
