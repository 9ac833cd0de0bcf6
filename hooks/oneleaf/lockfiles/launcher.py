"""What git's configuration starts: ``PYTHON -I -S THIS_FILE O A B L P``.

A script is compiled at every start, so it holds next to nothing. ``-I`` and ``-S``
keep everything off the module path but the standard library: neither the current
directory, which is the work tree here, nor the environment has a say in what is
imported. The folder of the package this file lies in is put last, so that nothing
beside the package takes the place of the standard library.
"""

import sys

if __name__ == "__main__":
    code = 1  # git takes any other code than 0 and 1 amiss
    try:
        # Cut by length: on Windows either slash may be between folders.
        sys.path.append(__file__[: -len("/oneleaf/lockfiles/launcher.py")])
        from oneleaf.lockfiles import driver

        code = driver.run_process(sys.argv[1:])
    finally:
        # Without the interpreter's tidying up, and without a traceback.
        (sys.modules.get("posix") or sys.modules["nt"])._exit(code)  # noqa: SLF001
