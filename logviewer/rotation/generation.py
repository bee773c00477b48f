"""One physical file in a source's life, and positions in it that prove themselves."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from logviewer.cursor import HEAD_BYTES, TAIL_BYTES, Checkpoint, checkpoint_text, digest, file_key
from logviewer.errors import FileChangedError
from logviewer.files.block_map import BLOCK_BYTES, BlockMap
from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import UTF8, Encoding, detect, to_text
from logviewer.files.lines import LINE_CAP, MAX_BYTES, MAX_LINES, count_newlines, end_of_newline, find_newline, split
from logviewer.formats.line_format import LineFormat

Reason = Literal["truncated", "rotated", "skipped", "lost"]
"""Why lines cannot be had: overwritten, gone with their file, left out to keep up, or nobody knows."""

_SCAN_BYTES = 1024 * 1024
# Counted within a request, where counting has begun: a millisecond.
_CATCH_UP_BYTES = 4 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Position:
    """A byte offset after a whole line of one generation, with the bytes before it as proof.

    ``line`` counts the lines before it, None while unknown; the hashes are those of ``Checkpoint``. Immutable:
    all readers at one position share it and its text.
    """

    generation: "Generation"
    offset: int
    line: int | None
    head_length: int
    head_hash: bytes
    tail_hash: bytes
    _text: str = field(default="", init=False)

    def checkpoint(self) -> Checkpoint:
        """The place as a cursor carries it."""
        return Checkpoint(
            source=self.generation.source,
            file=self.generation.key,
            offset=self.offset,
            line=self.line,
            head_length=self.head_length,
            head_hash=self.head_hash,
            tail_hash=self.tail_hash,
        )

    def text(self) -> str:
        """The mark's text, made once."""
        if not self._text:
            file = self.generation
            self._text = checkpoint_text(
                file.source, file.key, self.offset, self.line, self.head_length, self.head_hash, self.tail_hash
            )
        return self._text


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Whole lines from ``start`` to ``end``, as bytes without newlines.

    ``cut`` is the true length in bytes of a line over 1 MiB, which then is the only line here and holds its first
    MiB. ``plain`` lines need only be decoded. ``more`` says that more may have been there than fitted in.
    ``unterminated`` says that the last line has no newline in the file. ``places`` are the positions before the lines
    where others are left out between them. ``context`` tells of each line whether it is there only for a match near it,
    if any is.
    """

    start: Position
    end: Position
    lines: Sequence[bytes]
    cut: int | None = None
    unterminated: bool = False
    plain: bool = False
    more: bool = False
    places: Sequence[Position] = ()
    context: Sequence[bool] = ()

    def texts(self) -> list[str]:
        """Return the lines as text, masked. Raises OSError."""
        generation = self.start.generation
        encoding, line_format = generation.encoding, generation.line_format
        if self.plain:
            texts = [line.decode(encoding.codec, "replace") for line in self.lines]
        else:
            texts = [to_text(line, encoding) for line in self.lines]
        if not line_format.has_masks or not texts:
            return texts
        if self.cut is not None:
            # What is to be masked may go on after the cut.
            return [line_format.mask(to_text(self.uncut(2 * LINE_CAP), encoding), len(texts[0]))]
        return [line_format.mask(text) for text in texts]

    def uncut(self, most: int) -> bytes:
        """More of a line that is cut: its first bytes, up to ``most``. Raises OSError."""
        generation, size = self.start.generation, self.cut or 0
        start = self.end.offset - size - (0 if self.unterminated else len(generation.encoding.newline))
        return generation.pread(min(size, most), start)

    def starts(self) -> list[Position]:
        """The position before each line. Raises OSError."""
        if self.places:
            return list(self.places)
        generation = self.start.generation
        width = len(generation.encoding.newline)
        # Counted from the end: what was skipped before the first line is not in it.
        offset = self.end.offset - sum(len(line) + width for line in self.lines)
        offsets = [offset := offset + len(line) + width for line in self.lines[:-1]]
        return [self.start, *generation.positions(offsets, self.start.line)]


@dataclass(frozen=True, slots=True)
class LineCount:
    """How many lines are counted in the first ``counted`` of the ``size`` bytes that a generation has now.

    ``before`` counts those before it in the same file. What follows the last newline is a line once all is counted.
    ``context`` of the lines are no matches themselves.
    """

    before: int
    lines: int
    counted: int
    size: int
    context: int = 0

    @property
    def complete(self) -> bool:
        """Whether all lines are counted."""
        return self.counted == self.size


class Generation:
    """One physical file in the life of a source (named by its key): what it was when first seen.

    It starts at ``begin`` and, when it came back under the source's name after another file had been there, stops
    at ``limit``. ``ended`` is the time (monotonic seconds) since when a newer one has its place. ``attached`` says
    that it was found on disk, rotated already. ``lost`` tells why its bytes can no longer be read here, None while
    they can; ``successor`` is the generation after it then. ``loss`` tells that lines before its first one were lost
    unread. ``was_empty`` tells of the last look. A copy that stands for a truncated file bears that file's key.
    ``id`` names it as long as this process lives; ``map`` knows its lines by number, as far as they are counted.
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
    ) -> None:
        self.file = file
        self.source = source
        self.line_format = line_format
        self.key = key or file_key(*file.identity)
        self.id = secrets.token_urlsafe(6)
        self.map = BlockMap(file)
        self.begin = 0
        self.limit: int | None = None
        self.ended = ended
        self.attached = attached
        self.lost: Reason | None = None
        self.successor: Generation | None = None
        self.loss: Reason | None = None
        self.was_empty = True
        self._encoding: Encoding | None = None
        self._head = (0, digest(b""))
        self._searched = (0, 0)
        self._frozen_rest = (-1, False)
        self._last_stat = (0, 0, digest(b""))

    @property
    def encoding(self) -> Encoding:
        """How the bytes are text, settled by the first bytes as soon as they are there. Raises OSError."""
        if self._encoding is None:
            first = self.file.pread(4, 0)
            if len(first) < 4:
                return detect(first)
            self._encoding = detect(first)
        return self._encoding

    def size(self) -> int:
        """Bytes that belong to this generation now. Raises OSError."""
        if self.limit is not None and self.file.is_resting:
            return self.limit
        size = self.file.stat().st_size
        return size if self.limit is None else min(size, self.limit)

    def first(self) -> Position:
        """The position before its first line. Raises OSError."""
        return self.position(self.begin, self.number(self.begin))

    def last(self, count: int) -> Position:
        """The position before its last ``count`` whole lines (0: after the last). Raises OSError."""
        offset = self.last_lines(count)
        return self.position(offset, self.number(offset))

    def position(self, offset: int, line: int | None) -> Position:
        """The position at an offset, with the digests of what is before it now. Raises OSError."""
        return Position(self, offset, line, *self._see_head(), self._tail_hash(offset))

    def positions(self, offsets: Sequence[int], line: int | None) -> list[Position]:
        """Positions at ascending offsets, each a line after the one before it, read at once. Raises OSError."""
        if not offsets:
            return []
        start = max(0, offsets[0] - TAIL_BYTES)
        data = self.file.pread(offsets[-1] - start, start)
        head_hash = self._see_head()
        tail_hashes = (digest(data[max(0, offset - start - TAIL_BYTES) : offset - start]) for offset in offsets)
        return [
            Position(self, offset, None if line is None else line + number, *head_hash, tail_hash)
            for number, (offset, tail_hash) in enumerate(zip(offsets, tail_hashes, strict=True), 1)
        ]

    # Line numbers

    def number(self, offset: int) -> int | None:
        """How many lines of the file lie before an offset; None as long as they are not counted. Raises OSError."""
        self.catch_up(offset, within=_CATCH_UP_BYTES if self.map.counted else BLOCK_BYTES)
        return self.map.lines_before(offset)

    def catch_up(self, offset: int, *, within: int) -> int:
        """Count the lines up to an offset, unless that takes more than so many bytes; return how many bytes it took.

        Raises OSError.
        """
        size = offset - self.map.counted
        if not 0 < size <= within:
            return 0
        self.map.extend(offset, self.encoding)
        return size

    def count(self, most: int) -> bool:
        """Count the lines of the next ``most`` bytes; whether more are to be counted then. Raises OSError."""
        before, size = self.map.counted, self.size()
        self.map.extend(min(size, before + most), self.encoding)
        return before < self.map.counted <= size - len(self.encoding.newline)

    def line_count(self) -> LineCount:
        """How many lines are counted so far. Raises OSError."""
        size = self.size()
        if self.limit is None:
            self.number(size)
        before = self.map.lines_before(self.begin)
        counted = min(self.map.counted, size)
        if before is None:
            return LineCount(0, 0, 0, size - self.begin)
        lines = (self.map.lines_before(counted) or 0) - before
        if size - counted < len(self.encoding.newline):
            return LineCount(before, lines + self._has_rest(size), size - self.begin, size - self.begin)
        return LineCount(before, lines, counted - self.begin, size - self.begin)

    def _has_rest(self, size: int) -> bool:
        # A generation that does not grow any more need not be opened again for each answer.
        if self._frozen_rest[0] != size or self.limit is None:
            self._frozen_rest = (size, self.has_rest(size))
        return self._frozen_rest[1]

    def has_rest(self, size: int) -> bool:
        """Whether something follows the last newline before ``size``, the end of the file. Raises OSError."""
        width = len(self.encoding.newline)
        if size <= self.begin or size % width:
            return size > self.begin
        last = self.file.pread(width, size - width)
        if last == b"\0":
            rest = self.read_rest(self.last(0))
            return rest is not None and rest.unterminated
        return last != self.encoding.newline

    def at_line(self, number: int) -> Position | None:
        """The position before a line, counted from 0 and its first; None as long as it is not counted.

        Raises OSError.
        """
        if number == 0:
            return self.first()
        before = self.map.lines_before(self.begin)
        offset = None if before is None else self.map.offset_of(before + number)
        return None if before is None or offset is None else self.position(offset, before + number)

    def _see_head(self) -> tuple[int, bytes]:
        length, head_hash = self._head
        if length < HEAD_BYTES:
            data = self.file.pread(HEAD_BYTES, 0)
            # Other bytes than before are another generation's: readers of this one will find out by the old ones.
            if digest(data[:length]) == head_hash:
                self._head = (len(data), digest(data))
        return self._head

    def _has_seen_head(self) -> bool:
        # Logs repeat themselves: the bytes before an offset may be the same in the next file, its first ones are not.
        length, head_hash = self._head
        return length == 0 or digest(self.file.pread(length, 0)) == head_hash

    def _tail_hash(self, offset: int) -> bytes:
        start = max(0, offset - TAIL_BYTES)
        return digest(self.file.pread(offset - start, start)) if offset else digest(b"")

    def holds(self, checkpoint: Checkpoint) -> bool:
        """Whether the bytes that prove the mark are in this file. Raises OSError."""
        if self.lost or checkpoint.offset > self.file.stat().st_size:
            return False
        return (
            digest(self.file.pread(checkpoint.head_length, 0)) == checkpoint.head_hash
            and self._tail_hash(checkpoint.offset) == checkpoint.tail_hash
        )

    def may_hold(self, checkpoint: Checkpoint) -> bool:
        """Return whether ``holds`` may be true, by what was seen of this file: no read."""
        length, head_hash = self._head
        is_long = checkpoint.offset <= self.seen_size
        return is_long and (length != checkpoint.head_length or head_hash == checkpoint.head_hash)

    def spans(self, checkpoint: Checkpoint) -> bool:
        """Whether the mark's offset lies in the part of the file that is this generation."""
        return self.begin <= checkpoint.offset and (self.limit is None or checkpoint.offset <= self.limit)

    def intact(self) -> bool:
        """Whether what was seen at the last look is still there; sees what is there now. Raises OSError."""
        # In this order: readers see more of the file meanwhile.
        size, changed, tail_hash = self._last_stat
        facts = self.file.stat()
        self.was_empty = facts.st_size == 0
        if (facts.st_size, facts.st_ctime_ns) == (size, changed):
            return True
        if facts.st_size < size or self._tail_hash(size) != tail_hash or not self._has_seen_head():
            return False
        last_stat = (facts.st_size, facts.st_ctime_ns, self._tail_hash(facts.st_size))
        # If it was truncated just now, the marker is of other bytes than the size: the next look will tell.
        if self.file.stat().st_size >= facts.st_size and self._tail_hash(size) == tail_hash:
            self._see_head()
            self._last_stat = last_stat
        return True

    def touched(self) -> bool:
        """Whether anything was done to the file since the last look. Raises OSError."""
        last_stat = self._last_stat
        facts = self.file.stat()
        return (facts.st_size, facts.st_ctime_ns) != last_stat[:2]

    def seen(self) -> Checkpoint:
        """The mark of the end of what was seen."""
        size, _, tail_hash = self._last_stat
        return Checkpoint(self.source, self.key, size, None, *self._head, tail_hash)

    @property
    def seen_size(self) -> int:
        """Bytes that were seen of the file, by the last look or by a reader since."""
        return self._last_stat[0]

    def last_lines(self, count: int) -> int:
        """The offset before the last ``count`` whole lines that are there now (0: after the last). Raises OSError."""
        size = self.size()
        offset, _ = self.lines_until(size, count, most=size) or (self.begin, 0)
        return offset

    def lines_until(self, end: int, count: int, *, most: int) -> tuple[int, int] | None:
        """The offset before the ``count`` whole lines that end at or before ``end``, and how many are there.

        None if they are not counted and more than ``most`` bytes would have to be read. Raises OSError.
        """
        end -= end % len(self.encoding.newline)
        return self._mapped_until(end, count) or self._walk_back(end, count, most)

    def _mapped_until(self, end: int, count: int) -> tuple[int, int] | None:
        lines, before = self.number(end), self.number(self.begin)
        if lines is None or before is None:
            return None
        found = max(0, min(count, lines - before))
        offset = self.map.offset_of(lines - found)
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
        """Where the first line after an offset begins; ``end`` if none does before that. Raises OSError."""
        encoding = self.encoding
        at = offset - offset % len(encoding.newline)
        while at < end and (data := self.pread(min(MAX_BYTES, end - at), at)):
            if (found := find_newline(data, encoding)) >= 0:
                return at + found + len(encoding.newline)
            at += MAX_BYTES
        return end

    def read(self, at: Position, *, max_lines: int = MAX_LINES) -> Batch | None:
        """The whole lines after a position, up to ``max_lines`` or 256 KiB, or one longer line; None if none is there.

        Raises:
            FileChangedError: if the file no longer holds the bytes before the position.
            OSError: if it cannot be read.
        """
        at = self._numbered(at)
        start = at.offset
        data = self.pread(MAX_BYTES, start)
        if data[:1] == b"\0" and self.encoding is UTF8:
            start = self._end_of_nuls(start)
            data = self.pread(MAX_BYTES, start)
        lines, taken = split(data, self.encoding, max_lines)
        cut = None
        if not lines and len(data) == MAX_BYTES:
            lines, taken, cut = self._long_line(start)
        line = None if at.line is None else at.line + len(lines)
        end = self.position(start + taken, line)
        self._check(at, end.offset, data if start == at.offset else b"")
        if not lines:
            return None
        if end.offset > self.seen_size:
            self._last_stat = (end.offset, 0, end.tail_hash)
        plain = start > 0 and b"\r" not in data and b"\0" not in data
        more = len(lines) == max_lines or len(data) == MAX_BYTES
        return Batch(at, end, lines, cut=cut, plain=plain, more=more)

    def read_rest(self, at: Position) -> Batch | None:
        """What follows the last whole line, as a line without an end; None if nothing does. Raises as ``read``.

        Whole lines again, if some came in the meantime.
        """
        at = self._numbered(at)
        end = self.size()
        start = at.offset
        if self.encoding is UTF8 and self.pread(1, start) == b"\0":
            start = self._end_of_nuls(start)
        data = self.pread(min(LINE_CAP, max(0, end - start)), start)
        line = None if at.line is None else at.line + 1
        position = self.position(max(start, end), line)
        self._check(at, start + len(data), data if start == at.offset else b"")
        if not data:
            return None
        if find_newline(data, self.encoding) >= 0:
            return self.read(at)
        cut = end - start if end - start > LINE_CAP else None
        return Batch(at, position, [data], cut=cut, unterminated=True)

    def count_lines(self, begin: int, end: int) -> int:
        """How many newlines lie between two offsets, neither of them within one.

        Raises:
            FileChangedError: if the file ends before.
            OSError: if it cannot be read.
        """
        # Others at this place need not count again then.
        self.catch_up(end, within=end - begin)
        first, last = self.map.lines_before(begin), self.map.lines_before(end)
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

    def pass_over(self, at: Position, offset: int, lines: int) -> Position:
        """The position at an offset that is ``lines`` whole lines after another position. Raises as ``read``."""
        end = self.position(offset, None if at.line is None else at.line + lines)
        self._check(at, offset, b"")
        if offset > self.seen_size:
            self._last_stat = (offset, 0, end.tail_hash)
        return end

    def _numbered(self, at: Position) -> Position:
        line = self.number(at.offset) if at.line is None else None
        return at if line is None else replace(at, line=line)

    def pread(self, size: int, offset: int) -> bytes:
        """Up to ``size`` bytes at ``offset``, as far as they belong to this generation. Raises OSError."""
        if self.limit is not None:
            size = max(0, min(size, self.limit - offset))
        return self.file.pread(size, offset)

    def _check(self, at: Position, end: int, data: bytes) -> None:
        # Last of all: bytes that were still right before the read may be gone by the time they are read, or before
        # the place after them was proved.
        if self.lost or self.file.stat().st_size < end or self._tail_hash(at.offset) != at.tail_hash:
            raise FileChangedError
        length, head_hash = self._head
        first = data[:length] if at.offset == 0 and len(data) >= length else self.file.pread(length, 0)
        if length and digest(first) != head_hash:
            raise FileChangedError

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

    def _long_line(self, start: int) -> tuple[list[bytes], int, int | None]:
        """The line from ``start``, its bytes with the newline, its true length if it is cut; none if it is open."""
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
        # A line that grows for a long time is not searched from its start at each look.
        searched, until = self._searched
        return until if searched == start else start

    def close(self, reason: Reason, successor: "Generation | None") -> None:
        """Give the file up: readers in it learn the reason and where to go on."""
        self.successor = successor
        self.lost = reason
        self.file.close()
