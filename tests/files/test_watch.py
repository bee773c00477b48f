"""The kernel's events of single files."""

import asyncio
import errno
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from logviewer.files.watch import FileWatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these events")

Written = asyncio.Queue[Collection[Path]]


@asynccontextmanager
async def watching(*paths: Path) -> AsyncIterator[tuple[FileWatch, Written]]:
    written: Written = asyncio.Queue()
    watch = FileWatch(written.put_nowait)
    task = asyncio.create_task(watch.run())
    while set(watch.watch(paths)) != {path for path in paths if path.exists()}:  # noqa: ASYNC110 (nothing signals it)
        await asyncio.sleep(0.001)
    try:
        yield watch, written
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def in_time() -> None:
        async with asyncio.timeout(20):
            await test()

    asyncio.run(in_time())


def append(path: Path) -> None:
    with path.open("a") as file:
        file.write("line\n")


@pytest.mark.program  # the library starts a program to find the C library
def test_a_write_is_reported_with_all_paths_of_the_file(tmp_path: Path) -> None:
    log, link, missing = tmp_path / "app.log", tmp_path / "link.log", tmp_path / "missing.log"
    log.touch()
    link.symlink_to(log)

    async def test() -> None:
        async with watching(log, link, missing) as (_, written):
            for _ in range(3):
                append(log)
                assert await written.get() == {log, link}

    run(test)


@pytest.mark.program
def test_a_watch_follows_the_name(tmp_path: Path) -> None:
    log, old = tmp_path / "app.log", tmp_path / "app.log.1"
    log.touch()

    async def test() -> None:
        async with watching(log) as (watch, written):
            log.rename(old)
            log.touch()
            assert watch.watch([log]) == {log}
            append(old)
            append(log)
            assert await written.get() == {log}
            assert watch.watch([]) == set()
            append(log)
            assert watch.watch([log]) == {log}
            append(log)
            assert await written.get() == {log}
            assert written.empty()

    run(test)


def test_without_a_descriptor_nothing_is_watched(tmp_path: Path) -> None:
    log = tmp_path / "app.log"
    log.touch()

    async def test() -> None:
        watch = FileWatch(lambda _: None)
        with patch("logviewer.files.watch.INotify", side_effect=OSError(errno.EMFILE, "none left")):
            await watch.run()
        assert watch.watch([log]) == ()

    run(test)
