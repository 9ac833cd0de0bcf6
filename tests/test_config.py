"""``[tool.oneleaf]``: each key, what is refused, and whose file counts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oneleaf.config import Config, parse
from oneleaf.errors import OneleafError
from repository import Repository


def config(*lines: str) -> Config:
    return parse("\n".join(("[tool.oneleaf]", *lines)).encode())


def test_without_the_section_the_defaults_hold() -> None:
    for source in (None, b"", b"[tool.black]\nline-length = 88\n", b"[tool.oneleaf]\n"):
        found = parse(source)
        assert found.lockfile == "max_migration.txt"
        assert not found.shared
        assert not found.lockfile_configured
        assert found.upstream is None
        assert found.exclude == ()
        assert found.apps == {}
        assert found.ignore == frozenset()
        assert found.allow_duplicate_numbers == frozenset()
        assert found.allow_changed == {}


KEYS: dict[str, tuple[str, Callable[[Config], object], object]] = {
    "lockfile": (
        "lockfile = 'leaf.txt'",
        lambda c: (c.lockfile, c.shared),
        ("leaf.txt", False),
    ),
    "lockfile, shared": (
        "lockfile = 'db/leaf.txt'",
        lambda c: (c.lockfile, c.shared),
        ("db/leaf.txt", True),
    ),
    "lockfile, shared in the top folder": (
        "lockfile = './leaf.txt'",
        lambda c: (c.lockfile, c.shared),
        ("leaf.txt", True),
    ),
    "lockfile, with dots": ("lockfile = 'a..b'", lambda c: c.lockfile, "a..b"),
    "lockfile, named": (
        "lockfile = 'max_migration.txt'",
        lambda c: c.lockfile_configured,
        True,
    ),
    "upstream": ("upstream = 'origin/dev'", lambda c: c.upstream, "origin/dev"),
    "exclude": (
        "exclude = ['tests', 'old/*']",
        lambda c: c.exclude,
        ("tests", "old/*"),
    ),
    "ignore": ("ignore = ['OL101']", lambda c: c.ignore, frozenset({"OL101"})),
    "apps": (
        "apps = { 'src/shop/' = 'store', cart = 'basket' }",
        lambda c: c.apps,
        {"src/shop": "store", "cart": "basket"},
    ),
    "allow-duplicate-numbers": (
        "allow-duplicate-numbers = ['shop.0002', 'cart.17']",
        lambda c: c.allow_duplicate_numbers,
        frozenset({("shop", 2), ("cart", 17)}),
    ),
    "allow-changed": (
        "allow-changed = { 'shop/migrations/0001_x.py@ab12' = 'typo' }",
        lambda c: c.allow_changed,
        {"shop/migrations/0001_x.py": {"ab12": "typo"}},
    ),
}


@pytest.mark.parametrize(("line", "value", "expected"), KEYS.values(), ids=KEYS.keys())
def test_a_key_is_read(
    line: str, value: Callable[[Config], object], expected: object
) -> None:
    assert value(config(line)) == expected


KNOWN = (
    "allow-changed, allow-duplicate-numbers, apps, exclude, ignore, lockfile, upstream"
)
REFUSED = {
    "an unknown key": (
        "lockfil = 'x'",
        f"lockfil is no setting of oneleaf; it knows {KNOWN}",
    ),
    "an underscore": (
        "allow_duplicate_numbers = []",
        f"allow_duplicate_numbers is no setting of oneleaf; it knows {KNOWN}",
    ),
    "an unknown table": (
        "[tool.oneleaf.rules]\nx = 'y'",
        f"rules is no setting of oneleaf; it knows {KNOWN}",
    ),
    "lockfile: a list": ("lockfile = ['x']", "lockfile must be a string"),
    "lockfile: a boolean": ("lockfile = true", "lockfile must be a string"),
    "lockfile: nothing": (
        "lockfile = ''",
        "lockfile must be a file name, or a path inside the repository",
    ),
    "lockfile: absolute": (
        "lockfile = '/etc/x'",
        "lockfile must be a file name, or a path inside the repository",
    ),
    "lockfile: outside": (
        "lockfile = '../x'",
        "lockfile must be a file name, or a path inside the repository",
    ),
    "lockfile: a folder": (
        "lockfile = 'locks/'",
        "lockfile must be a file name, or a path inside the repository",
    ),
    "lockfile: in git's own folder": (
        "lockfile = '.git/config'",
        "lockfile must be a file name, or a path inside the repository",
    ),
    "lockfile: a migration": (
        "lockfile = '0001_initial.py'",
        "lockfile must name a file of its own, not '0001_initial.py'",
    ),
    "lockfile: this file": (
        "lockfile = './pyproject.toml'",
        "lockfile must name a file of its own, not 'pyproject.toml'",
    ),
    "lockfile: an escape code": (
        'lockfile = "a\\u001b[31m"',
        "lockfile must be a file name, or a path inside the repository",
    ),
    "upstream: a number": ("upstream = 7", "upstream must be a string"),
    "exclude: a string": ("exclude = 'tests'", "exclude must be a list of strings"),
    "exclude: numbers": ("exclude = ['tests', 1]", "exclude must be a list of strings"),
    "ignore: a string": ("ignore = 'OL101'", "ignore must be a list of strings"),
    "ignore: a name": (
        "ignore = ['multiple-leaf-nodes']",
        "ignore holds 'multiple-leaf-nodes', which is no code such as OL101",
    ),
    "ignore: too long": (
        "ignore = ['OL1010']",
        "ignore holds 'OL1010', which is no code such as OL101",
    ),
    "ignore: another tool's code": (
        "ignore = ['RUF10']",
        "ignore holds 'RUF10', which is no code such as OL101",
    ),
    "apps: a list": ("apps = ['shop']", "apps must be a table of strings"),
    "apps: a number": ("apps = { shop = 1 }", "apps must be a table of strings"),
    "allow-duplicate-numbers: no number": (
        "allow-duplicate-numbers = ['shop']",
        "allow-duplicate-numbers holds 'shop'; write label.number, as shop.0002",
    ),
    "allow-duplicate-numbers: a name": (
        "allow-duplicate-numbers = ['shop.0002_color']",
        "allow-duplicate-numbers holds 'shop.0002_color'; write label.number, as"
        " shop.0002",
    ),
    "allow-changed: a list": (
        "allow-changed = ['x']",
        "allow-changed must be a table of strings",
    ),
    "allow-changed: no blob": (
        "allow-changed = { 'shop/migrations/0001_x.py' = 'typo' }",
        "allow-changed holds 'shop/migrations/0001_x.py'; write path@blob, as"
        " `git rev-parse HEAD:path` says it",
    ),
    "allow-changed: too little of a blob": (
        "allow-changed = { 'shop/migrations/0001_x.py@ab' = 'typo' }",
        "allow-changed holds 'shop/migrations/0001_x.py@ab'; write path@blob, as"
        " `git rev-parse HEAD:path` says it",
    ),
    "allow-changed: no reason": (
        "allow-changed = { 'shop/migrations/0001_x.py@ab12' = ' ' }",
        "allow-changed gives no reason for 'shop/migrations/0001_x.py@ab12'",
    ),
}


@pytest.mark.parametrize(("line", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_meant_is_refused_by_file_and_key(
    line: str, reason: str
) -> None:
    with pytest.raises(OneleafError) as caught:
        config(line)
    assert str(caught.value) == f"pyproject.toml: [tool.oneleaf] {reason}"


WRITTEN: dict[str, tuple[str, object]] = {
    "a dotted key": ("[tool]\noneleaf.upstream = 'a'\n", "a"),
    "a quoted header": ("[ tool . 'oneleaf' ]\nupstream = 'a'\n", "a"),
    "an inline table": ("tool = { oneleaf = { upstream = 'a' } }\n", "a"),
    "escapes": ('[tool.oneleaf]\nupstream = "\\u0061"\n', "a"),
    "CR LF": ("[tool.oneleaf]\r\nupstream = 'a'\r\n", "a"),
    "only inside a string": ("x = '''\n[tool.oneleaf]\nupstream = 'a'\n'''\n", None),
    "another tool's name": ("[tool.oneleaf2]\nupstream = 'a'\n", None),
}


@pytest.mark.parametrize(("text", "expected"), WRITTEN.values(), ids=WRITTEN.keys())
def test_every_way_to_write_the_section_is_read(text: str, expected: object) -> None:
    assert parse(text.encode()).upstream == expected


@pytest.mark.parametrize("text", [b"[[[", b"[[[ 'django-oneleaf>=1'"])
def test_a_file_that_does_not_name_oneleaf_is_not_even_read(text: bytes) -> None:
    assert parse(text).upstream is None


@pytest.mark.parametrize(
    "source",
    [
        b"[tool.oneleaf\n",
        b"[tool.oneleaf]\nlockfile = \n",
        b"[tool.oneleaf]\nignore = ['OL101'\n",
        b"[tool.oneleaf]\nlockfile = 'a'\nlockfile = 'b'\n",
        b"[tool.oneleaf]\nupstream = 'caf\xe9'\n",
        b"[tool]\noneleaf = 3\n",
        b"tool = 'oneleaf'\n",
        b"[a\n[tool.oneleaf]\nupstream = 'a'\n",
    ],
    ids=["header", "value", "list", "twice", "latin-1", "no table", "none", "above"],
)
def test_a_file_that_is_no_toml_is_refused_by_name(source: bytes) -> None:
    with pytest.raises(OneleafError, match=r"^pyproject.toml is not valid TOML: "):
        parse(source)


def test_a_file_that_is_nested_too_deeply_is_refused_by_name() -> None:
    deep = b"[tool.oneleaf]\nignore = " + b"[" * 5000 + b"]" * 5000
    with pytest.raises(OneleafError) as caught:
        parse(deep)
    assert str(caught.value).startswith("pyproject.toml is not valid TOML: ")


CONFLICT = "OL102 app shop has 2 leaf nodes"


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A repository with a conflict that was committed."""
    repository = Repository.create(tmp_path / "repository")
    repository.app("shop", "0001_initial", "0002_color")
    repository.migration("shop", "0002_weight", "0001_initial")
    repository.commit("conflict")
    return repository


EXCLUDED = "[tool.oneleaf]\nexclude = ['shop']\n"
WRONG = "[tool.oneleaf]\nexclud = ['shop']\n"


def test_the_configuration_of_the_index_counts_for_the_index(shop: Repository) -> None:
    shop.write("pyproject.toml", EXCLUDED)
    assert CONFLICT in shop.oneleaf("check", "--all").out
    shop.add()
    assert shop.oneleaf("check", "--all").code == 0
    shop.write("pyproject.toml", "")
    assert shop.oneleaf("check", "--all").code == 0


def test_the_configuration_of_a_commit_counts_for_that_commit(
    shop: Repository,
) -> None:
    shop.write("pyproject.toml", EXCLUDED)
    shop.commit("excluded")
    shop.write("pyproject.toml", "")
    shop.add()
    assert shop.oneleaf("check", "--rev", "HEAD").code == 0
    assert CONFLICT in shop.oneleaf("check", "--rev", "HEAD~1").out
    assert CONFLICT in shop.oneleaf("check", "--all").out
    done = shop.oneleaf("check", "--from-ref", "HEAD~1", "--to-ref", "HEAD")
    assert done.code == 0


def test_a_change_of_the_configuration_is_judged_for_all_apps(shop: Repository) -> None:
    shop.write("pyproject.toml", EXCLUDED)
    shop.commit("excluded")
    shop.write("pyproject.toml", "[tool.oneleaf]\n")
    shop.add()
    assert CONFLICT in shop.oneleaf("check").out


def test_taking_the_configuration_away_is_judged_for_all_apps(
    shop: Repository,
) -> None:
    shop.write("pyproject.toml", EXCLUDED)
    shop.commit("excluded")
    shop.git("rm", "-q", "pyproject.toml")
    assert CONFLICT in shop.oneleaf("check").out


def test_a_configuration_in_conflict_is_that_of_head(shop: Repository) -> None:
    shop.write("pyproject.toml", EXCLUDED)
    shop.commit("excluded")
    shop.git("checkout", "-q", "-b", "theirs")
    shop.write("pyproject.toml", "[tool.oneleaf]\nexclude = []\n")
    shop.commit("theirs")
    shop.git("checkout", "-q", "main")
    shop.write("pyproject.toml", EXCLUDED + "ignore = ['OL103']\n")
    shop.commit("ours")
    shop.git("merge", "theirs", ok=(1,))
    assert shop.oneleaf("check", "--all").code == 0


def test_a_configuration_behind_a_link_is_read(shop: Repository) -> None:
    shop.write("backend/pyproject.toml", EXCLUDED)
    (shop.path / "pyproject.toml").symlink_to("backend/pyproject.toml")
    shop.add()
    assert shop.oneleaf("check", "--all").code == 0
    shop.commit("excluded")
    assert shop.oneleaf("check", "--rev", "HEAD").code == 0


@pytest.mark.parametrize(
    "words", [("check",), ("check", "--all"), ("check", "--rev", "HEAD"), ("lock",)]
)
def test_a_wrong_configuration_ends_with_2_and_names_file_and_key(
    shop: Repository, words: tuple[str, ...]
) -> None:
    shop.write("pyproject.toml", WRONG)
    shop.commit("wrong")
    done = shop.oneleaf(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "oneleaf: pyproject.toml: [tool.oneleaf] exclud is no setting of oneleaf;"
        f" it knows {KNOWN}\n"
    )


def test_a_wrong_configuration_in_the_work_tree_alone_is_nobodys_concern(
    shop: Repository,
) -> None:
    shop.write("pyproject.toml", WRONG)
    assert shop.oneleaf("check", "--all").code == 1


def test_a_repository_without_any_configuration_file_is_fine(shop: Repository) -> None:
    assert shop.oneleaf("check", "--all").code == 1
    assert shop.oneleaf("check", "--rev", "HEAD").code == 1
