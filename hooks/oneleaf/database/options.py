"""Options that several verbs of ``oneleaf db`` take."""

from oneleaf.arguments import Option

SETTINGS = Option("--settings", "MODULE", "the project's settings module")
DATABASE = Option("--database", "ALIAS", "the alias in DATABASES; default: default")
OUTPUT_FORMAT = Option("--output-format", "FORMAT", "how to print", ("text", "json"))
APPLY = Option("--apply", "", "do it; without this only what would be done is said")
# The consent for scripts and tests: see oneleaf.database.guards.
DATABASE_NAME = Option(
    "--database-name", "NAME", "the connected database's own name, as consent"
)
