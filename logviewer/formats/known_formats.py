"""Formats of single programs, from ``known_formats.toml``: a file has one if a third of its lines match."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

import re2

from logviewer.formats.timestamp import Order
from logviewer.settings import LogRule

_SHARE = 3
_MOST_LINES = 300
_MOST_CHARS = 4096


@dataclass(frozen=True, slots=True)
class Sample:
    """A line of a format with its level and its time in UTC, as ISO 8601; an empty text for none."""

    line: str
    level: str
    time: str


@dataclass(frozen=True, slots=True)
class KnownFormat:
    """A format of one program: ``match`` finds its lines, ``rule`` has its levels, ``order`` is that of its dates."""

    name: str
    match: Any
    rule: LogRule | None
    order: Order | None
    samples: tuple[Sample, ...]


@lru_cache(maxsize=1)
def known_formats() -> tuple[KnownFormat, ...]:
    """Return the formats of the file beside this module."""
    text = files("logviewer.formats").joinpath("known_formats.toml").read_text("utf-8")
    return tuple(map(_read, tomllib.loads(text)["format"]))


def known_formats_of(lines: Sequence[str]) -> list[KnownFormat]:
    """Return the formats that enough of the lines have."""
    begun = [line for line in lines if line[:1] not in {"", " ", "\t"}][:_MOST_LINES]
    data = [line[:_MOST_CHARS].encode("utf-8", "replace") for line in begun]
    return [
        each
        for each in known_formats()
        if data and sum(each.match.search(line) is not None for line in data) * _SHARE >= len(data)
    ]


def _read(table: Mapping[str, Any]) -> KnownFormat:
    pattern = table.get("pattern")
    return KnownFormat(
        name=table["name"],
        match=re2.compile(table["match"].encode()),
        rule=LogRule(
            files=(),
            pattern=pattern,
            levels=table.get("levels", {}),
            time_format=table.get("time-format"),
            zone=table.get("zone"),
        )
        if pattern
        else None,
        order=cast("Order | None", table.get("order")),
        samples=tuple(Sample(**each) for each in table["samples"]),
    )
