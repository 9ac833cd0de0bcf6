"""The merge driver: as a function, as a process, and called by real git."""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from oneleaf.lockfiles import driver
from oneleaf.lockfiles.merge import NameConflict
from repository import SOURCE_ROOT, Repository, hermetic_environment

LAUNCHER = SOURCE_ROOT / "oneleaf" / "lockfiles" / "launcher.py"
PATH = "shop/migrations/max_migration.txt"

posix: Any = os  # for what Windows lacks

BLOCK = "<<<<<<< ours\n0002_a\n=======\n0002_b\n>>>>>>> theirs\n"
SHARED = "people: {people}\n\nshop: {shop}\n"


@pytest.fixture(autouse=True)
def outside_any_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver works in the current directory; git finds no repository there."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("GIT_REFLOG")]:
        monkeypatch.delenv(name)


def write(base: bytes, ours: bytes, theirs: bytes) -> list[str]:
    """Three files as git makes them; their names are what git passes."""
    for name, content in (("base", base), ("ours", ours), ("theirs", theirs)):
        Path(f".merge_file_{name}").write_bytes(content)
    return [".merge_file_base", ".merge_file_ours", ".merge_file_theirs"]


def result() -> bytes:
    return Path(".merge_file_ours").read_bytes()


# As a function


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        pytest.param(
            b"0001\n", b"0001\n", b"0002_b\n", b"0002_b\n", id="theirs changed"
        ),
        pytest.param(b"0001\n", b"0002_a\n", b"0001\n", b"0002_a\n", id="ours changed"),
        pytest.param(
            b"0001\n", b"0002_a\r\n", b"0002_a\n", b"0002_a\n", id="line ends"
        ),
        pytest.param(
            b"", b"0002_a ", b"\xef\xbb\xbf0002_a\n", b"0002_a\n", id="blanks and mark"
        ),
        pytest.param(
            b"people: 0001\n\nshop: 0001\n",
            b"people: 0001\n\nshop: 0002_a\n",
            b"people: 0002_b\n\nshop: 0001\n",
            b"people: 0002_b\n\nshop: 0002_a\n",
            id="two apps",
        ),
        pytest.param(
            b"shop: 0001\n",
            b"blog: 0001\n\nshop: 0001\n",
            b"shop: 0001\n\nzoo: 0001\n",
            b"blog: 0001\n\nshop: 0001\n\nzoo: 0001\n",
            id="two new apps",
        ),
    ],
)
def test_what_the_texts_prove_is_merged(
    base: bytes, ours: bytes, theirs: bytes, merged: bytes
) -> None:
    code = driver.drive([*write(base, ours, theirs), "7", PATH])
    assert (code, result()) == (0, merged)


@pytest.mark.parametrize(
    ("base", "ours", "theirs"),
    [
        pytest.param(b"0001\n", b"0002_a\n", b"0002_b\n", id="both changed"),
        pytest.param(b"", b"0002_a\n", b"0002_b\n", id="both added"),
        pytest.param(b"0001\n", b"", b"0002_b\n", id="ours is empty"),
        pytest.param(b"0001\n", b"0002_a\n", b"", id="theirs is empty"),
        pytest.param(b"0001\n", b"0002_a\0\n", b"0002_b\n", id="a NUL byte"),
        pytest.param(b"0001\n", b"0002_\xe9\n", b"0002_b\n", id="latin-1"),
        pytest.param(b"0001\n", b"0002_a\n0002_c\n", b"0002_b\n", id="two lines"),
        pytest.param(b"0001\n", b"0002_a\n", b"shop: 0002_b\n", id="another form"),
        pytest.param(
            b"0001\n", b"0002_a\n", b"<<<<<<< x\ny\n", id="theirs has markers"
        ),
        pytest.param(
            b"shop: 1\n", b"shop: 2\n", b"shop: 3\n\nshop: 4\n", id="an app twice"
        ),
    ],
)
def test_everything_else_is_a_conflict_with_markers(
    base: bytes, ours: bytes, theirs: bytes
) -> None:
    code = driver.drive([*write(base, ours, theirs), "7", PATH])
    lines = result().split(b"\n")
    assert code == 1
    assert lines[0] == b"<<<<<<< ours"
    assert lines[-2] == b">>>>>>> theirs"
    assert b"=======" in lines


@pytest.mark.parametrize(
    ("size", "length"),
    [
        ("7", 7),
        ("12", 12),
        ("9", 9),
        ("3", 3),
        ("2", 7),
        ("0", 7),
        ("-1", 7),
        ("%L", 7),
        ("", 7),
    ],
)
def test_the_markers_have_the_length_that_git_asks_for(size: str, length: int) -> None:
    driver.drive([*write(b"1\n", b"2\n", b"3\n"), size, PATH])
    assert result().split(b"\n")[0] == b"<" * length + b" ours"


def test_a_replayed_resolution_is_refused_and_ours_left_alone(
    capfd: pytest.CaptureFixture[str],
) -> None:
    preimage = b"<<<<<<<\n0002_a\n=======\n0002_b\n>>>>>>>\n"
    words = write(preimage, preimage, b"0003_merge\n")
    assert driver.drive([*words, "7", PATH]) == 1
    assert result() == preimage
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("missing", ["base", "ours", "theirs"])
def test_an_input_that_cannot_be_read_is_a_conflict(missing: str) -> None:
    words = write(b"0001\n", b"0002_a\n", b"0002_b\n")
    Path(f".merge_file_{missing}").unlink()
    assert driver.drive([*words, "7", PATH]) == 1
    assert result().startswith(b"<<<<<<< ours\n")


def test_without_a_readable_base_no_app_counts_as_added() -> None:
    ours, theirs = b"blog: 0001\n\nshop: 0001\n", b"shop: 0001\n"
    words = write(b"", ours, theirs)
    Path(".merge_file_base").unlink()
    assert driver.drive([*words, "7", "locks.txt"]) == 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_words_are_a_conflict(count: int) -> None:
    assert driver.drive(write(b"1\n", b"2\n", b"3\n")[:count]) == 1


@pytest.mark.parametrize("extra", [[], ["7"], ["7", PATH, "%S", "%X", "%Y"]])
def test_missing_and_further_words_change_nothing(extra: list[str]) -> None:
    assert driver.drive([*write(b"1\n", b"2\n", b"2\r\n"), *extra]) == 0
    assert result() == b"2\n"


@pytest.mark.parametrize(
    "fault", [ValueError, MemoryError, KeyboardInterrupt, SystemExit]
)
def test_whatever_goes_wrong_ends_in_a_conflict_of_both_texts(
    fault: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise fault

    monkeypatch.setattr(driver, "judge", broken)
    words = write(b"0001\n", b"0002_a\n", b"0002_b\n")
    assert driver.drive([*words, "7", PATH]) == 1
    assert result().decode() == BLOCK


def test_a_message_that_cannot_be_written_leaves_the_conflict_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    words = write(b"0001\n", b"0002_a\n", b"0002_b\n")
    assert driver.drive([*words, "7", PATH]) == 1
    assert result().decode() == BLOCK


def test_where_no_file_can_be_made_the_result_is_written_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = write(b"0001\n", b"0002_a\n", b"0002_b\n")
    Path(".merge_file_ours.oneleaf").mkdir()
    assert driver.drive([*words, "7", PATH]) == 1
    assert result().decode() == BLOCK


def test_a_clean_result_that_cannot_be_written_is_no_clean_merge(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(driver, "_fill", full)
    assert driver.drive([*write(b"1\n", b"1\n", b"2\n"), "7", PATH]) == 1


def test_no_other_file_is_left_behind() -> None:
    driver.drive([*write(b"0001\n", b"0002_a\n", b"0002_b\n"), "7", PATH])
    assert sorted(os.listdir()) == [
        ".merge_file_base",
        ".merge_file_ours",
        ".merge_file_theirs",
    ]


# What it says


def test_the_message_names_app_names_and_the_next_command() -> None:
    text = driver.message([NameConflict("", "0001", "0002_a", "0002_b")], PATH, "")
    assert text == (
        "oneleaf: app shop: ours has 0002_a, theirs 0002_b\n"
        "oneleaf: to put one chain after the other, run: oneleaf rebase shop\n"
    )


@pytest.mark.parametrize(
    ("labels", "first", "command"),
    [
        (["shop"], "app shop: ours has 2, theirs 3", "oneleaf rebase shop"),
        (["a", "b"], "app a: ours has 2, theirs 3, and 1 more", "oneleaf rebase a b"),
        (
            ["a", "b", "c", "d"],
            "app a: ours has 2, theirs 3, and 3 more",
            "oneleaf rebase",
        ),
    ],
)
def test_several_apps_in_conflict_take_two_lines_as_well(
    labels: list[str], first: str, command: str
) -> None:
    conflicts = [NameConflict(label, "1", "2", "3") for label in labels]
    assert driver.message(conflicts, "locks.txt", "") == (
        f"oneleaf: {first}\noneleaf: to put one chain after the other, run: {command}\n"
    )


@pytest.mark.parametrize(
    ("path", "about", "command"),
    [
        ("a/b/migrations/max_migration.txt", "app b", "oneleaf rebase b"),
        ("odd/max_migration.txt", "odd/max_migration.txt", "oneleaf rebase"),
        (
            "a;rm -rf x/migrations/l.txt",
            "a;rm -rf x/migrations/l.txt",
            "oneleaf rebase",
        ),
        ("a\x1b[2J\nb/l.txt", "a\\x1b[2J\\nb/l.txt", "oneleaf rebase"),
        ("-x/migrations/l.txt", "-x/migrations/l.txt", "oneleaf rebase"),
        ("", "", "oneleaf rebase"),
    ],
)
def test_a_path_is_shown_harmless_and_only_a_label_becomes_a_word_to_paste(
    path: str, about: str, command: str
) -> None:
    text = driver.message([NameConflict("", "1", "2", "3")], path, "")
    assert text == (
        f"oneleaf: {about}: ours has 2, theirs 3\n"
        f"oneleaf: to put one chain after the other, run: {command}\n"
    )


def test_long_names_are_cut() -> None:
    text = driver.message([NameConflict("", "1", "2" * 5000, None)], PATH, "")
    assert f"ours has {'2' * 100}..., theirs none\n" in text
    assert len(text.splitlines()) == 2


def test_a_file_that_is_no_lockfile_is_said_to_be_unreadable() -> None:
    text = driver.message([NameConflict("", None, None, None)], PATH, "")
    assert text.startswith(
        "oneleaf: app shop: at least one side is no lockfile that can be read\n"
    )


def test_standard_output_stays_empty(capfd: pytest.CaptureFixture[str]) -> None:
    driver.drive([*write(b"0001\n", b"0002_a\n", b"0002_b\n"), "7", PATH])
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 2


def test_inner_merges_are_silent(capfd: pytest.CaptureFixture[str]) -> None:
    driver.drive([*write(b"0001\n", b"0002_a\n", b"0002_b\n"), "9", PATH])
    assert capfd.readouterr() == ("", "")


# As a process


def run_launcher(*words: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCHER), *words],
        capture_output=True,
        env={**os.environ, **env},
        check=False,
    )


def test_the_launcher_merges() -> None:
    done = run_launcher(*write(b"0001\n", b"0002_a\n", b"0002_b\n"), "7", PATH)
    assert (done.returncode, done.stdout) == (1, b"")
    assert len(done.stderr.splitlines()) == 2
    assert result().decode() == BLOCK


def test_a_clean_merge_loads_nothing_that_is_not_built_in_but_five_modules() -> None:
    code = (
        "import sys; before = set(sys.modules);"
        f"sys.argv = ['x', *{write(b'1', b'1', b'2')!r}]; sys.path.insert(0, {str(SOURCE_ROOT)!r});"
        "from oneleaf.lockfiles import driver as running; assert running.run_process(sys.argv[1:]) == 0;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, check=True
    )
    loaded = done.stdout.decode().split()
    assert [name for name in loaded if name not in sys.builtin_module_names] == [
        "oneleaf",
        "oneleaf.lockfiles",
        "oneleaf.lockfiles.driver",
        "oneleaf.lockfiles.format",
        "oneleaf.lockfiles.merge",
    ]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_in_a_conflict_with_markers(name: str) -> None:
    words = write(b"0001\n", b"0002_a\n", b"0002_b\n")
    posix.mkfifo("pipe")  # as the base: the driver waits in it
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(LAUNCHER), "pipe", *words[1:], "7", PATH],
        stderr=subprocess.DEVNULL,
    )
    gate = os.open("pipe", os.O_WRONLY)  # returns once the driver reads
    process.send_signal(signal.Signals[name])
    os.close(gate)
    while process.poll() is None:  # giving up, it reads the base once more
        with contextlib.suppress(OSError):
            os.close(os.open("pipe", os.O_WRONLY | posix.O_NONBLOCK))
    assert process.returncode == 1
    assert result().decode() == BLOCK


def test_without_git_there_is_a_conflict_all_the_same() -> None:
    words = write(b"0001\n", b"0002_a\n", b"0002_b\n")
    done = run_launcher(*words, "7", PATH, PATH=str(Path("nothing").absolute()))
    assert done.returncode == 1
    assert result().decode() == BLOCK


def test_without_any_environment_there_is_a_conflict_all_the_same() -> None:
    words = write(b"0001\n", b"0002_a\n", b"0002_b\n")
    command = [sys.executable, "-I", "-S", str(LAUNCHER), *words, "7", PATH]
    done = subprocess.run(command, capture_output=True, env={}, check=False)
    assert done.returncode == 1
    assert result().decode() == BLOCK


@pytest.mark.parametrize("limit", [0, 10, 30])
def test_a_full_disk_is_never_a_clean_merge(limit: int) -> None:
    words = write(b"0001_initial\n", b"0002_a\n", b"0002_b\n")

    resource = importlib.import_module("resource")  # not on Windows

    def no_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-I", "-S", str(LAUNCHER), *words, "7", PATH],
        stderr=subprocess.DEVNULL,
        preexec_fn=no_space,
        check=False,
    )
    assert done.returncode == 1
    assert sorted(os.listdir()) == sorted(words)


def test_nothing_in_the_work_tree_or_the_environment_is_imported(
    tmp_path: Path,
) -> None:
    trap = "open('TRAPPED', 'w').close()\n"
    words = write(b"0001\n", b"0002_a\n", b"0002_b\n")
    for module in (
        "oneleaf",
        "lockfile",
        "gc",
        "os",
        "sitecustomize",
        "usercustomize",
        "encodings",
    ):
        Path(f"{module}.py").write_text(trap, encoding="ascii")
    Path("pyvenv.cfg").write_text("home = .\n", encoding="ascii")
    Path("oneleaf").mkdir()
    for module in ("__init__", "driver", "git"):
        Path(f"oneleaf/{module}.py").write_text(trap, encoding="ascii")
    done = run_launcher(
        *words, "7", PATH, PYTHONPATH=".", PYTHONHOME=".", PYTHONSTARTUP="oneleaf.py"
    )
    assert done.returncode == 1
    assert result().decode() == BLOCK
    assert not Path("TRAPPED").exists()


@pytest.mark.parametrize(
    "path", ["-x", "--help", "--color=odd", "-h", "--", "%P", "a b'c"]
)
def test_the_command_line_takes_every_path_for_a_path(
    tmp_path: Path, path: str
) -> None:
    repository = Repository(Path.cwd(), hermetic_environment(tmp_path / "home"))
    words = write(b"0001\n", b"0002_a\n", b"0002_b\n")
    done = repository.oneleaf("merge-driver", *words, "7", path)
    assert (done.code, done.out) == (1, "")
    assert result().decode() == BLOCK
