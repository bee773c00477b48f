"""Positions in a generation that prove themselves, and the lines between two of them."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from logviewer.cursor import Checkpoint, checkpoint_text, encode_each
from logviewer.files.encoding import to_text
from logviewer.files.lines import LINE_CAP, Block, joined

if TYPE_CHECKING:
    from logviewer.rotation.generation import Generation

Reason = Literal["truncated", "rotated", "skipped", "lost"]
"""Why a reader does not get lines: overwritten, deleted with their file, skipped to keep up, or unknown."""


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
        """Return the position as a cursor carries it."""
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
        """Return the text of the checkpoint, encoded once."""
        if not self._text:
            file = self.generation
            self._text = checkpoint_text(
                file.source, file.key, self.offset, self.line, self.head_length, self.head_hash, self.tail_hash
            )
        return self._text


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Whole lines from ``start`` to ``end``, as bytes without newlines.

    ``cut`` is the true length in bytes of a line over 1 MiB; the batch then has only this line, and its first MiB.
    ``plain`` lines have no byte order mark to strip, and no NULs but the padding of an envelope. ``more`` is true if
    further lines may follow that did not fit. ``unterminated`` is true if the last line has no newline in the file.
    ``offsets`` are those of the lines, if a filter dropped lines between them, and ``numbers`` count the lines of the
    file before each of them, if that is known. ``context`` has a flag a line, true for lines that surround a match, or
    is empty.
    """

    start: Position
    end: Position
    lines: Sequence[bytes]
    cut: int | None = None
    unterminated: bool = False
    plain: bool = False
    more: bool = False
    offsets: Sequence[int] = ()
    numbers: Sequence[int | None] = ()
    context: Sequence[bool] = ()

    def texts(self) -> list[str]:
        """Return the lines as text, masked. Raises OSError."""
        generation = self.start.generation
        encoding, line_format = generation.encoding, generation.line_format
        if (block := self.block()) is not None:
            texts = block.decode(encoding.codec, "replace").split("\n")
            texts.pop()
        else:
            texts = [to_text(line, encoding) for line in self.lines]
        if not line_format.has_masks or not texts:
            return texts
        if self.cut is not None:
            # A pattern may match across the cut.
            return [line_format.mask(to_text(self.uncut(2 * LINE_CAP), encoding), len(texts[0]))]
        return [line_format.mask(text) for text in texts]

    def block(self) -> bytes | None:
        """Return the bytes of the lines, each with a newline, if they are their text before it is masked; or None."""
        if not self.plain or not isinstance(self.lines, Block):
            return None
        data = self.lines.data
        if b"\0" in data:
            data = data.translate(None, b"\0")
        return data.replace(b"\r\n", b"\n") if b"\r" in data else data

    def uncut(self, most: int) -> bytes:
        """Return the first bytes of the cut line, up to ``most``. Raises OSError."""
        generation, size = self.start.generation, self.cut or 0
        start = self.end.offset - size - (0 if self.unterminated else len(generation.encoding.newline))
        return generation.pread(min(size, most), start)

    def starts(self) -> list[Position]:
        """Return the position before each line. Raises OSError."""
        numbers = self.line_numbers()
        rest = self.start.generation.positions(self.line_offsets()[1:], numbers[1:])
        return [*(replace(self.start, line=number) for number in numbers[:1]), *rest]

    def ends(self) -> list[Position]:
        """Return the position after each line. Raises OSError."""
        numbers = (None if line is None else line + 1 for line in self.line_numbers()[:-1])
        return [*self.start.generation.positions(self.end_offsets()[:-1], numbers), self.end]

    def places(self) -> tuple[Sequence[int | None], list[str]]:
        """Return the ``line_numbers``, and the cursor before each line. Raises OSError."""
        is_counted = self.numbers or not self.offsets
        numbers = self.line_numbers() if is_counted else None
        numbers, texts = self.start.generation.places(self.line_offsets(), numbers)
        return numbers, encode_each(texts)

    def line_offsets(self) -> Sequence[int]:
        """Return the offset of each line in the file. Raises OSError."""
        if self.offsets or not self.lines:
            return self.offsets
        width = len(self.start.generation.encoding.newline)
        # Counted from the end: NULs skipped before the first line are not part of it.
        offset = self.end.offset - sum(len(line) + width for line in self.lines)
        return [self.start.offset, *(offset := offset + len(line) + width for line in self.lines[:-1])]

    def end_offsets(self) -> Sequence[int]:
        """Return the offset after each line in the file. Raises OSError."""
        if not self.offsets:
            return [*self.line_offsets()[1:], self.end.offset]
        width = len(self.start.generation.encoding.newline)
        lines = zip(self.offsets[:-1], self.lines[:-1], strict=True)
        return [*(offset + len(line) + width for offset, line in lines), self.end.offset]

    def line_numbers(self) -> Sequence[int | None]:
        """Return the number of lines of the file before each line; None while not counted. Raises OSError."""
        if self.numbers:
            return self.numbers
        if self.offsets:
            return self.start.generation.numbers(self.offsets)
        first = self.start.line
        return [None if first is None else first + number for number in range(len(self.lines))]

    def part(self, first: int, last: int, *, start: Position | None = None, end: Position | None = None) -> "Batch":
        """Return the lines [first, last), at least one, between these positions if they are known. Raises OSError."""
        if last - first == len(self.lines):
            return self
        generation, offsets = self.start.generation, self.line_offsets()
        numbers = self.numbers if self.offsets else self.line_numbers()
        if start is None:
            number = numbers[first] if numbers else None
            start = generation.position(offsets[first], number) if first else self.start
        if end is None:
            end = generation.position(self.end_offsets()[last - 1], None) if last < len(self.lines) else self.end
        return Batch(
            start,
            end,
            joined(self.lines[first:last]) if isinstance(self.lines, Block) else self.lines[first:last],
            cut=self.cut,
            unterminated=self.unterminated and last == len(self.lines),
            plain=self.plain,
            more=self.more,
            offsets=offsets[first:last],
            numbers=numbers[first:last],
            context=self.context[first:last],
        )


def line_count(batches: Iterable[Batch]) -> int:
    """Return the number of lines in batches."""
    return sum(len(batch.lines) for batch in batches)


def byte_count(batches: Iterable[Batch]) -> int:
    """Return the number of bytes of the lines in batches, without newlines or with them."""
    return sum(batch.cut or _size(batch.lines) for batch in batches)


def _size(lines: Sequence[bytes]) -> int:
    return len(lines.data) if isinstance(lines, Block) else sum(map(len, lines))


def first_lines(batches: Sequence[Batch], count: int) -> list[Batch]:
    """Return the first ``count`` lines of batches. Raises OSError."""
    kept: list[Batch] = []
    for batch in batches:
        if count <= 0:
            break
        kept.append(batch.part(0, min(count, len(batch.lines))))
        count -= len(batch.lines)
    return kept


def last_lines(batches: Sequence[Batch], count: int) -> list[Batch]:
    """Return the last ``count`` lines of batches. Raises OSError."""
    kept: list[Batch] = []
    for batch in reversed(batches):
        if count <= 0:
            break
        kept.append(batch.part(max(0, len(batch.lines) - count), len(batch.lines)))
        count -= len(batch.lines)
    return kept[::-1]


def lines_between(batches: Iterable[Batch], start: int, end: int) -> list[Batch]:
    """Return the lines of batches of one file that begin at offsets in [start, end). Raises OSError."""
    kept: list[Batch] = []
    for batch in batches:
        offsets = batch.line_offsets()
        first, last = bisect_left(offsets, start), bisect_left(offsets, end)
        if first < last:
            kept.append(batch.part(first, last))
    return kept


@dataclass(frozen=True, slots=True)
class LineCount:
    """The lines counted in the first ``counted`` of the ``size`` bytes of a generation.

    ``before`` counts the lines before the generation in its file. An unterminated line counts once all bytes are
    counted. ``context`` is the number of lines that only surround a match.
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
