"""Random histories of two branches, written into a repository by ``git fast-import``."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from hypothesis import strategies as st

from repository import Repository, migration

Tree = dict[str, str]
LABELS = ("shop", "cart")
LOCKFILE = "max_migration.txt"
LINK = "link to "  # begins the text of a file that is a link


@dataclass
class Commit:
    """One commit: its files and the numbers of its parents."""

    files: Tree
    parents: tuple[int, ...]


class History:
    """Commits in order, and the numbers of the ends of both branches."""

    def __init__(self) -> None:
        self.commits: list[Commit] = []
        self.ours = 0
        self.theirs = 0

    def __repr__(self) -> str:
        """What each commit changes: a failure is read, not only replayed."""
        lines = [f"ours is {self.ours}, theirs is {self.theirs}"]
        for number, commit in enumerate(self.commits[1:], 1):
            before = self.commits[commit.parents[0]].files
            lines.append(f"{number} on {commit.parents}")
            for path in sorted({*before, *commit.files}):
                old, new = before.get(path), commit.files.get(path)
                if old != new:
                    letter = "A" if old is None else "D" if new is None else "M"
                    shown = new if new and len(new) < 40 else ""
                    lines.append(f"    {letter} {path} {shown!r}")
        return "\n".join(lines)

    def add(self, files: Tree, *parents: int) -> int:
        """A further commit; returns its number."""
        self.commits.append(Commit(files, parents))
        return len(self.commits) - 1

    def write(self, repository: Repository) -> None:
        """Branches ``ours`` and ``theirs`` in the repository, replacing older ones."""
        lines: list[str] = []
        for number, commit in enumerate(self.commits):
            lines += ["reset refs/heads/scratch", "commit refs/heads/scratch"]
            lines += [f"mark :{number + 1}", "committer A <a@example.org> 0 +0000"]
            lines += ["data 1", "x"]
            words = ["from", "merge"][: len(commit.parents)]
            for word, parent in zip(words, commit.parents, strict=True):
                lines.append(f"{word} :{parent + 1}")
            lines.append("deleteall")
            for path, text in commit.files.items():
                mode = "120000" if text.startswith(LINK) else "100644"
                text = text.removeprefix(LINK)
                lines += [f"M {mode} inline {path}", f"data {len(text)}", text]
        for name, number in (("ours", self.ours), ("theirs", self.theirs)):
            lines += [f"reset refs/heads/{name}", f"from :{number + 1}", ""]
        command = ("git", "fast-import", "--quiet", "--force")
        subprocess.run(
            command,
            input="\n".join(lines).encode(),
            check=True,
            cwd=repository.path,
            env=repository.env,
        )


def start() -> Tree:
    """Two apps of two migrations, with lockfiles, and what else a project has."""
    files: Tree = {"README": "a project\n", "notes/draft.txt": text("notes", "draft")}
    files["pyproject.toml"] = toml("[tool.other]", *"abcdefgh", "[tool.oneleaf]")
    for label in LABELS:
        files |= new_app(label, "0001_initial", "0002_color")
    return files


def new_app(label: str, *names: str) -> Tree:
    """An app whose migrations follow each other."""
    folder = f"{label}/migrations"
    files = {f"{label}/__init__.py": "", f"{folder}/__init__.py": ""}
    files[f"{label}/apps.py"] = (
        f"# top\nclass Config(AppConfig):\n    name = {label!r}\n"
        + "".join(f"# {label} {n}\n" for n in range(8))
        + "# bottom\n"
    )
    files[f"{label}/views.py"] = "".join(f"{label}_{n} = {n}\n" for n in range(8))
    before: list[tuple[str, str]] = []
    for name in names:
        files[f"{folder}/{name}.py"] = text(label, name, *before)
        before = [(label, name)]
    files[f"{folder}/{LOCKFILE}"] = f"{names[-1]}\n"
    return files


def text(label: str, name: str, *dependencies: tuple[str, str]) -> str:
    """A migration long enough for an edit at each end to stay apart."""
    lines = "".join(f"# {label} {name} line {n}\n" for n in range(8))
    return f"# top\n{migration(*dependencies)}\n{lines}# bottom\n"


def toml(*lines: str) -> str:
    """A file of settings that can be edited at each end."""
    return "".join(f"{x} = 1\n" if len(x) == 1 else f"{x}\n" for x in ("# top", *lines))


def names_of(files: Tree, folder: str) -> list[str]:
    """The migrations in a folder."""
    prefix = f"{folder}/0"
    return sorted(p[len(folder) + 1 : -3] for p in files if p.startswith(prefix))


PLACES = ("{}", "new_{}", "apps/{}", "{}/core")


def home(files: Tree, label: str) -> str:
    """The folder that an app is in by now."""
    places = [place.format(label) for place in PLACES]
    found = [p for p in places if names_of(files, f"{p}/migrations")]
    return found[0] if found else label


ADDING = ("add", "add", "add", "add", "add without lockfile", "add on another app")
STEPS = (
    *ADDING, "edit top", "edit bottom", "lockfile", "delete", "rename", "re-depend",
    "replace", "drop lockfile", "new app", "drop app", "move app", "move app",
)  # fmt: skip
# What else may stand in the way of a merge: files that are read beside migrations,
# or not at all, and that become migrations, or had been one.
FURTHER = (
    "edit apps.py", "edit settings", "edit notes", "edit notes", "to notes",
    "from notes", "to the other app", "add views", "rename views", "edit views",
    "split app", "file for app", "link", "empty", "move folder",
)  # fmt: skip


def step(draw: st.DrawFn, files: Tree, kinds: tuple[str, ...] = STEPS) -> Tree:
    """The files after one change."""
    label = draw(st.sampled_from(LABELS))
    kind = draw(st.sampled_from(kinds))
    place = home(files, label)
    names = names_of(files, f"{place}/migrations")
    if kind == "new app":
        return {**files, **new_app("blog", "0001_initial")}
    if not names:
        return files
    app = _App(label, place, names)
    if kind in FURTHER:
        return tidy(_step_further(draw, dict(files), app, kind))
    return tidy(_step(draw, dict(files), app, kind))


@dataclass
class _App:
    """What a change is made to: an app, its folder, its migrations."""

    label: str
    place: str
    names: list[str]

    @property
    def folder(self) -> str:
        return f"{self.place}/migrations"

    def one(self, draw: st.DrawFn) -> str:
        """The path of one of the last two migrations."""
        return f"{self.folder}/{draw(st.sampled_from(self.names[-2:]))}.py"


def _step(draw: st.DrawFn, files: Tree, app: _App, kind: str) -> Tree:
    label, folder, names, lockfile = app.label, app.folder, app.names, LOCKFILE
    one = app.one(draw)
    if kind.startswith("add"):
        number = int(names[-1][:4]) + 1
        name = f"{number:04}_{draw(st.sampled_from('abcd'))}"
        dependencies = [(label, draw(st.sampled_from([names[-1], *names[-2:]])))]
        if kind == "add on another app":
            other = LABELS[label == LABELS[0]]
            there = names_of(files, f"{home(files, other)}/migrations")
            dependencies.append((other, (there or ["0001_initial"])[-1]))
        files[f"{folder}/{name}.py"] = text(label, name, *dependencies)
        if kind != "add without lockfile" and f"{folder}/{lockfile}" in files:
            files[f"{folder}/{lockfile}"] = f"{name}\n"
    elif kind in ("edit top", "edit bottom"):
        edit(draw, files, one, kind.removeprefix("edit "))
    elif kind == "lockfile":
        files[f"{folder}/{lockfile}"] = f"{names[-1]}\n"
    elif kind == "delete":
        del files[one]
    elif kind == "rename":
        files[one.replace(".py", "_new.py")] = files.pop(one)
    elif kind == "re-depend":
        files[one] = text(label, one.rpartition("/")[2][:-3], (label, names[0]))
    elif kind == "replace":
        pairs = [(label, name) for name in names[:2]]
        files[f"{folder}/0001_squashed.py"] = migration(replaces=pairs)
    elif kind == "drop lockfile":
        files.pop(f"{folder}/{lockfile}", None)
    elif kind == "drop app":
        files = without(files, app.place)
    else:
        target = draw(st.sampled_from(PLACES)).format(label)
        files = moved(files, app.place, target)
    return files


def _step_further(draw: st.DrawFn, files: Tree, app: _App, kind: str) -> Tree:
    place, folder, one = app.place, app.folder, app.one(draw)
    word = draw(st.sampled_from(("top", "bottom")))
    if kind.startswith("edit "):
        what = {"apps.py": f"{place}/apps.py", "settings": "pyproject.toml"}
        what |= {"notes": "notes/draft.txt", "views": f"{place}/views.py"}
        edit(draw, files, what[kind.removeprefix("edit ")], word)
    elif kind == "to notes":
        files["notes/old.txt"] = files.pop(one)
    elif kind == "from notes":
        if "notes/draft.txt" in files:
            files[f"{folder}/0009_draft.py"] = files.pop("notes/draft.txt")
    elif kind == "to the other app":
        other = LABELS[app.label == LABELS[0]]
        files[one.replace(place, home(files, other), 1)] = files.pop(one)
    elif kind == "add views":
        files[f"{place}/{draw(st.sampled_from(('more', 'core/views')))}.py"] = "x = 1\n"
    elif kind == "rename views":
        if f"{place}/views.py" in files:
            files[f"{place}/pages.py"] = files.pop(f"{place}/views.py")
    elif kind == "split app":
        files = halved(files, folder, f"other_{app.label}", f"new_{app.label}")
    elif kind == "file for app":
        files = {**without(files, place), place: "a file\n"}
    elif kind == "link":
        path = draw(st.sampled_from((one, f"{folder}/{LOCKFILE}")))
        files[path] = LINK + draw(st.sampled_from(("../views.py", "../../README")))
    elif kind == "empty":
        files[f"{folder}/{draw(st.sampled_from(('0003_a', '0004_a')))}.py"] = ""
    else:
        files = moved(files, folder, f"{place}/history")
    return files


def edit(draw: st.DrawFn, files: Tree, path: str, word: str) -> None:
    """Changes the line at one end of a file."""
    by = draw(st.sampled_from("xyz"))
    if path in files:
        files[path] = files[path].replace(f"# {word}", f"# {word} {by}")
        if path.endswith("views.py"):
            files[path] += f"# {by}\n"


def without(files: Tree, folder: str) -> Tree:
    """All files but those in a folder."""
    return {p: c for p, c in files.items() if not p.startswith(f"{folder}/")}


def moved(files: Tree, folder: str, target: str) -> Tree:
    """The files after a folder got another name."""
    return {
        target + path[len(folder) :] if path.startswith(f"{folder}/") else path: content
        for path, content in files.items()
    }


def halved(files: Tree, folder: str, *targets: str) -> Tree:
    """The files after a folder went to two others, as many files to one as to the other.

    An odd one is lost.
    """
    full = sorted(p for p in files if p.startswith(f"{folder}/") and files[p])
    half = len(full) // 2
    rest = without(files, folder)
    for target, paths in zip(targets, (full[:half], full[half:][:half]), strict=True):
        rest |= {target + path[len(folder) :]: files[path] for path in paths}
    return rest


def tidy(files: Tree) -> Tree:
    """The files without those that stand where a folder does."""
    folders = {
        path[:at] for path in files for at in range(len(path)) if path[at] == "/"
    }
    return {path: content for path, content in files.items() if path not in folders}


@st.composite
def changed(draw: st.DrawFn, files: Tree, kinds: tuple[str, ...]) -> Tree:
    """The files after one change of these kinds."""
    return step(draw, files, kinds)


# Few kinds at a time, so that those meet which have to do with each other.
SOME = st.lists(st.sampled_from((*STEPS, *FURTHER)), min_size=2, max_size=6).map(
    lambda kinds: ("add", *kinds)
)


@st.composite
def histories(
    draw: st.DrawFn, crossings: int = 0, kinds: tuple[str, ...] = ()
) -> History:
    """Two branches that merged each other's earlier states crosswise so many times.

    kinds: of their changes; some where there are none.
    """
    kinds = kinds or draw(SOME)
    history = History()
    root = history.add(start())
    ends, trees = [root, root], [start(), start()]
    for crossing in range(crossings + 1):
        before = dict(trees[0])
        for side in (0, 1):
            for _ in range(draw(st.integers(1, 2))):
                trees[side] = step(draw, trees[side], kinds)
            ends[side] = history.add(trees[side], ends[side])
        if crossing < crossings:
            resolved = [
                resolve(draw, before, trees[side], trees[1 - side]) for side in (0, 1)
            ]
            ends = [
                history.add(resolved[side], ends[side], ends[1 - side])
                for side in (0, 1)
            ]
            trees = resolved
    history.ours, history.theirs = ends
    return history


def resolve(draw: st.DrawFn, base: Tree, ours: Tree, theirs: Tree) -> Tree:
    """A merge as people make it: of each path either side's version, or both's."""
    first, second = (ours, theirs) if draw(st.booleans()) else (theirs, ours)
    both = {**second, **first}
    if draw(st.booleans()):  # what one side took away is gone
        gone = [p for p in base if p not in ours or p not in theirs]
        both = {p: c for p, c in both.items() if p not in gone}
    return tidy(both)
