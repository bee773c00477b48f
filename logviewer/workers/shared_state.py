"""What the workers of one server have in common; all else each has for itself."""

from dataclasses import dataclass, field

from logviewer.workers.link import WorkerLink
from logviewer.workers.shared_log import SharedLog


@dataclass(frozen=True, slots=True)
class SharedState:
    """Made before the workers, who are ``peers``.

    They note the sessions that were signed out of, and wrong tries.
    """

    peers: WorkerLink
    ended: SharedLog = field(default_factory=lambda: SharedLog(100_000))
    tries: SharedLog = field(default_factory=SharedLog)
