"""Tags as they lie in a keystore: veiled by its period, so that no copy from before tells any once that is over.

A tag is 16 bytes of HMAC: one block of AES, and as good as random. So the block cipher alone (AES-256) gives equal
tags equal veils, which is what looking them up takes, and can be undone by whoever has the period's key.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from broker.audit.sealing import derived

_BLOCK = 16


def veil_of(wrapping: bytes) -> bytes:
    """The key of the veil of an epoch and a period, from what wraps its people's keys (both 32 bytes)."""
    return derived(wrapping, "veil of tags")


def veiled(tags: Sequence[bytes], veil: bytes) -> list[bytes]:
    """The tags as they lie there. ``veil`` is 32 bytes."""
    return _blocks(_cipher(veil).encryptor().update(b"".join(tags)))


def unveiled(blocks: Sequence[bytes], veil: bytes) -> list[bytes]:
    """The tags again."""
    return _blocks(_cipher(veil).decryptor().update(b"".join(blocks)))


def _cipher(veil: bytes) -> Cipher[ECB]:
    # Each block is a pseudo-random value of its own, and that equal ones are seen to be equal is the purpose.
    return Cipher(AES(veil), ECB())  # nosec B305  # noqa: S305 -- see above


def _blocks(joined: bytes) -> list[bytes]:
    return [joined[at : at + _BLOCK] for at in range(0, len(joined), _BLOCK)]
