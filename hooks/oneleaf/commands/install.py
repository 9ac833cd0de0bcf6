"""``oneleaf install``: the merge driver, registered in this clone.

git takes no driver from a repository, on purpose: two halves are needed. The line in
``.gitattributes`` is committed and says which files; the command stands in each
clone's own configuration and says what runs.
"""

import os
import sys

from oneleaf import applying
from oneleaf.arguments import Option, Options, Verb
from oneleaf.clone import attributes, driver
from oneleaf.errors import Refused
from oneleaf.git import git
from oneleaf.output.terminal import counted, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneleaf.clone.driver import KeyEdit

VERB = Verb(
    "install",
    "",
    "Registers the merge driver in this clone's git configuration, and appends the line\n"
    "that sends lockfiles to it to .gitattributes. Changes nothing that is right already.",
    (
        Option("--force", "", "replace a driver that oneleaf did not write"),
        Option("--dry-run", "", "say what would change, change nothing"),
        Option("--hook", "", "register only, quietly, and end with 0; for hooks"),
    ),
    (
        ("oneleaf install", "protect this clone"),
        (
            "oneleaf install --hook",
            "what a hook runs; ONELEAF_NO_REGISTER=1 turns it off",
        ),
    ),
)

OPT_OUT = "ONELEAF_NO_REGISTER"
IN_CI = "ONELEAF_REGISTER_IN_CI"


def run(options: Options) -> int:
    """Registers; 1 where git still sends a lockfile elsewhere."""
    if options.flag("--hook"):
        if is_wanted(os.environ):
            refresh()
        return 0
    top = applying.top_level()
    edits = _edits(force=options.flag("--force"))
    line, content = _new_attributes(top)
    dry = options.flag("--dry-run")
    if not dry:
        if content is not None:
            applying.write_files(top, {attributes.FILE: content})
        driver.write(edits)
    _tell(edits, line if content is not None else None, dry=dry)
    return 0 if dry else _verify(top)


def is_wanted(environ: "Mapping[str, str]") -> bool:
    """Whether a hook may register: not in CI unless asked to, never against the user."""
    if _is_on(environ, OPT_OUT):
        return False
    return not _is_on(environ, "CI") or _is_on(environ, IN_CI)


def _is_on(environ: "Mapping[str, str]", name: str) -> bool:
    return environ.get(name, "").strip().lower() not in ("", "0", "false", "no")


def refresh() -> None:
    """Registers without a word; one question to git where nothing is to be done.

    A hook must not fail a commit for this: not where the configuration is locked by
    another hook, not where it cannot be written.
    """
    try:
        entries = driver.local_entries()
        tool = driver.this_tool()
        if tool and driver.plan(entries, driver.command(tool)) == []:
            return
        value = driver.command(driver.usable_tool())
        driver.write(driver.plan(entries, value) or [])
    except Exception:  # noqa: BLE001, S110 - see above
        pass


def _edits(*, force: bool) -> "list[KeyEdit]":
    entries = driver.local_entries()
    tool = driver.usable_tool()
    edits = driver.plan(entries, driver.command(tool), force=force)
    if edits is None:
        raise Refused(foreign(entries) + "; `oneleaf install --force` replaces it")
    if tool is None:
        say(
            "this oneleaf lies inside the work tree, where any commit could"
            " replace it, or has no path of its own: git will run the `oneleaf` on PATH;"
            " better install it outside, as with `pipx install django-oneleaf`"
        )
    return edits


def foreign(entries: "list[tuple[str, str]]") -> str:
    """The sentence on a driver that oneleaf did not write."""
    values = [value for key, value in entries if key == driver.DRIVER]
    other = next(value for value in values if not driver.is_own(value))
    return f"{driver.DRIVER} is {other!r}, which oneleaf did not write; nothing was changed"


def _new_attributes(top: str) -> "tuple[str, bytes | None]":
    """The line for the lockfiles, and the file with it; None where it is not needed."""
    config = driver.config_of_work_tree(top)
    line = attributes.line(config)
    path = os.path.join(top, attributes.FILE)
    if os.path.islink(path):
        msg = f"{attributes.FILE} is a link, which git does not follow; make it a file"
        raise Refused(msg)
    content = driver.content(path)
    if content is None:
        if os.path.lexists(path) or git.run(
            "-C", top, "ls-files", "--", attributes.FILE
        ):
            msg = (
                f"{attributes.FILE} is not in the work tree, so git does not read it;"
                f" `git checkout -- {attributes.FILE}` or add it to the sparse checkout"
            )
            raise Refused(msg)
        content = b""
    paths = [*driver.lockfiles(top, config), driver.example(config)]
    ours = not attributes.not_ours(driver.merge_attributes(top, paths))
    has_line = line.encode("utf-8", "surrogateescape") in content
    if (ours and has_line) or not attributes.needs_line(content, line):
        return line, None
    return line, attributes.appended(content, line)


def _tell(edits: "list[KeyEdit]", line: "str | None", *, dry: bool) -> None:
    done = "Would register" if dry else "Registered"
    if edits:
        print(f"{done} the merge driver in this clone's git configuration")
    else:
        print("The merge driver is registered in this clone's git configuration")
    if line is not None:
        print(f"{'Would append' if dry else 'Appended'} `{line}` to {attributes.FILE}")
        if not dry:
            print(f"    hint: git add {attributes.FILE}")


def _verify(top: str) -> int:
    """Asks git what it makes of it, and says what stands in the way."""
    from oneleaf.output.terminal import escape

    config = driver.config_of_work_tree(top)
    paths = driver.lockfiles(top, config) or [driver.example(config)]
    astray = attributes.not_ours(driver.merge_attributes(top, paths))
    for path, value in astray[:3]:
        found = driver.overriding(top, path)
        where = f", by line {found[1]} of {found[0]}: {found[2]}" if found else ""
        print(f"git merges {escape(path)} as {escape(value + where)}", file=sys.stderr)
    if astray:
        verb = "is" if len(astray) == 1 else "are"
        say(
            f"{counted(len(astray), 'lockfile')} {verb} not sent to the driver; remove"
            " the line that does it, and run `oneleaf install` again"
        )
        return 1
    return 0
