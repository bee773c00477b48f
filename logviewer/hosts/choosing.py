"""Chooses sources by id or name, and by globs of their host, its labels and their path."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol

from logviewer.globs import matches_glob, matches_text


class ChoiceError(ValueError):
    """A choice is malformed; the message names the parameter and the reason."""


class NoSourceError(LookupError):
    """A choice has no source, or names one that does not exist."""


class Facts(Protocol):
    """The part of ``Source`` and ``SourceStatus`` that choices compare."""

    @property
    def id(self) -> str: ...  # noqa: D102 (see ``SourceStatus``)
    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def host(self) -> str | None: ...  # noqa: D102
    @property
    def plain_name(self) -> str: ...  # noqa: D102
    @property
    def log(self) -> Path | str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Choice:
    """Ids or names of sources, and globs.

    ``host`` and ``path`` are globs, ``label`` is ``key=glob``. An empty ``host`` is the server itself. Of one kind, and
    of labels with one key, any may match; of different kinds and keys, all must match.
    """

    source: Sequence[str] = ()
    host: Sequence[str] = ()
    label: Sequence[str] = ()
    path: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.source or self.host or self.label or self.path)

    def __str__(self) -> str:
        return " ".join(f"{each.name}={value}" for each in fields(self) for value in getattr(self, each.name))

    @property
    def has_globs(self) -> bool:
        """Whether sources that are not yet known may match."""
        return bool(self.host or self.label or self.path)

    def check(self) -> None:
        """Raise ChoiceError if a label is malformed, or if there is nothing to choose by."""
        if not self:
            raise ChoiceError("source: required, unless host, label or path choose sources")
        self.check_labels()

    def check_labels(self) -> None:
        """Raise ChoiceError if a label is malformed."""
        for label in self.label:
            if not label.partition("=")[0] or "=" not in label:
                raise ChoiceError(f"label: {label!r} is not of the form key=glob")

    def allows_host(self, host: str | None, labels: Mapping[str, str]) -> bool:
        """Return whether sources of a host can match; ``host`` is None for files of the server itself."""
        if host is None:
            return (not self.host or "" in self.host) and not self.label
        return (not self.host or any(matches_text(glob, host) for glob in self.host)) and self._allows(labels)

    def _allows(self, labels: Mapping[str, str]) -> bool:
        wanted: dict[str, list[str]] = {}
        for label in self.label:
            key, _, glob = label.partition("=")
            wanted.setdefault(key, []).append(glob)
        return all(
            key in labels and any(matches_text(glob, labels[key]) for glob in globs) for key, globs in wanted.items()
        )

    def allows_path(self, facts: Facts) -> bool:
        """Return whether the path or the name of a source matches; see ``globs.matches_glob``."""
        return not self.path or any(matches_glob(glob, facts.log, facts.plain_name) for glob in self.path)


def has_words(facts: Facts, words: Iterable[str]) -> bool:
    """Return whether the name or the path of a source contains every word, ignoring case."""
    text = f"{facts.log} {facts.name}".lower()
    return all(word in text for words_of_one in words for word in words_of_one.lower().split())
