"""Expands paths, globs and directories to logs, and looks again only at directories that changed."""

import glob
import os
import re
import stat
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from logviewer.files.allowed_roots import EVERYWHERE, AllowedRoots
from logviewer.files.byte_file import Identity
from logviewer.files.content import is_binary, read_head
from logviewer.files.directories import Directories, Directory, matching
from logviewer.rotation.classifier import RotationClassifier, is_archive
from logviewer.sources.containers import is_beside_log, is_second_name

# Growth proves that a file with the name of a rotation is a log: all files are judged again, with no more than this
# part of a processor.
_MOST_LOAD = 0.02
_BINARY_KEPT = 1000

_NOT_LOGS = re.compile(r"\.(zip|Z|tar\.\w+|tgz|journal~?|db|pid|sock|lock)$|~$")
# Binary records of logins.
_LOGIN_RECORDS = frozenset({"wtmp", "btmp", "utmp", "lastlog", "faillog", "tallylog"})
_SVLOGD_FILES = frozenset({"lock", "config", "state"})


@dataclass(slots=True)
class _Group:
    """The directories whose files can belong to one log: a directory and its archive folders.

    ``directories`` come with the pattern of the names that count. ``links`` are the files of the symlinks among them,
    None for each without a regular file. ``others`` are ``known`` logs in these directories without a file.
    """

    directories: list[tuple[Directory, str]] = field(default_factory=list)
    links: dict[Path, Identity | None] = field(default_factory=dict)
    known: Sequence[Path] = ()
    others: Mapping[Path, Identity | None] = field(default_factory=dict)
    logs: Mapping[Path, Identity | None] = field(default_factory=dict)

    def has_names_of(self, before: "_Group") -> bool:
        """Whether all names stand for the files of an earlier look."""
        return self.directories == before.directories and self.links == before.links

    def files(self) -> dict[Path, Identity | None]:
        """Return all files, with symlinks."""
        files = {
            directory.path_of(name): directory.files[name]
            for directory, pattern in self.directories
            for name in matching(directory.files, pattern)
        }
        return files | self.links


class Expansion:
    """The logs that paths name now: plain paths (missing or not), matches of globs, contents of directories.

    Globs and directories leave out rotations of their files, and of other known logs. ``logs`` are the logs after the
    last ``update``, with the identities of their files where a directory listed them. For one thread.
    """

    def __init__(self, paths: Iterable[str], classifier: RotationClassifier, roots: AllowedRoots = EVERYWHERE) -> None:
        self.logs: Mapping[Path, Identity | None] = {}
        self._paths = [(path, Path(os.path.abspath(path)), _pattern(path)) for path in paths]
        self._given = [path for _, path, pattern in self._paths if pattern is None]
        self._classifier = classifier
        self._directories = Directories(roots.contain)
        self._found: dict[str, dict[str, _Group]] = {}
        self._known: Iterable[Path] = ()
        self._known_beside: Mapping[str, Sequence[Path]] = {}
        self._next_judgement = 0.0
        self._binary: dict[Identity, bool] = {}

    @property
    def unmatched(self) -> list[str]:
        """The paths that matched no log at the last ``update``."""
        return [path for path, groups in self._found.items() if not any(each.logs for each in groups.values())]

    def update(self, known: Iterable[Path] = ()) -> bool:
        """Find the logs, and return whether they may differ from those of the last call.

        ``known`` are the known logs; the same object stands for the same logs.
        """
        began = time.monotonic()
        judges = began >= self._next_judgement
        if known is not self._known:
            self._known, self._known_beside = known, _by_directory(known)
        found: dict[str, dict[str, _Group]] = {}
        changed = judges
        for text, path, pattern in self._paths:
            is_directory = os.path.isdir(path)
            if is_directory or (pattern and not os.path.lexists(path)):
                found[text] = groups = self._grouped(path, None if is_directory else pattern)
                changed |= self._update_logs(groups, self._found.get(text, {}), judges=judges)
        changed |= found.keys() != self._found.keys()
        self._found = found
        self._directories.forget_unread()
        if changed:
            self.logs = dict(self._collect())
            self._forget_binary()
        if judges:
            ended = time.monotonic()
            self._next_judgement = ended + (ended - began) / _MOST_LOAD
        return changed

    def _forget_binary(self) -> None:
        """Forget which files are binary, if most of them are gone: inodes have no end."""
        groups = (group for groups in self._found.values() for group in groups.values())
        count = sum(len(directory.files) for group in groups for directory, _ in group.directories)
        if len(self._binary) > 2 * count + _BINARY_KEPT:
            self._binary.clear()

    def _collect(self) -> Iterator[tuple[Path, Identity | None]]:
        for text, path, _ in self._paths:
            if (groups := self._found.get(text)) is None:
                yield path, None
                continue
            found = [item for each in groups.values() for item in each.logs.items()]
            yield from sorted(found, key=lambda item: item[0].parts)

    def _grouped(self, path: Path, pattern: str | None) -> dict[str, _Group]:
        matches = (
            self._directories.matches(pattern)
            if pattern
            else ((each, "*") for each in self._directories.below(str(path)))
        )
        groups: dict[str, _Group] = {}
        for directory, names in matches:
            parent, name = os.path.split(directory.path)
            key = parent if is_archive(name) else directory.path
            group = groups.setdefault(key, _Group())
            group.directories.append((directory, names))
            links = map(directory.path_of, matching(directory.links, names))
            group.links |= {each: _regular(each) for each in links}
        return groups

    def _update_logs(self, groups: Mapping[str, _Group], before: Mapping[str, _Group], *, judges: bool) -> bool:
        """Set the logs of groups, and return whether any may differ from those before."""
        changed = groups.keys() != before.keys()
        for key, group in groups.items():
            earlier = before.get(key)
            has_same_names = earlier is not None and group.has_names_of(earlier)
            group.known = self._known_beside.get(key, ())
            files = None
            if earlier and has_same_names and earlier.known is group.known:
                group.others = earlier.others
            else:
                files = group.files()
                directories = {directory.path for directory, _ in group.directories} | {key}
                known = (each for directory in directories for each in self._known_beside.get(directory, ()))
                group.others = {each: _regular(each) for each in known if each not in files}
            if earlier and has_same_names and not judges and group.others == earlier.others:
                group.logs = earlier.logs
            else:
                changed = True
                group.logs = self._logs(group.files() if files is None else files, group.others)
        return changed

    def _logs(
        self, files: Mapping[Path, Identity | None], others: Mapping[Path, Identity | None]
    ) -> dict[Path, Identity | None]:
        logs = self._classifier.logs(files, others)
        return {
            path: files.get(path)
            for path in logs
            if not _is_other(path, files)
            and not is_second_name(path, self._given)
            and (files.get(path) or self._classifier.is_family(path))
            and not self._is_binary(path, files.get(path))
        }

    def _is_binary(self, path: Path, identity: Identity | None) -> bool:
        """Whether a file is not text. Each file is read once, when it has bytes."""
        if identity is None:
            return False
        found = self._binary.get(identity)
        if found is None:
            head = read_head(path)
            found = is_binary(head)
            if head:
                self._binary[identity] = found
        return found


def _pattern(path: str) -> str | None:
    """Return a glob as an absolute path; None for another path."""
    if not glob.has_magic(path):
        return None
    return os.path.normpath(Path(glob.escape(os.path.abspath(".")), path))


def _by_directory(paths: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(os.path.dirname(path), []).append(path)  # noqa: PTH120 (of thousands)
    return found


def _regular(path: Path) -> Identity | None:
    """Return the identity of a regular file, None if the path has none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _is_other(path: Path, files: Container[Path]) -> bool:
    """Whether a name is that of a file that is not a log."""
    name = path.name
    if is_beside_log(path, files) or (name in _SVLOGD_FILES and path.with_name("current") in files):
        return True
    return name in _LOGIN_RECORDS or _NOT_LOGS.search(name) is not None
