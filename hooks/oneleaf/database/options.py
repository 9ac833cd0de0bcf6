"""Options that several verbs of ``oneleaf db`` take."""

from oneleaf.arguments import Option

SETTINGS = Option("--settings", "MODULE", "the project's settings module")
DATABASE = Option("--database", "ALIAS", "the alias in DATABASES (default: default)")
APPLY = Option("--apply", "", "do it, instead of saying what would be done")
# The consent for scripts and tests: see oneleaf.database.guards.
DATABASE_NAME = Option(
    "--database-name",
    "NAME",
    "the connected database's own name, as consent in scripts",
)


def on(alias: str) -> str:
    """What names a database in a command to run: `` --database other``.

    alias: in DATABASES; "" for the default one, which needs no name.
    """
    return "" if alias == "default" else f" --database {alias}"
