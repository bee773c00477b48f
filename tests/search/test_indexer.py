"""The match indexes that an indexer keeps."""

from pathlib import Path

import pytest

from logviewer.files.byte_file import ByteFile
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.search import indexer as module
from logviewer.search.indexer import Indexer
from logviewer.search.line_filter import LineFilter
from logviewer.search.match_index import MatchIndex
from logviewer.search.query import Query


def scanned(indexer: Indexer, generation: Generation, line_filter: LineFilter) -> MatchIndex:
    index = indexer.index(generation, line_filter, fill=False)
    while index.scan():
        pass
    return index


@pytest.mark.parametrize(("most", "is_kept"), [(0, False), (10_000, True)])
def test_idle_indexes_are_dropped_by_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, most: int, is_kept: bool
) -> None:
    monkeypatch.setattr(module, "_KEPT_BYTES", most)
    (tmp_path / "log").write_text("abcdefgh\n")
    generation = Generation(ByteFile.open(tmp_path / "log"), b"source", PLAIN)
    indexer = Indexer()
    filters = [LineFilter(Query(include=(text,))) for text in "abcdefgh"]
    indexes = [scanned(indexer, generation, each) for each in filters]
    assert (scanned(indexer, generation, filters[0]) is indexes[0]) == is_kept
    assert scanned(indexer, generation, filters[-1]) is indexes[-1]
    indexer.close()
    generation.file.close()
