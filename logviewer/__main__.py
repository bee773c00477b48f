"""``python -m logviewer`` and the command ``logviewer``: ready for a signal before anything else is loaded."""

import signal
import sys

for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: sys.exit(0))

from logviewer.cli import main  # noqa: E402 (see above)

if __name__ == "__main__":
    main()
