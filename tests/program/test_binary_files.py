"""Binary files that are named on the command line: shown, with a reason."""

import random
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.helpers.command import end
from tests.helpers.journal import Journal
from tests.helpers.programs import require
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

# A control character takes six bytes of JSON.
_MOST_EXPANSION = 7


def wtmp(path: Path) -> None:
    record = "<hxxi32s4s32s256shhiii4i20x"
    entries = (
        struct.pack(record, 7, n, b"pts/0", b"ts/0", b"root", b"host", 0, 0, n, 1_795_700_000 + n, 0, 0, 0, 0, 0)
        for n in range(2000)
    )
    path.write_bytes(b"".join(entries))


def image(path: Path) -> None:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(3) + b"\rIHDR" + random.Random(1).randbytes(3_000_000))


def database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table lines (number, text)")
        connection.executemany("insert into lines values (?, ?)", [(n, f"line {n}") for n in range(10_000)])
        connection.commit()


def program(path: Path) -> None:
    path.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(9) + bytes(range(256)) * 20_000)


def one_line(path: Path) -> None:
    path.write_bytes(b"\0\1" + b"\2" * 20_000_000)


def journal(path: Path) -> None:
    require("systemd-journal-remote")
    directory = path.parent / "journal"
    Journal(directory).write(100)
    next(directory.iterdir()).rename(path)


WRITERS = (wtmp, image, database, program, one_line, journal)


@pytest.mark.parametrize("write", WRITERS)
def test_a_binary_file_is_shown_with_a_reason(write: Callable[[Path], None], logs: Path, serve: Serve) -> None:
    path = logs / "file"
    write(path)
    server = serve(path)
    (status,) = server.get("/api/sources").json()
    assert status["state"] == "open"
    assert status["reason"].startswith("binary: ")
    most = path.stat().st_size * _MOST_EXPANSION
    for start in (0, -200):
        answer = server.get("/api/lines", source="file", start=start, count=200)
        assert answer.status_code == 200
        assert len(answer.content) < most
    stream = server.get("/api/stream", source="file", from_="-200", follow="false", levels="true")
    assert stream.status_code == 200
    assert len(stream.content) < most
    assert server.get("/api/download", source="file").content == path.read_bytes()
    ended = end(server)
    assert ended.code == 0
    assert f"logviewer: {path} is binary: " in ended.err
    assert ended.err.count("\n") == 1


def test_a_file_that_becomes_binary_says_so(logs: Path, serve: Serve) -> None:
    path = logs / "app.log"
    path.touch()
    server = serve(path)
    assert server.get("/api/sources").json()[0]["reason"] is None
    image(path)
    until(lambda: str(server.get("/api/sources").json()[0]["reason"]).startswith("binary: "))
    path.unlink()
    path.write_text("text\n")
    until(lambda: server.get("/api/sources").json()[0]["reason"] is None)


def test_a_directory_leaves_binary_files_out(logs: Path, serve: Serve) -> None:
    for write in WRITERS:
        if write is not journal:
            write(logs / write.__name__)
    (logs / "app.log").write_text("line\n")
    server = serve(logs)
    assert [each["name"] for each in server.get("/api/sources").json()] == ["app.log"]
