"""A directory with logs of every kind: each is shown once, under its name, with all of its history."""

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.helpers.containers import Form, Written, file_bytes
from tests.helpers.server import Server, until

Serve = Callable[..., Server]

UID = "0f4c6d0e-1111-2222-3333-444455556666"
ID = "4d5e" * 16


def _lines(name: str, first: int, last: int) -> list[str]:
    return [f"2026-11-{number:02}T08:00:00Z INFO {name} {number}" for number in range(first, last)]


def _text(name: str, first: int, last: int) -> bytes:
    return "".join(f"{line}\n" for line in _lines(name, first, last)).encode()


def _container(form: Form, name: str, first: int, last: int) -> bytes:
    return file_bytes(form, [Written("stdout", line) for line in _lines(name, first, last)], first * 1000)


def _tree(root: Path) -> dict[str, list[str]]:
    """Write a tree of logs, and return the lines of each by its name."""
    pod, docker = root / "pods" / f"shop_web-7d4f_{UID}" / "nginx", root / "docker" / ID
    for directory in (root / "nginx", root / "journal" / "abc", root / "containers", pod, docker):
        directory.mkdir(parents=True)
    for log in (root / "syslog", root / "nginx" / "access.log"):
        log.write_bytes(_text(log.name, 20, 25))
        log.with_name(f"{log.name}.1").write_bytes(_text(log.name, 15, 20))
        log.with_name(f"{log.name}.2.gz").write_bytes(gzip.compress(_text(log.name, 10, 15)))
        log.with_name(f"{log.name}.3.xz").write_bytes(lzma.compress(_text(log.name, 5, 10)))
    for day in (24, 25):
        (root / f"postgresql-2026-11-{day}.log").write_bytes(_text("postgresql", day, day + 1))
    (pod / "0.log.20261105-081300.gz").write_bytes(gzip.compress(_container("cri", "web", 1, 5)))
    (pod / "0.log").write_bytes(_container("cri", "web", 5, 8))
    (pod / "1.log").write_bytes(_container("cri", "web", 8, 12))
    (root / "containers" / f"web-7d4f_shop_nginx-{ID}.log").symlink_to(pod / "1.log")
    (docker / f"{ID}-json.log.1").write_bytes(_container("json", "db", 1, 4))
    (docker / f"{ID}-json.log").write_bytes(_container("json", "db", 4, 9))
    (docker / "config.v2.json").write_text('{"Name":"/db"}')
    (docker / "hosts").write_text("127.0.0.1 localhost\n")
    (root / "wtmp").write_bytes(bytes(384))
    (root / "journal" / "abc" / "system.journal").write_bytes(b"LPKSHHRH" + bytes(200))
    (root / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    return {
        "syslog": _lines("syslog", 5, 25),
        "access.log": _lines("access.log", 5, 25),
        "postgresql.log": _lines("postgresql", 24, 26),
        "shop/web-7d4f/nginx": _lines("web", 1, 12),
        "db": _lines("db", 1, 9),
    }


def test_each_log_is_shown_once_with_all_its_history(logs: Path, serve: Serve) -> None:
    expected = _tree(logs)
    server = serve(logs)
    assert sorted(source["name"] for source in server.get("/api/sources").json()) == sorted(expected)
    for name, wanted in expected.items():

        def history(name: str = name) -> list[str] | None:
            answer: dict[str, Any] = server.get("/api/lines", source=name, start=0, count=100).json()
            return [line["text"] for line in answer["lines"]] if answer["complete"] else None

        assert until(history) == wanted
        text = server.get("/api/stream", source=name, from_="start", follow="false", format="text").text
        assert text.splitlines() == wanted
        found = server.get("/api/download", source=name, q=wanted[0][-8:]).text
        assert wanted[0] in found.splitlines()


def test_all_logs_merge_by_time(logs: Path, serve: Serve) -> None:
    expected = _tree(logs)
    server = serve(logs)

    def merged() -> list[dict[str, Any]] | None:
        answer = server.get("/api/lines", source=list(expected), start=0, count=1000).json()
        rows: list[dict[str, Any]] = answer["lines"]
        return rows if answer["complete"] else None

    rows = until(merged)
    assert len(rows) == sum(map(len, expected.values()))
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
