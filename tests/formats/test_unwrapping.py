"""The text of a container's log: pieces are joined, and the file keeps its size."""

import json
from itertools import cycle
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from logviewer.formats import unwrapping
from logviewer.formats.envelope import Cri, Envelope, JsonFile, envelope_of, time_of
from logviewer.formats.unwrapping import WAIT_BYTES, Unwrapping, unwrap
from tests.helpers.containers import FORMS, Form, Written, file_bytes, file_lines, meant, pieces_of

ENVELOPE_OF: dict[Form, Envelope] = {"cri": Cri(), "json": JsonFile()}

forms = st.sampled_from(FORMS)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\0"), max_size=40)
pieces = st.builds(
    Written,
    st.sampled_from(["stdout", "stderr"]),
    texts | st.just('{"a": "b\\n"}'),
    st.sampled_from([True, True, False]),
)


def _texts(data: bytes) -> list[str]:
    return [line.lstrip(b"\0").decode() for line in data.split(b"\n")]


@given(forms, st.lists(pieces, max_size=30))
@example("cri", [Written("stdout", "a", whole=False), Written("stderr", "b"), Written("stdout", "c")])
def test_lines_are_joined_in_order_of_their_ends(form: Form, written: list[Written]) -> None:
    data = file_bytes(form, written)
    found = unwrap(ENVELOPE_OF[form], data, is_end=True)
    lines, rest = meant(written)
    assert len(found.data) == len(data)
    *whole, last = _texts(found.data)
    assert whole == [line.text for line in lines]
    assert last == "".join(line.text for line in rest)


@given(forms, st.lists(pieces, max_size=30), st.integers(0, 30))
def test_text_up_to_a_clean_offset_is_final(form: Form, written: list[Written], count: int) -> None:
    envelope = ENVELOPE_OF[form]
    whole = unwrap(envelope, file_bytes(form, written), is_end=True)
    part = unwrap(envelope, file_bytes(form, written[:count]))
    assert whole.data.startswith(part.data)
    assert len(part.data) == part.end
    assert part.origins.items() <= whole.origins.items()


@given(forms, st.lists(pieces, max_size=30), st.lists(st.integers(1, 200), min_size=1))
def test_text_is_the_same_in_whatever_parts_the_bytes_come(
    form: Form, written: list[Written], sizes: list[int]
) -> None:
    data, at = file_bytes(form, written), 0
    found = Unwrapping(ENVELOPE_OF[form], 0)
    for size in cycle(sizes):
        found.feed(data[at : at + size])
        at += size
        assert found.text() == unwrap(ENVELOPE_OF[form], data[:at])
        if at >= len(data):
            break
    assert found.text(is_end=True) == unwrap(ENVELOPE_OF[form], data, is_end=True)


@given(forms, st.lists(pieces, max_size=30))
def test_each_line_is_traced_to_its_first_piece(form: Form, written: list[Written]) -> None:
    envelope = ENVELOPE_OF[form]
    data = file_bytes(form, written)
    found = unwrap(envelope, data)
    lines, _ = meant(written)
    at = 0
    for line in lines:
        if at >= found.end:
            break
        origin = found.origins.get(at, at)
        piece = envelope.piece(data[origin : data.index(b"\n", origin)])
        assert piece is not None
        assert (piece.stamp.stream, time_of(piece.stamp)) == (line.stream, line.time)
        at = found.data.index(b"\n", at) + 1


@given(
    st.dictionaries(
        st.sampled_from(["log", "stream", "time", "attrs"]),
        st.recursive(
            st.none() | st.integers() | st.sampled_from(["a\n", "stdout", "\ud83d", "2026-11-05T08:12:27.1Z"]) | texts,
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
            max_leaves=4,
        ),
        max_size=4,
    ),
    st.integers(0, 100),
)
@example({"log": "a\n", "stream": "stdout", "time": "2026"}, 1)
def test_no_json_in_a_file_of_docker_is_an_error(value: dict[str, Any], cut: int) -> None:
    whole, line = file_lines("json", [Written("stdout", "one")])[0], json.dumps(value).encode()
    lines = [line, line[: len(line) - cut], whole.replace(b'"}', b""), b'{"a":' + b"[" * 5000]
    for each in lines:
        piece = JsonFile().piece(each)
        assert piece is None or time_of(piece.stamp) is None or time_of(piece.stamp)
        data = b"\n".join([whole, each, b""])
        unwrap(JsonFile(), data)
        JsonFile().blank(data)
        JsonFile().times(data, np.array([0, len(whole) + 1]))


@pytest.mark.parametrize("form", FORMS)
def test_a_line_of_many_pieces_is_one_line(form: Form) -> None:
    line = "".join(chr(ord("a") + number % 26) for number in range(100_000))
    written = [Written("stdout", "before"), *pieces_of(line), Written("stdout", "after")]
    found = unwrap(ENVELOPE_OF[form], file_bytes(form, written))
    assert _texts(found.data) == ["before", line, "after", ""]


@pytest.mark.parametrize("form", FORMS)
def test_a_piece_does_not_wait_for_ever(form: Form) -> None:
    others = [Written("stdout", "x" * 100) for _ in range(WAIT_BYTES // 100)]
    written = [Written("stderr", "half", whole=False), *others, Written("stderr", "rest")]
    found = unwrap(ENVELOPE_OF[form], file_bytes(form, written))
    lines = _texts(found.data)
    assert sorted({line for line in lines if not line.startswith("x")}) == ["", "half", "rest"]
    assert found.end == len(found.data)


def test_lines_without_an_envelope_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unwrapping, "MOST_BYTES", 200)
    first = b"\n".join(file_lines("cri", [Written("stdout", "one"), Written("stdout", "two", whole=False)]))
    long = b"long " * 100
    found = unwrap(Cri(), first + b"\nplain\n" + long + b"\n" + file_bytes("cri", [Written("stdout", "three")]))
    assert _texts(found.data) == ["one", "plain", "two", long.decode(), "three", ""]


_HOSTILE = [
    b'{"log":"a\\n","stream":"stdout","time":"T"}',
    b'{"log":"a\\n","stream":"stdout","time":"T"},{"log":"b\\n","stream":"stdout","time":"T"}',
    b'{"log":"a\\n"',
    b'"stream":"stdout","time":"T"}',
    b'{"log":"a\\n","attrs":[{}',
    b'{}],"stream":"stdout","time":"T"}',
    b' {"log":"a\\n","stream":"stdout","time":"T"}',
    b'{"log":"a\\n","stream":"stdout","time":"%b"}' % (b"1" * 100),
    b'{"log":"a\\n","stream":"stdout","time":1}',
    b'{"log":"a\\n","stream":"stdin","time":"T"}',
    b'{"log":"a\\n","stream":"stdout","time":"T","other":"T"}',
    b'a\\n","stream":"stdout,"time":"T',
    b'{"log":' * 20_000,
    b"{" + b"[" * 100_000,
    b"",
    b"2026-11-05T08:12:27.1Z stdout F a",
    b"2026-11-05T08:12:27.1Z stdout F:tag",
    b"2026-11-05T08:12:27.1Z stdout",
    b" F a",
]


@given(st.sampled_from([*ENVELOPE_OF.values()]), st.lists(st.sampled_from(_HOSTILE), min_size=1, max_size=6))
@example(JsonFile(), [_HOSTILE[1], _HOSTILE[2], _HOSTILE[3]])
def test_lines_together_are_read_as_each_of_them(envelope: Envelope, lines: list[bytes]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    together = envelope.blank(data)
    pieces = [envelope.piece(line) for line in lines]
    if together is not None:
        expected = [piece and piece.text for piece in pieces]
        assert [line.lstrip(b"\0") for line in together.split(b"\n")[:-1]] == expected
    starts = np.array([0, *(at + 1 for at, code in enumerate(data) if code == ord("\n"))][:-1])
    envelope.times(data, starts)


def test_half_a_line_at_the_end_of_a_file_is_text() -> None:
    data = file_bytes("cri", [Written("stdout", "one"), Written("stdout", "two and", whole=False)])
    data += file_lines("cri", [Written("stdout", " a half")], first=2)[0]
    assert unwrap(Cri(), data).end == len(file_bytes("cri", [Written("stdout", "one")]))
    assert _texts(unwrap(Cri(), data, is_end=True).data) == ["one", "two and a half"]


@pytest.mark.parametrize(
    ("line", "form"),
    [
        (b"2026-11-05T08:12:27.123456789Z stdout F text", Cri),
        (b"2026-11-05T08:12:27.123456789+01:00 stderr P text", Cri),
        (b"2026-11-05T08:12:27Z stdout F:tag text", Cri),
        (b"2026-11-05T08:12:27.1Z stdout F ", Cri),
        (b"2026-11-05T08:12:27.1Z stdout F", Cri),
        (b'{"log":"text\\n","stream":"stderr","time":"2026-11-05T08:12:27.1Z"}', JsonFile),
        (b'{"log":"text\\n","stream":"stdout","attrs":{"tag":"web"},"time":"2026-11-05T08:12:27.1Z"}', JsonFile),
        (b'{"log":"\\ud83d text\\n","stream":"stdout","time":"2026-11-05T08:12:27.1Z"}', JsonFile),
    ],
)
def test_a_file_has_the_envelope_of_its_first_line(line: bytes, form: type) -> None:
    assert isinstance(envelope_of(line), form)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"2026-11-05T08:12:27.1Z stdout text",
        b"2026-11-05 08:12:27.1 stdout F text",
        b"2026-11-05T08:12:27.1Z stdin F text",
        b" 2026-11-05T08:12:27.1Z stdout F text",
        b'{"log":"text","level":"info","time":"2026-11-05T08:12:27.1Z"}',
        b'{"log":"text","stream":"stdout","time":1793866347}',
        b'{"log":{"a":1},"stream":"stdout","time":"2026-11-05T08:12:27.1Z"}',
        b'{"log":"text\\n","stream":"stdout","time":"2026-11-05T08:12:27.1Z","host":"a"}',
        b'{"log":"text\\n","stream":"stdout","time":"' + b"2" * 100 + b'"}',
        b'{"stream":[]}',
        b'{"a":' + b"[" * 5000,
        b'["log","stream","time"]',
        b'{"log":' * 10_000,
    ],
)
def test_other_lines_have_no_envelope(line: bytes) -> None:
    assert envelope_of(line) is None
