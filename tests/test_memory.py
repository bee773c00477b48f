"""Freed memory goes back to the system."""

import ctypes

import pytest

from logviewer.memory import FreedMemory, _resident_bytes

MIB = 2**20


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="needs glibc")
def test_freed_memory_is_given_back() -> None:
    freed_memory = FreedMemory()
    freed_memory.give_back()
    before = _resident_bytes()
    # Smaller than what has a mapping of its own, with blocks between them that stay.
    blocks = [b"x" * (60_000 if number % 2 else 600) for number in range(4000)]
    taken = _resident_bytes() - before
    kept = blocks[::2]
    blocks.clear()
    freed_memory.give_back()
    assert taken > 100 * MIB
    assert _resident_bytes() - before < taken / 4
    assert len(kept) == 2000
