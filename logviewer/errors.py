"""Exceptions; cli.py turns them into exit codes, web/ into status codes."""

from errno import EAGAIN


class CannotRunError(Exception):
    """The server cannot run. The message is one line: the problem, then the remedy."""


class CursorError(ValueError):
    """The text is not a cursor that logviewer wrote."""


class NotAFileError(OSError):
    """The path is a directory, device, pipe or socket, not a regular file."""


NOT_DECODED = "its text is being decoded"


class NotDecodedError(OSError):
    """The text of a compressed file is not known yet: it is decoded now, or the file is still written."""

    def __init__(self) -> None:
        super().__init__(EAGAIN, NOT_DECODED)


class TooLargeError(OSError):
    """The text of a compressed file is larger than allowed. The message is the limit."""


class ClosedError(OSError):
    """The file was closed before the read."""


class OutsideError(OSError):
    """The path resolves to a file outside the allowed roots."""


class FileChangedError(Exception):
    """The bytes before a position changed since they were read: the file was truncated or rewritten."""

    def __init__(self) -> None:
        super().__init__("the file changed while it was read")


class FileGoneError(FileChangedError, OSError):
    """A file whose descriptor was given back is no longer on disk, or holds other bytes there."""

    def __init__(self) -> None:
        OSError.__init__(self, "the file is gone")


class StaleListingError(Exception):
    """A directory changed since it was listed; list it again."""


class QueryError(ValueError):
    """A query is invalid; the message names the parameter and the reason."""
