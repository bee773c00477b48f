"""What of a line nobody is to see: the rules of the configuration at work, wherever a line becomes text."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import re2

from logviewer.errors import CannotRunError
from logviewer.globs import matches_glob
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


_OF_SOURCES: WeakValueDictionary[bytes, Redaction] = WeakValueDictionary()


class Redactions:
    """Tells what is redacted in which source, and is alone to do so: it holds as long as this lives."""

    def __init__(self, rules: Sequence[RedactRule] = ()) -> None:
        self._rules = rules
        # Shared by all files with the same rules.
        self._made: dict[tuple[RedactRule, ...], Redaction] = {}

    def assign(self, source_key: bytes, path: Path, name: str) -> None:
        """Let the rules that fit a file's path or name hold for a source; one that names no files fits all."""
        rules = tuple(
            rule for rule in self._rules if not rule.files or any(matches_glob(glob, path, name) for glob in rule.files)
        )
        if rules and rules not in self._made:
            self._made[rules] = Redaction(rules)
        if rules:
            _OF_SOURCES[source_key] = self._made[rules]


def redaction_of(source_key: bytes) -> Redaction | None:
    """What is redacted in the lines of a source, None if nothing is."""
    return _OF_SOURCES.get(source_key)
