"""Several workers are one server to its readers, also after the death of a worker."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil  # type: ignore[import-untyped]
import pytest

from logviewer.web.auth.lockout import MAX_ATTEMPTS
from tests.helpers.command import assert_refused, run
from tests.helpers.connection import FAREWELL, ReadingClients, open_stream
from tests.helpers.following import read_until_killed
from tests.helpers.metrics import metrics
from tests.helpers.server import TIMEOUT, Server, until
from tests.helpers.sign_in import send_wrong_tokens, sign_in

Serve = Callable[..., Server]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that tests share."""
    log, now = tmp_path_factory.mktemp("workers") / "app.log", time.time()
    log.write_text("".join(f"{now - 3600 + number * 3.6:.3f} line {number}\n" for number in range(1000)))
    with Server("--workers", "2", log) as running:
        yield running


@pytest.fixture
def log(logs: Path) -> Path:
    path = logs / "app.log"
    path.write_text("".join(f"line {number}\n" for number in range(1000)))
    return path


@pytest.fixture
def own(log: Path, serve: Serve) -> Server:
    """A server for one test."""
    return serve("--workers", 2, log)


def workers(server: Server) -> list[int]:
    return [child.pid for child in psutil.Process(server.process.pid).children()]


def worker_of(server: Server, response: httpx.Response) -> int:
    """Return the process id of the worker at the other end of the connection."""
    port = response.extensions["network_stream"].get_extra_info("client_addr")[1]
    return next(
        pid
        for pid in workers(server)
        if any(each.raddr and each.raddr.port == port for each in psutil.Process(pid).net_connections())
    )


@contextmanager
def at_each_worker(server: Server, **options: Any) -> Iterator[dict[int, httpx.Client]]:
    """Yield a client for each worker by process id, with one connection each."""
    clients: dict[int, httpx.Client] = {}
    with ExitStack() as stack:
        while len(clients) < 2:
            transport = httpx.HTTPTransport(limits=httpx.Limits(max_connections=1), **options)
            client = httpx.Client(base_url=server.base, transport=transport, timeout=TIMEOUT, trust_env=False)
            stack.enter_context(client)
            with client.stream("GET", "/healthz") as response:
                assert response.status_code == 200
                clients.setdefault(worker_of(server, response), client)
                response.read()
        yield clients


def asked_of_each(server: Server, path: str, **params: Any) -> list[httpx.Response]:
    with at_each_worker(server) as clients:
        return ask(clients, server, path, **params)


def ask(clients: Mapping[int, httpx.Client], server: Server, path: str, **params: Any) -> list[httpx.Response]:
    return [each.get(path, params=params, headers=server.headers).raise_for_status() for each in clients.values()]


def kill(pid: int) -> None:
    """Kill a worker and wait until it is gone."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(pid), what="the end of the worker")


# Start and end


def test_the_url_is_printed_once_all_workers_are_ready(own: Server) -> None:
    pids = workers(own)
    assert len(pids) == 2
    assert len(asked_of_each(own, "/healthz")) == 2
    own.process.send_signal(signal.SIGTERM)
    assert own.process.stdout
    assert own.process.stderr
    assert (own.process.stdout.read(), own.process.stderr.read()) == ("", "")
    assert (own.wait(), [pid for pid in pids if psutil.pid_exists(pid)]) == (0, [])


@pytest.mark.parametrize("way", ["terminated", "ctrl-c"])
def test_all_workers_end_in_time_with_an_end_event(own: Server, way: str) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(open_stream(own, "from=-1")) for _ in range(20)]
        stalled = stack.enter_context(open_stream(own, "from=start", buffer=4096))
        with ReadingClients(clients) as reading:
            until(lambda: all(b"line 999" in last for last in reading.tails.values()))
            if way == "terminated":
                own.process.terminate()
            else:
                # A terminal sends it to all processes in the foreground.
                for pid in (own.process.pid, *workers(own)):
                    os.kill(pid, signal.SIGINT)
            assert own.process.wait(TIMEOUT) == 0
        assert [last for last in reading.tails.values() if FAREWELL not in last] == []
        assert stalled.fileno() > 0
    assert own.process.stderr
    assert own.process.stderr.read() == ""


def test_a_worker_that_cannot_start_ends_the_server(log: Path) -> None:
    words = ["--workers", "2", "--port", "0", "--no-open", "--ssl-certfile", "no.pem", "--ssl-keyfile", "no.key"]
    assert_refused(run(*words, log), 1, "no.pem")


def test_the_port_of_another_server_is_not_shared(server: Server, log: Path) -> None:
    refused = run("--workers", "2", "--port", str(server.port), "--no-open", log)
    assert_refused(refused, 1, str(server.port), "--port")


def test_orphaned_workers_end_their_streams(own: Server) -> None:
    pids = workers(own)
    with open_stream(own, "from=-1") as client, ReadingClients([client]) as reading:
        until(lambda: b"line 999" in reading.tails[client])
        own.process.kill()
        until(lambda: not any(psutil.pid_exists(pid) for pid in pids), what="the end of the orphans")
    assert FAREWELL in reading.tails[client]


# Connections


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux spreads connections over several sockets")
def test_200_streams_are_spread_evenly(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(open_stream(server, "from=end"))
        shares = until(lambda: (found := open_streams(metrics(server))) and sum(found) == 200 and found)
    # With even chances, fewer occur once in a hundred million runs.
    assert min(shares) > 60


def open_streams(found: Any) -> list[float]:
    return [found[f"logviewer_open_streams.{number}"] for number in (1, 2)]


# A worker that dies


def test_readers_resume_exactly_after_kill_9_of_their_worker(own: Server, written: Callable[[], int]) -> None:
    received: list[str] = []
    last: str | None = None
    for number in range(3):
        last = read_until_killed(
            own, last, received, 50 + 37 * number, lambda _, stream: kill(worker_of(own, stream.response))
        )
    total = written()
    with own.stream(source="app.log", last_event_id=last) as stream:
        received += stream.lines(total - len(received))
    assert received == [f"line {number}" for number in range(total)]


def test_a_killed_worker_is_restarted_with_a_warning(own: Server) -> None:
    (first, second) = workers(own)
    kill(first)
    assert len(asked_of_each(own, "/api/sources")) == 2
    assert second in workers(own)
    own.process.send_signal(signal.SIGTERM)
    assert own.process.stderr
    warning = rf"logviewer: worker 1 \(process {first}\) was ended by SIGKILL; restarting it\n"
    assert re.fullmatch(warning, own.process.stderr.read())
    assert own.wait() == 0


def test_a_server_survives_the_death_of_all_workers(server: Server) -> None:
    pids = workers(server)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(psutil.pid_exists(pid) for pid in pids), what="the end of all workers")
    assert server.get("/healthz").status_code == 200
    assert len(asked_of_each(server, "/api/sources")) == 2


# Shared state


def same(answers: Sequence[httpx.Response]) -> Any:
    """Return the JSON that both workers answer."""
    assert len(answers) == 2
    assert answers[0].json() == answers[1].json()
    return answers[0].json()


def test_all_workers_give_the_same_answers(server: Server) -> None:
    with at_each_worker(server) as clients:
        (source,) = same(ask(clients, server, "/api/sources"))
        for query in ({}, {"q": "line 9"}, {"q": "line 9", "context": 1}):
            found = same(ask(clients, server, "/api/lines", source=source["id"], start=0, count=1000, **query))
            at = found["lines"][5]["at"]
            around = same(ask(clients, server, "/api/lines", source=source["id"], at=at, count=10, **query))
            assert around["lines"][0]["at"] == at
        same(ask(clients, server, "/api/histogram", source=source["id"], q="9"))
        one, other = ask(clients, server, "/api/search", source=source["id"], q="line 99")
        assert matches(one) == matches(other) != []


def matches(response: httpx.Response) -> list[str]:
    return re.findall(r'"at":"[^"]+"', response.text)


def test_now_means_the_same_at_all_workers(server: Server) -> None:
    now = int(time.time() * 1000)
    with at_each_worker(server) as clients:
        for moment in (now, now - 5000):
            query = {"source": "app.log", "since": "50 m ago", "now": moment}
            found = same(ask(clients, server, "/api/lines", **query))
            assert 0 < found["total"] < 1000
            time.sleep(0.1)
            assert same(ask(clients, server, "/api/lines", **query)) == found


def test_a_session_is_shared_by_all_workers(server: Server) -> None:
    with at_each_worker(server) as clients:
        one, other = clients.values()
        sign_in(one, server)
        (cookie,) = one.cookies.jar
        kept = {"Cookie": f"{cookie.name}={cookie.value}"}
        assert [each.get("/api/sources", headers=kept).status_code for each in (one, other)] == [200, 200]
        other.post("/sign-out", headers=kept)
        assert [each.get("/api/sources", headers=kept).status_code for each in (one, other)] == [401, 401]
    for pid in workers(server):
        kill(pid)
        with at_each_worker(server) as clients:
            assert [each.get("/api/sources", headers=kept).status_code for each in clients.values()] == [401, 401]


def test_wrong_short_tokens_are_counted_across_workers(logs: Path, serve: Serve) -> None:
    server = serve("--workers", "2", "--token", "short", logs)
    transport = httpx.HTTPTransport(local_address="127.0.0.2", limits=httpx.Limits(max_connections=None))
    with httpx.Client(base_url=server.base, transport=transport, timeout=TIMEOUT, trust_env=False) as client:
        codes = [response.status_code for response in send_wrong_tokens(client, MAX_ATTEMPTS + 5)]
    # Both workers may count their last try at the same time.
    assert MAX_ATTEMPTS <= codes.count(401) <= MAX_ATTEMPTS + 1
    with at_each_worker(server, local_address="127.0.0.2") as clients:
        assert [each.get("/api/sources", headers=server.headers).status_code for each in clients.values()] == [429, 429]


def test_each_worker_reports_the_metrics_of_all(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(open_stream(server, "from=-1"))
        until(lambda: sum(open_streams(metrics(server))) == 10, what="the streams in the figures")
        with at_each_worker(server) as clients:
            for client in clients.values():
                text = metrics_of_both(client, server)
                found = re.findall(r'logviewer_open_streams{worker="(\d)"} (\d+)', text)
                assert ([number for number, _ in found], sum(int(each) for _, each in found)) == (["1", "2"], 10)
                assert text.count("# TYPE logviewer_open_streams gauge") == 1


def metrics_of_both(client: httpx.Client, server: Server) -> str:
    """Ask until both workers have answered; a busy one is left out after a second."""

    def ask_for_metrics() -> str | None:
        text = client.get("/metrics", headers=server.headers).text
        found = set(re.findall(r'process_resident_memory_bytes{worker="(\d)"}', text))
        return text if found == {"1", "2"} else None

    return str(until(ask_for_metrics, what="the metrics of both workers"))


def test_the_metrics_of_a_stopped_worker_are_left_out(server: Server) -> None:
    with at_each_worker(server) as clients:
        (hung, _), (_, sound) = clients.items()
        os.kill(hung, signal.SIGSTOP)
        try:
            answer = sound.get("/metrics", headers=server.headers)
        finally:
            os.kill(hung, signal.SIGCONT)
        assert answer.text.count("logviewer_open_streams{worker=") == 1
        for client in clients.values():
            assert metrics_of_both(client, server).count("logviewer_open_streams{worker=") == 2


# Standard input


def test_standard_input_reaches_all_workers(serve: Serve, tmp_path: Path) -> None:
    server = serve("--workers", "2", "-", stdin=subprocess.PIPE, env={"TMPDIR": str(tmp_path)})
    assert server.process.stdin
    params = {"source": "stdin", "from": "start"}
    with at_each_worker(server) as clients, ExitStack() as stack:
        streams = [
            stack.enter_context(each.stream("GET", "/api/stream", params=params, headers=server.headers))
            for each in clients.values()
        ]
        server.process.stdin.write("one\ntwo\n")
        server.process.stdin.close()
        assert [ending(stream.read()) for stream in streams] == [(["one", "two"], "complete")] * 2
    # Later readers get the same; only the parent deletes the spool.
    for pid in workers(server):
        kill(pid)
    later = asked_of_each(server, "/api/stream", **params)
    assert [ending(answer.content) for answer in later] == [(["one", "two"], "complete")] * 2
    assert server.stop() == 0
    assert list(tmp_path.iterdir()) == []


def ending(events: bytes) -> tuple[list[str], str]:
    """Return all lines of an ended stream, and the reason of its end."""
    data = [orjson.loads(each) for each in re.findall(rb"^data: (.*)$", events, re.MULTILINE)]
    return [line for each in data for line in each.get("lines", [])], data[-1]["reason"]
