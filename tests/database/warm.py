"""Runs manage.py and oneleaf in forks of a process that has Django imported already.

Each run is still a process of its own, with its own settings; what is saved is the half
second that Python needs to import Django, hundreds of times.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from repository import SOURCE_ROOT, Done, Repository

SERVER = """
import importlib, json, os, sys, traceback
sys.path.insert(0, {source!r})
try:
    import pymysql
    pymysql.install_as_MySQLdb()
except ImportError:
    pass
NAMES = ["django", "django.core.management", "django.core.management.commands.migrate",
    "django.core.management.commands.makemigrations", "django.db.backends.sqlite3.base",
    "django.db.backends.postgresql.base", "django.db.backends.mysql.base",
    "django.contrib.auth.hashers", "django.db.models", "django.forms",
    "oneleaf.__main__", "oneleaf.commands.db"]
for name in NAMES:
    try:
        importlib.import_module(name)
    except Exception:
        pass

def run(job):
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    for number, path in ((0, os.devnull), (1, job["out"]), (2, job["err"])):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY
        os.dup2(os.open(path, flags), number)
    sys.argv = job["words"]
    if sys.argv[0] == "manage.py":
        sys.path.insert(0, job["cwd"])
        with open("manage.py") as file:
            exec(compile(file.read(), "manage.py", "exec"), {{"__name__": "__main__"}})
    else:
        from oneleaf.__main__ import run
        run()

for line in sys.stdin:
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    code = 1
    try:
        run(json.loads(line))
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
"""


@cache
def _server() -> subprocess.Popen[bytes]:
    code = SERVER.format(source=str(SOURCE_ROOT))
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(process.communicate)
    return process


def run(repository: Repository, *words: str, cwd: str = ".", **env: str) -> Done:
    """Runs ``manage.py`` or ``oneleaf`` WORDS in the repository."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        job = {
            "words": words,
            "cwd": str(repository.path / cwd),
            "env": {**repository.env, **env},
            "out": out.name,
            "err": err.name,
        }
        server.stdin.write(json.dumps(job).encode() + b"\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        texts = [
            Path(file.name).read_bytes().decode("utf-8", "surrogateescape")
            for file in (out, err)
        ]
    return Done(code, *texts)
