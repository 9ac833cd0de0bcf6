"""The documents' recipes for CI, each run as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from programs import first_on_path, oneleaf_in, script
from repository import Done, Repository

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "git-server.md")
SHOP = "shop/migrations"


def blocks(language: str) -> list[str]:
    """The documents' code blocks of a language."""
    text = "".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def the_block(language: str, mark: str) -> str:
    (found,) = [block for block in blocks(language) if mark in block]
    return found


def github() -> dict[str, str]:
    """The last step of GitHub's job."""
    workflow = yaml.safe_load(the_block("yaml", "merge_group"))
    (job,) = workflow["jobs"].values()
    step: dict[str, str] = job["steps"][-1]
    return step


def gitlab() -> str:
    """The last entry of GitLab's script."""
    (job,) = yaml.safe_load(the_block("yaml", "codequality")).values()
    script: str = job["script"][-1]
    return script


@pytest.fixture
def remote(tmp_path: Path) -> Repository:
    """A bare repository with ``main``, and two topics that are green by themselves."""
    author = Repository.create(tmp_path / "author")
    command = oneleaf_in(tmp_path / "bin")
    author.app("shop", "0001_initial")
    author.commit()
    for name in ("size", "tags"):
        author.git("checkout", "-q", "-b", name, "main")
        author.migration("shop", f"0002_{name}", "0001_initial")
        author.commit()
    author.git("checkout", "-q", "main")
    bare = tmp_path / "remote.git"
    author.git("clone", "-q", "--bare", str(author.path), str(bare))
    author.git("remote", "add", "origin", f"file://{bare}")
    return Repository(bare, first_on_path(command.parent, author.env))


def author_of(remote: Repository) -> Repository:
    return Repository(remote.path.parent / "author", remote.env)


def merge(remote: Repository, topic: str) -> None:
    """Somebody merges a topic into the remote's main."""
    author = author_of(remote)
    author.git("checkout", "-q", "main")
    author.git("merge", "-q", "--no-ff", "-m", "merge", topic)
    author.git("push", "-q", "origin", "main")


def checked_out(remote: Repository, branch: str) -> Repository:
    """What a CI system makes: one commit of one branch."""
    place = remote.path.parent / "ci"
    options = ("--depth=1", "--single-branch", f"--branch={branch}")
    remote.git("clone", "-q", *options, f"file://{remote.path}", str(place))
    clone = Repository(place, remote.env)
    assert clone.git("rev-parse", "--is-shallow-repository") == "true\n"
    return clone


def run_github(clone: Repository, target: str) -> Done:
    """The step as the runner starts it (``bash -e``)."""
    step = github()
    assert set(step["env"]) == {"HEAD", "TARGET"}
    head = clone.git("rev-parse", "HEAD").strip()
    env = {**clone.env, "HEAD": head, "TARGET": target}
    return Repository(clone.path, env).run("bash", "-e", "-c", step["run"])


def run_gitlab(clone: Repository, **variables: str) -> Done:
    """The script as the runner starts it (``bash -eo pipefail``)."""
    head = clone.git("rev-parse", "HEAD").strip()
    env = {**clone.env, "CI_COMMIT_SHA": head, **variables}
    return Repository(clone.path, env).run("bash", "-eo", "pipefail", "-c", gitlab())


def report(clone: Repository) -> list[str]:
    found = json.loads(clone.read("gl-code-quality-report.json"))
    return [issue["check_name"] for issue in found]


def test_github_lets_a_pull_request_pass_that_fits_its_target(
    remote: Repository,
) -> None:
    done = run_github(checked_out(remote, "size"), "main")
    assert (done.code, done.out) == (0, "")


def test_github_annotates_what_the_current_target_makes_of_a_green_pull_request(
    remote: Repository,
) -> None:
    clone = checked_out(remote, "size")
    merge(remote, "tags")
    done = run_github(clone, "main")
    assert done.code == 1
    (line,) = done.out.splitlines()
    file = f"{os.path.realpath(clone.path)}/{SHOP}/0002_size.py"
    assert line.startswith(f"::error title=oneleaf (OL303),file={file},")
    assert "0002_tags" in line


@pytest.mark.parametrize(("topic", "code"), [("", 0), ("tags", 1)])
def test_github_judges_the_commit_of_a_merge_queue(
    remote: Repository, topic: str, code: int
) -> None:
    author = author_of(remote)
    author.git("checkout", "-q", "-B", "queue", "main")
    author.git(
        "merge", "-q", "--no-ff", "-m", "merge", "size", *([topic] if topic else [])
    )
    author.git("push", "-q", "origin", "queue")
    done = run_github(checked_out(remote, "queue"), "refs/heads/main")
    assert done.code == code
    assert ("OL102" in done.out) is bool(code)


@pytest.mark.parametrize(("topics", "code"), [(["size"], 0), (["size", "tags"], 1)])
def test_github_judges_pushes_to_main_by_themselves(
    remote: Repository, topics: list[str], code: int
) -> None:
    for topic in topics:
        merge(remote, topic)
    assert run_github(checked_out(remote, "main"), "").code == code


def test_gitlab_has_an_empty_report_for_a_request_that_fits(remote: Repository) -> None:
    clone = checked_out(remote, "size")
    done = run_gitlab(clone, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert done.code == 0, done.err
    assert report(clone) == []


def test_gitlab_reports_and_prints_what_the_current_target_brings(
    remote: Repository,
) -> None:
    clone = checked_out(remote, "size")
    merge(remote, "tags")
    done = run_gitlab(clone, CI_MERGE_REQUEST_TARGET_BRANCH_NAME="main")
    assert done.code == 1
    assert report(clone) == ["OL303"]
    assert f"{SHOP}/0002_size.py:1: OL303" in done.out


def test_gitlab_judges_the_source_of_a_merged_result_and_the_merge_of_a_train(
    remote: Repository,
) -> None:
    size = author_of(remote).git("rev-parse", "size").strip()
    merge(remote, "tags")
    merge(remote, "size")
    clone = checked_out(remote, "main")
    variables = {
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "tags",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": size,
    }
    assert run_gitlab(clone, **variables).code == 1
    assert report(clone) == ["OL303"]
    assert (
        run_gitlab(clone, CI_MERGE_REQUEST_EVENT_TYPE="merge_train", **variables).code
        == 1
    )
    assert report(clone) == ["OL101", "OL102"]


def test_gitlab_judges_the_default_branch_by_itself(remote: Repository) -> None:
    merge(remote, "size")
    clone = checked_out(remote, "main")
    assert run_gitlab(clone).code == 0
    assert report(clone) == []


@pytest.fixture
def server(remote: Repository) -> Repository:
    """The bare repository with the recipe as its hook."""
    text = the_block("sh", "while read -r old new ref")
    script(remote.path / "hooks/pre-receive", text)
    return remote


def push(server: Repository, *words: str) -> Done:
    return author_of(server).run("git", "push", "origin", *words)


def main_of(server: Repository) -> str:
    return server.git("rev-parse", "main").strip()


def test_the_server_takes_a_push_that_leaves_one_leaf(server: Repository) -> None:
    author = author_of(server)
    author.git("merge", "-q", "--no-ff", "-m", "merge", "size")
    done = push(server, "main")
    assert done.code == 0, done.err
    assert main_of(server) == author.git("rev-parse", "main").strip()


def test_the_server_refuses_a_push_that_leaves_two(server: Repository) -> None:
    author = author_of(server)
    before = main_of(server)
    for topic in ("size", "tags"):
        author.git("merge", "-q", "--no-ff", "-m", "merge", topic)
    done = push(server, "main")
    assert done.code == 1
    assert "OL102 app shop has 2 leaf nodes: 0002_size, 0002_tags" in done.err
    assert "pre-receive hook declined" in done.err
    assert main_of(server) == before


def test_the_server_tells_a_topic_what_would_happen_and_takes_it(
    server: Repository,
) -> None:
    author = author_of(server)
    author.git("merge", "-q", "--no-ff", "-m", "merge", "size")
    assert push(server, "main").code == 0
    author.git("checkout", "-q", "-b", "more", "tags")
    author.write("note", "text")
    author.commit()
    done = push(server, "more")
    assert done.code == 0
    assert "OL303 app shop conflicts with refs/heads/main" in done.err


def test_the_server_takes_deletions_tags_and_a_first_push(
    server: Repository, tmp_path: Path
) -> None:
    assert push(server, "--delete", "tags").code == 0
    author_of(server).git("tag", "v1")
    assert push(server, "v1").code == 0
    empty = tmp_path / "empty.git"
    server.git("init", "-q", "--bare", str(empty))
    text = (server.path / "hooks/pre-receive").read_text(encoding="utf-8")
    script(empty / "hooks/pre-receive", text)
    done = author_of(server).run("git", "push", f"file://{empty}", "size", "main")
    assert done.code == 0, done.err


@pytest.mark.parametrize("forced", [False, True], ids=["edited", "removed by force"])
def test_the_server_keeps_what_is_published(server: Repository, forced: bool) -> None:
    author = author_of(server)
    author.git("merge", "-q", "--no-ff", "-m", "merge", "size")
    assert push(server, "main").code == 0
    before = main_of(server)
    if forced:
        author.git("rm", "-q", f"{SHOP}/0002_size.py")
    else:
        author.migration("shop", "0002_size", "0001_initial", atomic=False)
    author.commit()
    done = push(server, "--force", "main")
    assert done.code == 1
    assert ("OL302" if forced else "OL301") in done.err
    assert main_of(server) == before


def test_a_fault_of_one_side_alone_is_refused_too(server: Repository) -> None:
    author = author_of(server)
    author.migration("shop", "0002_lost", "0001_gone")
    author.commit()
    done = push(server, "main")
    assert done.code == 1
    assert "OL103" in done.err


def test_every_recipe_is_whole(tmp_path: Path) -> None:
    script = tmp_path / "pre-receive"
    script.write_text(the_block("sh", "while read -r old new ref"))
    for text in (github()["run"], gitlab(), script.read_text()):
        checked = subprocess.run(["sh", "-n"], input=text, text=True, check=False)
        assert checked.returncode == 0
