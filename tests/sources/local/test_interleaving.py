"""Polls, reads and reconnects between any two steps of rotations."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from logviewer.rotation.history import GRACE_SECONDS
from tests.helpers.followed_log import FollowedLog

NOTHING, POLL, READ, RECONNECT = "nothing", "poll", "read", "reconnect"


def shift_in_steps(log: FollowedLog) -> Iterator[None]:
    for number in range(9, 0, -1):
        older = log.beside(f"app.log.{number}")
        if older.exists():
            older.rename(log.beside(f"app.log.{number + 1}"))
            yield


def rotate_in_steps(log: FollowedLog) -> Iterator[None]:
    yield from shift_in_steps(log)
    log.rename("app.log", "app.log.1")
    yield
    log.touch()
    yield


def copytruncate_in_steps(log: FollowedLog) -> Iterator[None]:
    yield from shift_in_steps(log)
    data = log.path.read_bytes()
    with log.beside("app.log.1").open("wb", buffering=0) as copy:
        yield
        copy.write(data[: len(data) // 2])
        yield
        copy.write(data[len(data) // 2 :])
        yield
    log.truncate()
    yield


# The first poll finds the path without a file: two copies, and the renamed file with other bytes.
@example([copytruncate_in_steps, copytruncate_in_steps, rotate_in_steps], [], [NOTHING] * 17 + [POLL])
@settings(max_examples=150)
@given(
    rotations=st.lists(
        st.sampled_from([rotate_in_steps, copytruncate_in_steps, copytruncate_in_steps]), min_size=2, max_size=6
    ),
    lengths=st.lists(st.integers(0, 40), max_size=20),
    events=st.lists(st.sampled_from([NOTHING, NOTHING, POLL, READ, RECONNECT]), min_size=60, max_size=60),
)
def test_a_rotation_seen_at_any_step_loses_and_repeats_nothing(
    rotations: list[Callable[[FollowedLog], Iterator[None]]], lengths: list[int], events: list[str]
) -> None:
    with TemporaryDirectory() as directory:
        log = FollowedLog(Path(directory, "app.log")).open("first")
        texts = log.read()
        written = ["first"]
        coming, length = iter(events), iter(lengths)

        def meanwhile() -> None:
            match next(coming, NOTHING):
                case "poll":
                    log.poll()
                case "read":
                    texts.extend(log.read_event())
                case "reconnect":
                    # Lines copied away while each poll found the file empty reach the reader connected at the next one.
                    texts.extend(log.poll().read())
                    log.reconnect()

        for number, rotation in enumerate(rotations):
            for line in (f"{number} 1 {'x' * next(length, 0)}", f"{number} 2 {'x' * next(length, 0)}"):
                log.append(line)
                written.append(line)
                meanwhile()
            for _ in rotation(log):
                meanwhile()
        log.append("last")
        written.append("last")
        for _ in range(4):
            texts += log.poll(GRACE_SECONDS).read()
        lines = [text for text in texts if not text.startswith("<")]
        assert len(set(lines)) == len(lines)
        assert len(lines) < len(texts) or sorted(lines) == sorted(written)
