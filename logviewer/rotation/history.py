"""The generations of one source in order: live files appended, rotated files inserted, positions found again."""

import contextlib
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import pairwise
from weakref import ref

from logviewer.cursor import Checkpoint
from logviewer.errors import FileGoneError, NotDecodedError, StaleListingError
from logviewer.files.byte_file import ByteFile, Identity
from logviewer.files.open_files import EXHAUSTED
from logviewer.formats.file_evidence import NO_READING, FileReading
from logviewer.formats.line_format import LineFormat
from logviewer.rotation.compressed_files import CompressedFiles
from logviewer.rotation.generation import Generation
from logviewer.rotation.listing import DirectoryEntry
from logviewer.rotation.position import Position
from logviewer.rotation.reconcile import Part, reconcile
from logviewer.rotation.survey import Survey

GRACE_SECONDS = 5.0
HOLD_SECONDS = 600.0
MAX_HELD = 16
OLDEST = 0
"""No file has this inode."""


class RotationHistory:
    """The generations of one source, oldest first, the live one last.

    Any thread may read ``generations``: the tuple is replaced, never changed, under the source's lock. Arguments named
    ``rotated`` are directory entries, oldest first. Methods that open them raise StaleListingError if they were
    renamed since the listing; the caller lists again and retries.
    """

    def __init__(
        self,
        source: bytes,
        line_format: Callable[[ByteFile], LineFormat],
        clock: Callable[[], float] = time.monotonic,
        list_rotated: Callable[[], Sequence[DirectoryEntry]] = lambda: (),
    ) -> None:
        self.generations: tuple[Generation, ...] = ()
        self._source = source
        self._line_format = line_format
        self._clock = clock
        self._noted: dict[Identity, Checkpoint | None] | None = None
        self._attached_listing: list[Identity] = []
        self.compressed = CompressedFiles(list_rotated)
        self._seen: Mapping[Generation, int] = {}
        self._last_reading = NO_READING

    def _generation(
        self, file: ByteFile, *, key: bytes | None = None, ended: float | None = None, attached: bool = False
    ) -> Generation:
        # A strong reference would hold the descriptors until the garbage collector runs.
        myself, own = ref(self), ref(file)
        if (live := self.live) and live.line_format.is_decided:
            self._last_reading = live.line_format.reading

        def inherited() -> FileReading:
            history = myself()
            return history._inherited(own()) if history else NO_READING

        base, format_of = self._line_format(file), self._line_format

        def again() -> LineFormat:
            present = own()
            return format_of(present) if present else base

        return Generation(
            file, self._source, base, key=key, ended=ended, attached=attached, inherited=inherited, again=again
        )

    def _inherited(self, file: ByteFile | None) -> FileReading:
        """Return the reading of the file before another one."""
        generations = self.generations
        index = next((number for number, each in enumerate(generations) if each.file is file), len(generations))
        for each in reversed(generations[max(0, index - 1) : index]):
            if (reading := each.line_format.own_reading()) != NO_READING:
                return reading
        return self._last_reading

    @property
    def live(self) -> Generation | None:
        """The file at the path, or the last one there since this process polls."""
        newest = self.generations[-1:]
        return newest[0] if newest and not newest[0].attached else None

    def after(self, generation: Generation) -> Generation | None:
        """Return the next newer generation."""
        generations = self.generations
        following = generations[generations.index(generation) + 1 :] if generation in generations else ()
        return following[0] if following else None

    def finished(self, generation: Generation) -> bool:
        """Return whether the grace period for late lines is over."""
        return generation.ended is not None and self._clock() >= generation.ended + GRACE_SECONDS

    def finish(self) -> None:
        """End the live generation at once: nothing will be appended to it."""
        if live := self.live:
            live.ended = self._clock() - GRACE_SECONDS

    @property
    def polled(self) -> list[Generation]:
        """The generations whose files each poll compares: the live one, and all that are not at rest."""
        live = self.live
        return [each for each in self.generations if each.file.needs_poll or each is live]

    @property
    def in_grace(self) -> bool:
        """Whether any file may still get late lines."""
        return any(each.ended is not None and not self.finished(each) for each in self.polled)

    # Changes

    def attach_history(self, rotated: Sequence[DirectoryEntry], *, most: int | None) -> None:
        """Insert the newest ``most`` files that were rotated before the first poll; None inserts all. Raises OSError.

        Files found later are new.
        """
        self.compressed.note_first(rotated)
        before = set(self.generations)
        first = 0 if most is None else max(0, len(rotated) - most)
        self.attach(rotated[first:], forbidden=True)
        if live := self.live:
            # A reader may have been faster.
            live.reconsider()
        attached = [each for each in self.generations if each not in before]
        # Only the newest one can still get late lines: it may have been rotated a moment ago.
        for each in attached[:-1]:
            each.ended = self._clock() - GRACE_SECONDS
            each.limit = each.seen_size
        for each in attached[-1:]:
            each.file.wake()
        self.note_listing(rotated)

    def note_listing(self, rotated: Iterable[DirectoryEntry]) -> None:
        """Note the rotated files that are not generations: they are not new when a later listing has them."""
        unknown = [entry for entry in rotated if not self._generation_of(entry)]
        self._noted = {entry.identity: self._seen_end(entry) for entry in unknown}

    def _seen_end(self, entry: DirectoryEntry) -> Checkpoint | None:
        """Return the end of a file; None if it cannot be read, which leaves only its identity to recognise it."""
        file = entry.open()
        if file is None:
            return None
        generation = self._generation(file)
        try:
            generation.intact()
        except OSError:
            return None
        return generation.seen()

    def note_gaps(self, inodes: Container[int]) -> None:
        """Note that lines before those of some files were lost; ``OLDEST`` stands for the oldest file."""
        for index, each in enumerate(self.generations):
            if each.file.identity[1] in inodes or (index == 0 and OLDEST in inodes):
                each.loss = each.loss or "rotated"

    @property
    def has_listing(self) -> bool:
        """Whether a listing has been noted."""
        return self._noted is not None

    def begin_poll(self) -> None:
        """Drop the files that are gone, and note how much of the others the last poll or a reader saw."""
        self.drop_gone()
        self._seen = {each: each.seen_size for each in self.polled}

    def update(
        self,
        changed: Sequence[Generation],
        file: ByteFile | None,
        list_rotated: Callable[[], Sequence[DirectoryEntry] | None],
        *,
        touched: Generation | None = None,
        is_missing: bool = False,
    ) -> None:
        """Replace the line by the one that ``reconcile`` returns for this poll. Raises OSError.

        ``changed`` hold other bytes than the last poll saw. ``file`` is new at the path, which names nothing if
        ``is_missing``. ``touched`` was empty at the last poll: lines may have passed through it.
        """
        renewed = dict.fromkeys([*changed, *([touched] if touched else [])])
        successors = {each: self._successor(each) for each in renewed}
        new, earlier = self._new(file, changed) if file else (None, None)
        rotated = list_rotated()
        survey = Survey(rotated or (), successors=successors, new=new, earlier=earlier)
        survey.copied.update(each for each in renewed if each not in changed)
        for each in changed:
            self._find_copy(each, survey)
        self._find_new(survey)
        if touched and touched not in changed and not survey.news and not survey.lost:
            # No lines passed through it: its readers stay.
            del successors[touched]
        path = new or (None if is_missing and not changed else self.live)
        identity = path.file.identity if path else None
        line = reconcile(
            survey.known(self.generations), survey.listed(self.generations), path=identity, is_new=new is not None
        )
        if not all(each.intact() for each in successors.values()):
            raise StaleListingError
        self._apply(line, survey)
        if new and rotated is not None and self.has_listing:
            self.note_listing(older_than(new, rotated))

    def attach_unseen(self, rotated: Sequence[DirectoryEntry]) -> None:
        """Append the files that appeared and were rotated since the last poll, while the path has no file.

        Raises OSError.
        """
        listed = [entry.identity for entry in rotated]
        if listed != self._attached_listing:
            self._attached_listing = listed
            self.check_resting()
            self.update([], None, lambda: rotated, is_missing=True)

    def _new(self, file: ByteFile, changed: Sequence[Generation]) -> tuple[Generation, Generation | None]:
        """Return the file at the path, and the generation of it that had the path before. Raises OSError."""
        new = self._generation(file)
        lives = [each for each in self.generations if each.file.identity == file.identity]
        earlier = lives[-1] if lives and lives[-1] not in changed else None
        if earlier:
            new.begin = _whole_end(earlier, self._seen.get(earlier, earlier.limit or 0))
        new.intact()
        return new, earlier

    def _successor(self, changed_file: Generation) -> Generation:
        """Return a generation of the new contents, noted before the copies of the old ones are listed."""
        # A rewritten file may get more lines for a while, and the log's name again.
        ended = None if changed_file.ended is None else self._clock()
        successor = self._generation(changed_file.file.duplicate(), ended=ended, attached=changed_file.attached)
        successor.intact()
        return successor

    def _find_copy(self, changed: Generation, survey: Survey) -> None:
        """Find the only file with the bytes that a changed one had. Raises OSError."""
        seen = changed.seen()
        holders = self._holders(seen, survey.rotated, self.compressed.is_new) if seen.offset else []
        survey.holders.update(entry.identity for entry in holders)
        if holder := _only(holders):
            survey.copied.add(changed)
            if copy := self._copy(holder, seen.file):
                survey.copies[holder.identity] = changed, copy

    def _copy(self, holder: DirectoryEntry, key: bytes) -> Generation | None:
        """Return the copy of a truncated file as its generation; None if it is one already."""
        if known := self._generation_of(holder):
            # A copy inserted before the truncation was noticed moves here.
            return known if known.attached else None
        file = holder.open()
        if file is None:
            return None
        copy = self._generation(file, key=key, ended=self._clock() - GRACE_SECONDS)
        copy.intact()
        return copy

    def _find_new(self, survey: Survey) -> None:
        """Open the files that appeared and were rotated since the last poll. Raises OSError.

        An unreadable file is noted as lost, so that it does not hide the others.
        """
        known = self._noted
        if known is None:
            return
        for entry in survey.rotated:
            if self._generation_of(entry) or entry.identity in survey.holders:
                continue
            try:
                each = self._open_new(entry, survey, decodes=entry.identity not in known)
            except OSError:
                each = None
                self._attached_listing = []
                if not _is_listed(entry, known):
                    survey.lost.add(entry.identity)
            if each and not self._was_known(each, known) and not (survey.new and _repeats(survey.new, each)):
                survey.news[entry.identity] = each

    def _open_new(self, entry: DirectoryEntry, survey: Survey, *, decodes: bool) -> Generation | None:
        """Return a file as an ended generation; None if it is empty, a copy, or not decoded yet.

        Raises StaleListingError, and OSError if it cannot be read.
        """
        file = entry.open()
        if file is None:
            raise PermissionError
        try:
            if decodes:
                file.decode(wait=True)
            return self._ended(file, survey.texts_of(file), attached=entry.was_apart)
        except NotDecodedError:
            self.compressed.note_pending(entry, file)
            return None

    def _apply(self, line: Sequence[Part], survey: Survey) -> None:
        """Publish the new line, and close the generations that it replaces."""
        generations = [survey.generation(part, self.generations) for part in line]
        now = self._clock()
        for generation, part in zip(generations, line, strict=True):
            replaced = None if part.replaces is None else self.generations[part.replaces]
            generation.loss = part.loss or (replaced and replaced.loss) or generation.loss
            if replaced:
                replaced.successor = generation
        if survey.new and survey.earlier:
            survey.earlier.limit = survey.new.begin
        for each, following in pairwise(generations):
            each.ended = now if each.ended is None else each.ended
            if not each.file.is_whole:
                following.loss = following.loss or "lost"
        if generations and generations[-1] in survey.news.values() and not generations[-1].attached:
            generations[-1].ended = None
        before, self.generations = self.generations, tuple(generations)
        for index, each in enumerate(before):
            if each not in generations:
                # Without a successor of its own, a later generation of the same file has its new contents.
                later = next((other for other in before[index + 1 :] if other in generations), survey.new)
                each.close("truncated", each.successor or later)

    def _was_known(self, generation: Generation, known: Mapping[Identity, Checkpoint | None]) -> bool:
        if not _is_listed(generation.file, known):
            return False
        # Inodes are reused: only the bytes prove that it is the same file.
        checkpoint = known[generation.file.identity]
        return checkpoint is None or _holds(generation, checkpoint)

    def freeze_finished(self) -> None:
        """End the finished files at their present size, and one that cannot be read now at a later poll."""
        for each in self.generations:
            if each.limit is None and each is not self.live and self.finished(each):
                with contextlib.suppress(OSError):
                    each.freeze()

    def check_resting(self) -> None:
        """Drop deleted files before identities are compared, because inodes are reused.

        Raises OSError while this process cannot open any file.
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
        """Drop the files that were missing when they were reopened."""
        for each in self.polled:
            if each.file.is_gone:
                after, is_oldest = self.after(each), each is self.generations[0]
                if self._drop_removed(each) and after and not is_oldest:
                    # Readers that come from an older file get none of its lines.
                    after.loss = after.loss or "rotated"

    def drop_file(self, identity: Identity) -> None:
        """Drop a file that turned out to be a log of its own, unless it was live here."""
        for each in self.generations:
            if each.file.identity == identity and each.attached:
                self._drop(each)

    def _drop_removed(self, generation: Generation) -> bool:
        """Drop a generation whose file was removed, and return True.

        If the file was compressed, its text takes its place. The generation stays until the text is decoded.
        """
        is_known = True
        try:
            new = self.compressed.new()
        except OSError:
            return False
        for entry in new:
            if self._generation_of(entry) or not (file := entry.open()):
                continue
            try:
                text = self._text_of(generation, file)
            except NotDecodedError:
                is_known = False
                self.compressed.await_text(file)
                continue
            if text:
                index = self.generations.index(generation)
                self.generations = (*self.generations[:index], text, *self.generations[index + 1 :])
                generation.close("rotated", text)
                return False
        if is_known:
            self._drop(generation)
        return is_known

    def _text_of(self, generation: Generation, file: ByteFile) -> Generation | None:
        """Return a compressed file as the generation whose bytes it has; None if it has others.

        Raises NotDecodedError.
        """
        text = self._generation(file, key=generation.key, ended=generation.ended, attached=generation.attached)
        text.begin, text.limit, text.loss = generation.begin, generation.limit, generation.loss
        try:
            return text if text.holds(generation.seen()) and text.intact() else None
        except NotDecodedError:
            raise
        except OSError:
            return None

    def attach_decoded(self, rotated: Sequence[DirectoryEntry]) -> None:
        """Insert the pending files whose text is decoded by now. Raises OSError."""
        if decoded := self.compressed.decoded():
            self.attach(rotated)
            # Not before: a client must not find the source whole without these files.
            self.compressed.forget(decoded)

    def _drop(self, generation: Generation) -> None:
        index = self.generations.index(generation)
        rest = self.generations[index + 1 :]
        self.generations = (*self.generations[:index], *rest)
        generation.close("rotated", rest[0] if rest else None)

    def pin(self) -> None:
        """Open the newest files, so that a reader keeps them if they are deleted."""
        for each in self.generations[-MAX_HELD:]:
            if not each.file.descriptors_scarce:
                with contextlib.suppress(OSError):
                    each.file.wake()

    def rest(self) -> None:
        """Close all files until the next read, and drop the deleted ones."""
        for each in self.polled:
            if not each.file.is_resting:
                _rest(each) if each.file.has_name else self._drop_removed(each)

    def drop_all(self) -> None:
        """Drop all files."""
        for each in self.generations:
            self._drop(each)

    def release(self, *, missing_since: float | None, hold: float) -> None:
        """Limit the number of open files, and the time for which a deleted file keeps its disk space.

        The last file of a missing path is held for ``hold`` seconds.
        """
        now = self._clock()
        is_missing = missing_since is not None and now > missing_since + hold
        newest = self.generations[-MAX_HELD:]
        for each in self.polled:
            is_pinned = each in newest
            is_old = each.ended is not None and now > each.ended + HOLD_SECONDS
            if not each.file.is_resting and (is_old or not is_pinned or (is_missing and each is self.live)):
                self._release(each, is_pinned=is_pinned)

    def _release(self, generation: Generation, *, is_pinned: bool) -> None:
        file = generation.file
        turns = [each for each in self.generations if each.file.identity == file.identity]
        if not file.has_name:
            self._drop_removed(generation)
        elif not is_pinned and generation is not turns[-1]:
            self._drop(generation)
        elif not is_pinned or generation.attached or file.descriptors_scarce:
            was_read, file.was_read = file.was_read, False
            if not was_read or file.descriptors_scarce:
                _rest(generation)

    # Positions

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
        """Return the position of a checkpoint in a generation after those in ``after`` and not before ``since``.

        Raises OSError.
        """
        generations = self.generations
        after_index = generations.index(after[-1].generation) + 1 if after else 0
        after_index = max(after_index, generations.index(since)) if since in generations else after_index
        holders = [
            each
            for each in generations[after_index:]
            if each.key == checkpoint.file and each.spans(checkpoint) and _holds_surely(each, checkpoint)
        ]
        if not holders:
            return None
        # Of several copies, take the newest; of several turns of one file, the first.
        first = next(each for each in holders if each.file.identity == holders[-1].file.identity)
        return first.position(checkpoint.offset, checkpoint.line)

    def find_on_disk(
        self, checkpoint: Checkpoint, named: Sequence[DirectoryEntry], rotated: Sequence[DirectoryEntry]
    ) -> Position | None:
        """Return the position of a checkpoint in a file on disk, by identity or as a copy; insert the files after it.

        Raises OSError.
        """
        holder = next((entry for entry in named if self._is_holder(entry, checkpoint)), None)
        if holder is None and checkpoint.offset:
            holder = _only(self._holders(checkpoint, rotated, lambda _: True))
        found = self._attach_from(holder, rotated) if holder else None
        return found.position(checkpoint.offset, checkpoint.line) if found else None

    def rewritten(
        self, checkpoint: Checkpoint, named: Sequence[DirectoryEntry], rotated: Sequence[DirectoryEntry]
    ) -> Position | None:
        """Return the start of the file of a checkpoint whose bytes have changed."""
        file = next((each for each in self.generations if each.key == checkpoint.file), None)
        try:
            if file is None and named:
                file = self._attach_from(named[0], rotated)
            return file.first() if file else None
        except OSError as error:
            self._raise_unless_live_reads(error)
            return None

    def attach(self, rotated: Sequence[DirectoryEntry], *, forbidden: bool = False) -> None:
        """Insert the rotated files that are not generations: all of them, or none after an error.

        The file after a bad one gets a ``lost`` gap; also the file after one that may not be read, if ``forbidden``.
        Raises OSError.
        """
        survey = Survey(rotated)
        for entry in rotated:
            if self._generation_of(entry):
                continue
            file = entry.open()
            try:
                each = self._ended(file, survey.news.values(), attached=True) if file else None
            except NotDecodedError:
                if file:
                    self.compressed.note_pending(entry, file)
                continue
            except OSError as error:
                self._raise_unless_live_reads(error)
                survey.lost.add(entry.identity)
                continue
            if each:
                survey.news[entry.identity] = each
            elif (file is None and forbidden) or (file and not file.is_whole):
                survey.lost.add(entry.identity)
        self._insert(survey)

    def _raise_unless_live_reads(self, error: OSError) -> None:
        """Raise the error, unless the live file can be read: then one bad file is skipped."""
        if error.errno in EXHAUSTED or self.live is None or not self.live.file.pread(1, 0):
            raise error

    def attach_newest(self, rotated: Sequence[DirectoryEntry]) -> None:
        """Insert the newest rotated file that is readable and not empty, unless it is a generation."""
        for entry in reversed(rotated):
            if self._generation_of(entry):
                return
            file = entry.open()
            with contextlib.suppress(OSError):
                if file:
                    file.decode(wait=True)
                if file and (newest := self._ended(file, attached=True)):
                    self._insert(Survey(rotated, news={entry.identity: newest}))
                    return

    def _attach_from(self, entry: DirectoryEntry, rotated: Sequence[DirectoryEntry]) -> Generation | None:
        """Insert a file of a checkpoint, even an empty one, and the files after it; return its generation."""
        found = self._generation_of(entry)
        newer = rotated[rotated.index(entry) + 1 :] if entry in rotated else []
        before = self.generations
        try:
            if found is None and (file := entry.open()):
                found = self._generation(file, ended=self._clock(), attached=True)
                found.intact()
                self._insert(Survey(rotated if entry in rotated else [entry], news={entry.identity: found}))
            self.attach(newer, forbidden=True)
        except BaseException:
            self.generations = before
            raise
        return found

    def _insert(self, survey: Survey) -> None:
        """Insert the files of a survey that were rotated before this process polls."""
        live = self.live.file.identity if self.live else None
        line = reconcile(survey.known(self.generations), survey.listed(self.generations), path=live, is_new=False)
        self._apply(line, survey)

    def _generation_of(self, entry: DirectoryEntry) -> Generation | None:
        return next((each for each in reversed(self.generations) if each.file.identity == entry.identity), None)

    def _ended(self, file: ByteFile, others: Iterable[Generation] = (), *, attached: bool = False) -> Generation | None:
        """Return a rotated file as an ended generation; None if it is empty or a copy. Raises OSError."""
        generation = self._generation(file, ended=self._clock(), attached=attached)
        generation.intact()
        end = generation.seen() if attached else generation.last(0).checkpoint()
        if end.offset == 0 or any(self._repeats(each, end) for each in (*self.generations, *others)):
            return None
        if attached and not self.has_listing:
            # Files from before the start are many: never hold all of them open.
            file.rest()
        return generation

    def _repeats(self, generation: Generation, end: Checkpoint) -> bool:
        """Return whether a generation has all bytes of another file."""
        # Do not open a resting file for each new one.
        return (not generation.file.is_resting or generation.may_hold(end)) and _holds(generation, end)

    def _is_holder(self, entry: DirectoryEntry, checkpoint: Checkpoint) -> bool:
        file = entry.open()
        try:
            return file is not None and self._generation(file).holds(checkpoint)
        except OSError as error:
            self._raise_unless_live_reads(error)
            return False

    def _holders(
        self, checkpoint: Checkpoint, entries: Iterable[DirectoryEntry], decodes: Callable[[DirectoryEntry], bool]
    ) -> list[DirectoryEntry]:
        """Return the files with the bytes of a checkpoint, and wait for the text of each entry that ``decodes``."""
        holders: list[DirectoryEntry] = []
        for entry in entries:
            file = entry.open()
            with contextlib.suppress(OSError):
                if file and decodes(entry):
                    file.decode(wait=True)
            if file and _holds(self._generation(file), checkpoint):
                holders.append(entry)
        return holders


def older_than(generation: Generation, rotated: Sequence[DirectoryEntry]) -> Sequence[DirectoryEntry]:
    """Return the entries before a generation's file; all of them if it is not listed."""
    indexes = [n for n, entry in enumerate(rotated) if entry.identity == generation.file.identity]
    return rotated[: indexes[0]] if indexes else rotated


def _is_listed(file: ByteFile | DirectoryEntry, known: Mapping[Identity, Checkpoint | None]) -> bool:
    """Return whether the identity was noted for a file with bytes."""
    checkpoint = known.get(file.identity)
    return file.identity in known and (checkpoint is None or checkpoint.offset > 0)


def _repeats(new: Generation, other: Generation) -> bool:
    return _holds(new, other.last(0).checkpoint())


def _rest(generation: Generation) -> None:
    with contextlib.suppress(OSError):
        generation.file.rest()


def _only(entries: Sequence[DirectoryEntry]) -> DirectoryEntry | None:
    return entries[0] if len(entries) == 1 else None


def _holds(generation: Generation, checkpoint: Checkpoint) -> bool:
    try:
        return generation.holds(checkpoint)
    except OSError:
        return False


def _holds_surely(generation: Generation, checkpoint: Checkpoint) -> bool:
    """Return whether the bytes are there; raise OSError if the disk refuses the answer."""
    try:
        return generation.holds(checkpoint)
    except OSError as error:
        if generation.lost or isinstance(error, FileGoneError):
            return False
        raise


def _whole_end(generation: Generation, seen: int) -> int:
    """Return the end of a generation's last whole line, within ``seen`` bytes unless it has ended. Raises OSError."""
    size = min(generation.size(), seen) if generation.limit is None else generation.size()
    end, _ = generation.lines_until(size, 0, most=size) or (generation.begin, 0)
    return max(generation.begin, end)
