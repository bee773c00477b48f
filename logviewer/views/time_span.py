"""The time span to draw: that of nearly all lines, without a few wrong clocks far away from them."""

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

# Lines at an end, at most this share of them, are left out if a gap separates them from the rest: several times its
# span, and an hour at least.
_SHARE = 0.02
_FEWEST_LINES = 3
_GAP_SPANS = 4
_LEAST_GAP_MS = 3_600_000


def whole_span(times: Times) -> tuple[int, int] | None:
    """Return the span of all times if the middle half of them shows that none is far away; reorder them.

    To sort them, as ``main_span`` does, takes longer, and more memory.
    """
    if not len(times):
        return None
    least, most = int(times.min()), int(times.max())
    quarter = len(times) // 4
    times.partition([quarter, len(times) - 1 - quarter])
    lower, upper = times[[quarter, -1 - quarter]].tolist()
    is_near = max(lower - least, most - upper) <= max(_LEAST_GAP_MS, _GAP_SPANS * (upper - lower))
    return (least, most) if is_near else None


def main_span(times: Times, weights: Weights) -> tuple[int, int] | None:
    """Return the first and the last time to draw, of times with the number of lines at each; None without times."""
    if not len(times):
        return None
    if span := whole_span(times.copy()):
        return span
    least, most = int(times.min()), int(times.max())
    total = float(weights.sum())
    left_out = max(1.0, _SHARE * total) if total >= _FEWEST_LINES else 0.0
    order = np.argsort(times, kind="stable")
    ascending, sums = times[order], np.cumsum(weights[order])
    first = int(np.searchsorted(sums, left_out, "right"))
    last = int(np.searchsorted(sums, total - left_out, "left"))
    first, last = min(first, len(times) - 1), min(max(last, first), len(times) - 1)
    begin, end = int(ascending[first]), int(ascending[last])
    while (begin, end) != (least, most):
        reach = max(_LEAST_GAP_MS, _GAP_SPANS * (end - begin))
        wider = (
            int(ascending[np.searchsorted(ascending, begin - reach)]),
            int(ascending[np.searchsorted(ascending, end + reach, "right") - 1]),
        )
        if wider == (begin, end):
            break
        begin, end = wider
    return begin, end
