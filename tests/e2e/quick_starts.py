"""The README's quick starts, read out of it and followed in a project."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from repository import Repository

README = Path(__file__).parents[2] / "README.md"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^In `([^`]+)`:$", re.MULTILINE)
_LINE = re.compile(r"^(oneleaf .*?) +# in (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Snippet:
    """What a reader copies: files with their contents, and then commands."""

    files: dict[str, str]
    commands: str


@dataclass(frozen=True)
class QuickStart:
    """One way to arm a repository.

    heading: its section in the README; runs: who runs the hooks then, in the words of
    ``status``; cure: what ``status`` says in a fresh clone; also: the section whose
    file it shares; own: the section's lines go into scripts of the user's own.
    """

    heading: str
    runs: str
    cure: str
    also: str = ""
    own: bool = False


QUICK_STARTS = {
    "pre-commit": QuickStart(
        "pre-commit", "pre-commit", "pre-commit install -t pre-commit"
    ),
    "prek": QuickStart(
        "prek", "prek", "pre-commit install -t pre-commit", also="pre-commit"
    ),
    "lefthook": QuickStart("lefthook", "lefthook", "lefthook install"),
    "husky": QuickStart("husky", "a script", "npm install"),
    "bare git": QuickStart("Quick start", "a script", "oneleaf init"),
    "own scripts": QuickStart("Bare git", "a script", "oneleaf init", own=True),
}


def quick_start() -> str:
    """The README's whole quick start, with the sections below it."""
    text = README.read_text(encoding="utf-8")
    return text.partition("\n## Quick start\n")[2].partition("\n## ")[0]


def section(heading: str) -> str:
    """The README's text from a heading to the next one, of whatever level."""
    text = README.read_text(encoding="utf-8")
    (found,) = re.findall(
        rf"^##+ {re.escape(heading)}\n(.*?)(?=^##+ |\Z)", text, re.MULTILINE | re.DOTALL
    )
    return str(found)


def snippet(heading: str) -> Snippet:
    """The one snippet of a section: at most one file, and its one block of commands."""
    text = section(heading)
    blocks = _BLOCK.findall(text)
    (commands,) = [block for language, block in blocks if language == "console"]
    contents = [block for language, block in blocks if language != "console"]
    return Snippet(dict(zip(_NAMED.findall(text), contents, strict=True)), commands)


def three_commands() -> list[str]:
    """From nothing to a protected repository."""
    return snippet("Quick start").commands.splitlines()


def own_lines() -> dict[str, str]:
    """Hook type -> the line for a script of the user's own."""
    (block,) = [block for _, block in _BLOCK.findall(section("Bare git"))]
    found = _LINE.findall(block)
    assert len(found) == len(block.splitlines())
    return {kind: line for line, kinds in found for kind in kinds.split(" and ")}


def arm(project: Repository, start: QuickStart) -> None:
    """Follows a quick start to its end, as it stands in the README."""
    if start.own:
        for kind, line in own_lines().items():
            project.write(f".git/hooks/{kind}", f"#!/bin/sh\n{line}\n")
            (project.path / ".git/hooks" / kind).chmod(0o755)
    elif start.heading != "Quick start":
        for name, text in snippet(start.also or start.heading).files.items():
            project.write(name, text)
        shell(project, snippet(start.heading).commands)
    for command in three_commands()[1:]:
        shell(project, command)


def shell(project: Repository, commands: str) -> str:
    """Runs commands as typed into a shell; returns what they printed on both streams."""
    done = project.run("sh", "-e", "-c", commands, ok=(0,))
    return done.out + done.err


def unarmed(path: Path, env: dict[str, str]) -> Repository:
    """A committed project of one app, with nothing in its hooks."""
    project = Repository.create(path)
    project.env.update(env)
    project.write(".gitignore", "node_modules/\n")
    project.write("notes.txt", "base\n")
    project.app("shop", "0001_initial", "0002_color")
    project.commit("shop")
    return project
