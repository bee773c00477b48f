"""The fields of structured lines: JSON objects, and ``key=value``."""

import re
from collections.abc import Mapping
from typing import Any

import orjson

_LEVEL_FIELD = re.compile(
    r"""(?:^|[\s{,\[(|"])((?:log[._]?)?(?:level|lvl|severity|levelname))(?:=|("\s?:\s?))"?([A-Za-z]{1,13})\b""",
    re.IGNORECASE,
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
    if "level" not in text and "lvl" not in text and "severity" not in text:
        return None
    for match in _LEVEL_FIELD.finditer(text, 0, _FIELD_CHARS):
        if match[2] or text.count('"', 0, match.start(1)) % 2 == 0:
            return match.start(1), match[3]
    return None
