"""The status of a source as other threads read it."""

from pathlib import Path

import pytest

from logviewer.files.allowed_roots import EVERYWHERE, AllowedRoots
from logviewer.files.byte_file import ByteFile
from logviewer.formats.line_format import PLAIN
from logviewer.sources.local import LocalSource


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
