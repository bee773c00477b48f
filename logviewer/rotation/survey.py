"""The files that one poll or request opened: the facts for ``reconcile``, and the generations of its answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from logviewer.files.byte_file import ByteFile, Identity
from logviewer.rotation.generation import Generation
from logviewer.rotation.listing import DirectoryEntry
from logviewer.rotation.reconcile import Known, Listed, Part


@dataclass(slots=True)
class Survey:
    """Files beside a log, opened as generations.

    ``rotated`` is the listing, oldest first. ``news`` are new generations of listed files, ``lost`` are unreadable
    files, and ``holders`` have the bytes of a changed file. ``successors`` are the new contents of changed files,
    ``copied`` the changed files whose bytes are elsewhere, and ``copies`` the generations of these bytes with the
    changed file. ``new`` is the new file at the path, and ``earlier`` its generation when it had the path before.
    """

    rotated: Sequence[DirectoryEntry]
    news: dict[Identity, Generation] = field(default_factory=dict)
    lost: set[Identity] = field(default_factory=set)
    holders: set[Identity] = field(default_factory=set)
    successors: dict[Generation, Generation] = field(default_factory=dict)
    copied: set[Generation] = field(default_factory=set)
    copies: dict[Identity, tuple[Generation, Generation]] = field(default_factory=dict)
    new: Generation | None = None
    earlier: Generation | None = None

    def texts_of(self, file: ByteFile) -> Iterable[Generation]:
        """Return the new generations that may have the bytes of a file: its compressed copy, or the original."""
        return (each for each in self.news.values() if each.file.is_compressed != file.is_compressed)

    def known(self, generations: Sequence[Generation]) -> list[Known]:
        """Return the line before the poll."""
        return [
            Known(
                each.file.identity,
                changed=each in self.successors,
                seen=0 if each in self.copied else each.seen_size,
                was_live=not each.attached,
            )
            for each in generations
        ]

    def listed(self, generations: Sequence[Generation]) -> list[Listed]:
        """Return the listing."""
        copies = {identity: generations.index(changed) for identity, (changed, _) in self.copies.items()}
        return [
            Listed(
                each.identity,
                is_new=each.identity in self.news,
                is_lost=each.identity in self.lost,
                copy_of=copies.get(each.identity),
                was_rotated=each.identity in self.news and self.news[each.identity].attached,
            )
            for each in self.rotated
        ]

    def generation(self, part: Part, generations: Sequence[Generation]) -> Generation:
        """Return the generation of a part of the new line."""
        if part.known is not None:
            known = generations[part.known]
            return self.successors[known] if part.renewed else known
        if part.listed is None and self.new:
            return self.new
        identity = self.rotated[part.listed or 0].identity
        return self.news[identity] if identity in self.news else self.copies[identity][1]
