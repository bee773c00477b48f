"""The log of a container is read like a plain file with the lines that the container wrote."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.containers import FORMS, Form, Line, Written, file_bytes, file_lines, meant, pieces_of
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

KINDS = [
    "INFO request {} done in 12 ms",
    'ERROR request {} failed: <timeout> & "retry" \\ slash',
    '{{"level":"warn","msg":"slow request {}","time":"2001-01-01T00:00:00Z"}}',
    "E1105 08:12:27.000000       1 main.go:{}] klog error",
    "2001-02-03 04:05:06 DEBUG its own time {}",
    "\x1b[31mWARN\x1b[0m coloured {}",
    "grüße {} \u2028 \ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "carriage {}\r",
    "",
    "password=hunter{} INFO",
]


def _output(count: int, seed: int = 7) -> list[Written]:
    """Return what a container writes: some long lines, and some of two streams at once."""
    chance = random.Random(seed)
    written: list[Written] = []
    for number in range(count):
        text = KINDS[number % len(KINDS)].format(number)
        stream = "stderr" if chance.random() < 0.2 else "stdout"
        if number % 97 == 50:
            text = f"FATAL long {number} " + "0123456789" * chance.randrange(1600, 9000) + " end"
        pieces = pieces_of(text, stream)
        if number % 194 == 50:
            other = "stdout" if stream == "stderr" else "stderr"
            pieces.insert(1, Written(other, f"INFO between {number}"))
        written += pieces
    return written


def _rows(server: Server, source: str, **query: Any) -> list[dict[str, Any]]:
    def answer() -> dict[str, Any] | None:
        response = server.get("/api/lines", source=source, start=0, count=5000, **query)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found if found["complete"] else None

    rows: list[dict[str, Any]] = until(answer)["lines"]
    return rows


@pytest.fixture
def lines() -> Sequence[Line]:
    whole, rest = meant(_output(1500))
    assert not rest
    return whole


@pytest.fixture
def plain(logs: Path, lines: Sequence[Line]) -> Path:
    """A plain file with the same lines."""
    path = logs / "plain.log"
    path.write_bytes("".join(f"{line.text}\n" for line in lines).encode())
    return path


def _log(logs: Path, form: Form) -> Path:
    path = logs / f"{form}.log"
    path.write_bytes(file_bytes(form, _output(1500)))
    return path


@pytest.mark.parametrize("form", FORMS)
def test_lines_have_text_number_time_and_stream(logs: Path, serve: Serve, lines: Sequence[Line], form: Form) -> None:
    server = serve(_log(logs, form))
    rows = _rows(server, f"{form}.log")
    assert [row["n"] for row in rows] == list(range(1, len(lines) + 1))
    assert [row["text"] for row in rows] == [line.text.removesuffix("\r") for line in lines]
    assert [row["time"] for row in rows] == [line.time for line in lines]
    assert [row["stream"] for row in rows] == [line.stream for line in lines]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "query",
    [
        {},
        {"q": "request 1"},
        {"q": "Z stdout"},
        {"q": "log"},
        {"q": "^ERROR", "regex": "true"},
        {"q": "^.{0,4}O", "regex": "true"},
        {"q": "[^a-z]end$", "regex": "true"},
        {"q": r"^\W", "regex": "true"},
        {"q": "^$", "regex": "true"},
        {"q": 'retry" \\ slash'},
        {"q": "<timeout>"},
        {"q": "grüße"},
        {"q": "INFO", "not": "request"},
        {"level": "error"},
        {"level": ["fatal", "warning"], "q": "1"},
        {"q": "klog", "context": 2},
        {"q": "klog", "records": "true"},
    ],
    ids=str,
)
def test_each_query_finds_the_lines_of_a_plain_file(
    logs: Path, serve: Serve, plain: Path, form: Form, query: dict[str, Any]
) -> None:
    server = serve(_log(logs, form), plain)
    found = [(row["n"], row["text"], row["level"]) for row in _rows(server, f"{form}.log", **query)]
    assert found == [(row["n"], row["text"], row["level"]) for row in _rows(server, "plain.log", **query)]
    texts = [
        server.get("/api/stream", source=name, follow="false", format="text", from_="start", **query).text
        for name in (f"{form}.log", "plain.log")
    ]
    assert texts[0] == texts[1]
    assert len(texts[0]) > 0 or not found
    if query:
        downloads = [server.get("/api/download", source=name, **query).text for name in (f"{form}.log", "plain.log")]
        assert downloads[0] == downloads[1]


@pytest.mark.parametrize("form", FORMS)
def test_a_span_and_the_histogram_use_the_times_of_the_runtime(
    logs: Path, serve: Serve, lines: Sequence[Line], form: Form
) -> None:
    server = serve(_log(logs, form))
    since, until_ = lines[300].time, lines[600].time
    rows = _rows(server, f"{form}.log", since=since, until=until_)
    assert [row["text"] for row in rows] == [
        line.text.removesuffix("\r") for line in lines if since <= line.time < until_
    ]

    def histogram() -> dict[str, Any] | None:
        found: dict[str, Any] = server.get("/api/histogram", source=f"{form}.log", buckets=10).json()
        return found if found["complete"] else None

    found = until(histogram)
    assert found["from"] <= lines[0].time
    assert lines[-1].time < found["to"] <= lines[-1].time + found["step"]
    assert sum(map(sum, found["levels"].values())) == len(lines)
    assert sum(found["untimed"].values()) == 0
    at = server.get("/api/lines", source=f"{form}.log", time=since, count=1).json()["lines"][0]
    assert at["time"] == since


@pytest.mark.parametrize("form", FORMS)
def test_a_link_names_the_same_line_after_a_restart(logs: Path, serve: Serve, form: Form) -> None:
    log = _log(logs, form)
    server = serve(log)
    rows = _rows(server, log.name)
    server.close()
    server = serve(log)
    for row in (rows[0], rows[50], rows[51], rows[52], rows[-1]):
        answer = server.get("/api/lines", source=log.name, at=row["at"], count=1).json()
        assert answer["lines"][0]["text"] == row["text"]
        assert server.get("/api/line", source=log.name, at=row["at"]).text == row["text"].replace(
            "\x1b", r"\x1b"
        ).replace("\u2028", r"\u2028")


@pytest.mark.parametrize("form", FORMS)
def test_raw_bytes_of_a_line_and_of_the_file_stay_reachable(logs: Path, serve: Serve, form: Form) -> None:
    log = logs / "0.log"
    written = [Written("stdout", "one"), *pieces_of("two" * 10_000), Written("stderr", "three")]
    log.write_bytes(file_bytes(form, written))
    server = serve(log)
    rows = _rows(server, "0.log")
    assert len(rows) == 3
    raw = file_lines(form, written)
    assert server.get("/api/line", source="0.log", at=rows[1]["at"], raw="true").content == b"\n".join(raw[1:3])
    assert server.get("/api/download", source="0.log").content == log.read_bytes()


@pytest.mark.parametrize("form", FORMS)
def test_a_reader_follows_pieces_as_they_are_written(logs: Path, serve: Serve, form: Form) -> None:
    log = logs / "0.log"
    written = _output(400, seed=3)
    data = file_bytes(form, written)
    log.write_bytes(b"")
    server = serve(log)
    lines, _ = meant(written)
    received: list[str] = []
    last: str | None = None
    chance, at = random.Random(5), 0
    while at < len(data):
        with server.stream(source="0.log", from_="start", last_event_id=last) as stream:
            stop = min(len(data), at + len(data) // 4)
            while at < stop:
                more = data[at : at + chance.choice([1, 40, 700, 9000, 50_000])]
                with log.open("ab") as file:
                    file.write(more)
                at += len(more)
            expected = len(_whole_lines(form, data[:at]))
            while len(received) < expected:
                event = stream.next("lines", "gap")
                assert event.name == "lines"
                received += event.data["lines"]
                last = event.id
    assert received == [line.text.removesuffix("\r") for line in lines]


def _whole_lines(form: Form, data: bytes) -> list[Line]:
    count = data.count(b"\n")
    return meant(_output(400, seed=3)[:count])[0]


@pytest.mark.parametrize("form", FORMS)
def test_secrets_are_masked_in_the_text(logs: Path, serve: Serve, form: Form, tmp_path: Path) -> None:
    config = tmp_path / "logviewer.toml"
    config.write_text("[[redact]]\npattern = '^password=\\S+'\n")
    log = _log(logs, form)
    server = serve("--config", config, log)
    rows = _rows(server, log.name)
    assert not [row for row in rows if "hunter" in row["text"]]
    assert _rows(server, log.name, q="hunter") == []
    assert "hunter" not in server.get("/api/download", source=log.name).text
    assert "hunter" not in server.get("/api/line", source=log.name, at=rows[9]["at"], raw="true").text
