"""``GET /api/explain``: how one line is read, and by which rules."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.server import Server

LINES = """\
02/11/2026 10:00:00 INFO started
  at a place
  at another place
{"ts":"2026-11-21T01:02:03Z","level":"error","msg":"x"}
13/11/2026 10:00:00 password=secret
part of a line"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory: Path = tmp_path_factory.mktemp("explain")
    (directory / "app.log").write_text(LINES)
    config = directory / "config.toml"
    config.write_text("[[redact]]\npattern = 'password=\\S+'\n")
    with Server(directory / "app.log", "--config", config, env={"TZ": "UTC"}) as running:
        yield running


def explained(server: Server, number: int) -> dict[str, Any]:
    rows = server.get("/api/lines", source="app.log").json()["lines"]
    response = server.get("/api/explain", source="app.log", at=rows[number]["at"])
    assert response.status_code == 200, response.text
    answer = response.json()
    assert {name: answer[name] for name in ("text", "time", "level")} == {
        name: rows[number][name] for name in ("text", "time", "level")
    }
    return dict(answer)


def test_a_line_has_its_values_and_their_rules(server: Server) -> None:
    answer = explained(server, 0)
    assert answer["time_rule"] == "the text '02/11/2026 10:00:00'"
    assert answer["level_rule"] == "the word 'INFO' after the time"
    assert "dates: day first" in answer["decisions"]
    assert answer["record"] == {"before": 0, "after": 2}


def test_a_continuation_line_has_no_values_and_names_its_record(server: Server) -> None:
    answer = explained(server, 1)
    assert (answer["time_rule"], answer["level_rule"]) == ("", "")
    assert answer["record"] == {"before": 1, "after": 1}


def test_fields_of_json_are_named(server: Server) -> None:
    assert explained(server, 3)["fields"] == ["ts", "level", "msg"]


def test_a_masked_line_stays_masked(server: Server) -> None:
    assert "secret" not in str(explained(server, 4))


def test_an_unterminated_line_is_explained(server: Server) -> None:
    assert explained(server, 5)["record"] == {"before": 1, "after": 0}


def test_a_cursor_without_a_line_is_404_and_a_malformed_one_422(server: Server) -> None:
    assert server.get("/api/explain", source="app.log", at="nonsense").status_code == 422
    assert server.get("/api/explain", source="other.log", at="nonsense").status_code == 404
