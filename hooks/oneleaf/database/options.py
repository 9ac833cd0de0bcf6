"""What the verbs of ``oneleaf db`` take: tables that load neither Django nor the verbs."""

from oneleaf.arguments import OUTPUT_FORMAT, Option, Verb

SETTINGS = Option("--settings", "MODULE", "the project's settings module")
DATABASE = Option("--database", "ALIAS", "the alias in DATABASES (default: default)")
APPLY = Option("--apply", "", "do it, instead of saying what would be done")
# The consent for scripts and tests: see oneleaf.database.change.guards.
DATABASE_NAME = Option(
    "--database-name",
    "NAME",
    "the connected database's own name, as consent in scripts",
)

VERBS = {
    "status": Verb(
        "db status",
        "",
        "Says of every database in DATABASES: ghosts (applied, no file here) and what in git\n"
        "holds their files, migrations applied before one they depend on, tables that are\n"
        "not what the migrations say, migrations edited after they were applied. Ends with\n"
        "the one command to run. Reads only; exit code 1 where anything is wrong, 2 where a\n"
        "database cannot be read.",
        (
            SETTINGS,
            Option(
                "--database", "ALIAS", "only this alias in DATABASES, not every one"
            ),
            OUTPUT_FORMAT,
            Option(
                "--record", "", "remember in this clone what the applied migrations say"
            ),
        ),
        (
            (
                "oneleaf db status",
                "before migrate, after a rebase or a switch of branches",
            ),
        ),
    ),
    "lock": Verb(
        "db lock",
        "-- COMMAND ...",
        "Runs COMMAND while holding a lock of the database, so that of several deployers\n"
        "one migrates and the others wait. Passes signals on, and the exit code back. The\n"
        "lock is gone with its holder, however that ends; works through a pooling proxy.\n"
        "PostgreSQL, MySQL, MariaDB, SQLite.",
        (
            SETTINGS,
            DATABASE,
            Option("--wait", "SECONDS", "how long to wait for another (default: 600)"),
        ),
        (("oneleaf db lock -- python manage.py migrate", "the step of a deployment"),),
    ),
    "verify": Verb(
        "db verify",
        "",
        "Runs the local migrations and upstream's in both orders, on Django's project state\n"
        "alone, and says of each app: BLOCK (cannot stand behind upstream's), ORDER (only\n"
        "behind), DIFFER (the last one wins) or COMMUTE; CANNOT TELL beside it where code or\n"
        "SQL runs. Then does what `makemigrations --check` does. No database is needed.\n"
        "Exit code 0 only where everything is proven.",
        (
            SETTINGS,
            Option("--since", "REV", "the commit the local migrations began on"),
            OUTPUT_FORMAT,
        ),
        (
            ("oneleaf db verify", "before and after `oneleaf rebase`"),
            ("oneleaf db verify --since ORIG_HEAD", "what a rebase left behind"),
        ),
    ),
    "adopt": Verb(
        "db adopt",
        "",
        "Brings a database that has applied local migrations under their old names in line\n"
        "with the files of now, and keeps its data: applies upstream's on a state that\n"
        "includes yours, then renames the rows. Only where both orders are proven to end\n"
        "the same; a backup is made first, and restored where anything fails. Only a\n"
        "development database. Without --apply it says what it would do.",
        (
            SETTINGS,
            DATABASE,
            APPLY,
            DATABASE_NAME,
            OUTPUT_FORMAT,
        ),
        (
            ("oneleaf db adopt", "see what it would do"),
            ("oneleaf db adopt --apply", "do it; asks for the database's name once"),
        ),
    ),
    "rollback": Verb(
        "db rollback",
        "[APP]",
        "Takes applied migrations back out of a development database. Without an option:\n"
        "those that have no file here any more (their text is taken from git). Works also\n"
        "while an app has several leaf nodes. What cannot be undone, what others depend on\n"
        "and what upstream has are refused before anything is changed; a backup is made\n"
        "first, and restored where anything fails. Without --apply it says what it would do.",
        (
            Option(
                "--to-upstream", "", "everything that the upstream branch does not have"
            ),
            Option("--to", "NAME", "back to this migration of APP; `zero` for none"),
            SETTINGS,
            DATABASE,
            APPLY,
            DATABASE_NAME,
            OUTPUT_FORMAT,
        ),
        (
            ("oneleaf db rollback", "see which ghosts would go, and with what data"),
            (
                "oneleaf db rollback shop --to 0001_initial --apply",
                "all after 0001_initial",
            ),
        ),
    ),
    "backup": Verb(
        "db backup",
        "",
        "Copies a database to oneleaf/backups in the git directory, reads the copy back, and\n"
        "keeps the last five. SQLite by its backup API, PostgreSQL by pg_dump, MySQL and\n"
        "MariaDB by their dump. With --print only says how, for a production server.",
        (
            SETTINGS,
            DATABASE,
            Option("--print", "", "print the command and run nothing"),
            Option("--max-size", "MIB", "refuse a larger database (default: 2048)"),
            OUTPUT_FORMAT,
        ),
        (
            ("oneleaf db backup", "before something risky"),
            ("oneleaf db backup --print", "the command, to be run on the server"),
        ),
    ),
    "restore": Verb(
        "db restore",
        "[BACKUP]",
        "Brings a backup back, the newest of the database where none is named. Says what it\n"
        "would do; with --apply it does it, in a development database only, and makes a\n"
        "backup of what is there first.",
        (
            SETTINGS,
            DATABASE,
            APPLY,
            DATABASE_NAME,
            Option("--list", "", "say which backups there are"),
            Option(
                "--no-backup", "", "make none of what is there, as when it is damaged"
            ),
            OUTPUT_FORMAT,
        ),
        (
            ("oneleaf db restore", "what the newest backup would bring back"),
            ("oneleaf db restore --apply", "bring it back"),
        ),
    ),
}


def on(alias: str) -> str:
    """What names a database in a command to run: `` --database other``.

    alias: in DATABASES; "" for the default one, which needs no name.
    """
    return "" if alias == "default" else f" --database {alias}"
