"""``/api/histogram`` of several hosts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from logviewer.formats.level import LEVELS
from logviewer.hosts.api import ApiAnswer, BrokenError
from logviewer.hosts.merge.answers import HISTOGRAM, Histogram
from logviewer.hosts.merge.parts import HostPart, Hosts, Items, RepeatError, chosen, json_answer
from logviewer.hosts.merge.question import Question, WrongError, time_text
from logviewer.views.histogram import bounds

_BUCKETS = 60
_MOST_BUCKETS = 1000
_NAMES = [name or "none" for name in LEVELS]


async def histogram(hosts: Hosts, question: Question) -> ApiAnswer:
    """Return the sums of the counts of all hosts. Raises as ``Hosts.ask``, and WrongError."""
    while True:
        try:
            return await _histogram(hosts, question)
        except RepeatError:
            hosts.begin()


async def _histogram(hosts: Hosts, question: Question) -> ApiAnswer:
    buckets = question.integer("buckets")
    buckets = _BUCKETS if buckets is None else buckets
    if not 1 <= buckets <= _MOST_BUCKETS:
        raise WrongError(f"buckets: must be from 1 to {_MOST_BUCKETS}")
    items = chosen(question.items, "from", "to", "buckets", "spread")
    since, until = question.moment("from"), question.moment("to")
    drawn = None if since is not None and until is not None else await _drawn(hosts, items)
    span = bounds(drawn, since, until)
    if span is None:
        answers = await _ask(hosts, [*items, ("buckets", "1")], 1)
        return _encode(hosts, answers, None, 0)
    begin, end = span
    asked = [*items, ("buckets", str(buckets)), ("from", time_text(begin)), ("to", time_text(end))]
    return _encode(hosts, await _ask(hosts, asked, buckets), begin, max(1, -(-(end - begin) // buckets)))


async def _drawn(hosts: Hosts, items: Items) -> tuple[int, int] | None:
    """Return the first and the last time to draw of all hosts; None if no line has a time."""
    import numpy as np  # noqa: PLC0415 (heavy)

    from logviewer.views.time_span import condensed_span  # noqa: PLC0415

    answers = await _ask(hosts, [*items, ("buckets", "1"), ("spread", "true")], 1)
    times = [each for answer in answers for each in answer.get("spread", ())]
    return condensed_span(
        np.array([time for time, _ in times], np.int64), np.array([weight for _, weight in times], np.float64)
    )


async def _ask(hosts: Hosts, items: Items, buckets: int) -> list[Histogram]:
    def check(answer: Histogram, _: HostPart) -> None:
        if any(len(counts) != buckets for counts in answer["levels"].values()):
            raise BrokenError("its counts differ in number from the buckets")

    answers = await hosts.ask("/api/histogram", dict.fromkeys(hosts.parts, items), HISTOGRAM, check)
    return list(answers.values())


def _encode(hosts: Hosts, answers: Sequence[Histogram], begin: int | None, step: int) -> ApiAnswer:
    levels = {
        name: [sum(counts) for counts in zip(*(each["levels"][name] for each in answers), strict=True)]
        for name in _NAMES
    }
    buckets = len(levels["none"])
    answer: dict[str, Any] = {
        "from": begin,
        "to": None if begin is None else begin + step * buckets,
        "step": step,
        "levels": levels,
    }
    answer["before"] = _sums(each["before"] for each in answers)
    answer["after"] = _sums(each["after"] for each in answers)
    answer["untimed"] = _sums(each["untimed"] for each in answers)
    answer["complete"] = all(each["complete"] for each in answers)
    if hosts.absent:
        answer["absent"] = hosts.absent
    return json_answer(answer)


def _sums(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found = list(counts)
    return {name: sum(each[name] for each in found) for name in _NAMES}
