"""The old front end's own accounts: who they are, and whether a password is theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from broker.errors import Overloaded
from broker.questions import Requester
from broker.web.family_context.passwords import NOBODYS, WRITTEN, fits

TRIES, WITHIN = 5, timedelta(minutes=15)
"""After so many wrong passwords an account is closed until the time has passed since the last of them."""

_AT_ONCE, _WAITING = 2, 32
"""Passwords that are tried at once, because each takes 32 MiB; and how many may wait for that."""


class Account(BaseModel):
    """Somebody who signs in by the old front end's own form. ``password`` is hashed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1, repr=False)]
    organisation: Annotated[str, Field(min_length=1)]
    roles: Annotated[tuple[str, ...], Field(min_length=1)]
    password: Annotated[str, Field(pattern=WRITTEN.pattern, repr=False)]

    def requester(self, userid: str) -> Requester:
        """Them, as who asks. Nobody of the identity provider's is called so."""
        return Requester(
            f"family-context-account {userid}", self.name, self.organisation, frozenset(self.roles), userid
        )


class AccountsFile(BaseModel):
    """The file, by user id."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["family-context-accounts/1"]
    accounts: Mapping[Annotated[str, Field(pattern=r"^[A-Za-z0-9@._-]{1,100}$")], Account]


@dataclass(slots=True)
class Accounts:
    """All accounts, and how often each was tried in vain."""

    of: Mapping[str, Account] = field(repr=False)
    _failed: dict[str, tuple[int, datetime]] = field(default_factory=dict, repr=False)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE), repr=False)
    _tried: int = 0

    async def whose(self, userid: str, password: str, now: datetime) -> Requester | None:
        """Who this is; None where it is nobody, or they were tried too often. Raises Overloaded."""
        account = self.of.get(userid)
        right = await self._fits(password, account.password if account else NOBODYS)
        if account is None or self._closed(userid, now):
            return None
        if not right:
            self._failed[userid] = (self._failed.get(userid, (0, now))[0] + 1, now)
            return None
        self._failed.pop(userid, None)
        return account.requester(userid)

    async def _fits(self, password: str, written: str) -> bool:
        if self._tried >= _WAITING:
            raise Overloaded
        self._tried += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(fits, password, written)
        finally:
            self._tried -= 1

    def _closed(self, userid: str, now: datetime) -> bool:
        tries, last = self._failed.get(userid, (0, now))
        if now - last > WITHIN:
            self._failed.pop(userid, None)
            return False
        return tries >= TRIES
