"""The identity provider's public keys: from a file, or from its https address.

Keys are read again when a token names one that is not known, and, by ``keep_fresh``, when they are ten minutes
old: a key which the provider withdrew is soon believed no longer, and who names a known one never waits for a
provider that is silent. At most once in 30 seconds, so that a flood of made-up key names costs the provider
nothing. A name that a reading did not have is not asked for again in two minutes: who goes on sending an old token
leaves the next reading to whoever brings a new key. When the provider cannot be reached, the last keys hold for a
day. Addresses are followed nowhere else: a redirect is a failure.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import aiohttp
from joserfc.jwk import KeySet

from broker.identity.public_keys import public_keys

READ_AGAIN_AFTER = timedelta(seconds=30)
FRESH_FOR = timedelta(minutes=10)
HOLDS_FOR = timedelta(hours=24)
UNKNOWN_FOR = timedelta(minutes=2)
MOST_UNKNOWN = 1024
LARGEST_BYTES = 64 * 1024
SECONDS = 5.0
LOOKED_AT_EVERY = 1.0
"""Seconds between two looks at how old the keys are."""

log = logging.getLogger(__name__)


class KeysUnreachable(Exception):
    """The identity provider's keys cannot be read, and no earlier ones hold any more."""


class ReadKeys(Protocol):
    """Reads the bytes of a JWKS. Raises OSError, aiohttp.ClientError or TimeoutError."""

    async def __call__(self) -> bytes: ...


def read_keys(jwks: str, directory: Path) -> ReadKeys:
    """How the keys at ``jwks`` are read, a ``file:PATH`` (relative to ``directory``) or an address: 64 KiB.

    Which addresses may be named is for the settings to say (``IdentitySettings``).
    """
    if jwks.startswith("file:"):
        path = directory / jwks.removeprefix("file:")

        async def from_file() -> bytes:
            return await asyncio.to_thread(path.read_bytes)

        return from_file

    async def from_provider() -> bytes:
        # Neither cookies nor the environment's proxy; and what is compressed is not unpacked, to whatever size.
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Accept-Encoding": "identity"},
                auto_decompress=False,
            ) as session,
            session.get(jwks, allow_redirects=False) as reply,
        ):
            if reply.status != 200:  # noqa: PLR2004 -- HTTP's own number for "here it is"
                raise aiohttp.ClientError
            return await whole(reply.content)

    return from_provider


async def whole(content: aiohttp.StreamReader) -> bytes:
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
    _unknown: dict[str, datetime] = field(default_factory=dict, repr=False)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def for_key_id(self, key_id: str, now: datetime) -> KeySet:
        """A key set, read again when it does not know ``key_id`` or holds no more. Raises KeysUnreachable.

        Who names a known key never waits for a reading, while the keys hold.
        """
        if not self._knows(key_id) or not self._hold(now):
            async with self._reading:
                if self._may_ask_for(key_id, now) or self._may_refresh(now):
                    await self._read_again(now, key_id)
        if self._keys is None or not self._hold(now):
            raise KeysUnreachable
        return self._keys

    async def refreshed(self, now: datetime) -> None:
        """Read the keys again if they are old. What can't be read leaves the earlier ones."""
        if self._read_at is not None and self._may_refresh(now):
            async with self._reading:
                if self._may_refresh(now):
                    await self._read_again(now)

    async def keep_fresh(self, now: Callable[[], datetime]) -> None:
        """Do so for ever. Before anybody signed in there is nothing to keep fresh."""
        while True:
            await self.refreshed(now())
            await asyncio.sleep(LOOKED_AT_EVERY)

    def _hold(self, now: datetime) -> bool:
        return self._read_at is not None and now - self._read_at <= HOLDS_FOR

    def _knows(self, key_id: str) -> bool:
        return self._keys is not None and any(key.kid == key_id for key in self._keys.keys)

    def _may_ask_for(self, key_id: str, now: datetime) -> bool:
        missed = self._unknown.get(key_id)
        missed_lately = missed is not None and abs(now - missed) < UNKNOWN_FOR
        return not self._knows(key_id) and not missed_lately and self._may_read(now)

    def _may_refresh(self, now: datetime) -> bool:
        old = self._read_at is None or now - self._read_at >= FRESH_FOR
        return old and self._may_read(now)

    def _may_read(self, now: datetime) -> bool:
        # The distance, not the order: a clock that was put back must not keep us from reading.
        return self._tried_at is None or abs(now - self._tried_at) >= READ_AGAIN_AFTER

    async def _read_again(self, now: datetime, key_id: str | None = None) -> None:
        self._tried_at = now
        try:
            self._keys = public_keys(await self.read())
            self._read_at = now
            if key_id is not None:
                self._missed(key_id, now)
        except (OSError, aiohttp.ClientError, TimeoutError, ValueError) as fault:
            # The earlier keys hold for their day; without any, the caller says so.
            log.warning("the identity provider's keys cannot be read: %s", type(fault).__name__)

    def _missed(self, key_id: str, now: datetime) -> None:
        """Remember a name that the provider does not have; of so many at most, the longest known goes first."""
        self._unknown.pop(key_id, None)
        if not self._knows(key_id):
            self._unknown[key_id] = now
        if len(self._unknown) > MOST_UNKNOWN:
            del self._unknown[next(iter(self._unknown))]
