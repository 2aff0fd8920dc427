"""Closing and opening what the vault keeps: authenticated encryption, bound to the place where it stands.

Each plaintext names its own place (list, stratum, position, kind of installation). A ciphertext that was moved, or that comes
from a demo, opens to a place that is not the one it was found in, and is refused like one that was altered.
All ciphertexts of one kind have one length, so that length tells nothing.
"""

import json
from collections.abc import Mapping
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from enrollment.vault.refusal import VaultRefusedError

Place = Mapping[str, str | int]

ARM_BYTES = 512
PARAMETERS_BYTES = 4096


def made_in() -> str:
    """What kind of installation this is, as bound into every ciphertext: a list serves the kind it was made in."""
    return "production" if settings.IS_PRODUCTION else "demo"


def close(content: str, place: Place, *, size: int) -> bytes:
    """Encrypt `content` for its place; the plaintext is filled up to a multiple of `size` bytes."""
    text = json.dumps({"place": _bind(place), "content": content}, sort_keys=True).encode()
    filled = text.ljust(-(-len(text) // size) * size)
    return _fernet(settings.ALLOCATION_KEYS).encrypt(filled)


def open_at(token: bytes | memoryview, place: Place) -> str:
    """The content, if it was closed with one of our keys for exactly this place; else `VaultRefusedError`."""
    try:
        found = json.loads(_fernet(settings.ALLOCATION_KEYS).decrypt(bytes(token)))
    except InvalidToken as error:
        raise VaultRefusedError(f"A ciphertext was altered, or its key is missing ({_name(place)}).") from error
    if found["place"] != _bind(place):
        raise VaultRefusedError(f"A ciphertext does not belong where it stands ({_name(place)}).")
    return str(found["content"])


def _bind(place: Place) -> dict[str, str | int]:
    return {**place, "made in": made_in()}


def _name(place: Place) -> str:
    return ", ".join(f"{key} {value}" for key, value in place.items())


@lru_cache(maxsize=4)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def opens_with_first_key(token: bytes | memoryview) -> bool:
    """Whether a ciphertext was made with the key that encrypts now."""
    try:
        Fernet(settings.ALLOCATION_KEYS[0]).decrypt(bytes(token))
    except InvalidToken:
        return False
    return True
