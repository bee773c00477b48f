"""What of a line nobody is to see: the rules of the configuration at work, wherever a line becomes text."""

from collections.abc import Sequence
from typing import Any

import re2

from logviewer.errors import CannotRunError
from logviewer.settings import RedactRule


class Redaction:
    """Puts masks in the place of what patterns match.

    Raises CannotRunError, with the engine's words, for a pattern that is none.
    """

    def __init__(self, rules: Sequence[RedactRule]) -> None:
        self._rules = [(_compiled(rule.pattern), rule.mask) for rule in rules]

    def text(self, line: str, limit: int | None = None) -> str:
        """The first ``limit`` characters of a line, all by default, with the masks.

        Each rule sees the whole line as it is in the file, whatever the others match. What overlaps has one mask, and
        so has what goes beyond the limit.
        """
        limit = len(line) if limit is None else limit
        hits = sorted((*hit.span(), mask) for pattern, mask in self._rules for hit in pattern.finditer(line))
        pieces: list[str] = []
        at = 0
        for first, after, mask in hits:
            if first == after or first >= limit:
                continue
            if first >= at:
                pieces += line[at:first], mask
            at = max(at, after)
        return "".join([*pieces, line[at:limit]])


def _compiled(pattern: str) -> Any:  # noqa: ANN401 (re2 has no types)
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise CannotRunError(f"pattern: {error.args[0].decode('utf-8', 'replace')}") from error
