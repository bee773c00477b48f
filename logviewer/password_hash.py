"""Passwords and their hashes (argon2id)."""

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """What the configuration holds in place of the password."""
    return _HASHER.hash(password)


def is_hash(text: str) -> bool:
    """Whether it was made by ``hash_password``, or by another program for argon2."""
    try:
        extract_parameters(text)
    except InvalidHashError:
        return False
    return True


def is_right(password: str, password_hash: str) -> bool:
    """Whether the hash is of this password; takes some tens of milliseconds, and as much memory as the hash says."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
