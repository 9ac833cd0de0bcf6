"""Backup and restore of MySQL and MariaDB, by their dump and client programs.

Neither can undo a change of a table: a restore that is interrupted has to be run again.
"""

from __future__ import annotations

import os

from oneleaf.database.backups import programs
from oneleaf.errors import OneleafError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ENDING = ".sql"
_PATIENCE = 10  # seconds for sessions that use a table
_OPTIONS = ["--single-transaction", "--routines", "--triggers", "--no-tablespaces"]
_END = b"-- Dump completed"


def size(connection: Any) -> int:
    """Bytes of the database's tables and indexes, as the server estimates them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COALESCE(SUM(data_length + index_length), 0)"
            " FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
        return int(cursor.fetchone()[0])


def line(connection: Any, target: str) -> str:
    """The command that a person would type for a backup."""
    words, env = programs.connecting(connection)
    return programs.line(["mysqldump", *_dumping(words, target)], env)


def _dumping(words: list[str], target: str) -> list[str]:
    """A defaults file must come first, the database's name last (mysqldump(1))."""
    return [*words[:-1], *_OPTIONS, f"--result-file={target}", words[-1]]


def dump(connection: Any, target: str) -> None:
    """Writes the statements that make the database again, as of one moment."""
    words, env = programs.connecting(connection)
    programs.run([_program(connection, "dump"), *_dumping(words, target)], env)


def _program(connection: Any, kind: str) -> str:
    """The server's own client program, or its relative's."""
    mariadb = "mariadb-dump" if kind == "dump" else "mariadb"
    mysql = "mysqldump" if kind == "dump" else "mysql"
    names = (mariadb, mysql) if connection.mysql_is_mariadb else (mysql, mariadb)
    return programs.find(*names)


def check(path: str) -> None:
    """Raises OneleafError where the dump does not end as a whole one does."""
    with open(path, "rb") as file:
        file.seek(max(os.fstat(file.fileno()).st_size - 200, 0))
        end = file.read()
    if _END not in end:
        raise OneleafError(
            f"{path} is not whole: it does not end with {_END.decode()!r}"
        )


def restore(connection: Any, path: str) -> None:
    """Drops all tables and runs the dump. Raises OneleafError when that fails half-way."""
    words, env = programs.connecting(connection)
    program = _program(connection, "client")
    with connection.cursor() as cursor:
        cursor.execute(f"SET SESSION lock_wait_timeout = {_PATIENCE}")
        for kind, statement in (("VIEW", "DROP VIEW"), ("BASE TABLE", "DROP TABLE")):
            cursor.execute(
                "SELECT table_name FROM information_schema.tables"
                " WHERE table_schema = DATABASE() AND table_type = %s",
                [kind],
            )
            names = [connection.ops.quote_name(name) for (name,) in cursor.fetchall()]
            if names:
                cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
                cursor.execute(f"{statement} {', '.join(names)}")
    connection.close()
    with open(path, "rb") as file:
        programs.run([program, *words], env, stdin=file)
