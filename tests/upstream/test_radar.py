"""``oneleaf radar``: branches that add migrations, and the pairs that collide."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from pathlib import Path
from random import Random
from typing import Any

import jsonschema
import pytest

from oneleaf.commands import radar
from oneleaf.migration.reading import migrations
from oneleaf.upstream import radar as branches
from oneleaf.upstream.published import Upstream
from oneleaf.upstream.radar import Ref
from repository import Repository, migration
from sarif_schema import schemas

DAY = 86_400
SHOP = "shop/migrations"


def dated(days: int = 0) -> dict[str, str]:
    """An environment in which a commit is so many days old."""
    when = f"{int(time.time()) - days * DAY} +0000"
    return {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}


class Team:
    """A remote repository, and one person's clone of it."""

    def __init__(self, folder: Path) -> None:
        self.remote = Repository.create(folder / "remote")
        self.remote.env |= dated()
        self.remote.app("shop", "0001_initial", "0002_color")
        self.remote.app("cart", "0001_initial")
        self.remote.commit()
        self.remote.git("clone", "-q", str(self.remote.path), str(folder / "clone"))
        self.clone = Repository(folder / "clone", self.remote.env)

    def branch(
        self, name: str, files: dict[str, str], start: str = "main", days: int = 0
    ) -> None:
        """A branch of the remote with one commit that writes these files."""
        self.remote.git("checkout", "-q", "-b", name, start)
        if files:
            self.write(files, days)

    def write(self, files: dict[str, str], days: int = 0) -> None:
        """One more commit of the remote on the branch that is checked out there."""
        for path, text in files.items():
            self.remote.write(path, text)
        self.remote.add()
        env = {**self.remote.env, **dated(days)}
        Repository(self.remote.path, env).git("commit", "-q", "-m", "change")

    def radar(self, *words: str, code: int | None = None, **env: str) -> dict[str, Any]:
        """What the clone's radar says, after a fetch, as programs read it."""
        self.clone.git("fetch", "-q")
        done = self.clone.oneleaf("radar", "--output-format", "json", *words, **env)
        assert done.code == code if code is not None else done.code in (0, 1), done.err
        answer = json.loads(done.out)
        assert isinstance(answer, dict)
        return answer


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def operations(*calls: str, on: str = "0002_color", app: str = "shop") -> str:
    """Source of a migration with these operations."""
    text = migration((app, on)).replace(
        "    operations = []",
        "    operations = [" + "".join(f"\n        {c}," for c in calls) + "\n    ]",
    )
    return text.replace("import migrations", "import migrations, models")


def adds(field: str, model: str = "item") -> str:
    return f'migrations.AddField("{model}", "{field}", models.IntegerField(default=0))'


def new(name: str, on: str = "0002_color") -> dict[str, str]:
    return {f"{SHOP}/{name}.py": migration(("shop", on))}


def pairs(answer: dict[str, Any]) -> list[list[str]]:
    return [collision["branches"] for collision in answer["collisions"]]


def names(answer: dict[str, Any]) -> list[str]:
    return [branch["branch"] for branch in answer["branches"]]


def test_two_branches_that_add_to_one_app_collide(team: Team) -> None:
    team.branch("size", new("0003_size"))
    team.branch("tags", new("0003_tags") | new("0004_more", "0003_tags"))
    answer = team.radar(code=0)
    assert answer["version"] == 1
    assert answer["upstream"] == "origin/main"
    assert answer["branches"] == [
        {"branch": "main", "own": True, "apps": []},
        {
            "branch": "origin/size",
            "own": False,
            "apps": [{"app": "shop", "migrations": ["0003_size"]}],
        },
        {
            "branch": "origin/tags",
            "own": False,
            "apps": [{"app": "shop", "migrations": ["0003_tags", "0004_more"]}],
        },
    ]
    assert answer["collisions"] == [
        {
            "app": "shop",
            "branches": ["origin/size", "origin/tags"],
            "own": False,
            "migrations": [["0003_size"], ["0003_tags", "0004_more"]],
            "overlaps": [],
            "opaque": [],
        }
    ]


def test_branches_of_different_apps_do_not_collide(team: Team) -> None:
    team.branch("size", new("0003_size"))
    team.branch(
        "line", {"cart/migrations/0002_line.py": migration(("cart", "0001_initial"))}
    )
    answer = team.radar(code=0)
    assert names(answer) == ["main", "origin/line", "origin/size"]
    assert answer["collisions"] == []


def test_a_collision_of_the_own_branch_is_a_finding_and_comes_first(team: Team) -> None:
    team.branch("a", new("0003_a"))
    team.branch("b", new("0003_b"))
    team.clone.git("checkout", "-q", "-b", "mine")
    team.clone.migration("shop", "0003_mine", "0002_color")
    team.clone.commit()
    answer = team.radar(code=1)
    assert pairs(answer) == [
        ["mine", "origin/a"],
        ["mine", "origin/b"],
        ["origin/a", "origin/b"],
    ]
    assert [c["own"] for c in answer["collisions"]] == [True, True, False]


def test_the_pushed_copy_of_the_own_branch_is_no_other_branch(team: Team) -> None:
    team.branch("mine", new("0003_mine"))
    team.remote.git("checkout", "-q", "main")
    team.clone.git("fetch", "-q")
    team.clone.git("checkout", "-q", "mine")
    team.clone.git("commit", "-q", "--amend", "-m", "again")
    assert pairs(team.radar(code=0)) == []
    team.clone.git("branch", "-m", "renamed")
    assert pairs(team.radar(code=0)) == []
    team.clone.git("checkout", "-q", "--detach")
    team.clone.git("reset", "-q", "--hard", "origin/mine")
    answer = team.radar(code=0)
    assert names(answer) == ["HEAD"]
    assert pairs(answer) == []


def test_a_branch_that_stands_on_another_has_its_migrations_too(team: Team) -> None:
    team.branch("lower", new("0003_lower"))
    team.branch("upper", new("0004_upper", "0003_lower"), start="lower")
    team.branch("other", {"cart/migrations/0002_o.py": migration()}, start="upper")
    answer = team.radar(code=0)
    assert answer["collisions"] == []
    added = {b["branch"]: b["apps"] for b in answer["branches"]}
    assert added["origin/upper"] == [
        {"app": "shop", "migrations": ["0003_lower", "0004_upper"]}
    ]
    assert [a["app"] for a in added["origin/other"]] == ["cart", "shop"]


def test_two_branches_on_a_third_collide_by_what_is_their_own(team: Team) -> None:
    team.branch("base", new("0003_base"))
    team.branch("a", new("0004_a", "0003_base"), start="base")
    team.branch("b", new("0004_b", "0003_base"), start="base")
    (collision,) = team.radar()["collisions"]
    assert collision["branches"] == ["origin/a", "origin/b"]
    assert collision["migrations"] == [["0004_a"], ["0004_b"]]


def test_what_a_common_branch_added_and_one_renamed_is_gone_after_the_merge(
    team: Team,
) -> None:
    team.branch("base", new("0003_base"))
    team.branch("a", {"note": "text"}, start="base")
    team.branch("b", {}, start="base")
    team.remote.git("mv", f"{SHOP}/0003_base.py", f"{SHOP}/0005_base.py")
    team.write({})
    answer = team.radar()
    added = {b["branch"]: b["apps"][0]["migrations"] for b in answer["branches"][1:]}
    assert added["origin/a"] == ["0003_base"]
    assert added["origin/b"] == ["0005_base"]
    assert pairs(answer) == []


def test_what_upstream_has_by_another_way_is_not_new(team: Team) -> None:
    team.branch("size", new("0003_size"))
    team.branch("tags", new("0003_tags"))
    team.remote.git("checkout", "-q", "main")
    team.remote.git("merge", "-q", "--squash", "size")
    team.write({})
    assert names(team.radar()) == ["main", "origin/tags"]


def test_a_merged_branch_is_not_shown(team: Team) -> None:
    team.branch("size", new("0003_size"))
    team.remote.git("checkout", "-q", "main")
    team.remote.git("merge", "-q", "--no-ff", "-m", "merge", "size")
    assert names(team.radar()) == ["main"]


def test_a_migration_that_was_added_and_taken_back_is_not_shown(team: Team) -> None:
    team.branch("size", new("0003_size"))
    team.remote.git("mv", f"{SHOP}/0003_size.py", f"{SHOP}/0003_width.py")
    team.write({})
    assert team.radar()["branches"][1]["apps"] == [
        {"app": "shop", "migrations": ["0003_width"]}
    ]


def test_a_migration_that_only_a_merge_commit_adds_is_seen(team: Team) -> None:
    team.branch("a", new("0003_a"))
    team.branch("b", new("0003_b"))
    team.remote.git("merge", "-q", "--no-commit", "a")
    joined = migration(("shop", "0003_a"), ("shop", "0003_b"))
    team.write({f"{SHOP}/0004_merge.py": joined})
    answer = team.radar()
    added = {b["branch"]: b["apps"][0]["migrations"] for b in answer["branches"][1:]}
    assert added["origin/b"] == ["0003_a", "0003_b", "0004_merge"]
    assert answer["collisions"] == []


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        pytest.param((), ["main", "origin/new"], id="usual"),
        pytest.param(("--days", "10"), ["main", "origin/new"], id="ten"),
        pytest.param(("--days=200",), ["main", "origin/new", "origin/old"], id="many"),
        pytest.param(("--days", "0"), ["main", "origin/new", "origin/old"], id="all"),
    ],
)
def test_a_branch_that_rests_is_left_out(
    team: Team, words: tuple[str, ...], shown: list[str]
) -> None:
    team.branch("new", new("0003_new"), days=5)
    team.branch("old", new("0003_old"), days=120)
    assert names(team.radar(*words)) == shown


@pytest.mark.parametrize("days", ["-1", "soon", "1.5", "", "²", "12345678"])
def test_days_that_are_no_number_are_refused(team: Team, days: str) -> None:
    done = team.clone.oneleaf("radar", f"--days={days}")
    assert done.code == 2
    assert "--days takes a number of days" in done.err


def test_without_upstream_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    alone = Repository.create(tmp_path / "alone")
    alone.commit()
    done = alone.oneleaf("radar")
    assert done.code == 2
    assert "no upstream branch is here" in done.err


def test_upstream_is_the_configured_branch(team: Team) -> None:
    team.branch("next", new("0003_next"))
    team.branch("topic", new("0004_topic", "0003_next"), start="next")
    team.clone.write("pyproject.toml", '[tool.oneleaf]\nupstream = "next"\n')
    team.clone.git("fetch", "-q")
    team.clone.commit()
    answer = team.radar()
    assert answer["upstream"] == "origin/next"
    assert answer["branches"][1:] == [
        {
            "branch": "origin/topic",
            "own": False,
            "apps": [{"app": "shop", "migrations": ["0004_topic"]}],
        }
    ]


def test_the_label_is_the_apps_own(team: Team) -> None:
    config = "from django.apps import AppConfig\n\n\nclass C(AppConfig):\n    label = "
    for name in ("a", "b"):
        team.branch(
            name,
            {
                "parts/goods/__init__.py": "",
                "parts/goods/apps.py": f'{config}"stock"\n    name = "parts.goods"\n',
                "parts/goods/migrations/__init__.py": "",
                f"parts/goods/migrations/0001_{name}.py": migration(),
            },
        )
    (collision,) = team.radar()["collisions"]
    assert collision["app"] == "stock"


def test_files_that_are_no_migrations_of_django_are_not_shown(team: Team) -> None:
    team.branch(
        "odd",
        {
            f"{SHOP}/helpers.py": "x = 1\n",
            f"{SHOP}/__init__.py": "# edited\n",
            "db/migrations/0001_x.sql": "",
            "other/migrations/0001_alembic.py": "revision = 1\n",
        },
    )
    assert names(team.radar()) == ["main"]


def test_the_field_that_both_touch_is_named(team: Team) -> None:
    team.branch("a", {f"{SHOP}/0003_a.py": operations(adds("size"), adds("x"))})
    team.branch("b", {f"{SHOP}/0003_b.py": operations(adds("size"), adds("y"))})
    (collision,) = team.radar()["collisions"]
    (overlap,) = collision["overlaps"]
    assert overlap["key"] == "f:shop.item.size"
    assert overlap["what"] == "field shop.Item.size"
    assert overlap["migrations"] == ["0003_a", "0003_b"]
    assert overlap["fatal"] is True


def test_what_cannot_be_told_is_named(team: Team) -> None:
    code = "migrations.RunPython(print)"
    team.branch("a", {f"{SHOP}/0003_a.py": operations(code)})
    team.branch("b", new("0003_b"))
    (collision,) = team.radar()["collisions"]
    assert collision["opaque"] == ["0003_a"]


def test_the_age_of_the_last_fetch_is_told(team: Team) -> None:
    before = team.clone.oneleaf("radar")
    assert before.out.startswith("upstream origin/main, never fetched since it was")
    assert team.radar()["fetched"] is not None
    now = int(time.time())
    os.utime(team.clone.path / ".git/FETCH_HEAD", (now, now - 3 * 3600))
    done = team.clone.oneleaf("radar")
    assert done.out.splitlines()[0] == "upstream origin/main, fetched 3 hours ago"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "fetched just now"),
        (59, "fetched just now"),
        (60, "fetched 1 minute ago"),
        (3599, "fetched 59 minutes ago"),
        (3600, "fetched 1 hour ago"),
        (2 * DAY - 1, "fetched 1 day ago"),
        (2 * DAY, "fetched 2 days ago"),
        (-5, "fetched just now"),
    ],
)
def test_an_age_is_one_number_and_its_unit(seconds: int, words: str) -> None:
    assert radar.age(1_000_000.0, 1_000_000.0 + seconds) == words


def fingerprint(repository: Repository) -> dict[str, tuple[int, str]]:
    """Every file of the clone: when it was written, and a hash of its content."""
    return {
        str(path.relative_to(repository.path)): (
            path.stat().st_mtime_ns,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in repository.path.rglob("*")
    }


def test_nothing_is_fetched_and_nothing_is_written(team: Team) -> None:
    team.branch("a", new("0003_a"))
    team.branch("b", new("0003_b"))
    team.clone.git("fetch", "-q")
    team.branch("later", new("0003_later"))
    team.clone.write("untracked", "x")
    before = fingerprint(team.clone)
    for output_format in ("text", "json", "github", "gitlab", "sarif"):
        done = team.clone.oneleaf("radar", "--output-format", output_format)
        assert done.code == 0, done.err
        assert "later" not in done.out
    assert fingerprint(team.clone) == before


def test_a_bare_clone_has_a_radar_too(team: Team) -> None:
    team.branch("a", new("0003_a"))
    team.branch("b", new("0003_b"))
    team.clone.git("fetch", "-q")
    team.clone.git("config", "core.bare", "true")
    done = team.clone.oneleaf("radar", "--output-format", "json", cwd=".git")
    assert pairs(json.loads(done.out)) == [["origin/a", "origin/b"]]


def test_a_folder_below_the_top_sees_the_same(team: Team) -> None:
    team.branch("a", new("0003_a"))
    team.branch("b", new("0003_b"))
    team.clone.git("fetch", "-q")
    top, below = team.clone.oneleaf("radar"), team.clone.oneleaf("radar", cwd="shop")
    assert "0003_b" in top.out
    assert below.out == top.out


def test_the_users_settings_of_git_do_not_matter(team: Team) -> None:
    team.branch("a", new("0003_a"))
    team.clone.git("fetch", "-q")
    plain = team.clone.oneleaf("radar").out
    for key, value in (
        ("log.showSignature", "true"),
        ("color.ui", "always"),
        ("diff.renames", "copies"),
        ("diff.relative", "true"),
        ("format.pretty", "fuller"),
        ("log.diffMerges", "first-parent"),
    ):
        team.clone.git("config", key, value)
    assert "0003_a" in plain
    assert team.clone.oneleaf("radar").out == plain


def test_people_get_a_table_and_the_pairs(team: Team) -> None:
    team.branch("a", {f"{SHOP}/0003_a.py": operations(adds("size"))})
    team.clone.git("checkout", "-q", "-b", "mine")
    team.clone.write(f"{SHOP}/0003_mine.py", operations(adds("size")))
    team.clone.migration("shop", "0004_more", "0003_mine")
    team.clone.commit()
    team.clone.git("fetch", "-q")
    done = team.clone.oneleaf("radar")
    assert done.code == 1
    assert done.out.splitlines() == [
        "upstream origin/main, fetched just now",
        "",
        "  BRANCH    APP   MIGRATIONS",
        "* mine      shop  0003_mine +1",
        "  origin/a  shop  0003_a",
        "",
        "* shop: mine and origin/a collide",
        "    0003_mine, 0004_more",
        "    0003_a",
        "    0003_mine and 0003_a cannot both apply to field shop.Item.size",
        "    hint: whoever merges second should run `oneleaf rebase` first",
    ]


def test_colours_mark_the_collisions(team: Team) -> None:
    team.branch("a", new("0003_a"))
    team.branch("b", new("0003_b"))
    team.clone.git("fetch", "-q")
    plain = team.clone.oneleaf("radar").out
    colored = team.clone.oneleaf("radar", "--color", "always").out
    assert colored != plain
    assert re.sub("\033\\[[0-9;]*m", "", colored) == plain


def test_no_line_is_wider_than_a_terminal(team: Team) -> None:
    for letter in "ab":
        name = f"0003_{letter * 70}"
        files = {f"{SHOP}/{name}.py": operations(adds("size" * 20))}
        files |= new(f"0004_{letter * 60}", name)
        team.branch(f"feature/{letter * 90}", files)
    team.clone.git("fetch", "-q")
    lines = team.clone.oneleaf("radar").out.splitlines()
    assert len(lines) > 8
    assert max(map(len, lines)) == 80


def test_a_branchs_name_moves_no_cursor(team: Team) -> None:
    team.branch("red", new("0003_red"))
    team.clone.git("fetch", "-q")
    commit = team.clone.git("rev-parse", "origin/red").strip()
    packed = team.clone.path / ".git/refs/remotes/origin/\u202egnp\u0085x"
    packed.write_text(commit + "\n")
    out = team.clone.oneleaf("radar").out
    assert "\\u202egnp\\x85x" in out
    assert "\u202e" not in out


def test_many_pairs_are_cut_short_for_people_alone(team: Team) -> None:
    for number in range(8):
        team.branch(f"b{number}", new(f"0003_b{number}"))
    assert len(team.radar()["collisions"]) == 28
    out = team.clone.oneleaf("radar").out
    assert out.count(" collide\n") == 20
    assert "... and 8 more pairs; --output-format json lists all" in out


def test_ci_is_told_of_the_own_branch_alone(team: Team) -> None:
    team.branch("a", {f"{SHOP}/0003_a.py": operations(adds("size"))})
    team.branch("b", new("0003_b"))
    team.clone.git("checkout", "-q", "-b", "mine")
    team.clone.write(f"{SHOP}/0003_mine.py", operations(adds("size")))
    team.clone.commit()
    team.clone.git("fetch", "-q")
    path = f"{SHOP}/0003_mine.py"
    github = team.clone.oneleaf("radar", "--output-format", "github")
    assert github.code == 1
    assert github.out.count("::warning title=oneleaf (radar-collision),file=") == 2
    assert f"::{path}:1: radar-collision app shop collides with origin/a" in github.out
    assert "both touch field shop.Item.size" in github.out
    gitlab = json.loads(team.clone.oneleaf("radar", "--output-format=gitlab").out)
    assert [issue["location"]["path"] for issue in gitlab] == [path, path]
    log = json.loads(team.clone.oneleaf("radar", "--output-format=sarif").out)
    for schema in schemas():
        jsonschema.validate(log, schema)
    assert len(log["runs"][0]["results"]) == 2


def test_a_partial_clone_is_not_filled_and_says_so(team: Team) -> None:
    team.branch("a", new("0003_a"))
    team.branch("b", new("0003_b"))
    team.remote.git("checkout", "-q", "main")
    team.remote.git("config", "uploadpack.allowFilter", "true")
    part = Repository(team.clone.path.parent / "part", team.clone.env)
    filtered = ("--filter=blob:none", f"file://{team.remote.path}", str(part.path))
    team.remote.git("clone", "-q", *filtered)
    before = fingerprint(part)
    done = part.oneleaf("radar")
    assert fingerprint(part) == before
    if tuple(map(int, part.git("version").split()[2].split(".")[:2])) < (2, 44):
        assert done.code == 2
        assert "partial clone, and git before 2.44 would fetch" in done.err
    else:
        assert done.code == 0
        assert "partial clone, which may lack 2 files of branches" in done.err


# What is pure, by itself.


def added(name: str, *depends: str, **more: Any) -> branches.Added:
    pairs = [("shop", other) for other in depends]
    source = migration(*pairs, **more).encode()
    return branches.Added("shop", SHOP, migrations.read(name, source), source)


def collide(first: list[branches.Added], second: list[branches.Added]) -> bool:
    one = branches.Branch("a", first, own=False)
    other = branches.Branch("b", second, own=False)
    return bool(branches.collisions([one, other]))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(
            [added("0003_a", "0002_x")],
            [added("0003_b", "0002_x")],
            True,
            id="two leaves and one number",
        ),
        pytest.param(
            [added("0003_a", "0002_x")],
            [added("0007_b", "0006_x")],
            True,
            id="two leaves",
        ),
        pytest.param(
            [added("0003_a", "0002_x")],
            [added("0003_a", "0002_x")],
            False,
            id="the same file",
        ),
        pytest.param(
            [added("0003_a", "0002_x")],
            [added("0003_a", "0001_y")],
            True,
            id="one name, two files",
        ),
        pytest.param(
            [added("0003_a", "0002_x")],
            [added("0003_a", "0002_x"), added("0004_b", "0003_a")],
            False,
            id="one continues the other",
        ),
        pytest.param(
            [added("0001_squashed_0002_x", replaces=[("shop", "0002_x")])],
            [added("0003_b", "0002_x")],
            False,
            id="a squash and what follows it",
        ),
        pytest.param(
            [added("0001_squashed_0002_x", replaces=[("shop", "0002_x")])],
            [added("0001_squashed_0002_y", replaces=[("shop", "0002_x")])],
            True,
            id="two squashes of one number",
        ),
        pytest.param(
            [added("0003_a", "0001_x", run_before=[("shop", "0002_x")])],
            [added("0004_b", "0002_x")],
            False,
            id="one runs before what the other follows",
        ),
        pytest.param(
            [added("first", "0002_x")],
            [added("second", "0002_x")],
            True,
            id="no number",
        ),
    ],
)
def test_a_pair_collides_where_both_have_a_leaf_or_one_number(
    first: list[branches.Added], second: list[branches.Added], expected: bool
) -> None:
    assert collide(first, second) is expected
    assert collide(second, first) is expected


def test_every_commit_has_what_the_commits_before_it_add() -> None:
    order = [["a", "gone"], ["b", "a"], ["c", "a"], ["d", "b", "c"], ["e", "d"]]
    total = branches.reachable(order, {"a": ["1"], "c": ["2"], "d": ["3"]})
    one, two, three = ("a", "1"), ("c", "2"), ("d", "3")
    assert total == {
        "a": {one},
        "b": {one},
        "c": {one, two},
        "d": {one, two, three},
        "e": {one, two, three},
    }


def ref(name: str, commit: str = "c", date: int = 100, **more: Any) -> Ref:
    return Ref(name, commit, date, **{"current": False, **more})


def chosen(*refs: Ref, head: str = "h", oldest: float = 0) -> tuple[list[str], int]:
    published = Upstream("origin/main", "p")
    tips, old = branches.choose(refs, head, published, oldest)
    return [tip.name for tip in tips], old


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        pytest.param([ref("refs/remotes/origin/x")], ["HEAD", "origin/x"], id="remote"),
        pytest.param([ref("refs/heads/x")], ["HEAD"], id="local"),
        pytest.param([ref("refs/remotes/origin/main")], ["HEAD"], id="upstream"),
        pytest.param([ref("refs/remotes/up/main", "p")], ["HEAD"], id="its commit"),
        pytest.param([ref("refs/remotes/origin/x", "h")], ["HEAD"], id="own commit"),
        pytest.param(
            [
                ref("refs/heads/x", "h", current=True, tracks="refs/remotes/origin/y"),
                ref("refs/remotes/origin/x"),
                ref("refs/remotes/origin/y"),
                ref("refs/remotes/origin/z"),
            ],
            ["x", "origin/z"],
            id="own by name and by upstream",
        ),
    ],
)
def test_neither_upstream_nor_the_own_branch_is_another_branch(
    refs: list[Ref], expected: list[str]
) -> None:
    assert chosen(*refs) == (expected, 0)


def test_old_branches_are_counted() -> None:
    refs = (ref("refs/remotes/o/x", date=9), ref("refs/remotes/o/y", date=10))
    assert chosen(*refs, oldest=10) == (["HEAD", "o/y"], 1)


def test_before_the_first_commit_there_is_no_own_branch() -> None:
    assert chosen(ref("refs/remotes/o/x"), head="") == (["o/x"], 0)


# Against the truth: really merging both, and checking that.


def test_a_pair_collides_if_merging_both_breaks_what_neither_does(team: Team) -> None:
    rng = Random(5)
    tops: dict[str, dict[str, str]] = {
        "main": {"shop": "0002_color", "cart": "0001_initial"}
    }
    for number in range(7):
        start = rng.choice(list(tops))
        leaves, files = dict(tops[start]), {}
        for app in rng.sample(["shop", "cart"], rng.randint(1, 2)):
            for _ in range(rng.randint(1, 2)):
                before = leaves[app]
                name = f"{int(before[:4]) + 1:04}_{app}{number}"
                files[f"{app}/migrations/{name}.py"] = migration((app, before))
                leaves[app] = name
        team.branch(f"b{number}", files, start=start)
        tops[f"b{number}"] = leaves
    answer = team.radar()
    told = {
        (c["app"], *(b.removeprefix("origin/") for b in c["branches"]))
        for c in answer["collisions"]
    }
    listed = sorted(set(tops) - {"main"})
    truth = {
        (app, one, other)
        for at, one in enumerate(listed)
        for other in listed[at + 1 :]
        for app in broken_apps(team.remote, one, other)
    }
    assert told == truth
    assert 2 <= len(truth) < len(listed) * (len(listed) - 1)


def broken_apps(remote: Repository, one: str, other: str) -> set[str]:
    """Apps that only the merge of two branches has several leaf nodes of."""
    remote.git("checkout", "-q", "--detach", one)
    remote.git("merge", "-q", "--no-edit", other)
    done = remote.oneleaf("check", "--rev", "HEAD", "--output-format", "json")
    found = json.loads(done.out)["findings"]
    return {f["app"] for f in found if f["code"] in ("OL101", "OL102")}
