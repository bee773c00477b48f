"""Where the line of a number is in each host: found by asking how many lines are before some keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from logviewer.hosts.api import ApiAnswer, BrokenError
from logviewer.hosts.merge.answers import RANKS, Ranks
from logviewer.hosts.merge.merging import Merging, Place, at
from logviewer.hosts.merge.parts import HostPart, Hosts, Items, RepeatError, chosen, json_answer, sum_of
from logviewer.hosts.merge.question import Question
from logviewer.views.ranks import NO_KEY

# Bounds cost a host some microseconds for each key, exact numbers more than a millisecond.
_KEYS, _EXACT_KEYS = 64, 6
# So many lines more are read rather than searched for.
_FEW_LINES, _FEWEST_LINES = 512, 64
# An honest host is never further from the line than that.
_MOST_PASSED = 16 * _FEW_LINES
_ANY_BYTES = 2**62


@dataclass(frozen=True, slots=True)
class _Border:
    """A key, and how many lines of all hosts are before its first line: at least and at most."""

    key: int
    least: int
    most: int


async def total_of(hosts: Hosts, items: Items) -> int | None:
    """Return the number of lines of all hosts, None until counted. Raises as ``Hosts.ask``."""
    return sum_of(each["total"] for each in (await _ask_ranks(hosts, items)).values())


async def _ask_ranks(hosts: Hosts, items: Items) -> dict[HostPart, Ranks]:
    """Return the ranks of all hosts, as many as there are moments. Raises as ``Hosts.ask``."""
    count = sum(name == "moment" for name, _ in items)

    def check(ranks: Ranks, _: HostPart) -> None:
        if not len(ranks["least"]) == len(ranks["most"]) == count:
            raise BrokenError("its ranks differ in number from the moments")

    return await hosts.ask("/api/ranks", dict.fromkeys(hosts.parts, items), RANKS, check)


async def ranks(hosts: Hosts, question: Question) -> ApiAnswer:
    """Return the sums of how many lines of each host are before keys. Raises as ``Hosts.ask``."""
    answers = list((await _ask_ranks(hosts, question.items)).values())
    keys = len(answers[0]["least"])
    found: dict[str, Any] = {
        "least": [sum_of(each["least"][at] for each in answers) for at in range(keys)],
        "most": [sum_of(each["most"][at] for each in answers) for at in range(keys)],
        "total": sum_of(each["total"] for each in answers),
        "first": min((each["first"] for each in answers if each["first"] is not None), default=None),
        "last": max((each["last"] for each in answers if each["last"] is not None), default=None),
        "pending": any(each["pending"] for each in answers),
    }
    return json_answer(found | ({"absent": hosts.absent} if hosts.absent else {}))


async def lines_from(hosts: Hosts, items: Items, number: int, count: int) -> Merging | None:
    """Return the lines from a number on, from 0, for an answer with ``count`` of them; None until they are counted.

    Raises as ``Hosts.ask``.
    """
    places = await _places_before(hosts, chosen(items, "places"), number)
    if places is None:
        return None
    merging = Merging(hosts, items, places)
    await merging.read_first(count)
    before = sum_of(page["start"] for page in merging.first_pages)
    if before is None:
        return None
    passed = await merging.take(min(number - before, _MOST_PASSED), _ANY_BYTES)
    is_short = len(passed) < number - before and (merging.is_pending or len(passed) >= _MOST_PASSED)
    return None if is_short else merging


async def _places_before(hosts: Hosts, items: Items, number: int) -> Mapping[HostPart, Place] | None:
    """Return a place in each host such that few lines of all hosts are between these and a line number, from 0.

    None until lines are counted. Raises as ``Hosts.ask``.
    """
    answers = (await _ask_ranks(hosts, items)).values()
    total = sum_of(each["total"] for each in answers)
    if total is None:
        return None
    first = min((each["first"] for each in answers if each["first"] is not None), default=NO_KEY + 1)
    last = max((each["last"] for each in answers if each["last"] is not None), default=NO_KEY)
    if number >= total:
        return {part: at("from_ms", last + 1) for part in hosts.parts}
    search = _Search(hosts, items, number, first, _Border(NO_KEY, 0, 0), _Border(max(first, last + 1), total, total))
    return await search.places()


@dataclass(slots=True)
class _Search:
    """The search for a line number between two borders: the first is not after its line, the second is.

    ``first`` is the least key of a line with a time.
    """

    hosts: Hosts
    items: Items
    number: int
    first: int
    low: _Border
    high: _Border

    async def places(self) -> Mapping[HostPart, Place] | None:
        is_exact = False
        while (left := self.number - self.low.least) > (_FEW_LINES if is_exact else _FEWEST_LINES):
            if self._is_one_key():
                return await self._within_key()
            borders = await self._ask(self._keys(_EXACT_KEYS if is_exact else _KEYS), is_exact=is_exact)
            if borders is None:
                return None
            self._narrow(borders)
            is_exact = is_exact or 2 * (self.number - self.low.least) > left
        return {part: at("from_ms", self.low.key) for part in self.hosts.parts}

    def _is_one_key(self) -> bool:
        return self.high.key <= max(self.first, self.low.key + 1)

    def _keys(self, count: int) -> list[int]:
        """Return keys between the borders at equal distances."""
        low, high = max(self.first - 1, self.low.key), self.high.key
        return sorted({low + (high - low) * step // (count + 1) for step in range(1, count + 1)} - {low} | {low + 1})

    def _narrow(self, borders: Sequence[_Border]) -> None:
        for border in borders:
            if border.most <= self.number:
                self.low = border
            elif border.least > self.number:
                self.high = border
                break

    async def _ask(self, keys: Sequence[int], *, is_exact: bool) -> list[_Border] | None:
        """Return the borders of keys; None until lines are counted."""
        answers = await self._ranks(keys, is_exact=is_exact)
        least = [sum_of(each["least"][at] for each in answers.values()) for at in range(len(keys))]
        most = [sum_of(each["most"][at] for each in answers.values()) for at in range(len(keys))]
        if None in least or None in most:
            return None
        return [_Border(key, low or 0, high or 0) for key, low, high in zip(keys, least, most, strict=True)]

    async def _ranks(self, keys: Sequence[int], *, is_exact: bool) -> Mapping[HostPart, Ranks]:
        items = [*self.items, *(("moment", str(key)) for key in keys), ("exact", str(is_exact).lower())]
        answers = await _ask_ranks(self.hosts, items)
        for part, each in answers.items():
            if is_exact and each["least"] != each["most"]:
                self.hosts.lose(part)
                raise RepeatError
        return answers

    async def _within_key(self) -> Mapping[HostPart, Place] | None:
        """Return the places of the line among the lines of one key, which come host by host."""
        answers = await self._ranks([self.low.key, self.high.key], is_exact=True)
        if any(None in each["least"] for each in answers.values()):
            return None
        bounds = {part: (each["least"][0] or 0, each["least"][1] or 0) for part, each in answers.items()}
        left = self.number - sum(first for first, _ in bounds.values())
        places = {}
        for part, (first, last) in bounds.items():
            passed = min(left, max(0, last - first))
            places[part] = at("start", first + passed)
            left -= passed
        return places
