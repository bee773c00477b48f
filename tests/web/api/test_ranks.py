"""The route for the numbers of lines before times, and the keys of lines."""

from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from logviewer.views.ranks import NO_KEY
from logviewer.web.parameters import MAX_MOMENTS
from tests.helpers.server import EventStream, Server, until

BEGIN = 1_795_168_800_000
QUERIES: list[dict[str, Any]] = [
    {},
    {"q": "7"},
    {"q": "7", "context": 1},
    {"level": "error"},
    {"not": "1", "regex": True},
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A log of a second a line, one with lines without a time and a clock that is set back, and one without times."""
    directory = tmp_path_factory.mktemp("logs")
    (directory / "a.log").write_text("".join(f"{stamp(at)} INFO a {at}\n" for at in range(300)))
    back = (f"{stamp(at - 40 * (at > 50))} ERROR b {at}\n" if at % 3 else f" and {at}\n" for at in range(200))
    (directory / "b.log").write_text("".join(back))
    (directory / "c.log").write_text("one\ntwo 7\n")
    with Server(directory / "a.log", directory / "b.log", directory / "c.log") as running:
        yield running


def stamp(second: int) -> str:
    return f"2026-11-20T10:{second // 60:02}:{second % 60:02}Z"


def get(server: Server, path: str, **params: Any) -> dict[str, Any]:
    response = server.get(path, source=params.pop("source", ["a.log", "b.log", "c.log"]), **params)
    assert response.status_code == 200, response.text
    return dict(response.json())


@pytest.mark.parametrize("query", QUERIES, ids=str)
def test_ranks_are_the_numbers_of_lines_with_smaller_keys(server: Server, query: dict[str, Any]) -> None:
    whole = get(server, "/api/lines", count=5000, keys=True, **query)
    keys = [float("-inf") if key is None else key for key in whole["keys"]]
    assert keys == sorted(keys)
    assert len(keys) == whole["total"] == len(whole["lines"]) > 0
    timed = [key for key in whole["keys"] if key is not None]
    moments = [0, *timed[::9], timed[-1], timed[-1] + 1]
    expected = [bisect_left(keys, moment) for moment in moments]
    found = get(server, "/api/ranks", moment=moments, exact=True, **query)
    assert found == {
        "least": expected,
        "most": expected,
        "total": len(keys),
        "first": BEGIN,
        "last": BEGIN + 299_000,
        "pending": False,
    }
    near = get(server, "/api/ranks", moment=moments, **query)
    assert all(a <= b <= c for a, b, c in zip(near["least"], expected, near["most"], strict=True))
    for moment, rank in zip(moments, expected, strict=True):
        after = get(server, "/api/lines", from_ms=moment, count=7, **query)
        before = get(server, "/api/lines", until_ms=moment, count=7, **query)
        assert (after["start"], after["lines"]) == (rank, whole["lines"][rank : rank + 7])
        assert (before["start"], before["lines"]) == (max(0, rank - 7), whole["lines"][max(0, rank - 7) : rank])


def test_the_key_at_a_cursor_is_that_of_its_line_also_if_a_query_leaves_it_out(server: Server) -> None:
    whole = get(server, "/api/lines", count=5000, keys=True)
    for line, key in list(zip(whole["lines"], whole["keys"], strict=True))[::17]:
        for name in ("at", "before"):
            found = get(server, "/api/lines", **{name: line["at"]}, count=3, keys=True, q="7")
            assert found["key"] == key
            assert len(found["keys"]) == len(found["lines"])
            assert found["pending"] is False


def test_a_log_without_times_has_no_first_and_last_key(server: Server) -> None:
    found = get(server, "/api/ranks", source=["c.log"], moment=[-(2**63), BEGIN], exact=True)
    assert found == {"least": [0, 2], "most": [0, 2], "total": 2, "first": None, "last": None, "pending": False}
    assert get(server, "/api/lines", source=["c.log"], keys=True)["keys"] == [None, None]


@pytest.mark.parametrize(
    "wrong",
    [{"moment": "now"}, {"moment": 2**63}, {"moment": [0] * (MAX_MOMENTS + 1)}, {"at": "x"}, {"q": "("}],
    ids=str,
)
def test_wrong_parameters_are_named(server: Server, wrong: dict[str, Any]) -> None:
    response = server.get("/api/ranks", source="a.log", regex=True, **wrong)
    assert response.status_code == 422
    assert next(iter(wrong)) in response.json()["detail"]


def test_a_key_and_a_cursor_exclude_each_other(server: Server) -> None:
    response = server.get("/api/lines", source="a.log", from_ms=0, until_ms=0)
    assert response.json()["detail"] == "from_ms, until_ms: give only one of them"


def test_ranks_of_a_growing_log_are_counted_again(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(f"{stamp(0)} one\n")
    with Server(log) as server:
        assert get(server, "/api/ranks", source="a.log", moment=[BEGIN * 2])["least"] == [1]
        with log.open("a") as file:
            file.write(f"{stamp(1)} two\n")
        until(lambda: get(server, "/api/ranks", source="a.log", moment=[BEGIN * 2], exact=True)["least"] == [2])


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("source", [["a.log"], ["a.log", "b.log", "c.log"]], ids=len)
def test_a_search_has_the_keys_of_its_matches_and_says_how_far_it_is(
    server: Server, source: list[str], order: str
) -> None:
    whole = get(server, "/api/lines", count=5000, keys=True, q="7", source=source)
    expected = [(line["at"], key) for line, key in zip(whole["lines"], whole["keys"], strict=True)]
    query: dict[str, Any] = {"source": source, "q": "7", "keys": True, "order": order}
    with server.client.stream("GET", "/api/search", params=query) as response:
        events = list(EventStream(response).events)
    found: list[tuple[str, int | None]] = []
    bound, has_all = None, False
    sign = -1 if order == "newest" else 1
    for event in events:
        if event.name == "progress":
            bound, has_all = event.data["bound"], event.data["all"]
        elif event.name == "match":
            assert not has_all
            keys = [sign * (NO_KEY if key is None else key) for key in event.data["keys"]]
            assert keys == sorted(keys)
            assert bound is None or keys[0] >= sign * bound
            found += zip([match["at"] for match in event.data["matches"]], event.data["keys"], strict=True)
    assert has_all
    assert found == expected[::sign]
