"""Programs that rotate logs, and writers that rotate their own: every line arrives once."""

import logging.handlers
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.helpers.following import read_until
from tests.helpers.programs import require
from tests.helpers.server import Server

Serve = Callable[..., Server]

START = datetime(2026, 11, 26, tzinfo=UTC)
ROUNDS = 5
LINES = 40


def follow_rounds(
    log: Path, serve: Serve, write: Callable[[str], None], rotate: Callable[[], None], *, times: int
) -> None:
    """Write and rotate in rounds, with a reader that comes back by its cursor, the last time to another server."""
    log.touch()
    written: list[str] = []
    received: list[str] = []
    last: str | None = None
    server = serve(log)
    for number in range(ROUNDS):
        if number == ROUNDS - 1:
            server.process.kill()
        for _ in range(times):
            for _ in range(LINES):
                written.append(f"{START + timedelta(seconds=len(written)):%F %T} line {len(written)}")
                write(written[-1])
            rotate()
        written.append(f"{START + timedelta(seconds=len(written)):%F %T} line {len(written)}")
        write(written[-1])
        if number == ROUNDS - 1:
            server = serve(log)
        last = read_until(server, server.source_id(log.name), last, received, written[-1])
    assert received == written


# logrotate

CONFIGURATIONS = {
    "create": "create",
    "nocreate": "nocreate",
    "copytruncate": "copytruncate",
    "dateext": "dateext\ndateformat -%Y%m%d-%s",
    "dateext, extension": "dateext\ndateformat -%Y%m%d-%s\nextension .log",
    "dateext, copytruncate": "copytruncate\ndateext\ndateformat .%s",
    "extension": "create\nextension .log",
    "start 0": "create\nstart 0",
    "olddir": "create\nolddir old\ncreateolddir 755 root root",
    "notifempty, hidden state": "create\nnotifempty\nmissingok",
    "compress": "create\ncompress",
    "delaycompress": "create\ncompress\ndelaycompress",
    "compress, copytruncate": "copytruncate\ncompress",
    "compress, dateext": "dateext\ndateformat -%Y%m%d-%s\ncompress",
    "delaycompress, dateext, extension": "dateext\ndateformat -%Y%m%d-%s\nextension .log\ncompress\ndelaycompress",
    "compress, olddir": "create\ncompress\nolddir old\ncreateolddir 755 root root",
    "compress by zstd": "create\ncompress\ncompresscmd /usr/bin/zstd\ncompressoptions --rm -q\ncompressext .zst",
    "compress by xz": "create\ncompress\ncompresscmd /usr/bin/xz\ncompressext .xz",
}


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice between reads"])
@pytest.mark.parametrize("options", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_logrotate(logs: Path, serve: Serve, options: str, times: int) -> None:
    require("logrotate", "gzip", "xz", "zstd")
    log = logs / "app.log"
    configuration = logs.parent / f"{logs.name}.conf"
    lines = options.replace("olddir old", f"olddir {logs}/old")
    configuration.write_text(f"{log} {{\nrotate 99\n{lines}\n}}\n")
    configuration.chmod(0o644)
    names = iter(range(10**6))
    stamps: list[str] = []

    def write(line: str) -> None:
        with log.open("a") as file:
            file.write(f"{line}\n")

    def rotate() -> None:
        state = logs.parent / f"{logs.name}.state"
        words = ["logrotate", "-f", "-s", str(state), str(configuration)]
        # Seconds in names must differ, however fast the test is.
        environment = {**os.environ, "LC_ALL": "C"}
        subprocess.run(words, check=True, env=environment, capture_output=True)
        if "%s" in options:
            stamps.append(f"{1795000000 + next(names)}")
            for path in logs.rglob("app*[0-9]*"):
                if not any(stamp in path.name for stamp in stamps):
                    path.rename(path.with_name(re.sub(r"\d{10}(?!\d)", stamps[-1], path.name)))

    try:
        follow_rounds(log, serve, write, rotate, times=times)
    finally:
        configuration.unlink()


# svlogd


def test_svlogd_at_full_speed(logs: Path, serve: Serve) -> None:
    require("svlogd")
    (logs / "config").write_text("s4000\nn200\n")
    lines = [f"short line {number}" for number in range(8000)]
    (logs / "current").touch()
    server = serve(logs / "current")
    received: list[str] = []
    with subprocess.Popen(["svlogd", str(logs)], stdin=subprocess.PIPE, text=True) as writer:
        assert writer.stdin
        writer.stdin.write("".join(f"{line}\n" for line in lines))
        writer.stdin.close()
    read_until(server, server.source_id("current"), None, received, lines[-1])
    assert received == lines


# Writers that rotate their own logs


def name_before_extension(default: str) -> str:
    """As a namer of Python's handlers: app.log.1 becomes app.1.log."""
    stem, _, number = default.rpartition(".log.")
    return f"{stem}.{number}.log"


@pytest.mark.parametrize("namer", [None, name_before_extension], ids=["numbers", "a namer"])
def test_rotating_handler_of_python(logs: Path, serve: Serve, namer: Callable[[str], str] | None) -> None:
    log = logs / "app.log"
    handler = logging.handlers.RotatingFileHandler(log, maxBytes=10**9, backupCount=99)
    handler.namer = namer
    try:
        follow_rounds(
            log,
            serve,
            lambda line: handler.emit(logging.makeLogRecord({"msg": line})),
            handler.doRollover,
            times=2,
        )
    finally:
        handler.close()


def rename_upwards(pattern: str) -> Callable[[Path], None]:
    """As log4j2 with ``fileIndex="max"``: the newest rotated file has the highest number."""

    def rotate(log: Path) -> None:
        number = 1
        while log.with_name(pattern.format(number)).exists():
            number += 1
        log.rename(log.with_name(pattern.format(number)))

    return rotate


def rename_by_day(pattern: str) -> Callable[[Path], None]:
    days: Iterator[int] = iter(range(1000))

    def rotate(log: Path) -> None:
        day = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=next(days))
        log.rename(log.with_name(day.strftime(pattern)))

    return rotate


WRITERS: dict[str, Callable[[], Callable[[Path], None]]] = {
    "log4j2, ascending": lambda: rename_upwards("app.log.{}"),
    "log4j2, ascending before the extension": lambda: rename_upwards("app-{}.log"),
    "NLog, ascending": lambda: rename_upwards("app.{}.log"),
    "NLog, by date and number": lambda: rename_by_day("app.%Y-%m-%d.0.log"),
    "log4j2, by month first": lambda: rename_by_day("app-%m-%d-%Y-1.log"),
    "lumberjack": lambda: rename_by_day("app-%Y-%m-%dT%H-%M-%S.000.log"),
    "pm2": lambda: rename_by_day("app__%Y-%m-%d_%H-%M-%S.log"),
    "log4net": lambda: rename_by_day("app.log%Y%m%d"),
}


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("rotate", WRITERS.values(), ids=WRITERS)
def test_writer_that_renames(
    logs: Path, serve: Serve, rotate: Callable[[], Callable[[Path], None]], times: int
) -> None:
    log = logs / "app.log"
    rename = rotate()

    def write(line: str) -> None:
        with log.open("a") as file:
            file.write(f"{line}\n")

    follow_rounds(log, serve, write, lambda: rename(log), times=times)
