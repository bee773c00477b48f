"""Finds the records of lines: a line with its continuation lines, such as a stack trace."""

import re
from collections.abc import Sequence

from logviewer.formats.crash import GROUP, TRACEBACK, is_crash, kernel_report
from logviewer.formats.line_format import LineFormat

_CHAINED = re.compile(r"exception occurred:$|of the following exception:$")
# A record has at most this many lines before the line that is asked for.
_MOST_LINES = 500

_CONTINUES = re.compile(
    r"""\s+\S | \s*$
      | (?:Caused\ by|Suppressed|During\ handling\ of|The\ above\ exception|Traceback\ \(most\ recent|Stack\ trace:
          |[Ss]tack\ ?trace(?:back)?:|Raised\ at\ |Called\ from\ |goroutine\ \d+|created\ by\ |---\ End\ of
          |\#\d+\ |[}\])]+[,;]?\s*$)
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
    record. A report of the kernel is one record, though each of its lines has a time.
    """
    if report := kernel_report(texts, number):
        return report
    first = number
    while first > 0 and number - first < _MOST_LINES and not _begins(texts, first, line_format):
        first -= 1
    is_dated = line_format.time(texts[first]) is not None
    is_report = not is_dated and (is_crash(texts[first]) or _is_lone(texts[first], line_format))
    if not is_dated and not is_report:
        first = number
        while first > 0 and continues(texts[first], line_format):
            first -= 1
    after = number + 1
    while after < len(texts) and (
        not _begins(texts, after, line_format) if is_dated or is_report else continues(texts[after], line_format)
    ):
        after += 1
    if is_report and _is_lone(texts[first], line_format) and not _ends_at_time(texts, after, line_format):
        after = first + 1
        while after < len(texts) and continues(texts[after], line_format):
            after += 1
        return (first, after) if number < after else (number, number + 1)
    return first, after


def _ends_at_time(texts: Sequence[str], after: int, line_format: LineFormat) -> bool:
    return after < len(texts) and line_format.time(texts[after]) is not None


def _is_lone(text: str, line_format: LineFormat) -> bool:
    return line_format.reading.lone_tracebacks and text.startswith(TRACEBACK)


def _begins(texts: Sequence[str], number: int, line_format: LineFormat) -> bool:
    text = texts[number]
    if line_format.time(text) is not None:
        return True
    if (text[:1] in {" ", "\t"} and not text.startswith(GROUP)) or line_format.level(text) is None:
        return False
    before = [texts[each] for each in range(max(0, number - 2), number)]
    if text.startswith(TRACEBACK):
        # One traceback after another is of one error.
        return not any(_CHAINED.search(each) for each in before)
    if text.endswith("(core dumped)") and before:
        # After the report of a runtime.
        return line_format.time(before[-1]) is not None
    # Node.js shows the place of an error before it.
    return not (text.startswith("Error") and before and not "".join(before).strip(" ^~\t"))
