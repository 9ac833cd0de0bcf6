"""Backup and restore of PostgreSQL, by pg_dump, pg_restore and psql."""

from __future__ import annotations

import os
import tempfile

from oneleaf.database.backups import programs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ENDING = ".dump"
_PATIENCE = "5s"  # for sessions that have a table locked
_TABLES = """
    SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
    AND NOT EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
    )
    ORDER BY 1
"""
# What a database has before anything is restored into it. Replacing them takes rights
# that a developer's role may not have.
_KEPT = (
    " EXTENSION - ",
    " COMMENT - EXTENSION ",
    " SCHEMA - public ",
    " COMMENT - SCHEMA ",
)


def size(connection: Any) -> int:
    """Bytes of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def line(connection: Any, target: str) -> str:
    """The command that a person would type for a backup."""
    words, env = programs.connecting(connection)
    return programs.line(
        ["pg_dump", "--format=custom", f"--file={target}", *words], env
    )


def dump(connection: Any, target: str) -> None:
    """Writes an archive of the whole database, as of one moment."""
    words, env = programs.connecting(connection)
    own = [programs.find("pg_dump"), "--format=custom", f"--file={target}"]
    programs.run([*own, *words], env)


def check(path: str) -> None:
    """Raises OneleafError where the archive cannot be read to its end."""
    with open(os.devnull, "wb") as nowhere:
        own = [programs.find("pg_restore"), "--file=-", path]
        programs.run(own, {}, stdout=nowhere)


def restore(connection: Any, path: str) -> None:
    """Brings the database to what the archive holds: all of it or nothing.

    Tables made since the backup go too: they may refer to older ones, which could not
    be replaced then. As ``pg_restore --clean --if-exists --single-transaction`` else.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = [name for (name,) in cursor.fetchall()]
    connection.close()
    words, env = programs.connecting(connection)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as folder:
        script = os.path.join(folder, "script.sql")
        _write_script(script, folder, path, tables)
        own = [programs.find("psql"), "--no-psqlrc", "--quiet", "--single-transaction"]
        own += ["--set=ON_ERROR_STOP=1", f"--file={script}"]
        programs.run([*own, *words], env)


def _write_script(script: str, folder: str, path: str, tables: list[str]) -> None:
    """The whole restore as SQL: a pipe that broke half-way would look like its end."""
    program = programs.find("pg_restore")
    listed = programs.run([program, "--list", path], {}).decode("utf-8", "replace")
    chosen = os.path.join(folder, "list")
    with open(chosen, "w", encoding="utf-8", newline="") as file:
        for entry in listed.splitlines(keepends=True):
            if not any(word in entry for word in _KEPT):
                file.write(entry)
    with open(script, "wb") as file_:
        file_.write(f"SET LOCAL lock_timeout = '{_PATIENCE}';\n".encode())
        if tables:
            file_.write(f"DROP TABLE {', '.join(tables)} CASCADE;\n".encode())
        file_.flush()
        own = [
            program,
            "--clean",
            "--if-exists",
            f"--use-list={chosen}",
            "--file=-",
            path,
        ]
        programs.run(own, {}, stdout=file_)
