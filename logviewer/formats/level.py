"""Finds the level of a line: in its fields or in the header before its message, never in the message."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from logviewer.formats.crash import crash_level, kernel_seen, may_crash
from logviewer.formats.fields import find_level_field, json_fields
from logviewer.formats.hidden_text import without_hidden_start, without_sequences
from logviewer.formats.level_fields import of_field, of_fields, of_held_fields, of_status
from logviewer.formats.level_header import INDENTED_TIME, SYSLOG_SENTENCE, TOKEN, Header
from logviewer.formats.level_words import (
    BRACKETED,
    CAPITALS,
    COLUMNS,
    LETTER_LEVELS,
    LETTERS,
    LEVELS,
    SYSLOG,
    Level,
    level_of,
)

__all__ = ["LETTERS", "LEVELS", "SPECIAL", "Level", "find_level", "learn", "level_of"]

_REDIS: dict[str, Level] = {"#": "warning", "*": "notice", "-": "info", ".": "debug"}
# A level is near the start of a line.
_HEAD_CHARS = 200
# The request in an access log, and the JSON object after words, begin within so many characters.
_ACCESS_CHARS = 300
_FIELD_CHARS = 4096
# The header of most lines, in one match: a level in capitals after numbers, brackets, and names with digits or dots.
_HEADER_PARTS = r"""(?: [\[(]?\d[\d:.,/TZ+-]*[\])]?\s+ | [-|]\s+ | \[[^\]\[A-Z]{0,60}\]\s*
          | (?![DIWEF](?:\d{4}|\d{6}|\d{8})\s)[A-Za-z][A-Za-z$-]*[\d._][\w.$:/-]*\s+ )*+"""
_COMMON_HEADER = re.compile(rf"{_HEADER_PARTS}\[?([A-Z]{{3,13}})\s*[\s\]:|;,]", re.VERBOSE)
# The same with the next part, which is none of a header.
_OTHER_HEADER = re.compile(rf"{_HEADER_PARTS}(?: \[[^\]\[A-Z]{{0,60}}.? | \S* )", re.VERBOSE)
# The syslog header before a program's own header and message.
_SYSLOG_TIME = r"""(?: [A-Z][a-z]{2}[ ][ \d]\d[ ]\d\d:\d\d:\d\d(?:\.\d{1,9})?
          | \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:?\d\d) )[ ]"""
_SYSLOG_HEADER = re.compile(rf"{_SYSLOG_TIME}\S+[ ][^\s\[(:]+(?:\([^)]{{0,40}}\))?\[\d+\]", re.VERBOSE)
# The same as far as a line has it.
_SYSLOG_PART = re.compile(rf"{_SYSLOG_TIME}(?:\S+(?:[ ][^\s\[(:]+(?:\([^)]{{0,40}}\)?)?(?:\[\d*\]?)?)?)?", re.VERBOSE)
_SYSLOG_TIME_CHARS = 17
_SYSLOG_MESSAGE_CHARS = 18
_SYSLOG_LEVEL = re.compile(r"(?:\(([A-Za-z]{3,8})\)| <([A-Za-z]{3,8})>):")
_SYSLOG_MESSAGE_LEVEL = re.compile(r"<([a-z]{4,8})>|\[([a-z]{4,8})\]|([DIWEF])\d{4} \d\d:")
_PRIORITY = re.compile(r"(?:\d{1,5} )?<(\d{1,3})>")
_CONTAINER = re.compile(r"\S+ std(?:out|err) [FP] ")
_ACCESS = re.compile(r'[^"\[]{0,200}\[\d\d/[A-Z][a-z]{2}/\d{4}[^\]"]{0,40}\] "[^"\\]*+(?:\\.[^"\\]*+)*+" (\d{3})\b')
_MNEMONIC = re.compile(
    r"%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)??-([0-7])-[A-Z0-9_]+ ?:|(?:%%\d\d|%.{15,40} )[A-Z0-9_]+/([0-7])/[A-Z0-9_]+"
    r"|^%[A-Z0-9$_]+-([SIWEF])-[A-Z0-9_]+, "
)
_OF_STATUS: Mapping[str, Level] = {"S": "info", "I": "info", "W": "warning", "E": "error", "F": "fatal"}
_MESSAGE_ID = re.compile(r"\[ID \d+ [a-z]+\d?\.([a-z]+)\]")
_REDIS_LINE = re.compile(r"\d+:[XCSM] .{10,26}? ([.*#-]) ")
_COLUMN = re.compile(r'\t"?([A-Za-z]{4,11})"? *(?=\t)')
# Names of a program or container before the time, and the time.
_NAME = re.compile(r"[^\W\d][\w.@/-]{1,64}(?:[ \t]+(?:([|:-])[ \t]+)?)?")
_DATE = re.compile(r"[\[(]?\d{4}[-/.]\d\d[-/.]\d\d[T ]\d\d:|\d{14}[. ]")
_DATE_CHARS = 16
_ALIGNED_CHARS = 10
_NAMED = re.compile(r"[^\W\d][\w.@/-]+[ \t]+(?:[|:-][ \t]|[\[(]?\d{4}[-/.]|\d{14}|[^\W\d][\w.@/-]*[ \t]+[|:\-\[(\d])")
# Reports of compilers, interpreters and package managers.
_REPORT = re.compile(
    r"[^\s:]+:\d+(?::\d+)?: (?:(fatal error:|error: )|(warning: |\w{0,30}Warning: ))"
    r"|[a-z][\w.-]{1,30} (?:(ERR! )|(WARN ))|npm (?:(error )|(warn ))"
    r"|(?:[A-Za-z]:\\[^:(]+|[^\s:(]+)(?:\(\d+(?:,\d+)*\) ?:|:\d+:\d+ -)"
    r" (?:(fatal error|error)|(warning))(?: [A-Z]{1,8}\d{1,6})?:"
    r"|(?!(?:No|Any|Last|Previous|Without|Ignored?) )[A-Z][A-Za-z]+ (?:(error)|(warning)): "
    r"|[\w.]+ : (?:(fatal error|error)|(warning)) [A-Z]{1,8}\d{1,6}: "
    r"|(?:(error\[E\d{4}\]:)|(warning\[E\d{4}\]:))|CMake (?:(Error)|((?:Deprecation )?Warning)) (?:\(dev\) )?(?:at|in) "
    r"|(?:(e)|(w)): (?:file:)?/"
)
# The begin of a report whose code decides, and the greatest length of the code.
_REPORT_PART = re.compile(
    r"(?:(?:[A-Za-z]:\\[^:(]+|[^\s:(]+)(?:\(\d+(?:,\d+)*\) ?:|:\d+:\d+ -)|[\w.]+ :) (?:fatal error|error|warning)"
)
_REPORT_CODE_CHARS = 17
# Texts of formats that name a level at any position of a line.
SPECIAL = (
    "level",
    "lvl",
    "severity",
    "%",
    '{"',
    '] "',
    " std",
    "\x1b",
    "prio",
    " pri=",
    "LEVEL",
    "Level",
    " at=",
    '\t"',
    "[ID ",
)
_REDIS_START = re.compile(r"\d+:[XCSM] ")
# Tokens whose meaning depends on text far after them.
_AMBIGUOUS = frozenset([*LETTER_LEVELS, *"[](<>)|"])
_AHEAD_CHARS = 7


def find_level(text: str) -> Level | None:
    """Return the level that a line names; None without one."""
    text = without_hidden_start(text)
    if text[:1] == "{" and (fields := json_fields(text)) is not None:
        return of_fields(fields) or _of_inner_line(fields) or of_held_fields(fields)
    if (match := _COMMON_HEADER.match(text, 0, _HEAD_CHARS)) and (found := CAPITALS.get(match[1])):
        return found
    if found := _of_number(text):
        return found
    if " std" in text[:64] and (match := _CONTAINER.match(text)):
        text = text[match.end() :]
    elif _NAMED.match(text, 0, _HEAD_CHARS) and (end := _name_end(text)[0]):
        return find_level(text[end:])
    head = text[:_HEAD_CHARS]
    if "\x1b" in head:
        head = without_sequences(head)
    if field := find_level_field(text):
        return Header(head).level(field[0]) or of_field(field[1])
    return Header(head).level(_HEAD_CHARS) or _of_syslog_message(head) or _of_rare_format(text, head)


def _name_end(text: str) -> tuple[int, int]:
    """Return the end of one or two names before a line's time, 0 without any, and of the text that decides it."""
    at = 0
    for _ in range(2):
        match = _NAME.match(text, at)
        if not match or not text[match.end() - 1].isspace():
            return 0, match.end() + 2 if match else _date_seen(text, at)
        at = match.end()
        if match[1] == "|":
            return at, at
        if _DATE.match(text, at):
            return at, at + _DATE_CHARS
    return 0, _date_seen(text, at)


def _date_seen(text: str, at: int) -> int:
    """Return the end of the text that decides whether a date begins at an index."""
    return at + (_DATE_CHARS if text[at : at + 1].isdigit() or text[at : at + 1] in {"[", "("} else 2)


@dataclass(frozen=True, slots=True)
class LearnedLevel:
    """The level of a line, and the length of the prefix that decides it in all lines with this prefix.

    Prefixes that differ only in digits count as equal. ``length`` is in characters; it is None if later text or the
    value of a number decides too. With ``always`` the rule applies to all lines, otherwise only to lines without any of
    ``SPECIAL``.
    """

    level: Level | None
    length: int | None = None
    always: bool = False


def learn(text: str) -> LearnedLevel:
    """Find the level of a line, and the prefix that decides it."""
    found = find_level(text)
    head = text[:_HEAD_CHARS]
    if head[:1] in {"{", "<", "\ufeff", "\0"} or "\x1b" in head or " std" in head[:64] or may_crash(head):
        return LearnedLevel(found)
    if (match := _COMMON_HEADER.match(head)) and match[1] in CAPITALS:
        return LearnedLevel(found, match.end() + 1, always=True)
    if any(word in text for word in SPECIAL) or _REDIS_START.match(head):
        return LearnedLevel(found)
    end, seen = _name_end(head) if head[:1].isalpha() else (0, 0)
    if end:
        rest = learn(head[end:])
        return LearnedLevel(found, rest.length and max(seen, end + rest.length))
    if match := _OTHER_HEADER.match(head):
        seen = max(seen, match.end() + 1)
    if match := _REPORT_PART.match(head):
        seen = max(seen, match.end() + _REPORT_CODE_CHARS)
    if (match := SYSLOG_SENTENCE.match(head)) and not kernel_seen(head):
        return LearnedLevel(found, max(seen, match.end() + 1))
    seen = max(seen, _syslog_seen(head), kernel_seen(head))
    length = _indented_length(head) if head.startswith(("\t", "   ")) else _deciding_length(head)
    return LearnedLevel(found, length and max(seen, length))


def _syslog_seen(head: str) -> int:
    """Return the length of the prefix that decides the level after a syslog header."""
    part, header = _SYSLOG_PART.match(head), _SYSLOG_HEADER.match(head)
    if not header:
        return part.end() + 2 if part else _SYSLOG_TIME_CHARS * head[4:6].strip().isdigit()
    after = header.end() + 2
    other = _OTHER_HEADER.match(head, after)
    return max(after + _SYSLOG_MESSAGE_CHARS, other.end() + 1 if other else 0)


def _deciding_length(head: str) -> int | None:
    """Return the length of the prefix that decides the level of the words in a head; None if later text does."""
    header = Header(head)
    header.level(_HEAD_CHARS)
    tokens = TOKEN.findall(head, 0, header.end)
    if not tokens or header.by_number or any(each in _AMBIGUOUS for each in tokens[:-1]):
        return None
    is_clear = tokens[-1] not in _AMBIGUOUS or (tokens[-1] in LETTER_LEVELS and header.numbers > 1)
    return max(header.seen, header.end + _AHEAD_CHARS) if is_clear else None


def _indented_length(head: str) -> int | None:
    """Return the length of the prefix that decides the level of an indented line."""
    indent = len(head) - len(head.lstrip())
    if INDENTED_TIME.match(head):
        return _deciding_length(head)
    if head[indent : indent + 1].isupper():
        # A level may stand before the date.
        return indent + _DATE_CHARS + _ALIGNED_CHARS
    return indent + (_DATE_CHARS if head[indent : indent + 1].isdigit() else 1)


def _of_number(text: str) -> Level | None:
    """Return the level of a syslog priority or of an HTTP status in an access log."""
    if (text[:1] == "<" or (text[:1].isdigit() and " <" in text[:8])) and (match := _PRIORITY.match(text)):
        return SYSLOG[int(match[1]) & 7]
    if '] "' in text[:_ACCESS_CHARS] and (match := _ACCESS.match(text)):
        return of_status(int(match[1]))
    return None


def _of_syslog_message(head: str) -> Level | None:
    """Return the level that a program names after the syslog header, in capitals or brackets."""
    header = _SYSLOG_HEADER.match(head)
    if not header:
        return None
    end = header.end()
    if match := _SYSLOG_LEVEL.match(head, end):
        return BRACKETED.get((match[1] or match[2]).lower())
    if not head.startswith(": ", end):
        return None
    if match := _COMMON_HEADER.match(head, end + 2):
        return CAPITALS.get(match[1])
    if match := _SYSLOG_MESSAGE_LEVEL.match(head, end + 2):
        return BRACKETED.get(match[1] or match[2] or "") or LETTER_LEVELS.get(match[3] or "")
    return None


def _of_rare_format(text: str, head: str) -> Level | None:
    if found := _of_code(head) or crash_level(text):
        return found
    if match := _REPORT.match(head):
        return "error" if (match.lastindex or 0) % 2 else "warning"
    if '\t"' in head:
        return next(filter(None, (COLUMNS.get(match[1]) for match in _COLUMN.finditer(head))), None)
    at = text.find('{"', 0, _FIELD_CHARS)
    fields = json_fields(text[at:]) if at >= 0 and text.endswith("}") else None
    return of_fields(fields) if fields else None


def _of_code(head: str) -> Level | None:
    """Return the level of the codes of network devices, OpenVMS, Solaris and Redis."""
    if "%" in head and (match := _MNEMONIC.search(head)):
        return _OF_STATUS[match[3]] if match[3] else SYSLOG[int(match[1] or match[2])]
    if "[ID " in head and (match := _MESSAGE_ID.search(head)):
        return BRACKETED.get(match[1])
    if head[:1].isdigit() and (match := _REDIS_LINE.match(head)):
        return _REDIS[match[1]]
    return None


def _of_inner_line(fields: Mapping[str, Any]) -> Level | None:
    inner = fields.get("log")
    return find_level(inner.rstrip("\n")) if isinstance(inner, str) else None
