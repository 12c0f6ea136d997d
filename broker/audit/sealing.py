"""Encryption within the log: a fresh key a part, wrapped by the key of whoever may read it.

AES-256-GCM with a random 96-bit nonce; the entry's clear line and the part's name are the associated data, so
that a part cannot be moved to another entry or another place in it. Keys are wrapped by RFC 3394. Parts are
padded, so that an entry is as long for a record that was withheld as for one that was not there.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

KEY_BYTES, NONCE_BYTES = 32, 12
RANDOM_BYTES = KEY_BYTES + NONCE_BYTES
"""What a part takes: a key and a nonce."""


class Unreadable(Exception):
    """The part cannot be opened: its key was destroyed, or the entry was changed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted part: its key wrapped, then nonce and ciphertext together."""

    wrapped_key: bytes
    sealed: bytes = field(repr=False)


def derived(key: bytes, purpose: str) -> bytes:
    """A key for one purpose from a longer-lived one: HKDF-SHA256."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def seal(plain: bytes, owner_key: bytes, bound: bytes, room: int) -> Sealed:
    """Encrypt a part, bound to ``bound``, for the holder of ``owner_key`` (32 bytes).

    It is filled up with blanks to ``room`` bytes, or to a multiple of them when it is longer.
    """
    return Sealed(*sealed_with(os.urandom(RANDOM_BYTES), plain, owner_key, bound, room))


def sealed_with(
    random: bytes, plain: bytes, owner_key: bytes, bound: bytes, room: int
) -> tuple[bytes, bytes]:
    """The same for whoever asks once for the randomness of many parts: wrapped key, then nonce and ciphertext.

    ``random``: RANDOM_BYTES from the operating system, for this part alone.
    """
    key, nonce = random[:KEY_BYTES], random[KEY_BYTES:]
    padded = plain + b" " * (-len(plain) % room)
    return aes_key_wrap(owner_key, key), nonce + AESGCM(key).encrypt(nonce, padded, bound)


def unseal(part: Sealed, owner_key: bytes, bound: bytes) -> bytes:
    """The part's bytes, padded with blanks. Raises Unreadable."""
    try:
        key = aes_key_unwrap(owner_key, part.wrapped_key)
        return AESGCM(key).decrypt(part.sealed[:NONCE_BYTES], part.sealed[NONCE_BYTES:], bound)
    except (InvalidUnwrap, InvalidTag, ValueError):
        raise Unreadable from None
