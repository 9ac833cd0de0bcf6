"""The one place where a command becomes a process: exceptions become exit codes.

0 clean or done; 1 findings, files changed by a fixer, or refused; 2 wrong usage,
configuration or environment; 130 interrupted.
"""

import gc
import os
import sys

from oneleaf import cli
from oneleaf.errors import OneleafError, Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: "Sequence[str] | None" = None) -> int:
    """Runs the command line; ``words`` are its arguments, the process's own by default."""
    try:
        return cli.main(sys.argv[1:] if words is None else words)
    except Refused as error:
        return _say(error, 1)
    except OneleafError as error:
        return _say(error, 2)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # The reader of our output went away, as `| head` does: nothing to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 2
    except Exception as error:
        if os.environ.get("ONELEAF_TRACEBACK"):
            raise
        what = f"{type(error).__name__}: {error}"
        return _say(
            f"this is a fault in oneleaf ({what});"
            " run it again with ONELEAF_TRACEBACK=1 and report what it prints",
            2,
        )


def _say(reason: object, code: int) -> int:
    from oneleaf.output.escape import escape

    sys.stderr.write(f"oneleaf: {escape(str(reason))}\n")
    return code


def run() -> None:
    """As a process of its own: leaves without the interpreter's tidying up."""
    gc.disable()  # nothing here makes cycles worth looking for
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = code or 2
    os._exit(code)


if __name__ == "__main__":
    run()
