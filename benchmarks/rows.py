"""The rows of the table: what is measured against what, and the target.

To add a row, write one entry in ROWS; a new command is one function from the Bench
to a Command beside it.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import timing
from bench import HERE, SH, Bench
from measured_project import GIT, Project, UnavailableError
from timing import Command, Round

DIFF_INDEX = (
    GIT, "diff-index", "--cached", "--raw", "--no-renames", "-z", "HEAD", "--",
    ":(glob)**/migrations/*",
)  # fmt: skip

Maker = Callable[[Bench], Command]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    value: what is formed of the rounds of subject and reference. at_most, at_least:
    the target, None where there is none. staged: measured with one new migration
    and its lockfile staged, else with a clean index. rounds: None for the usual.
    """

    name: str
    subject: Maker
    reference: Maker
    value: Callable[[Sequence[Round]], float] = timing.ratio
    at_most: float | None = None
    at_least: float | None = None
    staged: bool = False
    rounds: int | None = None

    @property
    def target(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return "-" if self.at_least is None else f">= {self.at_least:g}"

    def is_met(self, value: float) -> bool:
        above = self.at_most is not None and value > self.at_most
        below = self.at_least is not None and value < self.at_least
        return not (above or below)


def main_project(bench: Bench) -> Project:
    return bench.project(bench.size)


def check(bench: Bench, project: Project, *arguments: str) -> Command:
    """``oneleaf check``; a real project may have findings, a generated one has none."""
    return Command(
        bench.oneleaf("check", *arguments),
        project.root,
        exits=(0,) if project.has_work_tree else (0, 1),
    )


def one_app(bench: Bench) -> Command:
    return check(bench, main_project(bench))


def one_app_against(bench: Bench) -> Command:
    """The same with the merge with a branch that went on in twenty other apps."""
    project = main_project(bench)
    branch = project.branch_elsewhere(20)
    return check(bench, project, "--against", branch)


def one_app_small(bench: Bench) -> Command:
    return check(bench, bench.project("small"))


def one_app_real(bench: Bench) -> Command:
    return check(bench, bench.project("real"))


def all_apps(bench: Bench) -> Command:
    return check(bench, main_project(bench), "--all")


def all_apps_real(bench: Bench) -> Command:
    return check(bench, bench.project("real"), "--all")


def git_call(bench: Bench, project: Project) -> Command:
    """REF: an interpreter that imports ``ast`` and ``subprocess`` and asks git once."""
    code = f"import ast, subprocess; subprocess.run({list(DIFF_INDEX)!r})"
    return Command((bench.python, "-c", code), project.root)


def ref(bench: Bench) -> Command:
    return git_call(bench, main_project(bench))


def ref_real(bench: Bench) -> Command:
    return git_call(bench, bench.project("real"))


def cat_file(project: Project) -> Command:
    """CAT: git alone, writing out the blobs of all migrations."""
    argv = (GIT, "cat-file", "--batch", "--buffer")
    return Command(argv, project.root, stdin=project.blob_ids)


def cat(bench: Bench) -> Command:
    return cat_file(main_project(bench))


def cat_real(bench: Bench) -> Command:
    return cat_file(bench.project("real"))


def linear(bench: Bench) -> Command:
    """DLM: Django's own checks with django-linear-migrations installed."""
    settings = ("--settings", "linear_settings")
    path = ("--pythonpath", str(bench.linear_settings()))
    argv = (bench.python, "manage.py", "check", *settings, *path)
    return Command(argv, main_project(bench).root)


def naive(bench: Bench) -> Command:
    """NAIVE: the plain hook beside this file, over all apps."""
    argv = (bench.python, str(HERE / "naive.py"), "--all")
    return Command(argv, main_project(bench).root)


def bare_start(bench: Bench) -> Command:
    return Command((bench.python, "-I", "-c", "pass"), bench.cache)


def driver(bench: Bench) -> Command:
    """The registered line, run as git runs it: by ``sh``, on three temporary files.

    Both sides differ from the base: git calls no driver otherwise.
    """
    project = bench.project("small-conflict")
    install = Command(bench.oneleaf("install"), project.root)
    try:
        timing.run(install)
        line = project.git("config", "merge.oneleaf.driver").strip()
    except (timing.FailedError, UnavailableError) as reason:
        raise UnavailableError(f"no merge driver yet: {reason}") from reason
    folder = bench.cache / "driver"
    folder.mkdir(exist_ok=True)
    for name, leaf in (("base", "0001"), ("pristine", "0002_ours"), ("theirs", "0002")):
        (folder / name).write_text(f"{leaf}_name\n")
    places = {
        "%O": str(folder / "base"),
        "%A": str(folder / "ours"),
        "%B": str(folder / "theirs"),
        "%L": "7",
        "%P": "'apps/app_003/migrations/max_migration.txt'",
        "%S": "base",
        "%X": "ours",
        "%Y": "theirs",
    }
    for place, text in places.items():
        line = line.replace(place, text)

    def restore() -> None:
        shutil.copyfile(folder / "pristine", folder / "ours")

    return Command(
        (SH, "-c", line),
        project.root,
        before=restore,
        exits=(0, 1),
    )


def radar(bench: Bench) -> Command:
    """``oneleaf radar`` over all branches of the clone, however old."""
    return Command(bench.oneleaf("radar", "--days", "0"), bench.branches())


def one_log(bench: Bench) -> Command:
    """LOG: git alone, naming the migrations that unmerged branches add."""
    flags = ("--no-renames", "--diff-filter=A", "--name-only", "--source")
    revs = ("--remotes", "--not", "origin/main")
    argv = (GIT, "log", *revs, *flags, "--format=%x00%S", "--", "*/migrations/*.py")
    return Command(argv, bench.branches())


ROWS = (
    Row("one-app", one_app, ref, at_most=0.8, staged=True),
    Row("one-app-flat", one_app, one_app_small, at_most=1.5, staged=True),
    Row("one-app-against", one_app_against, one_app, at_most=2, staged=True),
    Row("all-apps", all_apps, cat, at_most=3),
    Row("all-apps-peak-mib", all_apps, cat, timing.peak_mib, at_most=48),
    Row("all-apps-naive", all_apps, naive, timing.times_faster, at_least=8),
    Row(
        "all-apps-django", all_apps, linear, timing.times_faster, at_least=20, rounds=3
    ),
    Row("driver-start", driver, bare_start, at_most=1.3),
    Row("radar", radar, one_log, at_most=4),
    Row("real-one-app", one_app_real, ref_real, at_most=0.8, staged=True),
    Row("real-all-apps", all_apps_real, cat_real),
)
