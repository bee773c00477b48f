"""Redaction rules of files that may be copies."""

from pathlib import Path

import pytest

from logviewer.files.byte_file import ByteFile
from logviewer.files.content import HEAD_BYTES
from logviewer.formats.line_formats import LineFormats
from logviewer.settings import RedactRule
from logviewer.sources.file_formats import FileFormats

LONG = "secret\n" * HEAD_BYTES


@pytest.fixture
def formats(tmp_path: Path) -> FileFormats:
    line_formats = LineFormats([], [RedactRule("secret", files=("app.log",)), RedactRule("z", "#", ("z/z.log",))])
    formats = FileFormats(line_formats)
    formats.of_source(tmp_path / "app.log", "app.log")
    return formats


def masked(formats: FileFormats, path: Path, text: str) -> str:
    path.write_text(text)
    return formats.of_file(path, path.name, ByteFile.open(path)).mask("secret z")


@pytest.mark.parametrize("text", [LONG, "secret\n"], ids=["long", "short"])
def test_a_file_that_begins_like_a_redacted_one_gets_its_rules(formats: FileFormats, tmp_path: Path, text: str) -> None:
    (tmp_path / "app.log").write_text(text)
    assert masked(formats, tmp_path / "copy", text) == "*** z"
    assert masked(formats, tmp_path / "other", f"x{text}") == "secret z"


def test_a_file_with_hard_links_gets_all_rules(formats: FileFormats, tmp_path: Path) -> None:
    (tmp_path / "linked").write_text("x\n")
    (tmp_path / "copy").hardlink_to(tmp_path / "linked")
    assert masked(formats, tmp_path / "copy", "x\n") == "*** #"


def test_an_empty_file_gets_all_rules_until_it_differs(formats: FileFormats, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(LONG)
    assert masked(formats, tmp_path / "other", "") == "*** #"
    assert masked(formats, tmp_path / "other", LONG[:30]) == "*** z"
    assert masked(formats, tmp_path / "other", LONG[:30] + "x") == "secret z"


def test_files_that_are_gone_are_known(formats: FileFormats, tmp_path: Path) -> None:
    (tmp_path / "app.log.1").write_text(LONG)
    formats.look()
    (tmp_path / "app.log.1").rename(tmp_path / "moved")
    assert masked(formats, tmp_path / "moved", LONG) == "*** z"


def test_a_source_that_is_gone_is_looked_at_no_more(formats: FileFormats, tmp_path: Path) -> None:
    formats.forget(tmp_path / "app.log", "app.log")
    (tmp_path / "app.log").write_text(LONG)
    assert masked(formats, tmp_path / "copy", LONG) == "secret z"
