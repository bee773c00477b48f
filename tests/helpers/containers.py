"""Logs of containers, as their runtimes write them, and the lines that they mean."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

PIECE_BYTES = 16 * 1024
FIRST_MS = 1_793_866_347_000
"""The time of the first piece; each piece is written a millisecond later."""

Form = Literal["cri", "json"]
FORMS: tuple[Form, ...] = ("cri", "json")


@dataclass(frozen=True)
class Written:
    """A piece of a line that a container wrote to a stream; without ``whole``, the line goes on."""

    stream: str
    text: str
    whole: bool = True


@dataclass(frozen=True)
class Line:
    """A line of a container: its text, its stream, and the time of its first piece in epoch milliseconds."""

    text: str
    stream: str
    time: int


def pieces_of(line: str, stream: str = "stdout") -> list[Written]:
    """Return a line as a runtime cuts it."""
    cuts = range(0, max(1, len(line)), PIECE_BYTES)
    return [Written(stream, line[at : at + PIECE_BYTES], whole=at == cuts[-1]) for at in cuts]


def file_lines(form: Form, pieces: Sequence[Written], first: int = 0) -> list[bytes]:
    """Return the lines of a file with these pieces, the first of which has this number."""
    return [(_cri if form == "cri" else _json)(piece, number) for number, piece in enumerate(pieces, first)]


def file_bytes(form: Form, pieces: Sequence[Written], first: int = 0) -> bytes:
    """Return the lines of a file, each with its newline."""
    return b"".join(line + b"\n" for line in file_lines(form, pieces, first))


def meant(pieces: Sequence[Written], first: int = 0) -> tuple[list[Line], list[Line]]:
    """Return the whole lines in order of their ends, and then lines that go on."""
    found, open_lines = list[Line](), dict[str, Line]()
    for number, piece in enumerate(pieces, first):
        before = open_lines.pop(piece.stream, Line("", piece.stream, FIRST_MS + number))
        line = Line(before.text + piece.text, piece.stream, before.time)
        if piece.whole:
            found.append(line)
        else:
            open_lines[piece.stream] = line
    return found, list(open_lines.values())


def _stamp(number: int) -> str:
    """Return a time as Go writes it: without zeros at its end."""
    moment = datetime.fromtimestamp(FIRST_MS / 1000, UTC).replace(microsecond=0)
    seconds, millis = divmod(number, 1000)
    moment = datetime.fromtimestamp(moment.timestamp() + seconds, UTC)
    fraction = f"{millis:03}{number * 7919 % 1_000_000:06}".rstrip("0")
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if fraction else ''}{fraction}Z"


def _cri(piece: Written, number: int) -> bytes:
    return f"{_stamp(number)} {piece.stream} {'F' if piece.whole else 'P'} {piece.text}".encode()


def _json(piece: Written, number: int) -> bytes:
    log = piece.text + ("\n" if piece.whole else "")
    value = {"log": log, "stream": piece.stream, "time": _stamp(number)}
    # Go's encoder spells out these three.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026").encode()
