"""Random histories of two branches, written into a repository by ``git fast-import``."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from hypothesis import strategies as st

from repository import Repository, migration

Tree = dict[str, str]
LABELS = ("shop", "cart")
LOCKFILE = "max_migration.txt"


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
                lines += [f"M 100644 inline {path}", f"data {len(text)}", text]
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
    """Two apps of two migrations, with lockfiles."""
    files: Tree = {"README": "a project\n"}
    for label in LABELS:
        files |= new_app(label, "0001_initial", "0002_color")
    return files


def new_app(label: str, *names: str) -> Tree:
    """An app whose migrations follow each other."""
    folder = f"{label}/migrations"
    files = {f"{label}/__init__.py": "", f"{folder}/__init__.py": ""}
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


def names_of(files: Tree, label: str) -> list[str]:
    """The migrations of an app."""
    prefix = f"{label}/migrations/0"
    return sorted(p[len(prefix) - 1 : -3] for p in files if p.startswith(prefix))


STEPS = (
    "add", "add", "add", "add", "add without lockfile", "add on another app",
    "edit top", "edit bottom", "lockfile", "delete", "rename", "re-depend",
    "replace", "drop lockfile", "new app", "drop app", "move app",
)  # fmt: skip

GOING = ("delete", "rename", "drop", "move")


def step(draw: st.DrawFn, files: Tree, kinds: tuple[str, ...] = STEPS) -> Tree:
    """The files after one change."""
    files = dict(files)
    label = draw(st.sampled_from(LABELS))
    names = names_of(files, label)
    kind = draw(st.sampled_from(kinds))
    if kind == "new app":
        return {**files, **new_app("blog", "0001_initial")}
    if not names:
        return files
    folder = f"{label}/migrations"
    one = f"{folder}/{draw(st.sampled_from(names[-2:]))}.py"
    if kind.startswith("add"):
        number = int(names[-1][:4]) + 1
        name = f"{number:04}_{draw(st.sampled_from('abcd'))}"
        dependencies = [(label, draw(st.sampled_from([names[-1], *names[-2:]])))]
        if kind == "add on another app":
            other = LABELS[label == LABELS[0]]
            there = names_of(files, other) or ["0001_initial"]
            dependencies.append((other, there[-1]))
        files[f"{folder}/{name}.py"] = text(label, name, *dependencies)
        if kind != "add without lockfile" and f"{folder}/{LOCKFILE}" in files:
            files[f"{folder}/{LOCKFILE}"] = f"{name}\n"
    elif kind in ("edit top", "edit bottom"):
        word = kind.removeprefix("edit ")
        by = draw(st.sampled_from("xyz"))
        files[one] = files[one].replace(f"# {word}", f"# {word} {by}")
    elif kind == "lockfile":
        files[f"{folder}/{LOCKFILE}"] = f"{names[-1]}\n"
    elif kind == "delete":
        del files[one]
    elif kind == "rename":
        files[one.replace(".py", "_new.py")] = files.pop(one)
    elif kind == "re-depend":
        files[one] = text(label, one[-9:-3], (label, names[0]))
    elif kind == "replace":
        pairs = [(label, name) for name in names[:2]]
        files[f"{folder}/0001_squashed.py"] = migration(replaces=pairs)
    elif kind == "drop lockfile":
        files.pop(f"{folder}/{LOCKFILE}", None)
    elif kind == "drop app":
        files = {p: c for p, c in files.items() if not p.startswith(f"{label}/")}
    else:
        files = {p.replace(f"{label}/", f"new_{label}/"): c for p, c in files.items()}
    return files


@st.composite
def changed(draw: st.DrawFn, files: Tree, kinds: tuple[str, ...]) -> Tree:
    """The files after one change of these kinds."""
    return step(draw, files, kinds)


@st.composite
def histories(draw: st.DrawFn, criss_cross: bool = False) -> History:
    """Two branches, some of which merged each other's earlier states crosswise.

    Nothing is taken away in those: git would seek its renames among texts that are in
    no commit, and which it sees is told by its own measure of likeness alone.
    """
    kinds = tuple(s for s in STEPS if not s.startswith(GOING)) if criss_cross else STEPS
    history = History()
    root = history.add(start())
    ends, trees = [root, root], [start(), start()]
    for _ in range(2 if criss_cross else 1):
        for side in (0, 1):
            for _ in range(draw(st.integers(1, 2))):
                trees[side] = step(draw, trees[side], kinds)
            ends[side] = history.add(trees[side], ends[side])
        if criss_cross and len(history.commits) == 3:
            crossed = []
            for side in (0, 1):
                # Whoever resolves takes either side's version of a path, or both's.
                first, second = trees[side], trees[1 - side]
                merged = {**second, **first}
                if draw(st.booleans()):
                    merged = {**first, **second}
                crossed.append(
                    (history.add(merged, ends[side], ends[1 - side]), merged)
                )
            ends = [number for number, _ in crossed]
            trees = [tree for _, tree in crossed]
    history.ours, history.theirs = ends
    return history
