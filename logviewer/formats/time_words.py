"""The words that programs write in times: months in several languages, and zones."""

import re
import time as clock
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

# English, German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian: as programs abbreviate them.
_MONTHS = (
    "jan ene gen jän",
    "feb fev fév",
    "mar mär mrt",
    "apr avr abr",
    "may mai mei mag maj",
    "jun juin giu",
    "jul juil lug",
    "aug aoû aou ago",
    "sep set",
    "oct okt ott out",
    "nov",
    "dec dez déc dic des",
)
_NUMBERS: Mapping[str, int] = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}


def _beginning(letter: str) -> str:
    ends = sorted((word[1:] for word in _NUMBERS if word[0] == letter), key=len, reverse=True)
    return f"[{letter}{letter.upper()}](?i:{'|'.join(ends)})"


# By first letter: an alternative is skipped by its first character.
MONTH = rf"(?:{'|'.join(map(_beginning, sorted({word[0] for word in _NUMBERS})))})[A-Za-zéû]{{0,6}}\.?"
MONTH_STARTS = "".join(sorted({letter for word in _NUMBERS for letter in (word[0], word[0].upper())}))

# Zones by their usual meaning, in minutes east of UTC.
_ZONES: Mapping[str, int] = {
    "UT": 0, "WET": 0, "WEST": 60, "CET": 60, "CEST": 120, "MET": 60, "MEST": 120, "MEZ": 60, "MESZ": 120,
    "EET": 120, "EEST": 180, "MSK": 180, "BST": 60,
    "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
    "AKST": -540, "AKDT": -480, "HST": -600, "NST": -210, "NDT": -150, "ADT": -180,
    "JST": 540, "KST": 540, "HKT": 480, "SGT": 480, "PKT": 300, "WIB": 420, "PHT": 480, "ICT": 420,
    "AEST": 600, "AEDT": 660, "ACST": 570, "ACDT": 630, "AWST": 480, "NZST": 720, "NZDT": 780, "SAST": 120,
    "EAT": 180, "WAT": 60, "CAT": 120, "BRT": -180, "BRST": -120, "ART": -180,
}  # fmt: skip
# Zones with several usual meanings: only the local zone decides between them.
_AMBIGUOUS = ("IST", "AST", "GST", "AMT")
ZONE_NAMES = "|".join(sorted([*_ZONES, *_AMBIGUOUS], key=len, reverse=True))
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d\d))?$|([+-])(\d{3})$")


def month_of(word: str) -> int | None:
    """Return the number of the month that a word names; None if it names none."""
    lower = word.lower()
    return _NUMBERS.get(lower[:4]) or _NUMBERS.get(lower[:3])


@lru_cache(maxsize=1024)
def zone_of(text: str, local: tzinfo | None) -> tzinfo | None:
    """Return the zone of a name or offset; ``local``, None for the server's, if that zone has this name.

    Raises ValueError for a name with several meanings.
    """
    name = text.strip()
    if match := _OFFSET.search(name):
        sign, hours, minutes, dotted_sign, dotted = match.groups()
        total = int(dotted) if dotted else int(hours) * 60 + int(minutes or 0)
        return timezone(timedelta(minutes=-total if "-" in (sign or dotted_sign) else total))
    if name in {"Z", "UTC", "GMT", "UT"}:
        return UTC
    if name in _names_of(local):
        return local
    if name not in _ZONES:
        raise ValueError(name)
    return timezone(timedelta(minutes=_ZONES[name]))


def _names_of(zone: tzinfo | None) -> set[str | None]:
    if zone is None:
        return set(clock.tzname)
    return {datetime(2026, month, 1, tzinfo=zone).tzname() for month in (1, 7)}
