"""The catalog in this process."""

import gc
from pathlib import Path

import pytest

from logviewer.files.byte_file import ByteFile
from logviewer.rotation.generation import Generation
from logviewer.settings import ANONYMOUS, RedactRule, Tables
from logviewer.sources.catalog import Catalog
from logviewer.sources.local import LocalSource

LINE = "password=abc"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text(f"{LINE}\n")
    return path


def first_line(catalog: Catalog) -> str:
    source = catalog.find("app.log", ANONYMOUS)
    assert source
    batch = source.generations[0].read(source.generations[0].first())
    assert batch
    return batch.texts()[0]


def masking(mask: str) -> Tables:
    return Tables(redact=(RedactRule("password=\\w+", mask),))


def test_two_catalogs_redact_one_file_differently(log: Path) -> None:
    one, other = Catalog([str(log)], tables=masking("one")), Catalog([str(log)], tables=masking("other"))
    assert [first_line(one), first_line(other)] == ["one", "other"]


def test_a_closed_catalog_does_not_change_another_one(log: Path) -> None:
    one, other = Catalog([str(log)], tables=masking("one")), Catalog([str(log)], tables=masking("other"))
    del other
    gc.collect()
    assert first_line(one) == "one"


def test_lines_cannot_be_read_without_a_format(log: Path) -> None:
    with pytest.raises(TypeError, match="line_format"):
        LocalSource("app", log, name="app.log")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="line_format"):
        Generation(ByteFile.open(log), b"key!")  # type: ignore[call-arg]
