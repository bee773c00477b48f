"""The sources that are polled."""

from pathlib import Path

import pytest

from logviewer.formats.line_format import PLAIN
from logviewer.sources import awake
from logviewer.sources.awake import AwakeSources
from logviewer.sources.local import LocalSource


def source(directory: Path, number: int) -> LocalSource:
    path = directory / f"{number}.log"
    path.write_text(f"line {number}\n")
    made = LocalSource(path.name, path, name=path.name, line_format=PLAIN)
    made.poll()
    return made


def test_sources_without_use_leave_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awake, "most_awake", lambda: 3)
    sources, polled = [source(tmp_path, number) for number in range(8)], AwakeSources()
    for each in sources:
        polled.add(each)
    polled.keep(sources[0])
    polled.use(sources[1])
    sources[2].changed.subscribe(lambda: None)
    assert polled.pop_unused() == sources[3:]
    assert set(polled) == set(sources[:3])
    for each in sources[3:]:
        polled.use(each)
    assert polled.pop_unused() == []


def test_a_source_asleep_has_no_descriptor_and_is_read(tmp_path: Path) -> None:
    sleeper = source(tmp_path, 1)
    assert sleeper.live
    sleeper.sleep()
    assert sleeper.is_asleep
    assert sleeper.live.file.is_resting
    assert sleeper.status().size == 7
    assert sleeper.live.file.is_resting
    assert sleeper.live.file.pread(20, 0) == b"line 1\n"


def test_a_source_that_was_rotated_while_asleep_has_all_lines(tmp_path: Path) -> None:
    sleeper = source(tmp_path, 1)
    sleeper.sleep()
    sleeper.path.rename(tmp_path / "1.log.1")
    sleeper.path.write_text("new\n")
    sleeper.poll()
    assert [each.file.pread(20, 0) for each in sleeper.generations] == [b"line 1\n", b"new\n"]


def test_a_source_that_was_rewritten_while_asleep_has_the_new_lines(tmp_path: Path) -> None:
    sleeper = source(tmp_path, 1)
    sleeper.sleep()
    sleeper.path.write_text("quite another text\n")
    sleeper.poll()
    assert [each.file.pread(20, 0) for each in sleeper.generations] == [b"quite another text\n"]
