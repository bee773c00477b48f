"""The status of a source as other threads read it."""

from pathlib import Path

import orjson
import pytest

from logviewer.files.allowed_roots import EVERYWHERE, AllowedRoots
from logviewer.files.byte_file import ByteFile
from logviewer.formats.line_format import PLAIN
from logviewer.source import SourceStatus
from logviewer.sources.local import LocalSource
from logviewer.web.facts import encode_sources


def test_a_poll_publishes_one_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "app.log"
    path.write_text("one\n")
    published: list[str] = []

    def refuse(_: AllowedRoots, __: Path) -> ByteFile:
        published.append(source.state)
        raise OSError("no descriptor is left")

    source = LocalSource("app", path, name="app.log", line_format=PLAIN, roots=EVERYWHERE)
    with monkeypatch.context() as patched:
        patched.setattr(AllowedRoots, "open", refuse)
        source.poll()
    assert (published, source.state, source.reason) == (["missing"], "unreadable", "no descriptor is left")
    source.poll()
    assert (source.state, source.reason) == ("open", None)


def test_a_source_whose_status_fails_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [LocalSource(name, tmp_path / name, name=name, line_format=PLAIN) for name in ("bad", "good")]

    status = LocalSource.status

    def fail_for_one(source: LocalSource) -> SourceStatus:
        if source is sources[0]:
            raise RecursionError
        return status(source)

    monkeypatch.setattr(LocalSource, "status", fail_for_one)
    bad, good = orjson.loads(encode_sources(sources))
    assert (bad["name"], bad["state"], bad["reason"]) == ("bad", "unreadable", "see the log of the server")
    assert (good["name"], good["state"]) == ("good", "missing")
