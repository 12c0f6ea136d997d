"""The identity provider's public keys: from a file, or from its https address.

Keys are read again when a token names one that is not known, at most once in 30 seconds, so that a flood of
made-up key names costs the provider nothing. When the provider cannot be reached, the last keys hold for a
day. Addresses are followed nowhere else: a redirect is a failure.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

READ_AGAIN_AFTER = timedelta(seconds=30)
HOLDS_FOR = timedelta(hours=24)
LARGEST_BYTES = 256 * 1024


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
            return await reply.content.read(LARGEST_BYTES)

    return from_provider


@dataclass(slots=True)
class ProviderKeys:
    """The provider's keys as last read. One instance a broker."""

    read: ReadKeys
    _keys: KeySet | None = field(default=None, repr=False)
    _read_at: datetime | None = None
    _tried_at: datetime | None = None
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def for_key_id(self, key_id: str, now: datetime) -> KeySet:
        """A key set, read again when it does not know ``key_id``. Raises KeysUnreachable."""
        async with self._reading:
            if not self._knows(key_id) and self._may_read(now):
                await self._read_again(now)
            if self._keys is None or self._read_at is None or now - self._read_at > HOLDS_FOR:
                raise KeysUnreachable
            return self._keys

    def _knows(self, key_id: str) -> bool:
        return self._keys is not None and any(key.kid == key_id for key in self._keys.keys)

    def _may_read(self, now: datetime) -> bool:
        return self._tried_at is None or now - self._tried_at >= READ_AGAIN_AFTER

    async def _read_again(self, now: datetime) -> None:
        self._tried_at = now
        try:
            self._keys = KeySet.import_key_set(json.loads(await self.read()))
            self._read_at = now
        except (OSError, aiohttp.ClientError, TimeoutError, ValueError, JoseError):
            return  # the earlier keys hold for their day; without any, the caller says so
