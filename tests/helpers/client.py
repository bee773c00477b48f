"""A reader of a ``RotatedLog`` in this process, and the lines that it got."""

import re
from dataclasses import dataclass, field

from logviewer.rotation.position import Batch
from logviewer.tail.reader import Reader
from tests.helpers.rotated_log import Contents

LINE = re.compile(r"line (\d+) of \d+$")


@dataclass(eq=False)
class Client:
    """A reader and what it got. It is owed the lines after ``first``."""

    first: int
    received: list[int] = field(default_factory=list)
    gaps: int = 0
    cursor: str | None = None
    reader: Reader[Batch] | None = None
    resumed: bool = False
    """Whether it got nothing since it connected."""
    excused: set[Contents] = field(default_factory=set)
    """The contents for which a gap stands: rotated after a deleted file, they cannot be ordered after its cursor."""
    unseen: set[Contents] = field(default_factory=set)
    """The contents that no poll saw since the start of the server, and that the cursor does not name."""

    def note(self, batch: Batch) -> None:
        texts = batch.texts()[: -1 if batch.unterminated else None]
        self.received += [int(match[1]) for text in texts if (match := LINE.search(text.removesuffix(" more")))]
