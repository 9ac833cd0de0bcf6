"""``makemigrations`` with the app installed: the lockfile names the leaf node at once."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from app_project import INITIAL, OWN, SHARED, SHARED_CONFIG, Project

from repository import migration

pytestmark = pytest.mark.django

CART = "cart/migrations/max_migration.txt"
TWO = "cart: 0001_initial\n\nshop: 0001_initial\n"
NEW = "shop/migrations/0002_item_size.py"


@pytest.fixture
def shop(tmp_path: Path) -> Project:
    """One app with a lockfile, and a field that no migration has yet."""
    project = Project.locked(tmp_path / "repository")
    project.field("size")
    return project


@pytest.fixture
def shared(tmp_path: Path) -> Project:
    """Two apps with one lockfile, and a field in one of them."""
    project = Project.create(tmp_path / "repository", "cart", "shop")
    project.write("pyproject.toml", SHARED_CONFIG)
    project.write(SHARED, TWO)
    project.repository.commit()
    project.field("size")
    return project


def test_the_lockfile_names_the_new_migration(shop: Project) -> None:
    shop.manage("makemigrations")
    assert shop.read(OWN) == "0002_item_size\n"


def test_one_line_says_what_was_written(shop: Project) -> None:
    done = shop.manage("makemigrations")
    assert done.out.splitlines()[-1] == f"Wrote {OWN}"
    assert done.err == ""


def test_without_verbosity_nothing_is_said(shop: Project) -> None:
    done = shop.manage("makemigrations", "--verbosity", "0")
    assert (done.out, done.err) == ("", "")
    assert shop.read(OWN) == "0002_item_size\n"


def test_for_scripts_standard_output_holds_the_migration_alone(shop: Project) -> None:
    done = shop.manage("makemigrations", "--scriptable")
    assert done.out == f"{NEW}\n"
    assert done.err.splitlines()[-1] == f"Wrote {OWN}"


@pytest.mark.parametrize(("option", "code"), [("--dry-run", 0), ("--check", 1)])
def test_an_option_that_writes_nothing_writes_no_lockfile(
    shop: Project, option: str, code: int
) -> None:
    shop.repository.commit("field")
    done = shop.manage("makemigrations", option, ok=(code,))
    assert "Wrote" not in done.out
    assert shop.changed() == []


def test_a_run_that_finds_no_changes_leaves_a_stale_lockfile_to_the_check(
    shop: Project,
) -> None:
    shop.manage("makemigrations")
    shop.write(OWN, "0001_initial\n")
    shop.manage("makemigrations")
    assert shop.read(OWN) == "0001_initial\n"


def test_an_empty_migration_counts_too(shop: Project) -> None:
    shop.manage("makemigrations", "shop", "--empty", "--name", "data")
    assert shop.read(OWN) == "0002_data\n"


def test_update_renames_the_leaf_and_the_lockfile_follows(shop: Project) -> None:
    shop.manage("makemigrations")
    shop.field("weight")
    shop.manage("makemigrations", "--update")
    names = [p.stem for p in (shop.repository.path / "shop/migrations").glob("0002*")]
    assert names != ["0002_item_size"]
    assert [shop.read(OWN)] == [f"{name}\n" for name in names]


def test_merge_names_the_merge_migration(shop: Project) -> None:
    shop.migration("0002_a", "0001_initial")
    shop.migration("0002_b", "0001_initial")
    shop.manage("makemigrations", "--merge", "--noinput")
    assert shop.read(OWN) == "0003_merge_0002_a_0002_b\n"


def test_merge_in_the_middle_of_a_git_merge_replaces_the_conflict(
    shop: Project,
) -> None:
    git = shop.repository.git
    shop.repository.git("checkout", "-q", "--", ".")
    git("checkout", "-q", "-b", "other")
    shop.migration("0002_b", "0001_initial")
    shop.write(OWN, "0002_b\n")
    shop.repository.commit("b")
    git("checkout", "-q", "main")
    shop.migration("0002_a", "0001_initial")
    shop.write(OWN, "0002_a\n")
    shop.repository.commit("a")
    git("merge", "-q", "other", ok=(1,))
    assert "<<<<<<<" in shop.read(OWN)
    shop.manage("makemigrations", "--merge", "--noinput")
    assert shop.read(OWN) == "0003_merge_0002_a_0002_b\n"
    shop.repository.add()
    assert shop.oneleaf("check").code == 0


def test_every_app_that_got_a_migration_gets_its_name(tmp_path: Path) -> None:
    project = Project.locked(tmp_path / "repository", "cart", "shop", "tags")
    project.field("size")
    project.field("total", "cart")
    project.manage("makemigrations", "cart", "shop")
    assert project.read(OWN) == "0002_item_size\n"
    assert project.read(CART) == "0002_item_total\n"
    assert project.read("tags/migrations/max_migration.txt") == "0001_initial\n"


def test_the_lockfile_of_an_app_that_was_not_written_to_stays(tmp_path: Path) -> None:
    project = Project.locked(tmp_path / "repository", "cart", "shop")
    project.write(CART, "0009_stale\n")
    project.field("size")
    project.manage("makemigrations")
    assert project.read(CART) == "0009_stale\n"


def test_the_leaf_node_counts_not_the_newest_name(shop: Project) -> None:
    shop.write(
        "shop/migrations/0009_early.py",
        migration(("shop", "0001_initial"), run_before=[("shop", "0002_late")]),
    )
    shop.migration("0002_late", "0001_initial")
    shop.manage("makemigrations", "shop", "--empty", "--name", "x")
    assert shop.exists("shop/migrations/0003_x.py")
    assert shop.read(OWN) == "0003_x\n"


def test_a_new_app_gets_a_lockfile_where_others_have_one(shop: Project) -> None:
    shop.app("cart")
    shop.install("oneleaf.django", "shop", "cart")
    shop.manage("makemigrations", "cart")
    assert shop.read(CART) == "0001_initial\n"


def test_a_folder_that_only_git_left_behind_is_a_new_app_too(shop: Project) -> None:
    shop.app("cart")
    (shop.repository.path / "cart/migrations/__pycache__").mkdir(parents=True)
    shop.install("oneleaf.django", "shop", "cart")
    shop.manage("makemigrations", "cart")
    assert shop.read(CART) == "0001_initial\n"


def test_where_no_lockfiles_are_used_none_is_written(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "repository")
    project.field("size")
    project.repository.commit("field")
    done = project.manage("makemigrations")
    assert project.changed() == [NEW]
    assert "Wrote" not in done.out + done.err


def test_a_configured_lockfile_is_written_where_none_is_yet(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "repository")
    project.write("pyproject.toml", '[tool.oneleaf]\nlockfile = "latest.txt"\n')
    project.field("size")
    project.manage("makemigrations")
    assert project.read("shop/migrations/latest.txt") == "0002_item_size\n"


def test_an_excluded_app_is_left_alone(shop: Project) -> None:
    shop.write("pyproject.toml", '[tool.oneleaf]\nexclude = ["shop"]\n')
    shop.manage("makemigrations")
    assert shop.read(OWN) == "0001_initial\n"


def test_the_shared_lockfile_gets_the_new_name(shared: Project) -> None:
    done = shared.manage("makemigrations")
    assert shared.read(SHARED).endswith(TWO.replace("shop: 0001_initial", "")) is False
    assert shared.read(SHARED).endswith("cart: 0001_initial\n\nshop: 0002_item_size\n")
    assert done.out.splitlines()[-1] == f"Wrote {SHARED}"
    assert not shared.exists(OWN)


def test_the_shared_lockfile_keeps_apps_that_these_settings_do_not_install(
    shared: Project,
) -> None:
    shared.install("oneleaf.django", "shop")
    shared.manage("makemigrations")
    assert "cart: 0001_initial\n" in shared.read(SHARED)
    shared.repository.add()
    assert shared.oneleaf("check", "--all").code == 0


def test_the_shared_lockfile_gets_an_entry_for_a_new_app(shared: Project) -> None:
    shared.app("tags")
    shared.install("oneleaf.django", "cart", "shop", "tags")
    shared.manage("makemigrations", "tags")
    assert "tags: 0001_initial\n" in shared.read(SHARED)


def test_migrations_in_another_package_are_found(tmp_path: Path) -> None:
    project = Project.locked(tmp_path / "repository", "cart", "shop")
    modules = 'MIGRATION_MODULES = {"shop": "history.shop"}\n'
    project.install("oneleaf.django", "cart", "shop", extra=modules)
    project.write("history/__init__.py")
    project.manage("makemigrations", "shop")
    assert project.read("history/shop/max_migration.txt") == "0001_initial\n"
    project.manage("makemigrations", "shop", "--empty", "--name", "x")
    assert project.read("history/shop/max_migration.txt") == "0002_x\n"
    assert project.read(OWN) == "0001_initial\n"


def test_the_label_is_djangos_own_where_no_text_beside_the_migrations_says_it(
    shared: Project,
) -> None:
    modules = 'MIGRATION_MODULES = {"tags": "history.latest"}\n'
    shared.app("tags")
    shared.install("oneleaf.django", "cart", "shop", "tags", extra=modules)
    shared.write("history/__init__.py")
    shared.manage("makemigrations", "shop", "tags")
    assert "tags: 0001_initial\n" in shared.read(SHARED)
    shared.repository.add()
    assert shared.oneleaf("check", "--all").code == 0


def test_a_module_that_a_package_hides_is_none_of_the_history(shop: Project) -> None:
    shop.migration("0009_hidden", "0001_initial")
    shop.write("shop/migrations/0009_hidden/__init__.py")
    shop.manage("makemigrations")
    assert shop.read(OWN) == "0002_item_size\n"


def test_what_was_written_is_what_lock_would_write(shop: Project) -> None:
    shop.manage("makemigrations")
    shop.repository.add()
    assert shop.oneleaf("lock").code == 0
    assert shop.oneleaf("check", "--all").code == 0


def test_nothing_is_staged_and_nothing_else_is_left_behind(shop: Project) -> None:
    shop.manage("makemigrations")
    assert shop.repository.git("diff", "--cached", "--name-only") == ""
    assert shop.changed() == [NEW, OWN, "shop/models.py"]


def test_the_lockfile_keeps_its_mode(shop: Project) -> None:
    (shop.repository.path / OWN).chmod(0o640)
    shop.manage("makemigrations")
    assert (shop.repository.path / OWN).stat().st_mode & 0o777 == 0o640


def test_it_does_not_matter_where_it_is_run(shop: Project, tmp_path: Path) -> None:
    script = shop.repository.path / "manage.py"
    command = (sys.executable, str(script), "makemigrations")
    shop.repository.run(*command, ok=(0,), cwd=str(tmp_path))
    assert shop.read(OWN) == "0002_item_size\n"


def test_a_container_without_git_keeps_the_lockfiles_too(shop: Project) -> None:
    done = shop.manage("makemigrations", PATH="/nowhere")
    assert done.err == ""
    assert shop.read(OWN) == "0002_item_size\n"


@pytest.mark.parametrize("name", ["max_migration.txt", "latest.txt"])
def test_a_part_of_the_repository_without_its_git_directory_is_enough(
    shop: Project, tmp_path: Path, name: str
) -> None:
    shutil.rmtree(shop.repository.path / ".git")
    own = f"shop/migrations/{name}"
    if name != "max_migration.txt":
        shop.write("pyproject.toml", f'[tool.oneleaf]\nlockfile = "{name}"\n')
        shop.write(own, "0001_initial\n")
    command = (sys.executable, str(shop.repository.path / "manage.py"))
    cwd = str(tmp_path / "home")
    shop.repository.run(*command, "makemigrations", ok=(0,), cwd=cwd)
    assert shop.read(own) == "0002_item_size\n"


def test_without_its_git_directory_a_new_app_gets_a_lockfile_too(
    shop: Project,
) -> None:
    shutil.rmtree(shop.repository.path / ".git")
    shop.app("cart")
    shop.install("oneleaf.django", "shop", "cart")
    shop.manage("makemigrations", "cart")
    assert shop.read(CART) == "0001_initial\n"


def test_an_installed_package_is_never_written_to(tmp_path: Path) -> None:
    project = Project.locked(tmp_path / "repository")
    library = "venv/lib/site-packages/library"
    project.app(library)
    project.write(f"{library}/migrations/__init__.py")
    project.write(f"{library}/migrations/0001_initial.py", INITIAL)
    project.install(
        "oneleaf.django",
        "library",
        "shop",
        extra="import sys\nsys.path.insert(0, 'venv/lib/site-packages')\n",
    )
    project.manage("makemigrations", "library", "--empty", "--name", "x")
    assert project.exists(f"{library}/migrations/0002_x.py")
    assert not project.exists(f"{library}/migrations/max_migration.txt")


def test_an_app_of_another_repository_follows_that_one(
    shop: Project, tmp_path: Path
) -> None:
    other = Project.create(tmp_path / "other", "library")
    other.write("pyproject.toml", '[tool.oneleaf]\nlockfile = "latest.txt"\n')
    other.field("size", "library")
    shop.install(
        "oneleaf.django",
        "library",
        "shop",
        extra=f"import sys\nsys.path.insert(0, {str(other.repository.path)!r})\n",
    )
    assert shop.manage("makemigrations").err == ""
    assert shop.read(OWN) == "0002_item_size\n"
    assert other.read("library/migrations/latest.txt") == "0002_item_size\n"
    assert not other.exists("library/migrations/max_migration.txt")
