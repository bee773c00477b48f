"""The span of a histogram from few times is that from all of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logviewer.views.time_span import condensed, condensed_span, main_span

BEGIN = 1_795_168_800_000
FAR = st.sampled_from((0, BEGIN - 10**11, BEGIN + 10**11))


@given(
    count=st.integers(0, 4_000),
    spread=st.integers(1, 10**9),
    far=st.lists(FAR, max_size=3),
    seed=st.integers(0, 2**32 - 1),
)
def test_few_times_have_the_span_of_all(count: int, spread: int, far: list[int], seed: int) -> None:
    near = BEGIN + np.random.default_rng(seed).integers(0, spread, count)
    times = np.append(near, np.array(far, np.int64)).astype(np.int64)
    weights = np.ones(len(times))
    few, their_weights = condensed(times, weights)
    assert len(few) <= 256
    assert np.isclose(their_weights.sum(), len(times))
    assert condensed_span(few, their_weights) == main_span(times, weights)
