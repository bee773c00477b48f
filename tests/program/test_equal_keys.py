"""Sources whose ids have the same key in cursors keep their own names and masks."""

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from logviewer.cursor import source_key
from logviewer.sources.naming import source_id
from tests.helpers.server import Server

Serve = Callable[..., Server]


@pytest.fixture
def names(logs: Path) -> tuple[str, str]:
    """Two names in the directory; the ids of their sources have the same key."""
    found: dict[bytes, str] = {}
    for number in count():
        name = f"w{number:06}.log"
        key = source_key(source_id(logs / name, name))
        if key in found:
            return found[key], name
        found[key] = name
    raise AssertionError


def test_sources_with_equal_keys_are_told_apart(names: tuple[str, str], logs: Path, serve: Serve) -> None:
    plain, secret = names
    for number, name in enumerate(names):
        lines = "".join(f"2026-11-27T10:00:0{at * 2 + number}Z {name} password=hunter2\n" for at in range(4))
        (logs / name).write_text(lines)
    (logs / "rule.toml").write_text(f"[[redact]]\npattern = 'password=[^ ]+'\nfiles = '{secret}'\n")
    server = serve("--config", logs / "rule.toml", *(logs / name for name in names))
    ids = {name: server.source_id(name) for name in names}
    assert source_key(ids[plain]) == source_key(ids[secret])

    def check(source: str, text: str) -> None:
        assert ids[plain if plain in text else secret] == source
        assert ("hunter2" in text) is (plain in text)

    for name in names:
        rows = server.get("/api/lines", source=ids[name], start=0).json()["lines"]
        assert len(rows) == 4
        for row in rows:
            check(row["source"], row["text"])
            assert name in server.get("/api/line", source=ids[name], at=row["at"]).text
        assert server.get("/api/download", source=ids[name]).text.count("hunter2") == (4 if name == plain else 0)
    merged = server.get("/api/lines", source=list(ids.values()), start=0).json()["lines"]
    assert len(merged) == 8
    for row in merged:
        check(row["source"], row["text"])
    with server.stream(source=list(ids.values()), from_="start") as stream:
        for _ in names:
            data = stream.next("lines").data
            for text in data["lines"]:
                check(data["source"], text)
