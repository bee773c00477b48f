"""Invitations: one line that says which host an agent is, where it dials, and how it proves both ends."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any, Self

from logviewer.hosts.names import Address, check_name
from logviewer.hosts.tokens import Key, claims_of, credentials

PREFIX = "lv1:"
"""The start of each invitation; the number is the version of its form."""
MOST_CHARACTERS = 16_384
_DAMAGED = "the invitation is damaged; copy the whole line that starts with lv1:"


@dataclass(frozen=True, slots=True)
class Invitation:
    """The right to answer as one host.

    ``certificate`` is the PEM text of the only certificate that the agent trusts; without one, the connection is not
    encrypted. ``jwt`` names the rights, and ``seed`` is the secret that proves them.
    """

    host: str
    addresses: tuple[Address, ...]
    jwt: str = field(repr=False)
    seed: str = field(repr=False)
    certificate: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of an invitation, which mail or a terminal may have broken into lines.

        Raises ValueError, whose message has no part of the text.
        """
        try:
            return cls._of(_decoded("".join(text.split())))
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(_DAMAGED) from error

    @classmethod
    def _of(cls, value: Any) -> Self:  # noqa: ANN401 (any JSON; each use is checked)
        jwt, seed, certificate = value["jwt"], value["seed"], value.get("certificate")
        addresses = tuple(Address.parse(each) for each in value["addresses"])
        if not addresses or claims_of(jwt)["sub"] != Key(seed).public or not isinstance(certificate, str | None):
            raise ValueError(_DAMAGED)
        return cls(check_name(value["host"]), addresses, jwt, seed, certificate)

    def __str__(self) -> str:
        value = {
            "host": self.host,
            "addresses": [str(each) for each in self.addresses],
            "jwt": self.jwt,
            "seed": self.seed,
            **({"certificate": self.certificate} if self.certificate else {}),
        }
        encoded = base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode())
        return PREFIX + encoded.decode().rstrip("=")

    @property
    def expires(self) -> int | None:
        """The time in seconds of the epoch after which no server accepts the invitation."""
        expires = claims_of(self.jwt).get("exp")
        return expires if isinstance(expires, int) else None

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses as URLs of NATS."""
        scheme = "tls" if self.certificate else "nats"
        return tuple(f"{scheme}://{each}" for each in self.addresses)

    @property
    def credentials(self) -> str:
        """The text of a credentials file of NATS."""
        return credentials(self.jwt, Key(self.seed))


def _decoded(text: str) -> object:
    if len(text) > MOST_CHARACTERS or not text.startswith(PREFIX):
        raise ValueError(_DAMAGED)
    encoded = text.removeprefix(PREFIX)
    try:
        return json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (binascii.Error, RecursionError) as error:
        raise ValueError(_DAMAGED) from error
