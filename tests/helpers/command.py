"""Run the program to its end, and check its output and exit code."""

import re
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.helpers.forked import start
from tests.helpers.server import Server


@dataclass(frozen=True)
class Ended:
    """The exit code and the output of a finished run."""

    code: int
    out: str
    err: str


def run(*words: str | Path, program: Sequence[str] | None = None, env: Mapping[str, str] | None = None) -> Ended:
    """Run the program to its end. A server that starts is terminated, so that the test fails and does not hang."""
    with start([*map(str, words)], program=program, env=env) as process:
        assert process.stdout
        assert process.stderr
        out = process.stdout.readline()
        if out.startswith("http"):
            process.terminate()
        out += process.stdout.read()
        return Ended(process.wait(), out, process.stderr.read())


def end(server: Server, number: int = signal.SIGTERM) -> Ended:
    """Send the signal and wait for the end; ``out`` is the output after the ready line."""
    process = server.process
    assert process.stdout
    assert process.stderr
    process.send_signal(number)
    out, err = process.stdout.read(), process.stderr.read()
    return Ended(server.wait(), out, err)


def assert_refused(ended: Ended, code: int, *parts: str) -> None:
    """Assert this exit code, and one line on standard error with all parts."""
    assert (ended.code, ended.out) == (code, ""), ended
    assert re.fullmatch(r"logviewer: .+\n", ended.err), "one line, and no traceback"
    assert [part for part in parts if part not in ended.err] == []
