"""Masks configured patterns in a line before it leaves the server."""

from collections.abc import Iterator, Sequence
from typing import Any

import re2

from logviewer.errors import CannotRunError
from logviewer.formats.hidden_text import may_hide, shown_texts
from logviewer.settings import RedactRule


class Redaction:
    """Replaces matches of patterns with masks.

    Raises CannotRunError, with the engine's message, for an invalid pattern.
    """

    def __init__(self, rules: Sequence[RedactRule]) -> None:
        self.rules = tuple(rules)
        self._rules = [(_compiled(rule.pattern), rule.mask) for rule in rules]

    def text(self, line: str, limit: int | None = None) -> str:
        """Return the first ``limit`` characters of a line (default: all) with masks.

        Each rule matches the whole unmasked line, and the line as it is shown: without terminal sequences and invisible
        characters. A line that can be read in too many ways or parts is masked as a whole. Overlapping matches get one
        mask; a match that crosses the limit is replaced by its whole mask.
        """
        limit = len(line) if limit is None else limit
        hits = sorted({*self._hits(line), *self._shown_hits(line)})
        pieces: list[str] = []
        at = 0
        for first, after, mask in hits:
            if first == after or first >= limit:
                continue
            if first >= at:
                pieces += line[at:first], mask
            at = max(at, after)
        return "".join([*pieces, line[at:limit]])

    def _hits(self, text: str) -> Iterator[tuple[int, int, str]]:
        for pattern, mask in self._rules:
            yield from ((*hit.span(), mask) for hit in pattern.finditer(text))

    def _shown_hits(self, line: str) -> Iterator[tuple[int, int, str]]:
        if not may_hide(line):
            return
        texts = shown_texts(line)
        if texts is None:
            yield 0, len(line), self.rules[0].mask
            return
        for shown in texts:
            yield from ((*shown.span(*span), mask) for *span, mask in self._hits(shown.text) if span[0] < span[1])


def _compiled(pattern: str) -> Any:  # noqa: ANN401 (re2 has no types)
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise CannotRunError(f"pattern: {error.args[0].decode('utf-8', 'replace')}") from error
