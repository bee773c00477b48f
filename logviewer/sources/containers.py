"""The files of container runtimes: names that people know, and files beside the logs."""

import contextlib
import os
import re
import stat
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from logviewer.files.byte_file import ByteFile

_POD = re.compile(r"(?P<namespace>[^_]+)_(?P<pod>[^_]+)_[0-9a-f-]{32,36}")
_LINK = re.compile(r"(?P<pod>[^_]+)_(?P<namespace>[^_]+)_(?P<container>.+)-[0-9a-f]{64}\.log")
_ID = re.compile(r"[0-9a-f]{64}")
_SHORT_ID = 12
_CONFIG = "config.v2.json"
_MOST_CONFIG_BYTES = 1024 * 1024
# Docker allows no other.
_DOCKER_NAME = re.compile(r"/?(?P<name>[a-zA-Z0-9][\w.-]{0,254})", re.ASCII)
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
    """Yield the directories to which kubelet's links in and below these paths lead.

    A directory that another user made is none of kubelet's, which could lead anywhere.
    """
    for path in paths:
        for directory in (path, path.parent, path / _LINKS, path / _PODS):
            if directory.name == _LINKS and _is_own(pods := directory.with_name(_PODS)):
                yield pods
                yield _DOCKER
            elif directory.name == _PODS and _is_own(directory):
                yield _DOCKER


def _is_own(directory: Path) -> bool:
    """Whether this is a directory of root or of this user, and no symlink."""
    with contextlib.suppress(OSError):
        status = directory.lstat()
        return stat.S_ISDIR(status.st_mode) and status.st_uid in {0, os.geteuid()}
    return False


def _is_of_docker(path: Path) -> bool:
    return bool(_ID.fullmatch(path.parent.name)) and path.name.startswith(f"{path.parent.name}-json.log")


def _docker_name(directory: Path) -> str | None:
    with contextlib.suppress(OSError, orjson.JSONDecodeError):
        file = ByteFile.open(directory / _CONFIG, follow=False)
        try:
            config: Any = orjson.loads(file.pread(_MOST_CONFIG_BYTES, 0))
        finally:
            file.close()
        if isinstance(config, dict) and isinstance(name := config.get("Name"), str):
            found = _DOCKER_NAME.fullmatch(name)
            return found["name"] if found else None
    return None
