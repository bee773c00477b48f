"""How many lines of a view are before some times."""

from collections.abc import Sequence
from dataclasses import dataclass

NO_KEY = -(2**63)
"""The key of a line without a time before it: ``cells.NO_TIME``, without numpy."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """How many lines are before the first line of each of some keys: between ``least`` and ``most``.

    ``total`` is the number of all lines, ``first`` and ``last`` are the least and the greatest key of all lines, also
    of lines that a query leaves out, None without one. The numbers are None while they are ``pending``.
    """

    least: Sequence[int | None]
    most: Sequence[int | None]
    total: int | None
    first: int | None
    last: int | None
    pending: bool
