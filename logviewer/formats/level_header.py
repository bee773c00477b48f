"""Reads the header before a line's message, word by word, until a level is found or the message begins."""

import calendar
import re
from collections.abc import Mapping

from logviewer.formats.level_words import (
    BEFORE_COLON,
    BRACKETED,
    CAPITALS,
    CODES,
    COLUMNS,
    DOUBLED,
    FACILITIES,
    LETTER_LEVELS,
    LEVELS,
    RESULTS,
    SET_APART,
    SYMBOLS,
    SYSLOG,
    Level,
)

_CALENDAR = frozenset([*calendar.day_abbr, *calendar.day_name, *calendar.month_abbr, *calendar.month_name]) - {""}
_HEAD_TOKENS = 24
_DIGITS = frozenset("0123456789")
_EDGES = ":,-!*=\"'{}"
_LAST = re.compile(r".*[\w\]](?:\.|::?)([A-Z]{3,9})")
TOKEN = re.compile(
    r"\[[^\][]{0,160}\]|<(?:[^<>\s]{0,40}|[A-Z][a-z]{2} \d[^<>]{0,60})>|\([^()]{0,40}\)|[^\s\[\]()<>|]+|[\[\](<>)|]"
)
SYSLOG_SENTENCE = re.compile(
    r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S*[^\s:] [^\s\[(:]+(?:\([^)]{0,40}\))?(?:\[\d+\])?: [A-Za-z][a-z]* "
)
INDENTED_TIME = re.compile(r"\s*(?:[A-Z]{4,8} [\[(]?)?\d{4}-\d\d-\d\d[T ]\d\d:")
_INNER = re.compile(
    r"""(?:^|[\s:|])([A-Z]{3,11}\d?)(?=[\s:/|]|$) | [/.#]([A-Z]{3,11})$ | [:#]([a-z]{3,11}\d?)$ | ^([DIWECNTVF])[ ]\d
      | \d[ ]([VDIWECF])(?:/\w|[ ]\d) | ^[\dA-Fa-f]{4,16}[ ]([a-z]{4,7})[ ]'
      | ^([A-Za-z][a-z]{3,10})(?:[ ]*:[ ]|(?=[:#]\w)) | [ ]([A-Z][a-z]{3,10})$ | :([a-z]{4,7}),\d{4}-
      | ^([a-z]{4,7})(?:[ ]?\||[ ][a-z]+[.][a-z.]+(?::\d|[ ])) | ^([DIWEF])\d{4}[ ]\d\d:""",
    re.VERBOSE,
)
_CLOCK = re.compile(r"\d\d:\d\d")
_COMPONENT = re.compile(r"\s+[A-Z]{3,}\s")
_LOGCAT = re.compile(r" *\( *\d")
# A number of a message and the letter of its level, as IBM's programs write them.
_MESSAGE_CODE = re.compile(r"\s+[A-Z]{4,5}\d{4}[A-Z]:")
_CODED_MESSAGE = re.compile(r"[A-Z]{3,5}\d{3,5}([IWESF]):?|[A-Z]{3,8}_([IWEF])_\d{3,6}")
_OF_CODE: Mapping[str, Level] = {"I": "info", "W": "warning", "E": "error", "S": "error", "F": "fatal"}
# The text after a single letter that is a level: a column, brackets, or a word with the characters of names.
_AFTER_LETTER = re.compile(r"\s*\||\s+(?:\[|\(|[a-z_]+[/.:_\[#@\d][\w./:_\[#@-]*|[A-Z]{4,5}\d{4,5}[A-Z]:)", re.ASCII)
_AFTER_FIRST_LETTER = re.compile(r" ?\[\d\d|  ?\d{1,4}[/.-]\d\d| \d\d:\d\d:\d\d[. ]|: [A-Z\[]")
# Numbers of a facility and a level, as FreeBSD's syslogd writes them.
_SEVERITY = re.compile(r"<\d{1,2}\.([0-7])>")
_JOINED_TIME = re.compile(r"[DIWEF]\d{8}-\d\d:")
# As Go's slog writes levels between the named ones.
_SHIFTED = re.compile(r"[A-Z]{4,8}[+-]\d{1,3}")
_AFTER_WORD = re.compile(r"\s+(?:[\[<@][\w$-]|[\w.$/-]{1,24}\[[\d$]|[\w.-]{1,22} :)")
_AFTER_TITLE = re.compile(rf"{_AFTER_WORD.pattern}|\s+[A-Z][a-z\d]+[A-Z.][\w.]*:")
_PROGRAM = re.compile(r"\s+[\w.$/-]{1,24}(?:\([\w-]{1,20}\))?\[\d")
_SCOPE = re.compile(r"\[E|\([\w.-]{1,20}\): ")
_TITLED = re.compile(r'"([A-Z][A-Za-z]{3,10})",')
_AFTER_FACILITY = re.compile(r"\s+:([a-z]{3,7})\s*:")
_CLOSED_LEVEL = re.compile(r"\s+(?:[\[<]([A-Za-z]{3,11})[\]>]|- ([A-Z]{3,11}) -|\d+: ([A-Z]{3,9}):\s)|\|([DIWECNF])\|")
_NAME_OF_SYMBOL = re.compile(r" {1,2}([a-z]+) ")
_COLUMN_AFTER = re.compile(r"\s+:[A-Z]+\s+:")
_VERBOSITY = re.compile(r" \d{1,2}:")
_TOPICS = re.compile(r"[a-z][a-z0-9-]*(?:,[a-z][a-z0-9-]*)+")
_COLUMNS = re.compile(r'[,;:]"?([A-Za-z]{3,11})"?(?=[,;:]|$)')
_CODED_NUMBER = re.compile(r"\(\d{1,3}\)")
_OF_SYSLOG: Mapping[str, Level] = {
    **dict(zip(["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"], SYSLOG, strict=True)),
    "panic": "fatal",
    "error": "error",
    "warn": "warning",
}
# So many characters after a word decide whether it is a level.
_FAR_AHEAD_CHARS = 26


class Header:
    """The header before a line's message, read word by word until a level is found or the message begins.

    ``words`` counts tokens that are not dates, brackets or capitals; ``plain_words`` the ordinary ones among them, one
    of which may be the name of a host or a program. ``numbers`` counts tokens of digits alone. ``dated`` is true after
    a piece that begins with a digit, ``ended`` after one with a final colon. ``end`` is the index after the last piece
    that was read, or 0 if all were; ``seen`` is the index after the last character that a decision depended on. With
    ``by_number`` the value of a digit decided. ``is_numbered`` is true after a program with the number of its process.
    """

    __slots__ = ("by_number", "dated", "end", "ended", "is_numbered", "numbers", "plain_words", "seen", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.plain_words = 0
        self.words = 0
        self.numbers = 0
        self.dated = False
        self.ended = False
        self.by_number = False
        self.is_numbered = False
        self.end = 0
        self.seen = 0

    def level(self, end: int) -> Level | None:
        """Return the level in the header before the index ``end``; None without one."""
        if self.text.startswith(("\t", "   ")) and not INDENTED_TIME.match(self.text):
            return None
        if SYSLOG_SENTENCE.match(self.text):
            return None
        index = -1
        for match in TOKEN.finditer(self.text, 0, end):
            piece = match[0]
            start = piece[0]
            if len(piece) == 1 and not piece.isascii() and not piece.isalnum() and piece not in SYMBOLS:
                # A line of a frame, or a bullet.
                continue
            index += 1
            if start in "[<(":
                found = self._in_brackets(piece, match.end(), first=index == 0)
            elif start in _DIGITS:
                found, self.dated = None if piece.isdigit() else _column(piece), True
                self.numbers += piece.isdigit()
            else:
                found = self._word(piece, match.end(), index)
            # A name with a colon may begin the line.
            if not found and self.plain_words > (self.dated or (self.ended and not index)):
                found = self._closed(match.end()) if self.dated and not self.ended else None
                self.end = match.end()
                return found
            if found or index > _HEAD_TOKENS:
                self.end = match.end()
                return found
        return None

    def _follows(self, pattern: re.Pattern[str], end: int, most: int = _FAR_AHEAD_CHARS) -> re.Match[str] | None:
        """Return the match of a pattern in the next characters, on which the level depends from now on."""
        self.seen = max(self.seen, end + most)
        return pattern.match(self.text, end, end + most)

    def _in_brackets(self, piece: str, end: int, *, first: bool) -> Level | None:
        inner = piece[1:-1].strip()
        if piece[0] == "(":
            return self._in_parentheses(inner, end, first=first)
        if self.dated and (match := _SEVERITY.fullmatch(piece)):
            self.by_number = True
            return SYSLOG[int(match[1])]
        found = CAPITALS.get(inner) or BRACKETED.get(inner.lower()) or LETTER_LEVELS.get(inner) or RESULTS.get(inner)
        found = found or SYMBOLS.get(inner[:1])
        if first and piece[0] == "<" and not found and inner.isalpha() and inner.islower():
            # The name of a person in a chat.
            self.plain_words = _HEAD_TOKENS
        if found or len(inner) < 6:
            return found
        facility, dot, named = inner.partition(".")
        if dot and facility in FACILITIES:
            return _OF_SYSLOG.get(named)
        self.dated |= inner[0] in _DIGITS or inner[:3] in _CALENDAR or _CLOCK.search(inner) is not None
        return "debug" if inner == "Config" else next(filter(None, map(_of_inner, _INNER.finditer(inner))), None)

    def _in_parentheses(self, inner: str, end: int, *, first: bool) -> Level | None:
        if found := CAPITALS.get(inner.rpartition(", ")[2]) or DOUBLED.get(inner):
            return found
        if (
            first
            and inner != "N"
            and len(inner) == 1
            and self.text[end : end + 1] == " "
            and self.text[end + 1 : end + 2].isdigit()
        ):
            return LETTER_LEVELS.get(inner)
        is_apart = self.dated and (not self.words or self.text[end : end + 1] == ":")
        if is_apart and not self.ended and len(inner) == 1 and self.text[end : end + 1] == ":":
            return LETTER_LEVELS.get(inner)
        return SET_APART.get(inner.lower()) if is_apart and not self.ended else None

    def _word(self, piece: str, end: int, index: int) -> Level | None:
        if piece[0] in LETTER_LEVELS and (
            found := self._letter(piece, end, first=index == 0 or self.text[: end - 1].strip() == "[")
        ):
            return found
        word = piece.strip(_EDGES)
        if piece[0] == ":" and word.isupper() and self._follows(_COLUMN_AFTER, end):
            return None
        if found := self._capitals(piece, word, end) or self._coded(piece, end, index):
            return found
        found = BEFORE_COLON.get(word.lower())
        if found and self._stands_apart(piece, word, end, index) and not self.text.startswith("Call Trace:", end - 11):
            return found
        if self.dated and not self.words and piece[-1] == ":" and "/" in piece:
            # As "warning/ApiListener:".
            return SET_APART.get(piece.partition("/")[0])
        self._count(piece, word, end - len(piece))
        return None

    def _capitals(self, piece: str, word: str, end: int) -> Level | None:
        return (
            CAPITALS.get(word)
            or CAPITALS.get(piece.lstrip(":"))
            or CAPITALS.get(piece + self.text[end : end + 2])
            or (
                CAPITALS.get(re.split("[+-]", piece)[0]) if piece[-1] in _DIGITS and _SHIFTED.fullmatch(piece) else None
            )
            or (self._symbol(piece, end) if piece[0] in SYMBOLS else None)
            or _joined(piece)
            or (self._last(piece, end) if word[-1:].isupper() else None)
        )

    def _symbol(self, piece: str, end: int) -> Level:
        """Return the level of a symbol, or of the word after it."""
        found = SYMBOLS[piece[0]]
        match = self._follows(_NAME_OF_SYMBOL, end)
        return SET_APART.get(match[1], found) if match else found

    def _last(self, piece: str, end: int) -> Level | None:
        """Return the level of ``app.ERR`` and ``GLib-WARNING **``."""
        if self.text.startswith(" **", end) or (self.ended and self.text[0] == "(" and piece[-1] == ":"):
            # As GLib writes them.
            return CAPITALS.get(piece.strip(":").rpartition("-")[2])
        match = _LAST.fullmatch(piece) if self.dated and not self.ended else None
        return CAPITALS.get(match[1]) if match else None

    def _count(self, piece: str, word: str, start: int) -> None:
        if word not in _CALENDAR and not word.isupper() and word:
            self.words += 1
            if word.isalpha() and piece[-1] != "=":
                self.plain_words += 2 if self.ended else 1
        elif piece == ":" and self.text[start - 1 : start] == "]":
            # After the number of a process, a message begins.
            self.words += 1
            # The time of syslog begins with a month; its messages name no level.
            self.is_numbered = not self.text[:1].isalpha()
        # A colon between spaces separates columns.
        self.ended |= piece[-1] == ":" and not (piece == ":" and self.text[start - 1 : start].isspace())

    def _letter(self, piece: str, end: int, *, first: bool) -> Level | None:
        """Return the level of ``D`` between numbers and a name, ``D/name(``, or ``D1231 23:59:59``."""
        following = self.text[end : end + 4]
        if len(piece) == 1:
            if piece == "A" and self._follows(_MESSAGE_CODE, end):
                return "info"
            return LETTER_LEVELS[piece] if self._is_level(piece, end, first=first) else None
        if piece[1] == "/":
            return LETTER_LEVELS[piece[0]] if (first or self.dated) and self._follows(_LOGCAT, end) else None
        if piece[0] == "D" and len(piece) == 2 and piece[1] in _DIGITS:
            return "debug" if self.dated and not self.words and self._follows(_COMPONENT, end) else None
        if piece[1] in "!:" and len(piece) == 2:
            is_apart = piece[1] == "!" or self.text[end - 3 : end - 2] == "]"
            named = self._follows(_AFTER_FIRST_LETTER, end - 1) if first else self.dated and is_apart
            return LETTER_LEVELS[piece[0]] if named and not self.words and piece[0] not in "AC" else None
        is_date = _JOINED_TIME.match(piece) is not None or (
            len(piece) in {5, 7, 9} and piece[1:].isdigit() and following[3:] == ":"
        )
        return LETTER_LEVELS[piece[0]] if is_date else None

    def _is_level(self, piece: str, end: int, *, first: bool) -> bool:
        if self.numbers > 1 or (self.dated and self._follows(_COMPONENT, end)):
            return True
        if self.dated and self.text[end - 2 : end - 1] == "|" and self.text[end : end + 1] == "|":
            return True
        if piece == "A" or self.ended or self.words > 1 or not (first or self.dated):
            return False
        return self._follows(_AFTER_LETTER if self.dated else _AFTER_FIRST_LETTER, end) is not None

    def _coded(self, piece: str, end: int, index: int) -> Level | None:
        """Return the level of codes and lists: ``daemon.err``, ``system,error``, ``In(166)``, ``LOG3[``, ``Db``."""
        facility, dot, named = piece.partition(".")
        if dot and facility in FACILITIES and (found := _OF_SYSLOG.get(named.rstrip(":"))):
            return found
        if piece == "NOTE:" and (self.dated or index == 0):
            return "notice"
        if index == 0:
            return self._first_column(piece, end)
        if not self.dated or self.plain_words:
            return None
        return self._after_time(piece, end)

    def _after_time(self, piece: str, end: int) -> Level | None:
        if not self.words and (match := _CODED_MESSAGE.fullmatch(piece)):
            return _OF_CODE[match[1] or match[2]]
        if piece in CODES and (piece == "Db" or self.text[end : end + 1] == "("):
            is_code = self._follows(_CODED_NUMBER, end) or (piece == "Db" and self._follows(_AFTER_WORD, end))
            return CODES[piece] if is_code else None
        if piece[:3] == "LOG" and len(piece) <= 4:
            return self._of_log(piece, end)
        return self._of_list(piece) if "," in piece or ";" in piece else None

    def _first_column(self, piece: str, end: int) -> Level | None:
        """Return the level of ``kern  :err   : ``, ``daemon:debug : `` and ``Error,11/21/2026``."""
        if piece in FACILITIES:
            match = self._follows(_AFTER_FACILITY, end)
            return _OF_SYSLOG.get(match[1]) if match else None
        facility, colon, named = piece.partition(":")
        if colon and facility in FACILITIES:
            return _OF_SYSLOG.get(named)
        if piece[0] == '"' and (match := _TITLED.match(piece)):
            return COLUMNS.get(match[1])
        column, comma, rest = piece.partition(",")
        return COLUMNS.get(column) if comma and rest[:1].isdigit() else None

    def _of_log(self, piece: str, end: int) -> Level | None:
        if piece == "LOG":
            return "info" if not self.words else None
        if not piece[3].isdecimal() or self.text[end : end + 1] != "[":
            return None
        self.by_number = True
        return SYSLOG[int(piece[3])] if piece[3] in "01234567" else None

    def _of_list(self, piece: str) -> Level | None:
        if not self.words and _TOPICS.fullmatch(piece):
            found = [level for word in piece.split(",") if (level := SET_APART.get(word))]
            return min(found, key=LEVELS.index, default=None)
        return _column(piece)

    def _stands_apart(self, piece: str, word: str, end: int, index: int) -> bool:
        """Return whether a word not in capitals names a level rather than begins a message."""
        is_colon = piece[-1] == ":"
        is_key = piece[0] == '"' and not self.dated
        if (word.lower() not in SET_APART and not is_colon) or is_key or (not self.dated and index > 1):
            return False
        if self.ended:
            # After one name with a colon.
            is_begin = self.dated or (index == 1 and is_colon)
            is_apart = self.words - self.is_numbered == 1 and is_begin and self.text[end : end + 1] == " "
            return is_apart and (is_colon or self._follows(_VERBOSITY, end) is not None)
        if index and not self.dated:
            return piece == word and self._follows(_AFTER_WORD, end) is not None
        after = self.text[end : end + 2]
        is_noun = self.text.startswith(" error:", end)
        if is_noun or is_colon or after[:1] in {"\t", "|"} or after in {"  ", " |", " -"}:
            return True
        if not index:
            return piece[:2] == "::" or after == " :" or self._follows(_SCOPE, end) is not None
        # After the name of a host, a program follows.
        pattern = _PROGRAM if self.words else _AFTER_TITLE if word[:1].isupper() else _AFTER_WORD
        is_alone = piece == word and self.words <= 1
        return is_alone and ((after == " :" and not self.words) or self._follows(pattern, end) is not None)

    def _closed(self, end: int) -> Level | None:
        """Return the level in brackets right after the second plain word."""
        if self.plain_words > 2:
            return None
        match = self._follows(_CLOSED_LEVEL, end)
        if not match:
            return None
        return BRACKETED.get((match[1] or match[2] or "").lower()) or CAPITALS.get(
            f"{match[3]}:", CAPITALS.get(match[3] or "") or LETTER_LEVELS.get(match[4] or "")
        )


def _of_inner(match: re.Match[str]) -> Level | None:
    capitals, last, spoken, letter, tagged, quoted, titled, final, dated, first, short = match.groups()
    return (
        CAPITALS.get(capitals or last or "")
        or BRACKETED.get((spoken or quoted or titled or final or dated or first or "").lower())
        or LETTER_LEVELS.get(letter or tagged or short or "")
    )


def _joined(piece: str) -> Level | None:
    """Return the level of ``INFO:logger:message`` or ``production.ERROR:``."""
    start, colon, _ = piece.partition(":")
    return CAPITALS.get(start) or CAPITALS.get(start.rpartition(".")[2]) if colon else None


def _column(piece: str) -> Level | None:
    """Return the level that is a column of its own, as in ``08:12:27,499:ERROR:name`` and ``1,ERROR,x``."""
    return next(filter(None, map(COLUMNS.get, _COLUMNS.findall(piece))), None)
