"""The files that bore one name, in order: new ones appended, rotated ones taken up, places in them found again."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from logviewer.cursor import Checkpoint
from logviewer.errors import FileGoneError, StaleListingError
from logviewer.files.byte_file import ByteFile, Identity
from logviewer.formats.line_format import LineFormat
from logviewer.rotation.generation import Generation
from logviewer.rotation.listing import EXHAUSTED, DirectoryEntry
from logviewer.rotation.position import Position, Reason

GRACE_SECONDS = 5.0
HOLD_SECONDS = 600.0
MAX_HELD = 16


class RotationHistory:
    """The generations of one source, the oldest first, the live one last.

    The tuple is replaced, never changed, so that any thread may read it; whoever changes it holds the source's lock.
    Where rotated files are given, they are what a settled listing told, the oldest first. What opens them raises
    StaleListingError if they were renamed since, and may then be called again.
    """

    def __init__(self, source: bytes, line_format: LineFormat, clock: Callable[[], float] = time.monotonic) -> None:
        self.generations: tuple[Generation, ...] = ()
        self._source = source
        self._line_format = line_format
        self._clock = clock
        self._known_rotated: dict[Identity, Checkpoint | None] | None = None
        self._attached_listing: list[Identity] = []

    def _generation(
        self, file: ByteFile, *, key: bytes | None = None, ended: float | None = None, attached: bool = False
    ) -> Generation:
        return Generation(file, self._source, self._line_format, key=key, ended=ended, attached=attached)

    @property
    def live(self) -> Generation | None:
        """The file that bears the name, or bore it last while this process looked."""
        newest = self.generations[-1:]
        return newest[0] if newest and not newest[0].attached else None

    def after(self, generation: Generation) -> Generation | None:
        """The generation that followed this one."""
        generations = self.generations
        following = generations[generations.index(generation) + 1 :] if generation in generations else ()
        return following[0] if following else None

    def finished(self, generation: Generation) -> bool:
        """Whether no writer is expected in it any more: the grace period since it was replaced is over."""
        return generation.ended is not None and self._clock() >= generation.ended + GRACE_SECONDS

    @property
    def in_grace(self) -> bool:
        """Whether late lines are expected in any file."""
        return any(each.ended is not None and not self.finished(each) for each in self.generations)

    # What happened to the name

    def learn(self, rotated: Sequence[DirectoryEntry], *, most: int | None) -> None:
        """Insert the newest ``most`` files that were rotated before the first poll, None for all. Raises OSError.

        Other files that are found later are news.
        """
        before = set(self.generations)
        first = 0 if most is None else max(0, len(rotated) - most)
        self.attach(rotated[first:], forbidden="lost")
        attached = [each for each in self.generations if each not in before]
        # The newest one may have been rotated a moment ago: late lines are expected there only.
        for each in attached[:-1]:
            each.ended = self._clock() - GRACE_SECONDS
            each.limit = each.seen_size
            each.file.rest()
        self.know(rotated)

    def know(self, rotated: Iterable[DirectoryEntry]) -> None:
        """These were rotated before: whatever else is found later is news."""
        unknown = [entry for entry in rotated if not self._of(entry)]
        self._known_rotated = {entry.identity: self._end_of(entry) for entry in unknown}

    def _end_of(self, entry: DirectoryEntry) -> Checkpoint | None:
        """The end of a file's bytes; None if they cannot be read: then only its number tells that it was known."""
        file = entry.open()
        if file is None:
            return None
        generation = self._generation(file)
        try:
            generation.intact()
        except OSError:
            return None
        return generation.seen()

    @property
    def knows_rotated(self) -> bool:
        """Whether it was told once what was rotated before."""
        return self._known_rotated is not None

    def succeed(self, file: ByteFile, rotated: Sequence[DirectoryEntry] | None, *, seen: int) -> None:
        """Another file bears the name: the old ones end.

        One that bore it before goes on from where it ended then, at the latest at ``seen`` bytes. Files that came
        and were rotated away since the last look lie in between, if it is known what was rotated. Raises OSError.
        """
        new = self._generation(file)
        earlier = [each for each in self.generations if each.file.identity == file.identity]
        if earlier:
            new.begin = _end_at(earlier[-1], seen)
        new.intact()
        unseen = self._unseen(_older_than(new, _newer_than(self.live, rotated or ())), new)
        between = [each for each in unseen if not _holds(new, each.last(0).checkpoint())]
        self._end(self.generations)
        self.generations = (*self.generations, *between, new)
        if rotated is not None and self.knows_rotated:
            self.know(_older_than(new, rotated))

    def renew(self, changed_file: Generation, list_rotated: Callable[[], Sequence[DirectoryEntry]]) -> None:
        """A file holds other bytes: that is a new generation; what it held lives on in a copy, or is lost.

        Raises OSError.
        """
        index = self.generations.index(changed_file)
        rest = self.generations[index + 1 :]
        if any(each.file.identity == changed_file.file.identity for each in rest):
            # The file has the name again: that generation tells of it.
            self.generations = (*self.generations[:index], *rest)
            changed_file.close("truncated", rest[0])
            return
        seen = changed_file.seen()
        successor = self._successor(changed_file)
        rotated = list_rotated()
        holders = self._holders(seen, rotated) if seen.offset else []
        holder = _only(holders)
        copy = self._copy(holder, seen.file) if holder else None
        others = [entry for entry in rotated if entry not in holders]
        passed = self._unseen(_older_than(changed_file, _newer_than(copy, rotated) if copy else others), successor)
        self._succeed_in_place(changed_file, [copy, *passed] if copy else passed, successor)
        if seen.offset and not holder and changed_file.successor:
            changed_file.successor.loss = "truncated"

    def attach_unseen(self, rotated: Sequence[DirectoryEntry]) -> None:
        """No file bears the name: the newest one that did since the last look, and was rotated away, is the last."""
        listed = [entry.identity for entry in rotated]
        if listed == self._attached_listing:
            return
        self._attached_listing = listed
        self.check_resting()
        if unseen := self._unseen(_newer_than(self.live, rotated)):
            self._end((*self.generations, *unseen[:-1]))
            unseen[-1].ended = None
            self.generations = (*self.generations, *unseen)

    def _end(self, generations: Iterable[Generation]) -> None:
        now = self._clock()
        for each in generations:
            each.ended = now if each.ended is None else each.ended

    def find_passed(self, live: Generation, list_rotated: Callable[[], Sequence[DirectoryEntry]]) -> None:
        """Take up what came into a file and was copied away while each look found it empty. Raises OSError."""
        successor = self._successor(live)
        passed = self._unseen(_older_than(live, list_rotated()), successor)
        if passed or successor.loss:
            self._succeed_in_place(live, passed, successor)

    def _successor(self, changed_file: Generation) -> Generation:
        """What a file holds now, seen before the copies of what it held are listed."""
        successor = self._generation(
            changed_file.file.duplicate(), ended=changed_file.ended, attached=changed_file.attached
        )
        successor.intact()
        return successor

    def _succeed_in_place(self, changed_file: Generation, passed: Sequence[Generation], successor: Generation) -> None:
        """Put what a file holds now in the place of the old generation, behind those that passed."""
        if not successor.intact():
            raise StaleListingError
        successors = (*passed, successor)
        successors[0].loss = changed_file.loss or successors[0].loss
        others = [each for each in self.generations if each not in successors]
        self.generations = tuple(new for each in others for new in (successors if each is changed_file else (each,)))
        changed_file.close("truncated", successors[0])

    def _copy(self, holder: DirectoryEntry, key: bytes) -> Generation | None:
        """A copy stands for what was truncated, unless it is in the line already."""
        if known := self._of(holder):
            # Whoever took it up before the truncation was seen could not know that its place is here.
            return known if known.attached else None
        file = holder.open()
        if file is None:
            return None
        copy = self._generation(file, key=key, ended=self._clock() - GRACE_SECONDS)
        copy.intact()
        return copy

    def _unseen(self, rotated: Sequence[DirectoryEntry], then: Generation | None = None) -> list[Generation]:
        """Those of these files that came and were rotated away since the last look, before the one that came ``then``.

        Who comes after one that cannot be read tells of the loss: one bad file must not keep from the others.
        """
        known = self._known_rotated
        if known is None:
            return []
        unseen: list[Generation] = []
        loss: Reason | None = None
        for entry in [entry for entry in rotated if not self._of(entry)]:
            file = entry.open()
            try:
                each = self._ended(file) if file else None
            except OSError:
                file = each = None
            if file is None:
                loss = loss if _is_listed(entry, known) else "lost"
                self._attached_listing = []
            if each and not self._was_known(each, known):
                each.loss, loss = loss, None
                unseen.append(each)
        if then and loss:
            then.loss = loss
        return unseen

    def _was_known(self, generation: Generation, known: Mapping[Identity, Checkpoint | None]) -> bool:
        if not _is_listed(generation.file, known):
            return False
        # The number of a deleted file is given to the next one: only its bytes tell that it is the same.
        checkpoint = known[generation.file.identity]
        return checkpoint is None or _holds(generation, checkpoint)

    def freeze_finished(self) -> None:
        """Files in which nothing is expected end where they end now."""
        for each in self.generations:
            if each.limit is None and each is not self.live and self.finished(each):
                each.limit = each.seen_size

    def check_resting(self) -> None:
        """Drop files that are gone, before inode numbers are compared: the number of a deleted file is used again.

        Raises OSError while this process can open no file at all.
        """
        for each in self.generations:
            try:
                each.file.verify()
            except FileGoneError:
                continue
            except OSError as error:
                if error.errno in EXHAUSTED:
                    raise
        self.drop_gone()

    def drop_gone(self) -> None:
        """Drop the files that were not found on disk when they were to be opened again."""
        for each in self.generations:
            if each.file.is_gone:
                self._drop(each)

    def _drop(self, generation: Generation) -> None:
        index = self.generations.index(generation)
        rest = self.generations[index + 1 :]
        self.generations = (*self.generations[:index], *rest)
        generation.close("rotated", rest[0] if rest else None)

    def pin(self) -> None:
        """Open the newest files for a reader, who must not lose one that is deleted meanwhile."""
        for each in self.generations[-MAX_HELD:]:
            if not each.file.descriptors_scarce:
                with contextlib.suppress(OSError):
                    each.file.wake()

    def release(self, *, missing_since: float | None) -> None:
        """Bound how many files are held open, and for how long one that is deleted keeps its space on disk."""
        now = self._clock()
        is_missing = missing_since is not None and now > missing_since + HOLD_SECONDS
        for index, each in enumerate(self.generations):
            is_pinned = len(self.generations) - index <= MAX_HELD
            is_old = each.ended is not None and now > each.ended + HOLD_SECONDS
            if not each.file.is_resting and (is_old or not is_pinned or (is_missing and each is self.live)):
                self._release(each, is_pinned=is_pinned)

    def _release(self, generation: Generation, *, is_pinned: bool) -> None:
        file = generation.file
        lives = [each for each in self.generations if each.file.identity == file.identity]
        if not file.has_name or (not is_pinned and generation is not lives[-1]):
            self._drop(generation)
        elif not is_pinned or generation.attached or file.descriptors_scarce:
            was_read, file.was_read = file.was_read, False
            if not was_read or file.descriptors_scarce:
                self._rest(generation)

    def _rest(self, generation: Generation) -> None:
        if generation is not self.live and generation.limit is None:
            generation.limit = generation.seen_size
        with contextlib.suppress(OSError):
            generation.file.rest()

    # Finding places again

    def start(self) -> list[Position]:
        """Return the position before the first line of the oldest file. Raises OSError.

        Empty without a file, and where lines before the oldest one were lost: a reader that enters it emits a gap.
        """
        while self.generations and not self.generations[0].loss:
            with contextlib.suppress(FileGoneError):
                return [self.generations[0].first()]
            self.drop_gone()
        return []

    def known(
        self, checkpoint: Checkpoint, *, after: Sequence[Position] = (), since: Generation | None = None
    ) -> Position | None:
        """The place of a mark in a known generation, behind the positions before it, and not before ``since``.

        Raises OSError.
        """
        generations = self.generations
        behind = generations.index(after[-1].generation) + 1 if after else 0
        behind = max(behind, generations.index(since)) if since in generations else behind
        holders = [
            each
            for each in generations[behind:]
            if each.key == checkpoint.file and each.spans(checkpoint) and _holds_surely(each, checkpoint)
        ]
        if not holders:
            return None
        # Of several copies that begin alike, the newest is the likeliest; of several lives of one file, the first.
        first = next(each for each in holders if each.file.identity == holders[-1].file.identity)
        return first.position(checkpoint.offset, checkpoint.line)

    def on_disk(
        self, checkpoint: Checkpoint, named: Sequence[DirectoryEntry], rotated: Sequence[DirectoryEntry]
    ) -> Position | None:
        """The place of a mark in the file of its name's number, or in a copy; the files after it are taken up too.

        Raises OSError.
        """
        holder = next((entry for entry in named if self._is_holder(entry, checkpoint)), None)
        if holder is None and checkpoint.offset:
            holder = _only(self._holders(checkpoint, rotated))
        found = self._attach_from(holder, rotated) if holder else None
        return found.position(checkpoint.offset, checkpoint.line) if found else None

    def rewritten(
        self, checkpoint: Checkpoint, named: Sequence[DirectoryEntry], rotated: Sequence[DirectoryEntry]
    ) -> Position | None:
        """The start of the file that the mark names, although its bytes are others now."""
        file = next((each for each in self.generations if each.key == checkpoint.file), None)
        try:
            if file is None and named:
                file = self._attach_from(named[0], rotated)
            return file.first() if file else None
        except OSError as error:
            self._check_bad(error)
            return None

    def attach(self, rotated: Sequence[DirectoryEntry], *, start: int = 0, forbidden: Reason | None = None) -> None:
        """Insert the rotated files from the index ``start`` on.

        The file after a bad one gets a ``lost`` gap, and the file after one that may not be read a gap of the reason
        ``forbidden``. Raises OSError.
        """
        loss: Reason | None = None
        with self._whole():
            for index in range(start, len(rotated)):
                each = self._of(rotated[index])
                file = None if each else rotated[index].open()
                try:
                    each = self._attach_one(file, rotated, index) if file else each
                except OSError as error:
                    self._check_bad(error)
                    loss = "lost"
                if file is None and each is None:
                    loss = forbidden or loss
                if each and loss:
                    each.loss, loss = loss, None
            if loss and self.live:
                self.live.loss = loss

    def _check_bad(self, error: OSError) -> None:
        """Raises the error, unless it is one bad file that cannot be read: the live one can, so nobody waits for it."""
        if error.errno in EXHAUSTED or self.live is None or not self.live.file.pread(1, 0):
            raise error

    def attach_newest(self, rotated: Sequence[DirectoryEntry]) -> None:
        """Take up the newest rotated file that has a line and can be read, unless it is known."""
        for index in reversed(range(len(rotated))):
            if self._of(rotated[index]):
                return
            file = self._open(rotated[index])
            with contextlib.suppress(OSError):
                if file and self._attach_one(file, rotated, index):
                    return

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """Take up all or, if something cannot be read now, nothing: who asks again must find none left out."""
        before = self.generations
        try:
            yield
        except BaseException:
            self.generations = before
            raise

    def _attach_one(self, file: ByteFile, rotated: Sequence[DirectoryEntry], index: int) -> Generation | None:
        generation = self._ended(file, attached=True)
        if generation:
            self._insert(generation, older=rotated[:index], newer=rotated[index + 1 :])
        return generation

    def _attach_from(self, entry: DirectoryEntry, rotated: Sequence[DirectoryEntry]) -> Generation | None:
        index = rotated.index(entry) if entry in rotated else len(rotated)
        found = self._of(entry)
        with self._whole():
            if found is None and (file := entry.open()):
                found = self._generation(file, ended=self._clock(), attached=True)
                self._insert(found, older=rotated[:index] if entry in rotated else (), newer=rotated[index + 1 :])
            self.attach(rotated, start=index + 1, forbidden="lost" if index + 1 else None)
        return found

    def _of(self, entry: DirectoryEntry) -> Generation | None:
        return next((each for each in reversed(self.generations) if each.file.identity == entry.identity), None)

    def _open(self, entry: DirectoryEntry) -> ByteFile | None:
        return None if self._of(entry) else entry.open()

    def _ended(self, file: ByteFile, *, attached: bool = False) -> Generation | None:
        """A rotated file as an ended generation, unless it is empty or a copy of one known. Raises OSError."""
        generation = self._generation(file, ended=self._clock(), attached=attached)
        generation.intact()
        end = generation.seen() if attached else generation.last(0).checkpoint()
        return None if end.offset == 0 or any(self._repeats(each, end) for each in self.generations) else generation

    def _repeats(self, generation: Generation, end: Checkpoint) -> bool:
        """Whether a generation holds all that another file has up to its end."""
        # A file at rest is not opened again for each new one.
        return (not generation.file.is_resting or generation.may_hold(end)) and _holds(generation, end)

    def _insert(
        self, generation: Generation, *, older: Iterable[DirectoryEntry], newer: Iterable[DirectoryEntry]
    ) -> None:
        """Put a file into the line by its rotated neighbours.

        Without any, it is older than whatever was live while this process looked.
        """
        generation.intact()
        generations = self.generations
        before = {entry.identity for entry in older}
        after = {entry.identity for entry in newer}
        behind = [n + 1 for n, each in enumerate(generations) if each.file.identity in before]
        ahead = [n for n, each in enumerate(generations) if each.file.identity in after or not each.attached]
        index = behind[-1] if behind else (*ahead, len(generations))[0]
        self.generations = (*generations[:index], generation, *generations[index:])

    def _is_holder(self, entry: DirectoryEntry, checkpoint: Checkpoint) -> bool:
        file = entry.open()
        try:
            return file is not None and self._generation(file).holds(checkpoint)
        except OSError as error:
            self._check_bad(error)
            return False

    def _holders(self, checkpoint: Checkpoint, entries: Iterable[DirectoryEntry]) -> list[DirectoryEntry]:
        return [entry for entry in entries if (file := entry.open()) and _holds(self._generation(file), checkpoint)]


def _newer_than(generation: Generation | None, rotated: Sequence[DirectoryEntry]) -> Sequence[DirectoryEntry]:
    """The files rotated after this one; all of them if it is not among them."""
    places = [n for n, entry in enumerate(rotated) if generation and entry.identity == generation.file.identity]
    return rotated[places[-1] + 1 :] if places else rotated


def _older_than(generation: Generation, rotated: Sequence[DirectoryEntry]) -> Sequence[DirectoryEntry]:
    """The files rotated before this one; all of them if it is not among them."""
    places = [n for n, entry in enumerate(rotated) if entry.identity == generation.file.identity]
    return rotated[: places[0]] if places else rotated


def _is_listed(file: ByteFile | DirectoryEntry, known: Mapping[Identity, Checkpoint | None]) -> bool:
    """Whether its number was known, and that of no empty file."""
    checkpoint = known.get(file.identity)
    return file.identity in known and (checkpoint is None or checkpoint.offset > 0)


def _only(entries: Sequence[DirectoryEntry]) -> DirectoryEntry | None:
    return entries[0] if len(entries) == 1 else None


def _holds(generation: Generation, checkpoint: Checkpoint) -> bool:
    try:
        return generation.holds(checkpoint)
    except OSError:
        return False


def _holds_surely(generation: Generation, checkpoint: Checkpoint) -> bool:
    """The same, but raises OSError where nobody can tell now."""
    try:
        return generation.holds(checkpoint)
    except OSError as error:
        if generation.lost or isinstance(error, FileGoneError):
            return False
        raise


def _end_at(generation: Generation, size: int) -> int:
    """End a generation at its last whole line, within ``size`` bytes if it has not ended before, and say where."""
    if generation.limit is None:
        generation.limit = size
    generation.limit = max(generation.begin, generation.last_lines(0))
    return generation.limit
