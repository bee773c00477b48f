"""The lines of several hosts in the order of their keys, asked for in pages."""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from logviewer.hosts.merge.answers import LINES, Lines, Row, check_rows
from logviewer.hosts.merge.parts import HostPart, Hosts, Items
from logviewer.views.ranks import NO_KEY

MOST_ASKED = 5000
RANGE_BYTES = 2 * 1024 * 1024
"""The bytes of lines that one answer has at most, as that of one server."""
_FEWEST = 16
_POLL_SECONDS = 0.05

Place = Callable[[int], Items]
"""The parameters of the first page of a host, with so many lines."""


def at(name: str, value: object) -> Place:
    """Return a place that does not depend on the number of lines."""
    return lambda _: [(name, str(value))]


def from_end(count: int) -> Items:
    """Return the place of the last lines."""
    return [("start", str(-count))]


@dataclass(slots=True, eq=False)
class _Run:
    """The next lines of one host, and where those after them are. ``rows`` have ascending ranks.

    ``first`` is the answer with the first page. A run ``is_pending`` after a page whose lines are still searched.
    """

    number: int
    sign: int
    place: Place
    rows: deque[tuple[int, Row]] = field(default_factory=deque)
    first: Lines | None = None
    is_read: bool = False
    is_pending: bool = False
    cursor: str | None = None
    _least: int = field(default=-(2**64), init=False)

    def question(self, count: int) -> tuple[Items, int]:
        """Return the place of the next page, and how many lines to ask for."""
        if self.cursor is None:
            return self.place(count), count
        # The page begins with the last line again.
        return ([("at", self.cursor)], count + 1) if self.sign > 0 else ([("before", self.cursor)], count)

    def add(self, page: Lines, count: int) -> None:
        """Add the lines of a page that was asked for with ``count`` lines."""
        rows = list(zip(page["keys"], page["lines"], strict=True))[:count]
        is_at_end = _is_at_end(page, self.sign)
        if self.cursor and self.sign > 0 and rows and rows[0][1]["at"] == self.cursor:
            del rows[0]
        self.first = self.first or page
        if rows:
            self.cursor = rows[-1 if self.sign > 0 else 0][1]["at"]
        self.is_pending = page["pending"]
        self.is_read = not self.is_pending and (is_at_end or not rows)
        for key, row in rows[:: self.sign]:
            # Until a host knows the order of its lines, a key may be too small.
            self._least = max(self._least, self.sign * (NO_KEY if key is None else key))
            self.rows.append((self._least, row))

    def rank(self) -> tuple[int, int]:
        """Return the rank of the next line among those of all hosts."""
        return self.rows[0][0], self.sign * self.number


def _is_at_end(page: Lines, sign: int) -> bool:
    start, total = page["start"], page["total"]
    if sign < 0:
        return start == 0
    return start is not None and total is not None and start + len(page["lines"]) >= total


def check_lines(page: Lines, part: HostPart) -> None:
    """Raise BrokenError unless the lines of an answer may be of a host."""
    check_rows(page["lines"], page["keys"], part.ids)


class Merging:
    """The lines of hosts from their places on, oldest first, or back from there with ``newest``."""

    def __init__(self, hosts: Hosts, items: Items, places: Mapping[HostPart, Place], *, newest: bool = False) -> None:
        self._hosts = hosts
        self._items = items
        self._sign = -1 if newest else 1
        self._runs = {part: _Run(hosts.number(part), self._sign, place) for part, place in places.items()}

    @property
    def is_pending(self) -> bool:
        """Whether the lines after those taken are still searched."""
        return any(run.is_pending and not run.rows for run in self._runs.values())

    @property
    def first_pages(self) -> list[Lines]:
        """The first answer of each host."""
        return [run.first for run in self._runs.values() if run.first]

    def share(self, count: int) -> int:
        """Return how many lines to ask each host for: twice its even share."""
        share = count if len(self._runs) == 1 else 2 * count // len(self._runs)
        return max(1, min(max(_FEWEST, share), MOST_ASKED - 1))

    def add(self, part: HostPart, page: Lines, count: int) -> None:
        """Add the first page of a host, which was asked for with ``count`` lines."""
        self._runs[part].add(page, count)

    async def take(self, count: int, most: int = RANGE_BYTES) -> list[tuple[int, Row]]:
        """Remove and return the next lines with their keys, up to ``count`` and about so many characters.

        At the end, and before lines that are still searched, these are fewer. Raises as ``Hosts.ask``.
        """
        taken: list[tuple[int, Row]] = []
        size = 0
        while len(taken) < count and size < most:
            await self._read(count - len(taken))
            runs = [run for run in self._runs.values() if run.rows]
            if not runs or self.is_pending:
                break
            heap = [(run.rank(), run) for run in runs]
            heapq.heapify(heap)
            while len(taken) < count and size < most:
                _, run = heap[0]
                rank, row = run.rows.popleft()
                taken.append((self._sign * rank, row))
                size += len(row["text"])
                if not run.rows:
                    if not run.is_read:
                        break
                    heapq.heappop(heap)
                    if not heap:
                        break
                else:
                    heapq.heapreplace(heap, (run.rank(), run))
        return taken

    async def take_waiting(self, count: int) -> list[tuple[int, Row]]:
        """Remove and return the next lines, at least one until the end; wait for lines that are still searched."""
        while True:
            taken = await self.take(count)
            if taken or not self.is_pending:
                return taken
            await asyncio.sleep(_POLL_SECONDS)
            for run in self._runs.values():
                run.is_pending = False

    async def read_first(self, count: int) -> None:
        """Ask each host for its first page, for an answer with ``count`` lines. Raises as ``Hosts.ask``."""
        await self._read(count)

    async def _read(self, count: int) -> None:
        """Ask the hosts of which no line is left."""
        asked = {
            part: run.question(self.share(count))
            for part, run in self._runs.items()
            if not (run.rows or run.is_read or run.is_pending)
        }
        if not asked:
            return
        questions = {
            part: [*self._items, ("keys", "true"), ("count", str(lines)), *place]
            for part, (place, lines) in asked.items()
        }
        pages = await self._hosts.ask("/api/lines", questions, LINES, check_lines)
        for part, (_, lines) in asked.items():
            if part in pages:
                self._runs[part].add(pages[part], lines)
            else:
                del self._runs[part]
