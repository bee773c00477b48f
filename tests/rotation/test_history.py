"""The order of the generations when several rotations happen between two polls."""

from pathlib import Path

from logviewer.cursor import source_key
from logviewer.files.byte_file import ByteFile
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.history import RotationHistory
from logviewer.rotation.listing import DirectoryListings


def test_files_rotated_after_the_new_one_was_opened_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "app.log"

    def rotate_to(name: str) -> None:
        path.rename(tmp_path / name)

    history = RotationHistory(source_key("app"), lambda _: PLAIN, clock=lambda: 0.0)
    history.note_listing([])
    path.write_text("one\n")
    history.update([], ByteFile.open(path), lambda: DirectoryListings().rotated(path))
    rotate_to("app.log-20261118")
    path.write_text("two\n")
    two = ByteFile.open(path)
    rotate_to("app.log-20261119")
    path.write_text("three\n")
    rotate_to("app.log-20261120")
    history.update([], two, lambda: DirectoryListings().rotated(path))
    path.write_text("four\n")
    history.update([], ByteFile.open(path), lambda: DirectoryListings().rotated(path))
    contents = [each.file.pread(100, 0) for each in history.generations]
    assert contents == [b"one\n", b"two\n", b"three\n", b"four\n"]
