"""Findings for CI: GitHub's annotations, GitLab's code quality, SARIF."""

from __future__ import annotations

import importlib
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneleaf.arguments import REPORT_FORMAT
from oneleaf.checking.findings import CODES, Finding, Report
from oneleaf.output import gitlab, report, sarif
from oneleaf.output.github import escape_data, escape_property
from repository import Repository
from sarif_schema import schemas

# What GitHub's runner and toolkit call their reverse (actions/runner, ActionCommand).
PROPERTY_ESCAPES = (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"))
VALIDATORS = [jsonschema.validators.validator_for(s)(s) for s in schemas()]
DATA_ESCAPES = (("%0A", "\n"), ("%0D", "\r"))


def unescape(text: str, escapes: tuple[tuple[str, str], ...]) -> str:
    for written, meant in (*escapes, ("%25", "%")):
        text = text.replace(written, meant)
    return text


def finding(code: str = "OL102", path: str = "shop/a.py", line: int = 1) -> Finding:
    message = "app shop has 2 leaf nodes"
    return Finding(code, "shop", (path, line), ("0002_a",), message, "oneleaf rebase")


def rendered(output_format: str, *findings: Finding) -> str:
    return report.render(Report("index", 1, 2, findings), output_format, "never")


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """An app with two leaf nodes of one number."""
    repository = Repository.create(tmp_path / "repository")
    repository.app("shop", "0001_initial", "0002_a")
    repository.migration("shop", "0002_b", "0001_initial")
    repository.commit()
    return repository


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder in no repository: paths stay as they are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name in ("GIT_DIR", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)


def test_every_format_but_our_own_two_is_a_word_and_a_file() -> None:
    assert REPORT_FORMAT.choices == ("text", "json", "github", "gitlab", "sarif")
    for output_format in REPORT_FORMAT.choices[2:]:
        module = importlib.import_module(f"oneleaf.output.{output_format}")
        assert callable(module.render)


@pytest.mark.parametrize("output_format", REPORT_FORMAT.choices)
def test_the_exit_code_does_not_depend_on_the_format(
    shop: Repository, output_format: str
) -> None:
    words = ("check", "--all", "--output-format", output_format)
    assert shop.oneleaf(*words).code == 1
    shop.git("rm", "-q", "shop/migrations/0002_b.py")
    assert shop.oneleaf(*words).code == 0


def test_an_annotation_stands_at_the_file_in_the_work_tree(shop: Repository) -> None:
    done = shop.oneleaf("check", "--all", "--output-format", "github", cwd="shop")
    top = os.path.realpath(shop.path)
    path = "shop/migrations/0002_b.py"
    both = "0002_a, 0002_b%0A  hint: run `oneleaf rebase shop` to move yours behind"
    cure = " the published one, or `oneleaf merge shop` where both are published"
    assert done.out.splitlines() == [
        f"::error title=oneleaf (OL101),file={top}/{path},line=1,endLine=1::{path}:1:"
        f" OL101 app shop has 2 migrations with the number 0002: {both}{cure}",
        f"::error title=oneleaf (OL102),file={top}/{path},line=6,endLine=6::{path}:6:"
        f" OL102 app shop has 2 leaf nodes: {both}{cure}",
    ]


def test_without_findings_there_is_no_annotation(outside: None) -> None:
    assert rendered("github") == ""


def test_errors_are_annotated_before_warnings(outside: None) -> None:
    lines = rendered("github", finding("OL304"), finding("OL101")).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning"]


@pytest.mark.parametrize(
    ("text", "data", "value"),
    [
        pytest.param("a%b", "a%25b", "a%25b", id="percent"),
        pytest.param("%0A", "%250A", "%250A", id="what looks escaped"),
        pytest.param("a\r\nb", "a%0D%0Ab", "a%0D%0Ab", id="newline"),
        pytest.param("a:b,c", "a:b,c", "a%3Ab%2Cc", id="colon and comma"),
        pytest.param("::error::", "::error::", "%3A%3Aerror%3A%3A", id="command"),
    ],
)
def test_what_ends_a_command_or_a_property_is_escaped(
    text: str, data: str, value: str
) -> None:
    assert escape_data(text) == data
    assert escape_property(text) == value


@given(st.text())
def test_escapes_can_be_taken_back_and_end_nothing(text: str) -> None:
    data, value = escape_data(text), escape_property(text)
    assert unescape(data, DATA_ESCAPES) == text
    assert unescape(value, PROPERTY_ESCAPES) == text
    assert not set(data) & set("\r\n")
    assert not set(value) & set("\r\n:,")


def test_a_file_name_starts_no_command_of_its_own(outside: None) -> None:
    evil = "shop\n::stop-commands::x/0002_a,line=7::.py"
    lines = rendered("github", finding(path=evil)).splitlines()
    assert len(lines) == 1
    properties = lines[0].split("::")[1].removeprefix("error ").split(",")
    assert [p.partition("=")[0] for p in properties] == [
        "title",
        "file",
        "line",
        "endLine",
    ]


def test_the_code_quality_report_is_an_array_of_issues(shop: Repository) -> None:
    done = shop.oneleaf("check", "--all", "--output-format", "gitlab")
    issues = json.loads(done.out)
    fingerprints = [issue.pop("fingerprint") for issue in issues]
    assert len(set(fingerprints)) == 2
    place = {"line": 6, "column": 1}
    assert issues[1] == {
        "check_name": "OL102",
        "description": "OL102: app shop has 2 leaf nodes: 0002_a, 0002_b",
        "severity": "major",
        "location": {
            "path": "shop/migrations/0002_b.py",
            "positions": {"begin": place, "end": place},
        },
    }


def test_without_findings_the_code_quality_report_is_an_empty_array() -> None:
    assert json.loads(rendered("gitlab")) == []


SEVERITIES = {
    "error": ("::error ", "major", "error"),
    "warning": ("::warning ", "minor", "warning"),
    "note": ("::notice ", "info", "note"),
}


@pytest.mark.parametrize("severity", SEVERITIES)
def test_each_severity_is_called_what_the_reader_calls_it(severity: str) -> None:
    one = Finding("OL105", "shop", ("a.py", 1), (), "message", "hint", severity)
    github, gitlab, sarif = SEVERITIES[severity]
    assert rendered("github", one).startswith(github)
    assert json.loads(rendered("gitlab", one))[0]["severity"] == gitlab
    assert json.loads(rendered("json", one))["findings"][0]["severity"] == severity
    result = json.loads(rendered("sarif", one))["runs"][0]["results"][0]
    assert result["level"] == sarif


def test_only_an_error_fails_a_check() -> None:
    found = {
        severity: Finding("OL105", "shop", ("a.py", 1), (), "message", "hint", severity)
        for severity in SEVERITIES
    }
    codes = {s: Report("index", 1, 1, [f]).exit_code for s, f in found.items()}
    assert codes == {"error": 1, "warning": 0, "note": 0}


def test_text_has_a_note_only_where_it_is_asked_for() -> None:
    note = Finding("OL105", "shop", ("a.py", 1), (), "message", "hint", "note")
    both = Report("index", 1, 2, [note, finding()])
    assert "OL105" in report.render(both, "text", "never", notes=True)
    assert report.render(both, "text", "never", notes=False) == (
        "shop/a.py:1: OL102 app shop has 2 leaf nodes\n    hint: oneleaf rebase\n"
    )


def fingerprints(*findings: Finding) -> list[str]:
    return [i["fingerprint"] for i in json.loads(rendered("gitlab", *findings))]


def test_a_fingerprint_outlives_a_moved_line() -> None:
    assert fingerprints(finding(line=3)) == fingerprints(finding(line=90))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(finding(code="OL101"), id="code"),
        pytest.param(finding(path="shop/b.py"), id="path"),
        pytest.param(
            Finding("OL102", "shop", ("shop/a.py", 1), (), "another", ""), id="message"
        ),
    ],
)
def test_a_fingerprint_tells_findings_apart(other: Finding) -> None:
    assert fingerprints(other) != fingerprints(finding())


def test_equal_findings_get_fingerprints_of_their_own() -> None:
    found = fingerprints(finding(line=1), finding(line=2), finding(line=3))
    assert len(set(found)) == 3
    assert found[:1] == fingerprints(finding())


def test_an_undecodable_path_is_still_json_for_everyone() -> None:
    text = rendered("gitlab", finding(path="shop/\udcff.py"))
    assert text.isascii()
    assert json.loads(text)[0]["location"]["path"] == "shop/\ufffd.py"


def log_of(*findings: Finding) -> dict[str, Any]:
    log = json.loads(rendered("sarif", *findings))
    assert isinstance(log, dict)
    return log


paths = st.text(
    st.characters(blacklist_categories=["Cs"]) | st.sampled_from("\udcff\n: %?#"),
    min_size=1,
)
findings_of_all_kinds = st.builds(
    lambda code, path, line, text: Finding(code, "a", (path, line), (), text, text),
    st.sampled_from(sorted(CODES)),
    paths,
    st.integers(1, 10**6),
    st.text(),
)


@given(st.lists(findings_of_all_kinds, max_size=4))
def test_a_log_is_valid_by_the_schema(findings: list[Finding]) -> None:
    log = log_of(*findings)
    for validator in VALIDATORS:
        validator.validate(log)
    assert len(log["runs"][0]["results"]) == len(findings)


def test_the_schema_refuses_what_is_no_log() -> None:
    for validator in VALIDATORS:
        validator.check_schema(validator.schema)
        for broken in ({"version": "2.1.0"}, {**log_of(finding()), "runs": [{}]}):
            assert not validator.is_valid(broken)


def test_every_code_is_a_rule() -> None:
    rules = log_of()["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(CODES)
    assert rules[0]["name"] == "duplicate-number"
    assert rules[0]["defaultConfiguration"] == {"level": "error"}


def test_a_result_names_its_rule_its_place_and_the_cure() -> None:
    run = log_of(finding("OL304", "shop/a b.py", 12))["runs"][0]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "OL304"
    assert result["ruleId"] == "OL304"
    assert result["level"] == "warning"
    assert result["message"]["text"] == (
        "app shop has 2 leaf nodes\nhint: oneleaf rebase"
    )
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "shop/a%20b.py"},
        "region": {"startLine": 12},
    }


def test_what_another_verb_notes_brings_its_own_rule() -> None:
    place = ("shop/a.py", 1)
    noted = Finding("radar-collision", "", place, (), "both", "hint", "warning")
    run = log_of(noted, noted)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len(rules) == len(CODES) + 1
    assert rules[run["results"][1]["ruleIndex"]]["id"] == "radar-collision"


@given(paths)
def test_a_uri_gives_the_path_back_byte_by_byte(path: str) -> None:
    written = sarif.uri(path)
    assert unquote_to_bytes(written) == path.encode("utf-8", "surrogateescape")


def test_the_hashes_of_gitlab_do_not_change_from_run_to_run() -> None:
    again = gitlab.render(Report("index", 1, 2, [finding()]))
    assert json.loads(again)[0]["fingerprint"] == fingerprints(finding())[0]


def test_the_rows_of_status_that_are_not_ok_are_findings(shop: Repository) -> None:
    rows = json.loads(shop.oneleaf("status", "--output-format", "json").out)["rows"]
    expected = [
        ("status-" + row["name"].replace(" ", "-").lower(), row["state"])
        for row in rows
        if row["state"] != "ok"
    ]
    assert ("status-merge-driver", "missing") in expected
    assert {state for _, state in expected} == {"missing", "risk"}

    done = shop.oneleaf("status", "--output-format", "sarif")
    assert done.code == 1
    log = json.loads(done.out)
    for validator in VALIDATORS:
        validator.validate(log)
    levels = {"missing": "error", "risk": "warning"}
    results = [(r["ruleId"], r["level"]) for r in log["runs"][0]["results"]]
    assert results == [(code, levels[state]) for code, state in expected]

    done = shop.oneleaf("status", "--output-format", "gitlab")
    assert [issue["check_name"] for issue in json.loads(done.out)] == [
        code for code, _ in expected
    ]
    done = shop.oneleaf("status", "--output-format", "github")
    assert "::error title=oneleaf (status-merge-driver),file=" in done.out
    assert done.out.count("\n") == len(expected)
