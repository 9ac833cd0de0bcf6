"""The situations in which the documents' transcripts begin, each by its name.

All are small projects of their own: ``main`` is published as ``origin/main``, and the
clone is as after ``oneleaf install``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from oneleaf import demo as demo_project
from programs import oneleaf_in, script
from repository import Repository, migration

LOCK = "max_migration.txt"


def build(name: str, folder: Path) -> Repository:
    """The repository of a scenario, made in an empty folder."""
    repository = Repository.create(folder / "project")
    commands = folder / "bin"
    oneleaf_in(commands)
    script(commands / "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    chosen = os.environ.get("ONELEAF_TEST_GIT")
    path = [str(commands), *([chosen] if chosen else []), repository.env["PATH"]]
    repository.env["PATH"] = os.pathsep.join(path)
    SCENARIOS[name](repository)
    return repository


def publish(repository: Repository) -> None:
    """A first commit with everything there is, on ``main`` and on ``origin/main``."""
    repository.oneleaf("install")
    repository.commit("The shop")
    bare = repository.path.parent / "origin.git"
    repository.git("init", "-q", "--bare", "-b", "main", str(bare))
    repository.git("remote", "add", "origin", str(bare))
    repository.git("push", "-q", "-u", "origin", "main")
    repository.git("remote", "set-head", "origin", "main")


def shop(repository: Repository, *names: str, lockfile: bool = True) -> None:
    """The app ``shop``, published, with these migrations after ``0001_initial``."""
    repository.app("shop", "0001_initial", *names, lockfile=lockfile)
    publish(repository)


def add(
    repository: Repository, label: str, name: str, before: str, what: str = ""
) -> None:
    """A migration, its lockfile, and both staged; ``what``: its only operation."""
    repository.migration(label, name, *before.split())
    path = f"{label}/migrations/{name}.py"
    if what:
        source = repository.read(path)
        operations = f"operations = [\n        {what},\n    ]"
        source = source.replace("operations = []", operations)
        if "models." in what:
            source = source.replace("import migrations", "import migrations, models")
        repository.write(path, source)
    repository.write(f"{label}/migrations/{LOCK}", name + "\n")
    repository.add()


def met(
    repository: Repository,
    branch: str,
    mine: Callable[[], object],
    theirs: Callable[[], object],
) -> None:
    """A commit on a branch and one on ``main``, published; the branch checked out."""
    repository.git("switch", "-q", "-c", branch)
    mine()
    repository.commit(branch.capitalize())
    repository.git("switch", "-q", "main")
    theirs()
    repository.commit("Meanwhile")
    repository.git("push", "-q")
    repository.git("switch", "-q", branch)


def demo(repository: Repository) -> None:
    """The project of ``oneleaf demo``: real models, real migrations, two branches."""
    for path, content in demo_project.project().items():
        repository.write(path, content)
    django_makes(repository, "0001_initial")
    publish(repository)

    def change(name: str, *, color: bool = False, weight: bool = False) -> None:
        repository.write(
            "shop/models.py", demo_project.models(color=color, weight=weight)
        )
        django_makes(repository, name)

    met(
        repository,
        "color",
        lambda: change("0002_item_color", color=True),
        lambda: change("0002_crate_weight", weight=True),
    )


def django_app(repository: Repository) -> None:
    """The same project with the optional app installed, and a field that is new."""
    for path, content in demo_project.project().items():
        repository.write(path, content)
    settings = repository.read("settings.py")
    assert '["shop"]' in settings
    with_ours = settings.replace('["shop"]', '["oneleaf.django", "shop"]')
    repository.write("settings.py", with_ours)
    django_makes(repository, "0001_initial")
    publish(repository)
    repository.write("shop/models.py", demo_project.models(color=True))


def django_makes(repository: Repository, name: str) -> None:
    """Runs ``makemigrations``, which has to make this migration."""
    command = ("python", "manage.py", "makemigrations", "-v0", "shop")
    repository.run(*command, ok=(0,))
    assert (repository.path / f"shop/migrations/{name}.py").exists()
    repository.write(f"shop/migrations/{LOCK}", name + "\n")


def chain(repository: Repository) -> None:
    """Two migrations of ``shop`` on a branch, in two commits, and one of ``cart``."""
    repository.app("cart", "0001_initial", lockfile=True)
    shop(repository)

    def mine() -> None:
        add(repository, "shop", "0002_color", "0001_initial")
        repository.commit("Colors")
        add(repository, "shop", "0003_size", "0002_color")
        add(repository, "cart", "0002_item_size", "0001_initial shop.0003_size")

    met(
        repository,
        "size",
        mine,
        lambda: add(repository, "shop", "0002_weight", "0001_initial"),
    )


def duplicate_number(repository: Repository) -> None:
    """Two branches without lockfiles, merged: git has nothing to say."""
    shop(repository, lockfile=False)
    met(
        repository,
        "color",
        lambda: repository.migration("shop", "0002_color", "0001_initial"),
        lambda: repository.migration("shop", "0002_weight", "0001_initial"),
    )


def multiple_leaf_nodes(repository: Repository) -> None:
    """Two leaf nodes, and both are published."""
    repository.app("shop", "0001_initial", "0002_color")
    repository.migration("shop", "0003_weight", "0001_initial")
    repository.write(f"shop/migrations/{LOCK}", "0003_weight\n")
    publish(repository)


def missing_dependency(repository: Repository) -> None:
    """``cart`` still names a migration as it was called before it moved."""
    repository.app("cart", "0001_initial", lockfile=True)
    shop(repository, "0002_weight", "0003_color")
    add(repository, "cart", "0002_item", "0001_initial shop.0002_color")


def circular_dependency(repository: Repository) -> None:
    """Two new migrations of two apps that name each other."""
    repository.app("cart", "0001_initial", lockfile=True)
    shop(repository)
    add(repository, "cart", "0002_item", "0001_initial shop.0002_cart")
    add(repository, "shop", "0002_cart", "0001_initial cart.0002_item")


def unreadable_migration(repository: Repository) -> None:
    """A migration that computes what it depends on."""
    shop(repository)
    add(repository, "shop", "0002_color", "0001_initial")
    path = "shop/migrations/0002_color.py"
    source = repository.read(path)
    line = "dependencies = [\n        ('shop', '0001_initial'),\n    ]"
    assert line in source
    repository.write(path, source.replace(line, "dependencies = latest('shop')"))
    repository.add()


def unresolved_merge(repository: Repository) -> None:
    """A merge that stopped at the lockfile."""
    shop(repository)
    met(
        repository,
        "color",
        lambda: add(repository, "shop", "0002_color", "0001_initial"),
        lambda: add(repository, "shop", "0002_weight", "0001_initial"),
    )
    repository.git("merge", "main", ok=(1,))


def lockfile_missing(repository: Repository) -> None:
    """A new app, in a repository that uses lockfiles."""
    shop(repository)
    repository.app("cart", "0001_initial")
    repository.add()


def lockfile_stale(repository: Repository) -> None:
    """A new migration, and the lockfile as it was."""
    shop(repository)
    repository.migration("shop", "0002_color", "0001_initial")
    repository.add()


def lockfile_malformed(repository: Repository) -> None:
    """A lockfile with both sides of a merge in it."""
    shop(repository, "0002_weight", "0003_color")
    repository.write(f"shop/migrations/{LOCK}", "0002_weight\n0003_color\n")
    repository.add()


def lockfile_orphaned(repository: Repository) -> None:
    """An app that was never published goes, and its lockfile stays."""
    shop(repository)
    repository.app("cart", "0001_initial", lockfile=True)
    repository.commit("A cart")
    repository.git("rm", "-q", "cart/migrations/*.py", "cart/__init__.py")


def published_migration_changed(repository: Repository) -> None:
    """A published migration with another operation than it had."""
    shop(repository, "0002_color")
    source = migration(("shop", "0001_initial"))
    edited = source.replace("[]", "[migrations.RunSQL('SELECT 1')]")
    repository.write("shop/migrations/0002_color.py", edited)
    repository.add()


def published_migration_removed(repository: Repository) -> None:
    """A published migration under a nicer name."""
    shop(repository, "0002_auto_20260101_0101")
    new = "shop/migrations/0002_color.py"
    repository.git("mv", "shop/migrations/0002_auto_20260101_0101.py", new)
    repository.write(f"shop/migrations/{LOCK}", "0002_color\n")
    repository.add()


def conflicts_with_upstream(repository: Repository) -> None:
    """A branch that is right by itself, and upstream went on."""
    shop(repository)
    met(
        repository,
        "color",
        lambda: add(repository, "shop", "0002_color", "0001_initial"),
        lambda: add(repository, "shop", "0002_weight", "0001_initial"),
    )


def overlaps_upstream(repository: Repository) -> None:
    """Both sides add the same field."""
    shop(repository)
    field = "migrations.AddField('item', 'color', models.CharField(max_length={}))"
    met(
        repository,
        "color",
        lambda: add(repository, "shop", "0002_color", "0001_initial", field.format(20)),
        lambda: add(repository, "shop", "0002_paint", "0001_initial", field.format(30)),
    )


SCENARIOS: dict[str, Callable[[Repository], None]] = {
    "two branches": demo,
    "merge": demo,
    "chain": chain,
    "Django app": django_app,
    "OL101": duplicate_number,
    "OL102": multiple_leaf_nodes,
    "OL103": missing_dependency,
    "OL104": circular_dependency,
    "OL105": unreadable_migration,
    "OL106": unresolved_merge,
    "OL201": lockfile_missing,
    "OL202": lockfile_stale,
    "OL203": lockfile_malformed,
    "OL204": lockfile_orphaned,
    "OL301": published_migration_changed,
    "OL302": published_migration_removed,
    "OL303": conflicts_with_upstream,
    "OL304": overlaps_upstream,
}
