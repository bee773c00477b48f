"""``/api/lines`` of several hosts."""

from collections.abc import Sequence
from typing import Any

from logviewer.cursor import decode, source_key
from logviewer.errors import CursorError
from logviewer.hosts.api import AbsentError, ApiAnswer
from logviewer.hosts.merge.answers import LINES, Lines, Row
from logviewer.hosts.merge.merging import RANGE_BYTES, Merging, at, check_lines, from_end
from logviewer.hosts.merge.numbers import lines_from, total_of
from logviewer.hosts.merge.parts import (
    HostPart,
    Hosts,
    Items,
    RefusedError,
    RepeatError,
    chosen,
    json_answer,
    sum_of,
)
from logviewer.hosts.merge.question import Question, WrongError
from logviewer.views.ranks import NO_KEY

PLACES = ("start", "at", "before", "time", "from_ms", "until_ms")
_COUNT = 1000
_MOST_COUNT = 5000

Rows = Sequence[tuple[int, Row]]


async def lines(hosts: Hosts, question: Question) -> ApiAnswer:
    """Return lines by number, cursor or time. Raises as ``Hosts.ask``, and WrongError."""
    while True:
        try:
            return await _Request(hosts, question).answer()
        except RepeatError:
            hosts.begin()


class _Request:
    def __init__(self, hosts: Hosts, question: Question) -> None:
        self._hosts = hosts
        self._question = question
        self._items: Items = chosen(question.items, *PLACES, "count", "keys")
        count = question.integer("count")
        self._count = _COUNT if count is None else count
        if not 1 <= self._count <= _MOST_COUNT:
            raise WrongError(f"count: must be from 1 to {_MOST_COUNT}")
        # The key of the line at a cursor.
        self._key: int | None = None

    async def answer(self) -> ApiAnswer:
        question, given = self._question, [name for name in PLACES if self._question.text(name) is not None]
        if len(given) > 1:
            raise WrongError(f"{', '.join(given)}: give only one of them")
        match given:
            case ["at" | "before" as name]:
                return await self._at_cursor(name, question.text(name) or "")
            case ["time"]:
                return await self._from_key(question.moment("time") or 0)
            case ["from_ms"]:
                return await self._from_key(question.integer("from_ms") or 0)
            case ["until_ms"]:
                return await self._until_key(question.integer("until_ms") or 0)
            case _:
                start = question.integer("start") or 0
                return await (self._by_number(start) if start >= 0 else self._from_end(-start))

    def _merging(self, name: str, value: object, *, newest: bool = False) -> Merging:
        places = {part: at(name, value) for part in self._hosts.parts}
        return Merging(self._hosts, self._items, places, newest=newest)

    async def _from_key(self, key: int) -> ApiAnswer:
        return await self._onwards(self._merging("from_ms", key))

    async def _onwards(self, merging: Merging) -> ApiAnswer:
        await merging.read_first(self._count)
        start = sum_of(page["start"] for page in merging.first_pages)
        return self._encode(merging, await merging.take(self._count), start)

    async def _until_key(self, key: int) -> ApiAnswer:
        return await self._back(self._merging("until_ms", key, newest=True))

    async def _back(self, merging: Merging) -> ApiAnswer:
        await merging.read_first(self._count)
        end = sum_of(_end(page) for page in merging.first_pages)
        rows = (await merging.take(self._count))[::-1]
        return self._encode(merging, rows, None if end is None else end - len(rows))

    async def _at_cursor(self, name: str, text: str) -> ApiAnswer:
        newest = name == "before"
        owner = self._owner(name, text)
        count = self._merging(name, text).share(self._count)
        question = [*self._items, ("keys", "true"), ("count", str(count)), (name, text)]
        pages = await self._hosts.ask("/api/lines", {owner: question}, LINES, check_lines)
        if owner not in pages:
            raise AbsentError(f"{owner.name}: no answer")
        page = pages[owner]
        key = self._key = NO_KEY if page["key"] is None else page["key"]
        number = self._hosts.number(owner)
        places = {
            part: at("until_ms" if newest else "from_ms", key + (self._hosts.number(part) < number))
            for part in self._hosts.parts
        }
        merging = Merging(self._hosts, self._items, places, newest=newest)
        merging.add(owner, page, count)
        return await (self._back if newest else self._onwards)(merging)

    def _owner(self, name: str, text: str) -> HostPart:
        """Return the host of the first source that a cursor has an entry of. Raises RefusedError."""
        try:
            keys = {checkpoint.source for checkpoint in decode(text)}
        except CursorError as error:
            raise RefusedError(422, f"{name}: {error}") from error
        for part in self._hosts.parts:
            if any(source_key(each.id) in keys for each in part.sources):
                return part
        names = ", ".join(each.name for part in self._hosts.parts for each in part.sources)
        raise RefusedError(404, f"{name}: the line is not in {names} (lost)")

    async def _by_number(self, start: int) -> ApiAnswer:
        merging = await lines_from(self._hosts, self._items, start, self._count)
        if merging:
            return self._encode(merging, await merging.take(self._count), start)
        merging = self._merging("start", 0)
        await merging.read_first(1)
        return self._encode(merging, (), start, pending=True)

    async def _from_end(self, wanted: int) -> ApiAnswer:
        """Return the first ``count`` of the last ``wanted`` lines; where they are long, the last of these."""
        if wanted > self._count:
            total = await total_of(self._hosts, chosen(self._items, "places"))
            if total is not None:
                return await self._by_number(max(0, total - wanted))
        merging = Merging(self._hosts, self._items, dict.fromkeys(self._hosts.parts, from_end), newest=True)
        rows = (await merging.take(wanted, RANGE_BYTES))[::-1]
        total = _total(merging)
        return self._encode(merging, rows[: self._count], None if total is None else total - len(rows))

    def _encode(self, merging: Merging, rows: Rows, start: int | None, *, pending: bool = False) -> ApiAnswer:
        pages, pending = merging.first_pages, pending or merging.is_pending
        total = None if pending else _total(merging)
        answer: dict[str, Any] = {"total": total, "complete": total is not None, "start": start}
        if scanned := [page["scanned"] for page in pages if "scanned" in page]:
            answer["scanned"] = {name: sum(each[name] for each in scanned) for name in ("done", "size", "matches")}
        if hints := next((page["hints"] for page in pages if "hints" in page), None):
            answer["hints"] = hints
        if self._question.flag("places"):
            answer["files"] = [file for page in pages for file in page.get("files", ())]
        if self._question.flag("keys"):
            answer["pending"] = pending
            answer["key"], answer["keys"] = _shown(self._key), [_shown(key) for key, _ in rows]
        answer["lines"] = [row for _, row in rows]
        if self._hosts.absent:
            answer["absent"] = self._hosts.absent
        return json_answer(answer)


def _end(page: Lines) -> int | None:
    return None if page["start"] is None else page["start"] + len(page["lines"])


def _total(merging: Merging) -> int | None:
    return sum_of(page["total"] for page in merging.first_pages)


def _shown(key: int | None) -> int | None:
    return None if key == NO_KEY else key
