"""Faults of the machine, with a server and a reader at its stream: reported, retried, and over after the fault.

A test is skipped with a reason where the fault needs rights that the tests lack.
"""

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.helpers.following import expect, expect_state, expect_state_and_lines, following, paused, source_status
from tests.helpers.log_file import append, copytruncate, recreate, rotate, swap_symlink
from tests.helpers.repository import REPOSITORY
from tests.helpers.server import Event, Server, until

Serve = Callable[..., Server]

EIO = "Input/output error"
# Reads of a file fail while a file with the suffix ".bad" is there, which gets a byte for each failure.
FAILING_DISK = """
import errno, os
read = os.pread

def pread(fd, size, offset):
    try:
        bad = os.open(os.readlink(f"/proc/self/fd/{fd}") + ".bad", os.O_WRONLY | os.O_APPEND)
    except OSError:
        return read(fd, size, offset)
    os.write(bad, b".")
    os.close(bad)
    raise OSError(errno.EIO, os.strerror(errno.EIO))

os.pread = pread

from logviewer.cli import main

main()
"""
# Each call returns a time in another century.
JUMPING_CLOCK = """
import itertools, time
start, jumps = time.time(), itertools.cycle([0, 3e9, -1e9, 1e9])
time.time = lambda: start + next(jumps)
time.time_ns = lambda: int(time.time() * 1e9)

from logviewer.cli import main

main()
"""


@pytest.fixture(scope="module")
def pool() -> Iterator[tuple[Server, Iterator[Path]]]:
    """A server whose reads fail after ``spoil``, and the paths that it follows, each in its own directory."""
    directory = Path(tempfile.mkdtemp(prefix="logviewer-test-"))
    directory.chmod(0o755)
    paths = [directory / str(number) / "app.log" for number in range(20)]
    with Server(*paths, program=(sys.executable, "-c", FAILING_DISK)) as server:
        yield server, iter(paths)
    shutil.rmtree(directory)


@pytest.fixture
def shared(pool: tuple[Server, Iterator[Path]]) -> Server:
    """The server that tests share."""
    return pool[0]


@pytest.fixture
def log(pool: tuple[Server, Iterator[Path]]) -> Path:
    """A log with one line, followed by the shared server."""
    path = next(pool[1])
    path.parent.mkdir()
    append(path, "one")
    return path


def spoil(path: Path) -> Path:
    """Let reads of the file fail until the returned file is deleted, which gets a byte for each failure."""
    flag = path.with_name(f"{path.name}.bad")
    flag.touch()
    flag.chmod(0o666)
    return flag


def reason(server: Server, log: Path) -> str | None:
    """Return the log's ``reason`` in ``/api/sources``."""
    found: str | None = source_status(server, log)["reason"]
    return found


# EIO


def test_a_failing_disk_is_a_state_and_recovers(log: Path, shared: Server) -> None:
    with following(shared, log, "one") as stream:
        bad = spoil(log)
        append(log, "two")
        expect_state(stream, "unreadable")
        assert reason(shared, log) == EIO
        bad.unlink()
        expect_state_and_lines(stream, "open", "two")
        assert reason(shared, log) is None


def test_a_failing_disk_is_read_once_a_poll(log: Path, shared: Server) -> None:
    with following(shared, log, "one") as stream:
        bad = spoil(log)
        append(log, "two")
        expect_state(stream, "unreadable")
        before, since = bad.stat().st_size, time.monotonic()
        until(lambda: bad.stat().st_size >= before + 6, what="some tries")
        # Source and reader try a few times a poll; a loop without a pause would try thousands of times.
        assert time.monotonic() - since > 0.2


@pytest.fixture
def long(log: Path) -> list[str]:
    """Fill the log beyond the buffers of the sockets; return the first words of its lines."""
    append(log, *(f"{number} {'x' * (1024 * 256)}" for number in range(160)))
    return ["one", *map(str, range(160))]


def test_a_disk_that_fails_amid_a_read_loses_nothing(log: Path, long: list[str], shared: Server) -> None:
    with shared.stream(source=source_status(shared, log)["id"], from_="start") as stream:
        received = first_words(stream.next("lines"))
        bad = spoil(log)
        while (event := stream.next("lines", "gap", "source")).name != "source":
            received += first_words(event)
        assert event.data["state"] == "unreadable"
        bad.unlink()
        while len(received) < len(long):
            received += first_words(stream.next("lines", "gap"))
    assert received == long


def test_a_non_following_reader_of_a_failing_disk_gets_a_gap(log: Path, long: list[str], shared: Server) -> None:
    with shared.stream(source=source_status(shared, log)["id"], from_="start", follow="false") as stream:
        received = first_words(stream.next("lines"))
        spoil(log)
        while (event := stream.next("lines", "gap", "end")).name == "lines":
            received += first_words(event)
        assert event.data["reason"] == "lost"
        assert stream.next("gap", "end").data == {"reason": "complete"}
    assert received == long[: len(received)]


def first_words(event: Event) -> list[str]:
    return [line.split()[0] for line in event.data["lines"]]


def test_a_new_reader_of_a_failing_disk_gets_503(log: Path, shared: Server) -> None:
    # The state is published before the first read; a counted line has been read.
    until(lambda: source_status(shared, log)["lines"] == 1, what="the first line")
    bad = spoil(log)
    answer = shared.get("/api/stream", source=source_status(shared, log)["id"], from_=-1, follow="false")
    assert (answer.status_code, answer.headers["retry-after"], EIO in answer.json()["detail"]) == (503, "1", True)
    until(lambda: reason(shared, log) == EIO, what="the state")
    bad.unlink()
    until(lambda: reason(shared, log) is None, what="the state")


def test_a_reader_that_reconnects_waits_for_a_failing_disk(log: Path, shared: Server) -> None:
    append(log, "two")
    with following(shared, log) as stream:
        last = expect(stream, "one", "two")
    bad = spoil(log)
    with following(shared, log, last_event_id=last) as stream:
        expect_state(stream, "unreadable")
        append(log, "three")
        bad.unlink()
        expect_state_and_lines(stream, "open", "three")


def test_an_unreadable_rotated_file_does_not_delay_the_new_one(log: Path, shared: Server) -> None:
    with following(shared, log, "one") as stream:
        with paused(shared):
            append(log, "rest")
            bad = spoil(rotate(log))
            append(log, "new")
        expect_state_and_lines(stream, "unreadable", "new")
        assert reason(shared, log) == EIO
        bad.unlink()
        expect_state_and_lines(stream, "open", "rest")


def test_an_unreadable_file_of_proc(log: Path, serve: Serve) -> None:
    link = log.with_name("link.log")
    link.symlink_to("/proc/self/mem")
    server = serve("--follow-symlinks", link)
    assert source_status(server, link)["state"] == "unreadable"
    assert reason(server, link) == EIO
    with following(server, link) as stream:
        expect_state(stream, "unreadable")
        swap_symlink(link, log)
        expect(stream, "one")


# Descriptors


@contextmanager
def no_descriptor_left(server: Server) -> Iterator[None]:
    """Leave the server no descriptor to open a file with."""
    pid = server.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = {int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir()}
    free = next(number for number in range(len(used) + 1) if number not in used)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("end", [rotate, copytruncate], ids=["renamed", "copied and truncated"])
def test_a_new_file_without_a_descriptor_waits(end: Callable[[Path], object], log: Path, serve: Serve) -> None:
    append(log.with_name("app.log.1"), "old")
    server = serve(log)
    with following(server, log, "old", "one") as stream:
        assert reason(server, log) is None, "and that connection is kept"
        for number in range(2):
            with no_descriptor_left(server):
                with paused(server):
                    append(log, f"rest {number}")
                    end(log)
                    append(log, f"new {number}")
                seen = [f"rest {number}"] if end is rotate else []
                expect_state_and_lines(stream, "unreadable", *seen)
                assert reason(server, log) == "Too many open files"
            rest = [f"rest {number}"] if end is copytruncate else []
            expect_state_and_lines(stream, "open", *rest, f"new {number}")


# Directories


def test_an_unlistable_directory_does_not_delay_the_new_file(log: Path, serve: Serve) -> None:
    append(log.with_name("app.log.1"), "old")
    server = serve(log)
    with following(server, log, "old", "one") as stream:
        log.parent.chmod(0o311)
        rotate(log)
        append(log, "two")
        expect(stream, "two")
        log.parent.chmod(0o755)
        with paused(server):
            append(log, "rest")
            recreate(log)
            append(log, "three")
        expect(stream, "rest", "three")


def test_a_directory_unlistable_at_the_start(log: Path, serve: Serve) -> None:
    append(log.with_name("app.log.1"), "old")
    log.parent.chmod(0o311)
    with following(serve(log), log, "one") as stream:
        log.parent.chmod(0o755)
        for end in (recreate, rotate):
            end(log)
            append(log, f"after {end.__name__}")
            expect(stream, f"after {end.__name__}")


def test_a_directory_renamed_away_and_back(log: Path, shared: Server) -> None:
    with following(shared, log, "one") as stream:
        away = log.parent.rename(log.parent.with_name("away"))
        expect_state(stream, "missing")
        append(away / log.name, "meanwhile")
        expect(stream, "meanwhile")
        away.rename(log.parent)
        expect_state(stream, "open")
        append(log, "back")
        expect(stream, "back")


@contextmanager
def mounted(directory: Path) -> Iterator[None]:
    """Mount a file system at this directory."""
    done = subprocess.run(["mount", "-t", "tmpfs", "none", directory], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this test needs to mount a file system")
    directory.chmod(0o755)
    try:
        yield
    finally:
        # Lazily, although files are open, as a network file system disappears.
        subprocess.run(["umount", "--lazy", directory], check=True)


def test_a_directory_unmounted_and_mounted_again(log: Path, shared: Server) -> None:
    log.unlink()
    with ExitStack() as stack:
        with mounted(log.parent):
            append(log, "one")
            stream = stack.enter_context(following(shared, log, "one"))
        expect_state(stream, "missing")
        with mounted(log.parent):
            append(log, "two")
            expect(stream, "two")
        expect_state(stream, "missing")


# A full disk


def test_standard_input_waits_for_disk_space(serve: Serve, tmp_path: Path) -> None:
    server = serve("-", stdin=subprocess.PIPE, env={"TMPDIR": str(tmp_path)})
    pid, pipe = server.process.pid, server.process.stdin
    assert pipe
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
    with server.stream(source="stdin", from_="start") as stream:
        pipe.write("one\ntwo\nthree\nfour\n")
        pipe.flush()
        expect_state_and_lines(stream, "unreadable", "one", "two")
        (source,) = server.get("/api/sources").json()
        assert source["reason"] == "cannot store standard input: File too large"
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        expect_state_and_lines(stream, "open", "three", "four")
        pipe.write("five\n")
        pipe.close()
        expect(stream, "five")
        assert stream.next("end").data == {"reason": "complete"}


# A clock that jumps


def test_a_jumping_clock_changes_nothing(log: Path, serve: Serve) -> None:
    server = serve(log, program=(sys.executable, "-c", JUMPING_CLOCK))
    with following(server, log, "one") as stream:
        for number in range(2):
            with paused(server):
                append(log, f"rest {number}")
                rotate(log)
                append(log, f"new {number}")
            expect(stream, f"rest {number}", f"new {number}")
        append(log.with_name("app.log.1"), "late")
        expect(stream, "late")
        log.unlink()
        expect_state(stream, "missing")
    assert server.stop() == 0


def test_only_dates_and_the_age_of_stored_files_use_the_clock() -> None:
    package = REPOSITORY / "logviewer"
    names = {path.name for path in package.rglob("*.py") if "time.time()" in path.read_text()}
    of_dates = {"parameters.py", "pages.py", "time_learner.py", "file_evidence.py"}
    of_invitations = {"authority.py", "hosts_cli.py"}
    assert names == {*of_dates, *of_invitations, "sessions.py", "own_directory.py", "file_formats.py"}
