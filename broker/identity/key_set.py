"""The identity provider's public keys: from a file, or from its https address.

Keys are read again when a token names one that is not known, and when they are ten minutes old, so that a key
which the provider withdrew is soon believed no longer; at most once in 30 seconds, so that a flood of made-up
key names costs the provider nothing. When the provider cannot be reached, the last keys hold for a day.
Addresses are followed nowhere else: a redirect is a failure.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

READ_AGAIN_AFTER = timedelta(seconds=30)
FRESH_FOR = timedelta(minutes=10)
HOLDS_FOR = timedelta(hours=24)
LARGEST_BYTES = 256 * 1024
_KINDS: Mapping[str, type[ECKey | RSAKey]] = {"EC": ECKey, "RSA": RSAKey}

log = logging.getLogger(__name__)


class KeysUnreachable(Exception):
    """The identity provider's keys cannot be read, and no earlier ones hold any more."""


class ReadKeys(Protocol):
    """Reads the bytes of a JWKS. Raises OSError, aiohttp.ClientError or TimeoutError."""

    async def __call__(self) -> bytes: ...


def read_keys(jwks: str, directory: Path) -> ReadKeys:
    """How the keys at ``jwks`` are read: ``file:PATH`` (relative to ``directory``) or an https address."""
    if jwks.startswith("file:"):
        path = directory / jwks.removeprefix("file:")

        async def from_file() -> bytes:
            return await asyncio.to_thread(path.read_bytes)

        return from_file

    async def from_provider() -> bytes:
        timeout = aiohttp.ClientTimeout(total=5)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(jwks, allow_redirects=False) as reply,
        ):
            if reply.status != 200:  # noqa: PLR2004 -- HTTP's own number for "here it is"
                raise aiohttp.ClientError
            return await _whole(reply.content)

    return from_provider


async def _whole(content: aiohttp.StreamReader) -> bytes:
    """All of a body, however many pieces it comes in. Raises ValueError when it is too large."""
    read = bytearray()
    async for piece in content.iter_any():
        read += piece
        if len(read) > LARGEST_BYTES:
            raise ValueError
    return bytes(read)


@dataclass(slots=True)
class ProviderKeys:
    """The provider's keys as last read. One instance a broker."""

    read: ReadKeys
    _keys: KeySet | None = field(default=None, repr=False)
    _read_at: datetime | None = None
    _tried_at: datetime | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def for_key_id(self, key_id: str, now: datetime) -> KeySet:
        """A key set, read again when it is old or does not know ``key_id``. Raises KeysUnreachable.

        Who names a known key never waits for somebody else's reading.
        """
        if not self._knows(key_id) or self._may_refresh(now):
            async with self._reading:
                if (not self._knows(key_id) and self._may_read(now)) or self._may_refresh(now):
                    await self._read_again(now)
        if self._keys is None or self._read_at is None or now - self._read_at > HOLDS_FOR:
            raise KeysUnreachable
        return self._keys

    def _knows(self, key_id: str) -> bool:
        return self._keys is not None and any(key.kid == key_id for key in self._keys.keys)

    def _may_refresh(self, now: datetime) -> bool:
        old = self._read_at is None or now - self._read_at >= FRESH_FOR
        return old and self._may_read(now)

    def _may_read(self, now: datetime) -> bool:
        # The distance, not the order: a clock that was put back must not keep us from reading.
        return self._tried_at is None or abs(now - self._tried_at) >= READ_AGAIN_AFTER

    async def _read_again(self, now: datetime) -> None:
        self._tried_at = now
        try:
            self._keys = _key_set(await self.read())
            self._read_at = now
        except (OSError, aiohttp.ClientError, TimeoutError, ValueError) as fault:
            # The earlier keys hold for their day; without any, the caller says so.
            log.warning("the identity provider's keys cannot be read: %s", type(fault).__name__)


def _key_set(content: bytes) -> KeySet:
    """The public keys of a JWKS that can sign tokens; what is not one of them is left out.

    So a key of a kind that is yet to come, or for encryption, takes nobody's sign-in away. Raises ValueError
    when the content is no JWKS.
    """
    try:
        keys = [_public_key(key) for key in json.loads(content)["keys"]]
    except (LookupError, TypeError, RecursionError):
        raise ValueError("not a JWKS") from None
    return KeySet([key for key in keys if key is not None])


def _public_key(written: Any) -> ECKey | RSAKey | None:
    kind = _KINDS.get(str(written.get("kty"))) if isinstance(written, dict) else None
    try:
        return kind.import_key(written) if kind else None
    except (JoseError, LookupError, ValueError, TypeError):
        return None
