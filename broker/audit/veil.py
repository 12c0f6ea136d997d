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


class Veil:
    """The veil of an epoch and a period. It is kept: a cipher costs more to begin than a person's tags take.

    One thread at a time may use it.
    """

    __slots__ = ("_off", "_over")

    def __init__(self, wrapping: bytes) -> None:
        """``wrapping`` is what wraps the keys of that epoch's and period's people (32 bytes)."""
        # Each block is a pseudo-random value of its own, and that equal ones are seen to be equal is the purpose.
        cipher = Cipher(AES(derived(wrapping, "veil of tags")), ECB())  # nosec B305  # noqa: S305 -- see above
        self._over, self._off = cipher.encryptor(), cipher.decryptor()

    def veiled(self, tags: Sequence[bytes]) -> list[bytes]:
        """The tags as they lie there."""
        return _blocks(self._over.update(b"".join(tags)))

    def unveiled(self, blocks: Sequence[bytes]) -> list[bytes]:
        """The tags again."""
        return _blocks(self._off.update(b"".join(blocks)))


def _blocks(joined: bytes) -> list[bytes]:
    return [joined[at : at + _BLOCK] for at in range(0, len(joined), _BLOCK)]
