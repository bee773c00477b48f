"""Which lines go on with the record that a line before them began: a stack trace belongs to what raised it."""

import re
from collections.abc import Sequence

from logviewer.formats.line_format import LineFormat

_HEAD_CHARS = 200
# A record is not longer than this; further up, the line before belongs to something else.
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
    """Whether a line goes on with the record before it, rather than beginning its own.

    A line that says when it was written begins one.
    """
    return _CONTINUES.match(text) is not None and line_format.time(text[:_HEAD_CHARS]) is None


def record_at(texts: Sequence[str], number: int, line_format: LineFormat) -> tuple[int, int]:
    """The first line of the record that a line is part of, and the first one after it.

    A line without a time belongs to the one before it that has one, unless it names a level. Where none has a time,
    only what looks like a part of a stack trace goes on.
    """
    first = number
    while first > 0 and number - first < _MOST_LINES and not _begins(texts[first], line_format):
        first -= 1
    is_dated = line_format.time(texts[first][:_HEAD_CHARS]) is not None
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
    head = text[:_HEAD_CHARS]
    return line_format.time(head) is not None or (text[:1] not in {" ", "\t"} and line_format.level(head) is not None)
