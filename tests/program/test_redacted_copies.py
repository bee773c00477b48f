"""A copy of a redacted file is masked wherever it is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.compression import compress
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

KEY = "key-5ec2e7a1"
LINES = "".join(f"2026-11-27T10:00:00Z INFO {number} {KEY}\n" for number in range(100))


@pytest.fixture
def rules(logs: Path) -> Path:
    (logs / "shop").mkdir()
    (logs / "other").mkdir()
    rules = logs / "rule.toml"
    rules.write_text(f"[[redact]]\npattern = 'key-[0-9a-f]+'\nfiles = ['{logs}/shop/**']\n")
    return rules


def text(server: Server, name: str) -> str:
    return server.get("/api/download", source=server.source_id(name)).text


@pytest.mark.parametrize("lines", [1, 10, 100], ids="{} lines".format)
@pytest.mark.parametrize("is_rotated", [False, True], ids=["live", "rotated"])
def test_a_copy_that_is_there_at_the_start_is_masked(
    logs: Path, rules: Path, serve: Serve, lines: int, *, is_rotated: bool
) -> None:
    content = "".join(LINES.splitlines(keepends=True)[:lines])
    (logs / "shop" / "app.log").write_text(f"new {KEY}\n" if is_rotated else content)
    (logs / "shop" / "app.log.1").write_text(content if is_rotated else "old\n")
    (logs / "other" / "a-2026.txt").write_text(content)
    (logs / "other" / "unlike.txt").write_text("x" + LINES)
    server = serve("--config", rules, logs)
    assert text(server, "a-2026.txt") == content.replace(KEY, "***")
    assert KEY in text(server, "unlike.txt")


def test_a_copy_that_comes_later_is_masked(logs: Path, rules: Path, serve: Serve) -> None:
    (logs / "shop" / "app.log").touch()
    server = serve("--config", rules, logs)
    for number in range(3):
        log = logs / "shop" / "app.log"
        log.write_text(f"{number} {LINES}")
        shutil.copy(log, logs / "other" / f"backup{number}")
        log.rename(logs / "shop" / f"app.log.{3 - number}")
        assert text(server, f"backup{number}") == f"{number} {LINES}".replace(KEY, "***")


def test_the_compressed_copy_is_masked(logs: Path, rules: Path, serve: Serve) -> None:
    (logs / "shop" / "app.log").write_text(LINES)
    (logs / "other" / "backup").write_text(LINES)
    compress(logs / "other" / "backup")
    server = serve("--config", rules, logs)
    until(lambda: text(server, "backup.gz") == LINES.replace(KEY, "***"))


def test_a_file_that_is_written_like_a_copy_is_masked_from_the_first_line(
    logs: Path, rules: Path, serve: Serve
) -> None:
    (logs / "shop" / "app.log").write_text(LINES)
    copy = logs / "other" / "backup"
    copy.touch()
    server = serve("--config", rules, logs)
    with server.stream(source=server.source_id("backup")) as stream:
        stream.next()
        with copy.open("a") as file:
            for line in LINES.splitlines(keepends=True):
                file.write(line)
                file.flush()
        assert stream.lines(100) == LINES.replace(KEY, "***").splitlines()


def test_a_file_that_turns_out_to_be_another_one_is_not_masked(logs: Path, rules: Path, serve: Serve) -> None:
    (logs / "shop" / "app.log").write_text(LINES)
    other = logs / "other" / "other.log"
    other.touch()
    server = serve("--config", rules, logs)
    assert text(server, "other.log") == ""
    other.write_text(f"other {LINES}")
    until(lambda: text(server, "other.log") == f"other {LINES}")


def test_a_file_that_gets_a_hard_link_is_masked(logs: Path, rules: Path, serve: Serve) -> None:
    log = logs / "other" / "plain.log"
    log.write_text("short\n")
    (logs / "shop" / "app.log").write_text("unlike\n")
    server = serve("--config", rules, logs)
    assert text(server, "plain.log") == "short\n"
    (logs / "shop" / "later.log").hardlink_to(log)
    with log.open("a") as file:
        file.write(f"{KEY}\n")
    until(lambda: text(server, "plain.log") == "short\n***\n", what="the masks")
