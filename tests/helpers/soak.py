"""How long the tests run that never end: shortly in ``make test``, for many times as long in ``make soak``."""

import os

EXAMPLES = int(os.environ.get("SOAK", "1"))
