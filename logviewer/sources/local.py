"""A log file and its rotations: the files that bore its name, found again whatever was done to them."""

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from logviewer.cursor import Mark, source_key
from logviewer.files.follow import Absent, Change, Found, Held, decide
from logviewer.files.generations import Generation, Position, Reason
from logviewer.files.read import Identity, OpenFile, check_regular
from logviewer.files.rotations import Listings
from logviewer.source import Facts, Signal, State

GRACE_SECONDS = 5.0
HOLD_SECONDS = 600.0
MAX_HELD = 16


class LocalSource:
    """One followed path.

    ``generations`` are the files known to have borne its name and readable still, the oldest first, the live one
    last. The tuple is replaced, never changed, so that any thread may read it. ``complete`` says that nothing will
    ever be added. Looks may come from any thread, one at a time.
    """

    def __init__(self, source_id: str, path: Path, *, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.id = source_id
        self.name = name
        self.path = path
        self.state: State = "missing"
        self.complete = False
        self.changed = Signal()
        self.generations: tuple[Generation, ...] = ()
        self.key = source_key(source_id)
        self._clock = clock
        self._lock = threading.Lock()
        self._in_grace = False
        self._missing_since: float | None = None
        self._rotated_before: frozenset[tuple[Identity, int]] | None = None

    @property
    def live(self) -> Generation | None:
        """The file that bears the name, or bore it last while this process looked."""
        newest = self.generations[-1:]
        return newest[0] if newest and not newest[0].adopted else None

    def after(self, generation: Generation) -> Generation | None:
        """The generation that followed this one."""
        generations = self.generations
        following = generations[generations.index(generation) + 1 :] if generation in generations else ()
        return following[0] if following else None

    def finished(self, generation: Generation) -> bool:
        """Whether no writer is expected in it any more: the grace period since it was replaced is over."""
        return generation.ended is not None and self._clock() >= generation.ended + GRACE_SECONDS

    def facts(self) -> Facts:
        """What there is to say of the source now."""
        size, modified = 0, None
        if live := self.live:
            try:
                stat = live.file.stat()
                size, modified = stat.st_size, stat.st_mtime_ns // 1_000_000
            except OSError:
                pass
        return Facts(self.id, self.name, str(self.path), size, None, modified, self.state)

    def finish(self) -> None:
        """Nothing will ever be added: readers are done at the end of what is there."""
        with self._lock:
            self.complete = True
            if live := self.live:
                live.ended = self._clock() - GRACE_SECONDS

    # Looking

    def look(self, listings: Listings | None = None) -> bool:
        """See what became of the path since the last look; True if readers have reason to look again."""
        with self._lock:
            before = (self.state, self.generations, self.live and self.live.seen_size)
            try:
                self._look(listings or Listings())
            except OSError:
                self.state = "unreadable"
            was_in_grace, self._in_grace = self._in_grace, self._any_in_grace()
            return was_in_grace or before != (self.state, self.generations, self.live and self.live.seen_size)

    def _any_in_grace(self) -> bool:
        return any(each.ended is not None and not self.finished(each) for each in self.generations)

    def _look(self, listings: Listings) -> None:
        live = self.live
        for older in self.generations:
            if older is not live and not older.intact():
                self._renew(older, listings)
        held = Held(live.file.identity, size=live.seen_size, intact=live.intact()) if live else None
        now = self._find()
        match decide(held, now):
            case Change.TRUNCATED if live:
                self._renew(live, listings)
                self._look(listings)
            case Change.APPEARED | Change.REPLACED:
                self._succeed(listings)
        if self._rotated_before is None:
            self._rotated_before = self._rotated_now(listings)
        self._release()

    def _find(self) -> Found | Absent:
        try:
            facts = check_regular(self.path)
        except (FileNotFoundError, NotADirectoryError):
            self.state = "missing"
            self._missing_since = self._missing_since or self._clock()
            return Absent.MISSING
        except OSError:
            self.state = "unreadable"
            return Absent.REFUSED
        self.state = "open" if os.access(self.path, os.R_OK) else "unreadable"
        self._missing_since = None
        return Found((facts.st_dev, facts.st_ino), facts.st_size)

    def _renew(self, torn: Generation, listings: Listings) -> None:
        """The same file with other contents is a new generation; what it held before lives on in a copy, or is lost."""
        seen = torn.seen()
        heir = Generation(torn.file.duplicate(), self.key, ended=torn.ended, adopted=torn.adopted)
        heir.intact()
        copy = self._copy_of(seen, listings) if seen.offset else None
        heirs = (copy, heir) if copy else (heir,)
        heirs[0].loss = torn.loss or ("truncated" if seen.offset and not copy else None)
        self.generations = tuple(new for each in self.generations for new in (heirs if each is torn else (each,)))
        torn.close("truncated", heirs[0])

    def _copy_of(self, seen: Mark, listings: Listings) -> Generation | None:
        copies = [path for path in listings.rotated(self.path) if _path_holds(path, seen)]
        for file in _open_readable(copies if len(copies) == 1 else []):
            copy = Generation(file, self.key, key=seen.file, ended=self._clock() - GRACE_SECONDS)
            copy.intact()
            return copy
        return None

    def rewritten(self, generation: Generation) -> None:
        """A reader found other bytes than before although every look was content. Raises OSError."""
        with self._lock:
            if generation in self.generations:
                self._renew(generation, Listings())

    def _succeed(self, listings: Listings) -> None:
        """Another file bears the name now: the old ones end, and it is read from its start."""
        try:
            file = OpenFile.open(self.path)
        except FileNotFoundError:
            self.state = "missing"
            return
        except OSError:
            self.state = "unreadable"
            return
        new = Generation(file, self.key)
        earlier = [each for each in self.generations if each.file.identity == file.identity]
        if earlier:
            # It had the name before and comes back: what was read then is not read again.
            earlier[-1].limit = new.begin = max(earlier[-1].begin, earlier[-1].last_lines(0))
        new.intact()
        between = self._rotated_unseen(listings)
        now = self._clock()
        for each in self.generations:
            each.ended = now if each.ended is None else each.ended
        self.generations = (*self.generations, *between, new)
        self._rotated_before = self._rotated_now(listings)

    def _rotated_now(self, listings: Listings) -> frozenset[tuple[Identity, int]]:
        return frozenset((identity, size) for _, identity, size in _stat_all(listings.rotated(self.path)))

    def _rotated_unseen(self, listings: Listings) -> list[Generation]:
        """The files that came and were rotated away since the last look."""
        before = self._rotated_before
        if before is None:
            return []
        rotated = list(_stat_all(listings.rotated(self.path)))
        live = self.live and self.live.file.identity
        last = next((index for index, (_, identity, _) in enumerate(rotated) if identity == live), -1)
        return self._open_all(path for path, identity, size in rotated[last + 1 :] if (identity, size) not in before)

    def _open_all(self, paths: Iterable[Path], *, adopted: bool = False) -> list[Generation]:
        """Open rotated files as ended generations, leaving out those known and copies of those known."""
        known = {each.file.identity for each in self.generations}
        opened = [
            Generation(file, self.key, ended=self._clock(), adopted=adopted)
            for file in _open_readable(paths)
            if file.identity not in known
        ]
        return [each for each in opened if each.intact() and not self._is_copy(each)]

    def _is_copy(self, generation: Generation) -> bool:
        end = generation.position(generation.last_lines(0), None).mark()
        return end.offset == 0 or any(each.holds(end) for each in self.generations)

    def _release(self) -> None:
        """Bound how many files are held open, and for how long one that may be deleted keeps its place on disk."""
        now = self._clock()
        for index, each in enumerate(self.generations):
            too_old = each.ended is not None and now > each.ended + HOLD_SECONDS
            gone = each is self.live and self._missing_since is not None and now > self._missing_since + HOLD_SECONDS
            if too_old or gone or len(self.generations) - index > MAX_HELD:
                rest = self.generations[index + 1 :]
                self.generations = (*self.generations[:index], *rest)
                self._rotated_before = (self._rotated_before or frozenset()) | {(each.file.identity, each.seen_size)}
                each.close("rotated", rest[0] if rest else None)
                return

    # Finding places again

    def start(self) -> list[Position]:
        """The place before the first line of the live file, as ``last``. Raises OSError."""
        before = self.last(0)
        return [*before[:-1], before[-1].generation.first()] if before and self.live else before

    def last(self, count: int) -> list[Position]:
        """The place before the last ``count`` whole lines of the live file (0: at its end). Raises OSError.

        While that is missing or empty, the end of the newest rotated file comes before it, so that a reader who
        comes back knows what was not new. Empty if there is none: then all that will ever be found is new.
        """
        live = self.live
        if live is None or live.size() == 0:
            with self._lock:
                rotated = Listings().rotated(self.path)
                self._adopt_rotated(rotated, start=max(0, len(rotated) - 1))
        generations = self.generations[-1:] if live and live.size() else self.generations[-2:]
        counts = [0] * (len(generations) - 1) + [count]
        return [each.last(wanted) for each, wanted in zip(generations, counts, strict=False)]

    def locate(self, marks: Sequence[Mark]) -> tuple[list[Position], Reason | None]:
        """Find the places that marks tell of, in the files known and in the rotated ones on disk.

        The marks are in order; each is looked for after the one before it. Returns the places found and, if one was
        not, the reason why its lines cannot be had. Where a file is still there and its bytes are others, reading
        goes on from its start.
        """
        with self._lock:
            listings = Listings()
            found: list[Position] = []
            reason: Reason | None = None
            rewritten: Position | None = None
            for mark in marks[:MAX_HELD]:
                if mark.is_before_any_file:
                    self._adopt_rotated(listings.rotated(self.path))
                    found.extend(each.first() for each in self.generations[:1])
                    reason = found[0].generation.loss if found else None
                elif position := self._known(mark, found) or self._on_disk(mark, listings):
                    found.append(position)
                elif not mark.spent or mark is marks[-1]:
                    reason = "lost" if mark.is_nowhere else "rotated"
                    rewritten = self._rewritten(mark, listings)
            if reason and not found and rewritten:
                return [rewritten], "truncated"
            return found, reason

    def _known(self, mark: Mark, found: Sequence[Position]) -> Position | None:
        generations = self.generations
        behind = generations.index(found[-1].generation) + 1 if found else 0
        for each in generations[behind:]:
            if each.key == mark.file and each.spans(mark) and _holds(each, mark):
                return each.position(mark.offset, mark.line)
        return None

    def _on_disk(self, mark: Mark, listings: Listings) -> Position | None:
        """Open the rotated file that holds the mark, and those that came after it."""
        rotated = listings.rotated(self.path)
        path = next((each for each in listings.named(self.path, mark.file) if _path_holds(each, mark)), None)
        if path is None:
            copies = [each for each in rotated if mark.offset and _path_holds(each, mark)]
            path = copies[0] if len(copies) == 1 else None
        opened = self._adopt_from(path, rotated) if path else None
        return opened.position(mark.offset, mark.line) if opened else None

    def _rewritten(self, mark: Mark, listings: Listings) -> Position | None:
        """The start of the file that the mark names, although its bytes are others now."""
        known = next((each for each in self.generations if each.key == mark.file and not each.lost), None)
        paths = [] if known else listings.named(self.path, mark.file)[:1]
        for path in paths:
            known = self._adopt_from(path, listings.rotated(self.path))
        return known.first() if known else None

    def _adopt_from(self, path: Path, rotated: Sequence[Path]) -> Generation | None:
        """Take up a file beside the log, and the rotated ones after it."""
        index = rotated.index(path) if path in rotated else len(rotated)
        for file in _open_readable([path]):
            found = Generation(file, self.key, ended=self._clock(), adopted=True)
            self._insert(found, older=rotated[:index] if path in rotated else (), newer=rotated[index + 1 :])
            self._adopt_rotated(rotated, start=index + 1)
            return found
        return None

    def _adopt_rotated(self, rotated: Sequence[Path], *, start: int = 0) -> None:
        for index in range(start, len(rotated)):
            for generation in self._open_all([rotated[index]], adopted=True):
                self._insert(generation, older=rotated[:index], newer=rotated[index + 1 :])

    def _insert(self, generation: Generation, *, older: Iterable[Path], newer: Iterable[Path]) -> None:
        """Put a file into the line by its rotated neighbours.

        Without any, it is older than whatever was live while this process looked.
        """
        generation.intact()
        generations = self.generations
        before = {identity for _, identity, _ in _stat_all(older)}
        after = {identity for _, identity, _ in _stat_all(newer)}
        behind = [n + 1 for n, each in enumerate(generations) if each.file.identity in before]
        ahead = [n for n, each in enumerate(generations) if each.file.identity in after or not each.adopted]
        index = behind[-1] if behind else (*ahead, len(generations))[0]
        self.generations = (*generations[:index], generation, *generations[index:])


def _stat_all(paths: Iterable[Path]) -> Iterable[tuple[Path, Identity, int]]:
    """Path, identity and size in bytes of those that are regular files."""
    for path in paths:
        try:
            facts = check_regular(path)
        except OSError:
            continue
        yield path, (facts.st_dev, facts.st_ino), facts.st_size


def _open_readable(paths: Iterable[Path]) -> Iterable[OpenFile]:
    for path in paths:
        try:
            yield OpenFile.open(path)
        except OSError:
            continue


def _holds(generation: Generation, mark: Mark) -> bool:
    try:
        return generation.holds(mark)
    except OSError:
        return False


def _path_holds(path: Path, mark: Mark) -> bool:
    return any(_holds(Generation(file, mark.source), mark) for file in _open_readable([path]))
