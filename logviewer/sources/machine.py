"""The logs of this machine, which a server without a PATH follows: directories, containers, the journal."""

import contextlib
import grp
import os
import re
import shutil
import stat
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from logviewer.settings import FoundPath
from logviewer.sources.local import LocalSource

DIRECTORIES = ("/var/log", "/var/log/pods", "/var/lib/docker/containers")
_JOURNAL = "journal:"
# A journal of many files on a busy disk.
_JOURNAL_SECONDS = 10.0
_JOURNAL_LIMIT = re.compile(rb"not seeing|permission")


def find(directories: Iterable[str] = DIRECTORIES) -> list[FoundPath]:
    """Return the paths with logs on this machine, readable or not."""
    return [each for each in (*map(_directory, directories), _journal()) if each]


def summaries(found: Sequence[FoundPath], sources: Iterable[LocalSource]) -> Iterator[str]:
    """Yield a line for each path: how many logs it has, how many of them this user may not read, and who may."""
    directories = [each.path for each in found if each.is_readable and each.path != _JOURNAL]
    logs: dict[str | None, list[Path]] = {}
    for source in sources:
        logs.setdefault(_innermost(source.path, directories), []).append(source.path)
    for each in found:
        limit = each.limit
        if each.path in directories:
            own = logs.get(each.path, [])
            limit = "1 log" if len(own) == 1 else f"{len(own)} logs"
            refused = [path for path in own if not os.access(path, os.R_OK)]
            refused += [path for path in _unlisted(each.path) if _innermost(path, directories) == each.path]
            if refused:
                limit += f"; {len(refused)} files or directories cannot be read: {_needed(refused)}"
        verb = "following" if each.is_readable else "cannot read"
        yield f"no PATH given: {verb} {each.path}" + (f" ({limit})" if limit else "")


def _directory(path: str) -> FoundPath | None:
    """Return a directory that exists and is not empty."""
    try:
        return FoundPath(path, is_readable=True) if any(Path(path).iterdir()) else None
    except PermissionError:
        return FoundPath(path, is_readable=False, limit=_needed([Path(path)]))
    except OSError:
        return None


def _journal() -> FoundPath | None:
    """Return the journal, if ``journalctl`` finds an entry, or files that this user may not read."""
    program = shutil.which("journalctl")
    if program is None:
        return None
    words = [program, "--lines=1", "--output=json"]
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_JOURNAL_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    is_limited = _JOURNAL_LIMIT.search(done.stderr) is not None
    limit = "for all of it, run as a member of systemd-journal or adm" if is_limited else ""
    return FoundPath(_JOURNAL, is_readable=bool(done.stdout), limit=limit) if done.stdout or limit else None


def _innermost(path: Path, directories: Iterable[str]) -> str | None:
    return max((each for each in directories if path.is_relative_to(each)), key=len, default=None)


def _unlisted(path: str) -> list[Path]:
    """Return the directories below a path that this user may not list."""
    found: list[Path] = []
    left = [path]
    # `os.walk` recurses, and a hostile tree is deep.
    while left:
        directory = left.pop()
        try:
            with os.scandir(directory) as entries:
                left += [each.path for each in entries if each.is_dir(follow_symlinks=False)]
        except PermissionError:
            found.append(Path(directory))
        except OSError:
            continue
    return found


def _needed(refused: Sequence[Path]) -> str:
    """Return who may read these files, and how many of them: ``run as root (2) or a member of adm (12)``."""
    counts = Counter(map(_reader, refused)).most_common()
    return "run as " + (counts[0][0] if len(counts) == 1 else " or ".join(f"{each} ({n})" for each, n in counts))


def _reader(path: Path) -> str:
    """Return a user or a group that may read a file."""
    with contextlib.suppress(OSError, KeyError):
        status = path.stat()
        if status.st_mode & stat.S_IRGRP and status.st_gid:
            return f"a member of {grp.getgrgid(status.st_gid).gr_name}"
    return "root"
