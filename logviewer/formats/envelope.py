"""Envelopes: what a container runtime writes around each piece of a container's output.

Without them, a file has the same size: each line stands at the end of its own bytes, after NULs. So an offset means the
same with envelopes and without, and the end of a file of any size is read at once.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol

import orjson

from logviewer.files.lines import line_ends
from logviewer.formats.timestamp import find_time

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Offsets = npt.NDArray[np.int64]

Stream = Literal["stdout", "stderr"]


class Stamp(NamedTuple):
    """What an envelope says about a line: its time as text, and its stream."""

    time: str
    stream: Stream


class Piece(NamedTuple):
    """A line of a file without its envelope. A partial one continues in the next piece of its stream."""

    text: bytes
    stamp: Stamp
    is_partial: bool


class Envelope(Protocol):
    """One form of envelopes. Unless it ``has_times``, lines have their own."""

    has_times: bool

    def piece(self, line: bytes) -> Piece | None:
        """Return a line, which has no newline, without its envelope; None if it has none."""

    def half(self, line: bytes) -> bytes:
        """Return the begin of a line, which is not whole, without the begin of its envelope."""

    def may_have_partial(self, data: bytes) -> bool:
        """Return whether some of these lines may be partial pieces."""

    def blank(self, data: bytes) -> bytes | None:
        """Return many whole lines at once, in as many bytes; None if one is partial or has no envelope."""

    def times(self, data: bytes, starts: "Offsets") -> "tuple[bytes, Offsets] | None":
        """Return data, and the index in it of the time of each line that begins at one of these indexes.

        None if some lines may have no envelope.
        """


class Cri:
    """The lines of containerd, CRI-O and Podman: ``2026-11-05T08:12:27.5Z stdout F text``."""

    has_times = True
    _HEAD = re.compile(
        rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)) "
        rb"std(out|err) ([FP])(?::[^ \n]*)?(?: |(?=\n)|$)"
    )
    _PARTIAL = re.compile(rb" std(?:out|err) P[: \n]")
    _ROW_BYTES = 64
    # Fractions of one to nine digits, and two streams.
    _MOST_SHAPES = 32
    _NO_DIGITS: ClassVar = bytes(ord("0") if chr(code).isdigit() else code for code in range(128)) + bytes(
        range(128, 256)
    )

    def piece(self, line: bytes) -> Piece | None:
        """See ``Envelope``."""
        found = self._HEAD.match(line)
        if not found:
            return None
        stamp = Stamp(found[1].decode(), "stdout" if found[2] == b"out" else "stderr")
        return Piece(line[found.end() :], stamp, found[3] == b"P")

    def half(self, line: bytes) -> bytes:
        """See ``Envelope``. A line with the text has the whole envelope."""
        return line

    def may_have_partial(self, data: bytes) -> bool:
        """See ``Envelope``."""
        return self._PARTIAL.search(data) is not None

    def blank(self, data: bytes) -> bytes | None:
        """See ``Envelope``."""
        import numpy as np  # noqa: PLC0415 (heavy)

        if b"\0" in data:
            return None
        buffer = bytearray(data + bytes(self._ROW_BYTES))
        found = np.frombuffer(buffer, np.uint8)
        ends = np.flatnonzero(found[: len(data)] == ord("\n"))
        starts = np.concatenate([[0], ends[:-1] + 1])
        rows = np.lib.stride_tricks.sliding_window_view(found, self._ROW_BYTES)[starts]
        shapes = np.frombuffer(rows.tobytes().translate(self._NO_DIGITS), np.uint8).reshape(rows.shape)
        for _ in range(self._MOST_SHAPES):
            head = self._HEAD.match(shapes[0].tobytes())
            if not head or head[3] == b"P" or head.end() == self._ROW_BYTES:
                return None
            size = head.end()
            is_alike = (shapes[:, :size] == shapes[0, :size]).all(axis=1)
            found[starts[is_alike, None] + np.arange(size)] = 0
            if is_alike.all():
                return bytes(buffer[: len(data)])
            starts, shapes = starts[~is_alike], shapes[~is_alike]
        return None

    def times(self, data: bytes, starts: "Offsets") -> "tuple[bytes, Offsets] | None":
        """See ``Envelope``. The time of a line without an envelope is found in its text."""
        return data, starts


class Spooled(Cri):
    """The lines of commands in files of this server, with their own times: ``- stdout F text``."""

    has_times = False
    _HEAD = re.compile(rb"(-) std(out|err) ([FP])(?: |(?=\n)|$)")


class JsonFile:
    r"""The lines of Docker's ``json-file``: ``{"log":"text\n","stream":"stdout","time":"2026-11-05T08:12:27.5Z"}``."""

    has_times = True
    BEGIN = b'{"log":"'
    _KEYS = frozenset({"log", "stream", "attrs", "time"})
    # Not a set: to look for a list in it is an error.
    _STREAMS = ("stdout", "stderr")
    # The times of many lines are kept: RFC 3339 has 35 characters at most.
    _MOST_TIME = 64
    _TIME = re.compile(rb'"time":"')
    # A time is learned together with some characters after it.
    _AFTER_TIME = b"        \n"
    _WHOLE = b'\\n","stream":"'

    def piece(self, line: bytes) -> Piece | None:
        """See ``Envelope``."""
        if not line.startswith(b"{"):
            return None
        try:
            value: Any = orjson.loads(line)
        except orjson.JSONDecodeError:
            try:
                # Half of a character, which orjson refuses.
                value = json.loads(line)
            except (ValueError, RecursionError):
                return None
        if not self._is_piece(value):
            return None
        text: str = value["log"]
        stamp = Stamp(value["time"], value["stream"])
        return Piece(text.removesuffix("\n").encode("utf-8", "replace"), stamp, not text.endswith("\n"))

    def _is_piece(self, value: Any) -> bool:  # noqa: ANN401 (any JSON)
        return (
            isinstance(value, dict)
            and value.keys() <= self._KEYS
            and value.get("stream") in self._STREAMS
            and isinstance(value.get("log"), str)
            and isinstance(time := value.get("time"), str)
            and len(time) <= self._MOST_TIME
        )

    def half(self, line: bytes) -> bytes:
        """See ``Envelope``."""
        return line.removeprefix(self.BEGIN)

    def may_have_partial(self, data: bytes) -> bool:
        """See ``Envelope``."""
        whole = data.count(self._WHOLE) - data.count(b"\\" + self._WHOLE)
        return whole < data.count(b"\n")

    def blank(self, data: bytes) -> bytes | None:
        """See ``Envelope``."""
        lines = data.split(b"\n")
        lines.pop()
        if data[:1] != b"{" or data.count(b"\n{") != len(lines) - 1:
            return None
        try:
            # One by one: some lines together may have other values than each of them.
            values = list(map(orjson.loads, lines))
            texts = [value["log"] for value in values]
            joined, streams = "".join(texts), {value["stream"] for value in values}
            longest = max(len(value["time"] + "") for value in values)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None
        are_pieces = set(map(len, values)) <= {len(self._KEYS) - 1} or all(map(self._is_piece, values))
        if longest > self._MOST_TIME or not streams.issubset(self._STREAMS) or not are_pieces:
            return None
        # One newline each, at its end, and no other NUL than those before a line.
        if joined.count("\n") != len(texts) or "\0" in joined or not all(text[-1:] == "\n" for text in texts):
            return None
        found = joined.encode().split(b"\n")
        pairs = zip(lines, found, strict=False)
        return b"".join([part for line, text in pairs for part in (bytes(len(line) - len(text)), text, b"\n")])

    def times(self, data: bytes, starts: "Offsets") -> "tuple[bytes, Offsets] | None":
        """See ``Envelope``."""
        import numpy as np  # noqa: PLC0415 (heavy)

        ends = line_ends(data)
        # In the text of a line, these quotes are escaped.
        found = np.array([each.end() for each in self._TIME.finditer(data)], np.int64)
        if len(found) != len(ends) or (found > ends).any() or (found[1:] < ends[:-1]).any():
            return None
        begins = found[ends.searchsorted(starts, "right")].tolist()
        texts = [data[begin : begin + self._MOST_TIME].partition(b'"')[0] for begin in begins]
        sizes = np.array([0, *map(len, texts[:-1])], np.int64) + len(self._AFTER_TIME)
        return self._AFTER_TIME.join([*texts, b""]), sizes.cumsum() - len(self._AFTER_TIME)


ENVELOPES: tuple[Envelope, ...] = (Cri(), JsonFile(), Spooled())


def envelope_of(line: bytes, *, is_whole: bool = True) -> Envelope | None:
    """Return the envelope of a file by its first line, or by the begin of it; None if the line has none."""
    found = next((each for each in ENVELOPES if each.piece(line)), None)
    return JsonFile() if not (found or is_whole) and line.startswith(JsonFile.BEGIN) else found


class Stamps(Protocol):
    """The envelopes of the lines of one file."""

    @property
    def envelope(self) -> Envelope | None:
        """The form of the envelopes; None without. Raises OSError."""

    def stamps(self, offsets: Sequence[int]) -> list[Stamp | None]:
        """Return the stamp of each line that begins at one of these offsets, ascending. Raises OSError."""

    def times(self, offsets: "Offsets") -> "tuple[bytes, Offsets] | None":
        """Return data, and the index in it of the time of each line; None if lines are cut or have no envelopes."""


class _NoStamps:
    envelope = None

    def times(self, offsets: "Offsets") -> "tuple[bytes, Offsets] | None":  # noqa: ARG002 (as its protocol)
        return None

    def stamps(self, offsets: Sequence[int]) -> list[Stamp | None]:
        return [None] * len(offsets)


NO_STAMPS: Stamps = _NoStamps()
"""A file without envelopes."""


def spooled(text: bytes, stream: Stream, *, is_partial: bool = False) -> bytes:
    """Return whole lines, or a piece of one, in the envelopes of a spool; the piece has no newline."""
    head = b"- %b %b " % (stream.encode(), b"P" if is_partial else b"F")
    if is_partial:
        return head + text + b"\n"
    return b"".join([head, text[:-1].replace(b"\n", b"\n" + head), b"\n"]) if text else b""


def time_of(stamp: Stamp) -> int | None:
    """Return the time of a stamp in epoch milliseconds; None if it has none that is valid."""
    second, _, rest = stamp.time.partition(".")
    zone = rest.lstrip("0123456789")
    whole = _time_of_second(second + zone)
    return None if whole is None else whole + int(f"{rest[: len(rest) - len(zone)]}000"[:3])


@lru_cache(4096)
def _time_of_second(text: str) -> int | None:
    return find_time(text)
