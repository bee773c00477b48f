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
_EDGE_TIMES = 64


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


def condensed(times: Times, weights: Weights) -> tuple[Times, Weights]:
    """Return some 250 times, ascending, with weights, that have nearly the same span: the first and last of them."""
    order = np.argsort(times, kind="stable")
    times, weights = times[order], weights[order]
    if len(times) <= 4 * _EDGE_TIMES:
        return times, weights
    borders = np.linspace(_EDGE_TIMES, len(times) - _EDGE_TIMES, _EDGE_TIMES + 1).astype(np.int64)
    halves = np.add.reduceat(weights, borders[:-1])[: len(borders) - 1] / 2
    halves[-1] = weights[borders[-2] : borders[-1]].sum() / 2
    middle = np.stack([times[borders[:-1]], times[borders[1:] - 1]], axis=1).ravel()
    edges = slice(_EDGE_TIMES), slice(-_EDGE_TIMES, None)
    return (
        np.concatenate([times[edges[0]], middle, times[edges[1]]]),
        np.concatenate([weights[edges[0]], np.repeat(halves, 2), weights[edges[1]]]),
    )


def main_span(times: Times, weights: Weights) -> tuple[int, int] | None:
    """Return the first and the last time to draw, of times with the number of lines at each; None without times."""
    if not len(times):
        return None
    return whole_span(times.copy()) or _weighted_span(times, weights)


def condensed_span(times: Times, weights: Weights) -> tuple[int, int] | None:
    """Return the same of ``condensed`` times of several views."""
    if not len(times) or (weights == 1).all():
        return main_span(times, weights)
    # Most of these times are near the ends, which misleads ``whole_span``.
    return _weighted_span(times, weights)


def _weighted_span(times: Times, weights: Weights) -> tuple[int, int]:
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
