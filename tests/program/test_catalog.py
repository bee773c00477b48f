"""Which files become sources: globs, directories, exclusions, and stable ids."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.server import Server, until

Serve = Callable[..., Server]


def sources(server: Server, below: Path) -> list[dict[str, Any]]:
    return [each for each in server.get("/api/sources").json() if Path(each["path"]).is_relative_to(below)]


def found(server: Server, below: Path) -> set[str]:
    """Return the relative paths of the sources."""
    return {str(Path(each["path"]).relative_to(below)) for each in sources(server, below)}


# The files of the tree that the server searches.
LEFT_OUT = [
    ".hidden.log",
    ".git/config.log",
    "app.log.1",
    "app.log.2",
    "app.log-20261119",
    "app-2026-11-19.log",
    "app.log.old",
    "app.log.3.gz",
    "old.log.zip",
    "other.Z",
    "other.tar.gz",
    "other.zip",
    "app.log~",
    "app.pid",
    "app.sock",
    "user.journal",
]
BINARY = ["core", "program.log"]
TAKEN = ["app.log", "syslog", "deep/er/app.log", "deep/other.log", "error_log", "access.2.log", "data.jsonl"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("catalog")
    for directory in ("tree", "flat", "rotating", "awaiting", "glob/a", "glob/b", "glob/deep/er"):
        (root / directory).mkdir(parents=True)
    for name in (*LEFT_OUT, *TAKEN):
        path = root / "tree" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("line\n")
    for name in BINARY:
        (root / "tree" / name).write_bytes(b"\x7fELF\x02\x01\x01" + bytes(100))
    (root / "glob" / "a" / "app.log").write_text("of a\n")
    (root / "glob" / "b" / "app.log").write_text("of b\n")
    (root / "rotating" / "app.log").write_text("line\n")
    (root / "awaiting" / "app.log").write_text("line\n")
    return root


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[Server]:
    directories = [root / name for name in ("tree", "flat", "rotating", "awaiting")]
    with Server(*directories, root / "glob" / "*" / "*.log", root / "glob" / "**" / "*.deep") as running:
        yield running


def test_a_directory_is_searched_for_logs_to_its_depth(server: Server, root: Path) -> None:
    assert found(server, root / "tree") == set(TAKEN)


@pytest.fixture(scope="module")
def later(server: Server, root: Path) -> Path:
    """A server of the same tree, after files appeared and disappeared and the server has polled them."""
    (root / "flat" / "new").mkdir()
    (root / "flat" / "new" / "app.log").touch()
    (root / "flat" / "new" / "app.log.gz").touch()
    (root / "glob" / "c").mkdir()
    (root / "glob" / "c" / "new.log").touch()
    (root / "glob" / "c" / "new.txt").touch()
    (root / "glob" / "deep" / "er" / "new.deep").touch()
    (root / "rotating" / "app.log").rename(root / "rotating" / "app.log.1")
    (root / "rotating" / "app.log").touch()
    (root / "awaiting" / "app.log").rename(root / "awaiting" / "app.log.1")
    markers = [root / name / "marker.log" for name in ("flat", "rotating", "awaiting", "glob/a")]
    for marker in markers:
        marker.touch()
    until(lambda: {str(marker.relative_to(root)) for marker in markers} <= found(server, root))
    return root


def test_new_files_in_a_directory_become_sources(server: Server, later: Path) -> None:
    assert found(server, later / "flat") == {"marker.log", "new/app.log"}


def test_new_files_of_a_glob_become_sources(server: Server, later: Path) -> None:
    new = found(server, later / "glob") - {"a/app.log", "b/app.log", "a/marker.log"}
    assert new == {"c/new.log", "deep/er/new.deep"}


def test_files_of_the_same_name_are_two_sources(server: Server, root: Path) -> None:
    ids = {each["path"]: each["id"] for each in sources(server, root / "glob") if each["name"] == "app.log"}
    texts = {
        path: [line["text"] for line in server.get("/api/lines", source=each).json()["lines"]]
        for path, each in ids.items()
    }
    assert texts == {str(root / "glob" / parent / "app.log"): [f"of {parent}"] for parent in "ab"}


def test_a_rotated_file_does_not_become_a_source(server: Server, later: Path) -> None:
    assert found(server, later / "rotating") == {"app.log", "marker.log"}


def test_a_rotated_file_is_no_source_before_its_successor_exists(server: Server, later: Path) -> None:
    assert found(server, later / "awaiting") == {"app.log", "marker.log"}


def test_a_file_named_on_the_command_line_is_a_source(logs: Path, serve: Serve) -> None:
    names = [".hidden.log", "app.log", "app.log.1", "dump.gz", "a[1].log"]
    for name in names:
        (logs / name).write_text(f"{name}\n")
    server = serve(*(logs / name for name in names))
    assert found(server, logs) == set(names)


def test_a_file_named_twice_is_one_source(logs: Path, serve: Serve) -> None:
    log = logs / "app.log"
    log.touch()
    server = serve(log, logs, logs / "." / "app.log", logs / "*.log")
    assert [each["path"] for each in server.get("/api/sources").json()] == [str(log)]


def test_ids_are_the_same_after_a_restart_with_other_paths(logs: Path, serve: Serve) -> None:
    for name in ("a.log", "b.log", "ÄÖ.log"):
        (logs / name).touch()
    first = {each["path"]: each["id"] for each in serve(logs).get("/api/sources").json()}
    second = {each["path"]: each["id"] for each in serve(logs / "b.log", logs / "[!b]*.log").get("/api/sources").json()}
    assert second == first
    assert len(set(first.values())) == 3
    assert all(each.isascii() and "/" not in each for each in first.values())


def test_300_sources_are_followed_together(logs: Path, serve: Serve) -> None:
    for number in range(300):
        (logs / f"app-{number:03}x.log").write_text(f"{number}\n")
    server = serve(logs)
    ids = [each["id"] for each in server.get("/api/sources").json()]
    assert len(set(ids)) == 300
    with server.client.stream("GET", "/api/stream", params={"source": ids, "from": "start", "format": "text"}) as got:
        texts = (line for line in got.iter_lines() if line and not line.startswith("==>"))
        assert {next(texts) for _ in ids} == {str(number) for number in range(300)}
        (logs / "app-150x.log").write_text("150\nnew\n")
        assert next(texts) == "new"


def test_a_loop_of_links_ends(logs: Path, serve: Serve) -> None:
    (logs / "app.log").touch()
    (logs / "loop").symlink_to(logs)
    (logs / "circle.log").symlink_to(logs / "circle.log")
    (logs / "link.log").symlink_to(logs / "app.log")
    assert found(serve(logs), logs) == {"app.log", "link.log"}


def test_files_deleted_long_ago_are_no_sources(logs: Path, serve: Serve) -> None:
    for name in ("kept.log", "gone.log", "gone.log.1", "short.log"):
        (logs / name).write_text("line\n")
    at_once = "import logviewer.rotation.history as it, logviewer.__main__ as run\nit.HOLD_SECONDS = 0\nrun.main()"
    server = serve(logs, logs / "named.log", program=[sys.executable, "-c", at_once])
    assert found(server, logs) == {"kept.log", "gone.log", "short.log", "named.log"}
    (logs / "gone.log").unlink()
    (logs / "short.log").unlink()
    # The rotated files still belong to their log.
    until(lambda: found(server, logs) == {"kept.log", "gone.log", "named.log"})
    (logs / "gone.log.1").unlink()
    until(lambda: found(server, logs) == {"kept.log", "named.log"})
    (logs / "short.log").write_text("again\n")
    until(lambda: found(server, logs) == {"kept.log", "short.log", "named.log"})
    assert server.get("/api/lines", source="short.log", start=0).json()["lines"][0]["text"] == "again"
