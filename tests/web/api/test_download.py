"""Downloads: whole files, ranges, and files that change meanwhile."""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.helpers.command import end
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

DATA = b"".join(b"line %d\n" % number for number in range(100_000))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("download")
    (directory / "app.log").write_bytes(DATA)
    (directory / "empty.log").touch()
    (directory / "Größe; x.log").write_bytes("\ufeffÄ\n".encode("utf-16-le"))
    return directory


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[Server]:
    with Server(directory, directory / "missing.log") as running:
        yield running


def test_a_file_comes_as_it_is(server: Server) -> None:
    response = server.get("/api/download", source="app.log")
    assert (response.status_code, response.content) == (200, DATA)
    headers = response.headers
    assert (headers["content-type"], headers["accept-ranges"]) == ("text/plain; charset=utf-8", "bytes")
    assert headers["content-length"] == str(len(DATA))
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''app.log"


# Reads of a download fail, but no other ones.
FAILING_READS = """
from logviewer.files.byte_file import ByteFile
from logviewer.web.api import download
pread, download._CHUNK_BYTES = ByteFile.pread, 12345
def fail(self, size, offset):
    if size == 12345:
        raise OSError(5, "Input/output error")
    return pread(self, size, offset)
ByteFile.pread = fail
from logviewer.__main__ import main
main()
"""


def test_a_read_that_fails_at_first_is_an_error(directory: Path, serve: Serve) -> None:
    server = serve(directory, program=[sys.executable, "-c", FAILING_READS])
    response = server.get("/api/download", source="app.log")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "Input/output error" in response.json()["detail"]
    assert "content-disposition" not in response.headers


def test_any_file_name_is_kept(server: Server) -> None:
    response = server.get("/api/download", source="Größe; x.log")
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%3B%20x.log"
    assert response.headers["content-type"] == "text/plain; charset=utf-16-le"


def test_filtered_lines_are_utf_8_in_any_encoding(logs: Path, serve: Serve) -> None:
    (logs / "u16.log").write_bytes("\ufeffÄ x\r\nnone\nÖ x\n".encode("utf-16-le"))
    response = serve(logs).get("/api/download", source="u16.log", q="x")
    assert (response.headers["content-type"], response.content) == ("text/plain; charset=utf-8", "Ä x\nÖ x\n".encode())


@pytest.mark.parametrize("query", [{}, {"q": "7"}])
def test_several_sources_are_one_file_by_time(logs: Path, serve: Serve, query: dict[str, str]) -> None:
    lines = [f"{1_795_168_800 + each} line {each}" for each in range(3000)]
    for name, own in (("a.log", lines[0::3]), ("b.log", lines[1::3]), ("c.log", lines[2:1500:3])):
        (logs / name).write_text("".join(f"{line}\n" for line in own))
    server = serve(*(logs / f"{name}.log" for name in "abc"))
    (logs / "c.log").rename(logs / "c.log.1")
    (logs / "c.log").write_text("\n".join(lines[1500 + 2 :: 3]))
    until(lambda: server.get("/api/lines", source="c.log").json()["total"] == 1000)
    response = server.get("/api/download", source=["a.log", "b.log", "c.log"], **query)
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''merged.log"
    assert response.text.splitlines() == [line for line in lines if query.get("q", "") in line]


@pytest.mark.parametrize(
    ("asked", "span"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-19", slice(10, 20)),
        ("bytes=500000-", slice(500_000, None)),
        ("bytes=-7", slice(-7, None)),
        (f"bytes=-{10**15}", slice(None)),
        (f"bytes=5-{10**15}", slice(5, None)),
    ],
)
def test_a_range_is_honoured(asked: str, span: slice, server: Server) -> None:
    response = server.client.get("/api/download?source=app.log", headers={"Range": asked})
    start, stop, _ = span.indices(len(DATA))
    assert (response.status_code, response.content) == (206, DATA[span])
    assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"


@pytest.mark.parametrize("asked", [f"bytes={len(DATA)}-", "bytes=-0", f"bytes={10**17}-{10**17 + 1}"])
def test_a_range_beyond_the_end_is_416(asked: str, server: Server) -> None:
    response = server.client.get("/api/download?source=app.log", headers={"Range": asked})
    assert (response.status_code, response.headers["content-range"]) == (416, f"bytes */{len(DATA)}")


@pytest.mark.parametrize("asked", ["lines=0-5", "bytes=5-4", "bytes=-", "bytes=0-1,5-6", "bytes=x-", "5-6"])
def test_an_unknown_kind_of_range_gives_the_whole_file(asked: str, server: Server) -> None:
    response = server.client.get("/api/download?source=app.log", headers={"Range": asked})
    assert (response.status_code, len(response.content)) == (200, len(DATA))


def test_a_range_of_a_changed_file_gives_the_whole_file(server: Server) -> None:
    headers = {"Range": "bytes=0-1", "If-Range": '"abc"'}
    assert server.client.get("/api/download?source=app.log", headers=headers).status_code == 200


def test_a_head_request_has_the_size(server: Server) -> None:
    response = server.client.head("/api/download?source=app.log")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == str(len(DATA))


def test_an_empty_file_is_empty_and_a_missing_one_404(server: Server) -> None:
    response = server.get("/api/download", source="empty.log")
    assert (response.status_code, response.content) == (200, b"")
    assert server.get("/api/download", source="missing.log").status_code == 404
    assert server.get("/api/download", source="nothing").status_code == 404


def test_a_file_that_grows_meanwhile_is_sent_as_it_was(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_bytes(DATA * 50)
    server = serve(log)
    with server.client.stream("GET", "/api/download", params={"source": "app.log"}) as response:
        chunks = response.iter_raw()
        first = next(chunks)
        with log.open("ab") as file:
            file.write(b"more\n")
        log.rename(logs / "app.log.1")
        log.write_text("another\n")
        assert first + b"".join(chunks) == DATA * 50
    until(lambda: server.get("/api/download", source="app.log").content == b"another\n")


def test_an_unread_download_does_not_delay_the_end(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_bytes(DATA * 50)
    server = serve(log)
    with server.client.stream("GET", "/api/download", params={"source": "app.log"}) as response:
        next(response.iter_raw())
        server.stop_in_time()


@pytest.mark.parametrize("way", ["whole", "filtered", "redacted"])
def test_a_truncation_breaks_the_download_off(way: str, logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.write_bytes(DATA * 50)
    config = logs / "logviewer.toml"
    config.write_text('[[redact]]\nfiles = "*.log"\npattern = "secret"\n' if way == "redacted" else "")
    server = serve(log, "--config", config)
    query = {"source": "app.log"} | ({"q": "line"} if way == "filtered" else {})
    with (
        pytest.raises(httpx.RemoteProtocolError),
        server.client.stream("GET", "/api/download", params=query) as response,
    ):
        chunks = response.iter_raw()
        next(chunks)
        log.write_bytes(b"new\n")
        assert sum(map(len, chunks)) < 50 * len(DATA)
    until(lambda: downloaded(server) == b"new\n")
    errors = end(server).err
    assert "/api/download broke off" in errors
    assert "Traceback" not in errors


def downloaded(server: Server) -> bytes | None:
    """Return the whole file, or None while the server has not polled the change."""
    with suppress(httpx.RemoteProtocolError):
        return server.get("/api/download", source="app.log").content
    return None
