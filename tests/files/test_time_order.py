"""The key of each line, by which several logs are merged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files.time_order import contradicted, keys

HOUR = 3_600_000
TIMES = st.lists(st.one_of(st.none(), st.integers(-5, 5), st.integers(-3 * HOUR, 3 * HOUR)), max_size=12)


def keys_of(times: list[int | None], following: list[int] | None = None, before: int = -9 * HOUR) -> list[int]:
    numbers = np.array([each or 0 for each in times], np.int64)
    is_timed = np.array([each is not None for each in times], bool)
    found: list[int] = keys(numbers, is_timed, np.array(following or [], np.int64), before).tolist()
    return found


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([1, 2, 9 * HOUR, 3, 4, 5], [1, 2, 2, 3, 4, 5]),
        ([1, 2, 9 * HOUR, 8 * HOUR, 3, 4, 5], [1, 2, 2, 2, 3, 4, 5]),
        ([9 * HOUR, 1, 2, 3], [-9 * HOUR, 1, 2, 3]),
        ([1, 2, -8 * HOUR, 3, 4], [1, 2, 2, 3, 4]),
        ([1, 5, 3, None, 4, 6], [1, 5, 5, 5, 5, 6]),
        # A jump for good: many lines say so.
        ([1, 9 * HOUR, 9 * HOUR, 9 * HOUR, 9 * HOUR + 1], [1, 9 * HOUR, 9 * HOUR, 9 * HOUR, 9 * HOUR + 1]),
        ([1, HOUR, 2], [1, HOUR, HOUR]),
        ([None, None], [-9 * HOUR, -9 * HOUR]),
        ([], []),
    ],
)
def test_a_key_is_the_greatest_time_that_counts(times: list[int | None], expected: list[int]) -> None:
    assert keys_of(times) == expected


@given(times=TIMES)
def test_a_time_is_contradicted_by_most_of_the_next_three(times: list[int | None]) -> None:
    timed = [each for each in times if each is not None]
    following = [timed[at + 1 : at + 4] for at in range(len(timed))]
    expected = [
        2 * sum(each < time - HOUR for each in after) > len(after) for time, after in zip(timed, following, strict=True)
    ]
    assert contradicted(np.array(timed, np.int64)).tolist() == expected


@given(times=TIMES, cut=st.integers(0, 12))
def test_keys_are_the_same_in_pieces(times: list[int | None], cut: int) -> None:
    following = [each for each in times[cut:] if each is not None][:3]
    first = keys_of(times[:cut], following)
    assert first + keys_of(times[cut:], before=first[-1] if first else -9 * HOUR) == keys_of(times)
    assert keys_of(times) == sorted(keys_of(times))
