"""The parts of a process that servers and agents have in common: log, descriptors, memory and threads."""

import gc
import logging
import resource
import sys

from logviewer.memory import limit_arenas
from logviewer.settings import Settings
from logviewer.web import log

# With the default thresholds, the collector scans thousands of readers many times while one chunk goes to all of them.
_COLLECT_AFTER = 50_000, 20, 20
# The event loop waits so long for a thread that searches, several times for each live line. The default is 5 ms.
_SWITCH_SECONDS = 0.001
_LOG = logging.getLogger("logviewer")


def set_up(settings: Settings) -> None:
    """Start to log, with the warnings of the settings, and allow many files."""
    log.set_up(settings.log_format)
    for warning in settings.warnings:
        _LOG.warning("%s", warning)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    limit_arenas()


def settle() -> None:
    """Make the collector skip all objects so far, and threads change more often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    sys.setswitchinterval(_SWITCH_SECONDS)
