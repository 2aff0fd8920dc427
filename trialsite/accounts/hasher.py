"""Hashes of passwords that nobody can try words against who has the database alone: a key that is not in it goes into each.

The blinded role of the database reads the hashes of all accounts, for its process compares them; so does whoever holds a backup. The key is one of
`settings.SECOND_FACTOR_KEYS`, which the processes of a trial share: the first for new hashes, every other for those made with it before.
"""

from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.utils.crypto import salted_hmac

_NAME_CHARACTERS = 8


class KeyedHasher(Argon2PasswordHasher):
    """Argon2 of a keyed digest of the password. What is stored names the key, by the beginning of a digest of it."""

    algorithm = "keyed"

    def encode(self, password: str, salt: str) -> str:
        key = settings.SECOND_FACTOR_KEYS[0]
        algorithm, rest = super().encode(_digest(password, key), salt).split("$", 1)
        return f"{algorithm}${_name(key)}${rest}"

    def decode(self, encoded: str) -> dict[str, Any]:
        decoded: dict[str, Any] = super().decode(_without_name(encoded))
        return decoded

    def verify(self, password: str, encoded: str) -> bool:
        """False also where the key is gone: the person then gets a link, as after a forgotten password."""
        key = _find_key(encoded)
        return key is not None and bool(super().verify(_digest(password, key), _without_name(encoded)))

    def must_update(self, encoded: str) -> bool:
        return _find_key(encoded) != settings.SECOND_FACTOR_KEYS[0] or bool(super().must_update(encoded))


def _digest(password: str, key: str) -> str:
    return salted_hmac("trialsite.accounts.hasher", password, secret=key, algorithm="sha256").hexdigest()


def _name(key: str) -> str:
    return sha256(f"trialsite.accounts.hasher {key}".encode()).hexdigest()[:_NAME_CHARACTERS]


def _find_key(encoded: str) -> str | None:
    named = encoded.split("$", 2)[1]
    return next((key for key in settings.SECOND_FACTOR_KEYS if _name(key) == named), None)


def _without_name(encoded: str) -> str:
    algorithm, _, rest = encoded.split("$", 2)
    return f"{algorithm}${rest}"
