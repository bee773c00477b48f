"""Readers that wait at one position share each read."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from logviewer.formats.line_format import PLAIN
from logviewer.rotation.position import Batch, Position
from logviewer.source import Source
from logviewer.sources.local import LocalSource
from logviewer.tail.broadcast import Broadcast, Broadcasts, Listener
from logviewer.tail.events import Lines
from logviewer.tail.reader import Reader
from logviewer.tail.skip import Skip
from tests.helpers.reading import DirectLoader, drain, finish, texts


class SharedDisk(DirectLoader):
    """A loader with broadcasts, which records the offset of each read."""

    def __init__(self) -> None:
        self.read_at: list[int] = []
        self.failing = False
        self._broadcasts: Broadcasts[Batch] = Broadcasts()

    async def read(
        self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None
    ) -> Batch | Skip | None:
        self.read_at.append(position.offset)
        if self.failing:
            raise OSError("the disk does not answer")
        return await super().read(source, position, alone=alone, most=most, lag=lag)

    def join(  # type: ignore[override]
        self, member: Listener[Batch], source: Source, position: Position, *, lag: int | None
    ) -> Broadcast[Batch] | None:
        async def read(source: Source, position: Position, *, lag: int | None) -> Batch | Skip | None:
            return await self.read(source, position, alone=True, most=3, lag=lag)

        return self._broadcasts.join(member, read, source, position, lag=lag)


@dataclass
class Client:
    """A reader in a task; it takes at most ``most`` chunks of a broadcast at a time."""

    reader: Reader[Batch]
    most: int = 1_000_000
    texts: list[str] = field(default_factory=list)
    others: list[Any] = field(default_factory=list)
    handed: int = 0

    def take(self, batch: Batch) -> bool:
        self.handed += 1
        self.texts += batch.texts()
        return self.handed % self.most != 0

    async def run(self) -> None:
        while True:
            while item := await self.reader.next():
                if isinstance(item, Lines):
                    self.texts += item.chunk.texts()
                else:
                    self.others.append(item)
            await self.reader.wait(self.take)


class Followers:
    """A followed file, a loader, and clients at its end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.path.write_text("old\n")
        self.source = LocalSource("app", path, name="app.log", line_format=PLAIN)
        self.disk = SharedDisk()
        self.clients: list[Client] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def enter(self, *, most: int = 1_000_000, lag: int | None = None) -> Client:
        client = Client(Reader(self.disk, follow=True, lag=lag), most)
        await client.reader.add(self.source, (), lambda each: each.last(0))
        self.clients.append(client)
        self._tasks.append(asyncio.create_task(client.run()))
        await settle()
        return client

    async def append(self, text: str) -> None:
        with self.path.open("a") as file:
            file.write(text)
        await self.poll()

    async def poll(self) -> None:
        self.source.poll()
        self.source.changed.send()
        await settle()

    async def leave(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in self.clients:
            client.reader.close()


async def settle() -> None:
    """Let all tasks run as far as they can."""
    for _ in range(200):
        await asyncio.sleep(0)


Scene = Callable[[Followers], Awaitable[None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Scene], None]:
    async def run(scene: Scene) -> None:
        room = Followers(tmp_path / "app.log")
        await scene(room)
        await room.leave()
        assert not room.source.changed.is_watched

    return lambda scene: asyncio.run(run(scene))


def test_lines_are_read_once_for_all_listeners(play: Callable[[Scene], None]) -> None:
    async def scene(room: Followers) -> None:
        clients = [await room.enter() for _ in range(3)]
        room.disk.read_at.clear()
        await room.append("one\ntwo\n")
        # One read for the lines, and one that finds no more.
        assert room.disk.read_at == [4, 12]
        assert [(client.texts, client.handed) for client in clients] == [(["one", "two"], 1)] * 3
        assert len({client.reader.cursor() for client in clients}) == 1

    play(scene)


def test_several_chunks_arrive_in_order(play: Callable[[Scene], None]) -> None:
    async def scene(room: Followers) -> None:
        clients = [await room.enter() for _ in range(3)]
        lines = [str(number) for number in range(10)]
        await room.append("".join(f"{line}\n" for line in lines))
        assert [client.texts for client in clients] == [lines] * 3

    play(scene)


def test_a_full_listener_reads_alone_and_returns(play: Callable[[Scene], None]) -> None:
    async def scene(room: Followers) -> None:
        slow, quick = await room.enter(most=1), await room.enter()
        for line in ("one\n", "two\n", "three\n"):
            await room.append(line)
        assert slow.texts == quick.texts == ["one", "two", "three"]
        assert slow.handed == quick.handed == 3

    play(scene)


def test_a_truncation_reaches_every_listener(play: Callable[[Scene], None]) -> None:
    async def scene(room: Followers) -> None:
        clients = [await room.enter() for _ in range(2)]
        await room.append("one\n")
        room.path.write_text("")
        await room.poll()
        await room.append("new\n")
        assert [[gap.reason for gap in client.others] for client in clients] == [["truncated"]] * 2
        assert [client.texts for client in clients] == [["one", "new"]] * 2

    play(scene)


def test_every_listener_reads_a_rotated_file_to_its_end(play: Callable[[Scene], None]) -> None:
    async def scene(room: Followers) -> None:
        clients = [await room.enter() for _ in range(2)]
        with room.path.open("a") as file:
            file.write("last\n")
        room.path.rename(room.path.with_name("app.log.1"))
        room.path.write_text("first\n")
        await room.poll()
        assert [client.texts for client in clients] == [["last", "first"]] * 2
        await room.append("next\n")
        assert [client.texts[2:] for client in clients] == [["next"]] * 2

    play(scene)


def test_a_failing_disk_loses_no_line(play: Callable[[Scene], None]) -> None:
    async def scene(room: Followers) -> None:
        clients = [await room.enter() for _ in range(2)]
        room.disk.failing = True
        await room.append("one\n")
        room.disk.failing = False
        await room.append("two\n")
        assert [client.texts for client in clients] == [["one", "two"]] * 2

    play(scene)


def test_a_listener_far_behind_skips_with_a_gap(play: Callable[[Scene], None]) -> None:
    async def scene(room: Followers) -> None:
        skipping = await room.enter(lag=1000)
        await room.append("".join(f"{number}\n" for number in range(3000)))
        [gap] = skipping.others
        assert gap.reason == "skipped"
        assert gap.lines + len(skipping.texts) == 3000

    play(scene)


def test_a_leaving_listener_takes_nothing_from_others(play: Callable[[Scene], None]) -> None:
    async def scene(room: Followers) -> None:
        leaving, staying = await room.enter(), await room.enter()
        leaving.reader.close()
        await room.append("one\n")
        assert staying.texts == ["one"]

    play(scene)


def test_a_listener_that_joins_amid_a_delivery_gets_lines_once(play: Callable[[Scene], None]) -> None:
    async def scene(room: Followers) -> None:
        first = await room.enter()
        with room.path.open("a") as file:
            file.write("one\n")
        room.source.changed.send()
        second = await room.enter()
        await room.append("two\n")
        assert first.texts == ["one", "two"]
        assert second.texts in (["two"], ["one", "two"])

    play(scene)


class RememberingDisk(DirectLoader):
    """A loader that returns the first read at a position again and again."""

    def __init__(self) -> None:
        self._read: dict[int, Batch] = {}

    async def read(
        self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None
    ) -> Batch | Skip | None:
        if position.offset not in self._read:
            batch = await super().read(source, position, alone=alone, most=most, lag=lag)
            if not isinstance(batch, Batch):
                return batch
            self._read[position.offset] = batch
        return self._read[position.offset]


def test_a_remembered_read_is_not_the_end_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("old\n")
    source, disk = LocalSource("app", path, name="app.log", line_format=PLAIN), RememberingDisk()
    quick, slow = Reader(disk, follow=True), Reader(disk, follow=True)
    for reader in (quick, slow):
        finish(reader.add(source, (), lambda each: each.last(0)))
    for line in ("one\n", "two\n"):
        with path.open("a") as file:
            file.write(line)
        source.changed.send()
        assert texts(drain(quick)) == [line.strip()]
    assert texts(drain(slow)) == ["one", "two"]
