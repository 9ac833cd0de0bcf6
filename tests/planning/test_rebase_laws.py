"""What holds of every rebase, on random histories, with Django's loader as the judge."""

from collections.abc import Iterable

import pytest
from django.db.migrations import loader as django_loader
from hypothesis import event, given

import bare_django
from oneleaf.project.project import number
from two_sides import Key, Sources, TwoSides, rebased, two_sides

pytestmark = pytest.mark.django

bare_django.set_up()


def key_of(path: str) -> Key:
    directory, _, name = path.rpartition("/")
    return directory.partition("/")[0], name[:-3]


class MemoryLoader(django_loader.MigrationLoader):
    """Django's loader on files in memory; it raises for what is missing or circular."""

    def __init__(self, files: Sources) -> None:
        self.files = files
        super().__init__(None, ignore_no_migrations=True)

    def load_disk(self) -> None:
        self.unmigrated_apps = set()
        self.migrated_apps = {key_of(path)[0] for path in self.files}
        self.disk_migrations = {}
        for path, source in self.files.items():
            label, name = key_of(path)
            namespace: dict[str, object] = {}
            exec(compile(source, path, "exec"), namespace)
            migration = namespace["Migration"]
            assert isinstance(migration, type)
            self.disk_migrations[label, name] = migration(name, label)


def new_names(
    before: Sources, after: Sources, moved: Iterable[tuple[str, str]]
) -> dict[Key, Key]:
    names = {key_of(path): key_of(path) for path in before}
    for old, new in moved:
        names[key_of(old)] = key_of(new)
    return names


def operations(source: bytes) -> bytes:
    return source[source.index(b"    operations = [") :]


@given(two_sides())
def test_afterwards_django_sees_one_leaf_and_nothing_missing(sides: TwoSides) -> None:
    after, plan = rebased(sides.all, sides.published)
    assert not [app.refused for app in plan.apps if app.refused]
    event(f"moves {len(plan.moves)}")
    event(f"squash {bool(sides.squashed)}")
    loader = MemoryLoader(after)
    assert loader.detect_conflicts() == {}
    for label in loader.migrated_apps:
        assert len(loader.graph.leaf_nodes(label)) == 1


@given(two_sides())
def test_each_sides_order_is_kept(sides: TwoSides) -> None:
    after, plan = rebased(sides.all, sides.published)
    names = new_names(sides.all, after, plan.moves.items())
    graph = MemoryLoader(after).graph

    def node(key: Key) -> Key:
        return names[sides.squashed.get(key, key)]

    for child, parents in sides.parents.items():
        earlier = set(graph.forwards_plan(node(child)))
        assert {node(parent) for parent in parents} <= earlier


@given(two_sides())
def test_published_files_stay_byte_for_byte(sides: TwoSides) -> None:
    after, plan = rebased(sides.all, sides.published)
    assert {path: after[path] for path in sides.published} == sides.published
    assert not plan.files.keys() & sides.published.keys()


@given(two_sides())
def test_the_operations_are_the_same_ones(sides: TwoSides) -> None:
    after, plan = rebased(sides.all, sides.published)
    names = new_names(sides.all, after, plan.moves.items())
    assert len(after) == len(sides.all)
    by_key = {key_of(path): source for path, source in after.items()}
    for path, source in sides.all.items():
        assert operations(by_key[names[key_of(path)]]) == operations(source)


@given(two_sides())
def test_doing_it_again_changes_nothing(sides: TwoSides) -> None:
    after, _ = rebased(sides.all, sides.published)
    again, plan = rebased(after, sides.published)
    assert not plan.files
    assert again == after


@given(two_sides())
def test_the_final_models_have_the_fields_of_both_sides(sides: TwoSides) -> None:
    after, _ = rebased(sides.all, sides.published)
    state = MemoryLoader(after).project_state()
    found = {
        (label, name)
        for (label, _), model in state.models.items()
        for name in model.fields
        if name != "id"
    }
    assert found == sides.fields


@given(two_sides())
def test_no_number_comes_twice_among_what_moved(sides: TwoSides) -> None:
    after, plan = rebased(sides.all, sides.published)
    for app in plan.apps:
        final = [
            number(key_of(path)[1]) for path in after if key_of(path)[0] == app.app
        ]
        moved = [number(new) for _, new in app.moved if "_squashed_" not in new]
        replaced = {number(key_of(path)[1]) for path in after if "_squashed_" in path}
        assert len(set(moved)) == len(moved)
        assert all(final.count(value) == 1 for value in moved if value not in replaced)
