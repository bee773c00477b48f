"""Finds the records of lines: a line with its continuation lines, such as a stack trace."""

import re
from collections.abc import Sequence

from logviewer.formats.level import is_crash
from logviewer.formats.line_format import LineFormat

# A record has at most this many lines before the line that is asked for.
_MOST_LINES = 500

_CONTINUES = re.compile(
    r"""\s+\S | \s*$
      | (?:Caused\ by|Suppressed|During\ handling\ of|The\ above\ exception|Traceback\ \(most\ recent|Stack\ trace:
          |goroutine\ \d+|created\ by\ |---\ End\ of|\#\d+\ |[}\])]+[,;]?\s*$)
      | (?:[A-Za-z_$][\w$]*\.)*[A-Z][\w$]*(?:Error|Exception|Exit|Interrupt|Warning|Throwable|Fault)\b\s*(?:[:(]|$)
    """,
    re.VERBOSE,
)


def continues(text: str, line_format: LineFormat) -> bool:
    """Return whether a line continues the record before it. A line with a time never does."""
    return _CONTINUES.match(text) is not None and line_format.time(text) is None


def record_at(texts: Sequence[str], number: int, line_format: LineFormat) -> tuple[int, int]:
    """Return the indexes of the first line of a line's record, and of the first line after the record.

    A line without a time belongs to the last line before it with a time, or to the report of an uncaught error before
    it, unless it begins with a level. Without either, only lines that look like a part of a stack trace continue a
    record.
    """
    first = number
    while first > 0 and number - first < _MOST_LINES and not _begins(texts[first], line_format):
        first -= 1
    is_dated = line_format.time(texts[first]) is not None or is_crash(texts[first])
    if not is_dated:
        first = number
        while first > 0 and continues(texts[first], line_format):
            first -= 1
    after = number + 1
    while after < len(texts) and (
        not _begins(texts[after], line_format) if is_dated else continues(texts[after], line_format)
    ):
        after += 1
    return first, after


def _begins(text: str, line_format: LineFormat) -> bool:
    return line_format.time(text) is not None or (text[:1] not in {" ", "\t"} and line_format.level(text) is not None)
