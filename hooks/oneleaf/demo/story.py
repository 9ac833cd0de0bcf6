"""The story: two people add a migration to one app, and nobody loses an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from oneleaf.demo import files

if TYPE_CHECKING:
    from oneleaf.demo.stage import Stage

_HOOK = "#!/bin/sh\nexec oneleaf check\n"


def set_up(stage: Stage) -> None:
    """A project with a published main branch, armed with the hook and the driver."""
    for path, content in files.project().items():
        stage.write(path, content)
    stage.quietly("git init -q -b main")
    stage.quietly("git config user.name Ada")
    stage.quietly("git config user.email ada@example.org")
    stage.quietly("python manage.py makemigrations -v0 shop")
    stage.quietly("git add -A")
    stage.write(".git/hooks/pre-commit", _HOOK)
    (stage.directory / ".git/hooks/pre-commit").chmod(0o755)
    stage.write("shop/migrations/max_migration.txt", "0001_initial\n")
    stage.quietly("oneleaf install")
    stage.quietly("git add -A")
    stage.quietly("git commit -q -m 'The shop'")
    stage.quietly("git init -q --bare -b main .git/published.git")
    stage.quietly("git remote add origin .git/published.git")
    stage.quietly("git push -q -u origin main")
    stage.quietly("git remote set-head origin main")


def _branch(stage: Stage, *, color: bool, weight: bool, message: str) -> None:
    """Changes the models and commits the migration that Django makes of it."""
    stage.write("shop/models.py", files.models(color=color, weight=weight))
    stage.quietly("python manage.py makemigrations -v0 shop")
    stage.quietly("git add -A")
    name = "0002_item_color" if color else "0002_crate_weight"
    stage.write("shop/migrations/max_migration.txt", name + "\n")
    stage.quietly("git add -A")
    stage.quietly(f"git commit -q -m '{message}'")


def play(stage: Stage) -> None:
    """The whole story. Raises OneleafError where a step goes another way."""
    stage.quietly("git switch -q -c color")
    _branch(stage, color=True, weight=False, message="Items have a color")
    stage.quietly("git switch -q main")
    _branch(stage, color=False, weight=True, message="Crates have a weight")
    stage.quietly("git push -q origin main")
    stage.quietly("git switch -q color")

    stage.say(
        "You are on branch color. Meanwhile a colleague's migration was published:"
    )
    stage.play("git log --oneline --graph --all")

    stage.say("1. The hook: no commit can hold two migrations with one number.")
    stage.play("git checkout -q main -- shop/migrations/0002_crate_weight.py")
    stage.play("git commit -q -m 'Both at once'", fails=True)
    stage.quietly("git reset -q --hard")

    stage.say(
        "2. The merge driver: two branches, one app - the merge stops here, not at deployment."
    )
    stage.play("git rebase main", fails=True)

    stage.say(
        "3. You see who is where, and one command puts yours behind the published."
    )
    stage.play("oneleaf graph shop")
    stage.play("oneleaf rebase shop")
    stage.play("git status --short")
    stage.play("git rebase --continue")

    stage.say("4. Django agrees, and so does the hook.")
    stage.play("python manage.py makemigrations --check")
    stage.play("python manage.py migrate")
    stage.play("oneleaf check --all")
