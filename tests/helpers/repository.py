"""The paths of the repository, and of the real logs where a machine has them."""

import os
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
SAMPLES = REPOSITORY / "sample_logs"
REAL_LOGS = Path(os.environ.get("LOGVIEWER_REAL_LOGS", REPOSITORY.parent / "shared" / "logs"))
