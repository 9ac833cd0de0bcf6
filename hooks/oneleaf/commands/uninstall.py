"""``oneleaf uninstall``: takes back what ``install`` and ``init`` put into this clone."""

import os

from oneleaf import applying
from oneleaf.arguments import Option, Options, Verb
from oneleaf.clone import attributes, driver, hooks
from oneleaf.commands.install import OPT_OUT, foreign
from oneleaf.errors import Refused
from oneleaf.git import git

VERB = Verb(
    "uninstall",
    "",
    "Removes the merge driver from this clone's git configuration, whole, and touches no\n"
    "other driver; removes the hook scripts that `oneleaf init` wrote. The line in\n"
    ".gitattributes stays: it belongs to the repository, and without a driver git merges\n"
    "as text, which stops at two names as well.",
    (
        Option("--force", "", "remove a driver that oneleaf did not write"),
        Option("--dry-run", "", "say what would change, change nothing"),
    ),
    (("oneleaf uninstall", "merge lockfiles as text in this clone from now on"),),
)


def run(options: Options) -> int:
    """Removes the section; 0 also where there is none.

    Raises Refused for a driver that oneleaf did not write, unless forced.
    """
    entries = driver.local_entries()
    drivers = [value for key, value in entries if key == driver.DRIVER]
    if not all(map(driver.is_own, drivers)) and not options.flag("--force"):
        raise Refused(foreign(entries) + "; `oneleaf uninstall --force` removes it")
    dry = options.flag("--dry-run")
    if entries and not dry:
        git.run("config", "--local", "--remove-section", driver.SECTION)
    if entries:
        done = "Would remove" if dry else "Removed"
        print(f"{done} the merge driver from this clone's git configuration")
        print(f"    hint: where a hook registers it again, set {OPT_OUT}=1")
    else:
        print("No merge driver is registered in this clone's git configuration")
    folder = hooks.directory(applying.top_level())
    kinds = hooks.own(folder)
    if kinds and not dry:
        hooks.remove(folder, kinds)
    if kinds:
        print(f"{'Would remove' if dry else 'Removed'} the hooks {', '.join(kinds)}")
    _say_what_remains(dry=dry)
    return 0


def _say_what_remains(*, dry: bool) -> None:
    from oneleaf.output.terminal import escape

    elsewhere = "" if dry else driver.effective(driver.DRIVER)
    if elsewhere:
        print(
            f"Another configuration file still has {driver.DRIVER}:"
            f" `git config --show-origin {driver.DRIVER}`"
        )
    top = applying.top_level()
    content = driver.content(os.path.join(top, attributes.FILE)) or b""
    line = attributes.line(driver.config_of_work_tree(top))
    if line.encode("utf-8", "surrogateescape") in content.split(b"\n") or (
        line.encode("utf-8", "surrogateescape") + b"\r" in content.split(b"\n")
    ):
        print(
            f"{attributes.FILE} keeps `{escape(line)}`: other clones use it, and here"
            " git merges lockfiles as text"
        )
