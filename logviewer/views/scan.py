"""All selected lines of sources, from one end to the other, in time order and without holding many of them."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from logviewer.errors import FileChangedError
from logviewer.rotation.position import Batch, Position
from logviewer.search.match_index import MatchIndex
from logviewer.views.timed import BEFORE_ANY_TIME, GetTimeIndex, TimedLine, time_before, with_times

# Searched here, ahead of the match index: the first lines are needed at once.
_SEARCH_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class Scan:
    """The selected lines of one source, the oldest or the ``newest`` first.

    ``lines`` are read and not taken yet. ``part`` is the number of this scan among those of all sources, and
    ``time_index`` is None if there are no others. ``begin`` is the start of a forward scan, by default that of the
    first file.
    """

    part: int
    indexes: Sequence[MatchIndex]
    newest: bool
    time_index: GetTimeIndex | None
    begin: Position | None = None
    lines: deque[TimedLine] = field(default_factory=deque, init=False)
    _unread: deque[MatchIndex] = field(default_factory=deque, init=False)
    _offset: int | None = field(default=None, init=False)
    _search_bytes: int = field(default=_SEARCH_BYTES, init=False)
    _time_limit: float = field(default=float("-inf"), init=False)

    def __post_init__(self) -> None:
        self._unread.extend(reversed(self.indexes) if self.newest else self.indexes)
        if self.newest:
            self._time_limit = float("inf")
        if self.begin:
            while self._unread and self._unread[0].generation is not self.begin.generation:
                self._unread.popleft()
            self._offset = self.begin.offset

    @property
    def is_read(self) -> bool:
        """Whether all files are read; there may be lines to take."""
        return not self._unread

    def order(self) -> tuple[float, int]:
        """Return the key by which scans are merged: the time of the next line, or its limit while none is read."""
        return (self.lines[0].time if self.lines else self._time_limit), self.part

    def read(self, count: int) -> bool:
        """Read up to ``count`` more lines, or search further for them.

        Returns False if the match index must get there first.

        Raises:
            FileChangedError: if the file was truncated after it was indexed, so its lines are incomplete.
            OSError: if it cannot be read.
        """
        index = self._unread[0]
        advanced = self._read_back(index, count) if self.newest else self._read_forward(index, count)
        if index.generation.size() < index.high:
            raise FileChangedError
        return advanced

    def _read_back(self, index: MatchIndex, count: int) -> bool:
        if self._offset is None:
            unterminated = index.unterminated()
            self._offset = unterminated[0].start.offset if unterminated else index.generation.size() + 1
            self._keep(unterminated)
            return True
        batches, reached = index.read_before(self._offset, count, most=self._search_bytes)
        advanced = bool(batches) or reached < min(self._offset, index.high)
        self._offset = batches[0].start.offset if len(batches) == count else reached
        # Without lines so far, leave the cores to the indexer.
        self._search_bytes = self._search_bytes if batches else 0
        self._keep(batches)
        self._end_file(index, self._offset, is_whole=self._offset <= index.generation.begin)
        return advanced or not self._unread or self._unread[0] is not index

    def _read_forward(self, index: MatchIndex, count: int) -> bool:
        offset = index.generation.begin if self._offset is None else self._offset
        batches, reached = index.read_from(offset, count, most=self._search_bytes)
        offset = batches[-1].end.offset if len(batches) == count else max(offset, reached)
        is_whole = offset >= index.high
        self._keep(
            [*batches, *(each for each in index.unterminated() if each.start.offset >= offset)] if is_whole else batches
        )
        self._offset = offset
        self._end_file(index, offset, is_whole=is_whole)
        return True

    def _end_file(self, index: MatchIndex, offset: int, *, is_whole: bool) -> None:
        """Set the time limit of the next line, and go to the next file if this one ``is_whole``."""
        if (
            self.time_index
            and not self.lines
            and (time := self.time_index(index.generation).time_at(offset)) is not None
        ):
            self._time_limit = self._clamped(time)
        if is_whole:
            self._unread.popleft()
            self._offset, self._search_bytes = None, _SEARCH_BYTES

    def _keep(self, batches: Sequence[Batch]) -> None:
        if not batches:
            return
        if self.time_index is None:
            lines = [TimedLine(BEFORE_ANY_TIME, self.part, batch) for batch in batches]
        else:
            begin = batches[0].start
            latest = time_before(begin, self.time_index)
            lines = list(with_times(self.part, batches, begin, latest, self.time_index))
        for line in reversed(lines) if self.newest else lines:
            self._time_limit = self._clamped(line.time)
            self.lines.append(TimedLine(int(self._time_limit), self.part, line.batch))

    def _clamped(self, time: float) -> float:
        """Limit a time by that of the line before it: lines of one source keep their order."""
        return min(self._time_limit, time) if self.newest else max(self._time_limit, time)


def take(scans: Sequence[Scan]) -> list[Batch]:
    """Remove and return the next lines of all scans, each a batch, up to the first line that is not read yet."""
    batches: list[Batch] = []
    while open_scans := [scan for scan in scans if scan.lines or not scan.is_read]:
        scan = max(open_scans, key=Scan.order) if open_scans[0].newest else min(open_scans, key=Scan.order)
        if not scan.lines:
            break
        batches.append(scan.lines.popleft().batch)
    return batches
