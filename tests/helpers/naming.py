"""How rotators name rotated files, and when files show their order to a new server."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Literal

START = datetime(2026, 11, 26, 10, tzinfo=UTC)
_MOST_NAMES = 400


@dataclass(frozen=True)
class Evidence:
    """What a rotated file shows to a server that did not see it live: the times in its lines, if any, and its mtime."""

    times: Sequence[datetime]
    modified: float


@dataclass(frozen=True, repr=False)
class Naming:
    """The names that one rotator gives to rotated files, by a number from 1.

    ``down``: the newest is 1, and each rotation moves the others on. ``up``: the newest is the highest, and nothing
    moves. ``slide``: as ``up``, but the numbers end at the most files kept, and then the others move down, as log4j2
    does by default. ``once``: there is one rotated file.
    """

    id: str
    name: Callable[[int], str]
    way: Literal["down", "up", "slide", "once"]
    live: str = "app.log"
    is_numbered: bool = False
    is_port_like: bool = False

    def __repr__(self) -> str:
        return f"<{self.id}>"

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {self.name(number): number for number in range(1, _MOST_NAMES)}

    def number(self, name: str) -> int:
        """Return the number of a name; 0 if it is not that of a rotated file."""
        return self._numbers.get(name, 0)

    def shift(self, names: Iterable[str], most: int) -> tuple[list[tuple[str, str | None]], str]:
        """Return the renames that make room for the next rotated file, in order, and its name.

        Without a new name, a file is deleted: only the newest ``most`` files are kept, the next one included.
        """
        numbers = sorted(number for name in names if (number := self.number(name)))
        highest = numbers[-1] if numbers else 0
        match self.way:
            case "up":
                removed = numbers[: len(numbers) + 1 - most] if len(numbers) >= most else []
                return [(self.name(each), None) for each in removed], self.name(highest + 1)
            case "slide" if highest < most:
                return [], self.name(highest + 1)
            case "slide":
                moves = [(self.name(each), self.name(each - 1) if each > 1 else None) for each in numbers]
                return moves, self.name(most)
            case "once":
                return [(self.name(1), None) for _ in numbers], self.name(1)
        kept = [(self.name(each), self.name(each + 1) if each < most else None) for each in reversed(numbers)]
        return kept, self.name(1)

    def shows_order(self, files: Sequence[Evidence]) -> bool:
        """Return whether a new server can know the order of these rotated files, which are oldest first.

        There is no evidence if the numbers ascend, and the server has not seen the files live, and

        - the times of no two neighbours are apart: there are none, or each file ends after the next one begins,
        - and the mtimes do not ascend with each number: two are equal, or one file was touched later.

        Then the server takes ``.1`` for the newest, and reads the files in the wrong order.
        """
        if self.way not in ("up", "slide") or not self.is_numbered or len(files) < 2:
            return True
        pairs = list(pairwise(files))
        is_apart = any(one.times and other.times and max(one.times) <= min(other.times) for one, other in pairs)
        return is_apart or all(one.modified < other.modified for one, other in pairs)

    def shows_membership(self, file: Evidence, live: Sequence[datetime]) -> bool:
        """Return whether a new server can know that a rotated file belongs to its log, whose lines have these times.

        A name such as ``app-1.log`` may be that of another log. There is no other evidence if either file has no times,
        or if the rotated one ends after the live one begins.
        """
        return not self.is_port_like or bool(file.times and live and max(file.times) <= min(live))


def _numbered(pattern: str, *, is_port_like: bool = False) -> list[Naming]:
    return [
        Naming(f"{pattern} {way}", pattern.format, way, is_numbered=True, is_port_like=is_port_like)
        for way in ("down", "up", "slide")
    ]


def _dated(pattern: str, step: timedelta) -> Naming:
    return Naming(pattern, lambda number: (START + number * step).strftime(pattern), "up")


def _multilog(number: int) -> str:
    return f"@4000000065f0{number:012x}.s"


DEFAULT, *_OTHERS = _numbered("app.log.{}")
NAMINGS = [
    DEFAULT,
    *_OTHERS,
    *_numbered("app.{}.log"),
    *_numbered("app-{}.log", is_port_like=True),
    *_numbered("old/app.log.{}"),
    _dated("app.log-%Y%m%d", timedelta(days=1)),
    _dated("app.log.%Y-%m-%d_%H-%M", timedelta(minutes=7)),
    _dated("app-%m-%d-%Y-1.log", timedelta(days=5)),
    _dated("app-%Y-%m-%dT%H-%M-%S.000.log", timedelta(seconds=1)),
    _dated("app.log.%Y%m%dT%H%MZ", timedelta(minutes=1)),
    _dated("old/app.log-%Y%m%d-%H", timedelta(hours=5)),
    Naming("access_log.EPOCH", lambda number: f"access_log.{1732579200 + number}", "up", live="access_log"),
    Naming("a day's parts", "app-2026-11-26-{}.log".format, "up"),
    Naming("app.log.old", lambda _: "app.log.old", "once"),
    Naming("app.log~", lambda _: "app.log~", "once"),
    Naming("svlogd", _multilog, "up", live="current"),
]
