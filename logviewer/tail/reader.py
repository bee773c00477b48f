"""One client's way through sources: lines as they come, never missed or doubled without a word."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, Protocol, TypeVar

from logviewer import cursor
from logviewer.cursor import Mark
from logviewer.errors import ClosedError, TornError
from logviewer.files.generation import Generation, Position, Reason
from logviewer.files.lines import MAX_LINES
from logviewer.source import Source, State, reopened, unread
from logviewer.tail.broadcast import Cohort, Member, Piece
from logviewer.tail.skip import SCREEN_LINES, Skip

T = TypeVar("T")
P = TypeVar("P", bound=Piece)


class Disk(Protocol[P]):
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

    def join(self, member: Member[P], source: Source, position: Position, *, lag: int | None) -> Cohort[P] | None:
        """The cohort that waits at a position, with this member in it; None if it must go on looking for itself."""


@dataclass(frozen=True, slots=True)
class Lines(Generic[P]):
    """Lines of one source."""

    source: Source
    piece: P


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines that this reader will not get, and why; how many, or None where nobody knows."""

    source: Source
    reason: Reason
    lines: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A source's file came, went, was refused, or another one took its place."""

    source: Source
    state: State | Literal["rotated"]


@dataclass(slots=True, eq=False)
class _Spot:
    """A reader's position in one generation; ``spent`` once nothing is left there, ``skipped`` right after a skip."""

    position: Position
    spent: bool = False
    skipped: bool = False

    def text(self) -> str:
        return replace(self.position.mark(), spent=True).text() if self.spent else self.position.text()


@dataclass(slots=True, eq=False)
class _Place:
    """Where a reader is in one source: one spot, or more while a rotated file may still get late lines."""

    source: Source
    marks: Sequence[Mark]
    start: Callable[[Source], list[Position]]
    spots: list[_Spot] = field(default_factory=list)
    first: Generation | None = None
    told: State = "open"
    gap: Reason | None = None
    until: tuple[Generation, int] | None = None
    done: bool = False

    def drop_passed(self) -> None:
        # The spot before the first line of a file must stay behind one that is spent: where a file comes back under
        # the source's name, only the order of the two tells its second life from its first.
        while len(self.spots) > 1 and self.spots[0].spent and _has_begun(self.spots[1].position):
            del self.spots[0]

    def is_in(self, generation: Generation) -> bool:
        """Whether the reader has a spot in this generation."""
        return any(spot.position.generation is generation for spot in self.spots)

    def take_news(self) -> Gap | Turn | None:
        """What the client must be told before it gets more lines."""
        if self.gap:
            gap, self.gap, self.marks = Gap(self.source, self.gap), None, ()
            return gap
        if self.told != self.source.state:
            self.told = self.source.state
            return Turn(self.source, self.told)
        return None

    def notice_first(self) -> None:
        # Noticed at once, and read later: if it is truncated in between, the reader must be told.
        if not self.spots and not self.marks and not self.first:
            self.first = next(iter(self.source.generations), None)

    def first_in(self, generation: Generation) -> Position:
        """Where to begin in a generation: at its start, or further on if the file had the name before."""
        for position in (spot.position for spot in self.spots):
            same_file = position.generation.file.identity == generation.file.identity
            if same_file and not position.generation.lost and position.offset > generation.begin:
                return generation.position(position.offset, position.line)
        return generation.first()

    def reached_end(self, spot: _Spot) -> bool:
        return self.until is not None and (
            spot.position.generation is self.until[0] and spot.position.offset >= self.until[1]
        )


def _has_begun(position: Position) -> bool:
    return position.offset > position.generation.begin


class Reader(Generic[P]):
    """One client's way through sources: what comes next, and the cursor after it.

    Keeps positions only, never lines: a slow client reads the files later. One who is more than ``lag`` lines behind
    in a file goes on with the last few of it instead.
    """

    def __init__(self, disk: Disk[P], *, follow: bool, lag: int | None = None) -> None:
        self._disk = disk
        self._follow = follow
        self._lag = lag
        self._places: list[_Place] = []
        self._dirty: dict[_Place, None] = {}
        self._cohort: Cohort[P] | None = None
        self._take: Callable[[P], bool] | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._is_awake = False
        self.closed = False
        self._unsubscribe: list[Callable[[], None]] = []

    async def add(self, source: Source, marks: Sequence[Mark], start: Callable[[Source], list[Position]]) -> None:
        """Follow one more source, from its marks in a cursor or, if it has none there, from ``start``.

        Raises:
            OSError: if the source's file cannot be read.
        """
        place = _Place(source, [mark for mark in marks if mark.source == source.key], start)
        await self._look(source)
        if place.marks:
            await self._locate(place)
        else:
            positions = await self._disk.run(lambda: start(source))
            place.spots = [_Spot(position) for position in positions]
        if not self._follow and (live := source.live):
            place.until = (live, await self._disk.run(live.size))
        self._places.append(place)
        self._subscribe(place)

    async def _locate(self, place: _Place) -> None:
        """Go to where the marks tell; keep them while the file cannot be read, and until the client knows of a gap."""
        source, marks = place.source, place.marks
        try:
            positions, gap = await self._disk.run(lambda: source.locate(marks))
            if gap and not positions and source.state == "unreadable":
                return
            if gap and not positions:
                positions = await self._disk.run(source.start if gap != "lost" else lambda: place.start(source))
        except OSError:
            return
        # From before any file: who follows is there until one can be seen.
        is_nowhere = not positions and self._follow and not source.complete
        place.gap, place.marks = gap, marks if gap or is_nowhere else ()
        place.spots = [_Spot(position) for position in positions]

    async def _look(self, source: Source) -> None:
        if await self._disk.run(source.look):
            source.changed.send()

    def _subscribe(self, place: _Place) -> None:
        def wake() -> None:
            place.notice_first()
            self._dirty[place] = None
            self.wake()

        wake()
        place.source.changed.subscribe(wake)
        self._unsubscribe.append(lambda: place.source.changed.unsubscribe(wake))

    def _unsubscribe_all(self) -> None:
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self._unsubscribe.clear()

    def close(self) -> None:
        """Listen no more, and wait no more."""
        self.closed = True
        self._unsubscribe_all()
        self.wake()
        if self._cohort:
            self._cohort.leave(self)
            self._cohort = None

    @property
    def complete(self) -> bool:
        """Whether this reader has all it will ever get."""
        return all(place.done for place in self._places)

    def unread(self) -> int:
        """How many bytes it has still to read, as far as was seen."""
        return sum(unread(place.source, [spot.position for spot in place.spots]) for place in self._places)

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
            if take and self._cohort is None:
                self._join()
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        self._is_awake = False

    def _join(self) -> None:
        """Leave it to a cohort to look, if nothing but more lines is to be expected."""
        place = self._places[0] if self.is_alone and self._follow and not self._dirty else None
        if place is None or place.marks or place.spots[0].skipped or place.told != place.source.state:
            return
        self._cohort = self._disk.join(self, place.source, place.spots[0].position, lag=self._lag)
        if self._cohort:
            self._unsubscribe_all()

    def hand(self, piece: P) -> bool:
        """Give what comes next to one who waits in a cohort; False if it cannot take this, or anything after it."""
        if self._take is None or self._waiting is None or self._waiting.done():
            return False
        self._places[0].spots[0].position = piece.end
        return self._take(piece)

    def dismiss(self) -> None:
        """Let it look for itself again."""
        self._cohort = None
        for place in self._places:
            self._subscribe(place)

    def cursor(self) -> str:
        """The text from which a reader goes on exactly where this one is."""
        return cursor.encode(text for place in self._places for text in self._texts(place))

    def _texts(self, place: _Place) -> list[str]:
        # A reader that was not yet told of its gap comes back as it came, to be told.
        texts = [mark.text() for mark in place.marks] or [
            spot.text() for spot in place.spots if spot.position.head_length
        ]
        # An empty file is no file yet: nothing in it could tell it from the next one under its name and number.
        return texts or [cursor.no_file_yet(place.source.key).text()]

    @property
    def is_alone(self) -> bool:
        """Whether the cursor tells of one position only."""
        return len(self._places) == 1 and len(self._places[0].spots) == 1

    async def next(self) -> Lines[P] | Gap | Turn | None:
        """What comes next, the sources taking turns; None if there is nothing now."""
        while self._dirty:
            place = next(iter(self._dirty))
            seen = place.source.changed.count
            try:
                event = await self._step(place)
            except ClosedError:
                # Given up under the reader: it is asked again, and told what became of it.
                continue
            except OSError:
                # The disk refuses something now: the look that finds it does so no more gives reason to ask again.
                event = self._fail(place)
            # Lines that others read before say nothing of what was written since: only where none are is the end.
            if event or place.done or place.source.changed.count == seen:
                del self._dirty[place]
            if event:
                self._dirty[place] = None
                return event
        return None

    async def _step(self, place: _Place) -> Lines[P] | Gap | Turn | None:
        if place.marks and not place.gap:
            await self._locate(place)
        if news := place.take_news():
            return news
        if place.done:
            return None
        if place.marks:
            return self._fail(place)
        if not place.spots and (event := await self._begin(place)):
            return event
        for spot in list(place.spots):
            if spot in place.spots and not spot.spent and (event := await self._read(place, spot)):
                return event
        return await self._go_on(place) or await self._at_end(place)

    async def _begin(self, place: _Place) -> Lines[P] | Gap | Turn | None:
        place.notice_first()
        return await self._enter(place, place.first) if place.first else None

    async def _enter(self, place: _Place, generation: Generation) -> Gap | None:
        """Go to the first line of a generation; tell of lines lost before it."""
        if generation.lost == "rotated":
            generation = await self._disk.run(lambda: reopened(place.source, generation))
        loss = generation.lost or generation.loss
        while generation.lost and generation.heir:
            generation = generation.heir
        if generation.lost:
            place.spots, place.first = [], None
        else:
            place.spots.append(_Spot(await self._disk.run(lambda: place.first_in(generation))))
        return Gap(place.source, loss) if loss else None

    async def _read(self, place: _Place, spot: _Spot) -> Lines[P] | Gap | Turn | None:
        generation = spot.position.generation
        finished = place.source.finished(generation)
        if generation.lost:
            return await self._find_again(place, spot)
        try:
            piece = await self._read_lines(place.source, spot)
            if isinstance(piece, Skip):
                spot.position, spot.skipped = piece.end, True
                return Gap(place.source, "skipped", piece.lines)
            if piece is None and finished:
                piece = await self._disk.read_rest(place.source, spot.position)
                spot.spent = piece is None
        except TornError:
            return await self._torn(place, spot)
        except OSError:
            # Closed under the reader, and found again below; or the disk fails now, and is asked again later.
            return await self._find_again(place, spot) if generation.lost else self._fail(place)
        if piece:
            spot.position, spot.skipped = piece.end, False
            place.done = place.reached_end(spot)
        place.drop_passed()
        if piece:
            return Lines(place.source, piece)
        return None

    def _fail(self, place: _Place) -> Gap | None:
        """Who does not follow is not there any more when the disk gives what it refuses now."""
        place.done = not self._follow
        return Gap(place.source, "lost") if place.done else None

    async def _read_lines(self, source: Source, spot: _Spot) -> P | Skip | None:
        # After a skip come lines, however far the file has grown: a slow client must not get gaps only.
        most, lag = (SCREEN_LINES, None) if spot.skipped else (MAX_LINES, self._lag)
        return await self._disk.read(source, spot.position, alone=self.is_alone, most=most, lag=lag)

    async def _go_on(self, place: _Place) -> Lines[P] | Gap | Turn | None:
        """From the end of the newest file that this reader is in to the one after it."""
        last = place.spots[-1].position.generation if place.spots else None
        following = last and (last.heir if last.lost else place.source.after(last))
        if following is None or place.is_in(following):
            return None
        if last and last.lost and not place.spots[-1].spent:
            # Given up since it was read here: what became of it is told first.
            return await self._step(place)
        return await self._enter(place, following) or Turn(place.source, "rotated")

    async def _at_end(self, place: _Place) -> Lines[P] | None:
        if self._follow:
            place.done = place.source.complete and all(spot.spent for spot in place.spots)
            return None
        place.done = True
        # The rest without a newline is shown, and the cursor stays before it: it may be a whole line by next time.
        try:
            rest = await self._disk.read_rest(place.source, place.spots[-1].position) if place.spots else None
        except (TornError, OSError):
            return None
        if rest and not rest.unterminated:
            place.spots[-1].position = rest.end
        return Lines(place.source, rest) if rest else None

    async def _torn(self, place: _Place, spot: _Spot) -> Lines[P] | Gap | Turn | None:
        source, generation = place.source, spot.position.generation
        await self._disk.run(lambda: source.rewritten(generation))
        source.changed.send()
        return await self._step(place)

    async def _find_again(self, place: _Place, spot: _Spot) -> Lines[P] | Gap | Turn | None:
        source, generation, index = place.source, spot.position.generation, place.spots.index(spot)
        if generation.heir and generation.lost == "truncated" and not _has_begun(spot.position):
            # Nothing was read of it: all that it held, if it is anywhere, begins with its heir.
            event = await self._enter(place, generation.heir)
            if spot in place.spots:
                place.spots.remove(spot)
            return event or await self._step(place)
        positions, reason = await self._disk.run(lambda: source.locate([spot.position.mark()], since=generation.heir))
        if positions and not reason and place.is_in(positions[0].generation):
            # A later life of the same file, which it goes through as well.
            place.spots.remove(spot)
            return await self._step(place)
        if positions and not reason:
            spot.position = positions[0]
            passed = await self._disk.run(lambda: _passed_by(source, generation, positions[0]))
            place.spots[index:index] = [each for each in passed if not place.is_in(each.position.generation)]
            return await self._step(place)
        latest = spot is place.spots[-1]
        # All that was seen of it was read before it was let go?
        has_all = generation.lost == "rotated" and spot.position.offset >= generation.seen_size
        following = generation.heir if has_all else generation
        event = await self._enter(place, following) if latest and following else None
        # Only now: if the disk refuses the next one, this one is what is asked for again.
        if spot in place.spots:
            place.spots.remove(spot)
        if has_all:
            return event or await self._step(place)
        return event or Gap(source, generation.lost or "rotated")


def _passed_by(source: Source, generation: Generation, position: Position) -> list[_Spot]:
    """The starts of the files that turned out to lie between one that was given up and the one where its bytes are."""
    passed = []
    each = generation.heir
    while each and each is not position.generation:
        each = reopened(source, each)
        if not each.lost:
            passed.append(_Spot(each.first()))
        each = source.after(each)
    return passed if each else []
