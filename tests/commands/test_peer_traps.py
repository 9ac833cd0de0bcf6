"""The traps that other tools for this fell into, by the numbers of our list of them."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from django_repository import LOCKFILE, Project, diverged
from repository import SOURCE_ROOT, Repository, migration
from two_sides import Sources, rebased

pytestmark = pytest.mark.e2e

STOPPED = (0, 1, 128)
FOLDER = "shop/migrations"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return diverged(tmp_path)


def conflict(
    tmp_path: Path, mine: dict[str, bytes], theirs: dict[str, bytes]
) -> Repository:
    """A merge of two branches that each add these files to an app without lockfile."""
    upstream = Repository.create(tmp_path / "upstream")
    upstream.app("shop", "0001_initial")
    upstream.commit()
    upstream.git("clone", "-q", str(upstream.path), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", upstream.env)
    for repository, files in ((upstream, theirs), (clone, mine)):
        for path, content in files.items():
            repository.write(path, content)
        repository.commit()
    clone.git("fetch", "-q")
    clone.git("merge", "-q", "--no-commit", "origin/main", ok=STOPPED)
    return clone


def source(*dependencies: str) -> bytes:
    return migration(*(("shop", name) for name in dependencies)).encode()


THEIRS = {f"{FOLDER}/0002_main.py": source("0001_initial")}


def tree(repository: Repository) -> dict[str, bytes]:
    """Every file of the work tree and its content."""
    return {
        str(path.relative_to(repository.path)): path.read_bytes()
        for path in repository.path.rglob("*")
        if path.is_file() and ".git" not in path.relative_to(repository.path).parts
    }


def test_01_a_rename_onto_a_name_that_moves_itself_loses_no_file(
    tmp_path: Path,
) -> None:
    mine = {
        f"{FOLDER}/0002_update.py": source("0001_initial") + b"# first\n",
        f"{FOLDER}/0003_update.py": source("0002_update") + b"# second\n",
    }
    clone = conflict(tmp_path, mine, THEIRS)
    assert clone.oneleaf("rebase").code == 0
    assert clone.read(f"{FOLDER}/0003_update.py").endswith("# first\n")
    assert clone.read(f"{FOLDER}/0004_update.py").endswith("# second\n")
    assert not (clone.path / FOLDER / "0002_update.py").exists()


def test_01_a_file_that_is_in_the_way_is_not_overwritten(tmp_path: Path) -> None:
    clone = conflict(tmp_path, {f"{FOLDER}/0002_a.py": source("0001_initial")}, THEIRS)
    clone.write(".git/info/exclude", "0003_a.py\n")
    clone.write(f"{FOLDER}/0003_a.py", "precious")
    before = tree(clone)
    done = clone.oneleaf("rebase")
    assert done.code == 1
    assert f"{FOLDER}/0003_a.py is in the way" in done.err
    assert tree(clone) == before


def test_02_user_data_that_looks_like_a_dependency_stays(tmp_path: Path) -> None:
    body = (
        b"from django.db import migrations\n\nCHOICES = (('shop', '0002_a'),)\n"
        b"SQL = \"select ('shop', '0002_a')\"\n\n\n"
        b"class Migration(migrations.Migration):\n"
        b"    dependencies = [('shop', '0002_a')]\n"
        b"    operations = [migrations.RunSQL(SQL)]\n"
    )
    mine = {
        f"{FOLDER}/0002_a.py": source("0001_initial"),
        f"{FOLDER}/0003_b.py": body,
    }
    clone = conflict(tmp_path, mine, THEIRS)
    assert clone.oneleaf("rebase").code == 0
    expected = body.replace(b"= [('shop', '0002_a')]", b"= [('shop', '0003_a')]")
    assert (clone.path / FOLDER / "0004_b.py").read_bytes() == expected


def alone(content: bytes) -> bytes:
    """What a local migration becomes that stands on ``0001_initial``."""
    published = {f"{FOLDER}/0001_initial.py": source(), **THEIRS}
    files: Sources = {**published, f"{FOLDER}/0002_a.py": content}
    after, _ = rebased(files, published)
    return after[f"{FOLDER}/0003_a.py"]


HEAD = "from django.conf import settings\nfrom django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
TAIL = "    operations = []\n"


@pytest.mark.parametrize(
    "dependencies",
    [
        """    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),  # the user
        # the base
        ("shop", "0001_initial"),
        ("auth", "__first__"),
        ('odd', 'no_number'),
    ]
""",
        '    dependencies = (("shop", "0001_initial"),)\n',
        '    dependencies: list = [("shop", "0001_initial")]\n',
        '    dependencies = [("auth", "__first__")] + [("shop", "0001_initial")]\n',
        '    dependencies = [\n        (\n            "shop",\n            "0001_initial",\n        ),\n    ]\n',
        "    dependencies = [['shop', '0001_initial']][:0] or [('shop', '0001_initial')]\n"[
            :0
        ]
        + "    dependencies = [('shop', '0001_initial',)]\n",
    ],
    ids=["swappable and comments", "tuple", "annotated", "plus", "multi-line", "comma"],
)
def test_03_and_07_only_the_token_changes_in_every_form(dependencies: str) -> None:
    before = (HEAD + dependencies + TAIL).encode()
    assert alone(before) == before.replace(b"0001_initial", b"0002_main")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("class", "\f\nclass"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("class", "X = 'a\u2028b'\nclass"),
        lambda text: text.replace("[(", "[('äöü', 'ß'), ("),
        lambda text: text.rstrip("\n"),
    ],
    ids=["CRLF", "form feed", "byte order mark", "U+2028", "non-ASCII", "no newline"],
)
def test_04_bytes_around_the_token_stay(change: object) -> None:
    assert callable(change)
    text = HEAD + "    dependencies = [('shop', '0001_initial')]\n" + TAIL
    before = change(text).encode()
    assert alone(before) == before.replace(b"0001_initial", b"0002_main")


def test_05_a_label_that_differs_from_its_directory(tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "upstream")
    config = 'from django.apps import AppConfig\nclass C(AppConfig):\n    name = "a.store"\n    label = "shop"\n'
    for folder, text in (
        ("a/store", config),
        ("b/store", config.replace('"shop"', '"depot"')),
    ):
        repository.write(f"{folder}/__init__.py")
        repository.write(f"{folder}/apps.py", text)
        repository.write(f"{folder}/migrations/__init__.py")
        label = "shop" if folder == "a/store" else "depot"
        repository.write(f"{folder}/migrations/0001_initial.py", migration())
        repository.write(
            f"{folder}/migrations/0002_x.py", migration((label, "0001_initial"))
        )
    repository.commit()
    repository.git("clone", "-q", str(repository.path), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", repository.env)
    repository.write("a/store/migrations/0003_main.py", migration(("shop", "0002_x")))
    repository.commit()
    clone.write("a/store/migrations/0003_mine.py", migration(("shop", "0002_x")))
    clone.write(
        "b/store/migrations/0003_mine.py",
        migration(("depot", "0002_x"), ("shop", "0003_mine")),
    )
    clone.commit()
    clone.git("pull", "-q", "--no-rebase", "--no-commit", ok=STOPPED)
    assert clone.oneleaf("rebase").code == 0
    assert clone.read("a/store/migrations/0004_mine.py") == migration(
        ("shop", "0003_main")
    )
    assert clone.read("b/store/migrations/0003_mine.py") == migration(
        ("depot", "0002_x"), ("shop", "0004_mine")
    )


def test_06_a_squash_beside_its_originals_is_no_conflict(project: Project) -> None:
    repository = project.repository
    repository.git("checkout", "-q", "-b", "squash", "origin/main")
    squash = migration(replaces=[("shop", "0001_initial"), ("shop", "0002_item_price")])
    repository.write(f"{FOLDER}/0001_squashed_0002_item_price.py", squash)
    repository.commit()
    done = repository.oneleaf("rebase")
    assert done.code == 0
    assert "nothing to do" in done.out


def test_08_every_refusal_ends_with_1_and_says_so(tmp_path: Path) -> None:
    broken = b"class Migration(migrations.Migration:\n"
    mine = {
        f"{FOLDER}/0002_a.py": source("0001_initial"),
        f"{FOLDER}/0003_b.py": b"from django.db import migrations\n" + broken,
    }
    clone = conflict(tmp_path, mine, THEIRS)
    before = tree(clone)
    done = clone.oneleaf("rebase")
    assert done.code == 1
    assert "0003_b.py" in done.out + done.err
    assert "moved" not in done.out
    assert tree(clone) == before


def test_09_a_run_that_cannot_finish_is_finished_by_the_next(tmp_path: Path) -> None:
    mine = {
        f"{FOLDER}/0002_a.py": source("0001_initial"),
        f"{FOLDER}/0003_b.py": source("0002_a"),
    }
    clone = conflict(tmp_path, mine, THEIRS)
    clone.write(".git/index.lock")
    assert clone.oneleaf("rebase").code != 0
    (clone.path / ".git/index.lock").unlink()
    assert clone.oneleaf("rebase").code == 0
    assert clone.oneleaf("check", "--all").code == 0
    assert clone.git("diff", "--name-only") == ""


def test_10_a_development_database_in_the_folder_refuses_nothing(
    project: Project,
) -> None:
    repository = project.repository
    repository.write(".git/info/exclude", "*.sqlite3\n__pycache__/\n")
    settings = repository.read("settings.py").replace(":memory:", "db.sqlite3")
    repository.write("settings.py", settings)
    repository.commit()
    assert project.manage("migrate", "-v", "0").code == 0
    repository.git("merge", "origin/main", ok=STOPPED)
    assert repository.oneleaf("rebase").code == 0


def test_11_no_ref_moves_and_nothing_is_fetched(
    project: Project, tmp_path: Path
) -> None:
    repository = project.repository
    upstream = Repository(tmp_path / "upstream", repository.env)
    repository.git("merge", "origin/main", ok=STOPPED)
    upstream.write("later", "x")
    upstream.commit()
    before = repository.git("for-each-ref"), repository.git("rev-parse", "HEAD")
    for words in ((), ("--dry-run",), ("--references",)):
        assert repository.oneleaf("rebase", *words).code == 0
    assert (
        repository.git("for-each-ref"),
        repository.git("rev-parse", "HEAD"),
    ) == before
    assert not list(tmp_path.rglob("*/shop/.git"))


def test_12_neither_time_nor_alphabet_nor_merge_head_decides(tmp_path: Path) -> None:
    for number, (mine, theirs) in enumerate((("aaa", "zzz"), ("zzz", "aaa"))):
        clone = conflict(
            tmp_path / str(number),
            {f"{FOLDER}/0002_{mine}.py": source("0001_initial")},
            {f"{FOLDER}/0002_{theirs}.py": source("0001_initial")},
        )
        oldest, newest = (mine, theirs) if number else (theirs, mine)
        os.utime(clone.path / FOLDER / f"0002_{oldest}.py", (1, 1))
        os.utime(
            clone.path / FOLDER / f"0002_{newest}.py", (2_000_000_000, 2_000_000_000)
        )
        assert clone.oneleaf("rebase").code == 0
        names = sorted(path.stem for path in (clone.path / FOLDER).glob("0*.py"))
        assert names == ["0001_initial", f"0002_{theirs}", f"0003_{mine}"]


def test_13_the_leaf_is_asked_of_the_graph_not_of_the_alphabet(tmp_path: Path) -> None:
    upstream = Repository.create(tmp_path / "upstream")
    upstream.app("shop", "0001_initial", "9999_last", lockfile=True)
    upstream.commit()
    upstream.git("clone", "-q", str(upstream.path), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", upstream.env)
    for repository, name in ((upstream, "10000_main"), (clone, "10000_mine")):
        repository.migration("shop", name, "9999_last")
        repository.write(LOCKFILE, f"{name}\n")
        repository.commit()
    clone.git("pull", "-q", "--no-rebase", ok=STOPPED)
    assert clone.oneleaf("rebase").code == 0
    assert clone.read(LOCKFILE) == "10001_mine\n"
    assert clone.oneleaf("check", "--all").code == 0


def test_14_two_apps_on_two_branches_do_not_conflict(project: Project) -> None:
    repository = project.repository
    repository.git("checkout", "-q", "-b", "people", "origin/main~2")
    project.add("people", "0002_team_size", "Team.size", "0001_initial")
    project.commit("size")
    repository.git("merge", "-q", "--no-edit", "origin/main")
    assert "nothing to do" in repository.oneleaf("rebase").out


def test_15_untracked_third_party_apps_are_left_out(project: Project) -> None:
    repository = project.repository
    site = "venv/lib/python3/site-packages/shop/migrations"
    repository.write(".git/info/exclude", "venv/\n")
    repository.write(f"{site}/__init__.py")
    repository.write(f"{site}/0001_initial.py", migration())
    repository.write(f"{site}/0001_other.py", migration())
    repository.git("merge", "origin/main", ok=STOPPED)
    before = (repository.path / site / "0001_other.py").read_bytes()
    assert repository.oneleaf("rebase").code == 0
    assert (repository.path / site / "0001_other.py").read_bytes() == before


@pytest.mark.parametrize("kind", ["worktree", "submodule"])
def test_16_the_git_directory_may_be_elsewhere(tmp_path: Path, kind: str) -> None:
    project = diverged(tmp_path)
    repository = project.repository
    if kind == "worktree":
        repository.git(
            "worktree", "add", "-q", "-B", "linked", "../elsewhere", "feature"
        )
        inside = Repository(tmp_path / "elsewhere", repository.env)
    else:
        outer = Repository.create(tmp_path / "outer")
        repository.git("push", "-q", "origin", "feature")
        outer.git("submodule", "--quiet", "add", str(tmp_path / "upstream"), "sub")
        inside = Repository(tmp_path / "outer/sub", repository.env)
        inside.git("checkout", "-q", "feature")
    inside.git("merge", "origin/main", ok=STOPPED)
    assert inside.oneleaf("rebase").code == 0
    assert inside.git("ls-files", "--unmerged") == ""
    assert inside.oneleaf("check", "--all").code == 0


def test_17_a_branch_green_by_itself_is_told_what_waits_upstream(
    project: Project,
) -> None:
    assert project.repository.oneleaf("check", "--all").code == 0
    done = project.repository.oneleaf("rebase")
    assert done.code == 1
    assert "origin/main has new migrations of shop" in done.err


def test_18_an_app_that_does_not_exist_is_an_error(project: Project) -> None:
    done = project.repository.oneleaf("rebase", "shopp")
    assert done.code == 2
    assert "people, shop" in done.err


@pytest.mark.parametrize(
    "content",
    [b"class Migration(:\n", b"<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> z\n"],
    ids=["syntax error", "conflict markers"],
)
def test_19_a_file_that_cannot_be_read_is_named_not_skipped(
    tmp_path: Path, content: bytes
) -> None:
    mine = {
        f"{FOLDER}/0002_a.py": source("0001_initial"),
        f"{FOLDER}/0003_b.py": b"from django.db import migrations\n" + content,
    }
    done = conflict(tmp_path, mine, THEIRS).oneleaf("rebase")
    assert done.code == 1
    assert f"{FOLDER}/0003_b.py:" in done.out


def test_20_nothing_is_written_outside_the_plan(project: Project) -> None:
    repository = project.repository
    repository.git("merge", "origin/main", ok=STOPPED)
    config = (repository.path / ".git/config").read_bytes()
    before = set(tree(repository))
    assert repository.oneleaf("rebase").code == 0
    assert (repository.path / ".git/config").read_bytes() == config
    moved = {f"{FOLDER}/0002_tag_color.py", f"{FOLDER}/0003_tag_size.py"}
    arrived = {f"{FOLDER}/0004_tag_color.py", f"{FOLDER}/0005_tag_size.py"}
    assert set(tree(repository)) == before - moved | arrived


def test_21_there_is_one_package_and_it_has_our_name() -> None:
    packages = [path.name for path in SOURCE_ROOT.iterdir() if path.is_dir()]
    assert [name for name in packages if not name.startswith(("_", "."))] == ["oneleaf"]


def test_22_neither_django_nor_the_project_is_imported(project: Project) -> None:
    repository = project.repository
    for path in ("settings.py", "shop/__init__.py"):
        repository.write(path, "raise SystemExit('imported')\n")
    repository.commit()
    repository.git("merge", "origin/main", ok=STOPPED)
    code = (
        f"import sys; sys.path.insert(0, {str(SOURCE_ROOT)!r})\n"
        "sys.modules['django'] = None\n"
        "from oneleaf.__main__ import main\n"
        "sys.argv = ['oneleaf', 'rebase']\nsys.exit(main())\n"
    )
    assert repository.run(sys.executable, "-c", code).code == 0


def test_23_merge_in_a_name_means_nothing(tmp_path: Path) -> None:
    body = source("0002_odd_name") + b"# operations of its own\n"
    mine = {
        f"{FOLDER}/0002_left.py": source("0001_initial"),
        f"{FOLDER}/0002_right.py": source("0001_initial"),
        f"{FOLDER}/0002_odd_name.py": source("0002_left", "0002_right"),
        f"{FOLDER}/0005_merge_accounts.py": body,
    }
    clone = conflict(tmp_path, mine, THEIRS)
    assert clone.oneleaf("rebase").code == 0
    names = sorted(path.stem for path in (clone.path / FOLDER).glob("0*.py"))
    assert names == [
        "0001_initial",
        "0002_main",
        "0003_left",
        "0004_right",
        "0005_odd_name",
        "0006_merge_accounts",
    ]
    assert clone.read(f"{FOLDER}/0005_odd_name.py") == migration(
        ("shop", "0003_left"), ("shop", "0004_right")
    )
    assert clone.read(f"{FOLDER}/0006_merge_accounts.py").endswith(
        "# operations of its own\n"
    )


@pytest.mark.parametrize("root", ["sp ace/", "äöü/", "-dash/", 'quo"te/', "new\nline/"])
def test_24_paths_of_every_kind(tmp_path: Path, root: str) -> None:
    upstream = Repository.create(tmp_path / "upstream")
    for label in ("shop", "shop_extra"):
        upstream.app(label, "0001_initial", lockfile=True, root=root)
    upstream.commit()
    upstream.git("clone", "-q", str(upstream.path), str(tmp_path / "clone"))
    clone = Repository(tmp_path / "clone", upstream.env)
    for repository, name in ((upstream, "0002_main"), (clone, "0002_mine")):
        repository.write(f"{root}{FOLDER}/{name}.py", source("0001_initial"))
        repository.write(f"{root}{LOCKFILE}", f"{name}\n")
        repository.commit()
    clone.git("pull", "-q", "--no-rebase", ok=STOPPED)
    done = clone.oneleaf("rebase")
    assert done.code == 0, done
    assert clone.read(f"{root}{FOLDER}/0003_mine.py") == migration(
        ("shop", "0002_main")
    )
    assert clone.git("ls-files", "--unmerged") == ""
    assert clone.git("diff", "HEAD", "--", f":(literal){root}shop_extra") == ""


def test_25_untracked_files_are_neither_lost_nor_in_the_way(project: Project) -> None:
    repository = project.repository
    repository.write("notes.txt", "precious")
    repository.write(f"{FOLDER}/draft.py", "not a migration")
    repository.git("merge", "origin/main", ok=STOPPED)
    assert repository.oneleaf("rebase").code == 0
    assert repository.read("notes.txt") == "precious"
    assert repository.read(f"{FOLDER}/draft.py") == "not a migration"
    assert "?? notes.txt" in repository.git("status", "--porcelain")


def test_25_an_untracked_migration_moves_with_mine(project: Project) -> None:
    repository = project.repository
    repository.git("merge", "origin/main", ok=STOPPED)
    untracked = migration(("shop", "0003_tag_size")) + "# draft\n"
    repository.write(f"{FOLDER}/0004_draft.py", untracked)
    done = repository.oneleaf("rebase")
    assert done.code == 0
    assert repository.read(f"{FOLDER}/0006_draft.py") == untracked.replace(
        "0003", "0005"
    )
    assert repository.read(LOCKFILE) == "0006_draft\n"
    assert "0004_draft.py" in done.err
    assert repository.oneleaf("check", "--all").code == 0


def test_25_an_untracked_migration_waits_for_the_commit_it_stands_on(
    project: Project,
) -> None:
    repository = project.repository
    untracked = migration(("shop", "0003_tag_size")) + "# draft\n"
    repository.write(f"{FOLDER}/0004_draft.py", untracked)
    repository.git("rebase", "origin/main", ok=STOPPED)
    assert repository.oneleaf("rebase").code == 0
    assert repository.read(f"{FOLDER}/0004_draft.py") == untracked
    repository.git("rebase", "--continue", ok=STOPPED)
    assert repository.oneleaf("rebase").code == 0
    assert repository.read(f"{FOLDER}/0006_draft.py") == untracked.replace(
        "0003", "0005"
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"0002_a\n0002_b\n",
        b"\x00\xff\xfe",
        b"<<<<<<< x\n",
        b"\xef\xbb\xbf0002_tag_color\r\n",
    ],
    ids=["empty", "two lines", "binary", "half a marker", "byte order mark"],
)
def test_26_a_garbled_lockfile_is_written_anew(
    project: Project, content: bytes
) -> None:
    repository = project.repository
    repository.git("merge", "origin/main", ok=STOPPED)
    repository.write(LOCKFILE, content)
    assert repository.oneleaf("rebase").code == 0
    assert repository.read(LOCKFILE) == "0005_tag_size\n"
    assert repository.oneleaf("check", "--all").code == 0


def test_the_mode_of_a_file_moves_with_it(project: Project) -> None:
    repository = project.repository
    (repository.path / FOLDER / "0002_tag_color.py").chmod(0o755)
    repository.commit("mode")
    repository.git("merge", "origin/main", ok=STOPPED)
    assert repository.oneleaf("rebase").code == 0
    path = f"{FOLDER}/0004_tag_color.py"
    assert (repository.path / path).stat().st_mode & stat.S_IXUSR
    assert repository.git("ls-files", "--stage", "--", path).startswith("100755")
