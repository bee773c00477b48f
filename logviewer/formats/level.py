"""Finds the level of a line: in its fields or in the header before its message, never in the message."""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from logviewer.formats.fields import find_level_field, json_fields

Level = Literal["fatal", "error", "warning", "notice", "info", "debug", "trace"]

LETTERS: Mapping[Level | None, str] = {
    "fatal": "F",
    "error": "E",
    "warning": "W",
    "notice": "N",
    "info": "I",
    "debug": "D",
    "trace": "T",
    None: "-",
}
LEVELS: tuple[Level | None, ...] = tuple(LETTERS)
_WORDS: Mapping[Level, str] = {
    "fatal": "fatal critical crit emergency emerg alert panic dpanic ftl pnc",
    "error": "error err severe failure fail eror",
    "warning": "warning warn wrn",
    "notice": "notice note",
    "info": "info information informational inf success log",
    "debug": "debug dbg dbug fine config debug1 debug2 debug3 debug4 debug5",
    "trace": "trace trc trce verbose vrb finer finest silly",
}
NAMES: Mapping[str, Level] = {word: level for level, words in _WORDS.items() for word in words.split()}
# Words for levels in capitals, in brackets (below), and set apart from a message (further below). Each table leaves out
# the words that are as often a part of a message in that form.
_CAPITALS: Mapping[str, Level] = {
    **{word.upper(): level for word, level in NAMES.items() if word not in {"log", "fail", "note", "silly"}},
    "LOG:": "info",
    "LOG [": "info",
    "PANI": "fatal",
    "FATA": "fatal",
    "ERRO": "error",
    "DEBU": "debug",
    "TRAC": "trace",
}
_BRACKETED: Mapping[str, Level] = {
    word: level for word, level in NAMES.items() if word not in {"log", "config", "fine", "fail", "silly"}
}
_SET_APART: Mapping[str, Level] = {
    word: NAMES[word]
    for words in (
        "fatal critical panic crit error err fail warning warn",
        "notice info information debug dbug trace trce",
    )
    for word in words.split()
}
_LETTERS: Mapping[str, Level] = {
    "F": "fatal",
    "A": "fatal",
    "C": "fatal",
    "E": "error",
    "W": "warning",
    "N": "notice",
    "I": "info",
    "D": "debug",
    "T": "trace",
    "V": "trace",
}
_SYSLOG: tuple[Level, ...] = ("fatal", "fatal", "fatal", "error", "warning", "notice", "info", "debug")
_PINO: tuple[tuple[int, Level], ...] = ((60, "fatal"), (50, "error"), (40, "warning"), (30, "info"), (20, "debug"))
_REDIS: Mapping[str, Level] = {"#": "warning", "*": "notice", "-": "info", ".": "debug"}

_LEVEL_KEYS = (
    "level",
    "severity",
    "lvl",
    "log.level",
    "levelname",
    "loglevel",
    "log_level",
    "@level",
    "@l",
    "PRIORITY",
    "error_severity",
    "Level",
    "Severity",
    "LogLevel",
)
_REQUEST_KEYS = frozenset({"method", "request", "request_method", "uri", "path"})
_CALENDAR = frozenset([*calendar.day_abbr, *calendar.day_name, *calendar.month_abbr, *calendar.month_name]) - {""}

# A level is near the start of a line.
_HEAD_CHARS = 200
_HEAD_TOKENS = 24
_DIGITS = frozenset("0123456789")
_EDGES = ":,-!*=\"'"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# The header of most lines, in one match: a level in capitals after numbers, brackets, and names with digits or dots.
_COMMON_HEADER = re.compile(
    r"""(?: [\[(]?\d[\d:.,/TZ+-]*[\])]?\s+ | [-|]\s+ | \[[^\]\[A-Z]{0,60}\]\s*
          | (?![DIWEF](?:\d{4}){1,2}\s)[A-Za-z][A-Za-z$-]*[\d._][\w.$:/-]*\s+ )*+
    \[?([A-Z]{3,11})\s*[\s\]:|]""",
    re.VERBOSE,
)
_SYSLOG_SENTENCE = re.compile(
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [^\s\[(:]+(?:\([^)]{0,40}\))?(?:\[\d+\])?: [A-Za-z][a-z]* "
)
# The syslog header before a program's own header and message.
_SYSLOG_HEADER = re.compile(
    r"""(?: [A-Z][a-z]{2}[ ][ \d]\d[ ]\d\d:\d\d:\d\d(?:\.\d{1,9})?
          | \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:?\d\d) )
    [ ]\S+[ ][^\s\[(:]+(?:\([^)]{0,40}\))?\[\d+\]:[ ]""",
    re.VERBOSE,
)
_SYSLOG_MESSAGE_LEVEL = re.compile(r"<([a-z]{4,8})>|\[([a-z]{4,8})\]|([DIWEF])\d{4} \d\d:")
_PRIORITY = re.compile(r"<(\d{1,3})>")
_CONTAINER = re.compile(r"\S+ std(?:out|err) [FP] ")
_ACCESS = re.compile(r'[^"\[]{0,200}\[\d\d/[A-Z][a-z]{2}/\d{4}[^\]"]{0,40}\] "[^"\\]*+(?:\\.[^"\\]*+)*+" (\d{3})\b')
_MNEMONIC = re.compile(r"%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)??-([0-7])-[A-Z0-9_]+:")
_REDIS_LINE = re.compile(r"\d+:[XCSM] .{10,26}? ([.*#-]) ")
_TOKEN = re.compile(r"\[[^\][]{0,80}\]|<[^<>\s]{0,40}>|\([^()]{0,40}\)|[^\s\[\]()<>|]+|[\[\](<>)|]")
_INNER = re.compile(r"(?:^|[\s:])([A-Z]{3,11})(?=[\s:/]|$)|:([a-z]{3,11})$|^([DIWEC]) \d")
# Texts of formats that name a level at any position of a line.
SPECIAL = ("level", "lvl", "severity", "%", '{"', '] "', " std", "\x1b")
_REDIS_START = re.compile(r"\d+:[XCSM] ")
_SYSLOG_START = re.compile(r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ")
# Tokens whose meaning depends on text far after them.
_AMBIGUOUS = frozenset([*_LETTERS, *"[](<>)|"])
_AHEAD_CHARS = 7
_COMPONENT = re.compile(r"\s+[A-Z]{3,}\s")


def find_level(text: str) -> Level | None:
    """Return the level that a line names; None without one."""
    if text[:1] == "{" and (fields := json_fields(text)) is not None:
        return _of_fields(fields) or _of_inner_fields(fields)
    if (match := _COMMON_HEADER.match(text, 0, _HEAD_CHARS)) and (found := _CAPITALS.get(match[1])):
        return found
    if found := _of_number(text):
        return found
    if " std" in text[:64] and (match := _CONTAINER.match(text)):
        text = text[match.end() :]
    head = text[:_HEAD_CHARS]
    if "\x1b" in head:
        head = _COLOUR.sub("", head)
    if field := find_level_field(text):
        return _Header(head).level(field[0]) or NAMES.get(field[1].lower()) or _LETTERS.get(field[1])
    return _Header(head).level(_HEAD_CHARS) or _of_syslog_message(head) or _of_rare_format(text, head)


def level_of(word: str) -> Level | None:
    """Return the level with this name or letter; None if there is no such level."""
    return NAMES.get(word.lower()) or _LETTERS.get(word)


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
    if head[:1] in {"{", "<"} or "\x1b" in head or " std" in head[:64]:
        return LearnedLevel(found)
    if (match := _COMMON_HEADER.match(head)) and match[1] in _CAPITALS:
        return LearnedLevel(found, match.end() + 1, always=True)
    if any(word in text for word in SPECIAL) or _REDIS_START.match(head):
        return LearnedLevel(found)
    if match := _SYSLOG_SENTENCE.match(head):
        return LearnedLevel(found, match.end() + 1)
    return LearnedLevel(found, 3 if head.startswith(("\t", "   ")) else _deciding_length(head))


def _deciding_length(head: str) -> int | None:
    """Return the length of the prefix that decides the level of the words in a head; None if later text does."""
    header = _Header(head)
    header.level(_HEAD_CHARS)
    tokens = _TOKEN.findall(head, 0, header.end)
    if not tokens or _SYSLOG_START.match(head) or any(token in _AMBIGUOUS for token in tokens[:-1]):
        return None
    is_clear = tokens[-1] not in _AMBIGUOUS or (tokens[-1] in _LETTERS and header.numbers > 1)
    return header.end + _AHEAD_CHARS if is_clear else None


def _of_number(text: str) -> Level | None:
    """Return the level of a syslog priority or of an HTTP status in an access log."""
    if text[:1] == "<" and (match := _PRIORITY.match(text)):
        return _SYSLOG[int(match[1]) & 7]
    if '] "' in text and (match := _ACCESS.match(text)):
        return _of_status(int(match[1]))
    return None


def _of_syslog_message(head: str) -> Level | None:
    """Return the level that a program names after the syslog header, in capitals or brackets."""
    header = _SYSLOG_HEADER.match(head)
    if not header:
        return None
    if match := _COMMON_HEADER.match(head, header.end()):
        return _CAPITALS.get(match[1])
    if match := _SYSLOG_MESSAGE_LEVEL.match(head, header.end()):
        return _BRACKETED.get(match[1] or match[2] or "") or _LETTERS.get(match[3] or "")
    return None


def _of_rare_format(text: str, head: str) -> Level | None:
    if "%" in head and (match := _MNEMONIC.search(head)):
        return _SYSLOG[int(match[1])]
    if head[:1].isdigit() and (match := _REDIS_LINE.match(head)):
        return _REDIS[match[1]]
    at = text.find('{"')
    fields = json_fields(text[at:]) if at >= 0 and text.endswith("}") else None
    return _of_fields(fields) if fields else None


def _of_status(status: int) -> Level:
    return "error" if status >= 500 else "warning" if status >= 400 else "info"


def _of_fields(fields: Mapping[str, Any]) -> Level | None:
    for key in _LEVEL_KEYS:
        if (value := fields.get(key)) is not None and (found := _of_value(value)):
            return found
    if isinstance(fields.get("t"), dict) and isinstance(short := fields.get("s"), str):
        return _LETTERS.get(short[:1])
    status = str(fields.get("status", ""))
    return (
        _of_status(int(status)) if len(status) == 3 and status.isdecimal() and _REQUEST_KEYS & fields.keys() else None
    )


def _of_inner_fields(fields: Mapping[str, Any]) -> Level | None:
    inner = fields.get("log")
    if isinstance(inner, str):
        return find_level(inner.rstrip("\n"))
    return _of_fields(inner) if isinstance(inner, dict) else None


def _of_value(value: object) -> Level | None:
    if isinstance(value, str) and not value.isdecimal():
        return level_of(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    number = int(value)
    if 0 <= number < 8:
        return _SYSLOG[number]
    return next((level for least, level in _PINO if number >= least), "trace")


class _Header:
    """The header before a line's message, read word by word until a level is found or the message begins.

    ``plain_words`` counts ordinary words; one of them may be the name of a host or a program. ``numbers`` counts
    tokens of digits alone. ``dated`` is true after a token that begins with a digit, ``ended`` after one with a final
    colon. ``end`` is the index after the last token that was read, or 0 if all were.
    """

    __slots__ = ("dated", "end", "ended", "numbers", "plain_words", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain_words = 0
        self.numbers = 0
        self.dated = False
        self.ended = False
        self.end = 0

    def level(self, end: int) -> Level | None:
        """Return the level in the header before the index ``end``; None without one."""
        if self.text.startswith(("\t", "   ")) or _SYSLOG_SENTENCE.match(self.text):
            return None
        for index, match in enumerate(_TOKEN.finditer(self.text, 0, end)):
            token = match[0]
            start = token[0]
            if start in "[<(":
                found = self._in_brackets(token)
            elif start in _DIGITS:
                found, self.dated = None, True
                self.numbers += token.isdigit()
            else:
                found = self._word(token, match.end(), first=index == 0)
            if found or self.plain_words > self.dated or index > _HEAD_TOKENS:
                self.end = match.end()
                return found
        return None

    def _in_brackets(self, token: str) -> Level | None:
        inner = token[1:-1].strip()
        if token[0] == "(":
            return _CAPITALS.get(inner)
        found = _CAPITALS.get(inner) or _BRACKETED.get(inner.lower()) or _LETTERS.get(inner)
        if found or len(inner) < 6:
            return found
        self.dated |= inner[0] in _DIGITS or inner[:3] in _CALENDAR
        return next(filter(None, map(_of_inner, _INNER.finditer(inner))), None)

    def _word(self, token: str, end: int, *, first: bool) -> Level | None:
        if token[0] in _LETTERS and (found := self._letter(token, end, first=first)):
            return found
        word = token.strip(_EDGES)
        named = (
            _CAPITALS.get(word) or _CAPITALS.get(token.lstrip(":")) or _CAPITALS.get(token + self.text[end : end + 2])
        )
        if found := named or _joined(token):
            return found
        if (found := _SET_APART.get(word.lower())) and self._stands_apart(token, end, first=first):
            return found
        if word.isalpha() and not word.isupper() and word not in _CALENDAR:
            self.plain_words += 2 if self.ended else 1
        self.ended |= token[-1] == ":"
        return None

    def _letter(self, token: str, end: int, *, first: bool) -> Level | None:
        """Return the level of ``D`` between numbers and a name, ``D/name(``, or ``D1231 23:59:59``."""
        following = self.text[end : end + 4]
        if len(token) == 1:
            named = self.numbers > 1 or (self.dated and _COMPONENT.match(self.text, end))
            return _LETTERS[token] if named else None
        if token[1] == "/":
            return _LETTERS[token[0]] if following[:1] == "(" and (first or self.dated) else None
        is_date = len(token) in {5, 9} and token[1:].isdigit() and following[3:] == ":"
        return _LETTERS[token[0]] if is_date else None

    def _stands_apart(self, token: str, end: int, *, first: bool) -> bool:
        """Return whether a word not in capitals names a level rather than begins a message."""
        if not first and (self.ended or not self.dated):
            return False
        after = self.text[end : end + 2]
        is_noun = self.text.startswith(" error:", end)
        return is_noun or token[-1] == ":" or after[:1] in {"\t", "|"} or after in {"  ", " |", " -"}


def _of_inner(match: re.Match[str]) -> Level | None:
    capitals, spoken, letter = match.groups()
    return _CAPITALS.get(capitals or "") or _BRACKETED.get(spoken or "") or _LETTERS.get(letter or "")


def _joined(token: str) -> Level | None:
    """Return the level of ``INFO:logger:message`` or ``production.ERROR:``."""
    start, colon, _ = token.partition(":")
    return _CAPITALS.get(start) or _CAPITALS.get(start.rpartition(".")[2]) if colon else None
