"""The present that relative times are told from."""

import time as clock
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from logviewer.formats.human_time import is_relative
from logviewer.workers.shared_log import SharedLog

# A reader goes on asking within the first; none is shown a present that is older than the second.
_IDLE_SECONDS = 5 * 60
_LONGEST_SECONDS = 15 * 60
# Of two who ask at once, the first to note it may be the last to have looked at the clock.
_AT_ONCE_SECONDS = 1
_PRESENTS_KEPT = 1000


@dataclass(slots=True)
class _Present:
    begin: float
    asked: float


class Presents:
    """The present of those who say the same relative words, kept for a while, so that they mean the same moments.

    Other words need none: what they mean stays as it is, or changes at midnight. Who shares the notes has the same
    presents. Used from one thread.
    """

    def __init__(self, notes: SharedLog, now: Callable[[], float] = clock.time) -> None:
        self._now = now
        self._notes = notes
        self._kept: OrderedDict[str, _Present] = OrderedDict()

    def of(self, *texts: str | None) -> float:
        """Epoch seconds to read these texts by: they are one question, and have one present."""
        now = self._now()
        if not any(map(is_relative, texts)):
            return now
        key = blake2b(repr(texts).encode(errors="surrogatepass"), digest_size=12).hexdigest()
        self._notes.write(f"{now!r} {key}")
        for note in self._notes.read():
            asked, _, each = note.partition(" ")
            self._ask(each, float(asked))
        return self._kept[key].begin

    def _ask(self, key: str, now: float) -> None:
        kept = self._kept.pop(key, None)
        since = now - kept.begin if kept else 0
        if kept is None or now - kept.asked > _IDLE_SECONDS or not -_AT_ONCE_SECONDS <= since <= _LONGEST_SECONDS:
            kept = _Present(now, now)
        kept.asked = now
        self._kept[key] = kept
        while len(self._kept) > _PRESENTS_KEPT:
            self._kept.popitem(last=False)
