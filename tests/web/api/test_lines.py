"""The routes for sources, lines by position and single lines."""

import base64
import select
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.helpers.connection import connect, request
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

MIB = 1024 * 1024
LONG = b"x" * (MIB + 500_000)

# The bytes of each file, and its lines.
FILES: dict[str, tuple[bytes, list[str]]] = {
    "three.log": (b"one\ntwo\nthree\n", ["one", "two", "three"]),
    "empty.log": (b"", []),
    "rest.log": (b"whole\npart", ["whole", "part"]),
    "crlf.log": (b"one\r\ntwo\r\n", ["one", "two"]),
    "wrong.log": (b"good\nb\xffd\n\xe2\x82\nend\n", ["good", "b\ufffdd", "\ufffd", "end"]),
    "bom.log": (b"\xef\xbb\xbfone\ntwo\n", ["one", "two"]),
    "utf16.log": ("Grüße\r\n日本\n🌍\n".encode("utf-16"), ["Grüße", "日本", "🌍"]),
    "utf16be.log": ("\ufeffGrüße\n日本\n".encode("utf-16-be"), ["Grüße", "日本"]),
    "separators.log": ("a\u2028b\x0bc\x85d\re\nf\n".encode(), ["a\u2028b\x0bc\x85d\re", "f"]),
    "holes.log": (b"\0" * 5000 + b"one\ntwo\nthree\n", ["one", "two", "three"]),
    "blank.log": (b"\n\n\na\n\n", ["", "", "", "a", ""]),
    "many.log": (b"".join(b"line %d\n" % n for n in range(1, 6001)), [f"line {n}" for n in range(1, 6001)]),
    "long.log": (b"before\n" + LONG + b"\nafter\n", ["before", "x" * MIB, "after"]),
}
MISSING = "missing.log"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("api")
    for name, (data, _) in FILES.items():
        (directory / name).write_bytes(data)
    for parent in ("a", "b"):
        (directory / parent).mkdir()
        (directory / parent / "same.log").write_text(f"{parent}\n")
    return directory


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[Server]:
    paths = [directory / name for name in (*FILES, MISSING, "a/same.log", "b/same.log")]
    with Server(*paths) as running:
        yield running


def lines(server: Server, source: str, **params: Any) -> dict[str, Any]:
    response = server.get("/api/lines", source=source, **params)
    assert response.status_code == 200, response.text
    return dict(response.json())


def texts(answer: dict[str, Any]) -> list[str]:
    return [line["text"] for line in answer["lines"]]


def detail(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    return str(response.json()["detail"])


# Sources


def test_sources_have_all_their_fields(server: Server, directory: Path) -> None:
    response = server.get("/api/sources")
    assert (response.headers["content-type"], response.headers["cache-control"]) == ("application/json", "no-store")
    sources = {source["path"]: source for source in response.json()}
    path = directory / "three.log"
    three = sources[str(path)]
    assert set(three) == {
        "id",
        "name",
        "path",
        "size",
        "lines",
        "modified",
        "state",
        "reason",
        "encoding",
        "host",
        "log",
    }
    assert (three["name"], three["size"], three["state"], three["host"]) == ("three.log", 14, "open", None)
    assert three["modified"] == path.stat().st_mtime_ns // 1_000_000
    assert three["lines"] in (None, 3)
    missing = sources[str(directory / MISSING)]
    assert (missing["size"], missing["modified"], missing["state"]) == (0, None, "missing")


def test_sources_come_in_the_order_of_the_command_line(server: Server) -> None:
    names = [source["name"] for source in server.get("/api/sources").json()]
    assert names == [*FILES, MISSING, "same.log", "same.log"]


def test_sources_follow_the_file(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_text("one\n")
    server = serve(log)
    log.write_text("one\ntwo\n")
    until(lambda: server.get("/api/sources").json()[0]["size"] == 8)
    log.chmod(0)
    until(lambda: server.get("/api/sources").json()[0]["state"] == "unreadable")


def test_a_source_is_found_by_its_name_too(server: Server) -> None:
    assert lines(server, "three.log") == lines(server, server.source_id("three.log"))


def test_an_ambiguous_name_is_refused(server: Server) -> None:
    assert "source" in detail(server.get("/api/lines", source="same.log"), 404)
    ids = [source["id"] for source in server.get("/api/sources").json() if source["name"] == "same.log"]
    assert [texts(lines(server, each)) for each in ids] == [["a"], ["b"]]


@pytest.mark.parametrize("path", ["/api/lines", "/api/stream", "/api/line?at=1"])
@pytest.mark.parametrize("source", ["nothing", "", "\0", "../etc/passwd", "\U0001f30d"])
def test_an_unknown_source_is_404(server: Server, path: str, source: str) -> None:
    url = f"{path}{'&' if '?' in path else '?'}source={quote(source)}"
    assert "source" in detail(server.client.get(url), 404)


# Lines by position


@pytest.mark.parametrize("name", FILES)
def test_lines_are_those_of_the_file(server: Server, name: str) -> None:
    _, expected = FILES[name]
    answer = lines(server, name, start=0, count=5000)
    assert texts(answer) == expected[:5000]
    assert [line["n"] for line in answer["lines"]] == list(range(1, len(answer["lines"]) + 1))
    assert {line["source"] for line in answer["lines"]} <= {server.source_id(name)}
    assert answer["start"] == 0
    assert (answer["total"], answer["complete"]) in ((len(expected), True), (None, False))


def test_lines_have_the_documented_keys(server: Server) -> None:
    answer = lines(server, "three.log")
    assert set(answer) == {"total", "complete", "start", "lines"}
    assert set(answer["lines"][0]) == {"source", "n", "text", "level", "time", "at"}


def test_lines_start_anywhere(server: Server) -> None:
    answer = lines(server, "many.log", start=4321, count=3)
    assert (answer["start"], texts(answer)) == (4321, ["line 4322", "line 4323", "line 4324"])
    assert [line["n"] for line in answer["lines"]] == [4322, 4323, 4324]


def test_the_default_count_is_1000(server: Server) -> None:
    assert len(lines(server, "many.log")["lines"]) == 1000


@pytest.mark.parametrize("name", [name for name in FILES if FILES[name][1]])
@pytest.mark.parametrize("start", [-1, -2])
def test_a_negative_start_counts_from_the_end(server: Server, name: str, start: int) -> None:
    assert texts(lines(server, name, start=start)) == FILES[name][1][start:]


def test_a_negative_start_gives_no_more_than_count(server: Server) -> None:
    assert texts(lines(server, "many.log", start=-10, count=2)) == ["line 5991", "line 5992"]


@pytest.mark.parametrize("start", [-3, -100, -(10**12), -(10**40)])
def test_a_start_before_the_first_line_is_the_first_line(server: Server, start: int) -> None:
    answer = lines(server, "three.log", start=start)
    assert (answer["start"], texts(answer)) == (0, ["one", "two", "three"])


@pytest.mark.parametrize("name", ["three.log", "rest.log"])
@pytest.mark.parametrize("beyond", [0, 1, 2, 10**40])
def test_a_start_after_the_last_line_gives_only_the_total(server: Server, name: str, beyond: int) -> None:
    total = len(FILES[name][1])
    answer = lines(server, name, start=total + beyond)
    assert (answer["lines"], answer["total"], answer["complete"]) == ([], total, True)
    assert answer["start"] >= total, "not a place where there are lines"


@pytest.mark.parametrize("source", ["empty.log", MISSING])
@pytest.mark.parametrize("start", [0, 5, -5])
def test_an_empty_source_has_no_lines(server: Server, source: str, start: int) -> None:
    answer = lines(server, source, start=start)
    assert (answer["total"], answer["complete"], answer["lines"]) == (0, True, [])


def test_an_unterminated_line_is_flagged(server: Server) -> None:
    whole, part = lines(server, "rest.log")["lines"]
    assert ("unterminated" in whole, part["unterminated"]) == (False, True)


def test_the_total_is_the_same_for_every_start(server: Server) -> None:
    starts = (0, 1, 2, 3, -1, -2)
    totals = {lines(server, "rest.log", start=start)["total"] for start in starts}
    assert totals <= {2, None}


def test_a_small_file_is_counted_at_once(server: Server) -> None:
    for name, (_, expected) in FILES.items():
        if len(FILES[name][0]) < 256 * 1024:
            answer = lines(server, name, start=-1)
            assert (answer["total"], answer["complete"]) == (len(expected), True)
            assert [line["n"] for line in answer["lines"]] == ([len(expected)] if expected else [])


def test_places_name_the_file_of_each_line(server: Server) -> None:
    answer = lines(server, "rest.log", places=True)
    assert set(answer) == {"total", "complete", "start", "files", "lines"}
    (file,) = answer["files"]
    assert file == {"file": file["file"], "first": 1, "lines": 2, "counted": 10, "size": 10, "loss": None}
    assert [line["file"] for line in answer["lines"]] == [file["file"]] * 2


def test_sources_have_their_line_counts(server: Server, directory: Path) -> None:
    expected = {str(directory / name): len(texts) for name, (_, texts) in FILES.items()}

    def counted() -> bool:
        found = {source["path"]: source["lines"] for source in server.get("/api/sources").json()}
        return {path: found[path] for path in expected} == expected

    until(counted)


# Lines from a cursor


@pytest.mark.parametrize("name", [name for name in FILES if name != "many.log"])
@pytest.mark.parametrize("count", [1, 2, 5000])
def test_before_gives_the_preceding_lines(server: Server, name: str, count: int) -> None:
    expected = FILES[name][1]
    for index, line in enumerate(lines(server, name)["lines"]):
        answer = lines(server, name, before=line["at"], count=count)
        assert texts(answer) == expected[max(0, index - count) : index]
        assert answer["start"] == max(0, index - count)


@pytest.mark.parametrize("name", [name for name in FILES if name != "many.log"])
def test_the_cursor_of_each_line_leads_to_it(server: Server, name: str) -> None:
    answer = lines(server, name)
    for line in answer["lines"]:
        found = lines(server, name, at=line["at"], count=1)
        assert (found["lines"], found["start"]) == ([line], line["n"] - 1)


@pytest.mark.parametrize("name", ["many.log", "holes.log", "utf16.log"])
def test_the_cursor_of_a_line_from_the_end_leads_to_it(server: Server, name: str) -> None:
    for line in lines(server, name, start=-2)["lines"]:
        assert texts(lines(server, name, at=line["at"], count=1)) == [line["text"]]


def test_a_cursor_continues_with_the_next_lines(server: Server) -> None:
    at = lines(server, "many.log", start=3000, count=1)["lines"][0]["at"]
    answer = lines(server, "many.log", at=at, count=5000)
    assert texts(answer) == FILES["many.log"][1][3000:]
    assert (answer["total"], answer["complete"]) == (6000, True)


def test_the_id_of_a_stream_leads_to_the_next_line(server: Server) -> None:
    with server.stream(source="many.log", from_="start") as stream:
        event = stream.next("lines")
    (line,) = lines(server, "many.log", at=event.id, count=1)["lines"]
    assert line["n"] == len(event.data["lines"]) + 1


def test_a_permalink_survives_a_rotation(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_text("one\ntwo\nthree\n")
    first = serve(log)
    line = lines(first, "app.log", start=1, count=1)["lines"][0]
    log.rename(logs / "app.log.1")
    log.write_text("of the next day\n")
    until(lambda: texts(lines(first, "app.log")) == ["one", "two", "three", "of the next day"])
    assert lines(first, "app.log", at=line["at"], count=1)["lines"] == [line]
    assert first.get("/api/line", source="app.log", at=line["at"]).text == "two"
    first.stop()
    again = serve(log)
    assert lines(again, "app.log", at=line["at"], count=1)["lines"] == [line]
    again.stop()
    (logs / "app.log.1").unlink()
    without = serve(log)
    for path in ("/api/lines", "/api/line"):
        assert "app.log" in detail(without.get(path, source="app.log", at=line["at"]), 404)


def test_a_cursor_of_another_source_is_404(server: Server) -> None:
    at = lines(server, "three.log")["lines"][0]["at"]
    assert "at" in detail(server.get("/api/lines", source="many.log", at=at), 404)


@pytest.mark.parametrize("at", ["1", "x", "2" + "A" * 48, "1" + "A" * 47, "1" + "é" * 48, "1" + "=" * 48])
def test_an_invalid_cursor_is_422(server: Server, at: str) -> None:
    for path in ("/api/lines", "/api/line"):
        assert detail(server.get(path, source="three.log", at=at), 422).startswith("at: ")
    assert detail(server.get("/api/lines", source="three.log", before=at), 422).startswith("before: ")


# Long lines


def test_a_line_over_1_mib_is_cut_and_has_its_length(server: Server) -> None:
    before, line, after = lines(server, "long.log")["lines"]
    assert (len(line["text"]), line["cut"]) == (MIB, len(LONG))
    assert ("cut" in before, "cut" in after) == (False, False)


def test_a_cut_line_is_whole_at_its_cursor(server: Server) -> None:
    for start in (1, -2):
        at = lines(server, "long.log", start=start, count=1)["lines"][0]["at"]
        response = server.get("/api/line", source="long.log", at=at)
        assert response.headers["content-type"].startswith("text/plain")
        assert response.content == LONG


@pytest.mark.parametrize("name", ["three.log", "rest.log", "wrong.log", "utf16.log"])
def test_any_line_alone_is_its_bytes(server: Server, name: str) -> None:
    codec = "utf-16-le" if name == "utf16.log" else "utf-8"
    data = FILES[name][0].split("\n".encode(codec))
    for line, whole in zip(lines(server, name)["lines"], data, strict=False):
        assert server.get("/api/line", source=name, at=line["at"], raw="true").content == whole


def test_a_growing_line_over_1_mib_is_cut(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_bytes(LONG)
    server = serve(log)
    (line,) = lines(server, "app.log")["lines"]
    assert (len(line["text"]), line["cut"], line["unterminated"]) == (MIB, len(LONG), True)
    assert server.get("/api/line", source="app.log", at=line["at"]).content == LONG


def test_a_response_with_long_lines_stays_small(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_bytes((b"x" * (MIB - 1) + b"\n") * 48)
    answer = serve(log).get("/api/lines", source="app.log", count=5000)
    assert 0 < len(answer.content) <= 32 * MIB


# Bad parameters


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("/api/lines", "source"),
        ("/api/lines?source=three.log&start=x", "start"),
        ("/api/lines?source=three.log&start=1.5", "start"),
        ("/api/lines?source=three.log&count=0", "count"),
        ("/api/lines?source=three.log&count=-1", "count"),
        ("/api/lines?source=three.log&count=5001", "count"),
        ("/api/lines?source=three.log&start=0&at=1", "start"),
        ("/api/lines?source=three.log&levle=error", "levle"),
        ("/api/lines?source=three.log&places=maybe", "places"),
        ("/api/line?source=three.log", "at"),
        ("/api/download", "source"),
        ("/api/download?source=three.log&Q=error", "Q"),
        ("/api/search?source=three.log", "q"),
        ("/api/search?source=three.log&q=x&limit=-1", "limit"),
        ("/api/lines?source=three.log&q=(&regex=true", "q"),
        ("/api/stream?source=three.log&not=(&regex=true", "not"),
        ("/api/lines?source=three.log&level=loud", "level"),
        ("/api/lines?source=three.log&since=soon", "since"),
        ("/api/lines?source=three.log&time=soon", "time"),
        ("/api/lines?source=three.log&now=soon", "now"),
        ("/api/lines?source=three.log&now=-1", "now"),
        ("/api/stream?source=three.log&now=1.5", "now"),
        ("/api/search?source=three.log&q=x&now=", "now"),
        ("/api/histogram?source=three.log&now=10000000000000", "now"),
        ("/api/download?source=three.log&now=15 min ago", "now"),
        ("/api/lines?source=three.log&case=upper", "case"),
        ("/api/histogram?source=three.log&buckets=0", "buckets"),
        ("/api/histogram?source=three.log&from=2&to=1", "from"),
        ("/api/line?source=three.log&at=1&count=2", "count"),
        ("/api/stream", "source"),
        ("/api/stream?source=three.log&from=middle", "from"),
        ("/api/stream?source=three.log&follow=maybe", "follow"),
        ("/api/stream?source=three.log&format=xml", "format"),
        ("/api/stream?source=three.log&cursor=x", "cursor"),
        ("/api/stream?source=three.log&Q=error", "Q"),
        ("/api/sources?quiet=true", "quiet"),
    ],
)
def test_a_bad_parameter_is_422_with_its_name(server: Server, query: str, named: str) -> None:
    assert named in detail(server.client.get(query), 422)


@pytest.mark.parametrize("names", [("start", "at"), ("start", "before"), ("at", "before")])
def test_two_positions_together_are_422(server: Server, names: tuple[str, str]) -> None:
    at = lines(server, "three.log")["lines"][0]["at"]
    given = {name: 0 if name == "start" else at for name in names}
    message = detail(server.get("/api/lines", source="three.log", **given), 422)
    assert all(name in message for name in names)


@pytest.mark.parametrize("count", [1, 5000])
def test_count_reaches_from_1_to_5000(server: Server, count: int) -> None:
    assert len(lines(server, "many.log", count=count)["lines"]) == count


PATHS = ("/", "/api/sources", "/api/lines", "/api/line", "/api/stream", "/api/download", "/healthz")
NAMES = ("source", "start", "count", "at", "before", "places", "from", "cursor", "follow", "format", "q", "level", "")
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.sampled_from([*FILES, MISSING, "same.log", "start", "end", "true", "text"]),
    st.binary(min_size=36, max_size=72).map(lambda data: "1" + base64.urlsafe_b64encode(data[:36]).decode()),
)
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=5), VALUES), max_size=5)
QUERIES = st.builds(
    lambda source, pairs, rest: "&".join(
        [*(f"{quote(name)}={quote(value, safe='')}" for name, value in (("source", source), *pairs)), quote(rest)]
    ),
    st.sampled_from([*FILES, MISSING]),
    PAIRS,
    st.binary(max_size=10),
)


@given(path=st.sampled_from(PATHS), query=QUERIES, event_id=st.text(st.characters(codec="latin-1"), max_size=60))
@settings(max_examples=60)
def test_no_query_string_causes_a_server_error(server: Server, path: str, query: str, event_id: str) -> None:
    url = httpx.URL(server.base).copy_with(raw_path=f"{path}?{query}".encode())
    printable = "".join(each for each in event_id if each.isprintable()).strip()
    with server.client.stream("GET", url, headers=[(b"Last-Event-ID", printable.encode("latin-1"))]) as response:
        assert response.status_code < 500


def test_an_unreadable_file_is_a_state(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_text("secret\n")
    log.chmod(0)
    server = serve(log)
    assert server.get("/api/sources").json()[0]["state"] == "unreadable"
    assert lines(server, "app.log")["lines"] == []


def test_each_line_has_its_level_and_time(logs: Path, serve: Callable[..., Server]) -> None:
    (logs / "app.log").write_text("2026-11-21T01:02:03.456Z ERROR broken\n    at org.example.App\n")
    lines = serve(logs / "app.log").get("/api/lines", source="app.log", start=0).json()["lines"]
    assert [(line["level"], line["time"]) for line in lines] == [("error", 1_795_222_923_456), (None, None)]


@pytest.mark.parametrize("query", [{}, {"q": "needle"}, {"level": "error"}])
def test_an_answer_about_long_lines_is_bounded_in_bytes(logs: Path, serve: Serve, query: dict[str, str]) -> None:
    lines = [f"ERROR {number} needle {'x' * 1_000_000}" for number in range(40)]
    (logs / "long.log").write_text("".join(f"{line}\n" for line in lines))
    server = serve(logs / "long.log")
    asked = {"source": "long.log", "count": 500, **query}
    until(lambda: server.get("/api/lines", **asked).json()["complete"])
    for start, first, last in ((-500, None, 39), (-40, None, 39), (0, 0, None), (20, 20, None)):
        answer = server.get("/api/lines", start=start, **asked)
        numbers = [int(line["text"].split()[1]) for line in answer.json()["lines"]]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert (first, last) in ((numbers[0], None), (None, numbers[-1]))
        assert 2 <= len(numbers) <= 4
        assert len(answer.content) < 5_000_000
        assert answer.json()["start"] == numbers[0]


def test_slow_regular_expressions_do_not_delay_a_page_of_all_lines(tmp_path: Path, serve: Serve) -> None:
    # A search takes seconds in each line, and more are asked for than the server has threads.
    (tmp_path / "slow.log").write_bytes(
        b"".join(bytes(Random(seed).choices(b"ab", k=MIB)) + b"\n" for seed in range(4))
    )
    (tmp_path / "plain.log").write_bytes(FILES["many.log"][0])
    server = serve(tmp_path)
    with ExitStack() as stack:
        slow = [stack.enter_context(closing(connect(server))) for _ in range(8)]
        for number, client in enumerate(slow):
            pattern = quote(f"a[ab]{{{900 + number}}}c")
            client.sendall(request(server, f"/api/lines?source=slow.log&start=-5&count=5&regex=true&q={pattern}"))
        until(lambda: server.client.get("/healthz").status_code == 200)
        for _ in range(3):
            lines = server.client.get("/api/lines", params={"source": "plain.log", "start": -5, "count": 5}).json()
            assert lines["lines"][-1]["text"] == "line 6000"
        answered, _, _ = select.select(slow, [], [], 0)
        assert len(answered) < len(slow) // 2
