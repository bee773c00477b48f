"""``logviewer explain`` prints the time and level of lines, and the rules that found them."""

import os
import subprocess
import sys
from pathlib import Path

from tests.helpers.containers import Written, file_bytes, pieces_of

LINES = """\
02/11/2026 10:00:00 INFO started
  at a place
{"ts":"2026-11-21T01:02:03Z","level":"error","msg":"x"}
13/11/2026 10:00:00 nothing
odd S1
"""


def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "logviewer", "explain", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TZ": "UTC"},
    )


def test_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text(LINES)
    config = tmp_path / "config.toml"
    config.write_text("[[logs]]\nfiles = 'app.log'\npattern = '^odd (?P<level>S1)'\nlevels = { S1 = 'fatal' }\n")
    printed = run("--config", str(config), str(tmp_path / "app.log")).stdout
    assert "dates: day first" in printed
    assert "time    2026-11-02T10:00:00.000Z, from the text '02/11/2026 10:00:00'" in printed
    assert "level   info, from the word 'INFO' after the time" in printed
    assert "record  lines 1 to 2" in printed
    assert 'level   error, from the field "level"' in printed
    assert "fields  ts, level, msg" in printed
    assert "level   fatal, from the word 'S1', by a pattern of [[logs]]" in printed


def test_standard_input_is_explained_up_to_a_number_of_lines() -> None:
    printed = run("--lines", "1", text=LINES).stdout
    assert "1 | 02/11/2026" in printed
    assert "2 | " not in printed


def test_lines_of_a_container_are_explained_without_their_envelopes(tmp_path: Path) -> None:
    written = [Written("stdout", "INFO 2001-01-01 00:00:00 started"), *pieces_of("E" * 20_000, "stderr")]
    (tmp_path / "0.log").write_bytes(file_bytes("cri", written))
    for printed in (run(str(tmp_path / "0.log")).stdout, run(text=file_bytes("json", written).decode()).stdout):
        assert "1 | INFO 2001-01-01 00:00:00 started" in printed
        assert "2 | EEEE" in printed
        assert printed.count("from the envelope of the container runtime") == 2
        assert "stream  stdout" in printed
        assert "stream  stderr" in printed


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    failed = run(str(tmp_path / "none.log"))
    assert failed.returncode == 1
    assert "cannot read" in failed.stderr


def test_bytes_of_any_encoding_on_standard_input_are_lines() -> None:
    data = "2026-11-21 01:02:03 ERROR caf\u00e9 \u2028 more\n".encode("utf-16") + "x\n".encode("utf-16-le")
    for text in (b"2026-11-21 01:02:03 ERROR caf\xe9 \x85\x0b more\nx\n", data):
        printed = subprocess.run(
            [sys.executable, "-m", "logviewer", "explain", "-"],
            input=text,
            capture_output=True,
            check=True,
            env={**os.environ, "TZ": "UTC", "PYTHONIOENCODING": "utf-8:strict"},
        ).stdout.decode()
        assert "1 | 2026-11-21" in printed
        assert "level   error" in printed
        assert "2 | x\n" in printed
        assert "3 | " not in printed


def test_lines_far_in_a_file_have_their_own_numbers(tmp_path: Path) -> None:
    lines = [f"2026-11-21 01:02:03 INFO {number} {'x' * 500}\n" for number in range(1, 401)]
    (tmp_path / "app.log").write_text("".join(lines))
    printed = run("--lines", "200", str(tmp_path / "app.log")).stdout
    assert "200 | 2026-11-21 01:02:03 INFO 200 " in printed


def test_an_order_of_the_configuration_is_printed(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("05/11/2026 08:12:27 x\n11/05/2026 08:12:27 x\n")
    config = tmp_path / "config.toml"
    config.write_text("[[logs]]\nfiles = 'app.log'\ndate-order = 'dmy'\n")
    printed = run("--config", str(config), str(tmp_path / "app.log")).stdout
    assert "dates: day first" in printed
    assert "2026-11-05T08:12:27" in printed
