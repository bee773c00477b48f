"""The lines beside this module: ``## PROGRAM FORM``, then TIME, LEVEL and TEXT, separated by broken bars.

Times are one of the keys in ``tests/formats/test_programs.py`` or ISO 8601 in UTC, ``-`` for none, ``?`` for any, with
``+`` for the time of the record. ``|`` separates alternatives.
"""

from pathlib import Path


def programs() -> dict[str, list[list[str]]]:
    """Return for each program its lines: time, level and text."""
    found: dict[str, list[list[str]]] = {}
    for row in Path(__file__).with_suffix(".txt").read_text().splitlines():
        if row.startswith("## "):
            rows = found.setdefault(row.removeprefix("## "), [])
        else:
            rows.append(row.split("\u00a6", 2))
    return found
