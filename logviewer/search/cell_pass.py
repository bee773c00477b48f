"""The pass that fills the cell table of a log file: each byte is read once."""

import threading
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from logviewer.files.block_map import BLOCK_BYTES, BlockMap
from logviewer.files.cell_table import PAGE_ROWS, CellTable
from logviewer.files.cells import CELL_BYTES, EXACT, GUESSED, KINDS, NO_TIME, TIMED, UNKNOWN, Cells, Numbers, distinct
from logviewer.files.encoding import UTF8
from logviewer.files.time_order import FOLLOWING, contradicted
from logviewer.formats.line_classifier import LineClasses, LineClassifier
from logviewer.rotation.generation import Generation
from logviewer.search.cell_cache import LEAST_BYTES, CellCache
from logviewer.search.selected_lines import lines_of
from logviewer.search.window import Window, last_cell, read_window

SLICE_BYTES = 4 * 1024 * 1024
# Read at once: arrays for more lines do not fit into the caches of a core, and take memory in each thread.
_READ_BYTES = 512 * 1024
_CELLS_KEPT = 64
# Lines that must be read again after a restart, at most: so many bytes, or this part of the file.
_GROWN_BYTES = 16 * 1024 * 1024
_GROWN_SHARE = 64
_EXACT_BYTES = SLICE_BYTES
_BLOCK_CELLS = BLOCK_BYTES // CELL_BYTES


@dataclass(frozen=True, slots=True)
class CellLines:
    """The lines that begin in one cell: their offsets in the file, their levels as index in ``LEVELS``, and times."""

    starts: Numbers
    codes: npt.NDArray[np.uint8]
    times: Numbers

    def times_after(self, carried: int) -> Numbers:
        """Return the time of each line, or that of the last line before it with one; first comes ``carried``."""
        times = np.concatenate([[carried], self.times])
        numbers = np.where(times != NO_TIME, np.arange(len(times)), 0)
        return times[np.maximum.accumulate(numbers)][1:]


class CellPass:
    """Fills the cell table of one file: its end first, then ranges that callers choose. Any thread may use it."""

    def __init__(self, generation: Generation, classifier: LineClassifier, cache: CellCache | None = None) -> None:
        self.generation = generation
        self._cache = cache
        self._classifier = classifier
        self._extending = threading.Lock()
        self._covered = generation.begin
        self._read = lru_cache(_CELLS_KEPT)(self._read_cell)
        self.table, self._saved = self._load()
        self._cover(self.table.high)
        self._count_newlines()

    def _load(self) -> tuple[CellTable, tuple[int, int]]:
        """Return the table, from the cache if it is there, and what ``_save`` compares."""
        if self._cache and (table := self._cache.load(self.generation)):
            self._covered = table.high
            return table, (table.high, table.least_state())
        start = last_cell(self.generation, CELL_BYTES)
        return CellTable(start, start), (0, UNKNOWN)

    def _save(self) -> None:
        """Save a complete table if many lines are new, or if less is guessed."""
        table, (high, state) = self.table, self._saved
        grown = table.high - high
        if (
            not self._cache
            or self.generation.begin
            or table.high < LEAST_BYTES
            or not table.is_complete
            or (grown < max(_GROWN_BYTES, table.high // _GROWN_SHARE) and state >= table.least_state())
        ):
            return
        self._saved = table.high, table.least_state()
        self._cache.save(self.generation, table)

    def extend(self) -> None:
        """Add the lines written since the last call. Raises OSError."""
        with self._extending:
            table, size = self.table, self.generation.size()
            self._cover(size)
            while table.high < size:
                start, end = table.high, min(size, table.high + _READ_BYTES)
                window = self._window(start, end)
                state = GUESSED if size - start > _EXACT_BYTES else EXACT
                cells = self._cells(window, start, end, window.next_offset, state)
                with table.lock:
                    table.append(cells)
                    table.high = max(table.high, window.next_offset)
                self._count_newlines()
                self._save()
                if window.next_offset < end:
                    # A last line without newline.
                    break

    def fill(self, start: int, end: int, *, least: int = GUESSED) -> None:
        """Find the lines that begin in [start, end), borders of cells or the end of the table. Raises OSError.

        Rows whose state is at least ``least`` are kept, the others get such a state.
        """
        if end % CELL_BYTES:
            # The last cell may grow meanwhile.
            with self._extending:
                self._fill(start, self.table.high, least)
        else:
            self._fill(start, end, least)

    def _fill(self, start: int, end: int, least: int) -> None:
        while end > start:
            begin = max(start, end - 1 - (end - 1) % _READ_BYTES)
            first, last = begin // CELL_BYTES, -(-end // CELL_BYTES)
            # A guess may be enough, but not a second one.
            states = (least,) if least == EXACT or self.table.is_known(first, last) else (GUESSED, least)
            for state in states:
                if not self.table.is_known(first, last, least=least):
                    self.table.put(self._cells(self._window(begin, end), begin, end, end, state))
            end = begin
        self._count_newlines()
        self._save()

    def read(self, cell: int) -> CellLines:
        """Return the lines of a cell that are in the table. Raises OSError."""
        return self.read_first(cell, CELL_BYTES)

    def read_first(self, cell: int, size: int) -> CellLines:
        """Return the lines that begin in the first ``size`` bytes of a cell, and are in the table. Raises OSError."""
        start = cell * CELL_BYTES
        return self._read(max(self.generation.begin, start), min(start + size, self.table.high))

    def _read_cell(self, start: int, end: int) -> CellLines:
        window = self._window(start, end)
        starts = self._starts(window, start, end)
        classes = self._classifier.classify(window.data, starts, base=window.base, guess=False)
        return CellLines(starts + window.base, classes.codes, classes.times)

    def _cover(self, size: int) -> None:
        """Add rows for the cells up to the end of the file, without those in holes."""
        file, at = self.generation.file, self._covered
        while at < size:
            start = min(size, file.next_data(at))
            # A line may begin at the first byte of a hole.
            at = max(start, min(size, file.next_hole(start) if start < size else size))
            self.table.cover(start // CELL_BYTES, min(at // CELL_BYTES + 1, -(-size // CELL_BYTES)))
        self._covered = size

    def _window(self, start: int, end: int) -> Window:
        return read_window(self.generation, start, end, 0, unterminated=False)

    def _starts(self, window: Window, start: int, end: int) -> Numbers:
        encoding = self.generation.encoding
        begin, stop = max(window.begin, start - window.base), min(window.end, end - window.base)
        if encoding is UTF8:
            data = np.frombuffer(window.data, np.uint8)[begin : max(begin, stop)]
            newlines = np.flatnonzero(data == ord("\n"))
            newlines += begin + 1
            starts = np.concatenate([[begin], newlines])
        else:
            starts = np.array([line for line, _ in lines_of(window.data, encoding, first=begin, last=stop)], np.int64)
        return starts[: np.searchsorted(starts, stop)]

    def _cells(self, window: Window, start: int, end: int, until: int, state: int) -> Cells:
        """Return the cells up to ``until`` with the lines that begin in [start, end), at least of this state."""
        starts = self._starts(window, start, end)
        classes = self._classifier.classify(
            window.data, starts, base=window.base, guess=state < EXACT, guess_times=state < TIMED
        )
        rows = self.table.rows_of(start // CELL_BYTES, -(-until // CELL_BYTES))
        return _summary(self.table.rows(rows).numbers, starts + window.base, classes)

    def _count_newlines(self) -> None:
        """Let the block map skip the blocks whose lines are in the table."""
        if self.generation.begin or self.generation.encoding is not UTF8:
            return
        block_map, last = self.generation.block_map, self.table.high // CELL_BYTES
        border = -(-block_map.counted // BLOCK_BYTES) * BLOCK_BYTES
        first = border // CELL_BYTES
        if first + _BLOCK_CELLS < last and self.table.is_known(first, first + _BLOCK_CELLS, least=GUESSED):
            block_map.extend(border, UTF8)
        while self._skip_blocks(block_map, last):
            pass

    def _skip_blocks(self, block_map: BlockMap, last: int) -> bool:
        """Let the block map skip blocks of known cells before the cell ``last``; return whether there was one."""
        start, newlines = block_map.counted, block_map.newlines
        first = start // CELL_BYTES
        if start % BLOCK_BYTES or not self.table.is_known(first, first + 1, least=GUESSED):
            return False
        cells = self.table.rows(self.table.rows_of(first, min(last, first + PAGE_ROWS)))
        known = (cells.states != UNKNOWN) & (cells.numbers == np.arange(first, first + len(cells)))
        count = len(cells) if known.all() else int(known.argmin())
        borders = np.arange(_BLOCK_CELLS, count, _BLOCK_CELLS)
        if not len(borders):
            return False
        # The line that begins at the first byte of a cell is after the newline before it.
        is_open = cells.opens[0] or start == 0
        counts = newlines + np.cumsum(cells.lines())[borders - 1] - is_open + cells.opens[borders]
        block_map.skip(start, ((borders + first) * CELL_BYTES).tolist(), np.maximum(0, counts).tolist())
        return block_map.counted > start


def _summary(numbers: Numbers, starts: Numbers, classes: LineClasses) -> Cells:
    """Return the rows of cells in which lines begin at ``starts``."""
    cells = Cells.empty(numbers)
    left, right = np.searchsorted(starts, [numbers * CELL_BYTES, (numbers + 1) * CELL_BYTES])
    kinds = np.repeat(np.arange(len(numbers)) * KINDS, right - left) + classes.codes
    cells.kinds[:] = np.bincount(kinds, minlength=len(numbers) * KINDS).reshape(-1, KINDS)
    timed = np.flatnonzero(classes.times != NO_TIME)
    times = classes.times[timed]
    first, after = np.searchsorted(timed, left), np.searchsorted(timed, right)
    has = after > first
    cells.untimed[:] = right - left - (after - first)
    cells.leading[:] = right - left
    cells.leading[has] = timed[first[has]] - left[has]
    if has.any():
        cells.least[has] = np.minimum.reduceat(times, first[has])
        cells.greatest[has] = np.maximum.reduceat(times, first[has])
        _set_tenths(cells, times, np.flatnonzero(has), first, after)
        _set_order(cells, times, first, after)
    some = right > left
    cells.opens[some] = starts[left[some]] == numbers[some] * CELL_BYTES
    cells.states[:] = np.where(_some(classes.guessed, left, right), TIMED, EXACT)
    cells.states[_some(classes.guessed_times, left, right)] = GUESSED
    return cells


def _some(flags: npt.NDArray[np.bool_], left: Numbers, right: Numbers) -> npt.NDArray[np.bool_]:
    """Return whether a flag is set in each of the ranges [left, right)."""
    first, after = np.searchsorted(np.flatnonzero(flags), [left, right])
    found: npt.NDArray[np.bool_] = after > first
    return found


def _set_order(cells: Cells, times: Numbers, first: Numbers, after: Numbers) -> None:
    """Set ``settled``, ``heads`` and ``tails`` of rows whose times are ``times[first:after]``."""
    for number in range(FOLLOWING):
        has = after - first > number
        cells.heads[has, number] = times[first[has] + number]
        cells.tails[has, FOLLOWING - 1 - number] = times[after[has] - 1 - number]
    settling = after - first > FOLLOWING
    if settling.any():
        counting = np.where(contradicted(times), NO_TIME, times)
        # Every second range is that of a row; the last one may reach up to the end of the times.
        edges = np.stack([first[settling], after[settling] - FOLLOWING], axis=1).ravel()
        cells.settled[settling] = np.maximum.reduceat(counting, edges)[::2]


def _set_tenths(cells: Cells, times: Numbers, rows: Numbers, first: Numbers, after: Numbers) -> None:
    """Set ``low`` and ``high`` of rows whose times are ``times[first:after]``."""
    tenth = (after[rows] - first[rows]) // 10
    cells.low[rows], cells.high[rows] = times[first[rows] + tenth], times[after[rows] - 1 - tenth]
    backwards = np.searchsorted(first[rows], np.flatnonzero(times[1:] < times[:-1]), "right") - 1
    for row in rows[distinct(backwards)].tolist():
        ascending = np.sort(times[first[row] : after[row]])
        few = len(ascending) // 10
        cells.low[row], cells.high[row] = ascending[few], ascending[-1 - few]
