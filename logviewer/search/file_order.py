"""The keys of one file's lines, by which several files are merged; ``files/time_order.py`` defines them."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial

import numpy as np

from logviewer.files.cell_table import Page
from logviewer.files.cells import CELL_BYTES, NO_TIME, TIMED, Cells, Numbers, distinct
from logviewer.files.lines import LINE_CAP, line_text
from logviewer.files.time_order import FOLLOWING, contradicted, greatest, keys
from logviewer.search.cell_pass import CellPass

_HEAD_BYTES = 4 * 1024
# While the table is not filled, read at most so many cells without a time in each call, and so many with times for a
# key: short lines without times take 70 ms a cell, and nothing stops the call when its client leaves.
_MOST_CELLS = 16
_MOST_TIMED = 2
_ROWS_KEPT = 16
# The next time is mostly in one of them.
_FEW_ROWS = 16

_Version = tuple[int, int]
NOTHING: Numbers = np.empty(0, np.int64)


class FileOrder:
    """The keys of the lines of one file, from its cell table. Any thread may use it.

    The key of a line is an epoch time in milliseconds, ``NO_TIME`` before the first one. ``after`` are the first three
    times after the file in the same log, less at its end. Until the table ``is_known``, a key is that of the cells
    before the line, as far as they are read: it is too small only if a time is less than one more than a hundred KiB
    before it. Methods raise OSError.
    """

    def __init__(self, cell_pass: CellPass) -> None:
        self.generation = cell_pass.generation
        self._pass = cell_pass
        self._table = cell_pass.table
        self._is_extended = False
        self._rows: tuple[_Version, int] = ((-1, 0), 0)
        self._known: tuple[_Version, bool] = ((-1, 0), False)
        self._lines_of = lru_cache(_ROWS_KEPT)(self._read_lines)
        self._last: tuple[int, int, int | None] = (0, 0, None)
        # The greatest key up to each row that cannot change any more, and up to all rows for one version of the table.
        self._final: Numbers = NOTHING
        self._sums: tuple[tuple[_Version, bytes], Numbers] = (((-1, 0), b""), NOTHING)

    def catch_up(self, *, within: int) -> int:
        """Add the lines written since the last call, fill the table if it is small, and return the bytes read."""
        self._pass.extend()
        self._is_extended = True
        begin, high = self.generation.begin, self._table.high
        if self.is_known or high - begin > within:
            return 0
        self._pass.fill(begin, high, least=TIMED)
        return high - begin

    @property
    def is_known(self) -> bool:
        """Whether the times of all lines are read."""
        version = self._version
        if not self._is_extended:
            return False
        if self._known[0] != version:
            self._known = version, self._table.is_known(0, self._end_cell, least=TIMED)
        return self._known[1]

    @property
    def _version(self) -> _Version:
        return self._table.version, self._table.high

    @property
    def _end_cell(self) -> int:
        return -(-self._table.high // CELL_BYTES)

    @property
    def _row_count(self) -> int:
        """The number of rows of the lines in the table; in those after them, an unterminated line goes on."""
        version = self._version
        if self._rows[0] != version:
            self._rows = version, self._table.rows_of(0, self._end_cell).stop
        return self._rows[1]

    def _row(self, row: int) -> Cells:
        return self._table.rows(slice(row, row + 1))

    # Keys

    def first_times(self) -> Numbers:
        """Return the first three times in the file, less if it has less or none near its start."""
        self._begin()
        return self._times_from(0, set())

    def greatest(self, after: Numbers) -> int:
        """Return the key of the last line."""
        self._begin()
        return self._with_unterminated(self._before_row(self._row_count, after, set()), after)

    def keys_at(self, offsets: Numbers, after: Numbers) -> Numbers:
        """Return the keys of the lines that begin at ascending offsets."""
        self._begin()
        if len(offsets) and offsets[-1] >= self._table.high:
            self._pass.extend()
        found = np.empty(len(offsets), np.int64)
        is_whole = offsets < self._table.high
        if not is_whole.all():
            found[~is_whole] = self.greatest(after)
        cells = offsets[is_whole] // CELL_BYTES
        untimed: set[int] = set()
        for cell in distinct(cells).tolist():
            first, last = np.searchsorted(cells, [cell, cell + 1]).tolist()
            row = self._table.rows_of(cell, cell + 1).start
            starts, own = self._lines(row, after)
            at = np.searchsorted(starts, offsets[first:last], "right")
            found[first:last] = np.concatenate([[self._before_row(row, after, untimed)], own])[at]
        return found

    def offset_of(self, key: int, after: Numbers) -> int:
        """Return the offset of the first line with this key or a greater one; the size of the file without one."""
        self._begin()
        row = int(np.searchsorted(self._greatest(after), key)) if self.is_known else self._row_near(key, after)
        if row < self._row_count:
            starts, own = self._lines(row, after)
            if (at := int(np.searchsorted(own, key))) < len(own):
                return int(starts[at])
        last = self._unterminated()
        if last and self.greatest(after) >= key:
            return last[0]
        return self.generation.size()

    def borders_of(self, wanted: Numbers, after: Numbers) -> tuple[Numbers, Numbers]:
        """Return the ends of the cell in which the first line with each of these keys or a greater one begins.

        Without such a line, these are the offsets of an unterminated line and of the end of the file. The order must be
        known.
        """
        self._begin()
        rows, size = np.searchsorted(self._greatest(after), wanted), self.generation.size()
        lower, upper = np.full(len(rows), self._table.high), np.full(len(rows), size)
        for row in distinct(rows[rows < self._row_count]).tolist():
            start = int(self._row(row).numbers[0]) * CELL_BYTES
            lower[rows == row] = max(self.generation.begin, start)
            upper[rows == row] = min(size, start + CELL_BYTES)
        return lower, upper

    def _begin(self) -> None:
        if not self._is_extended:
            self.catch_up(within=0)

    def _lines(self, row: int, after: Numbers) -> tuple[Numbers, Numbers]:
        """Return the offsets and keys of the lines of a row."""
        if row >= self._row_count:
            return NOTHING, NOTHING
        return self._lines_of(row, self._version, after.tobytes())

    def _read_lines(self, row: int, _: _Version, times_after: bytes) -> tuple[Numbers, Numbers]:
        after = np.frombuffer(times_after, np.int64)
        lines = self._pass.read(int(self._row(row).numbers[0]))
        untimed: set[int] = set()
        following = self._times_from(row + 1, untimed, after)
        return lines.starts, keys(lines.times, lines.times != NO_TIME, following, self._before_row(row, after, untimed))

    def _times_from(self, row: int, untimed: set[int], after: Numbers = NOTHING) -> Numbers:
        """Return the first three times in the rows from ``row`` on."""
        times = NOTHING
        for each in self._timed_rows(range(row, self._row_count), untimed):
            times = np.concatenate([times, self._own_times(each)[:FOLLOWING]])
            if len(times) >= FOLLOWING:
                return times[:FOLLOWING]
        return np.concatenate([times, after])[:FOLLOWING]

    def _timed_rows(self, rows: range, untimed: set[int]) -> Iterator[int]:
        """Yield the rows with times; while the table is not filled, until 16 others are ``untimed``."""
        if self.is_known and rows.step == 1:
            yield from self._known_timed_rows(rows)
            return
        for row in rows:
            cells = self._row(row)
            if cells.states[0] >= TIMED:
                has_time = cells.first[0] != NO_TIME
            elif row in untimed:
                continue
            elif len(untimed) == _MOST_CELLS:
                return
            elif not (has_time := len(self._own_times(row)) > 0):
                untimed.add(row)
            if has_time:
                yield row

    def _known_timed_rows(self, rows: range) -> Iterator[int]:
        """Yield the rows with times; the times of all rows are known."""
        at = min(rows.start + _FEW_ROWS, rows.stop)
        few = self._table.rows(slice(rows.start, at))
        yield from (np.flatnonzero(few.first != NO_TIME) + rows.start).tolist()
        for page in self._table.pages(at, rows.stop):
            yield from (np.flatnonzero(page[:].first != NO_TIME) + at).tolist()
            at += len(page)

    def _own_times(self, row: int) -> Numbers:
        """Return the times in a row; of a known row at least the first three."""
        cells = self._row(row)
        times: Numbers = cells.heads[0] if cells.states[0] >= TIMED else self._pass.read(int(cells.numbers[0])).times
        found: Numbers = times[times != NO_TIME]
        return found

    def _before_row(self, row: int, after: Numbers, untimed: set[int]) -> int:
        """Return the greatest key in the rows before a row."""
        if not row:
            return NO_TIME
        found = int(self._greatest(after)[row - 1])
        if self.is_known:
            return found
        left = _MOST_TIMED
        for each in self._timed_rows(range(row - 1, -1, -1), untimed):
            cells = self._row(each)
            if cells.states[0] < TIMED:
                times = self._pass.read(int(cells.numbers[0])).times
                found = greatest(times[times != NO_TIME], self._times_from(each + 1, untimed, after), found)
            left -= 1
            if not left:
                break
        return found

    def _greatest(self, after: Numbers) -> Numbers:
        """Return the greatest key up to the end of each row of the table, as far as it is filled."""
        with self._table.lock:
            version = self._version, after.tobytes()
            if self._sums[0] != version:
                final = self._final
                own, settled = _greatest_of(self._table.pages(len(final), self._row_count), after)
                np.maximum.accumulate(np.maximum(own, final[-1:].max(initial=NO_TIME), out=own), out=own)
                self._sums = version, np.concatenate([final, own])
                self._final = self._sums[1][: len(final) + settled]
            return self._sums[1]

    # A last line without a newline is not in the table. Its time may still change, so it contradicts no other one.

    def _unterminated(self) -> tuple[int, int | None] | None:
        """Return the offset and the time of an unterminated last line; None without one."""
        start, size = self._table.high, self.generation.size()
        if start >= size:
            return None
        if self._last[:2] != (start, size):
            data, encoding = self.generation.pread(min(LINE_CAP, size - start), start), self.generation.encoding
            text = line_text(data, 0, len(data), encoding)
            self._last = start, size, self.generation.line_format.times([text], lambda: [start])[0]
        return start, self._last[2]

    def _with_unterminated(self, key: int, after: Numbers) -> int:
        last = self._unterminated()
        if last is None or last[1] is None:
            return key
        return greatest(np.array([last[1]], np.int64), after, key)

    # While the table is not filled

    def _row_near(self, key: int, after: Numbers) -> int:
        """Return the row of the first line with a key, by bisection: the times of a log ascend, or nearly."""
        count = self._row_count
        untimed: set[int] = set()
        row = max(0, bisect_left(range(count), float(key), key=partial(self._first_time, untimed)) - 1)
        left = _MOST_CELLS
        while row > 0 and left and self._before_row(row, after, untimed) >= key:
            row, left = row - 1, left - 1
        while row < count and left and self._before_row(row + 1, after, untimed) < key:
            row, left = row + 1, left - 1
        return row

    def _first_time(self, untimed: set[int], row: int) -> float:
        """Return the first time in a row or in the rows after it; infinity without one."""
        cells = self._row(row)
        if cells.states[0] < TIMED:
            times = self._pass.read_first(int(cells.numbers[0]), _HEAD_BYTES).times
            if (times != NO_TIME).any():
                return int(times[times != NO_TIME][0])
        for each in self._timed_rows(range(row, self._row_count), untimed):
            return int(self._own_times(each)[0])
        return float("inf")


def _greatest_of(pages: Sequence[Page], after: Numbers) -> tuple[Numbers, int]:
    """Return the greatest time in each row that counts, and the number of first rows that no later line changes.

    These are known, and have three times after them.
    """
    found, counts, known = [NOTHING], [NOTHING], [np.empty(0, np.bool_)]
    for page in reversed(pages):
        rows = page[:]
        counts.append(rows.lines() - rows.untimed)
        known.append(rows.states >= TIMED)
        greatest_times, times = _greatest_in(rows, counts[-1][:, None], after)
        found.append(greatest_times)
        after = np.concatenate([times[:FOLLOWING], after])[:FOLLOWING]
    is_known = np.concatenate(known[::-1])
    timed = np.concatenate(counts[::-1])[: len(is_known) if is_known.all() else int(is_known.argmin())]
    later = np.cumsum(timed[::-1])[::-1] - timed
    return np.concatenate(found[::-1]), int(np.searchsorted(-later, -FOLLOWING, "right"))


def _greatest_in(rows: Cells, timed: Numbers, after: Numbers) -> tuple[Numbers, Numbers]:
    """Return the greatest time in each row that counts, and the first times of the rows, three at least if they have.

    ``timed`` is a column with the number of times in each row.
    """
    found = rows.settled.copy()
    heads, tails = np.arange(FOLLOWING), timed - FOLLOWING + np.arange(FOLLOWING)
    # The first and the last three times of each row, each of them once; the last ones have all times after them.
    is_own = np.concatenate([heads < timed, tails >= FOLLOWING], axis=1)
    is_tail = np.concatenate([heads >= timed - FOLLOWING, tails >= 0], axis=1)[is_own]
    times = np.concatenate([rows.heads, rows.tails], axis=1)[is_own]
    counting = is_tail & ~contradicted(np.concatenate([times, after]))[: len(times)]
    np.maximum.at(found, np.nonzero(is_own)[0][counting], times[counting])
    return found, times
