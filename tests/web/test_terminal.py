"""Control characters for a terminal are escaped in text, unless raw text is requested."""

import unicodedata
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logviewer.showable import visible, visible_json
from logviewer.web.terminal import visible_line
from tests.helpers.server import Server

Serve = Callable[..., Server]

HOSTILE = "\x1b]0;title\x07 \x1b[2J a\tb \x7f \x9b2J \u202eright\u2066 \u200f nul\0 back\rover é ✓"
SHOWN = "\\x1b]0;title\\x07 \\x1b[2J a\tb \\x7f \\x9b2J \\u202eright\\u2066 \\u200f nul\\x00 back\\x0dover é ✓"
ESC_NAME = "esc\x1b[2J.log"


@given(st.text())
def test_control_characters_are_escaped(text: str) -> None:
    shown = visible(text)
    assert not [each for each in shown if unicodedata.category(each) == "Cc" and each not in "\t\n"]
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(shown)
    assert visible(shown) == shown


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], include_characters="\t\n")))
def test_other_text_stays(text: str) -> None:
    assert visible(text) == text


@given(st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp", "L"])))
def test_json_escapes_control_characters(text: str) -> None:
    data = visible_json(orjson.dumps(text))
    assert orjson.loads(data) == text
    assert visible(data.decode()) == data.decode()


@pytest.fixture
def server(logs: Path, serve: Serve) -> Server:
    for name in ("app.log", ESC_NAME):
        (logs / name).write_text(f"{HOSTILE}\nplain\n", newline="")
    return serve(logs)


@pytest.mark.parametrize(
    "asked",
    [{}, {"q": "b"}, {"q": "plain", "context": "1"}, {"from_": "-2"}],
    ids=["all", "query", "context", "last"],
)
def test_text_has_no_control_characters(asked: dict[str, Any], server: Server) -> None:
    params = {"source": "app.log", "follow": "false", "format": "text", "from_": "start", **asked}
    assert SHOWN in server.get("/api/stream", **params).text.split("\n")
    assert HOSTILE in server.get("/api/stream", raw="true", **params).text.split("\n")


def test_text_of_the_pages_url_has_no_control_characters(server: Server) -> None:
    accept = {"Accept": "text/plain"}
    assert server.client.get("/?source=app.log", headers=accept).text == f"{SHOWN}\nplain\n"
    assert server.client.get("/?source=app.log&raw=true", headers=accept).text == f"{HOSTILE}\nplain\n"


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/api/lines", {}),
        ("/api/stream", {"from": "start", "follow": "false"}),
        ("/api/search", {"q": "b"}),
    ],
)
def test_events_and_json_have_no_control_characters(server: Server, path: str, params: dict[str, str]) -> None:
    text = server.get(path, source="app.log", **params).raise_for_status().text
    assert visible(text) == text
    assert "\\u009b2J" in text


def test_one_line_has_no_control_characters(server: Server) -> None:
    at = server.get("/api/lines", source="app.log", places="true").json()["lines"][0]["at"]
    assert server.get("/api/line", source="app.log", at=at).text == SHOWN
    assert server.get("/api/line", source="app.log", at=at, raw="true").text == HOSTILE


@example("a\r", [2], "utf-8")
@given(st.text(), st.lists(st.integers(0, 100)), st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
def test_a_line_escaped_in_chunks_is_the_same(text: str, cuts: list[int], codec: str) -> None:
    data = text.encode(codec, "replace")
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[begin:end] for begin, end in pairwise(places)]
    shown = b"".join(visible_line(iter(pieces), codec)).decode()
    assert shown == visible(data.decode(codec).removesuffix("\r"))


def test_names_of_sources_have_no_control_characters(server: Server) -> None:
    params = {"source": ["app.log", ESC_NAME], "format": "text", "from": "start"}
    with server.client.stream("GET", "/api/stream", params=params) as response:
        read = b""
        for chunk in response.iter_raw():
            read += chunk
            if read.count(b"plain") == 2:
                break
    assert b"\x1b" not in read
    assert b"==> esc\\x1b[2J.log <==" in read


def test_line_separators_end_no_event(server: Server) -> None:
    with server.stream(source="app.log", from_="start") as stream:
        assert stream.lines(2) == [HOSTILE, "plain"]


@pytest.mark.parametrize("query", [{}, {"q": "plain"}, {"q": "b"}], ids=["whole", "plain", "hostile"])
def test_a_download_is_an_attachment(query: dict[str, str], server: Server) -> None:
    response = server.get("/api/download", source="app.log", **query)
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.headers["x-content-type-options"] == "nosniff"
    expected = {"plain": "plain\n", "b": f"{HOSTILE}\n"}.get(query.get("q", ""), f"{HOSTILE}\nplain\n")
    assert response.content == expected.encode()
