"""Compressed files in the history of a log, and alone: read, searched, counted, masked and linked as plain ones."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from logviewer.password_hash import hash_password
from tests.helpers.compression import COMPRESSORS, bomb, compress
from tests.helpers.server import TIMEOUT, Server, until

Serve = Callable[..., Server]

DAY = "2026-11-{day:02} {hour:02}:00:00 {level} line {day}-{hour}\n"
LEVELS = ["INFO", "WARN", "ERROR"]
DAYS = {25: "app.log.3", 26: "app.log.2", 27: "app.log.1", 28: "app.log"}


def text_of(day: int) -> list[str]:
    return [DAY.format(day=day, hour=hour, level=LEVELS[hour % 3]) for hour in range(24)]


WHOLE = [line for day in DAYS for line in text_of(day)]


@pytest.fixture
def log(logs: Path) -> Path:
    """A log with one plain rotation, and two compressed ones."""
    for day, name in DAYS.items():
        (logs / name).write_text("".join(text_of(day)))
    compress(logs / "app.log.3", ".gz")
    compress(logs / "app.log.2", ".zst")
    return logs / "app.log"


def history(server: Server) -> dict[str, Any]:
    """Return all lines, once the whole history is there."""

    def answer() -> dict[str, Any] | None:
        response = server.get("/api/lines", source="app.log", start=0, count=1000, places=True)
        assert response.status_code == 200
        found: dict[str, Any] = response.json()
        return found if found["complete"] else None

    return dict(until(answer))


def stream_text(server: Server, **query: Any) -> list[str]:
    response = server.get("/api/stream", source="app.log", follow="false", format="text", **query)
    return response.text.splitlines(keepends=True)


def test_a_stream_from_the_start_has_the_whole_history(log: Path, serve: Serve) -> None:
    assert stream_text(serve(log), from_="start") == WHOLE


def test_the_last_lines_reach_into_compressed_files(log: Path, serve: Serve) -> None:
    assert stream_text(serve(log), from_="-60") == WHOLE[-60:]


def test_lines_have_their_numbers_and_times(log: Path, serve: Serve) -> None:
    lines = history(serve(log))["lines"]
    assert [line["text"] + "\n" for line in lines] == WHOLE
    assert [line["n"] for line in lines] == [*range(1, 25)] * 4
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)


def test_searches_and_levels_find_lines_in_compressed_files(log: Path, serve: Serve) -> None:
    server = serve(log)
    errors = stream_text(server, from_="start", level="error")
    assert errors == [line for line in WHOLE if "ERROR" in line]
    assert stream_text(server, from_="start", q="line 2[56]-7$", regex="true") == [WHOLE[7], WHOLE[31]]
    found = server.get("/api/download", source="app.log", q="line 25-")
    assert found.text == "".join(WHOLE[:24])


def test_the_histogram_counts_compressed_files(log: Path, serve: Serve) -> None:
    server = serve(log)

    def counted() -> dict[str, Any] | None:
        answer: dict[str, Any] = server.get("/api/histogram", source="app.log").json()
        return answer if answer["complete"] else None

    assert sum(map(sum, until(counted)["levels"].values())) == len(WHOLE)


@pytest.mark.parametrize("ending", COMPRESSORS)
@pytest.mark.parametrize("restarts", [False, True])
def test_a_link_survives_the_compression(ending: str, restarts: bool, logs: Path, serve: Serve) -> None:
    log, rotated = logs / "app.log", logs / "app.log.1"
    log.write_text("".join(text_of(27)))
    server = serve(log)
    link = server.get("/api/lines", source="app.log", start=5, count=1, places=True).json()["lines"][0]
    log.rename(rotated)
    log.write_text("".join(text_of(28)))
    until(lambda: server.get("/api/lines", source="app.log").json()["total"] == 48)
    compress(rotated, ending)
    if restarts:
        server.stop()
        server = serve(log)
    answer = server.get("/api/lines", source="app.log", at=link["at"], count=2).json()
    assert [line["text"] + "\n" for line in answer["lines"]] == text_of(27)[5:7]
    line = server.get("/api/line", source="app.log", at=link["at"])
    assert line.text.rstrip("\n") + "\n" == text_of(27)[5]


def test_rules_of_the_log_mask_its_compressed_files(log: Path, logs: Path, serve: Serve, tmp_path: Path) -> None:
    config = tmp_path / "logviewer.toml"
    config.write_text('[[redact]]\nfiles = "app.log"\npattern = "line 2[56]-\\\\d+"\n')
    texts = stream_text(serve("--config", config, log), from_="start")
    assert len(texts) == len(WHOLE)
    assert not any("line 25" in text or "line 26" in text for text in texts)


def test_a_directory_shows_each_log_once(log: Path, logs: Path, serve: Serve) -> None:
    (logs / "alone.log").write_text("alone\n")
    compress(logs / "alone.log", ".xz")
    (logs / "backup.zip").write_bytes(b"PK\x03\x04")
    server = serve(logs)
    assert {each["name"] for each in server.get("/api/sources").json()} == {"app.log", "alone.log.xz"}
    assert history(server)["total"] == len(WHOLE)


def test_a_compressed_file_is_a_log(logs: Path, serve: Serve) -> None:
    path = logs / "app.log"
    path.write_text("".join(WHOLE))
    server = serve(compress(path))
    answer = server.get("/api/lines", source="app.log.gz", start=0, count=1000).json()
    assert [line["text"] + "\n" for line in answer["lines"]] == WHOLE
    response = server.get("/api/stream", source="app.log.gz", from_="start", follow="false", format="text")
    assert response.text == "".join(WHOLE)


def faulty(logs: Path, fault: str) -> Path:
    """Write a compressed log without its end."""
    path = logs / "app.log"
    path.write_bytes(b"".join(f"{number} {number * number % 1_000_003}\n".encode() for number in range(50_000)))
    packed = compress(path)
    data = bytearray(packed.read_bytes())
    half = len(data) // 2
    packed.write_bytes(data[:half] if fault == "cut" else data[:half] + bytes(100) + data[half + 100 :])
    return packed


@pytest.mark.parametrize("fault", ["cut", "damaged"])
def test_a_lone_file_without_its_end_says_so(fault: str, logs: Path, serve: Serve) -> None:
    path = faulty(logs, fault)
    server = serve(path)
    until(lambda: server.get("/api/lines", source=path.name).json()["lines"])
    (status,) = server.get("/api/sources").json()
    assert status["state"] == "open"
    assert status["reason"].startswith(f"{fault}: ")


@pytest.mark.parametrize("follow", ["true", "false"])
@pytest.mark.parametrize("fault", ["cut", "damaged"])
def test_a_stream_of_a_lone_file_without_its_end_ends_with_a_gap(
    fault: str, follow: str, logs: Path, serve: Serve
) -> None:
    path = faulty(logs, fault)
    server = serve(path)
    until(lambda: server.get("/api/lines", source=path.name).json()["lines"])
    lines: list[str] = []
    with server.stream(source=path.name, from_="start", follow=follow) as stream:
        while (event := stream.next("lines", "gap")).name == "lines":
            lines += event.data["lines"]
        assert event.data["reason"] == "lost"
        last = event.id
        if follow == "false":
            assert stream.next().name == "end"
    # Damaged bytes give some text before the decoder notices.
    assert [line.partition(" ")[0] for line in lines[:20_000]] == [*map(str, range(20_000))]
    # A reader that comes back gets neither the lines nor the gap again.
    with server.stream(source=path.name, follow="false", last_event_id=last) as stream:
        assert stream.next("lines", "gap", "end").name == "end"


def test_the_server_ends_while_it_decodes(logs: Path, serve: Serve, tmp_path: Path) -> None:
    path = logs / "app.log"
    path.write_bytes(b"".join(f"{number} {number * number % 1_000_003}\n".encode() for number in range(1_500_000)))
    server = serve(compress(path, ".bz2"), env={"CACHE_DIRECTORY": str(tmp_path)})
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(server.get, "/api/lines", source="app.log.bz2")
        until(lambda: list((tmp_path / "texts").glob(".*.tmp")))
        server.stop_in_time()
        asked.exception()
    assert list((tmp_path / "texts").iterdir()) == []


def test_a_text_that_does_not_fit_is_said(logs: Path, serve: Serve) -> None:
    path = logs / "app.log"
    path.write_bytes(b"".join(f"{number} {number * number % 1_000_003}\n".encode() for number in range(800_000)))
    server = serve("--cache-size", "1", compress(path))
    server.get("/api/lines", source="app.log.gz")

    def reason() -> str | None:
        status = server.get("/api/sources").json()[0]
        return str(status["reason"]) if status["state"] == "unreadable" else None

    assert "--cache-size" in until(reason)


def test_a_bomb_in_the_place_of_a_log_hides_no_new_file(logs: Path, serve: Serve, tmp_path: Path) -> None:
    path = logs / "app.log"
    path.write_text("line\n")
    server = serve(logs)
    with server.stream(source="app.log", from_="start") as stream:
        assert stream.lines(1) == ["line"]
        bomb(tmp_path / "bomb").replace(path)
        until(lambda: "decoded" in str(server.get("/api/sources").json()[0]["reason"]))
        (logs / "new.log").write_text("new\n")
        until(lambda: len(server.get("/api/sources").json()) == 2)


def test_clients_that_wait_for_a_text_stop_no_other_page(logs: Path, serve: Serve) -> None:
    (logs / "other.log").write_text("line\n")
    bomb(logs / "lone.log.bz2")
    server = serve(logs)
    for path in ["/api/lines", "/api/stream", "/api/search", "/api/download"] * 6:
        with suppress(httpx.TimeoutException):
            server.client.get(path, params={"source": "lone.log.bz2", "q": "x", "from": "start"}, timeout=0.2)
    for path in ("/api/lines", "/api/download", "/api/histogram"):
        assert server.get(path, source="other.log").status_code == 200
    assert server.get("/api/download", source="other.log", q="line").text == "line\n"


@pytest.mark.parametrize("first", [b"BZh91AY&SY hello\n", b"\xfd7zXZ\x00 hello\n"])
def test_a_line_that_looks_compressed_hides_nothing(first: bytes, logs: Path, serve: Serve) -> None:
    path = logs / "app.log"
    path.write_bytes(first)
    server = serve(path)
    with path.open("ab") as file:
        file.write(b"second\n")

    def rest() -> list[str]:
        lines = server.get("/api/lines", source="app.log", start=0).json()["lines"]
        return [line["text"] for line in lines[1:]]

    until(lambda: rest() == ["second"])
    with path.open("ab") as file:
        file.write(b"third\n")
    until(lambda: rest() == ["second", "third"])


def test_clients_that_wait_for_a_text_keep_nobody_from_signing_in(logs: Path, serve: Serve, tmp_path: Path) -> None:
    (logs / "app.log").write_text("line\n")
    bomb(logs / "app.log.1.bz2")
    config = tmp_path / "logviewer.toml"
    config.write_text(f'[[users]]\nname = "ada"\npassword = "{hash_password("right")}"\nsources = "/**"\n')
    server = serve("--config", config, logs, env={"LOGVIEWER_TOKEN": "t" * 40})
    for _ in range(40):
        with suppress(httpx.TimeoutException):
            server.client.get(
                "/api/download",
                params={"source": "app.log", "q": "x"},
                headers={"Authorization": "Bearer " + "t" * 40},
                timeout=0.2,
            )
    with httpx.Client(base_url=server.base, timeout=TIMEOUT, trust_env=False) as client:
        assert client.post("/sign-in", data={"user": "ada", "password": "right"}).status_code == 303


@pytest.mark.parametrize(
    "begin", [b"\x1f\x8b\x08\x04", b"\x1f\x8b\x08\x08", b"BZh91A", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"]
)
def test_a_log_that_begins_like_a_compressed_file_and_grows_is_plain(begin: bytes, logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_bytes(begin + b" is the begin of a line\n")
    server = serve(log)

    def number() -> int:
        with log.open("ab") as file:
            file.write(b"one more\n")
        lines = server.get("/api/lines", source="app.log", start=0).json()["lines"]
        return len(lines)

    until(lambda: number() > 3)
