"""Encoded events, decoded as the standard defines."""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files.byte_file import ByteFile
from logviewer.files.encoding import UTF8, to_text
from logviewer.formats.line_format import PLAIN
from logviewer.rotation.generation import Generation
from logviewer.showable import visible
from logviewer.sources.local import LocalSource
from logviewer.web.encode import EventEncoder, TextEncoder, event, with_id

# Any text of a line: decoding bytes never makes a surrogate.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(
    ["\r\n\r\n", "data: x", "id: 0\n\n", "event: end\n", "\0", "\ufeff", "\u2028\u2029\x85", ": ping"]
)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["lines", "gap", "source", "match", "end"]), st.lists(TEXT, max_size=4), st.booleans()),
    max_size=8,
)


@dataclass
class Standard:
    """A decoder by https://html.spec.whatwg.org/multipage/server-sent-events.html."""

    last_id: str = ""
    events: list[tuple[str, str, str]] = field(default_factory=list)
    _name: str = ""
    _data: list[str] = field(default_factory=list)

    def read(self, stream: bytes) -> None:
        """Decode an ended stream; text after the last blank line is not an event."""
        text = stream.decode().removeprefix("\ufeff")
        for line in re.split("\r\n|\n|\r", text)[:-1]:
            if line == "":
                self._dispatch()
            elif not line.startswith(":"):
                name, _, value = line.partition(":")
                self._take(name, value.removeprefix(" "))

    def _take(self, name: str, value: str) -> None:
        if name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self.last_id = value

    def _dispatch(self) -> None:
        if self._data:
            self.events.append((self._name or "message", "\n".join(self._data), self.last_id))
        self._name, self._data = "", []


@given(events=EVENTS)
def test_no_text_begins_or_ends_an_event(events: list[tuple[str, list[str], bool]]) -> None:
    stream, expected = b"retry: 1000\n\n", []
    last_id = ""
    for number, (name, lines, has_id) in enumerate(events):
        data: dict[str, Any] = {"source": "a", "lines": lines}
        body = event(name, data)
        last_id = str(number) if has_id else last_id
        stream += with_id(body, str(number)) if has_id else body + b"\n"
        stream += b": ping\n\n"
        expected.append((name, data, last_id))
    reader = Standard()
    reader.read(stream)
    assert [(name, orjson.loads(data), last) for name, data, last in reader.events] == expected


# Marks, quotes, controls, direction marks, invalid and cut UTF-8, and lines that end with carriage returns.
PIECES = [b"a", b" ", b"\n", b"\r\n", b"\r", b"\t", b'"', b"\\", b"\\n", b"\x7f", b"\x1b[0m", "\u00e9".encode()]
PIECES += ["\U0001f600".encode(), "\u202e".encode(), "\u0085".encode(), "\u2026".encode(), b"\xff", b"\xe2\x82"]


# Short blocks, and long ones with few or many characters that are not ASCII, are encoded in different ways.
BEFORE = [b"", b"a" * 9000, "\u00e9".encode() * 5000]


@given(data=st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join), before=st.sampled_from(BEFORE))
def test_blocks_are_encoded_as_their_lines(tmp_path: Path, data: bytes, before: bytes) -> None:
    data = before + data
    path = tmp_path / "app.log"
    path.write_bytes(data + b"\n")
    source = LocalSource("app", path, name="app.log", line_format=PLAIN)
    generation = Generation(ByteFile.open(path), source.key, PLAIN)
    batch = generation.read(generation.first())
    assert batch
    assert batch.block() is not None
    texts = [to_text(line, UTF8) for line in data.split(b"\n")]
    for each in (batch, replace(batch, lines=list(batch.lines))):
        encoded = EventEncoder()(source, [each], alone=False).data.decode()
        assert json.loads(encoded.partition("data: ")[2])["lines"] == texts
        assert visible(encoded) == encoded
        text = "".join(f"{text}\n" for text in texts)
        assert TextEncoder(raw=True)(source, [each], alone=False).data == text.encode()
        assert TextEncoder()(source, [each], alone=False).data == visible(text).encode()
