"""Follows sources for one client: emits each line once, and a gap for lines it cannot emit."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from logviewer.cursor import Checkpoint, encode
from logviewer.errors import ClosedError, FileChangedError, FileGoneError
from logviewer.files.lines import MAX_LINES
from logviewer.rotation.generation import Generation
from logviewer.rotation.position import Position
from logviewer.source import Source, reopen, unread_bytes
from logviewer.tail.broadcast import Broadcast, Chunk
from logviewer.tail.events import Event, Gap, Lines, StateChange
from logviewer.tail.loader import Loader
from logviewer.tail.skip import SCREEN_LINES, Skip
from logviewer.tail.source_cursor import ReadPosition, SourceCursor, has_read

P = TypeVar("P", bound=Chunk)


class Reader(Generic[P]):
    """One client's cursor in its sources, and the events after it.

    A reader keeps positions, never lines: for a slow client it reads the files later. A reader that is more than
    ``lag`` lines behind in a file skips to the last lines of that file.
    """

    def __init__(self, loader: Loader[P], *, follow: bool, lag: int | None = None) -> None:
        self._loader = loader
        self._follow = follow
        self._lag = lag
        self._cursors: list[SourceCursor] = []
        # Cursors that may have more events, in turn.
        self._dirty: dict[SourceCursor, None] = {}
        self._broadcast: Broadcast[P] | None = None
        self._take: Callable[[P], bool] | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._is_awake = False
        self.closed = False
        self._unsubscribe: list[Callable[[], None]] = []

    async def add(
        self, source: Source, checkpoints: Sequence[Checkpoint], start: Callable[[Source], list[Position]]
    ) -> None:
        """Follow one more source, from its checkpoints or, if there are none of it, from ``start``.

        Raises:
            OSError: if the source's file cannot be read.
        """
        cursor = SourceCursor(source, [each for each in checkpoints if each.source == source.key], start)
        await self._poll(source)
        if cursor.checkpoints:
            await self._locate(cursor)
        else:
            cursor.set_positions(await self._loader.run(lambda: start(source)))
        if not self._follow and (live := source.live):
            cursor.stop_at = (live, await self._loader.run(live.size))
        self._cursors.append(cursor)
        self._subscribe(cursor)

    async def _poll(self, source: Source) -> None:
        if await self._loader.run(source.poll):
            source.changed.send()

    async def _locate(self, cursor: SourceCursor) -> None:
        """Find the positions of the checkpoints; on a disk error, leave the cursor as it is."""
        source, checkpoints = cursor.source, cursor.checkpoints
        try:
            positions, gap = await self._loader.run(lambda: source.locate(checkpoints))
            if gap and not positions:
                positions = await self._loader.run(source.start_live if gap != "lost" else lambda: cursor.start(source))
        except OSError:
            return
        # A following reader from before the first file keeps its checkpoint until a file appears.
        is_before_any_file = not positions and self._follow and not source.complete
        cursor.gap, cursor.checkpoints = gap, checkpoints if gap or is_before_any_file else ()
        cursor.set_positions(positions)

    def _subscribe(self, cursor: SourceCursor) -> None:
        def wake() -> None:
            cursor.notice_first_generation()
            self._dirty[cursor] = None
            self.wake()

        wake()
        cursor.source.changed.subscribe(wake)
        self._unsubscribe.append(lambda: cursor.source.changed.unsubscribe(wake))

    def _unsubscribe_all(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()

    def close(self) -> None:
        """Unsubscribe from the sources, leave the broadcast, and let ``wait`` return."""
        self.closed = True
        self._unsubscribe_all()
        self.wake()
        if self._broadcast:
            self._broadcast.leave(self)
            self._broadcast = None

    @property
    def complete(self) -> bool:
        """Whether there are no more events."""
        return all(cursor.done for cursor in self._cursors)

    def unread(self) -> int:
        """Count the bytes after the reader's positions, as far as the server has seen the files."""
        return sum(
            unread_bytes(cursor.source, [read_position.position for read_position in cursor.positions])
            for cursor in self._cursors
        )

    def cursor(self) -> str:
        """Return the text from which a reader continues exactly here."""
        return encode(text for cursor in self._cursors for text in cursor.texts())

    @property
    def is_alone(self) -> bool:
        """Whether the cursor is one position only."""
        return len(self._cursors) == 1 and len(self._cursors[0].positions) == 1

    # Waiting

    def wake(self) -> None:
        """Let ``wait`` return although nothing changed."""
        self._is_awake = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    async def wait(self, take: Callable[[P], bool] | None = None) -> None:
        """Wait until ``next`` may return an event.

        Meanwhile ``take`` gets the chunks of the broadcast that the reader joins. It returns False to get no more.
        """
        if not self._is_awake:
            self._take = take
            if take and self._broadcast is None:
                self._join()
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        self._is_awake = False

    def _join(self) -> None:
        """Join the broadcast at the reader's position, if only more lines can come next."""
        cursor = self._cursors[0] if self.is_alone and self._follow and not self._dirty else None
        if (
            cursor is None
            or cursor.checkpoints
            or cursor.positions[0].skipped
            or cursor.sent_state != cursor.source.state
        ):
            return
        self._broadcast = self._loader.join(self, cursor.source, cursor.positions[0].position, lag=self._lag)
        if self._broadcast:
            self._unsubscribe_all()

    def deliver(self, chunk: P) -> bool:
        """Take the next chunk of the broadcast; return False if it cannot take this chunk, or the next."""
        if self._take is None or self._waiting is None or self._waiting.done():
            return False
        self._cursors[0].positions[0].position = chunk.end
        return self._take(chunk)

    def detach(self) -> None:
        """Read on its own again: the broadcast has ended for this reader."""
        self._broadcast = None
        for cursor in self._cursors:
            self._subscribe(cursor)

    # Reading

    async def next(self) -> Event[P] | None:
        """Return the next event, the sources taking turns; None at the present end of all sources."""
        while self._dirty:
            cursor = next(iter(self._dirty))
            sends = cursor.source.changed.sends
            try:
                event = await self._step(cursor)
            except ClosedError:
                # The generation was closed during the read: the next step finds its lines or emits a gap.
                continue
            except FileGoneError:
                # The file was deleted before it was opened: the poll drops its generation, or continues it elsewhere.
                await self._poll(cursor.source)
                if cursor.source.changed.sends == sends:
                    # Its text may be in a compressed file: the poll that has decoded it sends a signal.
                    del self._dirty[cursor]
                continue
            except OSError:
                # A disk error: the poll that succeeds again sends a signal.
                event = self._fail(cursor)
            # Only a step without an event proves the end: a shared chunk may be older than the last bytes.
            if event or cursor.done or cursor.source.changed.sends == sends:
                del self._dirty[cursor]
            if event:
                self._dirty[cursor] = None
                return event
        return None

    async def _step(self, cursor: SourceCursor) -> Event[P] | None:
        """Return the next event of one source, None at its present end.

        Runs for each dirty cursor. Methods below run it again after they changed the cursor and have no event.
        """
        if cursor.checkpoints and not cursor.gap:
            await self._locate(cursor)
        event: Event[P] | None = cursor.pop_event()
        if event or cursor.done:
            return event
        if cursor.checkpoints:
            return self._fail(cursor)
        if not cursor.positions and (event := await self._begin(cursor)):
            return event
        for read_position in list(cursor.positions):
            # A read may drop other positions.
            if (
                read_position in cursor.positions
                and not read_position.exhausted
                and (event := await self._read(cursor, read_position))
            ):
                return event
        return await self._enter_next(cursor) or await self._end_cut(cursor) or await self._finish(cursor)

    async def _begin(self, cursor: SourceCursor) -> Gap | None:
        """Enter the source's first generation, for a reader without positions; return the gap before it, if any."""
        cursor.notice_first_generation()
        return await self._enter(cursor, cursor.first_generation) if cursor.first_generation else None

    async def _enter(self, cursor: SourceCursor, generation: Generation) -> Gap | None:
        """Add a position at the start of a generation or, if it is closed, of the next open one.

        Returns the gap for lines that were lost before that position. Raises OSError.
        """
        if generation.lost == "rotated":
            generation = await self._loader.run(lambda: reopen(cursor.source, generation))
        loss = generation.lost or generation.loss
        while generation.lost and generation.successor:
            generation = generation.successor
        if generation.lost:
            cursor.positions, cursor.first_generation = [], None
        else:
            cursor.positions.append(ReadPosition(await self._loader.run(lambda: cursor.start_in(generation))))
        return Gap(cursor.source, loss) if loss else None

    async def _read(self, cursor: SourceCursor, read_position: ReadPosition) -> Event[P] | None:
        """Return the next lines of one position, or the gap that replaces them.

        Runs for each position that is not exhausted. Returns None at the present end of the generation, and marks the
        position exhausted if the generation gets no more lines.
        """
        generation = read_position.position.generation
        # Checked before the read: no line may come between an empty read and this check.
        finished = cursor.source.finished(generation)
        if generation.lost:
            return await self._find_again(cursor, read_position)
        try:
            chunk = await self._read_lines(cursor.source, read_position)
            if isinstance(chunk, Skip):
                read_position.position, read_position.skipped = chunk.end, True
                return Gap(cursor.source, "skipped", chunk.lines)
            if chunk is None and finished:
                chunk = await self._loader.read_unterminated(cursor.source, read_position.position)
                read_position.exhausted = chunk is None
        except FileChangedError:
            return await self._report_rewrite(cursor, read_position)
        except OSError:
            # Closed during the read, or a disk error: then the next signal leads to another try.
            return await self._find_again(cursor, read_position) if generation.lost else self._fail(cursor)
        if chunk:
            read_position.position, read_position.skipped, read_position.has_lines = chunk.end, False, True
            cursor.done = cursor.reached_stop(read_position) and generation.file.is_whole
        cursor.drop_exhausted()
        return Lines(cursor.source, chunk) if chunk else None

    async def _read_lines(self, source: Source, read_position: ReadPosition) -> P | Skip | None:
        # Lines follow a skip, even if the file has grown: a slow client must not get gaps only.
        most, lag = (SCREEN_LINES, None) if read_position.skipped else (MAX_LINES, self._lag)
        return await self._loader.read(source, read_position.position, alone=self.is_alone, most=most, lag=lag)

    def _fail(self, cursor: SourceCursor) -> Gap | None:
        """End a non-following reader with a gap: it cannot wait for the disk to recover."""
        cursor.done = not self._follow
        return Gap(cursor.source, "lost") if cursor.done else None

    async def _enter_next(self, cursor: SourceCursor) -> Event[P] | None:
        """Enter the generation after the newest one that the reader is in.

        Runs when no position has lines. Returns ``rotated``, or the gap before the generation; None if there is no
        next generation.
        """
        last = cursor.positions[-1].position.generation if cursor.positions else None
        following = last and (last.successor if last.lost else cursor.source.after(last))
        if following is None or cursor.is_in(following):
            return None
        if last and last.lost and not cursor.positions[-1].exhausted:
            # Closed after this step read it: its lines, or a gap, come first.
            return await self._step(cursor)
        return await self._enter(cursor, following) or StateChange(cursor.source, "rotated")

    async def _end_cut(self, cursor: SourceCursor) -> Event[P] | None:
        """Return the last line of a compressed file whose end is missing, or the gap after it.

        Runs at the present end of a source. Returns None for other files, and after the gap.
        """
        read_position = cursor.positions[-1] if cursor.positions else None
        if read_position is None or not read_position.has_lines or read_position.position.generation.file.is_whole:
            return None
        last_line = await self._loader.read_unterminated(cursor.source, read_position.position)
        if last_line:
            read_position.position = last_line.end
            return Lines(cursor.source, last_line)
        read_position.has_lines = False
        return Gap(cursor.source, "lost")

    async def _finish(self, cursor: SourceCursor) -> Lines[P] | None:
        """Set ``done`` if there are no more events; return the last line of a non-following reader.

        Runs at the present end of a source.
        """
        if self._follow:
            cursor.done = cursor.source.complete and all(read_position.exhausted for read_position in cursor.positions)
            return None
        cursor.done = True
        # The cursor stays before a last line without a newline, which may be longer when the client comes back.
        try:
            last_line = (
                await self._loader.read_unterminated(cursor.source, cursor.positions[-1].position)
                if cursor.positions
                else None
            )
        except (FileChangedError, OSError):
            return None
        if last_line and not last_line.unterminated:
            cursor.positions[-1].position = last_line.end
        return Lines(cursor.source, last_line) if last_line else None

    async def _report_rewrite(self, cursor: SourceCursor, read_position: ReadPosition) -> Event[P] | None:
        """Let the source close a generation whose bytes have changed since they were read, then step again.

        Runs when a read raised ``FileChangedError``. Returns the event of that step.
        """
        source, generation = cursor.source, read_position.position.generation
        await self._loader.run(lambda: source.report_rewrite(generation))
        source.changed.send()
        return await self._step(cursor)

    async def _find_again(self, cursor: SourceCursor, read_position: ReadPosition) -> Event[P] | None:
        """Move the position of a closed generation to where its lines are now, then step again.

        Runs when the generation was closed before or during a read. Returns the event of that step, or the gap if the
        lines are not found.
        """
        source, generation, index = (
            cursor.source,
            read_position.position.generation,
            cursor.positions.index(read_position),
        )
        if generation.successor and generation.lost == "truncated" and not has_read(read_position.position):
            # Nothing was read of it: its lines, where they still are, begin with its successor.
            gap = await self._enter(cursor, generation.successor)
            cursor.drop(read_position)
            return gap or await self._step(cursor)
        checkpoint = read_position.position.checkpoint()
        positions, reason = await self._loader.run(lambda: source.locate([checkpoint], since=generation.successor))
        if reason or not positions:
            return await self._give_up(cursor, read_position)
        if cursor.is_in(positions[0].generation):
            # A later generation of the same file, which has a position of its own.
            cursor.drop(read_position)
            return await self._step(cursor)
        read_position.position = positions[0]
        passed = await self._loader.run(lambda: _starts_between(source, generation, positions[0].generation))
        cursor.positions[index:index] = [ReadPosition(start) for start in passed if not cursor.is_in(start.generation)]
        return await self._step(cursor)

    async def _give_up(self, cursor: SourceCursor, read_position: ReadPosition) -> Event[P] | None:
        """Drop the position of a closed generation whose lines are not on disk; enter the next one after the last.

        Runs when ``_find_again`` does not find the lines. Returns the gap or, if all lines were read before the
        generation was closed, the event of another step.
        """
        generation = read_position.position.generation
        is_last = read_position is cursor.positions[-1]
        has_all = generation.lost == "rotated" and read_position.position.offset >= generation.closed_size
        following = generation.successor if has_all else generation
        gap = await self._enter(cursor, following) if is_last and following else None
        # Only now: after a disk error while entering, the next step must find this position again.
        cursor.drop(read_position)
        if has_all:
            return gap or await self._step(cursor)
        return gap or Gap(cursor.source, generation.lost or "rotated")


def _starts_between(source: Source, older: Generation, newer: Generation) -> list[Position]:
    """Return the starts of the open generations between a closed one and a newer one of a source. Raises OSError.

    Empty if ``newer`` does not follow ``older``.
    """
    starts = []
    generation = older.successor
    while generation and generation is not newer:
        generation = reopen(source, generation)
        if not generation.lost:
            starts.append(generation.first())
        generation = source.after(generation)
    return starts if generation else []
