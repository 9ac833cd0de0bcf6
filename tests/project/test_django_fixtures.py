"""Every migrations folder of Django's own test suite: read, built, compared.

The folders are read as a repository's would be, with ``oneleaf.migration.reading.migrations.read``;
Django's loader imports them in a process of its own, with ``MIGRATION_MODULES``
naming the folder, as Django's tests do.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import django
import pytest

import django_source
from oneleaf.migration.reading.migrations import read
from oneleaf.project.graph import build_graph
from oneleaf.project.project import App

pytestmark = [pytest.mark.django, pytest.mark.slow]

Case = Mapping[str, str]

M = "migrations/test_migrations"
APPS = "migrations/migrations_test_apps"
ONLY_IN_6 = (
    "squashed_double",
    "squashed_loop",
    "squashed_replaced_order",
    "squashed_partially_applied",
    "with_generic_model",
)
# They import drivers and libraries that Django does not bring along.
OUT_OF_REACH = ("gis_tests", "postgres_tests")


def exists_here(path: str) -> bool:
    return django.VERSION >= (6, 0) or not any(word in path for word in ONLY_IN_6)


OF_LABEL_MIGRATIONS = (
    *(
        f"{M}{name}"
        for name in (
            "",
            "_atomic_operation",
            "_backwards_deps_1",
            "_bad_pyc",
            "_clashing_prefix",
            "_conflict",
            "_conflict_long_name",
            "_custom_user",
            "_empty",
            "_fake_split_initial",
            "_first",
            "_initial_false",
            "_manual_porting",
            "_namespace_package",
            "_no_ancestor",
            "_no_changes",
            "_no_default",
            "_no_init",
            "_no_operations",
            "_non_atomic",
            "_noop",
            "_order",
            "_plan",
            "_private",
            "_run_before",
            "_squashed",
            "_squashed_complex",
            "_squashed_double",
            "_squashed_erroneous",
            "_squashed_extra",
            "_squashed_loop",
            "_squashed_no_replaces",
            "_squashed_partially_applied",
            "_unmigdep",
        )
    ),
    "migrations/deprecated_field_migrations",
    "migrations/faulty_migrations/namespace",
    "migrations/test_add_many_to_many_field_initial",
    "migrations/test_auto_now_add",
    "migrations/test_fake_initial_case_insensitive",
    "migrations/test_fake_initial_case_insensitive/fake_initial",
    "migrations/test_fake_initial_case_insensitive/initial",
)
OF_LABEL_MIGRATIONS2 = (
    "migrations2/test_migrations_2",
    "migrations2/test_migrations_2_first",
    "migrations2/test_migrations_2_no_deps",
    "migrations2/test_migrations_2_squashed_with_replaces",
)
OF_LABEL_APP = tuple(
    f"{M}_squashed_{name}/{app}"
    for name in ("complex_multi_apps", "ref_squashed", "replaced_order")
    for app in ("app1", "app2")
)
OF_THEIR_PARENT = (
    f"{APPS}/alter_fk/author_app/migrations",
    f"{APPS}/alter_fk/book_app/migrations",
    f"{APPS}/conflicting_app_with_dependencies/migrations",
    f"{APPS}/lookuperror_a/migrations",
    f"{APPS}/lookuperror_b/migrations",
    f"{APPS}/lookuperror_c/migrations",
    f"{APPS}/migrated_app/migrations",
    f"{APPS}/migrated_unapplied_app/migrations",
    f"{APPS}/mutate_state_a/migrations",
    f"{APPS}/mutate_state_b/migrations",
    f"{APPS}/unspecified_app_with_conflict/migrations",
    f"{APPS}/with_generic_model/migrations",
    f"{APPS}/without_init_file/migrations",
    "admin_scripts/another_app_waiting_migration/migrations",
    "admin_scripts/app_waiting_migration/migrations",
    "auth_tests/operations_migrations",
    "backends/base/app_unmigrated/migrations",
    "contenttypes_tests/operations_migrations",
    "db_functions/migrations",
    "migrate_signals/custom_migrations",
    "migration_test_data_persistence/migrations",
    "sites_framework/migrations",
)
TOGETHER: tuple[Case, ...] = (
    {"migrations": f"{M}_first", "migrations2": "migrations2/test_migrations_2_first"},
    {"migrations": M, "migrations2": "migrations2/test_migrations_2"},
    {"migrations": M, "migrations2": "migrations2/test_migrations_2_no_deps"},
    *(
        {app: f"{M}_squashed_{name}/{app}" for app in ("app1", "app2")}
        for name in ("complex_multi_apps", "ref_squashed", "replaced_order")
    ),
    {f"lookuperror_{end}": f"{APPS}/lookuperror_{end}/migrations" for end in "abc"},
    {app: f"{APPS}/alter_fk/{app}/migrations" for app in ("author_app", "book_app")},
    {f"mutate_state_{end}": f"{APPS}/mutate_state_{end}/migrations" for end in "ab"},
    {
        app: f"{APPS}/{app}/migrations"
        for app in ("conflicting_app_with_dependencies", "migrated_app")
    },
    {path.split("/")[-2]: path for path in OF_THEIR_PARENT if exists_here(path)},
)

ALL = (
    *({"migrations": path} for path in OF_LABEL_MIGRATIONS),
    *({"migrations2": path} for path in OF_LABEL_MIGRATIONS2),
    *({path.split("/")[-1]: path} for path in OF_LABEL_APP),
    *({path.split("/")[-2]: path} for path in OF_THEIR_PARENT),
    *TOGETHER,
)
CASES = tuple(case for case in ALL if all(map(exists_here, case.values())))


def name_of(case: Case) -> str:
    return " + ".join(case.values()) if len(case) < 4 else f"{len(case)} apps together"


@pytest.fixture(scope="module")
def source() -> Path:
    return django_source.find() / "tests"


@pytest.fixture(scope="module")
def answers(source: Path) -> dict[str, Any]:
    """Case -> what Django says of it."""
    modules = [
        {label: path.replace("/", ".") for label, path in case.items()}
        for case in CASES
    ]
    oracle = Path(__file__).with_name("django_fixtures_oracle.py")
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", str(oracle)],
        input=json.dumps(modules),
        env={**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(map(name_of, CASES), json.loads(finished.stdout), strict=True))


def apps_of(source: Path, case: Case) -> list[App]:
    """The case's packages as discovery sees them; none without ``__init__.py``."""
    apps = []
    for label, path in sorted(case.items(), key=lambda item: item[1]):
        package = source / path
        if (package / "__init__.py").is_file():
            found = [
                read(file.stem, file.read_bytes())
                for file in sorted(package.glob("*.py"))
                if file.name[0] not in "_~." and "." not in file.stem
            ]
            apps.append(App(label, path, {m.name: m for m in found}))
    return apps


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_folder_of_djangos_test_suite_gives_the_graph_that_django_builds(
    source: Path, answers: dict[str, Any], case: Case
) -> None:
    answer = answers[name_of(case)]
    apps = apps_of(source, case)
    graph = build_graph(apps, {"AUTH_USER_MODEL": "auth.User"})

    assert sorted(set(case) - {app.label for app in apps}) == answer["unmigrated"]
    error, node = answer["error"] or (None, None)
    inside = node is not None and node[0] in case
    missing = [list(found.dependency) for found in graph.missing]
    assert (node in missing) if inside else not missing
    assert bool(graph.replaces_cycles) == (error == "CommandError")
    assert bool(graph.cycles) == (error == "CircularDependencyError")
    if error is None:
        leaves = {app.label: graph.leaf_nodes(app) for app in apps}
        unmigrated: dict[str, list[str]] = {label: [] for label in answer["unmigrated"]}
        assert leaves | unmigrated == answer["leaves"]
        conflicts = {label: names for label, names in leaves.items() if len(names) > 1}
        assert conflicts == answer["conflicts"]


def test_folders_with_one_label_side_by_side_keep_their_own_leaf_nodes(
    source: Path,
) -> None:
    alone = [app for case in CASES if len(case) == 1 for app in apps_of(source, case)]
    graph = build_graph(alone, {"AUTH_USER_MODEL": "auth.User"})

    assert len(alone) > len({app.label for app in alone}) + 30
    for app in alone:
        expected = build_graph([app], {"AUTH_USER_MODEL": "auth.User"}).leaf_nodes(app)
        assert graph.leaf_nodes(app) == expected


def test_no_folder_of_djangos_test_suite_is_left_out(source: Path) -> None:
    found = {
        file.parent.relative_to(source).as_posix()
        for file in source.rglob("*.py")
        if not file.name.startswith("test_")
        and "\nclass Migration(" in file.read_text(encoding="utf-8", errors="replace")
    }
    reachable = {path for path in found if not path.startswith(OUT_OF_REACH)}
    assert reachable <= {path for case in CASES for path in case.values()}
    assert len(reachable) > 50
