"""Files in other encodings than UTF-8: found by their bytes, or by ``encoding`` in ``[[logs]]``."""

from collections.abc import Callable
from pathlib import Path

import pytest

from logviewer.errors import CannotRunError
from logviewer.formats.line_format import LineFormat
from logviewer.settings import LogRule
from tests.helpers.server import Server, until
from tests.helpers.view import view_texts

Serve = Callable[..., Server]

TEXTS = {
    "latin-1": "Grüße aus Köln",
    "cp1252": "„Grüße“ – 5 €",
    "shift_jis": "表示できません ソ",
    "gbk": "连接失败",
    "euc-kr": "연결 실패",
    "koi8-r": "ошибка сети",
    "iso8859-15": "prix 5 €",
}
UTF16 = ["utf-16-le", "utf-16-be"]


def lines(text: str) -> list[str]:
    return [f"2026-11-21 01:02:{number:02} {'ERROR' if number % 3 else 'INFO'} {text} {number}" for number in range(30)]


def state(server: Server) -> str | None:
    return str(server.get("/api/sources").json()[0]["encoding"])


def check(server: Server, text: str) -> None:
    """Check that lines have their text, time and level, and that text and level are found."""
    rows = server.get("/api/lines", source="app.log").json()["lines"]
    assert [row["text"] for row in rows] == lines(text)
    assert all(row["time"] for row in rows)
    assert [row["level"] for row in rows] == ["error" if number % 3 else "info" for number in range(30)]
    assert view_texts(server, source="app.log", q=f"{text} 7") == lines(text)[7:8]
    assert view_texts(server, source="app.log", q=r"^2026.*\d$", regex=True, level="info") == lines(text)[::3]


@pytest.mark.parametrize("codec", TEXTS)
def test_a_configured_encoding_is_read(logs: Path, serve: Serve, codec: str) -> None:
    (logs / "app.log").write_text("\n".join([*lines(TEXTS[codec]), ""]), codec)
    config = logs / "logviewer.toml"
    config.write_text(f"[[logs]]\nfiles = '*.log'\nencoding = '{codec}'\n")
    server = serve("--config", config, logs / "app.log")
    check(server, TEXTS[codec])
    assert state(server) not in {"unknown", "utf-8"}


@pytest.mark.parametrize("codec", UTF16)
def test_utf_16_needs_no_mark(logs: Path, serve: Serve, codec: str) -> None:
    (logs / "app.log").write_text("\r\n".join([*lines("Grüße 日本"), ""]), codec, newline="")
    server = serve(logs / "app.log")
    check(server, "Grüße 日本")
    assert state(server) == codec
    with (logs / "app.log").open("a", encoding=codec, newline="") as file:
        file.write("later 日\n")
    until(lambda: view_texts(server, source="app.log", q="later 日"), what="the new line")


def test_the_state_of_a_source_has_a_word_for_other_bytes(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("\n".join([*lines("Grüße"), ""]), "latin-1")
    server = serve(logs / "app.log")
    server.get("/api/lines", source="app.log")
    assert state(server) == "unknown"


def test_an_unknown_encoding_is_refused() -> None:
    for name in ("klingon", "utf-32", "base64"):
        with pytest.raises(CannotRunError, match=f"unknown encoding '{name}'"):
            LineFormat([LogRule(files=(), encoding=name)])


def test_a_mark_at_the_start_of_any_line_is_left_out(logs: Path, serve: Serve) -> None:
    (logs / "app.log").write_text("one\n\ufefftwo\n2026-11-05T08:12:27Z three\n")
    server = serve(logs / "app.log")
    assert view_texts(server, source="app.log")[:2] == ["one", "two"]
    assert view_texts(server, source="app.log", q="^two", regex=True) == ["two"]
    stream = server.get("/api/stream", source="app.log", from_="start", follow="false", format="text")
    assert stream.text.splitlines()[:2] == ["one", "two"]
