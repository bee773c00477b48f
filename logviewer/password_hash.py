"""Argon2id hashes of passwords."""

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """Return the hash of a password for the configuration."""
    return _HASHER.hash(password)


def is_hash(text: str) -> bool:
    """Return whether a text is an argon2 hash, of ``hash_password`` or another program."""
    try:
        extract_parameters(text)
    except InvalidHashError:
        return False
    return True


def verify_password(password: str, password_hash: str) -> bool:
    """Return whether a hash is of this password. Takes tens of milliseconds, and the memory that the hash demands."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
