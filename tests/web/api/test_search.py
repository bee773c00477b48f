"""Searches, filters and times: every route gives the same lines, also live and after a rotation."""

import subprocess
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.helpers.log_file import append
from tests.helpers.server import Event, EventStream, Server, until
from tests.helpers.view import complete_answer, view_texts

Serve = Callable[..., Server]

RG = Path(sysconfig.get_path("scripts")) / "rg"
BEGIN = 1_795_168_800


def story(count: int, *, start: int = 0) -> list[str]:
    return [
        f"{BEGIN + each} {'ERROR' if each % 10 == 3 else 'INFO'} request {each} took {each * 7 % 100} ms"
        for each in range(start, start + count)
    ]


def search(server: Server, **params: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, Any]]:
    """Return the matches, the progress events and the end event."""
    query = {name.rstrip("_"): value for name, value in params.items()}
    with server.client.stream("GET", "/api/search", params=query) as response:
        assert response.status_code == 200
        events = list(EventStream(response).events)
    matches = [match for event in events if event.name == "match" for match in event.data["matches"]]
    assert events[-1].name == "end"
    return matches, [event.data for event in events if event.name == "progress"], events[-1].data


@pytest.fixture
def log(logs: Path) -> Path:
    path = logs / "app.log"
    append(path, *story(3000))
    return path


def test_a_search_sends_every_match_newest_first(log: Path, serve: Serve) -> None:
    matches, progress, end = search(serve(log), source="app.log", q="took 7 ms", marks=3)
    expected = [(number, line) for number, line in enumerate(story(3000), 1) if "took 7 ms" in line]
    assert [(each["n"], each["text"]) for each in matches] == expected[::-1]
    assert {each["text"][slice(*each["spans"][0])] for each in matches} == {"took 7 ms"}
    assert progress[-1] == {
        "done": log.stat().st_size,
        "size": log.stat().st_size,
        "matches": 30,
        "marks": [11, 10, 9],
    }
    assert end == {"complete": True}


def test_a_search_from_the_oldest_match_ends_at_its_limit(log: Path, serve: Serve) -> None:
    server = serve(log)
    matches, _, end = search(server, source="app.log", q="took 7 ms", order="oldest", limit=3)
    assert [each["n"] for each in matches] == [2, 102, 202]
    assert end == {"complete": False}
    link = matches[1]["at"]
    following = server.get("/api/lines", source="app.log", at=link, count=2).json()["lines"]
    assert [line["n"] for line in following] == [102, 103]


def test_a_quiet_search_only_counts(log: Path, serve: Serve) -> None:
    matches, progress, _ = search(serve(log), source="app.log", q="ERROR", quiet="true")
    assert (matches, progress[-1]["matches"]) == ([], 300)


def test_several_sources_are_searched_together(log: Path, serve: Serve) -> None:
    append(log.with_name("b.log"), "one needle", "none")
    append(log.with_name("c.log"), "another needle")
    matches, _, _ = search(serve(log.parent), source=["b.log", "c.log"], q="needle")
    assert {each["text"] for each in matches} == {"one needle", "another needle"}


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_matches_of_several_sources_are_in_order_of_time(logs: Path, serve: Serve, order: str) -> None:
    lines = story(3000)
    append(logs / "a.log", *lines[0::3])
    append(logs / "b.log", *lines[1::3])
    append(logs / "c.log", "no time, request", *lines[2::3], "  nor here, request")
    append(logs / "d.log", "never a time, request")
    # A span far after all lines has no match.
    append(logs / "e.log", *(f"{BEGIN + each / 40:.3f} none {'x' * 200}" for each in range(120_000)))
    server = serve(logs)
    sources = ["a.log", "b.log", "c.log", "d.log", "e.log"]
    expected = ["no time, request", "never a time, request", *lines, "  nor here, request"]
    expected = expected[::-1] if order == "newest" else expected
    matches, _, end = search(server, source=sources, q="request", order=order)
    assert ([each["text"] for each in matches], end) == (expected, {"complete": True})
    first, _, _ = search(server, source=sources, q="request", order=order, limit=3)
    assert [each["text"] for each in first] == expected[:3]


@pytest.mark.parametrize(
    "query",
    [
        {"q": "took 7 ms"},
        {"q": ["ERROR", "took 1"]},
        {"q": "request [0-9]*5 ", "regex": "true"},
        {"not": "INFO"},
        {"level": "error", "not": "took 2"},
        {"since": str(BEGIN + 1000), "until": str(BEGIN + 1100)},
        {"q": "REQUEST 77", "case": "insensitive"},
        {"q": "took 7 ms", "context": 1},
        {"q": "nothing like it"},
    ],
)
def test_all_routes_give_the_same_lines(log: Path, serve: Serve, query: dict[str, Any]) -> None:
    server = serve(log)
    history = view_texts(server, source="app.log", **query)
    with server.stream(source="app.log", from_="start", follow="false", **query) as stream:
        events = [event for event in stream.events if event.name == "lines"]
    live = [line for event in events for line in event.data["lines"]]
    numbers = [number for event in events for number in event.data["ns"]]
    if "context" not in query:
        assert live == history
    assert [story(3000)[number - 1] for number in numbers] == live
    plain = server.get("/api/stream", source="app.log", from_="start", follow="false", format="text", **query).text
    assert [line for line in plain.splitlines() if line != "--"] == live
    kept = server.get("/api/download", source="app.log", **query).text
    assert [line for line in kept.splitlines() if line != "--"] == history
    assert kept == plain
    if set(query) == {"q"} and isinstance(query["q"], str):
        found = subprocess.run([RG, "-F", "-S", query["q"], log], capture_output=True, text=True, check=False)
        assert found.stdout.splitlines() == history


def test_a_filtered_view_is_read_at_any_position(log: Path, serve: Serve) -> None:
    server = serve(log)
    errors = [line for line in story(3000) if "ERROR" in line]
    assert view_texts(server, source="app.log", level="error") == errors
    for start in (0, 7, 150, 299, -1, -40):
        answer = server.get("/api/lines", source="app.log", level="error", start=start, count=5).json()
        first = start if start >= 0 else 300 + start
        assert (answer["start"], answer["total"]) == (first, 300)
        assert [line["text"] for line in answer["lines"]] == errors[first : first + 5]
    middle = server.get("/api/lines", source="app.log", start=1500, count=1).json()["lines"][0]["at"]
    after = server.get("/api/lines", source="app.log", level="error", at=middle, count=1).json()
    before = server.get("/api/lines", source="app.log", level="error", before=middle, count=1).json()
    assert [after["lines"][0]["text"], before["lines"][0]["text"]] == [errors[150], errors[149]]
    assert (after["start"], before["start"]) == (150, 149)


def test_a_filtered_streams_cursor_moves_past_excluded_lines(log: Path, serve: Serve) -> None:
    server = serve(log)
    with server.stream(source="app.log", q="ERROR", from_=-2) as stream:
        assert stream.lines(2) == [line for line in story(3000) if "ERROR" in line][-2:]
        append(log, *story(20, start=3000))
        numbers: list[int] = []
        event = Event("", {}, "")
        while len(numbers) < 2:
            event = stream.next("lines")
            assert event.data["n"] == event.data["ns"][0]
            numbers += event.data["ns"]
        assert numbers == [3004, 3014]
        append(log, "only this is left out")
        place = next(each.id for each in stream.events if each.id != event.id and not each.name)
    with server.stream(source="app.log", last_event_id=place) as stream:
        append(log, "the next")
        assert stream.lines(1) == ["the next"]


def test_matches_grow_with_the_file(log: Path, serve: Serve) -> None:
    server = serve(log)
    before = view_texts(server, source="app.log", q="ERROR")
    append(log, *story(10, start=3000))
    everything = [line for line in story(3010) if "ERROR" in line]
    assert view_texts(server, source="app.log", q="ERROR") == everything
    assert everything[: len(before)] == before
    link = server.get("/api/lines", source="app.log", q="ERROR", start=5, count=1).json()["lines"][0]["at"]
    log.rename(log.with_name("app.log.1"))
    append(log, *story(10, start=3010))
    everything = [line for line in story(3020) if "ERROR" in line]
    until(lambda: view_texts(server, source="app.log", q="ERROR") == everything, what="the rotated file in the view")
    found = server.get("/api/lines", source="app.log", q="ERROR", at=link, count=2).json()
    assert ([line["text"] for line in found["lines"]], found["start"]) == (everything[5:7], 5)


def test_a_time_leads_to_its_line(log: Path, serve: Serve) -> None:
    server = serve(log)
    assert len(view_texts(server, source="app.log", level="error")) == 300
    found = server.get("/api/lines", source="app.log", time=str(BEGIN + 1234), count=2).json()
    assert ([line["n"] for line in found["lines"]], found["start"]) == ([1235, 1236], 1234)
    errors = server.get("/api/lines", source="app.log", time=str(BEGIN + 1234), count=2, level="error").json()
    assert ([line["n"] for line in errors["lines"]], errors["start"]) == ([1244, 1254], 124)


def test_files_of_three_formats_are_merged_by_time(logs: Path, serve: Serve) -> None:
    moments = [time.gmtime(BEGIN + each) for each in range(30)]
    append(logs / "a.log", *(time.strftime("%Y-%m-%dT%H:%M:%SZ a", moment) for moment in moments[0::3]))
    append(logs / "b.log", *(f'{{"ts":{BEGIN + each},"msg":"b"}}' for each in range(1, 30, 3)))
    append(logs / "c.log", *(time.strftime("x - - [%d/%b/%Y:%H:%M:%S +0000] c", moment) for moment in moments[2::3]))
    server = serve(logs)
    answer = server.get("/api/lines", source=["a.log", "b.log", "c.log"], start=0, count=100).json()
    assert [line["time"] for line in answer["lines"]] == [(BEGIN + each) * 1000 for each in range(30)]
    assert answer["total"] == 30
    assert [line["n"] for line in answer["lines"][:6]] == [1, 1, 1, 2, 2, 2]


def test_a_histogram_counts_levels_over_time(log: Path, serve: Serve) -> None:
    server = serve(log)
    asked = {"source": "app.log", "buckets": 10}
    until(lambda: server.get("/api/histogram", **asked).json()["complete"])
    answer = server.get("/api/histogram", **asked).json()
    assert (answer["from"], answer["step"]) == (BEGIN * 1000, 299_901)
    assert answer["levels"]["error"] == [30] * 10
    assert answer["levels"]["info"] == [270] * 10
    asked = {"source": "app.log", "buckets": 2, "q": "took 7 ms", "from_": str(BEGIN), "to": str(BEGIN + 200)}
    until(lambda: server.get("/api/histogram", **asked).json()["complete"])
    assert sum(server.get("/api/histogram", **asked).json()["levels"]["info"]) == 2


def test_a_search_ends_with_its_client(log: Path, serve: Serve) -> None:
    server = serve(log)
    with server.client.stream("GET", "/api/search", params={"source": "app.log", "q": "took"}) as response:
        assert EventStream(response).next("match")
    assert orjson.loads(server.client.get("/healthz").content) == {"status": "ok"}
    assert server.stop() == 0


def test_the_pages_url_gives_a_terminal_its_lines(log: Path, serve: Serve) -> None:
    server = serve(log)
    query = {"source": server.source_id("app.log"), "level": "error", "q": "took 2", "at2": "x", "find": "y"}
    found = server.client.get("/", params=query, headers={"Accept": "text/plain"})
    assert found.headers["content-type"].startswith("text/plain")
    assert found.text.splitlines() == [line for line in story(3000) if "ERROR" in line and "took 2" in line]
    everything = server.client.get("/", headers={"Accept": "text/plain"}).text
    assert everything.splitlines() == story(3000)
    wrong = server.client.get("/", params={"level": "loud"}, headers={"Accept": "text/plain"})
    assert (wrong.status_code, "'loud'" in wrong.json()["detail"]) == (422, True)


def test_relative_times_count_from_now(logs: Path, serve: Serve) -> None:
    begin = 1_760_000_000
    texts = [f"{begin + each}.000 line {each}" for each in range(60)]
    append(logs / "app.log", *texts)
    server = serve(logs / "app.log")
    query = {"source": "app.log", "since": "40 s ago", "until": "10 s ago", "now": (begin + 60) * 1000}
    assert view_texts(server, **query) == texts[20:50]
    assert server.get("/api/download", **query).text.splitlines() == texts[20:50]
    text = server.get("/api/stream", **query, **{"from": "start", "follow": "false", "format": "text"}).text
    assert text.splitlines() == texts[20:50]
    assert server.get("/api/search", **query).text.count('"n":') == 30
    (at,) = server.get("/api/lines", source="app.log", time="30 s ago", now=query["now"], count=1).json()["lines"]
    assert at["text"] == texts[30]
    times = {"from": "30 s ago", "to": "20 s ago", "buckets": 1, "now": query["now"]}
    found = server.get("/api/histogram", source="app.log", **times).json()
    assert (found["from"], found["to"], found["levels"]["none"]) == ((begin + 30) * 1000, (begin + 40) * 1000, [10])


def test_without_now_relative_times_count_from_the_request(logs: Path, serve: Serve) -> None:
    now = time.time()
    append(logs / "app.log", *(f"{now - 600 + each * 10:.3f} line {each}" for each in range(60)))
    found = view_texts(serve(logs / "app.log"), source="app.log", since="300 s ago")
    assert 20 <= len(found) <= 30


@pytest.mark.parametrize("query", [{}, {"q": "7 m"}, {"from": "-5"}, {"from": "-5", "q": "7 m"}, {"from": "end"}])
def test_text_of_several_sources_is_in_order_of_time(logs: Path, serve: Serve, query: dict[str, str]) -> None:
    lines = story(3000)
    append(logs / "a.log", *lines[0::3])
    append(logs / "b.log", *lines[1::3])
    append(logs / "c.log", *lines[2::3])
    params = {"source": ["a.log", "b.log", "c.log"], **query}
    found = serve(logs).client.get("/", params=params, headers={"Accept": "text/plain"})
    passed = [line for line in lines if query.get("q", "") in line]
    expected = {"-5": passed[-5:], "end": []}.get(query.get("from", ""), passed)
    assert (found.headers["content-type"], found.text.splitlines()) == ("text/plain; charset=utf-8", expected)


def test_lines_around_matches_are_flagged_and_not_counted(log: Path, serve: Serve) -> None:
    server = serve(log)
    query: dict[str, Any] = {"source": "app.log", "q": "request 5 ", "context": 2}
    assert view_texts(server, **query) == story(3000)[3:8]
    answer = server.get("/api/lines", start=0, **query).json()
    assert (answer["total"], answer["scanned"]["matches"]) == (5, 1)
    assert [line.get("context") for line in answer["lines"]] == [True, True, None, True, True]
    matches, progress, _ = search(server, **query, marks=3)
    assert [each.get("context") for each in matches] == [True, True, None, True, True]
    assert (progress[-1]["matches"], progress[-1]["marks"]) == (1, [1, 0, 0])
    with server.stream(from_="start", follow="false", **query) as stream:
        assert stream.next("lines").data["context"] == [True, True, False, True, True]


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_limit_counts_matches_without_their_context(log: Path, serve: Serve, order: str) -> None:
    matches, _, _ = search(serve(log), source="app.log", q="took 7 ms", context=1, limit=2, order=order)
    numbers = [1, 2, 3, 101, 102, 103] if order == "oldest" else [2903, 2902, 2901, 2803, 2802, 2801]
    assert [each["n"] for each in matches] == numbers


def test_an_unterminated_match_brings_the_lines_before_it(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("x\ny\nz\n2026-11-20 10:00:00 ERROR no\n  at a()\n  at b()")
    server = serve(logs)
    for wide, numbers in ({"context": 3}, [3, 4, 5, 6]), ({"records": "true"}, [4, 5, 6]):
        query: dict[str, Any] = {"source": "app.log", "q": "at b", **wide}
        for order, step in ("oldest", 1), ("newest", -1):
            matches, _, _ = search(server, order=order, **query)
            assert [each["n"] for each in matches] == numbers[::step]
        lines = server.get("/api/lines", **query).json()
        assert (lines["total"], [each["n"] for each in lines["lines"]]) == (len(numbers), numbers)
        for start, number in enumerate(numbers):
            [line] = server.get("/api/lines", start=start, count=1, **query).json()["lines"]
            assert line["n"] == number
        before = server.get("/api/lines", before=lines["lines"][-1]["at"], count=2, **query).json()["lines"]
        assert [each["n"] for each in before] == numbers[-3:-1]


def test_separate_groups_are_separated_in_text(log: Path, serve: Serve) -> None:
    server = serve(log)
    found = subprocess.run([RG, "-C", "1", "took [27] ms", log], capture_output=True, text=True, check=False).stdout
    query: dict[str, Any] = {"source": "app.log", "q": "took [27] ms", "regex": "true", "context": 1}
    assert server.get("/api/download", **query).text == found
    assert server.client.get("/", params=query, headers={"Accept": "text/plain"}).text == found


def test_lines_of_a_record_do_not_count_as_matches(logs: Path, serve: Serve) -> None:
    append(
        logs / "app.log", "2026-11-20 10:00:00 ERROR it failed", "  at a()", "  at b()", "2026-11-20 10:00:01 INFO on"
    )
    server = serve(logs)
    answer = server.get("/api/lines", source="app.log", q="failed", records="true").json()
    assert (answer["total"], answer["scanned"]["matches"]) == (3, 1)
    counts = server.get("/api/histogram", source="app.log", q="failed", records="true", buckets=1).json()["levels"]
    assert sum(map(sum, counts.values())) == 1


def test_every_route_matches_the_partial_last_line_once(log: Path, serve: Serve) -> None:
    server = serve(log)
    for size in (3000, 60_000):
        log.write_text("".join(f"{line}\n" for line in story(size)))
        with log.open("a") as file:
            file.write(f"{BEGIN + size} ERROR request at last")
        _agree(server, log, size + 1)
        append(log, "")
        _agree(server, log, size + 1)
        append(log, f"{BEGIN + size + 1} INFO request more")
        _agree(server, log, size + 2)


def _agree(server: Server, log: Path, count: int) -> None:
    until(lambda: server.get("/api/lines", source="app.log").json()["total"] == count)
    query = {"source": "app.log", "q": "request"}
    answer = until(lambda: complete_answer(server, query))
    assert (answer["total"], answer["scanned"]["matches"]) == (count, count)
    for order in ("newest", "oldest"):
        matches, progress, _ = search(server, **query, order=order, marks=3)
        assert (len(matches), sum(progress[-1]["marks"])) == (count, count)
        assert progress[-1] | {"marks": 0} == {
            "done": log.stat().st_size,
            "size": log.stat().st_size,
            "matches": count,
            "marks": 0,
        }
    for asked in (query, {"source": "app.log"}):
        counts = until(lambda asked=asked: _counted(server, asked))  # type: ignore[misc]
        assert sum(map(sum, counts["levels"].values())) == count


def _counted(server: Server, query: dict[str, Any]) -> Any:
    answer = server.get("/api/histogram", **query).json()
    return answer if answer["complete"] else None


def test_the_partial_last_line_has_a_level(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("INFO a\nERROR b")
    levels = serve(logs).get("/api/histogram", source="app.log").json()["levels"]
    assert (levels["info"], levels["error"]) == ([1], [1])


def test_a_misread_regular_expression_gets_a_hint(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.write_text("one word\n")
    with Server(log) as server:
        answer = server.get("/api/lines", source="app.log", q=r"\<word\>", regex=True).json()
        assert [each["part"] for each in answer["hints"]] == [r"\<", r"\>"]
        progress = search(server, source="app.log", q=r"\<word\>", regex=True)[1]
        assert all(each["hints"] == answer["hints"] for each in progress)
        assert "hints" not in server.get("/api/lines", source="app.log", q="word", regex=True).json()


def test_a_match_in_the_report_of_a_crash_brings_all_of_it(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    report = ["panic: runtime error: no", "", "goroutine 1 [running]:", "main.main()", "\t/app/main.go:12 +0x1d"]
    before, after = "2026-11-21 01:02:03 INFO on", "2026-11-21 01:02:04 INFO next"
    log.write_text("\n".join([before, *report, after, ""]))
    with Server(log) as server:
        assert view_texts(server, source="app.log", level="fatal", records=True) == report
        assert view_texts(server, source="app.log", q="main.go", records=True) == report
