"""What the root key is wrapped by, which wraps all others: a key in a file or a systemd credential, or a program.

``KeyProvider`` is all that is asked of one. A PKCS#11 token or a cloud's key service is added as a class with
these two methods (wrap: ``C_Encrypt`` with a key that never leaves the token; unwrap: ``C_Decrypt``), or, with
nothing written here, as the programs that ``Program`` calls: age, gpg, vault, pkcs11-tool.
"""

from __future__ import annotations

import base64
import subprocess  # the partnership's own programs, named in broker.yaml
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from broker.audit.sealing import KEY_BYTES

_LONGEST = 60.0
"""Seconds that a program may take; somebody may have to touch a token."""


class ProviderFailed(Exception):
    """The keys cannot be wrapped or unwrapped; the sentence says what to do, and quotes nothing secret."""


class KeyProvider(Protocol):
    """Wraps the root key (32 bytes), and unwraps it again. Both raise ProviderFailed.

    It is asked once by each command and start; never for an entry.
    """

    def wrap(self, plain: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes) -> bytes: ...


@dataclass(frozen=True, slots=True)
class RootKey:
    """A key of 32 bytes that this process can read: from a file, or a systemd credential. RFC 3394."""

    key: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str, where: str) -> RootKey:
        """Raises ProviderFailed where the text is not 64 hexadecimal digits."""
        try:
            key = bytes.fromhex(text)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise ProviderFailed(
                f"{where} is not the key that wraps the log's keys: 64 hexadecimal digits. For new keys make it"
                " with: openssl rand -hex 32"
            )
        return cls(key)

    def wrap(self, plain: bytes) -> bytes:
        return aes_key_wrap(self.key, plain)

    def unwrap(self, wrapped: bytes) -> bytes:
        try:
            return aes_key_unwrap(self.key, wrapped)
        except (InvalidUnwrap, ValueError):
            raise ProviderFailed(
                "The log's keys are wrapped by another root key. Bring back the one that they were made with."
            ) from None


@dataclass(frozen=True, slots=True)
class Program:
    """Programs that hold the key. Each is given base64 on its standard input, and prints base64."""

    wrapping: Sequence[str]
    unwrapping: Sequence[str]

    def wrap(self, plain: bytes) -> bytes:
        return _printed(self.wrapping, plain)

    def unwrap(self, wrapped: bytes) -> bytes:
        return _printed(self.unwrapping, wrapped)


def _printed(words: Sequence[str], given: bytes) -> bytes:
    """What a program prints. What it says beside it is not repeated: it may quote a secret."""
    try:
        ran = subprocess.run(  # nosec B603  # noqa: S603 -- no shell; the words are the partnership's own, in broker.yaml
            list(words),
            input=base64.b64encode(given) + b"\n",
            capture_output=True,
            timeout=_LONGEST,
            check=False,
        )
        if ran.returncode == 0 and ran.stdout.strip():
            return base64.b64decode(ran.stdout.strip(), validate=True)
        why = f"ended with {ran.returncode}" if ran.returncode else "printed nothing"
    except (OSError, subprocess.TimeoutExpired, ValueError) as fault:
        why = f"failed with {type(fault).__name__}"
    raise ProviderFailed(
        f"audit.key_provider: {words[0]} {why}. It is given base64 on standard input and has to print base64;"
        " run it by hand to see what it says."
    )
