"""Trees of container logs, as kubelet and Docker write them: names, restarts, rotations, links."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.helpers.containers import Form, Written, file_bytes
from tests.helpers.server import Server, until
from tests.helpers.sign_in import PASSWORD_HASH, sign_in_as, source_names

Serve = Callable[..., Server]

UID = "0f4c6d0e-1111-2222-3333-444455556666"
ID = "4d5e" * 16


def _write(path: Path, *lines: str, first: int = 0, form: Form = "cri") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(file_bytes(form, [Written("stdout", line) for line in lines], first))
    return path


def _names(server: Server) -> list[str]:
    return sorted(source["name"] for source in server.get("/api/sources").json())


def _history(server: Server, source: str, count: int) -> list[str]:
    def lines() -> list[str] | None:
        answer: dict[str, Any] = server.get("/api/lines", source=source, start=0, count=1000).json()
        texts = [line["text"] for line in answer["lines"]]
        return texts if answer["complete"] and len(texts) >= count else None

    found: list[str] = until(lines)
    return found


@pytest.fixture
def container(logs: Path) -> Path:
    return logs / "pods" / f"shop_web-7d4f_{UID}" / "nginx"


def test_the_starts_of_a_container_are_one_source_with_its_name(logs: Path, serve: Serve, container: Path) -> None:
    _write(container / "0.log", "first start")
    _write(container / "0.log", "its end", first=1)
    _write(container / "1.log", "second start", first=2000)
    _write(logs / "pods" / f"kube-system_etcd-host_{'0a' * 16}" / "etcd" / "12.log", "etcd")
    server = serve(logs / "pods")
    assert _names(server) == ["kube-system/etcd-host/etcd", "shop/web-7d4f/nginx"]
    assert _history(server, "shop/web-7d4f/nginx", 3) == ["first start", "its end", "second start"]


def test_a_reader_follows_restarts_and_rotations(logs: Path, serve: Serve, container: Path) -> None:
    log = _write(container / "9.log", "one")
    server = serve(logs / "pods")
    with server.stream(source="shop/web-7d4f/nginx", from_="start") as stream:
        assert stream.lines(1) == ["one"]
        _write(log, "two", first=1)
        assert stream.lines(1) == ["two"]
        # Kubelet renames, makes a new file, and compresses the one before the renamed one.
        rotated = log.rename(container / "9.log.20261105-081300")
        _write(log, "three", first=2000)
        assert stream.lines(1) == ["three"]
        with gzip.open(container / "9.log.20261105-081300.tmp", "wb") as file:
            file.write(rotated.read_bytes())
        (container / "9.log.20261105-081300.tmp").rename(container / "9.log.20261105-081300.gz")
        rotated.unlink()
        log.rename(container / "9.log.20261105-081400")
        _write(log, "four", first=4000)
        assert stream.lines(1) == ["four"]
        _write(container / "10.log", "five", first=6000)
        assert stream.lines(1) == ["five"]
        _write(container / "10.log", "six", first=6001)
        event = stream.next("lines", "gap")
        assert event.data["lines"] == ["six"]
        last = event.id
    _write(container / "10.log", "seven", first=6002)
    with server.stream(source="shop/web-7d4f/nginx", last_event_id=last) as stream:
        assert stream.lines(1) == ["seven"]
    assert _names(server) == ["shop/web-7d4f/nginx"]
    whole = ["one", "two", "three", "four", "five", "six", "seven"]
    assert _history(server, "shop/web-7d4f/nginx", len(whole)) == whole
    server.close()
    assert _history(serve(logs / "pods"), "shop/web-7d4f/nginx", len(whole)) == whole


def test_containers_come_and_go(logs: Path, serve: Serve, container: Path) -> None:
    _write(container / "0.log", "here")
    server = serve(logs / "pods")
    assert _names(server) == ["shop/web-7d4f/nginx"]
    other = _write(logs / "pods" / f"shop_job_{UID}" / "run" / "0.log", "short work")
    until(lambda: _names(server) == ["shop/job/run", "shop/web-7d4f/nginx"])
    assert _history(server, "shop/job/run", 1) == ["short work"]
    other.unlink()
    assert _history(server, "shop/web-7d4f/nginx", 1) == ["here"]


def test_links_of_kubelet_lead_to_the_logs(logs: Path, serve: Serve, container: Path) -> None:
    log = _write(container / "0.log", "linked")
    link = logs / "containers" / f"web-7d4f_shop_nginx-{ID}.log"
    link.parent.mkdir()
    link.symlink_to(log)
    for path in (link.parent, f"{link.parent}/*.log", link):
        server = serve(path)
        assert _names(server) == ["shop/web-7d4f/nginx"]
        assert _history(server, "shop/web-7d4f/nginx", 1) == ["linked"]
        server.close()
    assert _names(serve(logs)) == ["shop/web-7d4f/nginx"]


def test_other_links_do_not_lead_out_of_the_paths_given(logs: Path, serve: Serve) -> None:
    secret = _write(logs / "secret" / "app.log", "secret")
    (logs / "containers").mkdir()
    (logs / "pods").mkdir()
    (logs / "containers" / f"web_shop_nginx-{ID}.log").symlink_to(secret)
    server = serve(logs / "containers")
    (source,) = server.get("/api/sources").json()
    assert source["state"] == "unreadable"


def test_a_docker_container_has_its_name_and_no_other_file(logs: Path, serve: Serve) -> None:
    directory = logs / "containers" / ID
    log = _write(directory / f"{ID}-json.log", "one", form="json")
    (directory / "config.v2.json").write_text(json.dumps({"ID": ID, "Name": "/shop-web-1"}))
    for name in ("hostconfig.json", "hostname", "hosts", "resolv.conf", "resolv.conf.hash"):
        (directory / name).write_text("text\n")
    log.rename(directory / f"{ID}-json.log.1")
    _write(log, "two", first=2000, form="json")
    nameless = "ab" * 32
    _write(logs / "containers" / nameless / f"{nameless}-json.log", "other", form="json")
    server = serve(logs / "containers")
    assert _names(server) == [nameless[:12], "shop-web-1"]
    assert _history(server, "shop-web-1", 2) == ["one", "two"]


def test_numbers_in_other_directories_are_logs_of_their_own(logs: Path, serve: Serve) -> None:
    for number in range(3):
        (logs / f"{number}.log").write_text(f"worker {number}\n")
    assert _names(serve(logs)) == ["0.log", "1.log", "2.log"]


def test_rules_and_users_name_containers(logs: Path, serve: Serve, container: Path, tmp_path: Path) -> None:
    _write(container / "0.log", "password=one token=two")
    _write(container.with_name("sidecar") / "0.log", "beside: password=one token=two")
    (logs / "..dots.log").write_text("token=two\n")
    config = tmp_path / "logviewer.toml"
    rules = {"shop/web-*/nginx": r"password=\S+", "shop/**": r"token=\S+"}
    config.write_text(
        "".join(f"[[redact]]\nfiles = '{glob}'\npattern = '{pattern}'\n" for glob, pattern in rules.items())
        + f"[[users]]\nname = 'ada'\npassword = '{PASSWORD_HASH}'\nsources = ['shop/*/nginx']\n"
    )
    server = serve("--config", config, "--token", "t" * 32, logs)
    assert _history(server, "shop/web-7d4f/nginx", 1) == ["*** ***"]
    assert _history(server, "shop/web-7d4f/sidecar", 1) == ["beside: password=one ***"]
    with httpx.Client(base_url=server.base) as client:
        sign_in_as(client, "ada")
        assert source_names(client) == ["shop/web-7d4f/nginx"]
