"""What the workers of one server have in common; all else each has for itself."""

from dataclasses import dataclass, field

from logviewer.workers.link import Peers
from logviewer.workers.shared_log import Notes


@dataclass(frozen=True, slots=True)
class Shared:
    """Made before the workers, who are ``peers``.

    They note the sessions that were signed out of, wrong tries, and when relative times were asked for.
    """

    peers: Peers
    ended: Notes = field(default_factory=lambda: Notes(100_000))
    tries: Notes = field(default_factory=Notes)
    presents: Notes = field(default_factory=Notes)
