"""The compressed files of one log: which texts are awaited, and which files appeared since the first poll."""

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from logviewer.errors import NotDecodedError
from logviewer.files.byte_file import ByteFile, Identity
from logviewer.files.rotations import is_compressed
from logviewer.rotation.listing import DirectoryEntry


class CompressedFiles:
    """Compressed rotations that are not generations yet. ``list_rotated`` returns the rotated files, oldest first."""

    def __init__(self, list_rotated: Callable[[], Sequence[DirectoryEntry]]) -> None:
        self._list_rotated = list_rotated
        self._pending: dict[Identity, ByteFile] = {}
        self._awaited: dict[Identity, ByteFile] = {}
        self._first: dict[Identity, tuple[int, int]] = {}

    @property
    def pending(self) -> Sequence[ByteFile]:
        """The files that become generations once their text is decoded, the last noted one first."""
        return list(self._pending.values())[::-1]

    @property
    def awaited(self) -> Sequence[ByteFile]:
        """The files that may have the text of a removed file, and are not decoded."""
        return list(self._awaited.values())

    def note_first(self, rotated: Iterable[DirectoryEntry]) -> None:
        """Note the files of the first poll: none of them is a compressed copy of a file that is read."""
        self._first = {each.identity: stamp for each in rotated if (stamp := each.stamp()) and _is_compressed(each)}

    def note_pending(self, entry: DirectoryEntry, file: ByteFile) -> None:
        """Note a file that becomes a generation once its text is decoded."""
        with contextlib.suppress(OSError):
            file.rest()
        self._pending[entry.identity] = file

    def decoded(self) -> dict[Identity, ByteFile]:
        """Return the pending files whose text is decoded by now, or cannot be."""
        return {identity: file for identity, file in self._pending.items() if not _is_awaited(file)}

    def forget(self, files: Mapping[Identity, ByteFile]) -> None:
        """Forget pending files, unless they were noted again."""
        for identity, file in files.items():
            if self._pending.get(identity) is file:
                del self._pending[identity]

    def new(self) -> list[DirectoryEntry]:
        """Forget the awaited files, and return all new ones; see ``is_new``. Raises OSError."""
        self._awaited.clear()
        return [each for each in self._list_rotated() if self.is_new(each)]

    def is_new(self, entry: DirectoryEntry) -> bool:
        """Return whether a file is compressed and appeared since the first poll."""
        # Inodes are reused: the oldest file may be removed for the newest one.
        return _is_compressed(entry) and self._first.get(entry.identity) != entry.stamp()

    def await_text(self, file: ByteFile) -> None:
        """Note a file that must be decoded before a removed file is dropped."""
        self._awaited[file.identity] = file


def _is_awaited(file: ByteFile) -> bool:
    try:
        file.stat()
    except NotDecodedError:
        return True
    except OSError:
        return False
    return False


def _is_compressed(entry: DirectoryEntry) -> bool:
    return is_compressed(entry.path.name)
