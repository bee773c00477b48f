"""The shared log: messages of several processes have one order, and none is lost while there is room."""

import subprocess
import sys

import pytest

from logviewer.workers.shared_log import MAX_ENTRY_BYTES, SharedLog

# In a process of its own: a fork of one with threads would warn.
FOUR_WRITERS = """
import os
from logviewer.workers.shared_log import SharedLog
notes = SharedLog(10_000)
writers = []
for writer in range(4):
    if not (pid := os.fork()):
        for number in range(1000):
            notes.write(f"{writer} {number}")
            notes.read()
        os._exit(0)
    writers.append(pid)
found = []
while writers:
    writers = [pid for pid in writers if not os.waitpid(pid, os.WNOHANG)[0]]
    found += notes.read()
found += notes.read()
assert [[note for note in found if note[0] == str(writer)] for writer in range(4)] == [
    [f"{writer} {number}" for number in range(1000)] for writer in range(4)
]
"""


def test_concurrent_writers_lose_nothing() -> None:
    subprocess.run([sys.executable, "-c", FOUR_WRITERS], check=True, timeout=60)


def test_a_message_is_read_once() -> None:
    notes = SharedLog()
    notes.write("one")
    notes.write("zwölf")
    assert [notes.read(), notes.read()] == [["one", "zwölf"], []]


def test_the_latest_messages_are_kept() -> None:
    notes = SharedLog(3)
    for number in range(5):
        notes.write(str(number))
    assert notes.read() == ["2", "3", "4"]


def test_a_long_message_is_refused() -> None:
    notes = SharedLog()
    notes.write("x" * MAX_ENTRY_BYTES)
    with pytest.raises(ValueError, match="too long"):
        notes.write("x" * (MAX_ENTRY_BYTES + 1))
    assert notes.read() == ["x" * MAX_ENTRY_BYTES]
