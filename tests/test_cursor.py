"""The text form of a cursor: a round trip keeps it, and any other text is refused."""

import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from logviewer.cursor import HEAD_BYTES, Checkpoint, decode, digest, encode, file_key, no_file_yet, source_key, unknown
from logviewer.errors import CursorError

URL_SAFE = set(string.ascii_letters + string.digits + "-_")
MARK_CHARS = 48

checkpoints = st.builds(
    Checkpoint,
    source=st.binary(min_size=4, max_size=4),
    file=st.binary(min_size=6, max_size=6),
    offset=st.integers(0, 2**48 - 1),
    line=st.none() | st.integers(0, 2**48 - 2),
    head_length=st.integers(0, HEAD_BYTES),
    head_hash=st.binary(min_size=6, max_size=6),
    tail_hash=st.binary(min_size=6, max_size=6),
    exhausted=st.booleans(),
)
cursors = st.lists(checkpoints, min_size=1, max_size=20)


def text_of(each: list[Checkpoint]) -> str:
    return encode(checkpoint.text() for checkpoint in each)


def decoded(text: str) -> tuple[Checkpoint, ...] | None:
    """Return the checkpoints, or None for an invalid cursor; any other error fails the test."""
    try:
        return decode(text)
    except CursorError:
        return None


@given(cursors)
def test_checkpoints_survive_a_round_trip(each: list[Checkpoint]) -> None:
    assert decode(text_of(each)) == tuple(each)


@given(cursors)
def test_a_cursor_has_48_url_safe_characters_a_checkpoint(each: list[Checkpoint]) -> None:
    text = text_of(each)
    assert set(text) <= URL_SAFE
    assert len(text) == 1 + MARK_CHARS * len(each)


@given(checkpoints, st.sampled_from([no_file_yet, unknown]))
def test_checkpoints_without_a_file_survive_a_round_trip(checkpoint: Checkpoint, make: object) -> None:
    assert callable(make)
    special = make(checkpoint.source)
    assert decode(text_of([special])) == (special,)
    assert special.is_before_any_file == (make is no_file_yet)
    assert special.is_unknown == (make is unknown)


@given(st.text())
@example("")
@example("1")
@example("1" + "é" * MARK_CHARS)
@example("1" + "\0" * MARK_CHARS)
@example("1" + "\n" * MARK_CHARS)
def test_any_text_is_decoded_or_refused(text: str) -> None:
    decoded(text)


@given(st.text(string.ascii_letters + string.digits + "-_+/= ", min_size=MARK_CHARS, max_size=MARK_CHARS))
@example("A" * 47 + "=")
@example("A" * 46 + "==")
@example("=" * MARK_CHARS)
def test_any_text_of_a_cursors_length_is_decoded_or_refused(body: str) -> None:
    decoded("1" + body)


@given(st.text(string.ascii_letters + string.digits + "-_+/", min_size=MARK_CHARS, max_size=MARK_CHARS))
@example("+" * MARK_CHARS)
@example("/" + "A" * 47)
def test_a_position_has_only_one_text(body: str) -> None:
    text = "1" + body
    found = decoded(text)
    assert found is None or text_of(list(found)) == text


@given(cursors, st.data())
def test_a_cursor_cut_short_is_refused(each: list[Checkpoint], data: st.DataObject) -> None:
    text = text_of(each)
    short = text[: data.draw(st.integers(0, len(text) - 1))]
    whole_marks = len(short) > 1 and (len(short) - 1) % MARK_CHARS == 0
    assert decoded(short) == (tuple(each[: len(short) // MARK_CHARS]) if whole_marks else None)


@given(cursors, st.characters())
def test_another_version_is_refused(each: list[Checkpoint], version: str) -> None:
    assume(version != "1")
    with pytest.raises(CursorError):
        decode(version + text_of(each)[1:])


@given(cursors, st.data(), st.characters())
def test_a_flipped_character_is_refused_or_another_position(
    each: list[Checkpoint], data: st.DataObject, character: str
) -> None:
    text = text_of(each)
    at = data.draw(st.integers(0, len(text) - 1))
    assume(text[at] != character)
    assert decoded(text[:at] + character + text[at + 1 :]) != tuple(each)


def test_an_impossible_head_length_is_refused() -> None:
    checkpoint = Checkpoint(bytes(4), bytes(6), 0, 0, HEAD_BYTES + 1, bytes(6), bytes(6))
    with pytest.raises(CursorError):
        decode(text_of([checkpoint]))


def test_too_many_checkpoints_are_refused() -> None:
    with pytest.raises(CursorError):
        decode(text_of([no_file_yet(bytes(4))] * 4097))


@given(st.binary(), st.binary())
def test_digests_differ_where_bytes_do(one: bytes, other: bytes) -> None:
    assert (digest(one) == digest(other)) == (one == other)


def test_a_file_is_named_by_device_and_inode() -> None:
    assert len({file_key(1, 23), file_key(12, 3), file_key(1, 2), file_key(2, 1)}) == 4


def test_a_source_is_named_by_its_id() -> None:
    assert source_key("app") == source_key("app") != source_key("app2")
