"""Random projects as data, good and broken, for the tests of the graph."""

from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from oneleaf.migration.reading.migrations import Migration
from oneleaf.project.project import App

Key = tuple[str, str]

LABELS = ("a", "b", "c", "d", "e")
# Alphabetical order, order of the files ("-" comes before ".py") and the order
# of creation, which is drawn, all differ.
NAMES = (
    "0001_initial",
    "0002",
    "0002-b",
    "0002_b",
    "0003_c",
    "0004_d",
    "0005_e",
    "0001_squashed_0002",
    "0001_squashed_0004",
    "0003_squashed_0005",
    "thefirst",
)
# An app outside the repository, and the user model's app may be there too.
THIRD_PARTY = "thirdparty"
# Nothing depends on this one: a cycle through an app outside cannot be seen.
THIRD_PARTY_CHILD: Key = (THIRD_PARTY, "0002_child")
USER: Key = ("settings.AUTH_USER_MODEL", "__first__")
FIRST, LATEST = "__first__", "__latest__"
FAULTS = (
    "missing dependency",
    "missing child",
    "own __latest__",
    "self-dependency",
    "backward edge",
    "replaces itself",
    "replaces a squash",
)


class Draft:
    """A migration while its project is still being made up."""

    def __init__(self) -> None:
        self.dependencies: list[Key] = []
        self.run_before: list[Key] = []
        self.replaces: list[Key] = []


class RandomProject:
    """Apps in the order in which Django would load them, and the user model."""

    def __init__(self, apps: Sequence[App], user: str) -> None:
        self.apps = apps
        self.user = user

    @property
    def settings(self) -> dict[str, str]:
        return {"AUTH_USER_MODEL": f"{self.user}.User"}

    def migrations(self) -> list[tuple[App, Migration]]:
        return [(app, m) for app in self.apps for m in app.migrations.values()]

    def __repr__(self) -> str:
        lines = [f"AUTH_USER_MODEL = {self.user}.User"]
        for app, m in self.migrations():
            parts = [f"{app.label}.{m.name}: {list(m.dependencies)}"]
            parts += [f"runs before {list(m.run_before)}"] if m.run_before else []
            parts += [f"replaces {list(m.replaces)}"] if m.replaces else []
            lines.append(", ".join(parts))
        return "\n".join(lines)


class _Author:
    """Writes a project step by step, each step drawn from ``draw``."""

    def __init__(self, draw: st.DrawFn, labels: Sequence[str]) -> None:
        self.draw = draw
        self.labels = labels
        self.drafts: dict[Key, Draft] = {}

    def one_of(self, choices: Sequence[Key]) -> Key:
        return self.draw(st.sampled_from(choices))

    def some(self, choices: Sequence[Key], most: int) -> list[Key]:
        if not choices:
            return []
        items = st.lists(st.sampled_from(choices), unique=True, max_size=most)
        return self.draw(items)

    def new(self) -> Key | None:
        label = self.draw(st.sampled_from(self.labels))
        free = [name for name in NAMES if (label, name) not in self.drafts]
        return (label, self.draw(st.sampled_from(free))) if free else None

    def tips(self, label: str) -> list[Key]:
        named = {pair for d in self.drafts.values() for pair in d.dependencies}
        return [k for k in self.drafts if k[0] == label and k not in named]

    def special(self, label: str) -> list[Key]:
        others = [other for other in self.labels if other != label]
        return [
            USER,
            (THIRD_PARTY, "0001_initial"),
            (THIRD_PARTY, FIRST),
            (label, FIRST),
            *((other, end) for other in others for end in (FIRST, LATEST)),
        ]

    def extend(self, key: Key) -> None:
        """On the leaf nodes, mostly; sometimes with an edge to another app."""
        draft = Draft()
        tips = self.tips(key[0])
        draft.dependencies = tips if self.draw(st.booleans()) else tips[:1]
        others = [other for other in self.drafts if other[0] != key[0]]
        draft.dependencies += self.some(others, 1)
        if self.draw(st.integers(0, 3)) == 0:
            draft.dependencies += self.some(self.special(key[0]), 2)
        self.drafts[key] = draft

    def branch(self, key: Key) -> None:
        draft = Draft()
        draft.dependencies = self.some(list(self.drafts), 2)
        self.drafts[key] = draft

    def insert(self, key: Key) -> None:
        """Before something that is there, after what was there before that."""
        known = list(self.drafts)
        if not known:
            return self.extend(key)
        child = self.one_of(known)
        draft = Draft()
        draft.run_before = [child]
        draft.dependencies = self.some(known[: known.index(child)], 2)
        if self.draw(st.integers(0, 3)) == 0:
            ends = [k for k in self.special(key[0]) if "." not in k[0]]
            ends = [k for k in ends if k[0] != THIRD_PARTY]
            draft.run_before += self.some([*ends, THIRD_PARTY_CHILD], 1)
        self.drafts[key] = draft
        return None

    def squash(self, key: Key) -> None:
        """A run of one app's migrations, or anything; squashes included."""
        known = list(self.drafts)
        own = [k for k in known if k[0] == key[0]]
        draft = Draft()
        if self.draw(st.integers(0, 3)) and own:
            start = self.draw(st.integers(0, len(own) - 1))
            length = self.draw(st.integers(1, 4))
            draft.replaces = own[start : start + length]
        else:
            draft.replaces = self.some(known, 3)
        outside = [
            pair
            for replaced in draft.replaces
            for pair in self.drafts[replaced].dependencies
            if pair not in draft.replaces
        ]
        draft.dependencies = outside if self.draw(st.integers(0, 3)) else []
        self.drafts[key] = draft

    def delete_originals(self) -> None:
        replaced = [
            pair
            for draft in self.drafts.values()
            for pair in draft.replaces
            if pair in self.drafts
        ]
        for key in self.some(replaced, len(replaced)):
            del self.drafts[key]

    def break_something(self, fault: str) -> None:
        keys = list(self.drafts)
        if not keys:
            return
        key = self.one_of(keys)
        draft = self.drafts[key]
        label = self.draw(st.sampled_from(self.labels))
        match fault:
            case "missing dependency":
                draft.dependencies.append((label, "0009_gone"))
            case "missing child":
                draft.run_before.append((label, "0008_gone"))
            case "own __latest__":
                draft.dependencies.append((key[0], LATEST))
            case "self-dependency":
                draft.dependencies.append(key)
            case "backward edge":
                draft.dependencies.append(self.one_of(keys))
            case "replaces itself":
                draft.replaces.append(key)
            case _:
                squashes = [k for k in keys if self.drafts[k].replaces]
                draft.replaces += self.some(squashes, 1)

    def finish(self) -> tuple[App, ...]:
        apps = []
        for label in self.labels:
            names = [name for owner, name in self.drafts if owner == label]
            names.sort(key=lambda name: name + ".py")
            migrations = {}
            for name in names:
                draft = self.drafts[label, name]
                migrations[name] = Migration(
                    name,
                    tuple(draft.dependencies),
                    tuple(draft.run_before),
                    tuple(draft.replaces),
                )
            apps.append(App(label, f"{label}/migrations", migrations))
        return tuple(apps)


@st.composite
def projects(draw: st.DrawFn, squashes: bool = True) -> RandomProject:
    """Projects of up to five apps: sound ones in the majority, or with faults."""
    count = draw(st.integers(1, len(LABELS)))
    author = _Author(draw, draw(st.permutations(LABELS))[:count])
    steps: dict[str, Callable[[Key], None]] = {
        "extend": author.extend,
        "branch": author.branch,
        "insert": author.insert,
        "squash": author.squash,
    }
    kinds = ["extend", "extend", "extend", "extend", "branch", "insert"]
    kinds += ["squash", "squash"] if squashes else []
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=16)):
        key = author.new()
        if key is not None:
            steps[kind](key)
    if draw(st.booleans()):
        author.delete_originals()
    if draw(st.integers(0, 2)) == 0:
        faults = FAULTS if squashes else FAULTS[:5]
        for fault in draw(st.lists(st.sampled_from(faults), min_size=1, max_size=2)):
            author.break_something(fault)
    user = draw(st.sampled_from([*author.labels, THIRD_PARTY]))
    return RandomProject(author.finish(), user)
