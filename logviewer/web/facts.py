"""Encodes the bodies of ``/api/sources`` and ``/api/hosts``."""

import logging
from collections.abc import Sequence
from functools import lru_cache

import orjson

from logviewer.hosts.status import HostStatus
from logviewer.showable import one_line, visible_json
from logviewer.source import Source, SourceStatus

_LOG = logging.getLogger("logviewer")


def encode_hosts(hosts: Sequence[HostStatus]) -> bytes:
    """Return the body of ``/api/hosts``."""
    return visible_json(orjson.dumps(hosts))


def encode_sources(sources: Sequence[Source | SourceStatus]) -> bytes:
    """Return the body of ``/api/sources``."""
    return visible_json(orjson.dumps([_status(source) for source in sources]))


def _status(source: Source | SourceStatus) -> SourceStatus:
    """Return the status of a source, also if a fault of this program prevents it: all others are shown."""
    if isinstance(source, SourceStatus):
        return source
    try:
        return source.status()
    except Exception as error:  # noqa: BLE001 (any)
        _warn(one_line(source.name), repr(error))
        reason = "see the log of the server"
        return SourceStatus(source.id, source.name, "", 0, None, None, "unreadable", reason, None, source.host, "")


@lru_cache(256)
def _warn(name: str, error: str) -> None:
    """Log an error of a source once."""
    _LOG.error("the state of %s cannot be shown: %s", name, error)
