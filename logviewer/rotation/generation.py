"""A log file under the name of a source: lines by offset and number, and checks that its bytes are still the same."""

import contextlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from weakref import proxy

from logviewer.cursor import HEAD_BYTES, TAIL_BYTES, Checkpoint, checkpoint_texts, digest, file_key
from logviewer.errors import FileChangedError
from logviewer.files.block_map import BLOCK_BYTES, BlockMap
from logviewer.files.byte_file import ByteFile
from logviewer.files.content import is_binary
from logviewer.files.encoding import DETECTED_BYTES, UTF8, Encoding, detect
from logviewer.files.lines import (
    LINE_CAP,
    MAX_BYTES,
    MAX_LINES,
    blocks,
    count_newlines,
    end_of_newline,
    find_newline,
    newlines_before,
    split,
)
from logviewer.formats.file_evidence import NO_READING, FileReading
from logviewer.formats.line_format import LineFormat
from logviewer.rotation.file_text import FileText
from logviewer.rotation.line_sample import LineSample
from logviewer.rotation.position import Batch, LineCount, Position, Reason

_SCAN_BYTES = 1024 * 1024
# A request counts this much, in about a millisecond, once counting has begun.
_CATCH_UP_BYTES = 4 * 1024 * 1024
# A file that has grown by this has new evidence on how its lines are read.
_GROWTH = 1.25
_LEAST_GROWTH_BYTES = 256
_BINARY = "binary: the file is not text, and its bytes are shown as lines"


class Generation:
    """The bytes [``begin``, ``limit``) of one log file, as they were when first seen; ``limit`` is None while it grows.

    A file that gets the source's name again has one generation for each time. ``ended`` is the time, in monotonic
    seconds, at which a newer file took the name; None for the newest. ``attached`` is true for a file that was already
    rotated when it was found. ``lost`` is the reason why the bytes cannot be read any more, None while they can;
    readers then continue at ``successor``. ``loss`` is the reason of a gap before the first line. ``was_empty`` is true
    if the last poll saw no bytes. ``key`` names the file in cursors; a copy of a truncated file has the key of that
    file. ``id`` is valid in this process. ``block_map`` counts the lines. ``line_format`` is another object once lines
    are read in another way. ``inherited`` returns the reading of the file before it in its log, and ``again`` the
    present format of the file without a reading.
    """

    def __init__(  # noqa: PLR0913 (its parts)
        self,
        file: ByteFile,
        source: bytes,
        line_format: LineFormat,
        *,
        key: bytes | None = None,
        ended: float | None = None,
        attached: bool = False,
        inherited: Callable[[], FileReading] = lambda: NO_READING,
        again: Callable[[], LineFormat] | None = None,
    ) -> None:
        self.file = file
        self.source = source
        # The format is a cycle: a strong reference holds the descriptor until the garbage collector runs.
        myself = proxy(self)
        self._text = FileText(proxy(file), lambda: myself.limit is not None)
        self._sample = LineSample(proxy(file), lambda: myself.encoding, lambda: myself.size(), self._text)  # noqa: PLW0108 (weak)
        self.line_format = line_format.of_file(
            self._sample, dated=self._sample.dated, inherited=inherited, again=again, stamps=self._text
        )
        self.key = key or file_key(*file.identity)
        self.id = secrets.token_urlsafe(6)
        self.block_map = BlockMap(self._text)
        self.begin = 0
        self.limit: int | None = None
        self.ended = ended
        self.attached = attached
        self.lost: Reason | None = None
        self.successor: Generation | None = None
        self.loss: Reason | None = None
        self.was_empty = True
        self._encoding: Encoding | None = line_format.encoding
        self._head = (0, digest(b""))
        self._is_binary = False
        self._searched = (0, 0)
        self._frozen_unterminated = (-1, False)
        self._last_stat = (0, 0, digest(b""))
        self._links = 1

    @property
    def encoding(self) -> Encoding:
        """Return the encoding: configured, or by the first four bytes once they are there. Raises OSError."""
        if self._encoding is None:
            first = self.file.pread(DETECTED_BYTES, 0)
            if len(first) < DETECTED_BYTES:
                return detect(first)
            self._encoding = detect(first)
        return self._encoding

    @property
    def encoding_name(self) -> str | None:
        """The encoding of lines that were read, ``unknown`` if they are not in it; None before the first one."""
        if self._encoding is None or not self._sample.size:
            return None
        return self._encoding.codec if self._sample.is_valid else "unknown"

    @property
    def fault(self) -> str | None:
        """A fault of the contents, for people, as far as they were read: binary, cut or damaged."""
        with contextlib.suppress(OSError):
            return self.file.fault or (_BINARY if self._is_binary else None)
        return None

    def size(self) -> int:
        """Return the number of bytes of the file up to its end or ``limit``. Raises OSError."""
        if self.limit is not None and self.file.is_resting:
            return self.limit
        size = self.file.stat().st_size
        return self._text.size(size) if self.limit is None else min(size, self.limit)

    def first(self) -> Position:
        """Return the position before the first line. Raises OSError."""
        return self.position(self.begin, self.number(self.begin))

    def last(self, count: int) -> Position:
        """Return the position before the last ``count`` whole lines (0: after the last). Raises OSError."""
        offset = self.last_lines(count)
        return self.position(offset, self.number(offset))

    def position(self, offset: int, line: int | None) -> Position:
        """Return the position at an offset, with hashes of the bytes before it. Raises OSError."""
        return Position(self, offset, line, *self._see_head(), self._tail_hash(offset))

    def positions(self, offsets: Sequence[int], lines: Iterable[int | None]) -> list[Position]:
        """Return the positions at ascending offsets, with the reads of ``places``. Raises OSError."""
        head_hash = self._see_head()
        tail_hashes = [each for run in _runs(offsets) for each in _tail_hashes(run, *self._read_to(run))]
        return [
            Position(self, offset, line, *head_hash, tail_hash)
            for offset, line, tail_hash in zip(offsets, lines, tail_hashes, strict=True)
        ]

    def places(
        self, offsets: Sequence[int], lines: Sequence[int | None] | None
    ) -> tuple[Sequence[int | None], list[str]]:
        """Return the ``numbers`` at ascending offsets, unless given, and the texts of the ``positions`` there.

        One read, and one more for each hole or long line between them. Raises OSError.
        """
        tail_hashes: list[bytes] = []
        numbers: list[int | None] = []
        for run in _runs(offsets):
            start, data = self._read_to(run)
            tail_hashes += _tail_hashes(run, start, data)
            if lines is None:
                numbers += self.numbers(run) if self._text.envelope else self._numbers(run, start, data)
        lines = numbers if lines is None else lines
        return lines, checkpoint_texts(self.source, self.key, offsets, lines, *self._see_head(), tail_hashes)

    def _read_to(self, offsets: Sequence[int]) -> tuple[int, bytes]:
        """Return the offset of the first tail that is hashed, and the bytes from there to the last offset."""
        start = max(0, offsets[0] - TAIL_BYTES)
        return start, self.file.pread(offsets[-1] - start, start)

    # Line numbers

    def number(self, offset: int) -> int | None:
        """Return the number of lines of the file before an offset; None while they are not counted. Raises OSError."""
        self.catch_up(offset, within=_CATCH_UP_BYTES if self.block_map.counted else BLOCK_BYTES)
        return self.block_map.lines_before(offset)

    def numbers(self, offsets: Sequence[int]) -> list[int | None]:
        """Return ``number`` of each of some ascending offsets, with the reads of ``places``. Raises OSError."""
        reads = ((run, self.pread(run[-1] - run[0], run[0])) for run in _runs(offsets))
        return [number for run, data in reads for number in self._numbers(run, run[0], data)]

    def _numbers(self, offsets: Sequence[int], start: int, data: bytes) -> list[int | None]:
        first = self.number(offsets[0])
        if first is None:
            return [None] * len(offsets)
        counts = newlines_before(data, self.encoding, [offset - start for offset in offsets])
        return [first - counts[0] + count for count in counts]

    def catch_up(self, offset: int, *, within: int) -> int:
        """Count lines up to an offset if at most ``within`` bytes are missing, and return the bytes read.

        Raises OSError.
        """
        size = offset - self.block_map.counted
        if not 0 < size <= within:
            return 0
        self.block_map.extend(offset, self.encoding)
        return size

    def count(self, most: int) -> bool:
        """Count the lines of the next ``most`` bytes, and return whether more bytes follow. Raises OSError."""
        before, size = self.block_map.counted, self.size()
        self.block_map.extend(min(size, before + most), self.encoding)
        return before < self.block_map.counted <= size - len(self.encoding.newline)

    def line_count(self) -> LineCount:
        """Return the lines counted so far. Raises OSError."""
        size = self.size()
        if self.limit is None:
            self.number(size)
        before = self.block_map.lines_before(self.begin)
        counted = min(self.block_map.counted, size)
        if before is None:
            return LineCount(0, 0, 0, size - self.begin)
        lines = (self.block_map.lines_before(counted) or 0) - before
        if size - counted < len(self.encoding.newline):
            return LineCount(before, lines + self._has_unterminated(size), size - self.begin, size - self.begin)
        return LineCount(before, lines, counted - self.begin, size - self.begin)

    def _has_unterminated(self, size: int) -> bool:
        # A file that does not grow need not be opened again for each answer.
        if self._frozen_unterminated[0] != size or self.limit is None:
            self._frozen_unterminated = (size, self.has_unterminated(size))
        return self._frozen_unterminated[1]

    def has_unterminated(self, size: int) -> bool:
        """Return whether an unterminated line ends at ``size``, the end of the file. Raises OSError."""
        width = len(self.encoding.newline)
        if size <= self.begin or size % width:
            return size > self.begin
        last = self.pread(width, size - width)
        if last == b"\0":
            line = self.read_unterminated(self.last(0))
            return line is not None and line.unterminated
        return last != self.encoding.newline

    def at_line(self, number: int) -> Position | None:
        """Return the position before line ``number`` of this generation, from 0; None while it is not counted.

        Raises OSError.
        """
        if number == 0:
            return self.first()
        before = self.block_map.lines_before(self.begin)
        offset = None if before is None else self.block_map.offset_of(before + number)
        return None if before is None or offset is None else self.position(offset, before + number)

    def _see_head(self) -> tuple[int, bytes]:
        length, head_hash = self._head
        if length < HEAD_BYTES:
            data = self.file.pread(HEAD_BYTES, 0)
            # New contents belong to the next generation: readers of this one detect them by the old hash.
            if digest(data[:length]) == head_hash:
                self._head = (len(data), digest(data))
                self._is_binary = is_binary(data)
        return self._head

    def _has_seen_head(self) -> bool:
        # Logs repeat themselves: two files may agree before an offset, but rarely in their first bytes.
        length, head_hash = self._head
        return length == 0 or digest(self.file.pread(length, 0)) == head_hash

    def _tail_hash(self, offset: int) -> bytes:
        start = max(0, offset - TAIL_BYTES)
        return digest(self.file.pread(offset - start, start)) if offset else digest(b"")

    def holds(self, checkpoint: Checkpoint) -> bool:
        """Return whether this file has the bytes that a checkpoint hashes. Raises OSError."""
        if self.lost or checkpoint.offset > self.file.stat().st_size:
            return False
        return (
            digest(self.file.pread(checkpoint.head_length, 0)) == checkpoint.head_hash
            and self._tail_hash(checkpoint.offset) == checkpoint.tail_hash
        )

    def may_hold(self, checkpoint: Checkpoint) -> bool:
        """Return whether ``holds`` may be true, by the hash of the first bytes; reads nothing."""
        length, head_hash = self._head
        is_long = checkpoint.offset <= self.seen_size
        return is_long and (length != checkpoint.head_length or head_hash == checkpoint.head_hash)

    def spans(self, checkpoint: Checkpoint) -> bool:
        """Return whether the checkpoint's offset is within [``begin``, ``limit``]."""
        return self.begin <= checkpoint.offset and (self.limit is None or checkpoint.offset <= self.limit)

    def intact(self) -> bool:
        """Return whether the bytes seen before are still there; if so, note the present ones. Raises OSError."""
        # First the notes, then the file: a reader may note more bytes meanwhile.
        size, changed, tail_hash = self._last_stat
        status = self.file.stat()
        self.was_empty = status.st_size == 0
        if (status.st_size, status.st_ctime_ns) == (size, changed):
            return True
        if status.st_size < size or self._tail_hash(size) != tail_hash or not self._has_seen_head():
            return False
        last_stat = (status.st_size, status.st_ctime_ns, self._tail_hash(status.st_size))
        # A truncation between these calls would pair the size with a hash of other bytes: the next poll detects it.
        if self.file.stat().st_size >= status.st_size and self._tail_hash(size) == tail_hash:
            self._see_head()
            self._last_stat = last_stat
            is_new_link, self._links = status.st_nlink > self._links, status.st_nlink
            # A redaction rule may name the new link.
            if is_new_link or self.seen_size > self._sample.size * _GROWTH + _LEAST_GROWTH_BYTES:
                self.reconsider()
        return True

    def freeze(self) -> None:
        """End the generation at the present size of its file, if that has the bytes seen before. Raises OSError."""
        if self.intact():
            self.limit = self.seen_size

    def reconsider(self) -> None:
        """Decide again how lines are read, if that is decided: there is new evidence."""
        self.line_format = self.line_format.renewed()

    def touched(self) -> bool:
        """Return whether the file changed since the last poll. Raises OSError."""
        last_stat = self._last_stat
        status = self.file.stat()
        return (status.st_size, status.st_ctime_ns) != last_stat[:2]

    def seen(self) -> Checkpoint:
        """Return the checkpoint at the end of the bytes seen so far."""
        size, _, tail_hash = self._last_stat
        return Checkpoint(self.source, self.key, size, None, *self._head, tail_hash)

    @property
    def seen_size(self) -> int:
        """The number of bytes that the last poll or a reader since has seen."""
        return self._last_stat[0]

    @property
    def closed_size(self) -> int:
        """The number of bytes of a closed generation, with the bytes that no poll could read."""
        return max(self.seen_size, self.file.closed_size) if self.limit is None else self.limit

    def last_lines(self, count: int) -> int:
        """Return the offset before the last ``count`` whole lines (0: after the last). Raises OSError."""
        size = self.size()
        offset, _ = self.lines_until(size, count, most=size) or (self.begin, 0)
        return offset

    def lines_until(self, end: int, count: int, *, most: int) -> tuple[int, int] | None:
        """Return the offset before the last ``count`` whole lines up to ``end``, and the number of lines found.

        None if that needs a read of more than ``most`` bytes. Raises OSError.
        """
        end -= end % len(self.encoding.newline)
        return self._mapped_until(end, count) or self._walk_back(end, count, most)

    def _mapped_until(self, end: int, count: int) -> tuple[int, int] | None:
        lines, before = self.number(end), self.number(self.begin)
        if lines is None or before is None:
            return None
        found = max(0, min(count, lines - before))
        offset = self.block_map.offset_of(lines - found)
        return None if offset is None else (max(self.begin, offset), found)

    def _walk_back(self, end: int, count: int, most: int) -> tuple[int, int] | None:
        encoding = self.encoding
        left, lowest = count, max(self.begin, end - most)
        while end > lowest:
            start = max(self.begin, end - MAX_BYTES)
            data = self.pread(end - start, start)
            newlines = count_newlines(data, encoding)
            if newlines > left:
                return start + (end_of_newline(data, encoding, newlines - left) or 0), count
            left -= newlines
            end = start if data.strip(b"\0") else max(self.begin, min(start, self.file.previous_data(start)))
        return (self.begin, count - left) if end <= self.begin else None

    def next_line(self, offset: int, end: int) -> int:
        """Return the offset of the first line that begins after an offset; ``end`` without one. Raises OSError."""
        encoding = self.encoding
        at = offset - offset % len(encoding.newline)
        while at < end and (data := self.pread(min(MAX_BYTES, end - at), at)):
            if (found := find_newline(data, encoding)) >= 0:
                return at + found + len(encoding.newline)
            at += MAX_BYTES
        return end

    def read(self, position: Position, *, max_lines: int = MAX_LINES) -> Batch | None:
        """Read the whole lines after a position: up to ``max_lines`` or 256 KiB, or one longer line; None without any.

        Raises:
            FileChangedError: if the file no longer holds the bytes before the position.
            OSError: if it cannot be read.
        """
        position = self._numbered(position)
        start = position.offset
        data = self.pread(MAX_BYTES, start)
        if data[:1] == b"\0" and self.encoding is UTF8:
            start = self._end_of_nuls(start)
            data = self.pread(MAX_BYTES, start)
        lines, taken = split(data, self.encoding, max_lines)
        cut = None
        if not lines and len(data) == MAX_BYTES:
            lines, taken, cut = self._long_line(start)
        line = None if position.line is None else position.line + len(lines)
        end = self.position(start + taken, line)
        self._check(position, end.offset, data if start == position.offset else b"")
        if not lines:
            return None
        if end.offset > self.seen_size:
            self._last_stat = (end.offset, 0, end.tail_hash)
        plain = self._is_plain(data, start)
        more = len(lines) == max_lines or len(data) == MAX_BYTES
        return Batch(position, end, lines, cut=cut, plain=plain, more=more)

    def is_at_hand(self, position: Position, most: int) -> bool:
        """Whether at most ``most`` bytes follow a position, all in memory: ``read`` then waits for no disk.

        False where the kernel does not say it. Raises OSError.
        """
        if position.line is None or self._encoding is None or self.limit is not None or self.lost:
            return False
        if self._text.envelope:
            return False
        # Without a system call for a reader that is far behind.
        if self.seen_size > position.offset + most:
            return False
        start = max(0, position.offset - TAIL_BYTES)
        cached = self.file.cached_bytes(position.offset + most + 1 - start, start)
        has_all = cached and start + cached == self.file.stat().st_size <= position.offset + most
        head = max(1, self._head[0])
        return bool(has_all) and self.file.cached_bytes(head, 0) == head

    def read_many(
        self, position: Position, size: int, max_lines: int = MAX_LINES, max_bytes: int = MAX_BYTES
    ) -> list[Batch]:
        """Read up to ``size`` bytes, as batches of at most so many lines and bytes. Raises as ``read``."""
        position = self._numbered(position)
        start = position.offset
        data = self.pread(size, start) if self.encoding is UTF8 else b""
        is_hole = data[:1] == b"\0" and not self._text.envelope
        lines = [] if is_hole else list(blocks(data, max_lines, max_bytes))
        has_more = len(data) == size
        if has_more and len(lines) > 1:
            # The next read begins with the last one, and can fill it.
            lines.pop()
        if not lines:
            batch = self.read(position)
            return [batch] if batch else []
        plain = self._is_plain(data, start)
        batches: list[Batch] = []
        for block in lines:
            before = batches[-1].end if batches else position
            line = None if before.line is None else before.line + len(block)
            offset = before.offset + len(block.data)
            end = Position(self, offset, line, *self._see_head(), self._tail_hash(offset))
            batches.append(Batch(before, end, block, plain=plain, more=has_more or block is not lines[-1]))
        self._finish(position, batches[-1].end, data)
        return batches

    def _finish(self, position: Position, end: Position, data: bytes) -> None:
        """Check the bytes before a position, and note those up to ``end``; ``data`` are those after the position."""
        self._check(position, end.offset, data)
        if end.offset > self.seen_size:
            self._last_stat = (end.offset, 0, end.tail_hash)

    def read_unterminated(self, position: Position) -> Batch | None:
        """Read the unterminated line after the last whole one; None without one. Raises as ``read``.

        Returns whole lines if some were written meanwhile.
        """
        position = self._numbered(position)
        end = self.size()
        start = position.offset
        if self.encoding is UTF8 and self.pread(1, start) == b"\0":
            start = self._end_of_nuls(start)
        data = self.pread(min(LINE_CAP, max(0, end - start)), start)
        line = None if position.line is None else position.line + 1
        end_position = self.position(max(start, end), line)
        self._check(position, start + len(data), data if start == position.offset else b"")
        if not data:
            return None
        if find_newline(data, self.encoding) >= 0:
            return self.read(position)
        cut = end - start if end - start > LINE_CAP else None
        return Batch(position, end_position, [data], cut=cut, unterminated=True)

    def count_lines(self, begin: int, end: int) -> int:
        """Return the number of newlines between two offsets, which must not split a newline.

        Raises:
            FileChangedError: if the file ends before ``end``.
            OSError: if it cannot be read.
        """
        # Other readers at this position then find the count.
        self.catch_up(end, within=end - begin)
        first, last = self.block_map.lines_before(begin), self.block_map.lines_before(end)
        return self._count_lines(begin, end) if first is None or last is None else last - first

    def _count_lines(self, begin: int, end: int) -> int:
        encoding = self.encoding
        count, at = 0, begin
        while at < end:
            size = min(_SCAN_BYTES, end - at)
            data = self.pread(size, at)
            if len(data) < size:
                raise FileChangedError
            count += count_newlines(data, encoding)
            at = max(at + size, self.file.next_data(at + size))
        return count

    def skip_to(self, position: Position, offset: int, lines: int) -> Position:
        """Return the position at an offset, ``lines`` whole lines after another position. Raises as ``read``."""
        end = self.position(offset, None if position.line is None else position.line + lines)
        self._check(position, offset, b"")
        if offset > self.seen_size:
            self._last_stat = (offset, 0, end.tail_hash)
        return end

    def _numbered(self, position: Position) -> Position:
        line = self.number(position.offset) if position.line is None else None
        return position if line is None else replace(position, line=line)

    def pread(self, size: int, offset: int) -> bytes:
        """Read up to ``size`` bytes at ``offset``, none beyond ``limit``. Raises OSError."""
        if self.limit is not None:
            size = max(0, min(size, self.limit - offset))
        return self._text.pread(size, offset)

    def _check(self, position: Position, end: int, data: bytes) -> None:
        # After the read: the file may have been rewritten before it, or before the end position was hashed.
        if self.lost or self.file.stat().st_size < end or self._tail_hash(position.offset) != position.tail_hash:
            raise FileChangedError
        length, head_hash = self._head
        has_first = position.offset == 0 and len(data) >= length and not self._text.envelope
        first = data[:length] if has_first else self.file.pread(length, 0)
        if length and digest(first) != head_hash:
            raise FileChangedError

    def _is_plain(self, data: bytes, start: int) -> bool:
        has_nuls = b"\0" in data and not self._text.envelope
        has_mark = self.encoding.bom in data if self.encoding.bom else start == 0
        return not has_nuls and not has_mark

    def _end_of_nuls(self, start: int) -> int:
        at = self._resume_search(start)
        while True:
            at = self.file.next_data(at)
            data = self.pread(_SCAN_BYTES, at)
            rest = data.lstrip(b"\0")
            if rest or not data:
                return at + len(data) - len(rest)
            at += len(data)
            self._searched = (start, at)

    def _long_line(self, start: int) -> tuple[Sequence[bytes], int, int | None]:
        """Return the line at ``start``, its bytes with the newline, and its true length if it is cut.

        The list is empty while the line has no newline.
        """
        encoding = self.encoding
        at = self._resume_search(start)
        while data := self.pread(_SCAN_BYTES, at):
            found = find_newline(data, encoding)
            if found >= 0:
                length = at + found - start
                line = self.pread(min(length, LINE_CAP), start)
                return [line], length + len(encoding.newline), length if length > LINE_CAP else None
            at += len(data) - len(data) % len(encoding.newline)
            self._searched = (start, at)
            if len(data) < _SCAN_BYTES:
                break
        return [], 0, None

    def _resume_search(self, start: int) -> int:
        # Do not search a long line from its start each time it grows.
        searched, until = self._searched
        return until if searched == start else start

    def close(self, reason: Reason, successor: "Generation | None") -> None:
        """Close the file. Readers get a gap with this reason and continue at the successor."""
        self.successor = successor
        self.lost = reason
        self.file.close()


def _runs(offsets: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split ascending offsets where more than 1 MiB lies between two of them: a hole may be there."""
    first = 0
    for number in range(1, len(offsets)):
        if offsets[number] - offsets[number - 1] > _SCAN_BYTES:
            yield offsets[first:number]
            first = number
    if offsets:
        yield offsets[first:]


def _tail_hashes(offsets: Sequence[int], start: int, data: bytes) -> list[bytes]:
    """Return the hash of the bytes before each offset; ``data`` begins at ``start``."""
    ends = [offset - start for offset in offsets]
    return [digest(data[end - TAIL_BYTES if end > TAIL_BYTES else 0 : end]) for end in ends]
