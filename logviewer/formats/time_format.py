"""Times in a strptime format of the configuration."""

import re
import time as clock
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from logviewer.errors import CannotRunError
from logviewer.formats.timestamp import DAY, years

# The same day of two years with the same weeks and weekdays: only a format with the year writes them differently. The
# zone has a name that %Z reads, and an offset that gets lost: the check rejects such a format.
_ZONE = timezone(timedelta(hours=5), "UTC")
_SAMPLE, _EARLIER = (datetime(year, 11, 21, 13, 14, 15, tzinfo=_ZONE) for year in (2026, 2015))


def parser(form: str, zone: tzinfo | None) -> Callable[[str], int | None]:
    """Return a function from text in this format to epoch milliseconds; it returns None for other text.

    A time without a zone is in ``zone``, by default the server's. A time without a year is the last such time up to a
    day from now. Raises CannotRunError if the format has no date, or cannot read the text that it writes.
    """
    dated_form = form if _has_year(form) else f"{form} %Y"
    _check(form, dated_form)
    read = lru_cache(maxsize=4096)(
        lambda text, today: _read(text, dated_form, zone, None if dated_form == form else today)
    )
    return lambda text: read(text.strip(), int(clock.time() // DAY))


def _has_year(form: str) -> bool:
    try:
        return _SAMPLE.strftime(form) != _EARLIER.strftime(form)
    except ValueError:
        # The check below reports the error.
        return True


def _check(form: str, dated_form: str) -> None:
    try:
        read = datetime.strptime(_SAMPLE.strftime(dated_form), dated_form)  # noqa: DTZ007 (the check below reads it)
    except (ValueError, re.error) as error:
        raise CannotRunError(f"time-format: {form!r} cannot read the text that it writes: {error}") from error
    if read.date() != _SAMPLE.date():
        raise CannotRunError(f"time-format: {form!r} has no date; add a day and a month, such as %d.%m. or %b %d")
    if read.tzinfo is None and _SAMPLE.strftime(form) != _SAMPLE.replace(tzinfo=None).strftime(form):
        raise CannotRunError(f"time-format: {form!r} cannot read the zone that it writes; use %z, or set 'zone'")


def _read(text: str, form: str, zone: tzinfo | None, today: int | None) -> int | None:
    """Parse a text. ``today`` (days since the epoch) is set if the year, at the end of ``form``, is not in the text."""
    for end in [""] if today is None else [f" {year}" for year in years(today)]:
        with suppress(ValueError, OverflowError, OSError):
            moment = datetime.strptime(text + end, form)  # noqa: DTZ007 (the zone is added)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
            begin = int(moment.replace(microsecond=0).timestamp())
            if begin >= 0 and (today is None or begin < (today + 2) * DAY):
                return begin * 1000 + moment.microsecond // 1000
    return None
