"""The parameters of a request as a hub reads them: it counts, and asks each host for the same times."""

import time
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from logviewer.formats.human_time import parse_time
from logviewer.hosts.merge.answers import LEAST_MS, MOST_MS
from logviewer.hosts.merge.parts import Items, last_of

_TIMES = frozenset({"since", "until"})
_EPOCH = datetime.fromtimestamp(0, UTC)
# In digits, a time has 12 or 13 of them.
_DIGITS = range(100_000_000_000, 10_000_000_000_000)
_SIGNED_DIGITS = 20


class WrongError(Exception):
    """A parameter cannot be understood; the message names it."""


class Question:
    """The parameters of one request. Relative times, and times without a zone, are those of the hub.

    ``times`` are the names of the parameters that are times, besides those of the query.
    """

    def __init__(self, items: Items, times: Collection[str] = ()) -> None:
        now = last_of(items, "now")
        if now is None:
            now = str(time.time_ns() // 1_000_000)
            items = [*items, ("now", now)]
        self._now = int(now) / 1000 if now.isascii() and now.isdecimal() and len(now) <= _SIGNED_DIGITS else None
        self.items: Items = [
            (name, self._exact(value) if name in _TIMES or name in times else value) for name, value in items
        ]

    def _exact(self, text: str) -> str:
        """Return a text of the same time for any host, or the text itself if it is not a time."""
        moment = self._moment(text)
        return text if moment is None else time_text(moment)

    def _moment(self, text: str) -> int | None:
        if self._now is None:
            return None
        try:
            found = parse_time(text, now=self._now)
        except (ValueError, OverflowError):
            return None
        # No line has a time outside the calendar.
        return min(max(found, LEAST_MS), MOST_MS)

    def text(self, name: str) -> str | None:
        """Return the value of a parameter; None if it is not given."""
        return last_of(self.items, name)

    def integer(self, name: str) -> int | None:
        """Return a number; None if it is not given. Raises WrongError."""
        text = self.text(name)
        if text is None:
            return None
        try:
            if len(text) > _SIGNED_DIGITS:
                raise ValueError
            return int(text)
        except ValueError as error:
            raise WrongError(f"{name}: not a valid integer") from error

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a flag."""
        text = self.text(name)
        return default if text is None else text.lower() in ("true", "1", "on", "t", "yes", "y")

    def moment(self, name: str) -> int | None:
        """Return a time in epoch milliseconds; None if it is not given. Raises WrongError."""
        text = self.text(name)
        if text is None:
            return None
        moment = self._moment(text)
        if moment is None:
            raise WrongError(f"{name}: cannot read {text!r} as a time")
        return moment


def time_text(moment: int) -> str:
    """Return a text that every host reads as this time, in epoch milliseconds."""
    if moment in _DIGITS:
        return str(moment)
    exact = _EPOCH + timedelta(milliseconds=moment)
    return exact.isoformat(timespec="milliseconds").replace("+00:00", "Z")
