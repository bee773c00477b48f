"""Several logs whose times go back: every way through the running program shows each line once, in the same order."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from tests.helpers.access_log import BEGIN, Log, access_log, with_wrong_clocks
from tests.helpers.server import EventStream, Server
from tests.helpers.time_order import merged

Serve = Callable[..., Server]
# A way that does not end.
_MOST_LINES = 100_000


def swapped(name: str, second: int) -> Log:
    """Return four lines, ten seconds apart, the middle ones swapped."""
    times = [BEGIN + second, BEGIN + second + 20, BEGIN + second + 10, BEGIN + second + 30]
    return [(time, f"{datetime.fromtimestamp(time, UTC):%FT%TZ} {name} {at}") for at, time in enumerate(times)]


CASES: dict[str, tuple[list[Log], int]] = {
    "access logs": ([access_log(Random(1), "one"), access_log(Random(2), "two")], 500),
    "wrong clocks": ([with_wrong_clocks(access_log(Random(3), "one")), access_log(Random(4), "two")], 777),
    "swapped lines": ([swapped("one", 0), sorted(swapped("two", 5))], 2),
}


def backwards(ask: Callable[..., list[dict[str, str]]], count: int) -> list[str]:
    found = page = ask(start=-count, count=count)
    while page and len(found) < _MOST_LINES:
        page = ask(before=page[0]["at"], count=count)
        found = page + found
    return [line["text"] for line in found]


def onwards(ask: Callable[..., list[dict[str, str]]], count: int) -> list[str]:
    found = page = ask(start=0, count=count)
    while len(page) > 1 and len(found) < _MOST_LINES:
        # A page begins with the line of the cursor.
        page = ask(at=found[-1]["at"], count=count + 1)
        found = found + page[1:]
    return [line["text"] for line in found]


def by_number(ask: Callable[..., list[dict[str, str]]], count: int) -> Iterator[str]:
    start = 0
    while page := ask(start=start, count=count):
        yield from (line["text"] for line in page)
        start += count


@pytest.mark.parametrize("name", CASES)
def test_each_line_is_shown_once(logs: Path, serve: Serve, name: str) -> None:
    contents, count = CASES[name]
    for number, log in enumerate(contents):
        (logs / f"{number}.log").write_text("".join(f"{text}\n" for _, text in log))
    server = serve(logs)
    sources = [server.source_id(f"{number}.log") for number in range(len(contents))]
    expected = merged(contents)

    def ask(**query: str | int) -> list[dict[str, str]]:
        answer = server.get("/api/lines", source=sources, **query).json()
        assert answer["total"] == len(expected)
        lines: list[dict[str, str]] = answer["lines"]
        return lines

    assert list(by_number(ask, count)) == expected
    assert backwards(ask, count) == expected
    assert onwards(ask, count) == expected
    text = server.get("/api/download", source=sources).text
    assert text.splitlines() == expected
    for order, wanted in (("oldest", expected), ("newest", expected[::-1])):
        with server.client.stream(
            "GET", "/api/search", params={"source": sources, "q": "z{0}", "regex": "true", "order": order}
        ) as response:
            events = list(EventStream(response).events)
        found = [match["text"] for event in events if event.name == "match" for match in event.data["matches"]]
        assert found == wanted


def test_links_lead_to_their_line(logs: Path, serve: Serve) -> None:
    contents, _ = CASES["wrong clocks"]
    for number, log in enumerate(contents):
        (logs / f"{number}.log").write_text("".join(f"{text}\n" for _, text in log))
    server = serve(logs)
    sources = [server.source_id(f"{number}.log") for number in range(len(contents))]
    for start in (0, 99, 3_456, 9_999, 15_998):
        first, second = server.get("/api/lines", source=sources, start=start, count=2).json()["lines"]
        for offset, line in enumerate((first, second)):
            linked = server.get("/api/lines", source=sources, at=line["at"], count=1).json()
            assert (linked["start"], linked["lines"][0]["text"]) == (start + offset, line["text"])
