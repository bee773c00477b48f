"""One client's way through sources: lines as they come, never missed or doubled without a word."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, Protocol, TypeVar

from logviewer import cursor
from logviewer.cursor import Checkpoint
from logviewer.errors import ClosedError, FileChangedError
from logviewer.files.lines import MAX_LINES
from logviewer.rotation.generation import Generation, Position, Reason
from logviewer.source import Source, State, reopen, unread_bytes
from logviewer.tail.broadcast import Broadcast, Chunk, Listener
from logviewer.tail.skip import SCREEN_LINES, Skip

T = TypeVar("T")
P = TypeVar("P", bound=Chunk)


class Loader(Protocol[P]):
    """How a reader reaches files: never on the event loop, and shared with all readers at the same place."""

    async def run(self, call: Callable[[], T]) -> T:
        """Call it in a thread."""

    async def read(
        self, source: Source, position: Position, *, alone: bool, most: int, lag: int | None
    ) -> P | Skip | None:
        """The next lines after a position, which is all that the reader's cursor tells if it is ``alone`` there.

        ``most`` is as ``max_lines`` of ``Generation.read``; a ``Skip`` if more than ``lag`` lines are there.
        Raises as ``Generation.read``.
        """

    async def read_rest(self, source: Source, position: Position) -> P | None:
        """What follows the last whole line. Raises as ``Generation.read``."""

    def join(self, member: Listener[P], source: Source, position: Position, *, lag: int | None) -> Broadcast[P] | None:
        """The cohort that waits at a position, with this member in it; None if it must go on looking for itself."""


@dataclass(frozen=True, slots=True)
class Lines(Generic[P]):
    """Lines of one source."""

    source: Source
    chunk: P


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines that this reader will not get, and why; how many, or None where nobody knows."""

    source: Source
    reason: Reason
    lines: int | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """A source's file came, went, was refused, or another one took its place."""

    source: Source
    state: State | Literal["rotated"]


@dataclass(slots=True, eq=False)
class _ReadPosition:
    """A reader's position in one generation.

    ``exhausted`` once the generation has no more lines, ``skipped`` right after a skip.
    """

    position: Position
    exhausted: bool = False
    skipped: bool = False

    def text(self) -> str:
        return replace(self.position.checkpoint(), exhausted=True).text() if self.exhausted else self.position.text()


@dataclass(slots=True, eq=False)
class _SourceCursor:
    """Where a reader is in one source: one spot, or more while a rotated file may still get late lines."""

    source: Source
    checkpoints: Sequence[Checkpoint]
    start: Callable[[Source], list[Position]]
    positions_: list[_ReadPosition] = field(default_factory=list)
    first: Generation | None = None
    told: State = "open"
    gap: Reason | None = None
    until: tuple[Generation, int] | None = None
    done: bool = False

    def drop_passed(self) -> None:
        # The spot before the first line of a file must stay behind one that is spent: where a file comes back under
        # the source's name, only the order of the two tells its second life from its first.
        while len(self.positions_) > 1 and self.positions_[0].exhausted and _has_begun(self.positions_[1].position):
            del self.positions_[0]

    def is_in(self, generation: Generation) -> bool:
        """Whether the reader has a spot in this generation."""
        return any(position_.position.generation is generation for position_ in self.positions_)

    def take_news(self) -> Gap | StateChange | None:
        """What the client must be told before it gets more lines."""
        if self.gap:
            gap, self.gap, self.checkpoints = Gap(self.source, self.gap), None, ()
            return gap
        if self.told != self.source.state:
            self.told = self.source.state
            return StateChange(self.source, self.told)
        return None

    def notice_first(self) -> None:
        # Noticed at once, and read later: if it is truncated in between, the reader must be told.
        if not self.positions_ and not self.checkpoints and not self.first:
            self.first = next(iter(self.source.generations), None)

    def first_in(self, generation: Generation) -> Position:
        """Where to begin in a generation: at its start, or further on if the file had the name before."""
        for position in (position_.position for position_ in self.positions_):
            same_file = position.generation.file.identity == generation.file.identity
            if same_file and not position.generation.lost and position.offset > generation.begin:
                return generation.position(position.offset, position.line)
        return generation.first()

    def reached_end(self, position_: _ReadPosition) -> bool:
        return self.until is not None and (
            position_.position.generation is self.until[0] and position_.position.offset >= self.until[1]
        )


def _has_begun(position: Position) -> bool:
    return position.offset > position.generation.begin


class Reader(Generic[P]):
    """One client's way through sources: what comes next, and the cursor after it.

    Keeps positions only, never lines: a slow client reads the files later. One who is more than ``lag`` lines behind
    in a file goes on with the last few of it instead.
    """

    def __init__(self, disk: Loader[P], *, follow: bool, lag: int | None = None) -> None:
        self._disk = disk
        self._follow = follow
        self._lag = lag
        self._places: list[_SourceCursor] = []
        self._dirty: dict[_SourceCursor, None] = {}
        self._broadcast: Broadcast[P] | None = None
        self._take: Callable[[P], bool] | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._is_awake = False
        self.closed = False
        self._unsubscribe: list[Callable[[], None]] = []

    async def add(
        self, source: Source, checkpoints: Sequence[Checkpoint], start: Callable[[Source], list[Position]]
    ) -> None:
        """Follow one more source, from its marks in a cursor or, if it has none there, from ``start``.

        Raises:
            OSError: if the source's file cannot be read.
        """
        source_cursor = _SourceCursor(
            source, [checkpoint for checkpoint in checkpoints if checkpoint.source == source.key], start
        )
        await self._poll(source)
        if source_cursor.checkpoints:
            await self._locate(source_cursor)
        else:
            positions = await self._disk.run(lambda: start(source))
            source_cursor.positions_ = [_ReadPosition(position) for position in positions]
        if not self._follow and (live := source.live):
            source_cursor.until = (live, await self._disk.run(live.size))
        self._places.append(source_cursor)
        self._subscribe(source_cursor)

    async def _locate(self, source_cursor: _SourceCursor) -> None:
        """Go to where the marks tell; keep them while the file cannot be read, and until the client knows of a gap."""
        source, checkpoints = source_cursor.source, source_cursor.checkpoints
        try:
            positions, gap = await self._disk.run(lambda: source.locate(checkpoints))
            if gap and not positions and source.state == "unreadable":
                return
            if gap and not positions:
                positions = await self._disk.run(source.start if gap != "lost" else lambda: source_cursor.start(source))
        except OSError:
            return
        # From before any file: who follows is there until one can be seen.
        is_nowhere = not positions and self._follow and not source.complete
        source_cursor.gap, source_cursor.checkpoints = gap, checkpoints if gap or is_nowhere else ()
        source_cursor.positions_ = [_ReadPosition(position) for position in positions]

    async def _poll(self, source: Source) -> None:
        if await self._disk.run(source.poll):
            source.changed.send()

    def _subscribe(self, source_cursor: _SourceCursor) -> None:
        def wake() -> None:
            source_cursor.notice_first()
            self._dirty[source_cursor] = None
            self.wake()

        wake()
        source_cursor.source.changed.subscribe(wake)
        self._unsubscribe.append(lambda: source_cursor.source.changed.unsubscribe(wake))

    def _unsubscribe_all(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()

    def close(self) -> None:
        """Listen no more, and wait no more."""
        self.closed = True
        self._unsubscribe_all()
        self.wake()
        if self._broadcast:
            self._broadcast.leave(self)
            self._broadcast = None

    @property
    def complete(self) -> bool:
        """Whether this reader has all it will ever get."""
        return all(source_cursor.done for source_cursor in self._places)

    def unread(self) -> int:
        """How many bytes it has still to read, as far as was seen."""
        return sum(
            unread_bytes(source_cursor.source, [position_.position for position_ in source_cursor.positions_])
            for source_cursor in self._places
        )

    def wake(self) -> None:
        """Let ``wait`` return although nothing changed."""
        self._is_awake = True
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    async def wait(self, take: Callable[[P], bool] | None = None) -> None:
        """Wait until there is reason to ask for the next again.

        Meanwhile what others get, too, may come to ``take``; nothing more once it returned False.
        """
        if not self._is_awake:
            self._take = take
            if take and self._broadcast is None:
                self._join()
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        self._is_awake = False

    def _join(self) -> None:
        """Leave it to a cohort to look, if nothing but more lines is to be expected."""
        source_cursor = self._places[0] if self.is_alone and self._follow and not self._dirty else None
        if (
            source_cursor is None
            or source_cursor.checkpoints
            or source_cursor.positions_[0].skipped
            or source_cursor.told != source_cursor.source.state
        ):
            return
        self._broadcast = self._disk.join(
            self, source_cursor.source, source_cursor.positions_[0].position, lag=self._lag
        )
        if self._broadcast:
            self._unsubscribe_all()

    def deliver(self, chunk: P) -> bool:
        """Give what comes next to one who waits in a cohort; False if it cannot take this, or anything after it."""
        if self._take is None or self._waiting is None or self._waiting.done():
            return False
        self._places[0].positions_[0].position = chunk.end
        return self._take(chunk)

    def detach(self) -> None:
        """Let it look for itself again."""
        self._broadcast = None
        for source_cursor in self._places:
            self._subscribe(source_cursor)

    def cursor(self) -> str:
        """The text from which a reader goes on exactly where this one is."""
        return cursor.encode(text for source_cursor in self._places for text in self._texts(source_cursor))

    def _texts(self, source_cursor: _SourceCursor) -> list[str]:
        # A reader that was not yet told of its gap comes back as it came, to be told.
        texts = [checkpoint.text() for checkpoint in source_cursor.checkpoints] or [
            position_.text() for position_ in source_cursor.positions_ if position_.position.head_length
        ]
        # An empty file is no file yet: nothing in it could tell it from the next one under its name and number.
        return texts or [cursor.no_file_yet(source_cursor.source.key).text()]

    @property
    def is_alone(self) -> bool:
        """Whether the cursor tells of one position only."""
        return len(self._places) == 1 and len(self._places[0].positions_) == 1

    async def next(self) -> Lines[P] | Gap | StateChange | None:
        """What comes next, the sources taking turns; None if there is nothing now."""
        while self._dirty:
            source_cursor = next(iter(self._dirty))
            seen = source_cursor.source.changed.sends
            try:
                event = await self._step(source_cursor)
            except ClosedError:
                # Given up under the reader: it is asked again, and told what became of it.
                continue
            except OSError:
                # The disk refuses something now: the look that finds it does so no more gives reason to ask again.
                event = self._fail(source_cursor)
            # Lines that others read before say nothing of what was written since: only where none are is the end.
            if event or source_cursor.done or source_cursor.source.changed.sends == seen:
                del self._dirty[source_cursor]
            if event:
                self._dirty[source_cursor] = None
                return event
        return None

    async def _step(self, source_cursor: _SourceCursor) -> Lines[P] | Gap | StateChange | None:
        if source_cursor.checkpoints and not source_cursor.gap:
            await self._locate(source_cursor)
        if news := source_cursor.take_news():
            return news
        if source_cursor.done:
            return None
        if source_cursor.checkpoints:
            return self._fail(source_cursor)
        if not source_cursor.positions_ and (event := await self._begin(source_cursor)):
            return event
        for position_ in list(source_cursor.positions_):
            if (
                position_ in source_cursor.positions_
                and not position_.exhausted
                and (event := await self._read(source_cursor, position_))
            ):
                return event
        return await self._go_on(source_cursor) or await self._at_end(source_cursor)

    async def _begin(self, source_cursor: _SourceCursor) -> Lines[P] | Gap | StateChange | None:
        source_cursor.notice_first()
        return await self._enter(source_cursor, source_cursor.first) if source_cursor.first else None

    async def _enter(self, source_cursor: _SourceCursor, generation: Generation) -> Gap | None:
        """Go to the first line of a generation; tell of lines lost before it."""
        if generation.lost == "rotated":
            generation = await self._disk.run(lambda: reopen(source_cursor.source, generation))
        loss = generation.lost or generation.loss
        while generation.lost and generation.successor:
            generation = generation.successor
        if generation.lost:
            source_cursor.positions_, source_cursor.first = [], None
        else:
            source_cursor.positions_.append(
                _ReadPosition(await self._disk.run(lambda: source_cursor.first_in(generation)))
            )
        return Gap(source_cursor.source, loss) if loss else None

    async def _read(
        self, source_cursor: _SourceCursor, position_: _ReadPosition
    ) -> Lines[P] | Gap | StateChange | None:
        generation = position_.position.generation
        finished = source_cursor.source.finished(generation)
        if generation.lost:
            return await self._find_again(source_cursor, position_)
        try:
            chunk = await self._read_lines(source_cursor.source, position_)
            if isinstance(chunk, Skip):
                position_.position, position_.skipped = chunk.end, True
                return Gap(source_cursor.source, "skipped", chunk.lines)
            if chunk is None and finished:
                chunk = await self._disk.read_rest(source_cursor.source, position_.position)
                position_.exhausted = chunk is None
        except FileChangedError:
            return await self._handle_change(source_cursor, position_)
        except OSError:
            # Closed under the reader, and found again below; or the disk fails now, and is asked again later.
            return await self._find_again(source_cursor, position_) if generation.lost else self._fail(source_cursor)
        if chunk:
            position_.position, position_.skipped = chunk.end, False
            source_cursor.done = source_cursor.reached_end(position_)
        source_cursor.drop_passed()
        if chunk:
            return Lines(source_cursor.source, chunk)
        return None

    def _fail(self, source_cursor: _SourceCursor) -> Gap | None:
        """Who does not follow is not there any more when the disk gives what it refuses now."""
        source_cursor.done = not self._follow
        return Gap(source_cursor.source, "lost") if source_cursor.done else None

    async def _read_lines(self, source: Source, position_: _ReadPosition) -> P | Skip | None:
        # After a skip come lines, however far the file has grown: a slow client must not get gaps only.
        most, lag = (SCREEN_LINES, None) if position_.skipped else (MAX_LINES, self._lag)
        return await self._disk.read(source, position_.position, alone=self.is_alone, most=most, lag=lag)

    async def _go_on(self, source_cursor: _SourceCursor) -> Lines[P] | Gap | StateChange | None:
        """From the end of the newest file that this reader is in to the one after it."""
        last = source_cursor.positions_[-1].position.generation if source_cursor.positions_ else None
        following = last and (last.successor if last.lost else source_cursor.source.after(last))
        if following is None or source_cursor.is_in(following):
            return None
        if last and last.lost and not source_cursor.positions_[-1].exhausted:
            # Given up since it was read here: what became of it is told first.
            return await self._step(source_cursor)
        return await self._enter(source_cursor, following) or StateChange(source_cursor.source, "rotated")

    async def _at_end(self, source_cursor: _SourceCursor) -> Lines[P] | None:
        if self._follow:
            source_cursor.done = source_cursor.source.complete and all(
                position_.exhausted for position_ in source_cursor.positions_
            )
            return None
        source_cursor.done = True
        # The rest without a newline is shown, and the cursor stays before it: it may be a whole line by next time.
        try:
            rest = (
                await self._disk.read_rest(source_cursor.source, source_cursor.positions_[-1].position)
                if source_cursor.positions_
                else None
            )
        except (FileChangedError, OSError):
            return None
        if rest and not rest.unterminated:
            source_cursor.positions_[-1].position = rest.end
        return Lines(source_cursor.source, rest) if rest else None

    async def _handle_change(
        self, source_cursor: _SourceCursor, position_: _ReadPosition
    ) -> Lines[P] | Gap | StateChange | None:
        source, generation = source_cursor.source, position_.position.generation
        await self._disk.run(lambda: source.report_rewrite(generation))
        source.changed.send()
        return await self._step(source_cursor)

    async def _find_again(
        self, source_cursor: _SourceCursor, position_: _ReadPosition
    ) -> Lines[P] | Gap | StateChange | None:
        source, generation, index = (
            source_cursor.source,
            position_.position.generation,
            source_cursor.positions_.index(position_),
        )
        if generation.successor and generation.lost == "truncated" and not _has_begun(position_.position):
            # Nothing was read of it: all that it held, if it is anywhere, begins with its heir.
            event = await self._enter(source_cursor, generation.successor)
            if position_ in source_cursor.positions_:
                source_cursor.positions_.remove(position_)
            return event or await self._step(source_cursor)
        positions, reason = await self._disk.run(
            lambda: source.locate([position_.position.checkpoint()], since=generation.successor)
        )
        if positions and not reason and source_cursor.is_in(positions[0].generation):
            # A later life of the same file, which it goes through as well.
            source_cursor.positions_.remove(position_)
            return await self._step(source_cursor)
        if positions and not reason:
            position_.position = positions[0]
            passed = await self._disk.run(lambda: _passed_by(source, generation, positions[0]))
            source_cursor.positions_[index:index] = [
                each for each in passed if not source_cursor.is_in(each.position.generation)
            ]
            return await self._step(source_cursor)
        latest = position_ is source_cursor.positions_[-1]
        # All that was seen of it was read before it was let go?
        has_all = generation.lost == "rotated" and position_.position.offset >= generation.seen_size
        following = generation.successor if has_all else generation
        event = await self._enter(source_cursor, following) if latest and following else None
        # Only now: if the disk refuses the next one, this one is what is asked for again.
        if position_ in source_cursor.positions_:
            source_cursor.positions_.remove(position_)
        if has_all:
            return event or await self._step(source_cursor)
        return event or Gap(source, generation.lost or "rotated")


def _passed_by(source: Source, generation: Generation, position: Position) -> list[_ReadPosition]:
    """The starts of the files that turned out to lie between one that was given up and the one where its bytes are."""
    passed = []
    each = generation.successor
    while each and each is not position.generation:
        each = reopen(source, each)
        if not each.lost:
            passed.append(_ReadPosition(each.first()))
        each = source.after(each)
    return passed if each else []
