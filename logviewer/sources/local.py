"""A log file and its rotations, polled at its path."""

import contextlib
import os
import stat
import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from errno import EACCES
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from weakref import proxy

from logviewer.cursor import Checkpoint, source_key
from logviewer.errors import FileGoneError, StaleListingError
from logviewer.files.allowed_roots import EVERYWHERE, AllowedRoots, real_path
from logviewer.files.byte_file import ByteFile, Identity, Urgency, check_regular
from logviewer.formats.line_format import LineFormat
from logviewer.rotation.change import Absent, Change, Held, OnDisk, decide
from logviewer.rotation.classifier import RotationClassifier
from logviewer.rotation.generation import Generation
from logviewer.rotation.history import GRACE_SECONDS, HOLD_SECONDS, RotationHistory, older_than
from logviewer.rotation.listing import DirectoryEntry, DirectoryListings
from logviewer.rotation.position import Position, Reason
from logviewer.source import ChangeSignal, SourceStatus, State
from logviewer.sources.naming import shown_name

if TYPE_CHECKING:
    from logviewer.files.texts import Text

_TRIES = 8
_RENAMING_SECONDS = 0.005
_BUSY_SECONDS = 0.01
# A cursor has one mark for each file that may still get late lines. Each mark of a client can cost a look at all files.
MAX_MARKS = 32

T = TypeVar("T")


class LocalSource:
    """One followed path. ``complete`` is true if no line will be added. Only files below ``roots`` are opened.

    ``plain_name`` is the name for globs of this machine's configuration. In ``name`` it follows the ``host``, if any.
    ``file_format`` returns the line format of a file; by default all files have that of the source.
    Polls and requests may come from any thread; a lock serialises them. A source ``is_asleep`` until its first poll,
    and after ``sleep`` until its next poll. Once a client uses it, ``is_used`` is true, and compressed files of its
    history are decoded. ``noted`` is the file at its path, as the last ``note`` saw it.
    ``input_error`` is set by the writer of the file, if there is one in this process: the reason why lines do not reach
    the file. ``gaps`` returns the inodes of the files before whose lines others were lost.
    """

    # Thousands are known: with a dict, each takes 1.3 KB more.
    # fmt: off
    __slots__ = (
        "__weakref__", "_clock", "_history", "_last_poll", "_lines", "_listings", "_lock", "_max_history",
        "_missing_since", "_next_reason", "_next_state", "_poll_error", "_recovered", "_request_error", "_roots",
        "_undecoded", "_was_in_grace", "changed", "complete", "file_path", "gaps", "host", "id", "input_error",
        "is_asleep", "is_used", "key", "line_format", "log", "name", "noted", "path", "plain_name", "reason",
        "state",
    )
    # fmt: on

    def __init__(  # noqa: PLR0913 (its parts)
        self,
        source_id: str,
        path: Path,
        *,
        name: str,
        host: str | None = None,
        is_output: bool = False,
        line_format: LineFormat,
        file_format: Callable[[ByteFile], LineFormat] | None = None,
        roots: AllowedRoots = EVERYWHERE,
        classifier: RotationClassifier | None = None,
        max_history: int | None = None,
        key: bytes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.id = source_id
        self.plain_name = name
        self.host = host
        self.name = shown_name(os.fsencode(name).decode("utf-8", "replace"), host)
        self.path = path
        self.log = Path(name) if is_output else path
        self.file_path = path
        self.key = key or source_key(source_id)
        self.line_format = line_format
        self.state: State = "missing"
        self.reason: str | None = None
        self.complete = False
        self.input_error: str | None = None
        self.gaps: Callable[[], Container[int]] | None = None
        self.changed = ChangeSignal()
        self.is_asleep = True
        self.noted: Identity | None = None
        self.is_used = False
        self._roots = roots
        self._max_history = max_history
        self._listings = partial(DirectoryListings, classifier or RotationClassifier(), roots)
        # Not a cycle: without users, the files are closed at once.
        myself = proxy(self)
        self._history = RotationHistory(
            self.key,
            file_format or (lambda _: line_format),
            clock,
            lambda: myself._list_rotated(),  # noqa: PLW0108 (weak)
        )
        self._clock = clock
        self._lock = threading.Lock()
        self._next_state: State = "missing"
        self._next_reason: str | None = None
        self._was_in_grace = False
        self._undecoded: ByteFile | None = None
        self._poll_error: str | None = None
        self._request_error: str | None = None
        self._recovered = False
        self._last_poll: tuple[State, Sequence[Generation], int] = ("missing", (), 0)
        self._missing_since: float | None = None
        # The size of the live file, and its lines if they were counted.
        self._lines: tuple[int, int | None] = (0, None)

    @property
    def generations(self) -> Sequence[Generation]:
        """The generations, oldest first, the live one last."""
        return self._history.generations

    @property
    def live(self) -> Generation | None:
        """The file at the path, or the last one there."""
        return self._history.live

    @property
    def is_whole(self) -> bool:
        """See ``Source``."""
        return not (self._history.compressed.pending or self._undecoded)

    def after(self, generation: Generation) -> Generation | None:
        """Return the next newer generation."""
        return self._history.after(generation)

    def finished(self, generation: Generation) -> bool:
        """Return whether the generation cannot grow any more."""
        return self._history.finished(generation)

    def status(self) -> SourceStatus:
        """Return the entry of ``GET /api/sources``."""
        size, lines, modified = 0, None, None
        with contextlib.suppress(OSError):
            if self.is_asleep:
                # Without a descriptor: there may be thousands.
                facts = self.file_path.stat() if self.state == "open" else None
            else:
                facts = self.live.file.stat() if self.live else None
            if facts:
                size, modified = facts.st_size, facts.st_mtime_ns // 1_000_000
                lines = self._line_count(size)
        path, log = (os.fsencode(each).decode("utf-8", "replace") for each in (self.file_path, self.log))
        encoding = self.live.encoding_name if self.live else None
        return SourceStatus(
            self.id, self.name, path, size, lines, modified, self.state, self.reason, encoding, self.host, log
        )

    def _line_count(self, size: int) -> int | None:
        """Return the number of lines of the live file; None while they are not counted. Raises OSError."""
        if not self.is_asleep and self.live:
            count = self.live.line_count()
            self._lines = (count.size, count.lines if count.complete else None)
            return self._lines[1]
        return self._lines[1] if self._lines[0] == size else None

    def finish(self) -> None:
        """End the source: its readers end after the last line."""
        with self._lock:
            self.complete = True
            self._history.finish()

    # Polling

    def poll_unless_busy(self) -> bool:
        """Poll, unless a request holds the source: it must not delay the polls of others."""
        if not self._lock.acquire(timeout=_BUSY_SECONDS):
            return False
        try:
            return self._poll(None)
        finally:
            self._lock.release()

    def poll(self, listings: DirectoryListings | None = None) -> bool:
        """Compare the path and the open files with the last poll, and return whether readers should read again.

        ``listings`` may be shared by the first polls of many sources.
        """
        with self._lock:
            return self._poll(listings)

    def _poll(self, listings: DirectoryListings | None) -> bool:
        before = self._last_poll
        was_asleep, self.is_asleep = self.is_asleep, False
        self._poll_error = self.input_error or self._request_error
        # The listing is noted even if the log cannot be read: files rotated from now on are new.
        for step in (
            *([self._history.check_resting] if was_asleep else []),
            self._update,
            lambda: self._attach_history(listings or self._listings()),
            self._attach_decoded,
        ):
            try:
                self._retry(step)
            except StaleListingError:
                # Files are renamed faster than listings settle: the next poll continues.
                return True
            except (FileNotFoundError, NotADirectoryError):
                self._note_missing()
            except OSError as error:
                self._note_state("unreadable", _reason(error))
        if self.gaps:
            self._history.note_gaps(self.gaps())
        # Without a client, no reader comes back for the lines of a deleted file.
        self._history.release(missing_since=self._missing_since, hold=HOLD_SECONDS if self.is_used else GRACE_SECONDS)
        compressed = self._history.compressed
        background = dict.fromkeys(compressed.pending if self.is_used else (), Urgency.BACKGROUND)
        _decode(dict.fromkeys(compressed.awaited, Urgency.SHOWN) | background)
        if self._poll_error and self._next_state == "open":
            self._note_state("unreadable", self._poll_error)
        # Publish one status per poll, once it is complete.
        self._publish()
        # Failed requests are retried after a poll wakes their readers, and no more often.
        refused, self._request_error = self._request_error, None
        was_in_grace, self._was_in_grace = self._was_in_grace, self._history.in_grace
        recovered, self._recovered = self._recovered, False
        now = self._note_poll()
        changed = was_in_grace or bool(refused) or recovered or before != now
        self.changed.version += changed
        return changed

    def sleep(self) -> None:
        """Close all files until the next poll, or a read of them."""
        with self._lock:
            self._history.rest()
            self.is_asleep = True

    def note(self, listings: DirectoryListings, allows: Callable[[Path], bool]) -> None:
        """Note the state of a source that is asleep, without a descriptor, and the order of its files after a rotation.

        ``allows`` says whether files in a directory may be read.
        """
        if not self._lock.acquire(blocking=False):
            # A request wakes it.
            return
        try:
            if not self.is_asleep:
                return
            is_allowed = False
            with contextlib.suppress(OSError):
                self.file_path = listings.live(self.path)
                is_regular = stat.S_ISREG(self.file_path.lstat().st_mode)
                is_allowed = is_regular and allows(self.file_path.parent)
            found = self._find_file(is_allowed=is_allowed)
            if found is Absent.MISSING and self._history.generations:
                is_old = self._missing_since is not None and self._clock() > self._missing_since + HOLD_SECONDS
                with contextlib.suppress(OSError):
                    self._history.drop_all() if is_old else self._history.check_resting()
            if isinstance(found, OnDisk):
                if self.noted not in (None, found.identity):
                    with contextlib.suppress(OSError):
                        listings.rotated(self.path)
                self.noted = found.identity
            self._publish()
        finally:
            self._lock.release()

    def drop_file(self, identity: Identity) -> None:
        """Remove a rotated file from the history: it turned out to be a log of its own."""
        with self._lock:
            self._history.drop_file(identity)

    @property
    def is_directory(self) -> bool:
        """Whether the path is a directory now."""
        return os.path.isdir(self.path)

    @property
    def is_gone(self) -> bool:
        """Whether the source has no file any more."""
        return self.state == "missing" and not self.generations

    def has_rotations(self, listings: DirectoryListings) -> bool:
        """Return whether the source may have rotated files."""
        try:
            return self._listed(listings.rotated) != []
        except OSError:
            return True

    def _note_poll(self) -> tuple[State, Sequence[Generation], int]:
        """Note the state for the next poll. The reads of readers do not count."""
        size = 0
        with contextlib.suppress(OSError):
            size = self.live.file.stat().st_size if self.live else 0
        self._last_poll = (self.state, self.generations, size)
        return self._last_poll

    def _retry(self, call: Callable[[], T]) -> T:
        """Call, and retry while files are renamed meanwhile."""
        for _ in range(_TRIES):
            with contextlib.suppress(StaleListingError):
                return call()
            time.sleep(_RENAMING_SECONDS)
        return call()

    def _note_state(self, state: State, reason: str | None = None) -> None:
        self._next_state, self._next_reason = state, reason

    def _publish(self) -> None:
        self.state, self.reason = self._next_state, self._next_reason
        if self.state == "open" and self.live:
            self.reason = self.live.fault

    def _note_missing(self) -> None:
        self._note_state("missing")
        self._missing_since = self._missing_since or self._clock()

    @property
    def _paths(self) -> Iterable[Path]:
        """The path, and the target of a symlink."""
        return dict.fromkeys((self.file_path, real_path(self.file_path)))

    def _attach_history(self, listings: DirectoryListings) -> None:
        if self._history.has_listing or not any(os.path.isdir(path.parent) for path in self._paths):
            return
        if (rotated := self._listed(listings.rotated)) is not None:
            self._history.attach_history(self._without_newer(rotated), most=self._max_history)

    def _list_rotated(self) -> Sequence[DirectoryEntry]:
        return self._listed(self._listings().rotated) or []

    def _attach_decoded(self) -> None:
        if self._history.compressed.pending:
            rotated = self._without_newer(self._list_rotated())
            self._history.attach_decoded(rotated[-self._max_history :] if self._max_history else rotated)

    def needs_text(self, *, whole: bool) -> bool:
        """Whether compressed files are not decoded: the live one, and those of the ``whole`` history."""
        return self._undecoded is not None or (whole and not self.is_whole)

    def decodings(self, *, whole: bool) -> list["Future[Text]"]:
        """Begin to decode the compressed files that clients wait for, and return the decodings that run."""
        compressed = self._history.compressed
        history = dict.fromkeys(compressed.pending if whole else (), Urgency.HISTORY)
        live = [self._undecoded] if self._undecoded else []
        return _decode(history | dict.fromkeys((*live, *compressed.awaited), Urgency.SHOWN))

    def _rotated(self) -> Sequence[DirectoryEntry]:
        # A new listing: an older one may lack the change that was just detected.
        self._history.check_resting()
        return self._list_existing(self._listings().rotated)

    def _listed(self, call: Callable[[Path], Sequence[DirectoryEntry]]) -> list[DirectoryEntry] | None:
        """Return the allowed entries; None if the directory may not be listed, although its files may be readable."""
        with contextlib.suppress(PermissionError):
            return self._allowed(call(self.path))
        return None

    def _without_newer(self, rotated: Sequence[DirectoryEntry]) -> Sequence[DirectoryEntry]:
        """Return the entries before the live file: a file after it is left to the next poll, which makes it live."""
        return older_than(self.live, rotated) if self.live else rotated

    def _list_existing(self, call: Callable[[Path], Sequence[DirectoryEntry]]) -> Sequence[DirectoryEntry]:
        """Return the allowed entries of a directory that exists. Raises OSError while it is missing."""
        for path in self._paths:
            path.parent.stat()
        return self._listed(call) or []

    def _allowed(self, entries: Sequence[DirectoryEntry]) -> list[DirectoryEntry]:
        return [entry for entry in entries if self._roots.allows(entry.path)]

    def _update(self) -> None:
        """Apply the changes of the files to the history."""
        self.file_path = self._listings().live(self.path)
        history = self._history
        history.begin_poll()
        live = self.live
        if live and live.was_empty and self._was_touched(live):
            # Before the file is compared: after an error, the next poll must find it touched again.
            history.update([], None, self._rotated, touched=live)
            live = self.live
        polled = history.polled
        changed = [each for each in polled if not self._is_intact(each)]
        history.freeze_finished()
        held = Held(live.file.identity, size=live.seen_size) if live else None
        file = None
        match decide(held, self._find_file()):
            case Change.TRUNCATED if live and live not in changed:
                changed.append(live)
            case Change.APPEARED | Change.REPLACED:
                file = self._open()
            case Change.VANISHED if history.has_listing and not changed:
                history.attach_unseen(self._listed(self._listings().rotated) or [])
        if file:
            history.check_resting()
        if live in changed:
            # Before the rotated files are put in order.
            self._listings().note_rewritten(self.path)
        if changed or file:
            history.update(changed, file, self._rotated if changed else self._list_noted)

    def _list_noted(self) -> Sequence[DirectoryEntry] | None:
        return self._listed(self._listings().rotated) if self._history.has_listing else None

    def _apply_changes(self) -> None:
        """Apply changes now; the next poll publishes them."""
        with contextlib.suppress(OSError):
            self._update()

    def _is_intact(self, generation: Generation) -> bool:
        """Return whether the bytes are the same. An error counts as yes: one bad file must not stop the others."""
        try:
            self._recovered |= generation.file.retry()
            return generation.intact()
        except OSError as error:
            self._poll_error = _reason(error)
            return True

    def _was_touched(self, generation: Generation) -> bool:
        # Files beside a deleted one are newer, not copies of it. A reader may have seen lines since the last poll: if
        # they are gone, the file was truncated.
        with contextlib.suppress(OSError):
            is_known = generation.touched() and generation.file.has_name
            return is_known and generation.holds(generation.seen())
        return False

    def _find_file(self, *, is_allowed: bool = False) -> OnDisk | Absent:
        try:
            facts = check_regular(self.file_path)
            identity = facts.st_dev, facts.st_ino
            live = self.live if self.live and self.live.file.identity == identity else None
            if not is_allowed and live is None:
                self._roots.resolve(self.file_path)
        except (FileNotFoundError, NotADirectoryError):
            self._note_missing()
            return Absent.MISSING
        except OSError as error:
            self._note_state("unreadable", _reason(error))
            return Absent.REFUSED
        is_readable = os.access(self.file_path, os.R_OK)
        self._note_state("open") if is_readable else self._note_state("unreadable", os.strerror(EACCES))
        self._missing_since = None
        return OnDisk(identity, live.file.size_of(facts) if live else facts.st_size)

    def _open(self) -> ByteFile | None:
        try:
            file = self._roots.open(self.file_path)
            file.decode()
            self._undecoded = None if file.is_decoded else file
            return file
        except FileNotFoundError:
            self._note_state("missing")
        except OSError as error:
            self._note_state("unreadable", _reason(error))
        return None

    @contextlib.contextmanager
    def _request(self) -> Iterator[None]:
        """Hold the lock for a request; note an error of the disk for the next poll."""
        with self._lock:
            try:
                yield
            except StaleListingError as error:
                self._request_error = "its files are renamed faster than they can be listed"
                raise OSError(self._request_error) from error
            except OSError as error:
                self._request_error = _reason(error)
                raise

    def report_rewrite(self, generation: Generation) -> None:
        """Apply the change that a reader found: other bytes than before. Raises OSError."""
        with self._request():
            self._retry(lambda: self._replace_contents(generation))

    def _replace_contents(self, generation: Generation) -> None:
        self._apply_changes()
        if generation in self.generations and not generation.file.is_gone:
            # The polls did not notice the change.
            self._history.update([generation], None, self._rotated)

    # Positions

    def start(self) -> list[Position]:
        """See ``Source``. Raises OSError."""
        if self._max_history == 0 and len(self.generations) < 2:
            return self.start_live()
        with self._request():
            self._retry(lambda: self._attach_history(self._listings()))
            self._history.pin()
            return self._history.start()

    def start_live(self) -> list[Position]:
        """See ``Source``; as ``last``. Raises OSError."""
        before = self.last(0)
        return [*before[:-1], before[-1].generation.first()] if before and self.live else before

    def last(self, count: int) -> list[Position]:
        """Return the position before the last ``count`` whole lines, in any file (0: the end). Raises OSError.

        With 0, while the live file is missing or empty, the end of the newest rotated file comes first: a reader that
        reconnects then knows which lines are not new. Empty without any file: all lines will be new.
        """
        live = self.live
        is_empty = live is None or live.size() == 0
        if is_empty:
            with self._request():
                self._retry(self._attach_newest)
        generations = self.generations[-2:] if is_empty else self.generations[-1:]
        if count:
            position, _ = self._last_over_rotations(count)
            if position:
                return [position]
        return [each.last(0) for each in generations]

    def has_lines(self, count: int) -> bool:
        """See ``Source``."""
        return self._last_over_rotations(count)[1] >= count

    def _last_over_rotations(self, count: int) -> tuple[Position | None, int]:
        """Return the position before the last ``count`` whole lines of all generations, and the lines after it.

        The position is None without a line.
        """
        found, position = 0, None
        for each in reversed(self.generations):
            with contextlib.suppress(FileGoneError):
                size = each.size()
                offset, lines = each.lines_until(size, count - found, most=size) or (each.begin, 0)
                found += lines
                position = each.position(offset, each.number(offset)) if lines else position
            if found >= count:
                break
        return position, found

    def _attach_newest(self) -> None:
        self._history.attach_newest(self._without_newer(self._list_rotated()))

    def locate(
        self, checkpoints: Sequence[Checkpoint], *, since: Generation | None = None
    ) -> tuple[list[Position], Reason | None]:
        """Find the positions of checkpoints in the generations and in rotated files on disk.

        The checkpoints are in order; each is searched after the previous one, and not before ``since``. Returns the
        positions, and the reason of a gap if one is missing. A rewritten file is read from its start. Raises OSError.
        """
        with self._request():
            return self._retry(lambda: self._locate(checkpoints, since))

    def _locate(
        self, checkpoints: Sequence[Checkpoint], since: Generation | None
    ) -> tuple[list[Position], Reason | None]:
        # Changes since the last poll must not be taken for older files.
        self._apply_changes()
        listings, history = self._listings(), self._history
        history.pin()
        is_checked = False
        found: list[Position] = []
        # Without their files, lines before the newest marks cannot be promised.
        reason: Reason | None = "rotated" if any(not each.exhausted for each in checkpoints[:-MAX_MARKS]) else None
        rewritten: Position | None = None
        rotated: Sequence[DirectoryEntry] = ()
        for checkpoint in checkpoints[-MAX_MARKS:]:
            if not checkpoint.is_before_any_file and (position := history.known(checkpoint, after=found, since=since)):
                found.append(position)
                continue
            if not is_checked:
                is_checked = True
                history.check_resting()
                rotated = self._without_newer(self._list_existing(listings.rotated))
            if checkpoint.is_before_any_file:
                history.attach(rotated)
                found.extend(each.first() for each in self.generations[:1])
                reason = found[0].generation.loss if found else None
                continue
            named = self._list_existing(partial(listings.named, key=checkpoint.file))
            if position := history.find_on_disk(checkpoint, named, rotated):
                found.append(position)
            elif not checkpoint.exhausted or checkpoint is checkpoints[-1]:
                reason = "lost" if checkpoint.is_unknown else "rotated"
                rewritten = history.rewritten(checkpoint, named, rotated)
        if reason and not found and rewritten:
            return [rewritten], "truncated"
        if reason and not found and self._next_state == "unreadable":
            # Not left to the caller: another poll may open the file before it sees this state.
            raise OSError(EACCES, self._next_reason or os.strerror(EACCES))
        # A server that did not see the turns of a file has one generation: the last position in it counts.
        return list({position.generation: position for position in found}.values()), reason


def _decode(files: Mapping[ByteFile, Urgency]) -> "list[Future[Text]]":
    """Begin to decode compressed files, and return the decodings that run."""
    found: list[Future[Text]] = []
    for file, urgency in files.items():
        with contextlib.suppress(OSError):
            running = file.decode(urgency)
            found += [running] if running else []
    return found


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
