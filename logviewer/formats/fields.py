"""The fields of structured lines: JSON objects, and ``key=value``."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

from logviewer.formats.level_words import NAMES

_LEVEL_FIELD = re.compile(
    r"""(?:^|[\s{,\[(|"])((?:log[._]?)?(?:level|lvl|severity|levelname)|(prio|priority|pri|at))
    (?:=|("\s?:\s?)|:\ (?<=(?:LEVEL|level):\ ))"?([A-Za-z]{1,13})\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FIELD_CHARS = 4096


def json_fields(text: str) -> Mapping[str, Any] | None:
    """Return the fields of a line that is a JSON object; None for any other line."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def find_level_field(text: str) -> tuple[int, str] | None:
    """Return the index and value of the first ``level=info`` outside quotes or ``"level": "info"``, or None."""
    text = text[:_FIELD_CHARS]
    if not (
        "level" in text
        or "lvl" in text
        or "severity" in text
        or "prio" in text
        or " pri=" in text
        or "LEVEL" in text
        or "Level" in text
        or " at=" in text
    ):
        return None
    for match in _LEVEL_FIELD.finditer(text):
        is_weak = match[2] is not None
        if is_weak and match[4].lower() not in NAMES:
            continue
        if match[3] or text.count('"', 0, match.start(1)) % 2 == 0:
            return match.start(1), match[4]
    return None
