"""Where the lines of a chunk are read: a few new ones at once, all others in a thread."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from logviewer.errors import FileChangedError
from logviewer.files.byte_file import ByteFile
from logviewer.files.lines import MAX_LINES
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.position import Position
from logviewer.search.line_filter import LineFilter
from logviewer.search.query import Query
from logviewer.sources.local import LocalSource
from logviewer.web.encode import EncodedChunk, EventEncoder
from logviewer.web.loader import ChunkCache, ChunkLoader


class CountingThreads(ThreadPoolExecutor):
    """Counts the calls in threads."""

    calls = 0

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        return super().submit(*args, **kwargs)


class Reads:
    """One reader of a file with an old line."""

    def __init__(self, path: Path, threads: CountingThreads, encode: EventEncoder) -> None:
        self.now = 1000.0
        self.path = path
        path.write_bytes(b"an old line\n")
        self.source = LocalSource("app", path, name="app.log", line_format=PLAIN)
        self.source.poll()
        (self.position,) = self.source.last(0)
        self._threads = threads
        self._loader = ChunkLoader(threads, encode, ChunkCache(), clock=lambda: self.now)

    def read(self, *, lag: int | None = None) -> tuple[list[str], int]:
        """Return the new lines, and the calls in threads."""
        before = self._threads.calls
        chunk = asyncio.run(self._read(self.position, lag))
        if chunk is None:
            return [], self._threads.calls - before
        self.position = chunk.end
        return chunk.data.decode().split("\n"), self._threads.calls - before

    async def _read(self, position: Position, lag: int | None) -> EncodedChunk | None:
        chunk = await self._loader.read(self.source, position, alone=True, most=MAX_LINES, lag=lag)
        assert chunk is None or isinstance(chunk, EncodedChunk)
        return chunk

    def append(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)


@contextmanager
def opened(path: Path, encode: EventEncoder | None = None) -> Iterator[Reads]:
    with CountingThreads(1) as threads:
        yield Reads(path, threads, encode or EventEncoder())


@pytest.fixture(autouse=True)
def cached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Report all bytes as cached, because some file systems of test machines never do."""

    def all_bytes(file: ByteFile, size: int, offset: int) -> int:
        return max(0, min(size, file.stat().st_size - offset))

    monkeypatch.setattr(ByteFile, "cached_bytes", all_bytes)


def test_a_few_lines_take_no_thread(tmp_path: Path) -> None:
    with opened(tmp_path / "app.log") as reads:
        assert reads.read() == ([], 0)
        reads.append(b"one\ntwo\n")
        lines, calls = reads.read()
        assert calls == 0
        assert lines[1] == 'data: {"source":"app","n":2,"lines":["one","two"]}'
        reads.append("\x1b \u202e\n".encode())
        lines, calls = reads.read()
        assert calls == 0
        assert lines[1] == 'data: {"source":"app","n":4,"lines":["\\u001b \\u202e"]}'


def test_many_lines_take_a_thread(tmp_path: Path) -> None:
    with opened(tmp_path / "app.log") as reads:
        reads.append(b"one\n" * 2000)
        assert reads.read()[1] > 0


def test_a_reader_that_may_skip_takes_a_thread(tmp_path: Path) -> None:
    with opened(tmp_path / "app.log") as reads:
        reads.append(b"one\n" * 10)
        assert reads.read(lag=39)[1] == 1
        reads.append(b"one\n" * 10)
        assert reads.read(lag=40)[1] == 0


def test_a_filter_takes_a_thread(tmp_path: Path) -> None:
    line_filter = LineFilter(Query(include=("one",)))
    with opened(tmp_path / "app.log", EventEncoder(line_filter=line_filter)) as reads:
        reads.append(b"one\n")
        assert reads.read()[1] == 1


def test_bytes_on_a_disk_take_a_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ByteFile, "cached_bytes", lambda *_: 0)
    with opened(tmp_path / "app.log") as reads:
        reads.append(b"one\n")
        assert reads.read()[1] == 1


def test_after_a_slow_read_all_take_a_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path / "app.log") as reads:
        fast = ByteFile.cached_bytes

        def slow(file: ByteFile, size: int, offset: int) -> int:
            reads.now += 1
            return fast(file, size, offset)

        monkeypatch.setattr(ByteFile, "cached_bytes", slow)
        reads.append(b"one\n")
        reads.read()
        monkeypatch.setattr(ByteFile, "cached_bytes", fast)
        reads.append(b"two\n")
        assert reads.read()[1] == 1
        reads.now += 100
        reads.append(b"three\n")
        assert reads.read()[1] == 0


def test_a_rewritten_file_is_noticed_at_once(tmp_path: Path) -> None:
    with opened(tmp_path / "app.log") as reads:
        reads.path.write_bytes(b"other text of another file\n")
        with pytest.raises(FileChangedError):
            reads.read()


def test_the_kernel_tells_which_bytes_are_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    path = tmp_path / "app.log"
    path.write_bytes(b"0123456789")
    file = ByteFile.open(path)
    file.pread(10, 0)
    # 0 where the file system of the test does not say it.
    assert file.cached_bytes(20, 4) in (6, 0)
    assert file.cached_bytes(20, 10) == 0
    file.close()
    assert file.cached_bytes(20, 4) == 0


def test_a_read_without_readers_does_not_begin(tmp_path: Path) -> None:
    began: list[EncodedChunk] = []

    class Noted(EventEncoder):
        def __call__(self, *arguments: Any, **options: Any) -> EncodedChunk:
            began.append(super().__call__(*arguments, **options))
            return began[-1]

    source = LocalSource("app", tmp_path / "app.log", name="app.log", line_format=PLAIN)
    source.path.write_bytes(b"line\n")
    source.poll()

    async def play(threads: ThreadPoolExecutor, goes_on: threading.Event) -> None:
        loader = ChunkLoader(threads, Noted(), ChunkCache())
        busy = asyncio.ensure_future(loader.run(goes_on.wait))
        (start,) = source.start()
        first, second = (
            asyncio.ensure_future(loader.read(source, start, alone=True, most=1, lag=None)) for _ in range(2)
        )
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        goes_on.set()
        # The read goes on for the other one.
        assert await second and await busy
        goes_on.clear()
        busy = asyncio.ensure_future(loader.run(goes_on.wait))
        alone = asyncio.ensure_future(loader.read(source, start, alone=False, most=1, lag=None))
        await asyncio.sleep(0)
        alone.cancel()
        await asyncio.wait([alone])
        goes_on.set()
        await busy

    with ThreadPoolExecutor(1) as threads:
        asyncio.run(play(threads, threading.Event()))
    assert len(began) == 1
