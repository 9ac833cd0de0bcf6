"""The one place where a command becomes a process: exceptions become exit codes.

0 clean or done; 1 findings, files changed by a fixer, or refused; 2 wrong usage,
configuration or environment; 130 interrupted.
"""

import gc
import io
import os
import sys

from oneleaf import cli
from oneleaf.errors import OneleafError, Refused, is_broken_pipe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: "Sequence[str] | None" = None) -> int:
    """Runs the command line and returns the exit code, whatever is raised on the way.

    words: the arguments, the process's own where there are none. The environment
    variable ``ONELEAF_TRACEBACK`` lets a fault of oneleaf's own through.
    """
    try:
        return cli.main(sys.argv[1:] if words is None else words)
    except Refused as error:
        return _ended(error, 1)
    except OneleafError as error:
        return _ended(error, 2)
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if is_broken_pipe(error):
            # The reader of our output went away, as `| head` does: nothing more to say.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return 2
        if os.environ.get("ONELEAF_TRACEBACK"):
            raise
        what = f"{type(error).__name__}: {error}"
        return _ended(
            f"this is a fault in oneleaf ({what});"
            " run it again with ONELEAF_TRACEBACK=1 and report what it prints",
            2,
        )


def _ended(reason: object, code: int) -> int:
    from oneleaf.output.terminal import say

    say(reason)
    return code


def run() -> None:
    """Runs the command line as a process of its own, and ends it: never returns.

    Leaves without the interpreter's tidying up, which takes longer than a check.
    """
    gc.disable()  # nothing here makes cycles worth looking for
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A character that the terminal's code page lacks is shown as an escape.
        sys.stdout.reconfigure(errors="backslashreplace")
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or 2
    os._exit(code)


if __name__ == "__main__":
    run()
