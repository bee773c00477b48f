"""The keys of a hub and the hosts that it has invited, in a directory that only their owner can read."""

import contextlib
import json
import os
import time
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from logviewer.errors import CannotRunError
from logviewer.hosts import certificates
from logviewer.hosts.hub_directory import HubDirectory
from logviewer.hosts.names import check_name
from logviewer.hosts.tokens import Key, Rights, account_token, credentials, operator_token, user_token

_KEYS, _HOSTS, _LOCK = "keys.json", "hosts.json", "lock"
CERTIFICATE, CERTIFICATE_KEY = "certificate.pem", "certificate-key.pem"
"""The files of the hub's certificate, as the NATS server reads them."""
_MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Invited:
    """A key that a host was given. ``expires`` is None for a key that does not."""

    host: str
    key: str
    issued: int
    expires: int | None


@dataclass(slots=True)
class _Hosts:
    """The contents of the list of hosts. ``revoked`` maps void keys to the times when they expire anyway.

    ``changed`` is not before the last revocation, nor before the tokens that it made void.
    """

    invited: list[Invited] = field(default_factory=list)
    revoked: dict[str, int | None] = field(default_factory=dict)
    changed: int = 0


class Authority:
    """Decides which hosts are let in.

    An invitation is signed with the keys of the directory, so the NATS server needs no word of it. A revocation is part
    of the account's token, which the server reads again. Several processes may share the directory.

    Raises CannotRunError if the directory cannot be used; damaged keys are never replaced.
    """

    def __init__(self, directory: Path) -> None:
        self.path = directory
        self._files = HubDirectory(directory)
        self._expected: tuple[Hashable, Sequence[Invited]] = (None, ())
        with self._locked():
            if not self._files.has(_KEYS):
                self._create_keys()
        keys = self._read_json(_KEYS)
        try:
            self._operator, self._account = Key(keys["operator"]), Key(keys["account"])
            self.operator_token: str = keys["operator_token"]
            self.account: str = self._account.public
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise self._damaged(_KEYS) from error

    def invite(self, host: str, *, seconds: float | None) -> tuple[str, str]:
        """Return a token and its seed for a host, valid for some seconds or for ever. Raises ValueError for a bad name.

        Earlier tokens of the host stay valid.
        """
        check_name(host)
        now = int(time.time())
        expires = None if seconds is None else now + max(1, int(seconds))
        user = Key.create("user")
        with self._changed() as hosts:
            hosts.invited.append(Invited(host, user.public, now, expires))
        return self._user_token(user, host, Rights.of_host(host), now, expires), user.seed

    def revoke(self, host: str) -> int:
        """Make all tokens of a host void, and return their number. Takes effect once the server has the new token."""
        with self._changed() as hosts:
            void = [each for each in hosts.invited if each.host == host]
            hosts.invited = [each for each in hosts.invited if each.host != host]
            hosts.revoked.update((each.key, each.expires) for each in void)
            if void:
                hosts.changed = max(int(time.time()), hosts.changed, *(each.issued for each in void))
        return len(void)

    def invited(self) -> Sequence[Invited]:
        """Return the tokens that are valid."""
        now = int(time.time())
        return [each for each in self._hosts().invited if not _is_past(each.expires, now)]

    def expected(self) -> Collection[str]:
        """Return the names of the invited hosts; costs little if the list has not changed. Never raises."""
        version = self.version()
        if version != self._expected[0]:
            # A list that cannot be read now is read again after its next change.
            with contextlib.suppress(CannotRunError):
                self._expected = version, self._hosts().invited
        now = int(time.time())
        return {each.host for each in self._expected[1] if not _is_past(each.expires, now)}

    def account_token(self) -> str:
        """Return the token of the account with all revocations; the same text until the next one."""
        hosts = self._hosts()
        # A token is void if it was issued at this time or before.
        revoked = dict.fromkeys(sorted(hosts.revoked), hosts.changed)
        return account_token(self._operator, self.account, hosts.changed, revoked)

    def hub_credentials(self, hub: str, *, seconds: float | None = None) -> str:
        """Return credentials for a hub, which are kept nowhere."""
        now = int(time.time())
        user = Key.create("user")
        expires = None if seconds is None else now + int(seconds)
        return credentials(self._user_token(user, hub, Rights.of_hub(hub), now, expires), user)

    def _user_token(self, user: Key, name: str, rights: Rights, issued: int, expires: int | None) -> str:
        return user_token(self._account, user.public, name, rights, issued=issued, expires=expires)

    def certificate(self) -> str:
        """Return the hub's certificate as PEM text; the first call makes it."""
        with self._locked():
            if not self._files.has(CERTIFICATE):
                certificate, key = certificates.create()
                self.write(CERTIFICATE_KEY, key)
                self.write(CERTIFICATE, certificate)
            return self._read(CERTIFICATE).decode("ascii", "replace")

    def version(self) -> Hashable:
        """Return a value that differs after each change of the list of hosts."""
        try:
            status = (self.path / _HOSTS).stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    # Files

    def _create_keys(self) -> None:
        operator, account = Key.create("operator"), Key.create("account")
        # The server refuses to reload another token of its operator, even with the same claims.
        keys = {
            "operator": operator.seed,
            "operator_token": operator_token(operator, int(time.time())),
            "account": account.seed,
        }
        self.write(_KEYS, json.dumps(keys))

    def _hosts(self) -> _Hosts:
        if not self._files.has(_HOSTS):
            return _Hosts()
        value = self._read_json(_HOSTS)
        try:
            invited = [Invited(**each) for each in value["invited"]]
            return _Hosts(invited, dict(value["revoked"]), int(value["changed"]))
        except (KeyError, TypeError, ValueError) as error:
            raise self._damaged(_HOSTS) from error

    @contextlib.contextmanager
    def _changed(self) -> Iterator[_Hosts]:
        """Lock the list of hosts, and write it after its change, without the tokens that have expired."""
        with self._locked():
            hosts = self._hosts()
            yield hosts
            now = int(time.time())
            hosts.invited = [each for each in hosts.invited if not _is_past(each.expires, now)]
            hosts.revoked = {key: expires for key, expires in hosts.revoked.items() if not _is_past(expires, now)}
            self.write(_HOSTS, json.dumps(asdict(hosts)))

    def _read_json(self, name: str) -> Any:  # noqa: ANN401 (any JSON; its readers check it)
        try:
            return json.loads(self._read(name))
        except ValueError as error:
            raise self._damaged(name) from error

    def _read(self, name: str) -> bytes:
        try:
            data = self._files.read(name, _MOST_BYTES)
        except OSError as error:
            raise CannotRunError(f"cannot read {self.path / name}: {error.strerror or error}") from error
        if not data:
            raise CannotRunError(f"{self.path / name} belongs to another user, or is empty; run this as its owner")
        return data

    def write(self, name: str, text: str) -> Path:
        """Write a file for this user alone, and return its path."""
        try:
            self._files.write(name, [text.encode()])
        except OSError as error:
            raise self._unusable(error) from error
        return self.path / name

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._files.create()
            descriptor = self._files.lock(_LOCK, wait=True)
        except OSError as error:
            raise self._unusable(error) from error
        try:
            yield
        finally:
            os.close(descriptor)

    def _damaged(self, name: str) -> CannotRunError:
        return CannotRunError(f"{self.path / name} is damaged; restore it, or remove {self.path} and invite all anew")

    def _unusable(self, error: OSError) -> CannotRunError:
        return CannotRunError(f"cannot use {self.path}: {error.strerror or error}; set STATE_DIRECTORY to another one")


def _is_past(expires: int | None, now: int) -> bool:
    return expires is not None and expires <= now
