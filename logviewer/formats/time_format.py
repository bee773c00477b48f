"""Times that are written as a strptime format says."""

import re
import time as clock
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from logviewer.errors import CannotRunError
from logviewer.formats.timestamp import DAY, years

# The same day of two years with the same weeks and weekdays: only the year itself tells them apart. Their zone is not
# the one that it is named after: whoever reads the name alone is found out.
_ZONE = timezone(timedelta(hours=5), "UTC")
_SAMPLE, _EARLIER = (datetime(year, 11, 21, 13, 14, 15, tzinfo=_ZONE) for year in (2026, 2015))


def reader(form: str, zone: tzinfo | None) -> Callable[[str], int | None]:
    """What reads a text of this format: epoch milliseconds, None if it is no such text.

    A time without a zone is one of ``zone``, by default the server's. One without a year is the last such one before
    now, with a day's grace. Raises CannotRunError if the format has no date, or cannot read what it writes.
    """
    whole = form if _has_year(form) else f"{form} %Y"
    _check(form, whole)
    read = lru_cache(maxsize=4096)(lambda text, today: _read(text, whole, zone, None if whole == form else today))
    return lambda text: read(text.strip(), int(clock.time() // DAY))


def _has_year(form: str) -> bool:
    try:
        return _SAMPLE.strftime(form) != _EARLIER.strftime(form)
    except ValueError:
        # Told in its words by the check.
        return True


def _check(form: str, whole: str) -> None:
    try:
        read = datetime.strptime(_SAMPLE.strftime(whole), whole)  # noqa: DTZ007 (that is looked at)
    except (ValueError, re.error) as error:
        raise CannotRunError(f"time-format: {form!r} cannot read what it writes: {error}") from error
    if read.date() != _SAMPLE.date():
        raise CannotRunError(f"time-format: {form!r} has no date; it needs a day and a month, such as %d.%m. or %b %d")
    if read.tzinfo is None and _SAMPLE.strftime(form) != _SAMPLE.replace(tzinfo=None).strftime(form):
        raise CannotRunError(f"time-format: {form!r} cannot read the zone that it writes; %z can, or name it by 'zone'")


def _read(text: str, form: str, zone: tzinfo | None, today: int | None) -> int | None:
    """``today`` is the number of the day if the format's year, its end, is not in the text."""
    for end in [""] if today is None else [f" {year}" for year in years(today)]:
        with suppress(ValueError, OverflowError, OSError):
            moment = datetime.strptime(text + end, form)  # noqa: DTZ007 (the zone is added)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            begin = int(moment.replace(microsecond=0).timestamp())
            if begin >= 0 and (today is None or begin < (today + 2) * DAY):
                return begin * 1000 + moment.microsecond // 1000
    return None
