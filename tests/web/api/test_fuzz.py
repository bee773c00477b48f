"""Every parameter of the API with values that the OpenAPI document allows and forbids."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.server import Server

PATHS = [
    "/api/sources",
    "/api/lines",
    "/api/ranks",
    "/api/line",
    "/api/stream",
    "/api/search",
    "/api/histogram",
    "/api/download",
]
SOURCE = st.one_of(st.just("app.log"), st.text(max_size=8))
# The OpenAPI document describes the cases, without pytest's own reports.
ANY_CASE = settings(suppress_health_check=list(HealthCheck), database=None, max_examples=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one log."""
    path = tmp_path_factory.mktemp("logs") / "app.log"
    path.write_text("".join(f"2026-11-20 10:00:{number:02} INFO line {number}\n" for number in range(60)))
    with Server(path) as server:
        yield server


@pytest.mark.parametrize("path", PATHS)
def test_no_parameter_causes_a_server_error(server: Server, path: str) -> None:
    schema = schemathesis.openapi.from_url(f"{server.base}/api/openapi.json", headers=server.headers)
    answered: Counter[int] = Counter()

    @ANY_CASE
    @given(case=schema[path]["GET"].as_strategy(), source=SOURCE)
    def ask(case: "schemathesis.Case[Any]", source: str) -> None:
        # A following stream has no end.
        query = {**dict(case.query or {}), "source": source, **({"follow": "false"} if "stream" in path else {})}
        answer = server.client.get(path, params=query, timeout=30)
        answered[answer.status_code] += 1
        assert answer.status_code < 500, (answer.text, query)
        assert answer.status_code < 400 or answer.json()["detail"], query

    ask()
    assert answered.keys() & {404, 422}
