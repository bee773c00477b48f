"""Queries from parameters."""

import pytest

from logviewer.errors import QueryError
from logviewer.search.query import Query


def test_an_empty_query_excludes_nothing() -> None:
    assert not Query.of(include=["", ""], exclude=[""], since=" ", regex=True)
    assert Query.of(since="now")
    assert Query.of(levels=["none"]).levels == {None}


@pytest.mark.parametrize(
    ("level", "name"), [("err", "error"), ("WARN", "warning"), ("crit", "fatal"), ("info", "info")]
)
def test_levels_have_their_usual_names(level: str, name: str) -> None:
    assert Query.of(levels=[level]).levels == {name}


def test_an_unknown_level_is_refused_with_the_known_ones() -> None:
    with pytest.raises(QueryError, match=r"level: unknown level 'loud' \(one of fatal, error, .*, none\)"):
        Query.of(levels=["loud"])


@pytest.mark.parametrize("texts", [["a"] * 51, ["a" * 20_001]])
def test_a_query_has_its_limits(texts: list[str]) -> None:
    with pytest.raises(QueryError, match="not: more than"):
        Query.of(exclude=texts)


@pytest.mark.parametrize("until", ["2026-11-20 12:00", "2026-11-20 11:59"])
def test_a_span_that_ends_before_it_begins_is_refused(until: str) -> None:
    with pytest.raises(QueryError, match=r"^until: must be later than since$"):
        Query.of(since="2026-11-20 12:00", until=until)
