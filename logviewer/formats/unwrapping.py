"""The text of a file without the envelopes of its lines: the pieces of a long line are one line.

A line stands at the end of the bytes of its pieces, after NULs; where pieces of two streams alternate, the line that
ends first is first. The text near an offset depends on the bytes near it alone. So a read can begin at any *clean*
offset: the start of a line at which no piece waits for the next one of its stream.
"""

from dataclasses import dataclass, field

from logviewer.formats.envelope import Envelope

MOST_BYTES = 1024 * 1024
"""A longer line of a file has no envelope: runtimes cut lines into pieces of 16 KiB."""
WAIT_BYTES = 128 * 1024
"""A piece waits for the next one of its stream while no more bytes follow than these."""
BORDER_BYTES = 4 * 1024 * 1024
"""At each multiple of this offset, all lines end if there was no clean offset in the ``RUN_BYTES`` before it."""
RUN_BYTES = 2 * 1024 * 1024
_PART_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """The text of a file from ``base`` on, which is clean, to ``end``: the last clean offset, or within a long line.

    ``origins`` have the offset of the envelope of each line that begins elsewhere.
    """

    base: int
    data: bytes
    end: int
    origins: dict[int, int]


def unwrap(
    envelope: Envelope, data: bytes, base: int = 0, *, within_line: bool = False, is_end: bool = False
) -> Unwrapped:
    """Return the text of the bytes from an offset on, up to the last clean one.

    The offset is clean, or ``within_line`` without an envelope. The text goes up to the last byte if this ``is_end``
    of a file that does not grow.
    """
    found = Unwrapping(envelope, base, within_line=within_line)
    found.feed(data)
    return found.text(is_end=is_end)


@dataclass(slots=True)
class _Waiting:
    """The pieces of a line that may go on, the index of the first one, and the index after the last one."""

    start: int
    end: int = 0
    texts: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Unwrapping:
    """Unwraps a file from an offset on while its bytes come; see ``unwrap``.

    The text of all bytes is in ``out``: final up to the index ``clean``, written up to ``at``. ``last`` is the index of
    the last line. The ``rest`` has no newline.
    """

    envelope: Envelope
    base: int
    within_line: bool = False
    out: bytearray = field(default_factory=bytearray)
    rest: bytes = b""
    at: int = 0
    clean: int = 0
    last: int = 0
    waiting: dict[str, _Waiting] = field(default_factory=dict)
    origins: dict[int, int] = field(default_factory=dict)

    def feed(self, data: bytes) -> None:
        """Add the next bytes of the file."""
        first = len(self.out) - len(self.rest)
        data = self.rest + data
        self.out.extend(bytes(len(data) - len(self.rest)))
        at = 0
        if self.within_line:
            at = data.find(b"\n") + 1
            self.within_line = not at
            at = at or len(data)
            self.copy(data[:at])
        while end := data.rfind(b"\n", at, at + _PART_BYTES) + 1 or data.find(b"\n", at) + 1:
            self.add(data[at:end], first + at)
            at = end
        if len(data) - at > MOST_BYTES:
            self.end_all(first + at)
            self.copy(data[at:])
            self.within_line, at = True, len(data)
        self.rest = data[at:]

    def text(self, *, is_end: bool = False) -> Unwrapped:
        """Return the text so far; no byte may come after the end."""
        if is_end and not self.within_line:
            self.add_last(self.rest)
        data = bytes(self.out[: self.at if is_end else self.clean])
        return Unwrapped(self.base, data, self.base + self.clean, dict(self.origins))

    def add(self, lines: bytes, start: int) -> None:
        """Add whole lines that begin at an index."""
        blank = self.envelope.blank(lines) if not self.waiting and len(lines) <= MOST_BYTES else None
        if blank is not None:
            self.copy(blank)
            return
        for line in lines[:-1].split(b"\n"):
            self._add_line(line, start)
            start += len(line) + 1

    def copy(self, data: bytes) -> None:
        """Add bytes as they are, where no piece waits."""
        self.out[self.at : self.at + len(data)] = data
        self.last = self.at
        self.at += len(data)
        self.clean = self.at

    def _add_line(self, line: bytes, start: int) -> None:
        after = start + len(line) + 1
        piece = self.envelope.piece(line) if len(line) <= MOST_BYTES else None
        if piece:
            waiting = self.waiting.pop(piece.stamp.stream, None) or _Waiting(start)
            waiting.texts.append(piece.text)
            waiting.end = after
            if piece.is_partial:
                self.waiting[piece.stamp.stream] = waiting
            else:
                self._write(b"".join(waiting.texts), waiting.start, after)
        elif len(line) <= MOST_BYTES:
            self._write(line, start, after)
        else:
            self.end_all(start)
            self.copy(line + b"\n")
        self._end_old(after)

    def _end_old(self, start: int) -> None:
        """End the lines for which a next line, at an index, would be too late."""
        border = (self.base + start) // BORDER_BYTES * BORDER_BYTES - self.base
        if self.last < border <= start and self.clean < border - RUN_BYTES:
            self.end_all(start)
        self.last = start
        for stream, waiting in list(self.waiting.items()):
            if waiting.end + WAIT_BYTES < start:
                del self.waiting[stream]
                self._write(b"".join(waiting.texts), waiting.start, start)

    def end_all(self, start: int) -> None:
        """End all lines that may go on, before a line at an index."""
        while self.waiting:
            waiting = self.waiting.pop(next(iter(self.waiting)))
            self._write(b"".join(waiting.texts), waiting.start, start)

    def add_last(self, line: bytes) -> None:
        """Add the last line of a file, without a newline and perhaps empty, after the pieces that wait for more."""
        piece = self.envelope.piece(line)
        texts = [text for waiting in self.waiting.values() for text in waiting.texts]
        text = b"".join([*texts, piece.text if piece else self.envelope.half(line)]).replace(b"\0", b"")
        origin = min((each.start for each in self.waiting.values()), default=self.at)
        if origin != self.at:
            self.origins[self.base + self.at] = self.base + origin
        self.at = len(self.out)
        self.out[self.at - len(text) :] = text

    def _write(self, text: bytes, origin: int, until: int) -> None:
        """Write a line at the end of the bytes up to an index; as early as possible while other pieces wait."""
        text = text.replace(b"\0", b"") + b"\n"
        begin = self.at
        self.at = begin + len(text) if self.waiting else until
        start = self.at - len(text)
        self.out[start : self.at] = text
        if not self.waiting:
            self.clean = self.at
        while begin < self.at:
            if begin != origin:
                self.origins[self.base + begin] = self.base + origin
            begin = self.out.index(b"\n", max(start, begin)) + 1
