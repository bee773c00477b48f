"""What passes of one source from one end to the other, read piece by piece; and several of them as one by time."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from logviewer.errors import FileChangedError
from logviewer.rotation.generation import Batch, Position
from logviewer.search.match_index import MatchIndex
from logviewer.views.timed import BEFORE, FindTimes, TimedLine, time_before, timed

# Looked at here before the pass gets there: the first lines are wanted at once.
_NOW_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class Scan:
    """The lines of one source, the oldest or the ``newest`` first: ``lines`` are read and not taken yet.

    ``times`` are needed where there are other strands, ``part`` is the number of this one among them. ``begin`` is
    where one that goes forward begins, by default at the first file.
    """

    part: int
    files: Sequence[MatchIndex]
    newest: bool
    times: FindTimes | None
    begin: Position | None = None
    lines: deque[TimedLine] = field(default_factory=deque, init=False)
    _left: deque[MatchIndex] = field(default_factory=deque, init=False)
    _offset: int | None = field(default=None, init=False)
    _now: int = field(default=_NOW_BYTES, init=False)
    _bound: float = field(default=float("-inf"), init=False)

    def __post_init__(self) -> None:
        self._left.extend(reversed(self.files) if self.newest else self.files)
        if self.newest:
            self._bound = float("inf")
        if self.begin:
            while self._left and self._left[0].generation is not self.begin.generation:
                self._left.popleft()
            self._offset = self.begin.offset

    @property
    def is_read(self) -> bool:
        """Whether nothing is left to look at; there may be lines to take."""
        return not self._left

    def head(self) -> tuple[float, int]:
        """The place in order of its next line or, while none is read, of the next one that there may be."""
        return (self.lines[0].time if self.lines else self._bound), self.part

    def poll(self, count: int) -> bool:
        """Read up to ``count`` lines more, or look further for them; False if the pass must come there first.

        Raises:
            FileChangedError: if the file was truncated since the pass over it: what is left of it is not all.
            OSError: if it cannot be read.
        """
        matches = self._left[0]
        went_on = self._look_back(matches, count) if self.newest else self._look_on(matches, count)
        if matches.generation.size() < matches.high:
            raise FileChangedError
        return went_on

    def _look_back(self, matches: MatchIndex, count: int) -> bool:
        if self._offset is None:
            rest = matches.rest()
            self._offset = rest[0].start.offset if rest else matches.generation.size() + 1
            self._keep(rest)
            return True
        batches, reached = matches.read_before(self._offset, count, most=self._now)
        went_on = bool(batches) or reached < min(self._offset, matches.high)
        self._offset = batches[0].start.offset if len(batches) == count else reached
        # From here on the pass has all cores; it will be there soon.
        self._now = self._now if batches else 0
        self._keep(batches)
        self._end_file(matches, self._offset, is_whole=self._offset <= matches.generation.begin)
        return went_on or not self._left or self._left[0] is not matches

    def _look_on(self, matches: MatchIndex, count: int) -> bool:
        offset = matches.generation.begin if self._offset is None else self._offset
        batches, reached = matches.read_from(offset, count, most=self._now)
        offset = batches[-1].end.offset if len(batches) == count else max(offset, reached)
        is_whole = offset >= matches.high
        self._keep(
            [*batches, *(each for each in matches.rest() if each.start.offset >= offset)] if is_whole else batches
        )
        self._offset = offset
        self._end_file(matches, offset, is_whole=is_whole)
        return True

    def _end_file(self, matches: MatchIndex, offset: int, *, is_whole: bool) -> None:
        if self.times and not self.lines and (moment := self.times(matches.generation).time_at(offset)) is not None:
            self._bound = self._clamped(moment)
        if is_whole:
            self._left.popleft()
            self._offset, self._now = None, _NOW_BYTES

    def _keep(self, batches: Sequence[Batch]) -> None:
        if not batches:
            return
        if self.times is None:
            lines = [TimedLine(BEFORE, self.part, batch) for batch in batches]
        else:
            begin = batches[0].start
            lines = list(timed(self.part, batches, begin, time_before(begin, self.times), self.times))
        for line in reversed(lines) if self.newest else lines:
            self._bound = self._clamped(line.time)
            self.lines.append(TimedLine(int(self._bound), self.part, line.batch))

    def _clamped(self, moment: float) -> float:
        """Lines never change places within a source."""
        return min(self._bound, moment) if self.newest else max(self._bound, moment)


def take(scans: Sequence[Scan]) -> list[Batch]:
    """The next lines of all, each a batch, as far as it is known by now which are next."""
    batches: list[Batch] = []
    while left := [scan for scan in scans if scan.lines or not scan.is_read]:
        scan = max(left, key=Scan.head) if left[0].newest else min(left, key=Scan.head)
        if not scan.lines:
            break
        batches.append(scan.lines.popleft().batch)
    return batches
