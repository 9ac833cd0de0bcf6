"""``oneleaf init``: everything that protects a repository, in one go.

The registration of ``install``, hook scripts where nobody else keeps the hooks, and
the lockfiles of ``lock --init``: each as if it were called by itself, so that what one
refuses takes nothing from the others.
"""

from oneleaf import applying, arguments
from oneleaf.arguments import Option, Options, Verb
from oneleaf.clone import driver, hooks, protection
from oneleaf.commands import install, lock, status
from oneleaf.output.terminal import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.clone.protection import Facts

VERB = Verb(
    "init",
    "",
    "Registers the merge driver, creates the lockfiles, and writes hook scripts that run\n"
    "oneleaf: everything that protects a repository. Where a hook manager keeps the hooks\n"
    "they are left to it, and no script of somebody else's is written over. Changes\n"
    "nothing that is right already; stages nothing.",
    (Option("--dry-run", "", "say what would change, change nothing"),),
    (("oneleaf init", "protect a repository, or a fresh clone of one"),),
)


def run(options: Options) -> int:
    """Arms the clone; 1 where git still sends a lockfile elsewhere."""
    dry = options.flag("--dry-run")
    words = ["--dry-run"] if dry else []
    code = install.run(arguments.parse(install.VERB, words))
    top = applying.top_level()
    _write_scripts(top, dry=dry)
    facts = status.look()
    if not dry:
        _tell_what_is_missing(facts)
    words = ["--init", "--check"] if dry else ["--init"]
    lock.run(arguments.parse(lock.VERB, words))
    if not facts.apps:
        print("No lockfile is needed yet: the index holds no app with migrations")
        print("    hint: git add -A && oneleaf init")
    return code


def _write_scripts(top: str, *, dry: bool) -> None:
    """Scripts for the hooks, where they are this clone's own and nobody else's."""
    folder = hooks.directory(top)
    if hooks.manager(top, folder) or driver.effective("core.hooksPath"):
        return
    texts = hooks.plan(folder, driver.usable_tool())
    if texts and not dry:
        hooks.write(folder, texts)
    if texts:
        print(f"{'Would write' if dry else 'Wrote'} the hooks {', '.join(texts)}")


def _tell_what_is_missing(facts: "Facts") -> None:
    """The hooks that somebody else keeps and that do not run oneleaf yet."""
    for row in protection.hooks(facts):
        if row.state == protection.MISSING:
            print(f"{row.name}: {escape(row.text)}\n    hint: {escape(row.command)}")
