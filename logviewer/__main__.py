"""``python -m logviewer`` and the command ``logviewer``: ready for a signal before anything else is loaded."""

import os
import signal
import sys
from typing import NoReturn

for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: sys.exit(0))

from logviewer import cli  # noqa: E402 (see above)


def main() -> NoReturn:
    """Run, and end at once: no thread that still reads a slow disk keeps the process."""
    try:
        cli.main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 1)


if __name__ == "__main__":
    main()
