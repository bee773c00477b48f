"""Counts by address within a window of time."""

import pytest

from logviewer.web.http.rate_window import RateWindow


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_window_ends_after_its_time() -> None:
    clock = Clock()
    windows = RateWindow(60, now=clock)
    assert [windows.add("a"), windows.add("a"), windows.add("b")] == [1, 2, 1]
    clock.now = 59.5
    assert (windows.count("a"), windows.seconds_left("a")) == (2, 1)
    clock.now = 60
    assert (windows.count("a"), windows.add("a")) == (0, 1)


def test_a_late_report_counts_from_its_time() -> None:
    clock = Clock()
    windows = RateWindow(60, now=clock)
    assert [windows.add("a", ago=50), windows.add("b", ago=60)] == [1, 0]
    assert windows.seconds_left("a") == 10
    clock.now = 10
    assert windows.count("a") == 0


def test_a_withdrawn_try_is_not_counted() -> None:
    windows = RateWindow(60)
    windows.add("a")
    windows.add("a")
    windows.take_back("a")
    assert windows.count("a") == 1
    windows.take_back("a")
    windows.take_back("a")
    assert windows.count("a") == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "10.0.0.1", False),
    ],
)
def test_the_network_of_one_host_is_one_address(one: str, other: str, *, same: bool) -> None:
    windows = RateWindow(60)
    windows.add(one)
    assert (windows.count(other) == 1) is same


def test_the_memory_of_addresses_is_bounded() -> None:
    windows = RateWindow(60)
    for number in range(10_001):
        windows.add(str(number))
    assert [windows.count(str(number)) for number in (0, 1, 10_000)] == [0, 1, 1]
