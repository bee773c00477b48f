"""The keys of NATS and the tokens that they sign: an operator vouches for an account, an account for its users.

The claims are those of version 2 of https://github.com/nats-io/jwt.
"""

import base64
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import nkeys

from logviewer.hosts.names import token

Kind = Literal["operator", "account", "user"]
_PREFIXES = {
    "operator": nkeys.PREFIX_BYTE_OPERATOR,
    "account": nkeys.PREFIX_BYTE_ACCOUNT,
    "user": nkeys.PREFIX_BYTE_USER,
}
_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}
_UNLIMITED = -1
# A host and a hub have some subscriptions each, not thousands.
_MOST_SUBSCRIPTIONS = 64
_CREDENTIALS = """-----BEGIN NATS USER JWT-----
{}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
{}
------END USER NKEY SEED------
"""


@dataclass(frozen=True, slots=True)
class Key:
    """An Ed25519 key in the text forms of NATS. ``seed`` is the secret."""

    seed: str = field(repr=False)

    @classmethod
    def create(cls, kind: Kind) -> Self:
        """Create a random key."""
        return cls(nkeys.encode_seed(os.urandom(32), _PREFIXES[kind]).decode())

    @property
    def public(self) -> str:
        """The public key. Raises ValueError for a damaged seed."""
        return str(self._pair().public_key.decode())

    def sign(self, data: bytes) -> bytes:
        """Return the signature of the data."""
        return bytes(self._pair().sign(data))

    def _pair(self) -> nkeys.KeyPair:
        try:
            return nkeys.from_seed(self.seed.encode())
        except nkeys.NkeysError as error:
            raise ValueError("the seed of a key is damaged") from error


@dataclass(frozen=True, slots=True)
class Rights:
    """The subjects that a user may publish to and subscribe to; all others are denied."""

    publish: Sequence[str]
    subscribe: Sequence[str]

    @classmethod
    def of_host(cls, host: str) -> Self:
        """Return the rights of a host: to answer under its own name, and to hear its own questions."""
        name = token(host)
        return cls([f"lv.up.{name}", f"lv.to.*.{name}.>"], [f"lv.ask.{name}.*", "lv.who"])

    @classmethod
    def of_hub(cls, hub: str) -> Self:
        """Return the rights of a hub: to ask all hosts, and to hear its own answers."""
        return cls(["lv.ask.*.*", "lv.who"], ["lv.up.*", f"lv.to.{token(hub)}.>"])


def operator_token(operator: Key, issued: int) -> str:
    """Return the token of an operator, which it signs itself."""
    return _encode(operator, operator.public, {"iat": issued, "name": "logviewer"}, {"type": "operator"})


def account_token(operator: Key, account: str, issued: int, revoked: Mapping[str, int]) -> str:
    """Return the token of an account. ``revoked`` maps public keys of users to the time of their last void token."""
    limits = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), _UNLIMITED)
    claims = {"limits": {**limits, "wildcards": True}, "revocations": dict(revoked), "type": "account"}
    return _encode(operator, account, {"iat": issued, "name": "logviewer"}, claims)


def user_token(  # noqa: PLR0913 (the claims of a token)
    account: Key, user: str, name: str, rights: Rights, *, issued: int, expires: int | None
) -> str:
    """Return the token of a user. All times are in seconds of the epoch."""
    claims = {
        "pub": {"allow": list(rights.publish)},
        "sub": {"allow": list(rights.subscribe)},
        "subs": _MOST_SUBSCRIPTIONS,
        "data": _UNLIMITED,
        "payload": _UNLIMITED,
        "allowed_connection_types": ["STANDARD"],
        "type": "user",
    }
    times = {"iat": issued} if expires is None else {"iat": issued, "exp": expires}
    return _encode(account, user, {**times, "name": name}, claims)


def claims_of(jwt: str) -> Mapping[str, Any]:
    """Return the claims of a token; its signature is not checked. Raises ValueError for another text."""
    try:
        claims = json.loads(_decoded(jwt.split(".")[1]))
    except (IndexError, ValueError) as error:
        raise ValueError("the token is damaged") from error
    if not isinstance(claims, dict):
        raise ValueError("the token is damaged")
    return claims


def credentials(jwt: str, user: Key) -> str:
    """Return the text of a credentials file of NATS."""
    return _CREDENTIALS.format(jwt, user.seed)


def _encode(issuer: Key, subject: str, common: Mapping[str, Any], nats: Mapping[str, Any]) -> str:
    claims: dict[str, Any] = {**common, "iss": issuer.public, "sub": subject, "nats": {**nats, "version": 2}}
    digest = hashlib.new("sha512_256", _json(claims)).digest()
    claims["jti"] = base64.b32encode(digest).decode().rstrip("=")
    signed = f"{_encoded(_json(_HEADER))}.{_encoded(_json(claims))}"
    return f"{signed}.{_encoded(issuer.sign(signed.encode()))}"


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
