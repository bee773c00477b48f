"""The text of a file is the same wherever a read begins, and grows with the file."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logviewer.files.byte_file import ByteFile
from logviewer.formats import unwrapping
from logviewer.formats.envelope import Cri, Envelope, JsonFile
from logviewer.formats.unwrapping import unwrap
from logviewer.rotation import file_text
from logviewer.rotation.file_text import FileText
from tests.helpers.containers import FORMS, Form, Written, file_bytes

WAIT, RUN, BORDER, MOST = 300, 1000, 4000, 400
ENVELOPE_OF: dict[Form, Envelope] = {"cri": Cri(), "json": JsonFile()}

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\0"), max_size=60)
streams = st.sampled_from(["stdout", "stderr"])
pieces = st.builds(Written, streams, texts, st.booleans())
whole_pieces = st.builds(Written, streams, texts)
never_whole = st.builds(Written, streams, texts, st.just(value=False))
strange = st.binary(max_size=3 * MOST).map(lambda data: data.replace(b"\n", b" "))
runs = st.one_of(
    st.lists(pieces, max_size=20), st.lists(whole_pieces, max_size=40), st.lists(never_whole, max_size=80), strange
)


def _written(form: Form, parts: list[list[Written] | bytes]) -> bytes:
    data = file_bytes(form, [Written("stdout", "first")])
    return data + b"".join(part + b"\n" if isinstance(part, bytes) else file_bytes(form, part) for part in parts)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WAIT_BYTES": WAIT, "RUN_BYTES": RUN, "BORDER_BYTES": BORDER, "MOST_BYTES": MOST}.items():
        monkeypatch.setattr(unwrapping, name, value)
    monkeypatch.setattr(unwrapping, "_PART_BYTES", 200)
    own = {"WAIT_BYTES": WAIT, "MOST_BYTES": MOST, "_LINE_BYTES": 50, "_NEAR_BYTES": 100}
    for name, value in {**own, "_TAIL_BYTES": 0, "_LONG_BYTES": 200}.items():
        monkeypatch.setattr(file_text, name, value)
    monkeypatch.setattr(file_text, "_WINDOWS", (WAIT + 100, MOST + WAIT, BORDER + RUN + WAIT + 2 * MOST))


@given(st.sampled_from(FORMS), st.lists(runs, max_size=8), st.booleans(), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_read_from_any_offset_is_that_part_of_the_text(
    tmp_path: Path, form: Form, parts: list[list[Written] | bytes], is_ended: bool, data: st.DataObject
) -> None:
    path = tmp_path / "0.log"
    path.write_bytes(_written(form, parts))
    envelope = ENVELOPE_OF[form]
    whole = unwrap(envelope, path.read_bytes(), is_end=True)
    file = ByteFile.open(path)
    text = whole.data if is_ended else whole.data[: whole.end]
    for _ in range(5):
        start, size = data.draw(st.integers(0, len(whole.data))), data.draw(st.integers(1, 3000))
        assert FileText(file, lambda: is_ended).pread(size, start) == text[start : start + size]
    reader = FileText(file, lambda: is_ended)
    for start in range(0, len(whole.data), 700):
        assert reader.pread(700, start) == text[start : start + 700]
    assert reader.size(len(whole.data)) == whole.end
    file.close()


@given(st.sampled_from(FORMS), st.lists(st.lists(pieces, max_size=20), max_size=4), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_line_has_its_stamp(
    tmp_path: Path, form: Form, parts: list[list[Written] | bytes], data: st.DataObject
) -> None:
    path = tmp_path / "0.log"
    raw = _written(form, parts)
    path.write_bytes(raw)
    envelope = ENVELOPE_OF[form]
    whole = unwrap(envelope, raw)
    starts = [0, *(at + 1 for at, code in enumerate(whole.data) if code == ord("\n"))][:-1]
    chosen = sorted(data.draw(st.sets(st.sampled_from(starts), max_size=10)))
    expected = []
    for start in chosen:
        origin = whole.origins.get(start, start)
        piece = envelope.piece(raw[origin : raw.index(b"\n", origin)])
        expected.append(piece and piece.stamp)
    file = ByteFile.open(path)
    assert FileText(file, lambda: False).stamps(chosen) == expected
    file.close()


@given(st.sampled_from(FORMS), st.lists(pieces, min_size=1, max_size=30), st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_that_was_there_stays_while_the_file_grows(
    tmp_path: Path, form: Form, written: list[Written], data: st.DataObject
) -> None:
    path = tmp_path / "0.log"
    raw = file_bytes(form, written)
    path.write_bytes(b"")
    file = ByteFile.open(path)
    text, seen, at = FileText(file, lambda: False), b"", 0
    while at < len(raw):
        more = data.draw(st.integers(1, 300))
        with path.open("ab") as log:
            log.write(raw[at : at + more])
        at = min(len(raw), at + more)
        if text.envelope:
            size = text.size(at)
            assert size >= len(seen)
            found = text.pread(size, 0)
            assert found.startswith(seen)
            seen = found[:size]
    envelope = ENVELOPE_OF[form]
    assert seen == unwrap(envelope, raw).data
    file.close()


@pytest.mark.parametrize("form", FORMS)
def test_the_only_line_of_a_file_needs_no_newline(tmp_path: Path, form: Form) -> None:
    path = tmp_path / "0.log"
    raw = file_bytes(form, [Written("stdout", "only")]).removesuffix(b"\n")
    path.write_bytes(raw)
    file = ByteFile.open(path)
    assert FileText(file, lambda: False).size(len(raw)) == 0
    assert FileText(file, lambda: True).pread(len(raw), 0).lstrip(b"\0") == b"only"
    file.close()


class CountingFile:
    """Counts the bytes that are read of a file in memory."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.bytes_read = 0

    def pread(self, size: int, offset: int) -> bytes:
        found = bytes(self.data[offset : offset + size])
        self.bytes_read += len(found)
        return found

    def next_data(self, offset: int) -> int:
        return offset


@pytest.mark.parametrize("form", FORMS)
def test_pieces_that_go_on_for_long_are_read_once(form: Form) -> None:
    file = CountingFile()
    endless = [Written(stream, "y" * 20, whole=False) for _ in range(12) for stream in ("stdout", "stderr")]
    file.data += file_bytes(form, [Written("stdout", "first"), *endless])
    text = FileText(file, lambda: False)
    size = text.size(len(file.data))
    assert size < len(file.data) - 500
    file.bytes_read = 0
    for number in range(10):
        file.data += file_bytes(form, [Written("stderr", "z", whole=False)], number)
        assert text.size(len(file.data)) == size
        assert text.pread(1000, size) == b""
    assert file.bytes_read < 2000


@pytest.mark.parametrize("is_ended", [False, True])
def test_half_an_envelope_is_not_text(tmp_path: Path, is_ended: bool) -> None:
    path = tmp_path / "0.log"
    path.write_bytes(b'{"log":"password=hunter2')
    file = ByteFile.open(path)
    text = FileText(file, lambda: is_ended)
    shown = text.pread(100, 0).lstrip(b"\0")
    assert (shown, text.size(24)) == ((b"password=hunter2", 0) if is_ended else (b"", 0))
    with path.open("ab") as log:
        log.write(b'\\n","stream":"stdout","time":"2026-11-05T08:12:27Z"}\n')
    assert text.pread(100, 0).lstrip(b"\0") == b"password=hunter2\n"
    file.close()
