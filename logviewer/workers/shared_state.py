"""The state that the workers of one server share; each worker has everything else for itself."""

from dataclasses import dataclass, field

from logviewer.workers.link import WorkerLink
from logviewer.workers.one_time_code import OneTimeCode
from logviewer.workers.shared_log import SharedLog


@dataclass(frozen=True, slots=True)
class SharedState:
    """Created before the workers are forked.

    ``signed_out`` holds the ids of ended sessions, ``failed_sign_ins`` the times and addresses of wrong tokens and
    passwords. ``browser`` signs in the browser that the server opens.
    """

    link: WorkerLink
    signed_out: SharedLog = field(default_factory=lambda: SharedLog(100_000))
    failed_sign_ins: SharedLog = field(default_factory=SharedLog)
    browser: OneTimeCode = field(default_factory=OneTimeCode)
