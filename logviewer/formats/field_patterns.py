"""The ways to find one field of a line: a pattern of a configured or known format, or a key of JSON."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, Protocol, TypeVar

from logviewer.formats.fields import json_fields

# Patterns match this much of a line.
_HEAD_CHARS = 4096
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

T = TypeVar("T")
Read = Callable[[str], T | None]


class Field(Protocol[T]):
    """A way to find one field of a line, and the function that parses it."""

    parse: Read[T]

    def field(self, text: str, head: bytes) -> str | None:
        """Return the text of the field of a line, whose ``head`` is its begin without colours; None without one."""


class FieldPattern(Generic[T]):
    """A pattern, the groups that capture a field, and the function that parses the field."""

    def __init__(self, pattern: Any, groups: Sequence[int], parse: Read[T]) -> None:  # noqa: ANN401 (re2 has no types)
        self.parse = parse
        self._pattern = pattern
        self._groups = groups

    def field(self, text: str, head: bytes) -> str | None:  # noqa: ARG002
        """See ``Field``: the texts of the groups, unless one is not part of the match."""
        match = self._pattern.search(head)
        texts = [match[group] for group in self._groups] if match else []
        return b" ".join(texts).decode() if texts and all(texts) else None


class FieldKey(Generic[T]):
    """A key of a JSON object, or a path of keys with dots, and the function that parses its value."""

    def __init__(self, key: str, parse: Read[T]) -> None:
        self.parse = parse
        self._key = key

    def field(self, text: str, head: bytes) -> str | None:
        """See ``Field``."""
        if not head.lstrip().startswith(b"{"):
            return None
        value: Any = json_fields(text)
        if isinstance(value, dict) and self._key in value:
            value = value[self._key]
        else:
            for key in self._key.split("."):
                value = value.get(key) if isinstance(value, dict) else None
        return None if value is None or isinstance(value, dict | list) else str(value)


class FieldPatterns(Generic[T]):
    """Patterns for one field, the first one first. Any thread may use them."""

    def __init__(self, patterns: Iterable[Field[T]], fallback: Read[T]) -> None:
        self._patterns = tuple(patterns)
        self._fallback = fallback

    def read(self, text: str) -> T | None:
        """Return the field of a line: from the patterns if one matches, otherwise from the fallback."""
        is_matched = False
        for pattern, field in self._fields(text):
            is_matched = True
            if (value := pattern.parse(field)) is not None:
                return value
        return None if is_matched else self._fallback(text)

    def text(self, text: str) -> str:
        """Return the text of the field of a line; the whole line if no pattern matches."""
        return next((field for _, field in self._fields(text)), text)

    def _fields(self, text: str) -> Iterator[tuple[Field[T], str]]:
        head = text[:_HEAD_CHARS]
        # Encoded here because re2 is slower at it: it computes the byte offset of each character.
        data = (_COLOUR.sub("", head) if "\x1b" in head else head).encode("utf-8", "replace")
        for pattern in self._patterns:
            if (field := pattern.field(text, data)) is not None:
                yield pattern, field
