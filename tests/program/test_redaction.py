"""Redacted text is in no response, and no query can match it."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.files.lines import LINE_CAP
from logviewer.formats.hidden_text import MAY_HIDE
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

HIDDEN = "5ec2e7a1"
TEXT = f"key-{HIDDEN}"
# The page or a terminal shows the text.
DISGUISED = [
    f"\x1b[36mkey-\x1b[0m{HIDDEN}",
    f"{TEXT[:7]}\u200b{TEXT[7:]}",
    f"key\x1b[\x07-\x1b]0;\x1b[1m{HIDDEN}",
    "".join(f"{each}\b{each}" for each in TEXT),
    f"{TEXT[:7]}\ufffd{TEXT[7:]}",
    f"{TEXT[2:]}\r{TEXT[:2]}",
]
CONFIG = """
[[redact]]
pattern = 'key-[0-9a-f]{8}'
[[redact]]
pattern = 'pass=\\w+$'
mask = '<gone>'
files = ["app.log", "u16.log"]
"""
LINES = [
    f"2026-11-21T10:{number // 60:02}:{number % 60:02}Z {level} {number} {what}"
    for number in range(400)
    for level in (("INFO", "WARN", "ERROR")[number % 3],)
    for what in (
        (
            TEXT,
            "nothing",
            f"{TEXT}{TEXT} é",
            "pass=ERROR",
            f"key-{HIDDEN.upper()}",
            "key-",
            f"x\tpass={HIDDEN}",
            f"{DISGUISED[0]} {DISGUISED[1]}",
            f"{DISGUISED[2]} or {DISGUISED[3]} or {DISGUISED[4]}",
        )[number % 9],
    )
] + [f"pass={HIDDEN}", "  at some.place(key)", f"XX{DISGUISED[5]}"]
LONG = "x" * (LINE_CAP - 6) + f"{TEXT} {'y' * LINE_CAP} {TEXT} z"
NAMES = ["app.log", "crlf.log", "u16.log", "long.log", "rest.log"]


SHOWN_KEY = "|".join([*map(re.escape, DISGUISED[1:]), "key-(\x1b\\[0m)?[0-9a-f]{8}"])


def masked(text: str) -> str:
    return re.sub("(?m)pass=\\w+$", "<gone>", re.sub(SHOWN_KEY, "***", text))


def write(directory: Path, mask: Callable[[str], str]) -> None:
    text = mask("".join(f"{line}\n" for line in LINES))
    plain = re.sub(SHOWN_KEY, "***", text) if mask is masked else text
    only_keys = [line for line in plain.removesuffix("\n").split("\n") if "pass=" not in line and "<gone>" not in line]
    (directory / "app.log.1").write_text(text)
    (directory / "app.log").write_text(text)
    (directory / "crlf.log").write_text("".join(f"{line}\r\n" for line in only_keys), newline="")
    (directory / "u16.log").write_bytes(b"\xff\xfe" + text.encode("utf-16-le"))
    (directory / "long.log").write_text(f"{mask(LONG)}\n{mask(TEXT)}\n")
    (directory / "rest.log").write_text(mask(f"one\nlast {TEXT}"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("redacted")
    write(directory, str)
    config = directory / "logviewer.toml"
    config.write_text(CONFIG)
    with Server("--config", config, *(directory / name for name in NAMES)) as running:
        yield running


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose files have the masks in place of the secrets."""
    directory = tmp_path_factory.mktemp("masked")
    write(directory, masked)
    with Server(*(directory / name for name in NAMES)) as running:
        yield running


PIECES = [TEXT[start:end] for start in range(len(TEXT)) for end in range(start + 2, len(TEXT) + 1)]
TEXTS = st.sampled_from([*PIECES, "ERROR", "nothing", "***", "<gone>", "7", "é", "key", HIDDEN.upper()])
REGEXES = st.sampled_from(
    ["key-.", "[0-9a-f]{8}", f"key-{HIDDEN[:4]}|nothing", ".*", r"\*{3}", "pass", "(?i)5EC2", "^$", "[^*]$", "gone>$"]
)
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "level": st.sampled_from(["error", "info", "none"]),
        "records": st.just("true"),
        "context": st.sampled_from([1, 3]),
        "since": st.just("2026-11-21T10:03:00Z"),
        "case": st.sampled_from(["sensitive", "insensitive"]),
    },
).flatmap(
    lambda rest: st.one_of(
        st.just(rest),
        TEXTS.map(lambda text: {**rest, "q": text}),
        TEXTS.map(lambda text: {**rest, "not": text}),
        REGEXES.map(lambda text: {**rest, "q": text, "regex": "true"}),
    )
)
SOURCES = st.sampled_from([*([each] for each in NAMES), ["app.log", "crlf.log"]])
few = settings(
    max_examples=40,
)


def answers(server: Server, source: list[str], query: dict[str, Any]) -> Iterator[str]:
    """Yield the response of every route."""
    history = {"from": "start", "follow": "false", **query}
    yield server.get("/api/lines", source=source, start=0, count=5000, spans="true", **query).text
    yield server.get("/api/lines", source=source, start=-50, **query).text
    yield server.get("/api/stream", source=source, **history, levels="true").text
    yield server.get("/api/stream", source=source, **history, format="text").text
    yield server.get("/api/stream", source=source, **history, format="text", raw="true").text
    yield server.get("/api/download", source=source, **query).text
    yield server.get("/api/histogram", source=source, **query).text
    yield server.client.get("/", params={"source": source, **query}, headers={"Accept": "text/plain"}).text
    if query.keys() & {"q", "not", "level", "since"}:
        yield server.get("/api/search", source=source, **query).text


@few
@given(source=SOURCES, query=QUERIES)
def test_no_response_has_redacted_text(server: Server, source: list[str], query: dict[str, Any]) -> None:
    for answer in answers(server, source, query):
        # Only one rule applies to all files, and it is case-sensitive.
        assert TEXT not in answer
        if not {"crlf.log", "long.log"} & set(source):
            assert f"pass={HIDDEN}" not in answer
        assert '"detail"' not in answer


# A long line is cut after its first MiB in the file, masked or not.
@few
@given(source=SOURCES.filter(lambda source: source != ["long.log"]), query=QUERIES)
def test_responses_are_those_of_a_masked_file(
    server: Server, twin: Server, source: list[str], query: dict[str, Any]
) -> None:
    one, other = (complete(each, source, query) for each in (server, twin))
    assert one == other


def complete(server: Server, source: list[str], query: dict[str, Any]) -> Any:
    """Return lines, counts, highlights and times, without fields that depend on the bytes."""
    lines: Any = until(lambda: found if (found := lines_of(server, source, query))["complete"] else None)
    search = server.get("/api/search", source=source, **query).text
    matches = sorted(
        (each["n"], each["text"], tuple(map(tuple, each["spans"])))
        for part in re.findall("^event: match\ndata: (.*)$", search, re.MULTILINE)
        for each in orjson.loads(part)["matches"]
    )
    chart = server.get("/api/histogram", source=source, **query).json()
    rows = [{name: row.get(name) for name in ("n", "text", "level", "time", "spans")} for row in lines["lines"]]
    return lines["total"], rows, matches, chart


def lines_of(server: Server, source: list[str], query: dict[str, Any]) -> Any:
    return server.get("/api/lines", source=source, start=0, count=5000, spans="true", **query).json()


def test_a_long_line_is_redacted_across_its_cut(server: Server) -> None:
    row = server.get("/api/lines", source="long.log", start=0).json()["lines"][0]
    assert row["text"] == "x" * (LINE_CAP - 6) + "***"
    assert server.get("/api/line", source="long.log", at=row["at"]).text == masked(LONG)
    with server.stream(source="long.log", from_="start") as stream:
        assert stream.next("lines").data["lines"] == [row["text"]]


def test_a_line_in_chunks_ends_with_a_whole_mask(logs: Path, serve: Serve) -> None:
    (logs / "rule.toml").write_text(CONFIG)
    (logs / "a.log").write_text("x" * (4 * LINE_CAP - 6) + TEXT + "y" * LINE_CAP + "\n")
    server = serve("--config", logs / "rule.toml", logs / "a.log")
    at = server.get("/api/lines", source="a.log", start=0).json()["lines"][0]["at"]
    assert server.get("/api/line", source="a.log", at=at).text == "x" * (4 * LINE_CAP - 6) + "***"


def test_a_utf_16_line_is_redacted(server: Server) -> None:
    row = server.get("/api/lines", source="u16.log", start=0).json()["lines"][0]
    assert server.get("/api/line", source="u16.log", at=row["at"]).text == masked(LINES[0])


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-5"}, {"Range": "bytes=100000000-"}], ids=str)
def test_a_download_is_redacted_text_without_ranges(headers: dict[str, str], server: Server) -> None:
    response = server.client.get("/api/download?source=app.log", headers=headers)
    assert (response.status_code, response.text) == (200, masked("".join(f"{line}\n" for line in LINES)))
    assert "accept-ranges" not in response.headers
    assert response.headers["content-disposition"].startswith("attachment;")
    assert server.client.head("/api/download?source=app.log").status_code == 200


def test_live_lines_are_redacted(logs: Path, serve: Serve) -> None:
    (logs / "rule.toml").write_text(CONFIG)
    log = logs / "app.log"
    log.touch()
    server = serve("--config", logs / "rule.toml", logs / "*.log")
    with server.stream(source="app.log", q="***") as found, server.stream(source="app.log", q=HIDDEN) as other:
        other.next()
        found.next()
        log.write_text(f"{TEXT}\n{HIDDEN}\n")
        assert found.lines(1) == ["***"]
        assert other.lines(1) == [HIDDEN]
        (logs / "later.log").write_text(f"{TEXT}\n")
        server.source_id("later.log")
        assert server.get("/api/download", source="later.log").text == "***\n"


def test_a_live_line_is_searched_beyond_its_cut(logs: Path, serve: Serve) -> None:
    (logs / "rule.toml").write_text(CONFIG)
    log = logs / "app.log"
    log.touch()
    server = serve("--config", logs / "rule.toml", log)
    with server.stream(source="app.log", q=TEXT[:6]) as none, server.stream(source="app.log", q=" z") as found:
        none.next()
        found.next()
        log.write_text(f"{LONG}\n{TEXT[:6]}\n")
        assert found.next("lines").data["lines"] == ["x" * (LINE_CAP - 6) + "***"]
        assert none.lines(1) == [TEXT[:6]]


def test_standard_input_is_redacted(logs: Path, serve: Serve) -> None:
    (logs / "rule.toml").write_text(CONFIG)
    (logs / "input").write_text(f"{TEXT}\n")
    with (logs / "input").open() as file:
        server = serve("--config", logs / "rule.toml", "-", stdin=file.fileno())
    until(lambda: server.get("/api/download", source="stdin").text == "***\n")


def test_copies_of_a_redacted_file_are_redacted(logs: Path, serve: Serve) -> None:
    (logs / "rule.toml").write_text(f"[[redact]]\npattern = 'key-[0-9a-f]+'\nfiles = ['app.log', '{logs}/x/secret']\n")
    names = ["app.log.1", "app.log-20261101", "app.log.bak", "app.log.save", "app.log.1.tmp", "linked"]
    for name in names:
        (logs / name).write_text(f"{name} {TEXT}\n")
    (logs / "x").mkdir()
    (logs / "x" / "secret").hardlink_to(logs / "linked")
    (logs / "other").write_text(f"{TEXT}\n")
    server = serve("--config", logs / "rule.toml", *(logs / name for name in names), logs / "other")
    for name in names:
        assert server.get("/api/download", source=name).text == f"{name} ***\n"
    assert server.get("/api/download", source="other").text == f"{TEXT}\n"
    (logs / "app.log").write_text(f"{TEXT}\n")
    assert server.get("/api/lines", source="app.log.1", start=0).json()["lines"][0]["text"] == "app.log.1 ***"


COPIES = [
    *("old-app.log", "copy of app.log", "app (copy).log", "app_backup.log", "#app.log#", "APP.LOG", "app.log~"),
    *(".app.log.swp", "app-2026.log.bak", "App", "app - Copy (2).log", "app.log_old", "app.1.log", "myapp.txt"),
]


def test_files_whose_names_may_be_those_of_copies_are_redacted(logs: Path, serve: Serve) -> None:
    (logs / "rule.toml").write_text("[[redact]]\npattern = 'key-[0-9a-f]+'\nfiles = ['app.log', '*.audit']\n")
    names = [*COPIES, "x.audit.save", "Copy of y.AUDIT"]
    for name in [*names, "other.log"]:
        (logs / name).write_text(f"{name} {TEXT}\n")
    server = serve("--config", logs / "rule.toml", *(logs / name for name in [*names, "other.log"]))
    sources = server.get("/api/sources").json()
    assert {each["name"] for each in sources} == {*names, "other.log"}
    for each in sources:
        text = server.get("/api/download", source=each["id"]).text
        assert text == f"{each['name']} {TEXT if each['name'] == 'other.log' else '***'}\n"


UNSEEN = [chr(code) for code in range(0x110000) if re.fullmatch(MAY_HIDE, chr(code)) and chr(code) not in "\n\t"]


def test_unseen_characters_in_a_secret_are_in_no_response(logs: Path, serve: Serve) -> None:
    random = Random(13)
    lines = []
    for number in range(1000):
        unseen = random.choices(UNSEEN, k=2 * len(TEXT))
        hidden = [each if random.random() < 0.4 else "" for each in unseen]
        secret = "".join(f"{character}{one}" for character, one in zip(TEXT, hidden, strict=False))
        lines.append(f"ERROR {number} {secret} word")
    (logs / "app.log").write_text("".join(f"{line}\n" for line in lines), newline="")
    (logs / "u16.log").write_bytes("".join(f"{line}\n" for line in ["\ufeff", *lines]).encode("utf-16-le"))
    (logs / "rule.toml").write_text("[[redact]]\npattern = 'key-[0-9a-f]{8}'\n")
    server = serve("--config", logs / "rule.toml", logs / "app.log", logs / "u16.log")
    pattern = re.compile("[-5ec2a1]*".join(TEXT))
    for query in ({}, {"q": "ERROR"}, {"q": "e", "context": 2}, {"level": "error"}, {"q": "[a-f0-9]", "regex": "true"}):
        for name in ("app.log", "u16.log"):
            for answer in answers(server, [name], dict(query)):
                # Escaped, and in JSON.
                plain = re.sub(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|[rfb])|[^\x21-\x7e]", "", answer)
                assert not pattern.search(plain)
                assert HIDDEN not in plain


def test_files_without_a_redaction_rule_are_named_at_the_start(logs: Path, serve: Serve) -> None:
    (logs / "rule.toml").write_text("[[redact]]\npattern = 'x'\nfiles = 'app.log'\n")
    for name in ["app.log", "app.log.1", *(f"other{number}.log" for number in range(7))]:
        (logs / name).write_text(f"line of {name}\n")
    server = serve("--config", logs / "rule.toml", logs)
    assert server.process.stderr
    names = ", ".join(f"other{number}.log" for number in range(5))
    warning = f"logviewer: no [[redact]] rule matches {names} and 3 more: their lines are not masked\n"
    assert server.process.stderr.readline() == warning
