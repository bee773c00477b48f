"""Positions in a generation that prove themselves, and the lines between two of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from logviewer.cursor import Checkpoint, checkpoint_text
from logviewer.files.encoding import to_text
from logviewer.files.lines import LINE_CAP, Block

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
    ``plain`` lines have no byte order mark or NUL to strip. ``more`` is true if further lines may
    follow that did not fit. ``unterminated`` is true if the last line has no newline in the file. ``positions`` are
    those before the lines, if a filter dropped lines between them. ``context`` has a flag a line, true for lines that
    surround a match, or is empty.
    """

    start: Position
    end: Position
    lines: Sequence[bytes]
    cut: int | None = None
    unterminated: bool = False
    plain: bool = False
    more: bool = False
    positions: Sequence[Position] = ()
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
        return data.replace(b"\r\n", b"\n") if b"\r" in data else data

    def uncut(self, most: int) -> bytes:
        """Return the first bytes of the cut line, up to ``most``. Raises OSError."""
        generation, size = self.start.generation, self.cut or 0
        start = self.end.offset - size - (0 if self.unterminated else len(generation.encoding.newline))
        return generation.pread(min(size, most), start)

    def starts(self) -> list[Position]:
        """Return the position before each line. Raises OSError."""
        if self.positions:
            return list(self.positions)
        generation = self.start.generation
        width = len(generation.encoding.newline)
        # Counted from the end: NULs skipped before the first line are not part of it.
        offset = self.end.offset - sum(len(line) + width for line in self.lines)
        offsets = [offset := offset + len(line) + width for line in self.lines[:-1]]
        return [self.start, *generation.positions(offsets, self.start.line)]


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
