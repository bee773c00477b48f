"""``/api/search`` of several hosts: their matches in the order of the search, and sums of their progress."""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import orjson

from logviewer.hosts.api import AbsentError, ApiAnswer, BrokenError, HostError
from logviewer.hosts.merge.answers import Matches, Progress, Row
from logviewer.hosts.merge.events import search_events
from logviewer.hosts.merge.parts import HostPart, Hosts, Items, RefusedError, chosen, raise_refusal, warn
from logviewer.hosts.merge.question import Question
from logviewer.showable import visible_json
from logviewer.views.ranks import NO_KEY

_MATCHES_PER_EVENT = 1000
_PROGRESS_SECONDS = 0.2
# A host that begins later than others does not hold up their progress.
_OPEN_SECONDS = 1.0
_HEADERS = [("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-store")]

_Rank = tuple[int, int]
_LEAST_RANK: _Rank = (-(2**64), -(2**64))


@dataclass(slots=True, eq=False)
class _Run:
    """The search of one host. ``rows`` have ascending ranks, and later ones are not before ``bound``.

    It ``has_all`` once no more matches come, and ``is_over`` at its end.
    """

    part: HostPart
    number: int
    sign: int
    opened: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    rows: deque[tuple[_Rank, Row]] = field(default_factory=deque)
    bound: int = -(2**64)
    has_all: bool = False
    is_over: bool = False
    progress: Progress | None = None
    taken: asyncio.Event = field(default_factory=asyncio.Event)

    def add_matches(self, data: Matches) -> None:
        """Add matches; those of a host never go back."""
        for key, row in zip(data["keys"], data["matches"], strict=True):
            self.bound = max(self.bound, self.sign * (NO_KEY if key is None else key))
            self.rows.append(((self.bound, self.sign * self.number), row))

    def add_progress(self, data: Progress) -> None:
        """Note how far the host is."""
        self.progress = data
        self.has_all = data["all"]
        if data["bound"] is not None:
            self.bound = max(self.bound, self.sign * data["bound"])

    @property
    def next_rank(self) -> _Rank | None:
        """The rank of its next match, or the least that it can have; None if no more matches come."""
        if self.rows:
            return self.rows[0][0]
        return None if self.has_all or self.is_over else (self.bound, self.sign * self.number)


class Search:
    """One search on several hosts."""

    def __init__(self, hosts: Hosts, question: Question) -> None:
        self._hosts = hosts
        self._items: Items = [*chosen(question.items, "keys"), ("keys", "true")]
        limit = question.integer("limit")
        self._left = float("inf") if limit is None else limit
        self._last: Row | None = None
        self._is_quiet = question.flag("quiet")
        self._is_wide = question.flag("records") or question.text("context") not in (None, "0")
        sign = 1 if question.text("order") == "oldest" else -1
        self._runs = [_Run(part, hosts.number(part), sign) for part in hosts.parts]
        # Each host that may have more matches, by a rank that its next one is not before.
        self._heap = [(_LEAST_RANK, at) for at in range(len(self._runs))]
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> ApiAnswer:
        """Return the answer once the hosts have begun. Raises RefusedError, and AbsentError if none answers."""
        self._tasks = [asyncio.create_task(self._read(run)) for run in self._runs]
        try:
            opened = [run.opened for run in self._runs]
            await asyncio.wait(opened, timeout=_OPEN_SECONDS)
            while not any(each.done() for each in opened):
                await asyncio.wait(opened, return_when=asyncio.FIRST_COMPLETED)
            self._leave_out_refusers()
            if not self._hosts.parts:
                raise AbsentError(f"{', '.join(self._hosts.absent)}: no answer")
        except BaseException:
            await self._close()
            raise
        return ApiAnswer(200, _HEADERS, self._events())

    def _leave_out_refusers(self) -> None:
        """Go on without hosts that refuse what another one answers. Raises RefusedError if none answers."""
        refusers = [run for run in self._runs if run.opened.done() and run.opened.exception()]
        if refusers and not set(self._hosts.parts) - {run.part for run in refusers}:
            refusers[0].opened.result()
        for run in refusers:
            warn(run.part, BrokenError("it refused the search"))
            self._hosts.parts.remove(run.part)

    async def _read(self, run: _Run) -> None:
        """Read the events of one host. It waits until its matches are taken."""
        try:
            async with run.part.api.call(run.part.request("/api/search", self._items)) as answer:
                await raise_refusal(answer)
                await self._read_all(run, answer)
        except RefusedError as error:
            if not run.opened.done():
                run.opened.set_exception(error)
        except HostError as error:
            if isinstance(error, BrokenError):
                warn(run.part, error)
            self._hosts.parts.remove(run.part)
        finally:
            run.is_over = True
            _set(run.opened)
            self._changed.set()

    async def _read_all(self, run: _Run, answer: ApiAnswer) -> None:
        async with aclosing(search_events(run.part, answer.body)) as events:
            async for name, data in events:
                if name == "end":
                    return
                if name == "progress":
                    run.add_progress(data)
                else:
                    run.add_matches(data)
                _set(run.opened)
                self._changed.set()
                while run.rows:
                    run.taken.clear()
                    await run.taken.wait()
        raise BrokenError("its search ended too soon")

    async def _events(self) -> AsyncGenerator[bytes]:
        try:
            yield self._progress()
            due = asyncio.get_running_loop().time() + _PROGRESS_SECONDS
            while not self._is_over():
                self._changed.clear()
                for rows in self._matches():
                    yield _event("match", {"matches": rows})
                if self._is_over():
                    break
                try:
                    async with asyncio.timeout_at(due):
                        await self._changed.wait()
                except TimeoutError:
                    yield self._progress()
                    due = asyncio.get_running_loop().time() + _PROGRESS_SECONDS
            yield self._progress()
            absent = {"absent": self._hosts.absent} if self._hosts.absent else {}
            yield _event("end", {"complete": self._left > 0} | absent)
        finally:
            await self._close()

    def _is_over(self) -> bool:
        return self._is_full() or all(run.is_over and not run.rows for run in self._runs)

    def _is_full(self) -> bool:
        """Whether the last match is found, and the lines around it."""
        if self._left > 0 or self._is_quiet:
            return False
        if not self._is_wide:
            return True
        runs = [run for run in self._runs if self._last and self._last["source"] in run.part.ids]
        return all(run.rows or run.has_all or run.is_over for run in runs)

    def _matches(self) -> Iterator[list[Row]]:
        """Yield the next matches of all hosts, as far as no host can have an earlier one."""
        heap, rows = self._heap, list[Row]()
        while heap:
            rank, at = heap[0]
            run = self._runs[at]
            if run.next_rank == rank:
                if not run.rows or not self._may_take(run.rows[0][1]):
                    break
                rows.append(self._take(run))
            if (rank_now := run.next_rank) is None:
                heapq.heappop(heap)
            else:
                heapq.heapreplace(heap, (rank_now, at))
            if len(rows) >= _MATCHES_PER_EVENT:
                yield rows
                rows = []
        if rows:
            yield rows

    def _may_take(self, row: Row) -> bool:
        return self._left > 0 or ("context" in row and _adjoin(self._last, row))

    def _take(self, run: _Run) -> Row:
        _, row = run.rows.popleft()
        if not run.rows:
            run.taken.set()
        self._left -= "context" not in row
        self._last = row
        return row

    def _progress(self) -> bytes:
        found = [run.progress for run in self._runs if run.progress]
        data: dict[str, Any] = {
            name: sum(_number(each, name) for each in found) for name in ("done", "size", "matches")
        }
        if marks := [each["marks"] for each in found if "marks" in each]:
            data["marks"] = [sum(column) for column in zip_longest(*marks, fillvalue=0)]
        if hints := next((each["hints"] for each in found if "hints" in each), None):
            data["hints"] = hints
        return _event("progress", data)

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for run in self._runs:
            if run.opened.done():
                run.opened.exception()


def _number(progress: Mapping[str, Any], name: str) -> int:
    return int(progress[name])


def _adjoin(one: Row | None, other: Row) -> bool:
    """Return whether two lines follow each other in one file."""
    if one is None or one["n"] is None or other["n"] is None:
        return False
    return one["source"] == other["source"] and abs(one["n"] - other["n"]) == 1


def _set(opened: asyncio.Future[None]) -> None:
    if not opened.done():
        opened.set_result(None)


def _event(name: str, data: Mapping[str, Any]) -> bytes:
    return b"event: " + name.encode("ascii") + b"\ndata: " + visible_json(orjson.dumps(data)) + b"\n\n"
