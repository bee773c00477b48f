"""The words, letters and numbers that programs write for levels."""

from collections.abc import Iterable, Mapping
from typing import Literal

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
    "fatal": "fatal critical crit crt emergency emerg emrg emer alert alrt panic dpanic fatl ftl pnc shout fault",
    "error": "error err errs erro severe failure fail eror exc",
    "warning": "warning warn wrn deprecation",
    "notice": "notice note noti ntc ntce lifecycle",
    "info": "info information informational inf nfo success log",
    "debug": "debug dbg dbug debg fine config ddebug subdebug",
    "trace": "trace trc trce verbose verb vrb finer finest silly",
}
NAMES: Mapping[str, Level] = {
    **{word: level for level, words in _WORDS.items() for word in words.split()},
    **{f"debug{digit}": "debug" for digit in range(10)},
    **{f"{word}{digit}": "trace" for word in ("trace", "verbose") for digit in range(10)},
}
# Words of other languages, in capitals before a colon.
_FOREIGN: Mapping[str, Level] = {
    "SCHWERWIEGEND": "error",
    "FEHLER": "error",
    "WARNUNG": "warning",
    "HINWEIS": "notice",
    "ERREUR": "error",
    "AVERTISSEMENT": "warning",
    "ATTENTION": "warning",
    "GRAVE": "error",
    "INFOS": "info",
    "ADVERTENCIA": "warning",
    "AVVERTENZA": "warning",
    "ERRO": "error",
    "AVISO": "notice",
}


def _without(*words: str) -> dict[str, Level]:
    return {word: level for word, level in NAMES.items() if word not in words}


# Words for levels in capitals, in brackets (below), and set apart from a message (further below). Each table leaves out
# the words that are as often a part of a message in that form.
CAPITALS: Mapping[str, Level] = {
    **{word.upper(): level for word, level in _without("log", "fail", "note", "silly", "fault").items()},
    **{f"{word}:": level for word, level in _FOREIGN.items()},
    **{f"LOG_{word.upper()}": level for word, level in _without("log", "fail", "note", "silly", "fault").items()},
    "LOG:": "info",
    "LOG [": "info",
    "PANI": "fatal",
    "CRITI": "fatal",
    "SEVER": "error",
    "WARNI": "warning",
    "NOTIC": "notice",
    "INFOR": "info",
    "FATA": "fatal",
    "ERRO": "error",
    "DEBU": "debug",
    "TRAC": "trace",
}
BRACKETED: Mapping[str, Level] = _without("log", "config", "fine", "fail", "fault", "success", "deprecation") | {
    "success": "info",
    "!": "warning",
}
# In capitals in brackets: the results of a step.
RESULTS: Mapping[str, Level] = {"FAILED": "error", "DEPEND": "error"}
# Symbols in place of a letter.
SYMBOLS: Mapping[str, Level] = {
    **dict.fromkeys("\u2716\u2718\u2717\u274c\u26d4", "error"),
    "\u26a0": "warning",
    "\u2139": "info",
}


def _of(words: Iterable[str]) -> dict[str, Level]:
    return {word: NAMES[word] for word in words}


SET_APART: Mapping[str, Level] = _of(
    [
        "fatal",
        "critical",
        "panic",
        "crit",
        "error",
        "err",
        "fail",
        "warning",
        "warn",
        "notice",
        "info",
        "information",
        "debug",
        "dbug",
        "trace",
        "trce",
        "fault",
    ]
)
# Words before a colon; they may follow a name with a colon.
BEFORE_COLON: Mapping[str, Level] = {
    **SET_APART,
    **_of(["dbg", "verbose", "severe", "alert", "emerg", "emergency"]),
    **{word: level for word, level in NAMES.items() if word[-1].isdigit()},
}
# Columns of comma- or tab-separated values.
COLUMNS: Mapping[str, Level] = {
    **{word: level for word, level in CAPITALS.items() if word.isalpha()},
    **{word.capitalize(): level for word, level in SET_APART.items()},
    "Verbose": "trace",
    "LOG": "info",
}
LETTER_LEVELS: Mapping[str, Level] = {
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
# Two letters, as of ESXi before a number in parentheses and of Xorg in parentheses.
CODES: Mapping[str, Level] = {
    "Em": "fatal",
    "Al": "fatal",
    "Cr": "fatal",
    "Er": "error",
    "Wa": "warning",
    "No": "notice",
    "In": "info",
    "De": "debug",
    "Db": "debug",
}
DOUBLED: Mapping[str, Level] = {"II": "info", "WW": "warning", "EE": "error"}
FACILITIES = frozenset(
    [
        *[
            "kern",
            "user",
            "mail",
            "daemon",
            "auth",
            "authpriv",
            "syslog",
            "lpr",
            "news",
            "uucp",
            "cron",
            "ftp",
            "ntp",
            "security",
            "audit",
            "console",
        ],
        *(f"local{number}" for number in range(10)),
    ]
)
SYSLOG: tuple[Level, ...] = ("fatal", "fatal", "fatal", "error", "warning", "notice", "info", "debug")


def level_of(word: str) -> Level | None:
    """Return the level with this name or letter; None if there is no such level."""
    return NAMES.get(word.lower()) or LETTER_LEVELS.get(word)
