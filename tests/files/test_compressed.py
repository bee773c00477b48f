"""A compressed file is read as its text: any bytes of it, also by the next server, and within bounds."""

import asyncio
import contextlib
import gc
import os
import threading
import time
from array import array
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.errors import NotDecodedError, TooLargeError
from logviewer.files import codecs, compressed
from logviewer.files.byte_file import ByteFile, Urgency
from logviewer.files.frames import FRAME_BYTES
from logviewer.files.texts import Text, Texts
from tests.helpers.compression import COMPRESSORS, bomb, compress

ENDINGS = pytest.mark.parametrize("ending", COMPRESSORS)
LINES = b"".join(b"%d a line of a log, number %d\n" % (number * number, number) for number in range(40_000))
# An hour ago: no program writes them any more.
OLD = time.time() - 3600


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Texts]:
    yield from fresh(tmp_path / "cache", monkeypatch)


def fresh(directory: Path | None, monkeypatch: pytest.MonkeyPatch, most_mib: int | None = None) -> Iterator[Texts]:
    """The texts of a server that has just started."""
    made = Texts()
    made.keep(directory, most_mib)
    monkeypatch.setattr(compressed, "TEXTS", made)
    yield made
    made.close()


def write(path: Path, text: bytes = LINES, ending: str = ".gz") -> Path:
    path.write_bytes(COMPRESSORS[ending](text))
    os.utime(path, (OLD, OLD))
    return path


def opened(path: Path) -> ByteFile:
    file = ByteFile.open(path)
    file.decode(wait=True)
    return file


@ENDINGS
def test_the_text_is_read(ending: str, tmp_path: Path, texts: Texts) -> None:
    file = opened(write(tmp_path / f"app.log{ending}", ending=ending))
    assert file.stat().st_size == len(LINES)
    assert file.pread(len(LINES) + 1, 0) == LINES
    assert file.pread(10, len(LINES)) == b""


@given(data=st.data())
def test_any_bytes_are_read(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("texts")
    size = data.draw(st.sampled_from([0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES + 7]))
    text = os.urandom(size)
    with pytest.MonkeyPatch.context() as context:
        for _ in fresh(directory / "cache", context):
            file = opened(write(directory / "app.log.gz", text))
            for _ in range(5):
                start, length = data.draw(st.integers(0, size + 5)), data.draw(st.integers(0, size + 5))
                assert file.pread(length, start) == text[start : start + length]
            file.close()


def test_a_read_before_the_text_is_decoded_raises(tmp_path: Path, texts: Texts) -> None:
    file = ByteFile.open(write(tmp_path / "app.log.gz"))
    assert file.is_compressed
    for read in (lambda: file.pread(1, 0), file.stat, lambda: file.next_hole(0)):
        with pytest.raises(NotDecodedError):
            read()
    file.decode(wait=True)
    assert file.is_decoded
    assert file.pread(3, 0) == LINES[:3]


def test_the_next_server_knows_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "app.log.1.gz")
    for _ in fresh(tmp_path / "cache", monkeypatch):
        opened(path).close()
    renamed = path.rename(tmp_path / "app.log.2.gz")
    for _ in fresh(tmp_path / "cache", monkeypatch):
        file = ByteFile.open(renamed)
        assert file.is_decoded
        assert file.pread(len(LINES), 0) == LINES


@pytest.mark.parametrize("damage", ["cut", "emptied", "changed"])
def test_a_damaged_cache_is_not_trusted(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "app.log.gz")
    for _ in fresh(tmp_path / "cache", monkeypatch):
        opened(path).close()
    (kept,) = (tmp_path / "cache" / "texts").iterdir()
    data = kept.read_bytes()
    kept.write_bytes({"cut": data[:-1], "emptied": b"", "changed": data[:-9] + b"x" + data[-8:]}[damage])
    for _ in fresh(tmp_path / "cache", monkeypatch):
        assert opened(path).pread(len(LINES), 0) == LINES


def test_texts_stay_within_their_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = os.urandom(700_000)
    for _ in fresh(tmp_path / "cache", monkeypatch, most_mib=1):
        one, two = opened(write(tmp_path / "one.gz", text)), opened(write(tmp_path / "two.gz", text[::-1]))
        assert sum(path.stat().st_size for path in (tmp_path / "cache" / "texts").iterdir()) <= 1024 * 1024
        # The longest unused one was removed, and is decoded again.
        assert one.pread(len(text), 0) == text
        assert two.pread(len(text), 0) == text[::-1]


def test_a_text_above_the_limit_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in fresh(tmp_path / "cache", monkeypatch, most_mib=1):
        file = ByteFile.open(write(tmp_path / "app.log.gz", os.urandom(2_000_000)))
        with pytest.raises(OSError, match="--cache-size"):
            file.decode(wait=True)
        with pytest.raises(OSError, match="--cache-size"):
            file.pread(1, 0)
        assert list((tmp_path / "cache" / "texts").iterdir()) == []


def test_a_text_far_larger_than_its_file_is_an_error(
    tmp_path: Path, texts: Texts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("logviewer.files.texts._MOST_TEXT_BYTES", 10_000_000)
    file = ByteFile.open(write(tmp_path / "app.log.gz", bytes(20_000_000)))
    for _ in range(2):
        # Not decoded again a moment later.
        with pytest.raises(TooLargeError, match="9 MiB"):
            file.decode(wait=True)


def test_a_directory_that_cannot_be_written_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").touch()
    for _ in fresh(tmp_path / "cache", monkeypatch):
        file = ByteFile.open(write(tmp_path / "app.log.gz"))
        with pytest.raises(OSError, match=r"exists|Not a directory"):
            file.decode(wait=True)


def test_texts_without_a_directory_are_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in fresh(None, monkeypatch):
        assert opened(write(tmp_path / "app.log.gz")).pread(3, 0) == LINES[:3]


def test_a_cut_file_has_a_part_of_its_text(tmp_path: Path, texts: Texts, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "app.log.gz"
    path.write_bytes(COMPRESSORS[".gz"](LINES)[:-1000])
    monkeypatch.setattr("logviewer.files.texts._WRITTEN_SECONDS", 0)
    file = opened(path)
    assert 0 < file.stat().st_size < len(LINES)
    assert LINES.startswith(file.pread(len(LINES), 0))


def test_an_unfinished_file_is_not_decoded(tmp_path: Path, texts: Texts) -> None:
    whole = COMPRESSORS[".gz"](LINES)
    path = tmp_path / "app.log.gz"
    path.write_bytes(whole[:-1000])
    file = ByteFile.open(path)
    with pytest.raises(NotDecodedError):
        file.decode(wait=True)
    with path.open("ab") as writer:
        writer.write(whole[-1000:])
    file.decode(wait=True)
    assert file.pread(len(LINES), 0) == LINES


def test_a_file_that_is_rewritten_has_no_bytes(tmp_path: Path, texts: Texts) -> None:
    path = write(tmp_path / "app.log.gz")
    file = opened(path)
    write(path, b"other\n")
    assert file.stat().st_size == 0
    copy = file.duplicate()
    copy.decode(wait=True)
    assert copy.pread(10, 0) == b"other\n"


def test_the_name_does_not_decide(tmp_path: Path, texts: Texts) -> None:
    (tmp_path / "plain.gz").write_bytes(b"plain text\n")
    assert ByteFile.open(tmp_path / "plain.gz").pread(5, 0) == b"plain"
    write(tmp_path / "app.log")
    assert opened(tmp_path / "app.log").pread(3, 0) == LINES[:3]


def test_a_file_at_rest_is_read(tmp_path: Path, texts: Texts) -> None:
    (tmp_path / "app.log").write_bytes(LINES)
    file = opened(compress(tmp_path / "app.log"))
    assert file.rest()
    assert file.pread(3, 0) == LINES[:3]


def test_many_threads_read_one_text(tmp_path: Path, texts: Texts) -> None:
    file = ByteFile.open(write(tmp_path / "app.log.gz"))
    found: list[bytes] = []

    def read(start: int) -> None:
        file.decode(wait=True)
        found.append(file.pread(1000, start))

    threads = [threading.Thread(target=read, args=(start,)) for start in range(0, 8000, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(LINES[start : start + 1000] for start in range(0, 8000, 1000))


@pytest.mark.parametrize("ending", [".gz", ".zst", ".lz4"])
def test_a_copy_with_another_middle_does_not_change_the_text(ending: str, tmp_path: Path, texts: Texts) -> None:
    path = write(tmp_path / f"app.log{ending}", ending=ending)
    forged = bytearray(path.read_bytes())
    forged[len(forged) // 2] ^= 1
    (tmp_path / "forged").write_bytes(forged)
    # The forged file is seen first.
    with contextlib.suppress(OSError):
        opened(tmp_path / "forged")
    assert opened(path).pread(len(LINES), 0) == LINES


def test_the_most_urgent_file_is_decoded_first(tmp_path: Path, texts: Texts, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def decode(pieces: Iterator[bytes]) -> Iterator[bytes]:
        for text in codecs.decode(pieces):
            begun.set()
            goes_on.wait()
            yield text

    monkeypatch.setattr("logviewer.files.texts.decode", decode)
    ended: list[str] = []

    def begin(name: str, size: int, urgency: Urgency) -> Future[Text]:
        decoding = ByteFile.open(write(tmp_path / name, os.urandom(size))).decode(urgency)
        assert decoding
        decoding.add_done_callback(lambda _: ended.append(name))
        return decoding

    running = [begin("large", 3_000_000, Urgency.BACKGROUND)]
    begun.wait()
    running += [
        begin("older", 900_000, Urgency.BACKGROUND),
        begin("small", 100_000, Urgency.BACKGROUND),
        begin("history", 200_000, Urgency.HISTORY),
        begin("shown", 900_000, Urgency.SHOWN),
        begin("small and shown", 100_000, Urgency.SHOWN),
    ]
    goes_on.set()
    for each in running:
        each.result()
    assert ended == ["small and shown", "shown", "history", "small", "large", "older"]


def test_a_client_that_goes_away_stops_no_decoding(tmp_path: Path, texts: Texts) -> None:
    async def leave(decoding: Future[Text]) -> None:
        asyncio.wrap_future(decoding).cancel()

    file = ByteFile.open(write(tmp_path / "app.log.gz"))
    decoding = file.decode()
    assert decoding
    asyncio.run(leave(decoding))
    decoding.result()
    assert opened(write(tmp_path / "next.gz")).pread(3, 0) == LINES[:3]


def test_a_text_is_forgotten_with_its_files(tmp_path: Path, texts: Texts) -> None:
    file = opened(write(tmp_path / "app.log.gz"))
    (kept,) = (tmp_path / "cache" / "texts").iterdir()
    text = texts.find(kept.name)
    assert text is not None
    known = ref(text)
    del text
    gc.collect()
    assert known() is not None
    file.close()
    del file
    gc.collect()
    assert known() is None


def test_a_frame_that_is_too_large_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "app.log.gz", b"x" * 1000)
    for _ in fresh(tmp_path / "cache", monkeypatch):
        opened(path).close()
    (kept,) = (tmp_path / "cache" / "texts").iterdir()
    frame = COMPRESSORS[".zst"](bytes(100_000_000))
    # One frame, with the index and the footer of the first file.
    kept.write_bytes(frame + array("Q", [len(frame)]).tobytes() + kept.read_bytes()[-21:])
    for _ in fresh(tmp_path / "cache", monkeypatch):
        file = opened(path)
        with pytest.raises(OSError, match="too large"):
            file.pread(1000, 0)


def test_files_that_wait_take_few_descriptors(tmp_path: Path, texts: Texts) -> None:
    ByteFile.open(bomb(tmp_path / "bomb")).decode()
    files = [ByteFile.open(write(tmp_path / f"{number}.gz", b"%d" % number)) for number in range(100)]
    before = sum(1 for _ in Path("/proc/self/fd").iterdir())
    for file in files:
        file.decode()
    assert sum(1 for _ in Path("/proc/self/fd").iterdir()) < before + 20
