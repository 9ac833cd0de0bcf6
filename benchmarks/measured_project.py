"""One git repository to measure in, and how other programs are asked for text."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import generated_files

GIT = shutil.which("git") or "git"
GLOB = ":(glob)**/migrations/*.py"
MIGRATION = re.compile(r"(?:.*/)?migrations/(\d{4}_\w+)\.py")


class UnavailableError(Exception):
    """Something a row needs is not there; the message says what."""


def output(argv: list[str], cwd: Path, **env: str) -> str:
    """Standard output of a command. Raises UnavailableError with its last words."""
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        errors = [line for line in lines if "Error: " in line] or lines
        what = " ".join([Path(argv[0]).name, *argv[1:4]])
        raise UnavailableError(f"{what}: {errors[-1].strip()}")
    return done.stdout


def lines(argv: list[str], cwd: Path) -> Iterator[str]:
    """Standard output line by line: what this process holds in memory at once
    becomes the least peak memory a measured child can have."""
    with subprocess.Popen(argv, cwd=cwd, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            yield line.rstrip("\n")


class Project:
    """One git repository to measure in, in one of two states of its index.

    Clean: as committed. Staged: one new migration behind the leaf node of the
    longest app, and its lockfile where the app has one.
    """

    def __init__(self, root: Path, *, has_work_tree: bool = True) -> None:
        self.root = root
        self.git_dir = root / ".git"
        self.has_work_tree = has_work_tree
        self.staged_files: dict[str, str] = {}
        self.clean_index = root.with_suffix(".clean")
        self.staged_index = root.with_suffix(".staged")
        if not self.clean_index.exists():
            shutil.copyfile(self.git_dir / "index", self.clean_index)
        shutil.copyfile(self.clean_index, self.git_dir / "index")
        self._prepare_staged()
        self.stage(wanted=False)

    @property
    def blob_ids(self) -> Path:
        """A file with the blob ids of all migration files, one a line."""
        ids = self.root.with_suffix(".ids")
        if not ids.exists():
            with ids.open("w") as out:
                for line in lines([GIT, "ls-files", "-s", "--", GLOB], self.root):
                    out.write(f"{line.split()[1]}\n")
        return ids

    def git(self, *arguments: str, **env: str) -> str:
        return output([GIT, *arguments], self.root, **env)

    def stage(self, *, wanted: bool) -> None:
        """Put the index (and the work tree, if there is one) into a state."""
        source = self.staged_index if wanted else self.clean_index
        shutil.copyfile(source, self.git_dir / "index")
        for path, text in self.staged_files.items() if self.has_work_tree else ():
            target = self.root / path
            if wanted:
                target.write_text(text)
            elif path.endswith(".py"):
                target.unlink(missing_ok=True)
            else:
                target.write_text(self.git("show", f"HEAD:{path}"))

    def _prepare_staged(self) -> None:
        """Write the blobs and the second index; the blobs stay loose objects."""
        counts: dict[str, int] = {}
        for line in lines([GIT, "ls-files", "--", GLOB], self.root):
            folder = line.rpartition("/")[0]
            counts[folder] = counts.get(folder, 0) + bool(MIGRATION.fullmatch(line))
        if not any(counts.values()):
            raise UnavailableError(f"no migrations in {self.root}")
        folder = max(counts, key=counts.__getitem__)
        listing = self.git("ls-files", "--", f"{folder}/").splitlines()
        names = [m[1] for m in map(MIGRATION.fullmatch, listing) if m]
        before, leaf = sorted(["", *names])[-2:]
        text = self.git("show", f":{folder}/{leaf}.py")
        labels = re.findall(rf"['\"](\w+)['\"],\s*['\"]{before}['\"]", text)
        label = labels[0] if labels else folder.split("/")[-2]
        new = f"{int(leaf[:4]) + 1:04d}_benchmark"
        self.staged_files = {
            f"{folder}/{new}.py": generated_files.migration_file(
                "# Staged by the benchmark.\n", [(label, leaf)], ""
            )
        }
        lockfile = f"{folder}/{generated_files.LOCKFILE}"
        if lockfile in listing:
            self.staged_files[lockfile] = f"{new}\n"
        shutil.copyfile(self.clean_index, self.staged_index)
        for path, content in self.staged_files.items():
            scratch = self.root.with_suffix(".blob")
            scratch.write_text(content)
            blob = self.git("hash-object", "-w", str(scratch)).strip()
            self.git(
                "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}",
                GIT_INDEX_FILE=str(self.staged_index),
            )  # fmt: skip

    def branch_elsewhere(self, count: int) -> str:
        """A branch on HEAD with one more migration in each of ``count`` other apps."""
        staged = {path.rpartition("/")[0] for path in self.staged_files}
        leaves: dict[str, str] = {}
        for line in lines([GIT, "ls-files", "--", GLOB], self.root):
            folder, _, _ = line.rpartition("/")
            match = MIGRATION.fullmatch(line)
            if match and folder not in staged:
                leaves[folder] = max(match[1], leaves.get(folder, ""))
        index = self.root.with_suffix(".elsewhere")
        shutil.copyfile(self.clean_index, index)
        env = {"GIT_INDEX_FILE": str(index)}
        for folder, leaf in sorted(leaves.items())[:count]:
            name = f"{int(leaf[:4]) + 1:04d}_elsewhere"
            label = folder.split("/")[-2]
            text = generated_files.migration_file("# New.\n", [(label, leaf)], "")
            files = {f"{name}.py": text, generated_files.LOCKFILE: f"{name}\n"}
            for file, content in files.items():
                scratch = self.root.with_suffix(".blob")
                scratch.write_text(content)
                blob = self.git("hash-object", "-w", str(scratch)).strip()
                entry = f"100644,{blob},{folder}/{file}"
                self.git("update-index", "--add", "--cacheinfo", entry, **env)
        who = {"GIT_AUTHOR_NAME": "b", "GIT_AUTHOR_EMAIL": "b@example.org"}
        who |= {name.replace("AUTHOR", "COMMITTER"): v for name, v in who.items()}
        tree = self.git("write-tree", **env).strip()
        commit = self.git("commit-tree", "-p", "HEAD", "-m", "x", tree, **who).strip()
        self.git("update-ref", "refs/heads/elsewhere", commit)
        return "elsewhere"
