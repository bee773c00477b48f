"""The bytes of a log file as they are read for its lines: without the envelopes of a container runtime."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING
from weakref import ReferenceType, ref

from logviewer.errors import FileChangedError
from logviewer.files.block_map import Bytes
from logviewer.formats.envelope import Envelope, Piece, Stamp, envelope_of
from logviewer.formats.unwrapping import BORDER_BYTES, MOST_BYTES, RUN_BYTES, WAIT_BYTES, Unwrapped, Unwrapping, unwrap

if TYPE_CHECKING:
    from logviewer.formats.envelope import Offsets

_HEAD_BYTES = 4 * 1024
# The first line with an envelope is no longer.
_MOST_HEAD_BYTES = 128 * 1024
_LINE_BYTES = 4 * 1024
# Before an offset, a clean one is found in the first of these sizes in nearly all files.
_WINDOWS = (WAIT_BYTES + 64 * 1024, MOST_BYTES + WAIT_BYTES, BORDER_BYTES + RUN_BYTES + WAIT_BYTES + 2 * MOST_BYTES)
_NEAR_BYTES = 512 * 1024
_CLEAN_KEPT = 16
_GAP_BYTES = 1024 * 1024
_LONG_BYTES = 1024 * 1024
_TAIL_BYTES = 64 * 1024
_TAILS_KEPT = 4
_NEWLINE = 10


class FileText:
    """Reads the text of a log file. Offsets are those of the file. Any thread may use it.

    Once ``is_ended`` returns true, pieces at the end of the file are a line.
    """

    def __init__(self, file: Bytes, is_ended: Callable[[], bool]) -> None:
        self._file = file
        self._is_ended = is_ended
        self._envelope: Envelope | None = None
        self._is_known = False
        self._lock = threading.Lock()
        self._clean: deque[int] = deque(maxlen=_CLEAN_KEPT)
        self._sized = (0, 0)

    @property
    def envelope(self) -> Envelope | None:
        """The envelope of the first line; None without one, and before it can be read. Raises OSError."""
        if not self._is_known:
            for size in (_HEAD_BYTES, _MOST_HEAD_BYTES):
                head = self._file.pread(size, 0)
                line, newline, _ = head.partition(b"\n")
                # Half a line is text without its envelope, too: rules of redaction match its start.
                is_whole = bool(newline) or len(head) == _MOST_HEAD_BYTES
                self._envelope = envelope_of(line, is_whole=is_whole)
                self._is_known = is_whole
                if newline or len(head) < size:
                    break
        return self._envelope

    def size(self, size: int) -> int:
        """Return how many of the first ``size`` bytes of a file that grows are text. Raises OSError.

        Pieces at the end become text once their line is whole.
        """
        if not self.envelope:
            return size
        if self._sized[0] != size:
            self._sized = size, min(size, self._unwrapped(size, size).end)
        return self._sized[1]

    def pread(self, size: int, offset: int) -> bytes:
        """Return up to ``size`` bytes of text at an offset. Raises OSError."""
        if not self.envelope or size <= 0:
            return self._file.pread(size, offset)
        found = self._unwrapped(offset, offset + size)
        return found.data[offset - found.base : offset - found.base + size]

    def next_data(self, offset: int) -> int:
        """See ``ByteFile``."""
        return self._file.next_data(offset)

    def stamps(self, offsets: Sequence[int]) -> list[Stamp | None]:
        """Return the envelope's stamp of each line that begins at one of these offsets, ascending. Raises OSError."""
        edges = [at for at, (low, high) in enumerate(pairwise(offsets), 1) if high - low > _GAP_BYTES]
        return [
            stamp
            for first, last in pairwise([0, *edges, len(offsets)])
            for stamp in self._stamps_near(offsets[first:last])
        ]

    def times(self, offsets: "Offsets") -> "tuple[bytes, Offsets] | None":
        """Return data, and the index in it of the time of each line that begins at an offset, ascending.

        None if some lines may be cut, or have no envelope. Raises OSError.
        """
        if not self.envelope or not len(offsets):
            return None
        first, last = int(offsets[0]), int(offsets[-1])
        base = max(0, first - 1)
        before = self._lines_of(base, last)
        begin_lines = all(before[at - 1] == _NEWLINE for at in (offsets - base).tolist() if at)
        data = before[first - base : before.rfind(b"\n") + 1]
        if last - first >= len(data) or not begin_lines or self.envelope.may_have_partial(data):
            return None
        return self.envelope.times(data, offsets - first)

    def _stamps_near(self, offsets: Sequence[int]) -> list[Stamp | None]:
        if not self.envelope or not offsets:
            return [None] * len(offsets)
        found = self._pieces(offsets)
        if any(piece is None or piece.is_partial for piece in found):
            # Some lines begin elsewhere than their envelopes.
            origins = self._unwrapped(offsets[0], offsets[-1] + 1).origins
            found = self._pieces([origins.get(offset, offset) for offset in offsets])
        return [piece and piece.stamp for piece in found]

    def _pieces(self, offsets: Sequence[int]) -> list[Piece | None]:
        """Return the pieces that begin at these offsets."""
        envelope, first, last = self.envelope, min(offsets), max(offsets)
        if not envelope:
            return [None] * len(offsets)
        data = self._lines_of(first, last)
        found: list[Piece | None] = []
        for offset in offsets:
            start = offset - first
            end = data.find(b"\n", start, start + MOST_BYTES + 1)
            found.append(envelope.piece(data[start : end if end >= 0 else len(data)]))
        return found

    def _lines_of(self, first: int, last: int) -> bytes:
        """Return the bytes from an offset to the end of the line at another one, and more."""
        size = _LINE_BYTES
        while True:
            data = self._file.pread(last - first + size, first)
            if size > MOST_BYTES or data.find(b"\n", last - first) >= 0 or len(data) < last - first + size:
                return data
            size *= 8

    def _unwrapped(self, start: int, end: int) -> Unwrapped:
        """Return the text of a range of the file, and more around it. Raises OSError."""
        envelope = self._envelope
        if not envelope:
            raise FileChangedError
        if long := _LONG_TEXT.find(self, start, end):
            return long
        unwrapping = _TAILS.take(self, start) or Unwrapping(envelope, *self._clean_before(envelope, start))
        base = unwrapping.base
        size = end - base + _LINE_BYTES
        while True:
            known = len(unwrapping.out)
            size = max(size, known + _LINE_BYTES)
            data = self._file.pread(size - known, base + known)
            unwrapping.feed(data)
            at_end = len(data) < size - known
            if at_end or base + unwrapping.clean >= end:
                break
            size *= 2
        is_ended = at_end and self._is_ended()
        found = unwrapping.text(is_end=is_ended)
        if found.end > base and not unwrapping.within_line:
            with self._lock:
                self._clean.append(found.end)
        if at_end and not is_ended and len(unwrapping.out) > unwrapping.clean + _TAIL_BYTES:
            _TAILS.keep(self, unwrapping)
        if len(found.data) > _LONG_BYTES:
            _LONG_TEXT.keep(self, found)
        return found

    def _clean_before(self, envelope: Envelope, offset: int) -> tuple[int, bool]:
        """Return the last clean offset up to an offset, or the offset itself within a long line, and whether it is."""
        with self._lock:
            known = max((each for each in self._clean if each <= offset), default=0)
        if offset - known <= _NEAR_BYTES:
            return known, False
        for size in _WINDOWS:
            if offset - known <= size:
                return known, False
            start = max(0, offset - size)
            data = self._file.pread(offset - start, start)
            if start and len(data) - (data.rfind(b"\n") + 1) > MOST_BYTES:
                return offset, True
            first = data.find(b"\n") + 1 if start else 0
            last = data.rfind(b"\n") + 1
            if start + first + WAIT_BYTES < start + last and not envelope.may_have_partial(data[first:last]):
                return start + last, False
            clean = unwrap(envelope, data[first:last], start + first).end
            if not start or clean > start + first + WAIT_BYTES:
                with self._lock:
                    self._clean.append(clean)
                return clean, False
        return start + last, False


class _LongText:
    """The text that was unwrapped last because of pieces that go on for long: each read of it would cost as much."""

    def __init__(self) -> None:
        self._kept: tuple[ReferenceType[FileText], Unwrapped] | None = None

    def keep(self, owner: FileText, found: Unwrapped) -> None:
        """Keep the final text of a file."""
        self._kept = ref(owner), found

    def find(self, owner: FileText, start: int, end: int) -> Unwrapped | None:
        """Return the text of a range of a file, if it is kept."""
        kept = self._kept
        is_there = kept is not None and kept[0]() is owner and kept[1].base <= start and end <= kept[1].end
        return kept[1] if kept and is_there else None


_LONG_TEXT = _LongText()


class _Tails:
    """The ends of a few files whose pieces go on for long, so that each byte is unwrapped once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[tuple[ReferenceType[FileText], Unwrapping]] = []

    def keep(self, owner: FileText, unwrapping: Unwrapping) -> None:
        """Keep the end of a file."""
        with self._lock:
            self._kept = [(ref(owner), unwrapping), *(each for each in self._kept if each[0]() is not owner)]
            del self._kept[_TAILS_KEPT:]

    def take(self, owner: FileText, offset: int) -> Unwrapping | None:
        """Remove the end of a file, and return it if an offset is in it or not far behind."""
        with self._lock:
            for each in self._kept:
                begin = each[1].base
                if each[0]() is owner and begin <= offset <= begin + len(each[1].out) + MOST_BYTES:
                    self._kept.remove(each)
                    return each[1]
        return None


_TAILS = _Tails()
