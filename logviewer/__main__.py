"""``python -m logviewer`` and the command ``logviewer``: ready for a signal before anything else is loaded."""

import atexit
import os
import signal
import sys
from typing import NoReturn


def _end(code: int) -> NoReturn:
    """End at once, with what is temporary removed: no thread that still reads a slow disk keeps the process."""
    atexit._run_exitfuncs()
    os._exit(code)


for number in (signal.SIGINT, signal.SIGTERM):
    # Nothing is raised: whatever is being imported or called may swallow an exception, or make another of it.
    signal.signal(number, lambda *_: _end(0))

from logviewer import cli  # noqa: E402 (see above)


def main() -> NoReturn:
    """Run the command line, and end with its exit code."""
    try:
        cli.main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        _end(end.code if isinstance(end.code, int) else 1)


if __name__ == "__main__":
    main()
