"""Files that only a hostile or broken program makes: they cost others nothing."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.helpers.containers import PIECE_BYTES, Written, file_bytes
from tests.helpers.deep_tree import nested
from tests.helpers.following import expect, following
from tests.helpers.log_file import append
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

HOSTILE_NAME = "link\x1b]0;title\x07\nlogviewer: forged\u202e.log"
ENVELOPE = rb'{"log":"x\n","stream":"stdout","time":"2026-11-05T08:12:27.5Z"}'
_FLIP = """
import os, sys
path, target, other = sys.argv[1:]
while True:
    os.symlink(target, other + ".link")
    os.rename(other + ".link", path)
    open(other, "w").close()
    os.rename(other, path)
"""


def peak_bytes(server: Server) -> int:
    """Return the most memory that the server had."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def read_bytes(server: Server) -> int:
    """Return how many bytes the server has read."""
    return int(Path(f"/proc/{server.process.pid}/io").read_text().split()[1])


def errors_of(server: Server) -> str:
    """Stop the server and return its standard error."""
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait() == 0
    assert server.process.stderr
    return server.process.stderr.read()


@pytest.mark.parametrize("pattern", ["", "**/*.log"], ids=["directory", "glob"])
def test_nested_directories_hide_no_new_file(pattern: str, logs: Path, serve: Serve) -> None:
    append(logs / "app.log", "one")
    with nested(logs, 1100):
        server = serve(logs / pattern)
        server.source_id("app.log")
        append(logs / "a" / "a" / "new.log", "new")
        server.source_id("new.log")
        assert not errors_of(server)


def test_a_flipping_symlink_disturbs_no_other_log(logs: Path, serve: Serve) -> None:
    app = logs / "app.log"
    append(app, "0")
    append(logs / "flip.log", "flip")
    server = serve(logs)
    flipping = subprocess.Popen([sys.executable, "-c", _FLIP, str(logs / "flip.log"), str(app), str(logs / ".other")])
    try:
        with following(server, app, "0") as stream, server.stream(source="flip.log", from_="start"):
            for number in range(1, 200):
                append(app, str(number))
                expect(stream, str(number))
            append(logs / "new.log", "new")
            server.source_id("new.log")
        assert flipping.poll() is None
    finally:
        flipping.kill()
        flipping.wait()
    assert not re.search("Traceback|failed|cannot be polled", errors_of(server))


@pytest.mark.parametrize(
    "line", [b'{"a":' + b"[" * 5000, b'{"stream":[]}', ENVELOPE[:-2], b"\0" * 100], ids=["deep", "list", "cut", "nulls"]
)
def test_a_line_that_is_almost_an_envelope_disturbs_no_other_log(line: bytes, logs: Path, serve: Serve) -> None:
    (logs / "first.log").write_bytes(line + b"\nafter\n")
    (logs / "later.log").write_bytes(ENVELOPE + b"\n" + line + b"\n")
    append(logs / "other.log", "other")
    server = serve(logs)
    for name, source in {each["name"]: each["id"] for each in server.get("/api/sources").json()}.items():
        for query in ({}, {"level": "error"}, {"q": "e"}, {"since": "2020-01-01"}):
            assert server.get("/api/lines", source=source, start=-5, **query).status_code == 200, (name, query)
        assert server.get("/api/histogram", source=source).status_code == 200
    with following(server, logs / "other.log", "other"):
        pass
    assert "Traceback" not in errors_of(server)


def test_two_lines_without_an_end_are_not_read_over_and_over(logs: Path, serve: Serve) -> None:
    written = [Written(("stdout", "stderr")[number % 2], "x" * PIECE_BYTES, whole=False) for number in range(1900)]
    log = logs / "endless.log"
    log.write_bytes(file_bytes("cri", [Written("stdout", "one"), *written]))
    server = serve(logs)
    before = read_bytes(server)
    for start in (0, 1):
        assert server.get("/api/lines", source=log.name, start=start, count=5).status_code == 200
    assert read_bytes(server) - before < 50 * log.stat().st_size


@pytest.mark.parametrize("kind", ["pipe", "device", "sparse", "name", "control"])
def test_a_hostile_name_of_a_container_costs_nothing(kind: str, logs: Path, serve: Serve) -> None:
    append(logs / "app.log", "one")
    server = serve(logs)
    directory = logs / ("4d5e" * 16)
    directory.mkdir()
    config = directory / "config.v2.json"
    if kind == "pipe":
        os.mkfifo(config)
    elif kind == "device":
        config.symlink_to("/dev/zero")
    elif kind == "sparse":
        config.touch()
        os.truncate(config, 10**12)
    else:
        config.write_bytes(orjson.dumps({"Name": "a" * 100_000 if kind == "name" else HOSTILE_NAME}))
    append(directory / f"{directory.name}-json.log", "two")
    append(logs / "new.log", "new")
    server.source_id("new.log")
    assert server.source_id(directory.name[:12])
    assert peak_bytes(server) < 300 * 1024 * 1024


def test_names_that_are_not_utf8_are_shown_escaped(logs: Path, serve: Serve) -> None:
    inside, outside = logs / "inside", logs / "outside"
    inside.mkdir()
    outside.mkdir()
    target = Path(os.fsdecode(os.fsencode(outside) + b"/x\xff"))
    append(target, "hidden")
    (inside / "evil.log").symlink_to(target)
    becomes_a_pipe = Path(os.fsdecode(os.fsencode(inside) + b"/pipe\xff.log"))
    append(becomes_a_pipe, "one")
    server = serve(inside)
    becomes_a_pipe.unlink()
    os.mkfifo(becomes_a_pipe)

    def reasons() -> dict[str, Any]:
        answer = server.get("/api/sources")
        assert answer.status_code == 200
        return {each["name"].partition(".")[0].removesuffix("\ufffd"): each["reason"] for each in answer.json()}

    until(lambda: reasons().get("pipe"))
    assert reasons()["evil"].startswith(f"symlink to {outside}/x\\xff, outside")
    assert reasons()["pipe"] == f"{inside}/pipe\\xff.log is a pipe, not a regular file"
    assert "evil.log" in errors_of(server)


@pytest.mark.parametrize("form", ["", "text", "json"])
def test_a_name_forges_no_line_of_the_servers_log(form: str, logs: Path, serve: Serve) -> None:
    inside = logs / "inside"
    inside.mkdir()
    append(logs / HOSTILE_NAME, "hidden")
    (inside / HOSTILE_NAME).symlink_to(logs / HOSTILE_NAME)
    (inside / "invalid.log").symlink_to(os.fsdecode(b"/etc/\xff"))
    server = serve(inside, *(("--log-format", form) if form else ()))
    lines = [line for line in errors_of(server).splitlines() if "GET" not in line]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202e]", "".join(lines))
    if form == "json":
        (message,) = [orjson.loads(line)["message"] for line in lines if "title" in line]
        assert HOSTILE_NAME in message
    else:
        assert len(lines) == 1
        assert "link\\x1b]0;title\\x07\\x0alogviewer: forged\\u202e.log is unreadable" in lines[0]


def test_lines_that_look_like_envelopes_are_shown(logs: Path, serve: Serve) -> None:
    deep, shifted = logs / "deep.log", logs / "shifted.log"
    deep.write_text('{"log":' * 10_000 + "\n")
    two = ",".join(f'{{"log":"{text}\\n","stream":"stdout","time":"T"}}' for text in ("a", "long" * 100))
    broken = ['{"log":"b\\n"', '"stream":"stdout","time":"T"}']
    shifted.write_text("\n".join(['{"log":"one\\n","stream":"stdout","time":"T"}', two, *broken, ""]))
    server = serve(deep, shifted)
    with following(server, deep, deep.read_text().rstrip("\n")) as stream:
        append(deep, "last")
        expect(stream, "last")
    with following(server, shifted, "one", two, *broken) as stream:
        append(shifted, "last")
        expect(stream, "last")
