"""The fast door of ``check`` and its slow twin say the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from oneleaf.arguments import parse
from oneleaf.checking import fast_path, rules
from oneleaf.checking import state as states
from oneleaf.checking.findings import Finding
from oneleaf.commands import check
from oneleaf.git import git
from repository import Repository, migration, working_in

APPS = ("shop", "cart", "blog")
NAMES = ("0001_initial", "0002_color", "0003_size")
NEW = ("0002_weight", "0003_weight", "0004_weight", "0004_price", "odd")
Key = tuple[str, str]


@pytest.fixture(scope="module", params=["lockfiles", "no-lockfiles"])
def base(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Repository]:
    """A clean project of three apps; this process works in it, as a hook does."""
    repository = Repository.create(tmp_path_factory.mktemp("narrow") / "repository")
    for label in APPS:
        names = NAMES if label != "blog" else NAMES[:1]
        repository.app(label, *names, lockfile=request.param == "lockfiles")
    repository.migration("cart", "0003_size", "0002_color", "shop.0002_color")
    repository.commit()
    with working_in(repository):
        yield repository


targets = st.one_of(
    st.tuples(st.sampled_from(APPS), st.sampled_from((*NAMES, *NEW, "0009_nowhere"))),
    st.sampled_from((("auth", "0001_initial"), ("blog", "__first__"))),
)
additions = st.dictionaries(
    st.tuples(st.sampled_from(APPS), st.sampled_from(NEW)),
    st.lists(targets, max_size=3),
    max_size=3,
)
edits = st.dictionaries(
    st.tuples(st.sampled_from(APPS), st.sampled_from(NAMES)),
    st.sampled_from(("operations", "dependencies", "delete", "replaces")),
    max_size=1,
)


def stage(
    repository: Repository, added: dict[Key, list[Key]], edited: dict[Key, str]
) -> None:
    """Brings the index to HEAD plus these changes."""
    repository.git("reset", "-q", "--hard", "HEAD")
    for (label, name), dependencies in added.items():
        source = migration(*dict.fromkeys(dependencies))
        repository.write(f"{label}/migrations/{name}.py", source)
    for (label, name), how in edited.items():
        path = f"{label}/migrations/{name}.py"
        if not (repository.path / path).exists():
            continue
        if how == "delete":
            (repository.path / path).unlink()
        elif how == "operations":
            repository.write(path, repository.read(path).replace("[]\n", "[ ]\n"))
        elif how == "dependencies":
            repository.write(path, migration(("shop", "0001_initial")))
        else:
            source = migration(
                (label, "0001_initial"), replaces=[(label, "0002_color")]
            )
            repository.write(path, source)
    repository.add()


def told(findings: list[Finding]) -> list[tuple[str, str, int, str]]:
    """Findings as values."""
    return [(f.code, f.path, f.line, f.message) for f in findings]


@settings(max_examples=settings().max_examples // 4)
@given(added=additions, edited=edits)
def test_the_narrow_door_agrees_with_the_whole_index(
    base: Repository, added: dict[Key, list[Key]], edited: dict[Key, str]
) -> None:
    stage(base, added, edited)
    options = parse(check.VERB, [])
    objects = git.Objects()
    try:
        state = states.of_index(objects)
        narrowed = fast_path.case(state, options)
        slow = rules.run(check.full_case(state, options))
        event("findings" if slow else "clean")
        if state.changes and narrowed is not None:
            event("tells")
            assert told(rules.run(narrowed)) == told(slow)
    finally:
        objects.close()


@pytest.mark.parametrize(
    ("added", "opens"),
    [
        pytest.param(
            {("shop", "0004_price"): [("shop", "0003_size")]}, True, id="linear"
        ),
        pytest.param(
            {("shop", "0004_price"): [("shop", "0001_initial")]}, True, id="fork"
        ),
        pytest.param(
            {("shop", "0004_price"): [("shop", "0003_size"), ("blog", "0001_initial")]},
            True,
            id="on an app beside it",
        ),
        pytest.param(
            {("shop", "0004_price"): [("shop", "0003_size"), ("blog", "0009_nowhere")]},
            False,
            id="on what is nowhere",
        ),
        pytest.param(
            {("shop", "0004_price"): [("shop", "0003_size"), ("auth", "0001_initial")]},
            False,
            id="on what is new to the app and not beside it",
        ),
    ],
)
def test_the_narrow_door_opens_where_it_can_tell(
    base: Repository, added: dict[Key, list[Key]], opens: bool
) -> None:
    stage(base, added, {})
    objects = git.Objects()
    try:
        found = fast_path.read(states.of_index(objects))
    finally:
        objects.close()
    assert (found is not None) == opens
