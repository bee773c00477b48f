"""Every fault of a followed file, with a server and a reader at its stream.

The rows are those of the fault table in ``reference/tailing.md``; each test names its row.
"""

import os
import random
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.following import (
    event_texts,
    expect,
    expect_in_any_order,
    expect_state,
    expect_state_and_lines,
    following,
    paused,
    source_status,
)
from tests.helpers.log_file import append, append_bytes, copytruncate, recreate, rotate, swap_symlink
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

MIB = 1024 * 1024
GAPS = {"<truncated>", "<rotated>"}
WITHOUT_HINTS = """
import watchfiles
import inotify_simple

async def silent(*_, stop_event, **__):
    await stop_event.wait()
    return
    yield

def refuse(*_, **__):
    raise OSError

watchfiles.awatch = silent
inotify_simple.INotify = refuse

from logviewer.cli import main

main()
"""


QUIET = {"program": (sys.executable, "-c", WITHOUT_HINTS)}


# Files


# The server and its reader


@pytest.fixture(scope="module")
def pool() -> Iterator[tuple[Server, Iterator[Path]]]:
    """A busy server, and the paths that it follows: none exists, each in a directory of its own."""
    directory = Path(tempfile.mkdtemp(prefix="logviewer-test-"))
    directory.chmod(0o755)
    busy, *paths = (directory / str(number) / "app.log" for number in range(100))
    with Server(busy, *paths) as server, following(server, busy):
        yield server, iter(paths)
    shutil.rmtree(directory)


@pytest.fixture
def server(pool: tuple[Server, Iterator[Path]]) -> Server:
    """The server that tests share."""
    return pool[0]


@pytest.fixture
def path(pool: tuple[Server, Iterator[Path]]) -> Path:
    """A path that the shared server follows; its directory is missing."""
    return next(pool[1])


@pytest.fixture
def log(path: Path) -> Path:
    """A log with one line, followed by the shared server."""
    path.parent.mkdir()
    append(path, "one")
    return path


# Row of rename rotation


def test_rename_rotation(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        for number in range(2):
            with paused(server):
                append(log, f"rest {number}")
                rotate(log)
                append(log, f"new {number}")
            expect(stream, f"rest {number}", f"new {number}")


def test_rename_rotation_without_a_new_file_yet(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        rotate(log)
        expect_state(stream, "missing")
        append(log.with_name("app.log.1"), "late")
        expect(stream, "late")
        append(log, "new")
        expect(stream, "new")


# Row of writer still on the old inode


def test_writer_still_on_the_old_inode(log: Path, server: Server) -> None:
    with log.open("a", buffering=1) as writer, following(server, log, "one") as stream:
        rotate(log)
        append(log, "new 1")
        expect(stream, "new 1")
        writer.write("late 1\n")
        expect(stream, "late 1")
        append(log, "new 2")
        expect(stream, "new 2")
        writer.write("late 2\n")
        expect(stream, "late 2")


def test_writer_still_on_the_old_inode_during_a_restart(log: Path, serve: Serve) -> None:
    first = serve(log)
    with following(first, log, "one") as stream:
        rotate(log)
        append(log, "new 1")
        last = expect(stream, "new 1")
    first.stop()
    append(log.with_name("app.log.1"), "late")
    append(log, "new 2")
    with following(serve(log), log, last_event_id=last) as stream:
        expect_in_any_order(stream, "late", "new 2")


# Row of reader behind, unread rest


@pytest.mark.parametrize("end", [os.unlink, rotate], ids=["unlinked", "rotated"])
def test_reader_behind(end: Callable[[Path], object], log: Path, server: Server) -> None:
    # More than the buffers of the sockets between server and reader hold.
    numbers = range(160)
    append(log, *(f"{number} {'x' * (MIB // 4)}" for number in numbers))
    with following(server, log, "one") as stream:
        end(log)
        append(log, "new")
        until(lambda: source_status(server, log)["size"] == len("new\n"), what="a look at the new file")
        for number in numbers:
            (line,) = event_texts(stream.next("lines", "gap"))
            assert line.split()[0] == str(number)
        expect(stream, "new")


# Row of two rotations between polls


@pytest.mark.parametrize(
    "names",
    [["app.log.3", "app.log.2", "app.log.1"], ["app.log-20261118", "app.log-20261119", "app.log-20261120"]],
    ids=["numbers", "dates"],
)
def test_several_rotations_between_polls(names: list[str], log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        with paused(server):
            append(log, "rest")
            for name in names:
                log.rename(log.with_name(name))
                append(log, f"after {name}")
        expect(stream, "rest", *(f"after {name}" for name in names))


@pytest.mark.parametrize("hints", [True, False], ids=["with hints", "without hints"])
@pytest.mark.parametrize("end", [rotate, copytruncate], ids=["renamed", "copied and truncated"])
def test_rotations_faster_than_polls(end: Callable[[Path], object], hints: bool, log: Path, serve: Serve) -> None:
    wanted = [f"{rotation} {number}" for rotation in range(30) for number in range(20)]
    with following(serve(log, **({} if hints else QUIET)), log, "one") as stream:
        for rotation in range(30):
            for number in range(20):
                append(log, f"{rotation} {number}")
            end(log)
        append(log, "end")
        received: list[str] = []
        # Lines copied away before any poll saw them arrive late.
        while len(received) <= len(wanted):
            received += event_texts(stream.next())
    assert sorted(received) == sorted([*wanted, "end"])
    for rotation in range(30):
        assert [each for each in received if each.startswith(f"{rotation} ")] == wanted[
            rotation * 20 : rotation * 20 + 20
        ]


# Row of copytruncate


def test_copytruncate_with_a_visible_copy(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        for number in range(2):
            with paused(server):
                append(log, f"rest {number}")
                copytruncate(log)
                append(log, f"new {number}")
            expect(stream, f"rest {number}", f"new {number}")


def test_copytruncate_twice_between_polls(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        with paused(server):
            for word in ("two", "three"):
                append(log, word)
                copytruncate(log)
            append(log, "new")
        expect(stream, "two", "three", "new")


def test_copytruncate_while_the_server_is_down(log: Path, serve: Serve) -> None:
    first = serve(log)
    with following(first, log) as stream:
        last = expect(stream, "one")
    first.stop()
    append(log, "rest")
    copytruncate(log)
    append(log, "new")
    again = serve(log)
    for _ in range(2):
        with following(again, log, "rest", "new", last_event_id=last):
            pass


def test_copytruncate_without_a_copy_is_a_gap(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        with paused(server):
            os.truncate(log, 0)
            append(log, "new")
        expect(stream, "<truncated>", "new")
        os.truncate(log, 0)
        append(log, "2")
        expect(stream, "<truncated>", "2")


# Row of truncated, then grown past the offset


@pytest.mark.parametrize(
    ("before", "after"),
    [(["two"], ["uno", "duo", "tres"]), (["tick"] * 40, [*["tick"] * 40, "tock"]), (["two"], ["one", "three"])],
    ids=["other lines", "the same lines at the end", "the same lines at the start"],
)
def test_truncated_then_grown_past_the_offset(before: list[str], after: list[str], log: Path, server: Server) -> None:
    append(log, *before)
    with following(server, log, "one", *before) as stream:
        with paused(server):
            log.write_text("\n".join(["uno" if len(before) > 1 else "one", *after, ""]))
        expect(stream, "<truncated>", "uno" if len(before) > 1 else "one", *after)


# Row of inode reuse


def test_inode_reuse_while_the_server_looks_elsewhere(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        for number in range(2):
            with paused(server):
                recreate(log)
                append(log, f"new {number}")
            expect(stream, f"new {number}")


def test_inode_reuse_while_the_server_is_down(log: Path, serve: Serve) -> None:
    first = serve(log)
    with following(first, log) as stream:
        last = expect(stream, "one")
    first.stop()
    recreate(log)
    append(log, "uno", "duo")
    with following(serve(log), log, last_event_id=last) as stream:
        gap, *lines = event_texts(stream.next("gap")) + event_texts(stream.next("lines"))
    assert gap in GAPS
    assert lines == ["uno", "duo"]


# Row of head too short or equal in two files


def test_head_equal_in_two_files(log: Path, serve: Serve) -> None:
    first = serve(log)
    with following(first, log) as stream:
        last = expect(stream, "one")
    first.stop()
    rotate(log)
    append(log, "one", "two")
    with following(serve(log), log, "one", "two", last_event_id=last):
        pass


# Row of cursor beyond the file's end


def test_cursor_beyond_the_end(log: Path, serve: Serve) -> None:
    append(log, "two", "three")
    first = serve(log)
    with following(first, log) as stream:
        last = expect(stream, "one", "two", "three")
    first.stop()
    log.write_text("one\n")
    with following(serve(log), log, "<truncated>", "one", last_event_id=last) as stream:
        append(log, "two")
        expect(stream, "two")


# Row of missing, deleted, created again


def test_missing_at_start(path: Path, server: Server) -> None:
    path.parent.mkdir()
    with following(server, path, from_="end") as stream:
        expect_state(stream, "missing")
        append(path, "first")
        expect(stream, "first")


def test_directory_missing_at_start(path: Path, server: Server) -> None:
    with following(server, path, from_="end") as stream:
        expect_state(stream, "missing")
        path.parent.mkdir()
        append(path, "first")
        expect(stream, "first")


def test_deleted_and_created_again(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        for number in range(2):
            log.unlink()
            expect_state(stream, "missing")
            append(log, f"new {number}")
            expect(stream, f"new {number}")


def test_deleted_and_created_again_between_polls(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        for number in range(2):
            with paused(server):
                append(log, f"rest {number}")
                recreate(log)
                append(log, f"new {number}")
            expect(stream, f"rest {number}", f"new {number}")


def test_directory_removed_and_created_again(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        shutil.rmtree(log.parent)
        expect_state(stream, "missing")
        log.parent.mkdir()
        append(log, "two")
        expect(stream, "two")
        with paused(server):
            shutil.rmtree(log.parent)
            log.parent.mkdir()
            append(log, "three")
        expect(stream, "three")
        append(log, "four")
        expect(stream, "four")


# Row of symlink swapped


def test_symlink_swapped_and_swapped_back(path: Path, server: Server) -> None:
    a, b = path.parent / "a" / "0.log", path.parent / "b" / "0.log"
    for target, line in ((a, "a 1"), (b, "b 1")):
        target.parent.mkdir(parents=True)
        append(target, line)
    swap_symlink(path, a)
    with following(server, path, "a 1") as stream:
        append(a, "a 2")
        swap_symlink(path, b)
        expect(stream, "a 2", "b 1")
        append(b, "b 2")
        expect(stream, "b 2")
        swap_symlink(path, a)
        append(a, "a 3")
        expect(stream, "a 3")
        swap_symlink(path, b)
        append(b, "b 3")
        expect(stream, "b 3")


def test_symlink_swapped_faster_than_polls(path: Path, server: Server) -> None:
    path.parent.mkdir()
    swap_symlink(path, path.with_name("target 0"))
    append(path, "begin")
    target = 0
    with following(server, path, "begin") as stream:
        for number in range(30):
            target = (target + random.Random(number).randint(1, 3)) % 4
            swap_symlink(path, path.with_name(f"target {target}"))
            append(path, f"line {number}")
            expect(stream, f"line {number}")


def test_symlink_of_kubernetes(path: Path, server: Server) -> None:
    pod = path.parent / "pod" / "0.log"
    pod.parent.mkdir(parents=True)
    append(pod, "one")
    path.symlink_to(pod)
    with following(server, path, "one") as stream:
        for number in range(2):
            with paused(server):
                append(pod, f"rest {number}")
                pod.rename(pod.with_name(f"0.log.2026112{number}-101010"))
                append(pod, f"new {number}")
            expect(stream, f"rest {number}", f"new {number}")


# Row of permission taken, given back


def test_permission_missing_at_start(log: Path, serve: Serve) -> None:
    log.chmod(0o000)
    server = serve(log)
    assert source_status(server, log)["state"] == "unreadable"
    with following(server, log) as stream:
        expect_state(stream, "unreadable")
        log.chmod(0o644)
        expect(stream, "one")
        append(log, "two")
        expect(stream, "two")


def test_permission_removed_and_restored(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        log.chmod(0o000)
        append(log, "two")
        expect_state_and_lines(stream, "unreadable", "two")
        log.chmod(0o644)
        append(log, "three")
        expect_state_and_lines(stream, "open", "three")


def test_permission_missing_on_the_file_after_a_rotation(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        with paused(server):
            append(log, "rest")
            rotate(log)
            append(log, "new")
            log.chmod(0o000)
        expect_state_and_lines(stream, "unreadable", "rest")
        log.chmod(0o644)
        expect(stream, "new")


def test_permission_missing_when_a_reader_reconnects(log: Path, serve: Serve) -> None:
    first = serve(log)
    with following(first, log) as stream:
        last = expect(stream, "one")
    first.stop()
    append(log, "two")
    log.chmod(0o000)
    with following(serve(log), log, last_event_id=last) as stream:
        expect_state(stream, "unreadable")
        log.chmod(0o644)
        expect(stream, "two")


@pytest.fixture
def apart(logs: Path) -> Path:
    """A log with one line that the shared server does not follow."""
    log = logs / "shut" / "app" / "app.log"
    log.parent.mkdir(parents=True)
    append(log, "one")
    return log


@pytest.fixture
def elsewhere(logs: Path) -> Path:
    """An empty directory to follow beside that log."""
    directory = logs / "elsewhere"
    directory.mkdir()
    return directory


def looks_for_new_logs(server: Server, elsewhere: Path) -> None:
    """Wait until the server finds a new log: then it has polled all its paths."""
    append(elsewhere / "later.log", "one")
    until(lambda: "later.log" in server.get("/api/sources").text, what="a new log")


@pytest.mark.parametrize("above", [0, 1], ids=["its own", "the one above"])
def test_permission_of_a_directory_removed_and_restored(above: int, apart: Path, elsewhere: Path, serve: Serve) -> None:
    server, directory = serve(apart, elsewhere), apart.parents[above]
    with following(server, apart, "one") as stream:
        directory.chmod(0o000)
        expect_state(stream, "unreadable")
        looks_for_new_logs(server, elsewhere)
        directory.chmod(0o755)
        expect_state(stream, "open")
        append(apart, "two")
        expect(stream, "two")


@pytest.mark.parametrize("above", [0, 1], ids=["its own", "the one above"])
def test_permission_of_a_directory_missing_at_start(above: int, apart: Path, serve: Serve) -> None:
    apart.parents[above].chmod(0o000)
    with following(serve(apart), apart) as stream:
        expect_state(stream, "unreadable")
        apart.parents[above].chmod(0o755)
        expect(stream, "one")


# Row of replaced before the watch is armed


def test_replaced_before_the_watch_is_armed(log: Path, server: Server) -> None:
    for number in range(10):
        with following(server, log, from_="end") as stream:
            rotate(log)
            append(log, f"line {number}")
            expect(stream, f"line {number}")


# Row of event queue overflow, watch limit, NFS, overlay, bind mounts


def test_event_queue_overflow(log: Path, server: Server) -> None:
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    other = log.with_name("other")
    with following(server, log, "one") as stream:
        with paused(server):
            for _ in range(most // 3 + 100):
                other.touch()
                other.unlink()
            append(log, "two")
        expect(stream, "two")
        append(log, "three")
        expect(stream, "three")


def test_no_events_at_all(log: Path, serve: Serve) -> None:
    with following(server := serve(log, **QUIET), log, "one") as stream:
        append(log, "two")
        expect(stream, "two")
        rotate(log)
        append(log, "three")
        expect(stream, "three")
        log.unlink()
        expect_state(stream, "missing")
        append(log, "four")
        expect(stream, "four")
        with paused(server):
            append(log, "rest")
            copytruncate(log)
            append(log, "five")
        expect(stream, "rest", "five")
        os.truncate(log, 0)
        append(log, "six")
        expect(stream, "<truncated>", "six")


# Row of partial last line


def test_partial_last_line_is_held_and_completed_once(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        append(log, "par", end="")
        with following(server, log, "one") as another:
            append(log, "ti", end="")
            append(log, "al")
            expect(another, "partial")
        expect(stream, "partial")


def test_partial_last_line_across_a_restart(log: Path, serve: Serve) -> None:
    first = serve(log)
    with following(first, log) as stream:
        append(log, "two\npar", end="")
        last = expect(stream, "one", "two")
    first.stop()
    append(log, "tial")
    with following(serve(log), log, "partial", last_event_id=last) as stream:
        append(log, "three")
        expect(stream, "three")


def test_partial_last_line_is_emitted_after_the_grace_period(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        append(log, "never finished", end="")
        rotate(log)
        append(log, "new")
        expect(stream, "new", "never finished...")
        append(log, "newer")
        expect(stream, "newer")


# Row of split, invalid or foreign encoding


def test_characters_split_at_chunk_borders(log: Path, server: Server) -> None:
    lines = ["é" * 3000, "€" * 2001, "😀" * 1111] * 60
    with following(server, log, "one") as stream:
        append(log, *lines, "é" * (MIB // 3))
        expect(stream, *lines, "é" * (MIB // 3))


def test_a_character_written_byte_by_byte(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        for byte in "tw😀\nthree\n".encode():
            append_bytes(log, bytes([byte]))
        expect(stream, "tw😀", "three")


def test_invalid_encoding(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        append_bytes(log, b"caf\xe9\n\xff\xfe\n\xe2\x82\n\xed\xa0\x80\nnul\0nul\n")
        expect(stream, "caf\ufffd", "\ufffd\ufffd", "\ufffd", "\ufffd\ufffd\ufffd", "nul\0nul")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_foreign_encoding(codec: str, path: Path, server: Server) -> None:
    path.parent.mkdir()
    append_bytes(path, "\ufeffone\r\n".encode(codec))
    with following(server, path, "one") as stream:
        append_bytes(path, "two\n\u0a00\u0a0a\n😀\nth".encode(codec))
        expect(stream, "two", "\u0a00\u0a0a", "😀")
        for byte in "ree\n".encode(codec):
            append_bytes(path, bytes([byte]))
        expect(stream, "three")


def test_carriage_returns(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        append_bytes(log, b"two\r\n10%\r20%\r100%\n\r\n\rthree\n")
        expect(stream, "two", "10%\r20%\r100%", "", "\rthree")


# Row of huge line


def test_huge_line(log: Path, server: Server) -> None:
    length = 100_000_000
    with following(server, log, "one") as stream:
        before = peak_memory(server)
        append(log, "x" * length, "after")
        event = stream.next("lines", "gap")
        assert event.data["lines"] == ["x" * MIB]
        assert event.data["cut"] == [[0, length]]
        expect(stream, "after")
        assert peak_memory(server) - before < 64 * MIB


def peak_memory(server: Server) -> int:
    """Return the peak of the server's resident memory, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


# Row of NUL hole after copytruncate


def test_nul_hole_after_copytruncate(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream, log.open("r+b", buffering=0) as writer:
        writer.seek(1 << 30)
        writer.write(b"\ntwo\n")
        expect(stream, "", "two")
        with paused(server):
            writer.write(b"three\n")
            os.truncate(log, 0)
            writer.write(b"four\n")
        expect(stream, "<truncated>", "four")
        writer.write(b"five\n")
        expect(stream, "five")


def test_nul_hole_after_copytruncate_with_a_visible_copy(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream, log.open("r+b", buffering=0) as writer:
        writer.seek(0, os.SEEK_END)
        with paused(server):
            writer.write(b"two\n")
            copytruncate(log)
            writer.write(b"three\n")
        expect(stream, "two", "three")
        with paused(server):
            writer.write(b"four\n")
            copytruncate(log)
            writer.write(b"five\n")
        expect(stream, "four", "five")


# Row of not a regular file


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("/dev/zero"), lambda path: path.symlink_to(path.name)],
    ids=["pipe", "directory", "device", "symlink to itself"],
)
def test_file_replaced_by_another_kind_of_file(make: Callable[[Path], None], log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        append(log, "rest")
        log.rename(log.with_name("app.log.1"))
        make(log)
        expect_state_and_lines(stream, "unreadable", "rest")
        assert source_status(server, log)["state"] == "unreadable"
        log.rmdir() if stat.S_ISDIR(log.lstat().st_mode) else log.unlink()
        append(log, "new")
        expect(stream, "new")


def test_file_replaced_by_a_directory_for_a_while(apart: Path, elsewhere: Path, serve: Serve) -> None:
    server = serve(apart, elsewhere)
    with following(server, apart, "one") as stream:
        apart.unlink()
        apart.mkdir()
        expect_state(stream, "unreadable")
        looks_for_new_logs(server, elsewhere)
        apart.rmdir()
        append(apart, "new")
        expect(stream, "new")


# Row of many files


def test_many_files(logs: Path, serve: Serve) -> None:
    chance = random.Random(1)
    names = [f"{number}.log" for number in range(300)]
    for name in names:
        append(logs / name, "0")
    server = serve(logs)
    ids = {source["id"]: source["name"] for source in server.get("/api/sources").json()}
    written = {name: ["0"] for name in names}
    received: dict[str, list[str]] = {name: [] for name in names}
    with server.stream(source=list(ids), from_="start") as stream:
        for number in range(3000):
            name = chance.choice(names)
            append(logs / name, str(number))
            written[name].append(str(number))
        while sum(len(lines) for lines in received.values()) < 3000 + len(names):
            event = stream.next("lines", "gap")
            assert event.name == "lines"
            received[ids[event.data["source"]]] += event.data["lines"]
    assert received == written


# Row of clock skew


def test_clock_skew(log: Path, server: Server) -> None:
    with following(server, log, "one") as stream:
        for time in (0, 2**33, 1):
            append(log, f"at {time}")
            os.utime(log, (time, time))
            expect(stream, f"at {time}")
        with paused(server):
            rotate(log)
            append(log, "two")
            os.utime(rotate(log), (1, 1))
            append(log, "three")
            os.utime(log, (0, 0))
        expect(stream, "two", "three")
