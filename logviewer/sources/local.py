"""A log file and its rotations: one look after the other at what became of its path."""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from errno import EACCES
from functools import partial
from pathlib import Path
from typing import TypeVar

from logviewer.cursor import Checkpoint, source_key
from logviewer.errors import StaleListingError
from logviewer.files.allowed_roots import EVERYWHERE, AllowedRoots
from logviewer.files.byte_file import ByteFile, check_regular
from logviewer.formats.line_format import LineFormat
from logviewer.rotation.change import Absent, Change, Held, OnDisk, decide
from logviewer.rotation.generation import Generation
from logviewer.rotation.history import GRACE_SECONDS, RotationHistory
from logviewer.rotation.listing import DirectoryEntry, DirectoryListings
from logviewer.rotation.position import Position, Reason
from logviewer.source import ChangeSignal, SourceStatus, State

_TRIES = 8
_RENAMING_SECONDS = 0.005

T = TypeVar("T")


class LocalSource:
    """One followed path. ``complete`` says that nothing will ever be added. Only what is in ``roots`` is opened.

    Looks and searches for places may come from any thread; they exclude each other. ``input_error`` says in words what
    keeps lines from the file, if whoever fills it knows of something.
    """

    def __init__(  # noqa: PLR0913 (its parts)
        self,
        source_id: str,
        path: Path,
        *,
        name: str,
        line_format: LineFormat,
        roots: AllowedRoots = EVERYWHERE,
        max_history: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = source_id
        self.name = os.fsencode(name).decode("utf-8", "replace")
        self.path = path
        self.key = source_key(source_id)
        self.line_format = line_format
        self.state: State = "missing"
        self.reason: str | None = None
        self.complete = False
        self.input_error: str | None = None
        self.changed = ChangeSignal()
        self._roots = roots
        self._max_history = max_history
        self._lineage = RotationHistory(self.key, line_format, clock)
        self._clock = clock
        self._lock = threading.Lock()
        self._seen_state: State = "missing"
        self._seen_reason: str | None = None
        self._was_in_grace = False
        self._fault: str | None = None
        self._refused: str | None = None
        self._recovered = False
        self._remembered: tuple[State, Sequence[Generation], int] = ("missing", (), 0)
        self._missing_since: float | None = None

    @property
    def generations(self) -> Sequence[Generation]:
        """The files known, the oldest first, the live one last."""
        return self._lineage.generations

    @property
    def live(self) -> Generation | None:
        """The file that bears the name, or bore it last."""
        return self._lineage.live

    def after(self, generation: Generation) -> Generation | None:
        """The generation that followed this one."""
        return self._lineage.after(generation)

    def finished(self, generation: Generation) -> bool:
        """Whether nothing more is expected in it."""
        return self._lineage.finished(generation)

    def status(self) -> SourceStatus:
        """What there is to say of the source now."""
        size, lines, modified = 0, None, None
        if live := self.live:
            with contextlib.suppress(OSError):
                stat = live.file.stat()
                size, modified = stat.st_size, stat.st_mtime_ns // 1_000_000
                line_count = live.line_count()
                lines = line_count.lines if line_count.complete else None
        path = os.fsencode(self.path).decode("utf-8", "replace")
        return SourceStatus(self.id, self.name, path, size, lines, modified, self.state, self.reason)

    def finish(self) -> None:
        """Nothing will ever be added: readers are done at the end of what is there."""
        with self._lock:
            self.complete = True
            if live := self.live:
                live.ended = self._clock() - GRACE_SECONDS

    # Looking

    def poll(self, listings: DirectoryListings | None = None) -> bool:
        """See what became of the path since the last look; True if readers have reason to look again.

        ``listings`` may be shared by the first looks at many sources.
        """
        with self._lock:
            before = self._remembered
            self._fault = self.input_error or self._refused
            # The second one even if the log cannot be read: what is rotated away from now on is news.
            for step in (self._catch_up, lambda: self._learn_rotated(listings or DirectoryListings())):
                try:
                    self._settle(step)
                except StaleListingError:
                    # Files are renamed faster than they can be told apart: the next look will do.
                    return True
                except (FileNotFoundError, NotADirectoryError):
                    self._miss()
                except OSError as error:
                    self._see("unreadable", _words(error))
            self._lineage.release(missing_since=self._missing_since)
            if self._fault and self._seen_state == "open":
                self._see("unreadable", self._fault)
            # One complete status per poll: a reader never meets the state of a half-finished one.
            self.state, self.reason = self._seen_state, self._seen_reason
            # Who was refused something tries again when told, and so no more often than looks are made.
            refused, self._refused = self._refused, None
            was_in_grace, self._was_in_grace = self._was_in_grace, self._lineage.in_grace
            recovered, self._recovered = self._recovered, False
            now = self._remember()
            changed = was_in_grace or bool(refused) or recovered or before != now
            self.changed.version += changed
            return changed

    @property
    def is_directory(self) -> bool:
        """Whether the path has become a directory."""
        return os.path.isdir(self.path)

    @property
    def is_gone(self) -> bool:
        """Whether nothing bears the name, or is held that bore it."""
        return self.state == "missing" and not self.generations

    @property
    def has_rotations(self) -> bool:
        """Whether rotated files of it may be there."""
        try:
            return self._listed(DirectoryListings().rotated) != []
        except OSError:
            return True

    def _remember(self) -> tuple[State, Sequence[Generation], int]:
        """What the next look is compared with; a reader's reads play no part in it."""
        size = 0
        with contextlib.suppress(OSError):
            size = self.live.file.stat().st_size if self.live else 0
        self._remembered = (self.state, self.generations, size)
        return self._remembered

    def _settle(self, call: Callable[[], T]) -> T:
        """Call, and again while files are renamed under it."""
        for _ in range(_TRIES):
            with contextlib.suppress(StaleListingError):
                return call()
            time.sleep(_RENAMING_SECONDS)
        return call()

    def _see(self, state: State, reason: str | None = None) -> None:
        self._seen_state, self._seen_reason = state, reason

    def _miss(self) -> None:
        self._see("missing")
        self._missing_since = self._missing_since or self._clock()

    def _learn_rotated(self, listings: DirectoryListings) -> None:
        rotated = None if self._lineage.knows_rotated else self._listed(listings.rotated)
        if rotated is not None:
            self._lineage.learn(rotated, most=self._max_history)

    def _rotated(self) -> Sequence[DirectoryEntry]:
        # Never from an older listing: what was just seen to have happened must be in it.
        self._lineage.check_resting()
        return self._there(DirectoryListings().rotated)

    def _listed(self, call: Callable[[Path], Sequence[DirectoryEntry]]) -> list[DirectoryEntry] | None:
        """What is in a directory; None if it may not be listed: its files may be read by their names all the same."""
        with contextlib.suppress(PermissionError):
            return self._inside(call(self.path))
        return None

    def _there(self, call: Callable[[Path], Sequence[DirectoryEntry]]) -> Sequence[DirectoryEntry]:
        """What is in the directory, which may be away for a while only, and its files with it. Raises OSError."""
        for path in dict.fromkeys((self.path, Path(os.path.realpath(self.path)))):
            path.parent.stat()
        return self._listed(call) or []

    def _inside(self, entries: Sequence[DirectoryEntry]) -> list[DirectoryEntry]:
        return [entry for entry in entries if self._roots.allows(entry.path)]

    def _catch_up(self) -> None:
        """Take in what happened to the files."""
        lineage = self._lineage
        lineage.drop_gone()
        live = self.live
        seen = {each.file.identity: each.seen_size for each in self.generations}
        for older in self.generations:
            is_at_rest = older.file.is_resting and not older.file.has_failed
            if older is not live and not is_at_rest and not self._is_intact(older):
                lineage.renew(older, self._rotated)
                # What its file held before is not what it holds now.
                seen[older.file.identity] = 0
        lineage.freeze_finished()
        if live and live.was_empty and self._was_touched(live):
            lineage.find_passed(live, self._rotated)
            live = self.live
        held = Held(live.file.identity, size=live.seen_size, intact=self._is_intact(live)) if live else None
        now = self._find()
        match decide(held, now):
            case Change.TRUNCATED if live:
                lineage.renew(live, self._rotated)
                self._catch_up()
            case Change.APPEARED | Change.REPLACED:
                if file := self._open():
                    lineage.check_resting()
                    rotated = self._listed(DirectoryListings().rotated) if lineage.knows_rotated else None
                    lineage.succeed(file, rotated, seen=seen.get(file.identity, 0))
            case Change.VANISHED if lineage.knows_rotated:
                lineage.attach_unseen(self._listed(DirectoryListings().rotated) or [])

    def _hurry(self) -> None:
        """Take in what happened since the last look; the next one tells of it."""
        with contextlib.suppress(OSError):
            self._catch_up()

    def _is_intact(self, generation: Generation) -> bool:
        """Whether it is, as far as the disk tells; what fails in one file must not keep from the others."""
        try:
            self._recovered |= generation.file.retry()
            return generation.intact()
        except OSError as error:
            self._fault = _words(error)
            return True

    def _was_touched(self, generation: Generation) -> bool:
        # What is found beside one that was deleted came after it, not through it.
        with contextlib.suppress(OSError):
            return generation.touched() and generation.file.has_name
        return False

    def _find(self) -> OnDisk | Absent:
        try:
            facts = check_regular(self.path)
            identity = facts.st_dev, facts.st_ino
            if not self.live or self.live.file.identity != identity:
                self._roots.resolve(self.path)
        except (FileNotFoundError, NotADirectoryError):
            self._miss()
            return Absent.MISSING
        except OSError as error:
            self._see("unreadable", _words(error))
            return Absent.REFUSED
        is_readable = os.access(self.path, os.R_OK)
        self._see("open") if is_readable else self._see("unreadable", os.strerror(EACCES))
        self._missing_since = None
        return OnDisk(identity, facts.st_size)

    def _open(self) -> ByteFile | None:
        try:
            return self._roots.open(self.path)
        except FileNotFoundError:
            self._see("missing")
        except OSError as error:
            self._see("unreadable", _words(error))
        return None

    @contextlib.contextmanager
    def _asked(self) -> Iterator[None]:
        """For the time of a reader's question: if the disk refuses the answer, the next look tells."""
        with self._lock:
            try:
                yield
            except StaleListingError as error:
                self._refused = "its files are renamed faster than they can be told apart"
                raise OSError(self._refused) from error
            except OSError as error:
                self._refused = _words(error)
                raise

    def report_rewrite(self, generation: Generation) -> None:
        """A reader found other bytes than before. Raises OSError."""
        with self._asked():
            self._settle(lambda: self._renew_known(generation))

    def _renew_known(self, generation: Generation) -> None:
        self._hurry()
        if generation in self.generations and not generation.file.is_gone:
            # What every look was content with.
            self._lineage.renew(generation, self._rotated)

    # Finding places

    def start(self) -> list[Position]:
        """See ``Source``. Without history, that is the live file's first line. Raises OSError."""
        if self._max_history == 0:
            return self.start_live()
        with self._asked():
            self._settle(lambda: self._learn_rotated(DirectoryListings()))
            self._lineage.pin()
            return self._lineage.start()

    def start_live(self) -> list[Position]:
        """See ``Source``; as ``last``. Raises OSError."""
        before = self.last(0)
        return [*before[:-1], before[-1].generation.first()] if before and self.live else before

    def last(self, count: int) -> list[Position]:
        """The place before the last ``count`` whole lines of the live file (0: at its end). Raises OSError.

        While that is missing or empty, the end of the newest rotated file comes before it, so that a reader who
        comes back knows what was not new. Empty if there is none: then all that will ever be found is new.
        """
        live = self.live
        is_empty = live is None or live.size() == 0
        if is_empty:
            with self._asked():
                self._settle(self._attach_newest)
        generations = self.generations[-2:] if is_empty else self.generations[-1:]
        counts = [0] * (len(generations) - 1) + [count]
        return [each.last(wanted) for each, wanted in zip(generations, counts, strict=False)]

    def _attach_newest(self) -> None:
        self._lineage.attach_newest(self._listed(DirectoryListings().rotated) or [])

    def locate(
        self, checkpoints: Sequence[Checkpoint], *, since: Generation | None = None
    ) -> tuple[list[Position], Reason | None]:
        """Find the places that marks tell of, in the files known and in the rotated ones on disk.

        The marks are in order; each is looked for after the one before it. Returns the places found and, if one was
        not, the reason why its lines cannot be had. Where a file is still there and its bytes are others, reading
        goes on from its start. No file before ``since`` is looked at. Raises OSError.
        """
        with self._asked():
            return self._settle(lambda: self._locate(checkpoints, since))

    def _locate(
        self, checkpoints: Sequence[Checkpoint], since: Generation | None
    ) -> tuple[list[Position], Reason | None]:
        # What happened since the last look must not be found as something that was there before.
        self._hurry()
        listings, lineage = DirectoryListings(), self._lineage
        lineage.pin()
        found: list[Position] = []
        reason: Reason | None = None
        rewritten: Position | None = None
        for checkpoint in checkpoints:
            if checkpoint.is_before_any_file:
                lineage.check_resting()
                lineage.attach(self._there(listings.rotated))
                found.extend(each.first() for each in self.generations[:1])
                reason = found[0].generation.loss if found else None
                continue
            if position := lineage.known(checkpoint, after=found, since=since):
                found.append(position)
                continue
            lineage.check_resting()
            rotated, named = self._there(listings.rotated), self._there(partial(listings.named, key=checkpoint.file))
            if position := lineage.on_disk(checkpoint, named, rotated):
                found.append(position)
            elif not checkpoint.exhausted or checkpoint is checkpoints[-1]:
                reason = "lost" if checkpoint.is_unknown else "rotated"
                rewritten = lineage.rewritten(checkpoint, named, rotated)
        if reason and not found and rewritten:
            return [rewritten], "truncated"
        # To a server that did not see them, several lives of a file are one: the place in the last of them counts.
        return list({position.generation: position for position in found}.values()), reason


def _words(error: OSError) -> str:
    return error.strerror or str(error)
