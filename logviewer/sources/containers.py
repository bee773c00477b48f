"""The files of container runtimes: names that people know, and files beside the logs."""

import contextlib
import os
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

_POD = re.compile(r"(?P<namespace>[^_]+)_(?P<pod>[^_]+)_[0-9a-f-]{32,36}")
_LINK = re.compile(r"(?P<pod>[^_]+)_(?P<namespace>[^_]+)_(?P<container>.+)-[0-9a-f]{64}\.log")
_ID = re.compile(r"[0-9a-f]{64}")
_SHORT_ID = 12
_CONFIG = "config.v2.json"
_PODS = "pods"
_LINKS = "containers"
# Kubelet's logs lead to Docker's where Docker runs the containers.
_DOCKER = Path("/var/lib/docker/containers")


def container_name(path: Path) -> str | None:
    """Return ``namespace/pod/container`` or the name of a Docker container for its log; None for another log."""
    if link := _LINK.fullmatch(path.name):
        return f"{link['namespace']}/{link['pod']}/{link['container']}"
    if pod := _POD.fullmatch(path.parent.parent.name):
        return f"{pod['namespace']}/{pod['pod']}/{path.parent.name}"
    if _is_of_docker(path):
        return _docker_name(path.parent) or path.parent.name[:_SHORT_ID]
    return None


def is_beside_log(path: Path, files: Container[Path]) -> bool:
    """Whether Docker writes a file beside the log of a container, if these ``files`` are beside it."""
    is_in_directory = bool(_ID.fullmatch(path.parent.name)) and path.with_name(_CONFIG) in files
    return is_in_directory and not path.name.startswith(path.parent.name)


def is_second_name(path: Path, directories: Iterable[Path]) -> bool:
    """Whether a path is a link to the log of a container that is below one of these directories."""
    if not _LINK.fullmatch(path.name) or not path.is_symlink():
        return False
    with contextlib.suppress(OSError):
        target = path.resolve()
        return any(target.is_relative_to(directory.resolve()) for directory in directories if directory != path.parent)
    return False


def linked_directories(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the directories to which kubelet's links in and below these paths lead."""
    for path in paths:
        for directory in (path, path.parent, path / _LINKS, path / _PODS):
            if directory.name == _LINKS and os.path.isdir(pods := directory.with_name(_PODS)):
                yield pods
                yield _DOCKER
            elif directory.name == _PODS and os.path.isdir(directory):
                yield _DOCKER


def _is_of_docker(path: Path) -> bool:
    return bool(_ID.fullmatch(path.parent.name)) and path.name.startswith(f"{path.parent.name}-json.log")


def _docker_name(directory: Path) -> str | None:
    with contextlib.suppress(OSError, orjson.JSONDecodeError):
        config: Any = orjson.loads((directory / _CONFIG).read_bytes())
        if isinstance(config, dict) and isinstance(name := config.get("Name"), str):
            return name.removeprefix("/") or None
    return None
