"""Hosts that are absent, break off, or answer nonsense: the others answer, and no answer is an error of the hub."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.hosts.api import AbsentError, ApiAnswer, ApiRequest
from logviewer.hosts.merge.merge import Merge
from logviewer.hosts.merge.parts import HostPart, json_answer
from tests.helpers.flaky_api import FlakyApi
from tests.helpers.merged_hosts import BEGIN, Both, both_of, json_of, read, write

# The watch of files starts a program to find the C library.
pytestmark = pytest.mark.program

Items = list[tuple[str, str]]
LOGS: list[list[list[int | None]]] = [[[1] * 40], [[2] * 30, [None] * 9], [[3] * 20]]
QUESTIONS: list[tuple[str, Items]] = [
    ("lines", [("start", "-30"), ("count", "30")]),
    ("lines", [("start", "-60"), ("count", "10")]),
    ("lines", [("start", "17"), ("count", "90")]),
    ("lines", [("time", str((BEGIN + 9) * 1000)), ("count", "25"), ("places", "true")]),
    ("lines", [("q", "1"), ("until_ms", str((BEGIN + 20) * 1000))]),
    ("histogram", [("buckets", "3")]),
    ("ranks", [("moment", str((BEGIN + 5) * 1000))]),
]
questions = pytest.mark.parametrize(("name", "items"), QUESTIONS, ids=str)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


@dataclass(frozen=True, slots=True)
class Running:
    """Hosts, and the event loop that they run in."""

    runner: asyncio.Runner
    both: Both

    def check(self, check: Callable[[Both], Awaitable[None]]) -> None:
        async def main() -> None:
            await check(self.both)

        self.runner.run(main())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with asyncio.Runner() as runner:
        context = both_of(write(tmp_path_factory.mktemp("logs"), LOGS))
        both = runner.run(context.__aenter__())
        runner.run(both.settle([]))
        runner.run(both.settle([("q", "1")]))
        yield Running(runner, both)
        runner.run(context.__aexit__(None, None, None))


def flaky(both: Both, number: int) -> tuple[FlakyApi, Merge]:
    """Return the API of one host, which may be changed, and a merge with it."""
    part = both.parts[number]
    api = FlakyApi(part.api)
    parts = [*both.parts]
    parts[number] = HostPart(part.name, api, part.sources)
    return api, Merge(parts)


async def ask(merge: Merge, name: str, items: Items) -> Any:
    answer = await getattr(merge, name)(items)
    assert answer.status == 200
    return json_of(await read(answer))


@questions
@pytest.mark.parametrize("breaks_at", [None, 0, 100])
@pytest.mark.parametrize("at_call", [0, 1, 2])
def test_the_rest_answers_and_names_an_absent_host(
    running: Running, name: str, items: Items, breaks_at: int | None, at_call: int
) -> None:
    async def check(both: Both) -> None:
        for number in range(3):
            api, merge = flaky(both, number)
            api.breaks_at, api.fails = breaks_at, partial(_is_late, api, at_call)
            found = await ask(merge, name, items)
            rest = Merge([part for at, part in enumerate(both.parts) if at != number])
            if "absent" in found:
                assert found == await ask(rest, name, items) | {"absent": [f"web-{number}"]}
            else:
                # It needed no more calls.
                assert found == await ask(both.merge, name, items)

    running.check(check)


def _is_late(api: FlakyApi, at_call: int, _: ApiRequest) -> bool:
    return len(api.calls) > at_call


@questions
def test_no_answer_at_all_is_an_error(running: Running, name: str, items: Items) -> None:
    async def check(both: Both) -> None:
        merge = Merge([HostPart(part.name, FlakyApi(part.api, lambda _: True), part.sources) for part in both.parts])
        with pytest.raises(AbsentError, match="web-0, web-1, web-2"):
            await ask(merge, name, items)

    running.check(check)


def test_the_host_of_a_cursor_must_answer(running: Running) -> None:
    async def check(both: Both) -> None:
        api, merge = flaky(both, 1)
        lines = (await ask(merge, "lines", []))["lines"]
        cursor = next(line["at"] for line in lines if line["source"] in both.parts[1].ids)
        api.fails = lambda _: True
        with pytest.raises(AbsentError):
            await ask(merge, "lines", [("at", cursor)])

    running.check(check)


def change_lines(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def changed(body: bytes) -> bytes:
        answer = orjson.loads(body)
        change(answer)
        # It may have numbers that are too large for orjson.
        return json.dumps(answer).encode()

    return changed


FILE = {"file": "a", "first": 0, "lines": 0, "counted": 0, "size": 0, "loss": None}
NONSENSE: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "no JSON": lambda _: b"<html>",
    "deep": lambda _: b"[" * 100_000,
    "a list": lambda _: b"[]",
    "half": lambda body: body[: len(body) // 2],
    "bytes": lambda body: body.replace(b"INFO", b"\xff\xfe"),
    "a lone surrogate": lambda body: body.replace(b"INFO", b"\\ud800"),
    "a negative number": change_lines(lambda answer: answer["lines"][0].update(n=-1)),
    "a negative total": change_lines(lambda answer: answer.update(total=-5)),
    "a huge total": change_lines(lambda answer: answer.update(total=2**60)),
    "a time after the calendar": change_lines(lambda answer: answer["lines"][0].update(time=2**60)),
    "a number as text": change_lines(lambda answer: answer.update(start="1")),
    "a foreign source": change_lines(lambda answer: answer["lines"][-1].update(source="other")),
    "a foreign cursor": change_lines(lambda answer: answer["lines"][0].update(at="../x")),
    "no keys": change_lines(lambda answer: answer.pop("keys")),
    "few keys": change_lines(lambda answer: answer["keys"].pop()),
    "huge keys": change_lines(lambda answer: answer["keys"].__setitem__(0, 2**80)),
    "no text": change_lines(lambda answer: answer["lines"][0].pop("text")),
    "an unknown level": change_lines(lambda answer: answer["lines"][0].update(level="<b>")),
    "many hints": change_lines(lambda answer: answer.update(hints=[{}] * 1000)),
    "many files": change_lines(lambda answer: answer.update(files=[FILE] * 50_000)),
    "many bytes": lambda body: body + b" " * (40 << 20),
}


@pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE)
def test_a_host_with_a_wrong_answer_counts_as_absent(running: Running, change: Callable[[bytes], bytes]) -> None:
    async def check(both: Both) -> None:
        api, merge = flaky(both, 0)
        api.change = change
        items = [("start", "-20"), ("count", "20")]
        rest = await ask(Merge(both.parts[1:]), "lines", items)
        assert await ask(merge, "lines", items) == rest | {"absent": ["web-0"]}

    running.check(check)


@dataclass
class Endless:
    """The API of a host that claims very many lines, of which none is before any time, and sends them for ever."""

    part: HostPart
    calls: int = 0

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        self.calls += 1
        items = parse_qsl(request.query)
        answer: dict[str, Any] = {"total": 2**53, "pending": False}
        if request.path == "/api/ranks":
            ranks = [0] * sum(name == "moment" for name, _ in items)
            answer |= {"least": ranks, "most": ranks, "first": None, "last": None}
        else:
            count = int(dict(items)["count"])
            answer |= {"start": 0, "key": None, "keys": [BEGIN * 1000] * count, "lines": self._rows(count)}
        yield json_answer(answer)

    def _rows(self, count: int) -> list[dict[str, Any]]:
        (source,) = self.part.ids
        return [{"source": source, "n": 1, "text": "", "at": f"1{self.calls:024}{at:024}"} for at in range(count)]


def test_a_host_does_not_make_the_hub_read_for_ever(running: Running) -> None:
    async def check(both: Both) -> None:
        part = both.parts[0]
        api = Endless(part)
        merge = Merge([HostPart(part.name, api, part.sources), *both.parts[1:]])
        assert (await ask(merge, "lines", [("start", "1000000000000"), ("count", "10")]))["lines"] == []
        assert api.calls < 100

    running.check(check)


def _set_hints(hints: list[Any], answer: dict[str, Any]) -> None:
    answer["hints"] = hints


def test_no_text_of_a_host_is_logged(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    async def check(both: Both) -> None:
        api, merge = flaky(both, 0)
        for number in range(20):
            hints = [{f"spam {'x' * 9_999} {number}": 1}]
            api.change = change_lines(partial(_set_hints, hints))
            await ask(merge, "lines", [("start", "-5")])

    running.check(check)
    assert len(caplog.records) <= 1
    assert "spam" not in caplog.text


def test_fields_that_are_not_known_are_left_out(running: Running) -> None:
    async def check(both: Both) -> None:
        api, merge = flaky(both, 0)
        api.change = change_lines(lambda answer: answer["lines"][0].update(html="<b>") or answer.update(more=1))
        expected = await ask(both.merge, "lines", [("start", "-20")])
        assert await ask(merge, "lines", [("start", "-20")]) == expected

    running.check(check)


def test_a_refusal_is_passed_on_as_text_alone(running: Running) -> None:
    async def check(both: Both) -> None:
        api, merge = flaky(both, 0)
        lines = (await ask(merge, "lines", []))["lines"]
        cursor = next(line["at"] for line in lines if line["source"] in both.parts[0].ids)
        unknown = [("at", cursor[:-9] + "AAAAAAAAA")]
        answer = await merge.lines(unknown)
        assert (answer.status, list(json_of(await read(answer)))) == (404, ["detail"])
        assert ("content-type", "application/json") in answer.headers
        api.change = lambda _: b"<script>"
        with pytest.raises(AbsentError):
            await merge.lines(unknown)

    running.check(check)


def replaced(value: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> Any:
    """Replace one value inside JSON."""
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(value)))
        return value | {key: replaced(value[key], draw)}
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], replaced(value[at], draw), *value[at + 1 :]]
    return draw(JSON)


@settings(max_examples=60)
@given(data=st.data())
def any_answer(running: Running, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, 2))
    api, merge = flaky(running.both, number)
    wrong = data.draw(st.integers(1, 3))

    def change(body: bytes) -> bytes:
        if len(api.calls) != wrong:
            return body
        answer = replaced(orjson.loads(body), data.draw)
        return orjson.dumps(answer, default=str) if _is_small(answer) else b"{}"

    api.change = change
    name, items = data.draw(st.sampled_from(QUESTIONS))
    found = running.runner.run(ask(merge, name, items))
    assert found.get("absent") in (
        None,
        [merge._parts[number].name for number in range(3) if merge._parts[number].api is api],
    )


def _is_small(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def test_any_change_of_an_answer_leaves_an_answer(running: Running) -> None:
    any_answer(running)


def test_a_request_has_the_sources_of_its_host_alone(running: Running) -> None:
    async def check(both: Both) -> None:
        api, merge = flaky(both, 1)
        await ask(merge, "lines", [("start", "-5")])
        request: ApiRequest = api.calls[0]
        assert request.query.count("source=") == 2
        assert all(each.id in request.query for each in both.parts[1].sources)

    running.check(check)


class _Refusing:
    """The API of a host that refuses every request."""

    @asynccontextmanager
    async def call(self, request: ApiRequest) -> AsyncIterator[ApiAnswer]:
        yield json_answer({"detail": "no"}, 422)


@questions
def test_a_host_that_refuses_ends_no_view_of_the_others(running: Running, name: str, items: Items) -> None:
    async def check(both: Both) -> None:
        parts = [*both.parts]
        parts[1] = HostPart(parts[1].name, _Refusing(), parts[1].sources)
        answer = json.loads(await (await getattr(Merge(parts), name)(items)).read(10**7))
        assert answer["absent"] == [parts[1].name]
        refused = await getattr(Merge([parts[1], HostPart("other", _Refusing(), parts[0].sources)]), name)(items)
        assert refused.status == 422

    running.check(check)


def test_a_host_that_refuses_ends_no_search_and_no_stream(running: Running) -> None:
    async def check(both: Both) -> None:
        parts = [*both.parts]
        parts[1] = HostPart(parts[1].name, _Refusing(), parts[1].sources)
        merge = Merge(parts)
        search = await (await merge.search([("q", "1")])).read(10**7)
        assert b"event: end" in search
        assert f'"absent":["{parts[1].name}"]'.encode() in search
        items = [("from", "start"), ("follow", "false")]
        stream = await (await merge.stream(items, {})).read(10**7)
        assert stream.count(b"event: lines") >= 2
        assert b'"complete"' in stream

    running.check(check)


def test_a_cursor_keeps_the_places_in_hosts_that_are_not_here_yet(running: Running) -> None:
    async def check(both: Both) -> None:
        async def last_id(parts: list[HostPart], headers: dict[str, str]) -> bytes:
            body = await (await Merge(parts).stream([("follow", "false")], headers)).read(10**7)
            return body.rpartition(b"\nid: ")[2].partition(b"\n")[0]

        one, two = both.parts[:2]
        before = await last_id([one, two], {})
        alone = await last_id([one], {"last-event-id": before.decode()})
        assert alone == before
        assert await last_id([one, two], {"last-event-id": alone.decode()}) == before

    running.check(check)
