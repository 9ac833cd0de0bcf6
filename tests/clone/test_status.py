"""``oneleaf status``: the rules on plain facts, and the facts of real clones."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from oneleaf.checking.findings import Finding
from oneleaf.clone import driver, hooks, protection
from oneleaf.clone.driver import DRIVER, NAME, Tool
from oneleaf.clone.protection import Facts, Guard
from oneleaf.commands import status
from repository import SOURCE_ROOT, Repository

OWN = driver.command(
    Tool(sys.executable, str(SOURCE_ROOT / "oneleaf" / "lockfiles" / "launcher.py"))
)
DEAD = driver.command(Tool("/gone/python", "/gone/driver_launcher.py"))
LOCK = "shop/migrations/max_migration.txt"
BLOCKING = ("pre-commit", "pre-merge-commit", "pre-push")


def armed() -> Facts:
    """A clone in which nothing is missing."""
    facts = Facts()
    facts.settings = {DRIVER: OWN, NAME: "oneleaf"}
    facts.answers = "driver"
    facts.attributes = {LOCK: "oneleaf"}
    facts.line = "max_migration.txt merge=oneleaf"
    facts.hooks = dict.fromkeys(protection.HOOK_TYPES, "pre-commit")
    facts.manager = "pre-commit"
    facts.apps = 1
    facts.upstream = "origin/main"
    return facts


def with_settings(**settings: str) -> Callable[[Facts], None]:
    def change(facts: Facts) -> None:
        named = {key.replace("__", "."): value for key, value in settings.items()}
        facts.settings = {**facts.settings, **named}

    return change


def having(**values: object) -> Callable[[Facts], None]:
    def change(facts: Facts) -> None:
        for name, value in values.items():
            setattr(facts, name, value)

    return change


def row(facts: Facts, name: str) -> Guard:
    return next(row for row in protection.rows(facts) if row.name == name)


def test_an_armed_clone_is_protected_and_every_row_is_ok() -> None:
    rows = protection.rows(armed())
    assert {row.state for row in rows} == {"ok"}
    assert {row.command for row in rows} == {""}
    assert protection.is_protected(rows)


@pytest.mark.parametrize(
    ("change", "name", "command"),
    [
        pytest.param(
            having(settings={}), "merge driver", "oneleaf install", id="no driver"
        ),
        pytest.param(
            having(settings={NAME: "x"}), "merge driver", "oneleaf install", id="half"
        ),
        pytest.param(
            having(settings={"merge.oneleaf.recursive": "text"}),
            "merge driver",
            "oneleaf install",
            id="half, recursive",
        ),
        pytest.param(
            having(settings={DRIVER: "true"}, answers=""),
            "merge driver",
            "oneleaf install --force",
            id="foreign driver",
        ),
        pytest.param(
            having(answers="text"), "merge driver", "oneleaf install", id="dead tool"
        ),
        pytest.param(
            having(answers="nothing"), "merge driver", "oneleaf install", id="broken"
        ),
        pytest.param(
            having(attributes={LOCK: "unspecified"}),
            "attribute",
            "oneleaf install",
            id="no line",
        ),
        pytest.param(
            having(
                attributes={LOCK: "union"},
                overriding=(".gitattributes", 3, "* merge=union"),
            ),
            "attribute",
            "oneleaf install",
            id="overridden below",
        ),
        pytest.param(
            having(
                attributes={LOCK: "unset"},
                overriding=("a b/.gitattributes", 1, "* -merge"),
            ),
            "attribute",
            "echo 'max_migration.txt merge=oneleaf' >> 'a b/.gitattributes'",
            id="overridden nearer",
        ),
        pytest.param(
            having(lockfiles=None), "lockfiles", "oneleaf lock --init", id="no lockfile"
        ),
        pytest.param(
            having(lockfiles=[Finding("OL202", "shop", (LOCK, 1), (), "is stale", "")]),
            "lockfiles",
            "oneleaf check --all",
            id="stale lockfile",
        ),
    ],
)
def test_what_is_missing_is_told_with_its_cure(
    change: Callable[[Facts], None], name: str, command: str
) -> None:
    facts = armed()
    change(facts)
    found = row(facts, name)
    assert (found.state, found.command) == ("missing", command)
    assert not protection.is_protected(protection.rows(facts))


@pytest.mark.parametrize(
    ("change", "name", "command"),
    [
        pytest.param(
            having(attributes_committed=False),
            "attribute",
            "git add .gitattributes",
            id="attribute",
        ),
        pytest.param(
            with_settings(merge__oneleaf__recursive="binary"),
            "merge.oneleaf.recursive",
            "git config --unset-all merge.oneleaf.recursive",
            id="recursive",
        ),
        pytest.param(
            with_settings(merge__directoryrenames="true"),
            "merge.directoryRenames",
            "git config merge.directoryRenames conflict",
            id="directory renames",
        ),
        pytest.param(
            with_settings(merge__default="union"),
            "merge.default",
            "git config merge.default text",
            id="default driver",
        ),
        pytest.param(
            having(upstream=""),
            "upstream",
            "git remote set-head origin --auto",
            id="upstream",
        ),
    ],
)
def test_a_risk_is_told_and_the_clone_counts_as_protected(
    change: Callable[[Facts], None], name: str, command: str
) -> None:
    facts = armed()
    change(facts)
    found = row(facts, name)
    assert (found.state, found.command) == ("risk", command)
    assert protection.is_protected(protection.rows(facts))


@pytest.mark.parametrize(
    ("value", "used", "told"),
    [
        ("true", True, True),
        ("yes", True, True),
        ("", True, True),
        ("true", False, False),
        ("false", True, False),
    ],
)
def test_replaying_resolutions_is_a_risk_where_some_are_recorded(
    value: str, used: bool, told: bool
) -> None:
    facts = armed()
    facts.settings = {**facts.settings, "rerere.autoupdate": value}
    facts.rerere_used = used
    names = [row.name for row in protection.rows(facts)]
    assert ("rerere.autoupdate" in names) is told


@pytest.mark.parametrize("kind", protection.HOOK_TYPES)
def test_only_hook_types_that_stop_something_are_missing(kind: str) -> None:
    facts = armed()
    facts.hooks = {**facts.hooks, kind: ""}
    assert row(facts, f"hook {kind}").state == (
        "missing" if kind in BLOCKING else "risk"
    )


ADDED = "{} 'oneleaf check --pre-push' >> .git/hooks/pre-push && chmod +x .git/hooks/pre-push"


@pytest.mark.parametrize(
    ("manager", "occupied", "hooks_path", "command"),
    [
        ("pre-commit", (), "", "pre-commit install -t pre-push"),
        ("pre-commit", ("pre-push",), ".husky", ADDED.format("echo")),
        ("pre-commit", (), ".x", ADDED.format("printf '%s\\n' '#!/bin/sh'")),
        ("prek", (), "", "prek install -t pre-push"),
        ("lefthook", ("pre-push",), "", "lefthook install"),
        ("husky", (), "", "npm install"),
        ("husky", ("pre-push",), ".husky/_", ADDED.format("echo")),
        ("", ("pre-push",), "", ADDED.format("echo")),
        ("", (), "", "oneleaf init"),
    ],
)
def test_the_cure_for_a_hook_fits_what_runs_the_hooks(
    manager: str, occupied: tuple[str, ...], hooks_path: str, command: str
) -> None:
    facts = armed()
    facts.hooks = {**facts.hooks, "pre-push": ""}
    facts.manager, facts.occupied = manager, occupied
    if hooks_path:
        facts.settings = {**facts.settings, "core.hookspath": hooks_path}
    assert row(facts, "hook pre-push").command == command


@pytest.mark.parametrize(
    ("configured", "text"),
    [
        (
            ("check-django-migrations",),
            "check-django-migrations is configured, but not installed",
        ),
        (
            (),
            "does not run oneleaf: add the hook id check-django-migrations, then install",
        ),
    ],
)
def test_a_hook_id_that_is_not_there_yet_is_named(
    configured: tuple[str, ...], text: str
) -> None:
    facts = armed()
    facts.hooks = {**facts.hooks, "pre-push": ""}
    facts.configured = configured
    assert row(facts, "hook pre-push").text == text


@pytest.mark.parametrize(("runs", "state"), [("script", "ok"), ("", "risk")])
def test_another_hooks_folder_is_a_risk_where_nothing_there_runs_oneleaf(
    runs: str, state: str
) -> None:
    facts = armed()
    facts.settings = {**facts.settings, "core.hookspath": ".husky"}
    facts.hooks = dict.fromkeys(protection.HOOK_TYPES, runs)
    assert row(facts, "core.hooksPath").state == state


def test_text_from_the_repository_is_shown_harmless() -> None:
    rows = [Guard("attribute", "missing", "a\x1b[2Jb\n", "echo \x1b")]
    text = status.render_text(rows, colored=False, protected=False)
    assert "\x1b" not in text
    assert text.splitlines() == [
        "missing  attribute  a\\x1b[2Jb\\n",
        "    hint: echo \\x1b",
        "this clone is NOT protected",
    ]


# The registered command


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        pytest.param(OWN, "driver", id="the tool"),
        pytest.param(DEAD, "text", id="a dead tool"),
        pytest.param("oneleaf-is-not-there %A", "nothing", id="no such command"),
        pytest.param("true", "nothing", id="always clean"),
        pytest.param("exit 1", "nothing", id="a conflict without markers"),
    ],
)
def test_the_probe_tells_who_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, answer: str
) -> None:
    repository = Repository.create(tmp_path / "work")
    monkeypatch.chdir(repository.path)
    assert driver.ask(value) == answer


@pytest.mark.parametrize(
    ("value", "expanded"),
    [
        ('x "%O" %A', 'x "1" 2'),
        ("100%% %%O", "100% %O"),
        ("%S %", "%S %"),
        ("%%%A", "%2"),
        ("", ""),
    ],
)
def test_placeholders_are_filled_in_as_git_does(value: str, expanded: str) -> None:
    assert driver.expand(value, {"O": "1", "A": "2"}) == expanded


# Real clones


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    found = Repository.create(tmp_path / "work")
    found.app("shop", "0001_initial", lockfile=True)
    found.commit("base")
    found.oneleaf("install")
    found.commit("attributes")
    return found


def states(repository: Repository, **env: str) -> dict[str, tuple[str, str, str]]:
    done = repository.oneleaf("status", "--output-format", "json", **env)
    answer = json.loads(done.out)
    assert answer["version"] == 1
    assert done.code == int(not answer["protected"])
    return {
        r["name"]: (r["state"], r["text"], r["command"] or "") for r in answer["rows"]
    }


def hook(repository: Repository, path: str, text: str) -> None:
    repository.write(path, text)
    (repository.path / path).chmod(0o755)


def arm_hooks(repository: Repository) -> None:
    for kind in BLOCKING:
        hook(repository, f".git/hooks/{kind}", "#!/bin/sh\noneleaf check\n")


def test_a_clone_with_everything_is_protected(repository: Repository) -> None:
    arm_hooks(repository)
    done = repository.oneleaf("status")
    assert done.code == 0
    assert done.out.splitlines()[:6] == [
        "ok       merge driver             registered, and it answers",
        "ok       attribute                git sends every lockfile to the driver",
        "ok       lockfiles                every app's names its leaf node",
        "ok       hook pre-commit          runs oneleaf, by a script",
        "ok       hook pre-merge-commit    runs oneleaf, by a script",
        "ok       hook pre-push            runs oneleaf, by a script",
    ]
    assert done.out.splitlines()[-1] == "this clone is protected"


def test_a_fresh_clone_lacks_the_driver(repository: Repository) -> None:
    repository.git("clone", "-q", ".", "../clone")
    clone = Repository(repository.path.parent / "clone", repository.env)
    found = states(clone)
    assert found["merge driver"][0::2] == ("missing", "oneleaf install")
    assert found["attribute"][0] == "ok"
    assert found["upstream"][0] == "ok"


def test_a_tool_that_is_gone_is_found_out(repository: Repository) -> None:
    repository.git("config", DRIVER, DEAD)
    assert states(repository)["merge driver"] == (
        "missing",
        "registered, but the tool is gone or broken: lockfiles are merged as text",
        "oneleaf install",
    )


def test_a_foreign_driver_is_named_and_not_run(repository: Repository) -> None:
    repository.git("config", DRIVER, "touch TRAPPED; true")
    state, text, command = states(repository)["merge driver"]
    assert (state, command) == ("missing", "oneleaf install --force")
    assert "touch TRAPPED; true" in text
    assert not (repository.path / "TRAPPED").exists()


@pytest.mark.parametrize("place", [".git/info/attributes", "shop/.gitattributes"])
def test_an_override_is_found_with_its_line_and_the_cure_works(
    repository: Repository, place: str
) -> None:
    repository.write(place, "# here\n* merge=union\n")
    state, text, command = states(repository)["attribute"]
    assert state == "missing"
    assert text == f"{LOCK} is merged as union, by line 2 of {place}: * merge=union"
    repository.run("sh", "-c", command, ok=(0,))
    assert (
        states(repository)["attribute"][1] == "git sends every lockfile to the driver"
    )


def test_a_stale_lockfile_is_found(repository: Repository) -> None:
    repository.migration("shop", "0002_next", "0001_initial")
    repository.add()
    state, text, _ = states(repository)["lockfiles"]
    assert state == "missing"
    assert "names 0001_initial, but the leaf node is 0002_next" in text


def test_a_repository_without_lockfiles_is_found(repository: Repository) -> None:
    repository.git("rm", "-q", LOCK)
    assert states(repository)["lockfiles"][0::2] == ("missing", "oneleaf lock --init")


@pytest.mark.parametrize(
    ("files", "runs"),
    [
        pytest.param(
            {".git/hooks/pre-commit": "#!/bin/sh\noneleaf check\n"},
            "a script",
            id="bare",
        ),
        pytest.param(
            {".git/hooks/pre-commit": "#!/bin/sh\nexit 0\n"}, "", id="another script"
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "# pre-commit\nARGS=(hook-impl)\n",
                ".pre-commit-config.yaml": "hooks:\n- id: check-django-migrations\n",
            },
            "pre-commit",
            id="pre-commit",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "# pre-commit\nARGS=(hook-impl)\n",
                ".pre-commit-config.yaml": "hooks:\n- {id: check-django-migrations}\n",
            },
            "pre-commit",
            id="pre-commit, in one line",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "# pre-commit\nARGS=(hook-impl)\n",
                ".pre-commit-config.yaml": "- id: x\n  entry: oneleaf check\n",
            },
            "pre-commit",
            id="pre-commit, a local hook",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "# pre-commit\nARGS=(hook-impl)\n",
                ".pre-commit-config.yaml": "hooks:\n- id: check-django-migrations-in-rebase\n",
            },
            "",
            id="pre-commit, for another type",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "# pre-commit\nARGS=(hook-impl)\n",
                ".pre-commit-config.yaml": "hooks:\n# - id: check-django-migrations\n",
            },
            "",
            id="pre-commit, commented out",
        ),
        pytest.param(
            {".git/hooks/pre-commit": "#!/bin/sh\n# oneleaf check\nexit 0\n"},
            "",
            id="bare, commented out",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "# File generated by prek\nexec hook-impl\n",
                "prek.toml": 'hooks = [{ id = "check-django-migrations" }]\n',
            },
            "prek",
            id="prek",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "lefthook run\n",
                "lefthook.yml": "pre-commit:\n  commands:\n    a: {run: oneleaf check}\n",
            },
            "lefthook",
            id="lefthook",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "lefthook run\n",
                "lefthook.yml": "pre-commit: {}\n",
            },
            "",
            id="lefthook without oneleaf",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "lefthook run\n",
                "lefthook.yml": "pre-push:\n  commands:\n    a: {run: oneleaf check}\n",
            },
            "",
            id="lefthook, for another type",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "# pre-commit\nPYTHON=/x/oneleaf/bin/python\n"
                "ARGS=(hook-impl)\n",
                ".pre-commit-config.yaml": "hooks:\n- id: check-django-migrations\n",
            },
            "pre-commit",
            id="pre-commit, of a path with our name",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "# pre-commit\nARGS=(hook-impl)\n",
                ".pre-commit-config.yaml": "- id: x\n  entry: /x/oneleaf/lint\n",
            },
            "",
            id="pre-commit, a local hook of a path with our name",
        ),
        pytest.param(
            {
                ".git/hooks/pre-commit": "# pre-commit\nARGS=(hook-impl)\n",
                ".pre-commit-config.yaml": "- entry: oneleaf\n  args:\n  - check\n",
            },
            "pre-commit",
            id="pre-commit, a local hook with arguments",
        ),
        pytest.param(
            {".git/hooks/pre-commit": "#!/bin/sh\ncd /x/oneleaf && check .\n"},
            "",
            id="bare, of a path with our name",
        ),
        pytest.param(
            {".git/hooks/pre-commit": '#!/bin/sh\nexec "$BIN/oneleaf" check\n'},
            "a script",
            id="bare, by a path",
        ),
        pytest.param(
            {".git/hooks/pre-commit": "#!/bin/sh\nuv run python -m oneleaf check\n"},
            "a script",
            id="bare, as a module",
        ),
    ],
)
def test_hooks_are_told_by_what_they_run(
    repository: Repository, files: dict[str, str], runs: str
) -> None:
    for path, text in files.items():
        hook(repository, path, text)
    state, text, _ = states(repository)["hook pre-commit"]
    assert state == ("ok" if runs else "missing")
    assert not runs or text == f"runs oneleaf, by {runs}"


@pytest.mark.parametrize(
    ("present", "config", "manager"),
    [
        (("pre-commit", "prek"), ".pre-commit-config.yaml", "pre-commit"),
        (("prek",), ".pre-commit-config.yaml", "prek"),
        ((), ".pre-commit-config.yaml", "pre-commit"),
        (("pre-commit", "prek"), "prek.toml", "prek"),
        (("pre-commit",), "lefthook.yml", "lefthook"),
        (("pre-commit",), ".husky/pre-commit", "husky"),
        (("pre-commit", "prek"), "notes.txt", ""),
    ],
)
def test_the_hook_manager_is_told_by_its_configuration_and_by_what_is_installed(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    present: tuple[str, ...],
    config: str,
    manager: str,
) -> None:
    for name in present:
        hook(repository, f"bin/{name}", "#!/bin/sh\n")
    repository.write(config)
    monkeypatch.setenv("PATH", str(repository.path / "bin"))
    folder = str(repository.path / ".git/hooks")
    assert hooks.manager(str(repository.path), folder) == manager


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("pre-commit: {run: a}\npre-push: {run: b}\n", "pre-push", "b"),
        ("pre-commit:\n  jobs:\n    - run: a\n\npre-push:\n", "pre-commit", "a"),
        ("pre-commit:\n  jobs:\n  - run: a\nskip_lfs: b\n", "pre-commit", "a"),
        ("pre-commit:\n  jobs:\n    - run: a\n", "pre-merge-commit", ""),
        ("commit-msg:\n  jobs:\n    - run: a\n", "prepare-commit-msg", ""),
        ("pre-commit:\n  jobs:\n  - run: a\ncommit-msg:\n- b\n", "pre-commit", "a"),
        ("[pre-push]\nx = 1\n[[pre-push.jobs]]\nrun = 'a'\n", "pre-push", "a"),
        ("[pre-push]\nrun = 'a'\n[other]\nrun = 'b'\n", "pre-push", "a"),
        (
            '{\n  "pre-commit": {\n    "run": "a"\n  },\n  "pre-push": "b"\n}',
            "pre-commit",
            "a",
        ),
    ],
)
def test_a_lefthook_configuration_is_told_apart_by_hook_types(
    text: str, kind: str, found: str
) -> None:
    words = re.findall(r"\b[ab]\b", hooks.section(text, kind))
    assert "".join(words) == found


def test_husky_keeps_the_scripts_one_folder_above(repository: Repository) -> None:
    hook(repository, ".husky/_/pre-commit", '. "$(dirname "$0")/h"\n')
    repository.git("config", "core.hooksPath", ".husky/_")
    _, _, command = states(repository)["hook pre-commit"]
    assert command.startswith("echo 'oneleaf check' >> .husky/pre-commit ")
    repository.run("sh", "-c", command, ok=(0,))
    assert states(repository)["hook pre-commit"][0] == "ok"


def test_a_hook_that_may_not_be_run_does_not_count(repository: Repository) -> None:
    repository.write(".git/hooks/pre-commit", "#!/bin/sh\noneleaf check\n")
    assert states(repository)["hook pre-commit"][0] == "missing"


@pytest.mark.parametrize(
    "setting",
    [
        "rerere.autoupdate",
        "merge.directoryRenames",
        "merge.default",
        "merge.oneleaf.recursive",
    ],
)
def test_settings_that_decide_in_silence_are_told_and_the_cure_works(
    repository: Repository, setting: str
) -> None:
    repository.git("config", "rerere.enabled", "true")
    value = "union" if setting == "merge.default" else "true"
    repository.git("config", setting, value)
    state, _, command = states(repository)[setting]
    assert state == "risk"
    repository.run("sh", "-c", command, ok=(0,))
    assert setting not in states(repository)


def test_outside_a_repository_status_ends_with_2(repository: Repository) -> None:
    done = repository.oneleaf("status", cwd="..", GIT_CEILING_DIRECTORIES="/")
    assert done.code == 2
