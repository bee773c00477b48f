"""The order of a log's lines by time: each line has a key, which is not less than that of the line before it.

The key of a line is the greatest time so far in its log. Lines without a time do not change it, and neither do times
that the next ones contradict: a clock that is wrong for one or two lines must not move all later lines.
"""

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FOLLOWING = 3
"""So many times after a time can contradict it."""
_TOLERANCE_MS = 3_600_000


def contradicted(times: Times) -> Flags:
    """Return whether most of the three times after each time are more than an hour earlier.

    At the end, fewer times follow, and most of them decide. ``times`` are those of a log in its order, in epoch
    milliseconds.
    """
    count = len(times)
    votes = np.zeros(count, np.int8)
    voters = np.zeros(count, np.int8)
    for distance in range(1, min(FOLLOWING, count - 1) + 1):
        votes[:-distance] += times[distance:] < times[:-distance] - _TOLERANCE_MS
        voters[:-distance] += 1
    return 2 * votes > voters


def keys(times: Times, is_timed: Flags, following: Times, before: int) -> Times:
    """Return the key of each of some lines.

    ``is_timed`` is false for lines without a time, ``following`` are the next times after the lines, and ``before`` is
    the key of the line before them.
    """
    timed = np.flatnonzero(is_timed)
    own = times[timed]
    counting = ~contradicted(np.concatenate([own, following]))[: len(own)]
    found = np.full(len(times), before, np.int64)
    found[timed[counting]] = np.maximum(own[counting], before)
    return np.maximum.accumulate(found)


def greatest(times: Times, following: Times, least: int) -> int:
    """Return the greatest of ``times`` that counts, as known from the times after them; at least ``least``."""
    counting = ~contradicted(np.concatenate([times, following]))[: len(times)]
    return int(times[counting].max(initial=least))
