"""Names and ids of sources: on their machine, and at a hub of many hosts."""

import hashlib
import os
import re
from pathlib import Path

from logviewer.rotation.classifier import RotationClassifier
from logviewer.sources.containers import container_name


def plain_name(path: Path, classifier: RotationClassifier) -> str:
    """Return the name of a source: of its container, or with its directory if its files have dates for names."""
    if name := container_name(path):
        return name
    has_no_stem = path.name.startswith(".") and classifier.is_family(path)
    return path.parent.name + path.name if has_no_stem else path.name


def shown_name(name: str, host: str | None) -> str:
    """Return the name that users see: ``host:name`` at a hub."""
    return f"{host}:{name}" if host else name


def source_id(path: Path, name: str, host: str | None = None) -> str:
    """Return an id that depends on host, path and name only: it is the same in every server, and at every hub."""
    slug = _slug(shown_name(name, host)) or "log"
    key = (host or "").encode()
    key = key if len(key) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.blake2b(key).digest()
    return f"{slug[:40]}-{hashlib.blake2b(os.fsencode(path), digest_size=8, key=key).hexdigest()}"


def may_be_of(host: str, wanted: str) -> bool:
    """Return whether an id or a name may be that of a source of a host, which is not known."""
    return wanted.startswith((f"{host}:", f"{_slug(host)}-"))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
