"""A secret in any disguise is in no answer of any route, and no query finds it."""

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from logviewer.formats.hidden_text import shown_texts
from tests.helpers.disguises import BROKEN
from tests.helpers.server import Server, until

KEY = "key-5ec2e7a1"
# What an answer escapes.
ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))")
NAMES = ["app.log", "u16.log", "zipped.log.gz", "output", "live.log"]


def disguised(random: Random) -> str:
    kind = random.randrange(4)
    if kind == 0:
        return "".join(f"{each}\b{each}" for each in KEY)
    if kind == 1:
        return f"\x1b[1m{KEY[:5]}\x1b[0m{KEY[5:]}"
    places = {random.randrange(1, len(KEY)): random.choice(BROKEN) for _ in range(kind)}
    return "".join(f"{places.get(at, '')}{each}" for at, each in enumerate(KEY))


def lines() -> list[str]:
    random = Random(16)
    words = ["INFO", "ERROR", "a", "b"]
    return [f"{number} {random.choice(words)} {disguised(random)} end" for number in range(400)]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("disguised")


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[Server]:
    text = "".join(f"{line}\n" for line in lines())
    data = text.encode().replace("\ufffd".encode(), b"\xff")
    (directory / "app.log").write_bytes(data)
    (directory / "u16.log").write_bytes(text.encode("utf-16"))
    (directory / "zipped.log.gz").write_bytes(gzip.compress(data))
    (directory / "live.log").touch()
    (directory / "rule.toml").write_text("[[redact]]\npattern = 'key-[0-9a-f]{8}'\n")
    # A command that ends is started again.
    command = f"output={shutil.which('tail')} -n +1 -f {directory / 'app.log'}"
    names = [name for name in NAMES if name != "output"]
    config = directory / "rule.toml"
    with Server("--config", config, "--command", command, *(directory / name for name in names)) as running:
        until(lambda: len(texts_of(running.get("/api/download", source="output").text)) == 400)
        with running.stream(source="live.log") as stream:
            stream.next()
            # In pieces that end anywhere.
            with (directory / "live.log").open("ab") as file:
                for start in range(0, len(data), 1000):
                    file.write(data[start : start + 1000])
                    file.flush()
            received = stream.lines(400)
        assert_hidden(received)
        yield running


def texts_of(answer: str) -> list[str]:
    return answer.removesuffix("\n").split("\n")


def assert_hidden(texts: list[str]) -> None:
    assert texts
    for text in texts:
        for line in {text, ESCAPE.sub(lambda found: chr(int(found[1] or found[2] or found[3], 16)), text)}:
            for shown in shown_texts(line.removesuffix("\r")) or []:
                assert KEY not in shown.text
                assert KEY[-6:] not in shown.text


def events(answer: str, name: str) -> Iterator[Any]:
    for part in re.findall(f"^event: {name}\ndata: (.*)$", answer, re.MULTILINE):
        yield orjson.loads(part)


@pytest.mark.parametrize("source", [*([name] for name in NAMES), ["app.log", "u16.log"]], ids=" and ".join)
@pytest.mark.parametrize(
    "query",
    [{}, {"q": "end"}, {"q": "[a-f]", "regex": "true", "context": 1}, {"level": "error"}, {"not": "ERROR"}],
    ids=str,
)
def test_no_answer_shows_a_disguised_secret(server: Server, source: list[str], query: dict[str, Any]) -> None:
    history = {"source": source, "from": "start", "follow": "false", **query}

    def rows(**place: Any) -> list[Any]:
        found: list[Any] = until(lambda: server.get("/api/lines", source=source, **place, **query).json()["lines"])
        return found

    first = rows(start=0, count=5000, spans="true")
    assert_hidden([row["text"] for row in first])
    assert_hidden([row["text"] for row in rows(start=-50, count=50)])
    middle = first[len(first) // 2]
    for one in (first[0], middle):
        assert_hidden([server.get("/api/line", source=one["source"], at=one["at"]).text])
        assert_hidden([server.get("/api/explain", source=one["source"], at=one["at"]).json()["text"]])
    assert_hidden([row["text"] for row in rows(at=middle["at"], count=10)])
    streamed = server.get("/api/stream", **history).text
    assert_hidden([line for part in events(streamed, "lines") for line in part["lines"]])
    for raw in ("true", "false"):
        assert_hidden(texts_of(server.get("/api/stream", **history, format="text", raw=raw).text))
    for name in source:
        for headers in ({}, {"Range": "bytes=100-5000"}):
            parts = {"source": name, **query}
            assert_hidden(texts_of(server.client.get("/api/download", params=parts, headers=headers).text))
    page = server.client.get("/", params={"source": source, **query}, headers={"Accept": "text/plain"})
    assert_hidden(texts_of(page.text))
    if "q" in query or "level" in query:
        found = server.get("/api/search", source=source, **query).text
        assert_hidden([match["text"] for part in events(found, "match") for match in part["matches"]])


@pytest.mark.parametrize("source", NAMES)
def test_no_query_finds_a_disguised_secret(server: Server, source: str) -> None:
    for query in (
        {"q": KEY[-6:]},
        {"q": "key-5"},
        {"q": "c2e7", "regex": "true"},
        {"q": r"key-.*?\x1b", "regex": "true"},
        {"q": "k\bke\be", "case": "sensitive"},
        {"q": r"5.?.?.?.?e.?.?.?.?c.?.?.?.?2.?.?.?.?e", "regex": "true"},
    ):
        assert total(server, source, query) == 0, query
        chart = server.get("/api/histogram", source=source, **query).json()
        assert sum(map(sum, chart["levels"].values())) == 0
        assert list(events(server.get("/api/search", source=source, **query).text, "match")) == []


def total(server: Server, source: str, query: dict[str, str]) -> int:
    def answer() -> dict[str, Any] | None:
        found: dict[str, Any] = server.get("/api/lines", source=source, start=0, **query).json()
        return found if found["complete"] else None

    number: int = until(answer)["total"]
    return number
