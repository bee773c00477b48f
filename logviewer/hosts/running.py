"""The file by which the commands find the hub that runs with a directory: its address, and the revocations it knows."""

import contextlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from logviewer.errors import CannotRunError
from logviewer.hosts.hub_directory import HubDirectory
from logviewer.hosts.names import Address

_FILE, _LOCK = "running.json", "running"
_MOST_BYTES = 4096
_POLL_SECONDS = 0.02
_END_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class _Status:
    address: Address
    signature: str


class Running:
    """The hub of a directory, seen from inside or from another process."""

    def __init__(self, directory: Path) -> None:
        self._path = directory
        self._files = HubDirectory(directory)
        self._held: int | None = None

    def hold(self) -> None:
        """Become the hub of the directory until the process ends. Raises CannotRunError if there is one.

        Workers of a hub that was killed end a moment later.
        """
        deadline = time.monotonic() + _END_SECONDS
        while (held := self._lock()) is None and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        self._held = held
        if held is None:
            raise CannotRunError(f"another hub runs with {self._path}; stop it, or set STATE_DIRECTORY to another one")

    def release(self) -> None:
        """Let another hub begin."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def write(self, address: Address, token: str) -> None:
        """Note the address of the NATS server, and the token of the account that it has read."""
        value = {"address": str(address), "signature": _signature(token)}
        with contextlib.suppress(OSError):
            self._files.write(_FILE, [json.dumps(value).encode()])

    @property
    def is_running(self) -> bool:
        """Whether a hub runs."""
        held = self._lock()
        if held is not None:
            os.close(held)
        return held is None

    @property
    def address(self) -> Address | None:
        """The address at which the NATS server of the hub listens, or did when it ran last."""
        status = self._read()
        return status.address if status else None

    def has_read(self, token: str, *, seconds: float) -> bool:
        """Wait until the hub's server has read this token of the account. Return False if it does not in this time."""
        deadline = time.monotonic() + seconds
        while True:
            status = self._read()
            if status and status.signature == _signature(token):
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)

    def _lock(self) -> int | None:
        """Lock the file of the running hub; return None if another process holds it. Raises CannotRunError."""
        try:
            return self._files.lock(_LOCK, wait=False)
        except BlockingIOError:
            return None
        except OSError as error:
            raise CannotRunError(f"cannot use {self._path / _LOCK}: {error.strerror}; run this as its owner") from error

    def _read(self) -> _Status | None:
        try:
            value = json.loads(self._files.read(_FILE, _MOST_BYTES))
            return _Status(Address.parse(value["address"]), str(value["signature"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _signature(token: str) -> str:
    return token.rpartition(".")[2]
