"""Line formats of files: those of copies are found by their first bytes."""

import contextlib
import threading
import time
from collections import Counter
from functools import lru_cache
from pathlib import Path

from logviewer.files.byte_file import ByteFile
from logviewer.files.content import HEAD_BYTES, read_head
from logviewer.formats.line_format import LineFormat
from logviewer.formats.line_formats import LineFormats
from logviewer.settings import RedactRule

_MOST_HEADS = 10_000
# Of the time since the last look at all files that rules name.
_MOST_LOAD = 0.05
# File systems round the times of changes.
_CLOCK_SECONDS = 0.1


class FileFormats:
    """The line format of each file of a source. Any thread may use it.

    A redaction rule for files also applies to each file that begins like one of them, and to a file with hard links:
    others of its names may be anywhere. While a file is shorter than the part that is compared, the rules apply to all
    files that it may be a copy of.
    """

    def __init__(self, formats: LineFormats) -> None:
        self._formats = formats
        self._directories: Counter[Path] = Counter()
        self._named = lru_cache(_MOST_HEADS)(lambda path: formats.named(path, path.name))
        self._heads: dict[bytes, set[RedactRule]] = {}
        self._lock = threading.Lock()
        # By the clock of files, and the least time of the next look, in monotonic seconds.
        self._looked = self._next = 0.0

    def of_source(self, path: Path, name: str) -> LineFormat:
        """Return the line format of a source, and compare other files with its files from now on."""
        if self._formats.named(path, name):
            with self._lock:
                self._directories[path.parent] += 1
                self._looked = self._next = 0.0
        return self._formats.of(path, name)

    def forget(self, path: Path, name: str) -> None:
        """End the look at the files of a source."""
        if self._formats.named(path, name):
            with self._lock:
                self._directories[path.parent] -= 1
                self._directories += Counter()

    def look(self) -> None:
        """Note the first bytes of the files that rules name. Now and then, for files that will be moved."""
        with self._lock:
            if time.monotonic() > self._next:
                self._look()

    def of_file(self, path: Path, name: str, file: ByteFile) -> LineFormat:
        """Return the present line format of a file of a source."""
        formats = self._formats
        if not formats.with_files:
            return formats.of(path, name, file=file.path)
        if file.is_linked:
            return formats.of(path, name, copied=formats.with_files)
        try:
            head, changed = file.pread(HEAD_BYTES, 0), file.stat().st_ctime
        except OSError:
            head, changed = b"", 0
        with self._lock:
            if changed > self._looked - _CLOCK_SECONDS or time.time() < self._looked:
                self._look()
            self._add(head, formats.named(path, name, file=file.path))
            return formats.of(path, name, file=file.path, copied=self._rules_of(head))

    def _rules_of(self, head: bytes) -> set[RedactRule]:
        """Return the rules of the files that begin like a file; all if it is empty."""
        if len(head) == HEAD_BYTES:
            return self._heads.get(head, set())
        found = [rules for other, rules in self._heads.items() if other.startswith(head)] if head else []
        return set().union(*found) if head else {*self._formats.with_files}

    def _look(self) -> None:
        looked, began = time.time(), time.monotonic()
        for directory in self._directories:
            with contextlib.suppress(OSError):
                for path in directory.iterdir():
                    if rules := self._named(path):
                        self._add(read_head(path), rules)
        ended = time.monotonic()
        self._looked, self._next = looked, ended + (ended - began) / _MOST_LOAD

    def _add(self, head: bytes, rules: list[RedactRule]) -> None:
        if head and rules:
            self._heads.setdefault(head, set()).update(rules)
            if len(self._heads) > _MOST_HEADS:
                del self._heads[next(iter(self._heads))]
