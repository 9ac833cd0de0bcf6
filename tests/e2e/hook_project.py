"""A small Django project whose commits go through a real hook runner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from e2e.building import URL
from repository import Done, Repository

STAGES = ("pre-commit", "pre-merge-commit", "pre-push", "prepare-commit-msg")

CONFLICT = "OL102 app shop has 2 leaf nodes: 0002_color, 0002_weight"

CONFIG = """\
repos:
  - repo: {source}
    rev: v0.1.0
    hooks:
      - id: check-django-migrations
      - id: check-django-migrations-in-rebase
"""


@dataclass
class HookRunner:
    """pre-commit or prek: how it is called, and where it keeps its environments."""

    command: tuple[str, ...]
    env: dict[str, str]
    source: str = URL

    def run(
        self, project: Repository, *args: str, ok: tuple[int, ...] = (0,), **env: str
    ) -> Done:
        """Runs the hook runner in a project."""
        return project.run(*self.command, *args, ok=ok, **env)

    def project(self, path: Path) -> Repository:
        """A committed project of one app, ``shop``, with every stage installed."""
        project = Repository.create(path)
        project.env.update(self.env)
        project.write(".pre-commit-config.yaml", CONFIG.format(source=self.source))
        project.app("shop", "0001_initial", "0002_color")
        project.commit("shop")
        stages = [word for stage in STAGES for word in ("-t", stage)]
        self.run(project, "install", *stages)
        return project

    def build(self, path: Path) -> None:
        """Builds the environment that later projects share."""
        self.run(self.project(path), "install-hooks")


def stage_a_second_leaf(project: Repository) -> None:
    """Stages what no commit may hold."""
    project.migration("shop", "0002_weight", "0001_initial")
    project.add()
