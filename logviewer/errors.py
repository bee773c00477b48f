"""What can go wrong, raised where it is known and turned into words at the edge (exit code, status code)."""


class CannotRunError(Exception):
    """The server cannot start; the message is one line that says why and what to do."""


class CursorError(ValueError):
    """A cursor that this program did not write."""


class NotAFileError(OSError):
    """The path names a directory, device, pipe or socket: nothing that could be followed as a file."""


class ClosedError(OSError):
    """The file was given up while somebody was about to read it."""


class OutsideError(OSError):
    """Symlinks lead to a file that nobody named."""


class FileChangedError(Exception):
    """The bytes before a position are not those that were read: the file was truncated or rewritten."""

    def __init__(self) -> None:
        super().__init__("the file changed while it was read")


class StaleListingError(Exception):
    """A directory changed since it was read: what was found in it must be looked for again."""


class QueryError(ValueError):
    """A query cannot be understood; the message names the parameter and says why."""
