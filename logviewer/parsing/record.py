"""Which lines go on with the record that a line before them began: a stack trace belongs to what raised it."""

import re

from logviewer.parsing.timestamp import time

_CONTINUES = re.compile(
    r"""\s+\S | \s*$
      | (?:Caused\ by|Suppressed|During\ handling\ of|The\ above\ exception|Traceback\ \(most\ recent|Stack\ trace:
          |goroutine\ \d+|created\ by\ |---\ End\ of|\#\d+\ |[}\])]+[,;]?\s*$)
      | (?:[A-Za-z_$][\w$]*\.)*[A-Z][\w$]*(?:Error|Exception|Exit|Interrupt|Warning|Throwable|Fault)\b\s*(?:[:(]|$)
    """,
    re.VERBOSE,
)


def continues(text: str) -> bool:
    """Whether a line goes on with the record before it, rather than beginning its own.

    A line that says when it was written begins one.
    """
    return _CONTINUES.match(text) is not None and time(text[:120]) is None
