"""Commands and the journal as sources: their output is kept, followed, and resumed without a loss."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.journal import Journal
from tests.helpers.programs import require
from tests.helpers.server import Server, until

Serve = Callable[..., Server]


@pytest.fixture
def state(tmp_path: Path) -> dict[str, str]:
    """The environment of servers with one state directory."""
    return {"STATE_DIRECTORY": str(tmp_path / "state")}


def source(server: Server, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in server.get("/api/sources").json() if each["name"] == name)
    return found


def lines(server: Server, name: str) -> list[str]:
    text = server.get("/api/stream", source=name, from_="start", follow="false", format="text").text
    return text.splitlines()


def has_one(server: Server) -> bool:
    return lines(server, "once") == ["one"]


def has_ended(pid: str) -> bool:
    try:
        return "Z (" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


def script(tmp_path: Path, text: str, name: str = "command") -> Path:
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_output_is_followed(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    command = script(tmp_path, "echo one; echo two >&2; exec sleep 1000")
    server = serve("--command", f"ticks={command}", env=state)
    with server.stream(source="ticks", from_="start") as stream:
        received: list[str] = []
        while len(received) < 2:
            received += stream.next("lines").data["lines"]
    assert received == ["one", "two"]
    assert source(server, "ticks")["state"] == "open"


def test_each_line_has_its_stream_and_its_own_time(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    command = script(
        tmp_path,
        "printf '2026-11-05T08:12:27Z INFO ha'; echo trouble >&2; sleep 0.2; echo lf; "
        "head -c 600000 /dev/zero | tr '\\0' x; echo; printf 'the end' >&2; exec sleep 1000",
    )
    server = serve("--command", f"both={command}", env=state)

    def rows() -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] = server.get("/api/lines", source="both", start=0, count=10).json()["lines"]
        return found if len(found) == 3 else None

    trouble, half, long = until(rows)
    assert (trouble["text"], trouble["stream"]) == ("trouble", "stderr")
    assert (half["text"], half["stream"], half["level"]) == ("2026-11-05T08:12:27Z INFO half", "stdout", "info")
    assert half["time"] == 1793866347000
    assert (long["text"], long["stream"]) == ("x" * 600_000, "stdout")


def test_words_are_not_for_a_shell(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    command = script(tmp_path, 'printf "%s\\n" "$@"; exec sleep 1000')
    server = serve("--command", f"words={command} 'two words' '$HOME' ';' '*'", env=state)
    until(lambda: lines(server, "words") == ["two words", "$HOME", ";", "*"])


def test_a_command_in_the_configuration_runs(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    command = script(tmp_path, 'echo "$1"; exec sleep 1000')
    config = tmp_path / "logviewer.toml"
    config.write_text(f'[[sources]]\nname = "deploy"\ncommand = ["{command}", "a b"]\n')
    server = serve("--config", config, env=state)
    until(lambda: lines(server, "deploy") == ["a b"])


def test_a_command_that_ends_is_started_again(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    command = script(tmp_path, "echo one; printf half; exit 3")
    server = serve("--command", f"ends={command}", env=state)
    until(lambda: "status 3" in (source(server, "ends")["reason"] or ""))
    assert source(server, "ends")["state"] == "unreadable"
    # A line without its end is not joined with the first line of the next run.
    until(lambda: lines(server, "ends")[:4] == ["one", "half", "one", "half"])


def test_a_command_that_does_not_exist_is_said(serve: Serve, state: dict[str, str]) -> None:
    server = serve("--command", "gone=/nonexistent/program -x", env=state)
    until(lambda: "cannot start /nonexistent/program" in (source(server, "gone")["reason"] or ""))


def test_a_command_and_its_children_end_with_the_server(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    pids = tmp_path / "pids"
    command = script(tmp_path, f"sleep 1000 & echo $! $$ > {pids}; trap '' TERM; echo ready; wait; sleep 1000")
    server = serve("--command", f"stays={command}", env=state)
    until(lambda: lines(server, "stays") == ["ready"])
    server.stop_in_time()
    for pid in pids.read_text().split():
        until(partial(has_ended, pid))


def test_output_survives_the_server(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    command = script(tmp_path, f"echo run >> {tmp_path}/runs; echo run $(wc -l < {tmp_path}/runs); exec sleep 1000")
    server = serve("--command", f"runs={command}", env=state)
    until(lambda: lines(server, "runs") == ["run 1"])
    with server.stream(source="runs", from_="start") as stream:
        last = stream.next("lines").id
    server.process.send_signal(signal.SIGKILL)
    server.wait()
    server = serve("--command", f"runs={command}", env=state)
    until(lambda: lines(server, "runs") == ["run 1", "run 2"])
    with server.stream(source="runs", last_event_id=last) as stream:
        assert stream.lines(1) == ["run 2"]


def test_half_a_line_of_a_killed_server_stays_alone(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    command = script(tmp_path, "printf half; exec sleep 1000")
    server = serve("--command", f"half={command}", env=state)

    def kept() -> str:
        return "".join(path.read_text() for path in Path(state["STATE_DIRECTORY"]).rglob("lines"))

    until(lambda: kept() == "- stdout P half\n")
    server.process.send_signal(signal.SIGKILL)
    server.wait()
    server = serve("--command", f"half={command}", env=state)
    until(lambda: kept() == "- stdout P half\n- stdout F \n- stdout P half\n")
    until(lambda: lines(server, "half") == ["half"])


def test_output_is_bounded(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    count = 24_000
    line = 'echo "line $i $((i * 7919)) of a flood of lines that goes on"'
    command = script(tmp_path, f"i=0; while [ $i -lt {count} ]; do i=$((i + 1)); {line}; done; exec sleep 1000")
    server = serve("--command", f"flood={command}", "--spool-size", "1", env=state)
    until(lambda: any(text.startswith(f"line {count} ") for text in lines(server, "flood")[-1:]))
    files = [path.stat().st_size for path in Path(state["STATE_DIRECTORY"]).rglob("lines*")]
    assert files
    assert sum(files) < 2 * 1024 * 1024
    with server.stream(source="flood", from_="start") as stream:
        assert stream.next("lines", "gap").data["reason"] == "rotated"
    numbers = [int(text.split()[1]) for text in lines(server, "flood") if text.startswith("line ")]
    assert numbers == [*range(numbers[0], count + 1)]


def test_a_line_without_an_end_is_bounded(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    text = "printf 'Progress: ' >&2; sleep 1; while :; do printf %0100000d 0; done"
    server = serve("--command", f"endless={script(tmp_path, text)}", "--spool-size", "1", env=state)
    kept = Path(state["STATE_DIRECTORY"])
    until(lambda: len([*kept.rglob("lines*")]) == 4)
    until(lambda: any("gaps" in path.name for path in kept.rglob("*")))
    # Each of the four files may have a line of a mebibyte more than its part.
    assert sum(path.stat().st_size for path in kept.rglob("lines*")) < 6 * 1024 * 1024
    assert source(server, "endless")["state"] == "open"


def test_users_do_not_see_the_words_of_a_command(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    server = serve("--command", f"ends={script(tmp_path, 'exit 3')} --password=hunter2", env=state)
    until(lambda: "status 3" in (source(server, "ends")["reason"] or ""))
    assert "hunter2" not in server.get("/api/sources").text


def test_two_servers_run_a_command_once(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    command = script(tmp_path, f"echo run >> {tmp_path}/runs; echo one; exec sleep 1000")
    servers = [serve("--command", f"once={command}", env=state) for _ in range(2)]
    for server in servers:
        until(partial(has_one, server))
    assert (tmp_path / "runs").read_text() == "run\n"


def test_workers_share_the_output(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    command = script(tmp_path, f"echo run >> {tmp_path}/runs; echo one; exec sleep 1000")
    server = serve("--command", f"once={command}", "--workers", "2", env=state)
    for _ in range(8):
        until(lambda: lines(server, "once") == ["one"])
    assert (tmp_path / "runs").read_text() == "run\n"
    server.stop_in_time()


def test_output_of_a_command_is_masked(tmp_path: Path, serve: Serve, state: dict[str, str]) -> None:
    config = tmp_path / "logviewer.toml"
    config.write_text('[[redact]]\nfiles = "secret"\npattern = "pass\\\\w+"\n')
    command = script(tmp_path, "echo the password; exec sleep 1000")
    server = serve("--config", config, "--command", f"secret={command}", env=state)
    until(lambda: lines(server, "secret") == ["the ***"])


@pytest.mark.parametrize("words", [["--command", "no command"], ["--command", "name="], ["--command", "=sleep 1"]])
def test_a_wrong_command_is_an_error(words: Sequence[str], tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "logviewer", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "NAME=COMMAND" in done.stderr


# The journal


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    require("journalctl", "systemd-journal-remote")
    return Journal(tmp_path / "journal")


def has_last(server: Server, name: str, message: str) -> bool:
    return any(message in line for line in lines(server, name)[-1:])


def messages(server: Server, name: str) -> list[str]:
    return [json.loads(line)["MESSAGE"] for line in lines(server, name)]


def test_the_journal_is_followed_over_restarts(journal: Journal, serve: Serve, state: dict[str, str]) -> None:
    name = f"journal:--directory={journal.directory}"
    written = journal.write(20)
    server = serve(name, env=state)
    until(lambda: messages(server, name) == written)
    answer = server.get("/api/lines", source=name, start=0, count=6).json()["lines"]
    assert [line["level"] for line in answer] == ["error", *["info"] * 4, "error"]
    assert answer[0]["time"] == 1_795_700_000_000
    server.process.send_signal(signal.SIGKILL)
    server.wait()
    written += journal.write(10)
    server = serve(name, env=state)
    until(lambda: len(messages(server, name)) >= len(written))
    assert messages(server, name) == written
    written += journal.write(5)
    until(lambda: len(messages(server, name)) >= len(written))
    assert messages(server, name) == written


def test_all_boots_of_the_journal_are_there(journal: Journal, serve: Serve, state: dict[str, str]) -> None:
    written = [message for boot in ("1" * 32, "2" * 32, "3" * 32) for message in journal.write(50, boot=boot)]
    name = f"journal:--directory={journal.directory}"
    server = serve(name, env=state)
    until(lambda: messages(server, name) == written)
    answer = server.get("/api/lines", source=name, start=0, count=1, places=True).json()
    assert [each["loss"] for each in answer["files"]] == [None]
    written += journal.write(50, boot="4" * 32)
    until(lambda: messages(server, name) == written)
    server.process.send_signal(signal.SIGKILL)
    server.wait()
    written += [message for boot in ("4" * 32, "5" * 32) for message in journal.write(50, boot=boot)]
    server = serve(name, env=state)
    until(lambda: messages(server, name) == written)


def test_the_newest_entries_of_a_large_journal_are_kept_after_a_gap(
    journal: Journal, serve: Serve, state: dict[str, str]
) -> None:
    written = journal.write(8000)
    name = f"journal:--directory={journal.directory}"
    for _ in range(2):
        server = serve(name, "--spool-size", "1", env=state)
        until(partial(has_last, server, name, written[-1]))
        with server.stream(source=name, from_="start", follow="false") as stream:
            gap = stream.next("lines", "gap")
            assert (gap.name, gap.data["reason"]) == ("gap", "rotated")
            found: list[str] = []
            while (event := stream.next("lines", "gap", "end")).name == "lines":
                found += [json.loads(line)["MESSAGE"] for line in event.data["lines"]]
        assert event.name == "end"
        assert found == written[-len(found) :]
        assert len(found) > 800
        server.stop()


def test_entries_that_the_journal_lost_are_a_gap(journal: Journal, serve: Serve, state: dict[str, str]) -> None:
    name = f"journal:--directory={journal.directory}"
    written = [journal.write(20)]
    server = serve(name, env=state)
    until(lambda: messages(server, name) == written[0])
    server.process.send_signal(signal.SIGKILL)
    server.wait()
    written += [journal.write(20), journal.write(20)]
    for path in sorted(journal.directory.iterdir())[:2]:
        path.unlink()
    for _ in range(2):
        server = serve(name, env=state)
        until(partial(has_last, server, name, written[-1][-1]))
        events: list[str] = []
        with server.stream(source=name, from_="start", follow="false") as stream:
            while (event := stream.next("lines", "gap", "end")).name != "end":
                entries = map(json.loads, event.data.get("lines") or ()) if event.name == "lines" else ()
                events += [entry["MESSAGE"] for entry in entries] or [event.data["reason"]]
        assert events == [*written[0], "rotated", *written[2]]
        server.stop()


def test_a_warning_of_journalctl_doubles_no_entry(
    journal: Journal, serve: Serve, state: dict[str, str], tmp_path: Path
) -> None:
    real = shutil.which("journalctl")
    programs = tmp_path / "bin"
    programs.mkdir()
    script(programs, f"echo 'a file is truncated' >&2; exec {real} \"$@\"", "journalctl")
    environment = state | {"PATH": f"{programs}:{os.environ['PATH']}"}
    written = journal.write(20)
    name = f"journal:--directory={journal.directory}"
    for _ in range(3):
        server = serve(name, env=environment)
        until(partial(has_entries, server, name, written))
        server.process.send_signal(signal.SIGKILL)
        server.wait()


def has_entries(server: Server, name: str, wanted: Sequence[str]) -> bool:
    texts = [json.loads(line)["MESSAGE"] for line in lines(server, name) if line.startswith("{")]
    assert len(texts) <= len(wanted)
    return texts == wanted and not lines(server, name)[-1].startswith("{")


def test_a_unit_of_the_journal(journal: Journal, serve: Serve, state: dict[str, str]) -> None:
    wanted = journal.write(3, "nginx.service")
    journal.write(3, "other.service")
    name = f"journal:nginx.service --directory={journal.directory}"
    server = serve(name, env=state)
    until(lambda: messages(server, name) == wanted)


def test_a_missing_journalctl_is_said(serve: Serve, state: dict[str, str], tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    python = shutil.which("python")
    assert python
    (bare / "python").symlink_to(python)
    server = serve("journal:", env=state | {"PATH": str(bare), "HOME": os.environ.get("HOME", "/")})
    until(lambda: "cannot start journalctl" in (source(server, "journal:")["reason"] or ""))
