"""The length of the random tests: ``make soak`` runs many times as many examples as ``make test``."""

import os

EXAMPLES = int(os.environ.get("SOAK", "1"))
