"""Compiled patterns of all queries, with a bound on their memory."""

import threading
from collections import OrderedDict
from typing import Any

import re2

_MOST_BYTES = 64 * 1024 * 1024
"""The most memory of all automata; one that is used while it is dropped is not counted."""

_AUTOMATON_BYTES = 8 * 1024 * 1024
# A plain text needs a state for each character.
_PLAIN_BYTES = 64 * 1024
_BYTES_PER_CHARACTER = 1024
# The engine refuses a program of more than a quarter of this, in instructions of 16 bytes.
_PROGRAM_BYTES = 320 * 1024
MOST_INSTRUCTIONS = 5000
"""The most instructions of the regular expressions of a query: the slowest take microseconds a byte."""

TOO_LARGE = f"the regular expressions have more than {MOST_INSTRUCTIONS} instructions; shorten them, or use fewer"

Key = tuple[str | bytes, bool]


class Automata:
    """Automata by pattern. They grow while they match, and only a new one frees memory. For any thread."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Key, Any] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, pattern: str | bytes, *, is_plain: bool) -> Any:  # noqa: ANN401 (re2 has no types)
        """Return the automaton of a pattern, compiled if it is not kept. Raises re2.error."""
        key = pattern, is_plain
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        automaton = _compiled(pattern, _AUTOMATON_BYTES)
        with self._lock:
            self._bytes += 0 if key in self._kept else _size(key)
            self._kept[key] = automaton
            while self._bytes > self._most_bytes and len(self._kept) > 1:
                old, _ = self._kept.popitem(last=False)
                self._bytes -= _size(old)
        return automaton


def instructions(pattern: str) -> int:
    """Return the size of a pattern's program. Raises re2.error, also for one of some ``MOST_INSTRUCTIONS`` or more."""
    size: int = _compiled(pattern, _PROGRAM_BYTES).programsize
    return size


def _compiled(pattern: str | bytes, size: int) -> Any:  # noqa: ANN401 (re2 has no types)
    options = re2.Options()
    options.log_errors = False
    options.never_nl = True
    options.never_capture = True
    options.max_mem = size
    try:
        return re2.compile(pattern, options)
    finally:
        # Its cache would keep the automata of the last 128 patterns.
        re2.purge()


def _size(key: Key) -> int:
    pattern, is_plain = key
    return min(_AUTOMATON_BYTES, _PLAIN_BYTES + _BYTES_PER_CHARACTER * len(pattern)) if is_plain else _AUTOMATON_BYTES


automata = Automata()
