"""Input that nobody writes on purpose, and some that is meant to harm.

Whatever a repository holds: exit code 0, 1 or 2, no traceback, nothing of it run,
and no control character on the terminal.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from repository import Done, Repository, migration

pytestmark = pytest.mark.slow

GOOD = migration(("shop", "0001_initial"))
BOM = b"\xef\xbb\xbf"
DEEP = 3000
MEGABYTES = 5 * 1024 * 1024


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    """A repository with one app of one migration."""
    repository = Repository.create(tmp_path / "repository")
    repository.app("shop", "0001_initial")
    repository.commit("shop")
    return repository


def harmless(done: Done) -> Done:
    """Fails unless the command ended in an orderly way and printed only plain text."""
    assert done.code in (0, 1, 2)
    for stream in (done.out, done.err):
        assert "Traceback" not in stream
        assert "this is a fault in oneleaf" not in stream
        assert [c for c in stream if not c.isprintable() and c != "\n"] == []
    return done


def all_doors(repository: Repository, **env: str) -> list[Done]:
    """Every way to look at the index, and at a commit of it."""
    tree = repository.git("write-tree").strip()
    commit = repository.git("commit-tree", tree, "-m", "x").strip()
    words = [
        ("check",),
        ("check", "--all"),
        ("check", "--all", "--output-format", "json"),
        ("check", "--rev", commit),
        ("lock", "--check"),
    ]
    return [harmless(repository.oneleaf(*each, **env)) for each in words]


def codes(done: Done) -> list[str]:
    lines = done.out.splitlines()
    return sorted({line.split(": ")[1][:5] for line in lines if ": OL" in line})


MIGRATIONS: dict[str, tuple[bytes, list[str]]] = {
    "NUL bytes": (GOOD.encode() + b"\0\n", ["OL105"]),
    "only NUL bytes": (b"\0" * 100, ["OL105"]),
    "NUL bytes in front": (b"\0" + GOOD.encode(), ["OL105"]),
    "latin-1": (
        GOOD.replace("0001_initial", "0001_caf\xe9").encode("latin-1"),
        ["OL105"],
    ),
    "latin-1 behind all that matters": (GOOD.encode() + b"# caf\xe9\n", []),
    "latin-1, declared": (
        b"# -*- coding: latin-1 -*-\n" + GOOD.encode() + b"X = 'caf\xe9'\n",
        [],
    ),
    "an unknown encoding": (b"# coding: klingon\n" + GOOD.encode(), ["OL105"]),
    "UTF-16": (GOOD.encode("utf-16"), ["OL105"]),
    "a byte order mark": (BOM + GOOD.encode(), []),
    "CR alone": (GOOD.replace("\n", "\r").encode(), []),
    "CR LF": (GOOD.replace("\n", "\r\n").encode(), []),
    "mixed newlines": (
        GOOD.replace("\n", "\r\n", 4).replace("ons\n", "ons\r").encode(),
        [],
    ),
    "form feeds": (GOOD.replace("\n\n\n", "\n\f\n\n").encode(), []),
    "5 MB of data": (GOOD.encode() + b"DATA = '" + b"x" * MEGABYTES + b"'\n", []),
    "5 MB of lines": (GOOD.encode() + b"# line\n" * (MEGABYTES // 7), []),
    "5 MB of dependencies": (
        migration(*[("shop", "0001_initial")] * (MEGABYTES // 40)).encode(),
        [],
    ),
    "5 MB of brackets": (b"[" * MEGABYTES, ["OL105"]),
    "deep brackets": (
        GOOD.encode() + b"x = " + b"[" * DEEP + b"]" * DEEP,
        ["?"],
    ),
    "deep calls in dependencies": (
        GOOD.replace("('shop', '0001_initial')", "f(" * DEEP + ")" * DEEP).encode(),
        ["OL105"],
    ),
    "deep blocks": (
        GOOD.encode()
        + b"".join(b" " * n + b"if x:\n" for n in range(99))
        + b" " * 99
        + b"x\n",
        ["?"],
    ),
    "a long sum": (
        GOOD.replace(
            "[\n        ('shop', '0001_initial'),\n    ]", "[]" + " + []" * 20000
        ).encode(),
        ["?"],
    ),
    "a long chain of elif": (
        GOOD.encode() + b"if x:\n    pass\n" + b"elif x:\n    pass\n" * 5000,
        ["?"],
    ),
    "many digits": (GOOD.encode() + b"x = " + b"9" * 10_000 + b"\n", ["?"]),
    "conflict markers": (
        b"<<<<<<< \x1b[31m\n=======\n>>>>>>> x\n" + GOOD.encode(),
        ["OL106"],
    ),
    "an escape code in a dependency": (
        GOOD.replace("'0001_initial'", "'0001_\\x1b[2J\\n'").encode(),
        ["OL102", "OL103"],
    ),
    "a raw escape code in a dependency": (
        GOOD.replace("0001_initial", "0001_\x1b[2J").encode(),
        ["OL102", "OL103"],
    ),
    "a right-to-left override in a dependency": (
        GOOD.replace("0001_initial", "0001_\u202e").encode(),
        ["OL102", "OL103"],
    ),
    "a lone surrogate in a dependency": (
        GOOD.replace("0001_initial", "0001_\\ud800").encode(),
        ["OL102", "OL103"],
    ),
    "an escape code in a syntax error": (b"class Migration(\x1b[31m\n", ["?"]),
    "an odd escape": (GOOD.encode() + b"x = '\\d'\n", []),
    "nothing": (b"", ["OL105"]),
    "a newline": (b"\n", ["OL105"]),
    "no newline": (GOOD.rstrip().encode(), []),
}


@pytest.mark.parametrize(
    ("source", "expected"), MIGRATIONS.values(), ids=MIGRATIONS.keys()
)
def test_any_content_of_a_migration_is_judged_in_an_orderly_way(
    shop: Repository, source: bytes, expected: list[str]
) -> None:
    shop.write("shop/migrations/0002_odd.py", source)
    shop.add()
    narrow, whole, _, commit, _ = all_doors(shop)
    if expected != ["?"]:
        assert codes(narrow) == codes(whole) == codes(commit) == expected


OTHER_FILES = {
    "a lockfile of NUL bytes": ("shop/migrations/max_migration.txt", b"\0" * 9),
    "a lockfile of 5 MB": ("shop/migrations/max_migration.txt", b"x" * MEGABYTES),
    "a lockfile of many lines": (
        "shop/migrations/max_migration.txt",
        b"\n" * (MEGABYTES // 5),
    ),
    "a lockfile with an escape code": (
        "shop/migrations/max_migration.txt",
        b"0001_initial\x1b[2J\n",
    ),
    "a lockfile with C1 codes": (
        "shop/migrations/max_migration.txt",
        "0001_initial\x9b2J\n".encode(),
    ),
    "apps.py of NUL bytes": ("shop/apps.py", b"AppConfig\0"),
    "apps.py nested deep": ("shop/apps.py", b"AppConfig, label\n" + b"[" * DEEP),
    "apps.py in an unknown encoding": (
        "shop/apps.py",
        b"# coding: x\nAppConfig # label",
    ),
    "settings in latin-1": ("settings.py", b"MIGRATION_MODULES = '\xe9'\n"),
    "settings nested deep": ("settings.py", b"MIGRATION_MODULES = " + b"(" * DEEP),
    "a configuration of NUL bytes": ("pyproject.toml", b"[tool.oneleaf]\n\0"),
    "a configuration in latin-1": (
        "pyproject.toml",
        b"[tool.oneleaf]\nupstream = '\xe9'\n",
    ),
    "a configuration with an escape code": (
        "pyproject.toml",
        b"[tool.oneleaf]\n'\\u001b[2J\x7f' = 1\n",
    ),
    "a key with an escape code": (
        "pyproject.toml",
        b'[tool.oneleaf]\n"\\u001b[2J" = 1\n',
    ),
    "a configuration nested deep": (
        "pyproject.toml",
        b"[tool.oneleaf]\nignore = " + b"[" * DEEP + b"]" * DEEP + b"\n",
    ),
    "a glob that never ends": (
        "pyproject.toml",
        b"[tool.oneleaf]\nexclude = ['" + b"*a" * 25 + b"']\n",
    ),
    "a lockfile path of odd characters": (
        "pyproject.toml",
        b"[tool.oneleaf]\nlockfile = '$(touch canary) \"x\"'\n",
    ),
    "Sentry's lockfile of NUL bytes": ("migrations_lockfile.txt", b"shop: \0\n"),
}


@pytest.mark.parametrize(
    ("path", "content"), OTHER_FILES.values(), ids=OTHER_FILES.keys()
)
def test_any_content_of_another_file_is_read_in_an_orderly_way(
    shop: Repository, path: str, content: bytes
) -> None:
    shop.migration("shop", "0002_color", "0001_initial")
    shop.write(path, content)
    shop.add()
    all_doors(shop)
    harmless(shop.oneleaf("lock", "--init"))
    assert not (shop.path / "canary").exists()


NAMES = [
    b"0002_\x1b[31mred.py",
    b"0002_new\nline.py",
    b"0002_\x9b2J.py",
    b"0002_tab\t.py",
    b"0002_\x7f.py",
    b"0002_quote'\".py",
    b"0002_`touch canary`.py",
    b"0002_$(touch canary).py",
    b"0002_;touch canary;.py",
    b"0002_ space.py",
    b"0002_\xff\xfe.py",
    b"0002_\xe2\x80\xae.py",
    b"-rf.py",
    b"--all.py",
    b"0002_\\.py",
    b"0002_*.py",
    b"0002_" + b"9" * 200 + b".py",
    b"9" * 200 + b".py",
    b"\xef\xbc\x90\xef\xbc\x92_wide_digits.py",
    b"\xc2\xb2_superscript.py",
]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_any_name_of_a_migration_is_shown_in_plain_text(
    shop: Repository, name: bytes
) -> None:
    """Two leaf nodes: a message, a path and a hint all have to name the file."""
    shop.migration("shop", "0002_color", "0001_initial")
    folder = os.fsencode(shop.path / "shop" / "migrations")
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(GOOD)
    shop.add()
    narrow, whole, as_json, commit, _ = all_doors(shop)
    for done in (narrow, whole, commit):
        assert "OL102" in codes(done)
    assert as_json.out.isascii()
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write("class Migration(\n")
    shop.add()
    for done in all_doors(shop)[:2]:
        assert codes(done) == ["OL105"]
        assert done.out.count("\n") == 2
    assert not (shop.path / "canary").exists()


FOLDERS = [
    b"sh\x1b[31mop",
    b"shop\nx.py:1 OL999 spoof",
    b"sh op",
    b"sh'op",
    b"$(touch canary)",
    b"-shop",
    b"--all",
    b"sh\xffop",
    b":(top)shop",
    b":!shop",
    "größe".encode(),
]


@pytest.mark.parametrize("folder", FOLDERS, ids=repr)
def test_any_name_of_a_folder_is_shown_in_plain_text(
    shop: Repository, folder: bytes
) -> None:
    package = os.path.join(os.fsencode(shop.path), folder, b"migrations")
    os.makedirs(package)
    files = {
        b"__init__.py": "",
        b"0001_initial.py": migration(),
        b"0002_a.py": migration(("odd", "0001_initial")),
        b"0003_b.py": migration(("odd", "0002_a")),
        b"0003_c.py": migration(("odd", "0002_a")),
    }
    for name, text in files.items():
        with open(os.path.join(package, name), "w", encoding="utf-8") as file:
            file.write(text)
    shop.git("add", "-A", ".")
    narrow, whole, _, commit, _ = all_doors(shop)
    for done in (narrow, whole, commit):
        assert codes(done) == ["OL101", "OL102"]
        assert not any(line.startswith("x.py") for line in done.out.splitlines())
    harmless(shop.oneleaf("check", os.fsdecode(folder)))
    harmless(shop.oneleaf("check", "--", os.fsdecode(folder)))
    harmless(shop.oneleaf("lock", "--init"))
    assert not (shop.path / "canary").exists()


def test_a_label_of_odd_characters_is_shown_in_plain_text(shop: Repository) -> None:
    label = "s\x1b[2J`touch canary`"
    shop.write("cart/__init__.py")
    shop.write("cart/migrations/__init__.py")
    shop.write("cart/migrations/0001_a.py", migration())
    shop.write("cart/migrations/0002_b.py", migration((label, "0001_a")))
    shop.write("cart/migrations/0003_c.py", migration((label, "0002_b")))
    shop.write("cart/migrations/0003_d.py", migration((label, "0002_b")))
    shop.add()
    narrow, *_ = all_doors(shop)
    assert "oneleaf rebase 's\\x1b[2J`touch canary`'" in narrow.out


SYMLINKS = {
    "out of the repository": "/etc/passwd",
    "to itself": "0002_link.py",
    "to nothing": "nothing.py",
    "to a folder": "..",
    "far up": "../" * 40 + "etc/passwd",
    "to a device": "/dev/zero",
    "through a file": "0001_initial.py/x",
    "to odd characters": "\x1b[2J\n",
}


@pytest.mark.parametrize("target", SYMLINKS.values(), ids=SYMLINKS.keys())
def test_a_link_is_never_followed_out_of_the_state(
    shop: Repository, target: str
) -> None:
    (shop.path / "shop/migrations/0002_link.py").symlink_to(target)
    shop.add()
    narrow, whole, _, commit, _ = all_doors(shop)
    assert codes(narrow) == codes(whole) == codes(commit) == ["OL105"]


def test_links_in_a_circle_end(shop: Repository) -> None:
    for one, other in (("a", "b"), ("b", "a")):
        (shop.path / f"shop/migrations/000{one}.py").symlink_to(f"000{other}.py")
    shop.add()
    assert codes(all_doors(shop)[1]) == ["OL105"]


@pytest.mark.parametrize(
    "path", ["shop/migrations", "shop/migrations/max_migration.txt", "pyproject.toml"]
)
def test_a_link_in_an_odd_place_is_no_trouble(shop: Repository, path: str) -> None:
    if path == "shop/migrations":
        shop.git("mv", path, "history")
    (shop.path / path).symlink_to("../elsewhere")
    shop.add()
    all_doors(shop)
    harmless(shop.oneleaf("lock", "--init"))


def test_a_submodule_in_the_place_of_an_app_is_no_trouble(shop: Repository) -> None:
    commit = shop.git("rev-parse", "HEAD").strip()
    for path in ("vendor", "shop/migrations/0002_x.py"):
        shop.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    all_doors(shop)


MODULES = (
    "ast.py",
    "os.py",
    "sys.py",
    "select.py",
    "posixpath.py",
    "difflib.py",
    "sitecustomize.py",
    "usercustomize.py",
    "oneleaf/__init__.py",
    "oneleaf/__main__.py",
    "oneleaf/cli.py",
    "encodings/__init__.py",
    "shop/__init__.py",
    "shop/migrations/__init__.py",
    "shop/apps.py",
    "settings.py",
    "manage.py",
    "conftest.py",
    "setup.py",
)


def test_nothing_of_the_repository_is_ever_run(shop: Repository) -> None:
    canary = shop.path / "canary"
    text = f"open({str(canary)!r}, 'w')\n"
    for name in MODULES:
        shop.write(name, text + "AppConfig = MIGRATION_MODULES = 'label'\n")
    shop.write("shop/migrations/0002_color.py", text + GOOD)
    shop.write("shop/migrations/0002_weight.py", GOOD + text)
    shop.write("shop/migrations/0003_size.py", text + "class Migration(\n")
    shop.add()
    top = str(shop.path)
    first, *_ = all_doors(
        shop, PYTHONPATH=top, PYTHONSTARTUP=f"{top}/os.py", PYTHONHOME=top
    )
    assert codes(first) == ["OL105"]
    shop.oneleaf("lock", "--init", PYTHONPATH=top)
    assert not canary.exists()


def test_a_pager_or_an_external_diff_of_the_repository_is_not_run(
    shop: Repository,
) -> None:
    canary = shop.path / "canary"
    program = f"touch {canary}; cat"
    for key in ("core.pager", "diff.external", "diff.x.textconv", "diff.x.command"):
        shop.git("config", key, program)
    shop.write(".gitattributes", "*.py diff=x\n")
    shop.migration("shop", "0002_color", "0001_initial")
    shop.add()
    all_doors(shop)
    assert not canary.exists()


def test_a_repository_whose_objects_are_gone_is_said_to_be_broken(
    shop: Repository,
) -> None:
    blob = shop.git("rev-parse", ":shop/migrations/0001_initial.py").strip()
    path = shop.path / ".git/objects" / blob[:2] / blob[2:]
    path.unlink()
    done = harmless(shop.oneleaf("check", "--all"))
    assert done.code in (1, 2)


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--rev", "no\x1b[2Jthing"),
        ("check", "--rev", "--all"),
        ("check", "--rev=-x"),
        ("check", "--from-ref", "x", "--to-ref", "y"),
        ("check", "--from-ref", "x"),
        ("check", "--output-format", "\x1b[2J"),
        ("check", "--no\x1b[2Jthing"),
        ("lock", "\x1b[2J"),
        ("\x1b[2J",),
    ],
    ids=repr,
)
def test_wrong_words_end_with_2_and_a_sentence(
    shop: Repository, words: tuple[str, ...]
) -> None:
    done = harmless(shop.oneleaf(*words))
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("oneleaf: ")
    assert done.err.count("\n") == 1
