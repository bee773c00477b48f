"""The directory and the typical lines that benches write."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

_BLOCK = 16 * 1024 * 1024
_WORDS = (
    "payment",
    "order",
    "cart",
    "user",
    "session",
    "timeout",
    "retry",
    "cache",
    "index",
    "replica",
    "queue",
    "shard",
)


@contextmanager
def room(size: int = 0, *, on_disk: bool = False) -> Iterator[Path]:
    """Yield a public directory with room for ``size`` bytes, and delete it afterwards.

    It is in memory where possible, unless ``on_disk``: the server reads new lines differently there.
    """
    shared = Path("/dev/shm")  # noqa: S108 (a private directory is made in it)
    in_memory = not on_disk and shared.is_dir() and shutil.disk_usage(shared).free > size + 2**30
    directory = Path(tempfile.mkdtemp(prefix="logviewer-bench-", dir=shared if in_memory else None))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


def write(path: Path, size: int, *, foreign: bool = False) -> int:
    """Write about ``size`` bytes of typical lines, the same block again and again; return the count of lines."""
    count = 0
    with path.open("wb") as file:
        for block in blocks(size, min(size, _BLOCK), foreign=foreign):
            file.write(block)
            count += block.count(b"\n")
    return count


def blocks(size: int, piece: int, *, foreign: bool = False) -> Iterator[bytes]:
    """Yield ``size`` bytes in equal blocks of whole lines; with ``foreign``, one line in a hundred is not ASCII."""
    block = _take(piece, foreign=foreign)
    return itertools.repeat(block, max(1, size // len(block)))


def _take(size: int, *, foreign: bool) -> bytes:
    taken: list[bytes] = []
    length = 0
    for line in _lines(foreign=foreign):
        if length >= size:
            break
        taken.append(f"{line}\n".encode())
        length += len(taken[-1])
    return b"".join(taken)


def _lines(*, foreign: bool) -> Iterator[str]:
    """Yield numbered lines of 80 to 200 characters without end: plain, access log and JSON."""
    random = Random(1)
    for number in itertools.count():
        head = f"2026-11-20 12:{number // 6000 % 60:02d}:{number // 100 % 60:02d},{number * 7 % 1000:03d}"
        said = _said(random, number) if not foreign or number % 100 else f"WARNING app.café [{number}] naïve – at best"
        yield f"{head} {said}".ljust(80, ".")[:200]


def _said(random: Random, number: int) -> str:
    words = " ".join(random.choices(_WORDS, k=random.randint(3, 16)))
    match number % 10:
        case 0 | 1 | 2:
            path = words.replace(" ", "/")
            return f'10.0.{number % 256}.7 "GET /{path}?id={number} HTTP/1.1" 200 {number % 9999} "-"'
        case 3:
            return f'{{"level":"info","n":{number},"message":"{words}","path":"C:\\\\logs\\\\{number}"}}'
        case _:
            return f"INFO app.{random.choice(_WORDS)} [{number}] {words}"
