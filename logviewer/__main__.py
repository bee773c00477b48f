"""``python -m logviewer`` and the command ``logviewer``: handles signals before it imports the rest."""

import atexit
import os
import signal
import sys
from typing import NoReturn


def _end(code: int) -> NoReturn:
    """Run the exit functions and end the process at once, without waiting for threads that read a slow disk."""
    atexit._run_exitfuncs()
    os._exit(code)


for number in (signal.SIGINT, signal.SIGTERM):
    # No exception: the code that runs now, such as an import, could swallow or replace it.
    signal.signal(number, lambda *_: _end(0))

from logviewer import cli  # noqa: E402 (see above)


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    try:
        cli.main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        _end(end.code if isinstance(end.code, int) else 1)


if __name__ == "__main__":
    main()
