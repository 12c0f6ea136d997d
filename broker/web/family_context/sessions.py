"""Sessions of the old front end: who sits before it, and on what grounds they ask. In memory alone.

One is begun on the broker's own page, whose session it then hangs on: it ends with it, and its token is the
page's. Or by the front end's own form: then it holds a token of ours, of an account.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from broker.identity.reading import url_safe
from broker.identity.tokens import Token
from broker.web.family_context.accounts import Accounts
from broker.web.family_context.settings import FamilyContextSettings
from broker.web.sessions import ID_BYTES, LOOKED_AT_EVERY, Kept, Sessions

COOKIE = "FCSESSIONID"


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why all is asked that is asked in one session, and what whoever is looked up is to the case.

    ``conflict``: that they said they know nobody whom they will ask about. ``flags_only``: begun by the front
    end's own form, where none of it could be typed.
    """

    purpose: str
    relation: str
    role: str | None = None
    reason: str | None = field(default=None, repr=False)
    case_reference: str | None = field(default=None, repr=False)
    conversation: str | None = field(default=None, repr=False)
    flags_only: bool = False
    conflict: Literal["none"] | None = None


@dataclass(slots=True)
class Held:
    """A session. ``page``: the page's that it hangs on; else ``account`` is its token."""

    grounds: Grounds
    page: Kept | None = field(repr=False)
    account: Token | None
    began: datetime
    seen: datetime

    @property
    def subject(self) -> str:
        if self.page is not None:
            return self.page.subject
        return self.account.requester.subject if self.account else ""


@dataclass(slots=True)
class FamilyContext:
    """What the compatible API needs of a broker that has it. ``pages``: the sessions of its own pages."""

    settings: FamilyContextSettings
    accounts: Accounts | None
    pages: Sessions
    random: Callable[[int], bytes] = field(repr=False)
    _held: OrderedDict[str, Held] = field(default_factory=OrderedDict, repr=False)

    @property
    def longest(self) -> timedelta:
        return timedelta(minutes=self.pages.settings.longest_minutes)

    def begin(self, grounds: Grounds, who: Kept | Token, now: datetime) -> str:
        """A new session, and the id that its browser gets. An earlier one of the same person ends."""
        page, account = (who, None) if isinstance(who, Kept) else (None, who)
        held = Held(grounds, page, account, began=now, seen=now)
        self.end_those_over(now)
        for key in [key for key, one in self._held.items() if one.subject == held.subject]:
            del self._held[key]
        while len(self._held) >= self.pages.settings.most:
            self._held.popitem(last=False)
        name = url_safe(self.random(ID_BYTES))
        self._held[_hashed(name)] = held
        return name

    def seen(self, name: str, now: datetime) -> Held | None:
        """The session of this id, which is thereby not idle; None where there is none, or none any more."""
        held = self._held.get(_hashed(name))
        if held is None or self._over(held, now):
            self._held.pop(_hashed(name), None)
            return None
        held.seen = now
        if held.page is not None:
            held.page.seen = now
        self._held.move_to_end(_hashed(name))
        return held

    def end(self, name: str) -> None:
        """Forget a session, and the page's that it hangs on."""
        held = self._held.pop(_hashed(name), None)
        if held is not None and held.page is not None:
            self.pages.end_this(held.page)

    def end_those_over(self, now: datetime) -> None:
        """Forget whoever was idle for too long, or is here for too long, or has left the pages."""
        for key in [key for key, held in self._held.items() if self._over(held, now)]:
            del self._held[key]

    async def keep_ending(self, now: Callable[[], datetime]) -> None:
        """Do so for ever."""
        while True:
            await asyncio.sleep(LOOKED_AT_EVERY)
            self.end_those_over(now())

    def _over(self, held: Held, now: datetime) -> bool:
        if held.page is not None and not self.pages.holds(held.page, now):
            return True
        idle = now - held.seen > timedelta(minutes=self.pages.settings.idle_minutes)
        return idle or now - held.began > self.longest


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
