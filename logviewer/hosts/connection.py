"""A connection to the NATS server: where it is, how this end proves itself, and that TLS is never left out."""

import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from nats import errors
from nats.aio.client import Client, RawCredentials

from logviewer.hosts import certificates
from logviewer.hosts.invitations import Invitation

_PING_SECONDS = 5
_CONNECT_SECONDS = 5
_RETRY_SECONDS = 0.5
# The private method in which the client's checks are; a version without it must not connect without them.
_CONNECT_COMMAND = Client._connect_command
# The server says no more: a client that is not let in must not learn why.
_REFUSALS = ("authorization violation", "authentication expired", "authentication revoked")
# asyncio says so at the end of each TLS connection of nats-py.
logging.getLogger("asyncio").addFilter(
    lambda record: "eof_received() has no effect when using ssl" not in str(record.msg)
)


class RefusedError(errors.Error):
    """One end does not trust the other: neither a retry nor another server of this hub helps soon."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How a host or a hub reaches the NATS server.

    ``name`` is the host's or the hub's; ``credentials`` are the text of a credentials file of NATS, or its path. With a
    ``certificate``, a PEM text, only the server with this one is trusted; otherwise the authorities of the system.
    """

    name: str
    urls: tuple[str, ...]
    credentials: str | Path = field(repr=False)
    certificate: str | None = field(default=None, repr=False)

    @classmethod
    def of_invitation(cls, invitation: Invitation) -> Self:
        """Return the connection of an invited host."""
        return cls(invitation.host, invitation.urls, invitation.credentials, invitation.certificate)

    async def connect(self, *, on_error: Callable[[Exception], Awaitable[None]], **options: Any) -> Client:  # noqa: ANN401 (of nats-py)
        """Return a client that is connected to one of the servers. Raises nats.errors.Error, OSError and TimeoutError.

        The client does not reconnect: a server that refuses its credentials closes it for good, so its user needs a
        loop anyway; see ``closed_cb``. Waits for a server that cannot be reached. ``on_error`` is called with each
        error, also for a denied subject; RefusedError is for people. ``options`` are those of nats-py.
        """
        client = _SafeClient()

        async def report(error: Exception) -> None:
            await on_error(self._in_words(error))

        path = self.credentials if isinstance(self.credentials, Path) else RawCredentials(self.credentials)
        try:
            await client.connect(
                [*self.urls],
                name=self.name,
                user_credentials=path,
                tls=certificates.pinned(self.certificate) if self.certificate else None,
                error_cb=report,
                allow_reconnect=False,
                connect_timeout=_CONNECT_SECONDS,
                max_reconnect_attempts=-1,
                ping_interval=_PING_SECONDS,
                reconnect_time_wait=_RETRY_SECONDS,  # type: ignore[arg-type]
                **options,
            )
        except BaseException as error:
            # Its socket stays open, and ``close`` waits for ever for the end of a failed handshake.
            if client._transport:
                client._transport.close()  # type: ignore[no-untyped-call]
            if isinstance(error, Exception) and (plain := self._in_words(error)) is not error:
                raise plain from error
            raise
        return client

    def _in_words(self, error: Exception) -> Exception:
        """Return the error that people should read: for most, the same."""
        if isinstance(error, ssl.SSLCertVerificationError):
            wanted = "that of the invitation" if self.certificate else "valid"
            return RefusedError(
                f"the certificate of the server is not {wanted} ({error.verify_message}); nothing was sent"
            )
        if isinstance(error, errors.SecureConnRequiredError):
            return RefusedError("the server offers no TLS; nothing was sent")
        if any(each in str(error).lower() for each in _REFUSALS):
            return RefusedError(f"the server refuses {self.name}: its credentials were revoked, or have expired")
        return error


class _SafeClient(Client):
    """A client that sends no byte without TLS to a server whose URL begins with ``tls://``.

    The base class goes on in plain text with a server that does not ask for TLS, so anyone on the path could read and
    ask.
    """

    def _connect_command(self) -> bytes:
        server = self._current_server
        if server is None or server.uri.scheme != "nats":
            # The attributes are private: without them this raises, and no connection is made.
            writer = self._transport._io_writer  # type: ignore[union-attr]
            if writer.get_extra_info("ssl_object") is None:
                raise errors.SecureConnRequiredError
        return _CONNECT_COMMAND(self)
