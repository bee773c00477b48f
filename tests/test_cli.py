"""The command line: its output, its error messages and its exit codes."""

import os
import re
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import chdir
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]
import pytest

from logviewer.cli import main
from tests.helpers.certificate import make_certificate
from tests.helpers.command import Ended, assert_refused, end, run
from tests.helpers.forked import PROGRAM
from tests.helpers.server import TIMEOUT, Server, until

Serve = Callable[..., Server]

DEMO = (*PROGRAM, "demo")


# Refused

SERVED = "app.log"
# The words of a refused command line, and the words that the line on stderr must have.
BAD: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "an unknown option": (["--bogus", SERVED], ["--bogus"]),
    "a port that is no number": (["--port", "http", SERVED], ["--port", "http"]),
    "a port out of range": (["--port", "65536", SERVED], ["--port", "65536"]),
    "an open server for all hosts": (["--no-auth", "--host", "0.0.0.0", SERVED], ["--no-auth", "0.0.0.0"]),
    "an open server for all IPv6 hosts": (["--no-auth", "--host", "::", SERVED], ["--no-auth", "::"]),
    "an open server under a name": (["--no-auth", "--host", "logs.example", SERVED], ["--no-auth", "logs.example"]),
    "a token and no token": (["--no-auth", "--token", "secret", SERVED], ["--no-auth", "--token"]),
    "an empty token": (["--token", "", SERVED], ["token"]),
    "a token that no header can hold": (["--token", "zwölf", SERVED], ["token"]),
    "a pipe": (["a.fifo"], ["a.fifo", "pipe"]),
    "a device": (["/dev/null"], ["/dev/null", "device"]),
    "a socket": (["a.sock"], ["a.sock", "socket"]),
    "a pipe among files": ([SERVED, "a.fifo"], ["a.fifo", "pipe"]),
    "a certificate without key": (["--ssl-certfile", "cert.pem", SERVED], ["--ssl-certfile", "--ssl-keyfile"]),
    "a name that is too long": (["x" * 300], ["xxx"]),
    "a root path that no URL can hold": (["--root-path", "/jo urnäl?", SERVED], ["--root-path"]),
}
CANNOT: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "a host that nobody knows": (["--host", "nowhere.invalid", SERVED], ["nowhere.invalid", "--host"]),
    "TLS files that are missing": (["--ssl-certfile", "no.pem", "--ssl-keyfile", "no.key", SERVED], ["no.pem"]),
    "TLS files that are none": (["--ssl-certfile", SERVED, "--ssl-keyfile", SERVED, SERVED], [SERVED]),
}


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Path]:
    """A working directory with a log, a pipe and a socket."""
    (tmp_path / SERVED).write_text("line\n")
    os.mkfifo(tmp_path / "a.fifo")
    with chdir(tmp_path), socket.socket(socket.AF_UNIX) as bound:
        bound.bind("a.sock")
        yield tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[Sequence[str]], Ended]]:
    """Call the program in this process, half a second faster; for commands that start no server."""

    def call(words: Sequence[str]) -> Ended:
        # The port is in use, so that a command that is not refused ends as well.
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SystemExit) as end:
            main(["--port", str(taken.getsockname()[1]), *words])
        out, err = capsys.readouterr()
        assert isinstance(end.value.code, int)
        return Ended(end.value.code, out, err)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield call
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("case", BAD)
def test_a_bad_command_line_is_refused_in_one_line(
    here: Path, call: Callable[[Sequence[str]], Ended], case: str
) -> None:
    words, parts = BAD[case]
    assert_refused(call(words), 2, *parts)


@pytest.mark.parametrize("case", CANNOT)
def test_a_server_that_cannot_run_ends_with_one_line(here: Path, case: str) -> None:
    words, parts = CANNOT[case]
    assert_refused(run("--port", "0", *words), 1, *parts)


def test_the_program_ends_with_2_for_a_bad_command_line(here: Path) -> None:
    assert_refused(run("--no-auth", "--host", "0.0.0.0", SERVED), 2, "--no-auth")
    assert_refused(run("demo", "--rate", "-1"), 2, "--rate")


def test_a_port_in_use_is_refused_with_advice(logs: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert_refused(run("--port", str(port), logs / "app.log"), 1, str(port), "--port")


def test_a_closed_standard_input_is_refused() -> None:
    shell = ("sh", "-c", 'exec "$@" <&-', "sh", *PROGRAM)
    ended = run("--port", "0", "-", program=shell)
    assert ended.code in (1, 2)
    assert_refused(ended, ended.code, "standard input")


def test_a_token_that_is_not_text_is_refused(logs: Path) -> None:
    ended = run("--port", "0", logs / "app.log", env={"LOGVIEWER_TOKEN": os.fsdecode(b"\xff")})
    assert_refused(ended, 2, "token")


# Messages


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_help_and_version_exit_with_0(words: list[str]) -> None:
    ended = run(*words)
    assert (ended.code, ended.err) == (0, "")
    assert "logviewer" in ended.out


def test_the_demos_help_shows_its_usage() -> None:
    ended = run("demo", "--help")
    assert (ended.code, ended.err) == (0, "")
    assert "Usage: logviewer demo " in ended.out


# Ready


def test_ready_is_one_line_on_stdout_with_the_token(logs: Path, serve: Serve) -> None:
    (logs / "app.log").touch()
    server = serve(logs)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{16,}", server.ready_line)
    assert server.get("/api/sources").status_code == 200
    assert end(server) == Ended(0, "", "")


def test_each_start_makes_another_token(logs: Path, serve: Serve, prefixed: Server) -> None:
    assert serve(logs).token != prefixed.token


def test_token_is_quoted_in_the_url(logs: Path, serve: Serve) -> None:
    given = "a&b=c/d?e+f"
    server = serve("--token", given, logs)
    assert server.token == given
    assert httpx.get(server.ready_line, trust_env=False, timeout=TIMEOUT).status_code == 303


def test_no_auth_on_loopback_needs_no_token(logs: Path, serve: Serve) -> None:
    server = serve("--no-auth", logs)
    assert server.ready_line == f"http://127.0.0.1:{server.port}/"
    assert [server.get(path).status_code for path in ("/", "/api/sources")] == [200, 200]


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "127.0.0.1"), ("::1", "[::1]"), ("[::1]", "[::1]")])
def test_the_url_can_be_opened_whatever_the_host(logs: Path, serve: Serve, host: str, url: str) -> None:
    server = serve("--host", host, logs)
    assert server.ready_line.startswith(f"http://{url}:{server.port}/?token=")
    assert server.get("/api/sources").status_code == 200


def test_a_missing_path_is_reported_and_awaited(logs: Path, serve: Serve) -> None:
    log = logs / "later" / "app.log"
    server = serve(log)
    assert server.process.stderr
    assert server.process.stderr.readline() == f"logviewer: {log} is missing; waiting for it\n"
    assert server.get("/api/sources").json()[0]["state"] == "missing"
    with server.stream(source="app.log") as stream:
        assert stream.next("source").data["state"] == "missing"
        log.parent.mkdir()
        log.write_text("first\n")
        assert stream.lines(1) == ["first"]
    assert until(lambda: server.get("/api/sources").json()[0]["state"] == "open")


def test_a_missing_path_may_become_a_directory(logs: Path, serve: Serve) -> None:
    server = serve(logs / "later")
    (logs / "later").mkdir()
    (logs / "later" / "app.log").write_text("first\n")
    server.source_id("app.log")
    assert [source["name"] for source in server.get("/api/sources").json()] == ["app.log"]


# Behind a proxy, and over TLS

ROOT_PATH = "/logs"


@pytest.fixture(scope="module")
def prefixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("prefixed") / "app.log"
    log.write_text("line\n")
    with Server("--root-path", "logs/", log) as server:
        yield server


@pytest.fixture(params=["a proxy that strips the prefix", "a proxy that keeps the prefix"])
def behind(request: pytest.FixtureRequest, prefixed: Server) -> Iterator[httpx.Client]:
    """A client whose paths arrive as behind such a proxy."""
    kept = ROOT_PATH if "keeps" in request.param else ""
    base = f"http://127.0.0.1:{prefixed.port}{kept}"
    with httpx.Client(base_url=base, headers=prefixed.headers, trust_env=False, timeout=TIMEOUT) as client:
        yield client


def test_root_path_is_part_of_the_url(prefixed: Server) -> None:
    assert re.fullmatch(rf"http://127\.0\.0\.1:\d+{ROOT_PATH}/\?token=.+", prefixed.ready_line)


def test_root_path_url_opens(prefixed: Server) -> None:
    assert httpx.get(prefixed.ready_line, trust_env=False, timeout=TIMEOUT).status_code == 303


def test_signing_in_leads_to_the_root_path(behind: httpx.Client, prefixed: Server) -> None:
    response = behind.get("/", params={"token": prefixed.token, "source": "app.log"}, headers={"Authorization": ""})
    assert (response.status_code, response.headers.get("location")) == (303, f"{ROOT_PATH}/?source=app.log")
    assert f"Path={ROOT_PATH}/;" in response.headers["set-cookie"] + ";"


def test_static_files_are_below_the_root_path(behind: httpx.Client) -> None:
    page = behind.get("/")
    assert page.status_code == 200
    found = re.findall(r'(?:src|href)="([^"]+\.(?:js|css|svg))"', page.text)
    assert found
    assert [url for url in found if not url.startswith(f"{ROOT_PATH}/static/")] == []
    paths = [url.removeprefix(ROOT_PATH) for url in found]
    assert {behind.get(path).status_code for path in paths} == {200}


def test_the_api_is_below_the_root_path(behind: httpx.Client) -> None:
    assert behind.get("/api/lines", params={"source": "app.log"}).json()["lines"][0]["text"] == "line"
    assert behind.get("/healthz", headers={"Authorization": ""}).status_code == 200
    assert behind.get("/api/sources", headers={"Authorization": ""}).status_code == 401


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The paths of a certificate for 127.0.0.1 and of its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_certificate_and_key_serve_https(certificate: tuple[Path, Path], logs: Path, serve: Serve) -> None:
    (logs / "app.log").touch()
    certfile, keyfile = certificate
    server = serve("--ssl-certfile", certfile, "--ssl-keyfile", keyfile, logs)
    assert server.ready_line.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=certfile)
    with httpx.Client(verify=context, trust_env=False, timeout=TIMEOUT) as client:
        assert "Secure" in client.get(server.ready_line).headers["set-cookie"]
        assert client.get(f"{server.base}/api/sources", headers=server.headers).status_code == 200
    assert end(server) == Ended(0, "", "")


# Demo


def test_demo_serves_growing_logs_and_ends_its_writer(logs: Path, serve: Serve) -> None:
    server = serve("--rate", "1000", logs, program=DEMO)
    writers = psutil.Process(server.process.pid).children(recursive=True)
    assert len(writers) == 1
    with server.stream(source=server.source_id("shop.log")) as stream:
        assert stream.next("lines").data["lines"]
    assert end(server) == Ended(0, "", "")
    assert not writers[0].is_running()


def test_demo_removes_its_temporary_directory(serve: Serve) -> None:
    server = serve("--rate", "0", program=DEMO)
    log = Path(server.get("/api/sources").json()[0]["path"])
    assert log.exists()
    end(server, signal.SIGINT)
    assert not log.parent.exists()


def test_demo_without_a_server_writes_and_ends(tmp_path: Path) -> None:
    ended = run("--no-serve", "--rate", "0", tmp_path / "logs", program=DEMO)
    assert ended == Ended(0, f"{tmp_path / 'logs'}\n", "")
    assert (tmp_path / "logs" / "shop.log").stat().st_size > 10_000


@pytest.mark.parametrize("words", [["--port", "0"], ["--no-serve"]], ids=["served", "only written"])
def test_demo_does_not_touch_foreign_logs(tmp_path: Path, words: list[str]) -> None:
    log = tmp_path / "shop.log"
    log.write_text("not the demo's\n")
    assert_refused(run(*words, tmp_path, program=DEMO), 1, str(tmp_path))
    assert [log.read_text(), list(tmp_path.iterdir())] == ["not the demo's\n", [log]]
