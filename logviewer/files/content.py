"""Distinguishes text from binary files by their first bytes."""

import os
import re
from pathlib import Path

from logviewer.files import codecs
from logviewer.files.encoding import DETECTED_BYTES, UTF8, detect

HEAD_BYTES = 1024
"""The number of first bytes that ``read_head`` returns."""
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
# Logs have tabs, newlines, form feeds, colours, titles of terminals, which a bell ends, and deleted characters.
# Truncated ones begin with null bytes.
_CONTROL = re.compile(rb"[\x01-\x06\x0e-\x1a\x1c-\x1f]")


def is_binary(head: bytes) -> bool:
    """Return whether these first bytes of a file are not text in any encoding, and not compressed text."""
    if detect(head[:DETECTED_BYTES]) is not UTF8:
        return False
    return b"\0" in head and _CONTROL.search(head) is not None and not codecs.is_compressed(head)


def read_head(path: Path) -> bytes:
    """Return the first bytes of a file, 1,024 at most; none of a file that cannot be read."""
    try:
        fd = os.open(path, _FLAGS)
    except OSError:
        return b""
    try:
        return os.pread(fd, HEAD_BYTES, 0)
    except OSError:
        return b""
    finally:
        os.close(fd)
