"""Sessions of the pages: who sits before a browser, and until when. They live in memory alone, and end with it.

The seam for pages: a handler whose route ``authorisation.TABLE`` opens to a session asks ``of(request)`` who it
is, and does everything else as the API does: ``front.requester(request, whom)`` is the same person, let in by the
same check of the same token. Each form holds the hidden field ``csrf`` with ``Session.csrf``; a POST without it,
or from another site, does not reach the handler. Whoever has no session is sent to sign in, and comes back to the
same address.

A browser holds an id of 256 random bits in a cookie, and nothing else; the broker holds the id's SHA-256. The
tokens never leave the broker.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from aiohttp import web

from broker.identity.reading import CLOCKS_DIFFER_BY_SECONDS, url_safe
from broker.identity.tokens import Token
from broker.web.settings import PagesSettings

ID_BYTES = 32
_CLOCKS_DIFFER = timedelta(seconds=CLOCKS_DIFFER_BY_SECONDS)
LOOKED_AT_EVERY = 30.0
"""Seconds between two looks for sessions that are over: what they held is forgotten, also when nobody comes."""

FIELD = "csrf"
"""What the hidden field of each form is called."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in, as a page sees them.

    ``token``: a token that holds, checked for this very request: ``token.requester``, ``token.acr``,
    ``token.signed_in_at``. ``csrf``: what each form sends back in its field ``csrf``. ``ends``: when they have to
    sign in again whatever they do; sooner when they do nothing.
    """

    token: Token
    csrf: str = field(repr=False)
    ends: datetime


@dataclass(frozen=True, slots=True)
class Granted:
    """What the provider gave for a sign-in: the access token, and what renews it, where there is such a thing."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)


@dataclass(slots=True)
class Kept:
    """A session with what the broker holds for it. ``provider_session``: the provider's name for it (``sid``)."""

    session: Session
    granted: Granted = field(repr=False)
    provider_session: str | None = field(repr=False)
    began: datetime
    seen: datetime
    renewing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def subject(self) -> str:
        return self.session.token.requester.subject

    def renewed(self, token: Token, granted: Granted) -> None:
        """Go on with another token of the same person."""
        self.session, self.granted = replace(self.session, token=token), granted


@dataclass(slots=True)
class Sessions:
    """All sessions of this broker: of each person one, in the order in which they were last seen."""

    settings: PagesSettings
    random: Callable[[int], bytes] = field(repr=False)
    _kept: OrderedDict[str, Kept] = field(default_factory=OrderedDict, repr=False)
    _of: dict[str, str] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self._kept)

    def begin(self, token: Token, granted: Granted, provider_session: str | None, now: datetime) -> str:
        """A new session, and the id that its browser gets. An older one of the same person ends."""
        self.end_those_over(now)
        self.end(self._of.get(token.requester.subject))
        while len(self._kept) >= self.settings.most:
            self.end(next(iter(self._kept)))
        name = url_safe(self.random(ID_BYTES))
        ends = now + timedelta(minutes=self.settings.longest_minutes)
        session = Session(token, url_safe(self.random(ID_BYTES)), ends)
        kept = Kept(session, granted, provider_session, began=now, seen=now)
        self._kept[_hashed(name)], self._of[kept.subject] = kept, _hashed(name)
        return name

    def seen(self, name: str, now: datetime) -> Kept | None:
        """The session of this id, which is thereby not idle; None where there is none, or none any more."""
        kept = self._kept.get(_hashed(name))
        if kept is None or self._over(kept, now):
            self.end(_hashed(name))
            return None
        kept.seen = now
        self._kept.move_to_end(_hashed(name))
        return kept

    def end(self, key: str | None) -> None:
        """Forget a session, by the hash of its id."""
        kept = None if key is None else self._kept.pop(key, None)
        if kept is not None:
            self._of.pop(kept.subject, None)

    def end_this(self, kept: Kept) -> None:
        """Forget this session, unless it is forgotten already."""
        key = self._of.get(kept.subject)
        if key is not None and self._kept.get(key) is kept:
            self.end(key)

    def holds(self, kept: Kept, now: datetime) -> bool:
        """Whether this session goes on."""
        key = self._of.get(kept.subject)
        return key is not None and self._kept.get(key) is kept and not self._over(kept, now)

    def of_provider(self, subject: str | None, provider_session: str | None, at: datetime) -> Iterable[Kept]:
        """The sessions that the provider means: of this session of its own; or, lacking that, of this person, as
        far as they had begun ``at`` that time: what the provider says again ends nothing that began since.
        """
        named = [one for one in self._kept.values() if subject in (None, one.subject)]
        if provider_session is not None:
            return [one for one in named if one.provider_session == provider_session]
        return [one for one in named if subject is not None and one.began <= at + _CLOCKS_DIFFER]

    def end_those_over(self, now: datetime) -> None:
        """Forget whoever was idle for too long, or is here for too long."""
        for key in [key for key, kept in self._kept.items() if self._over(kept, now)]:
            self.end(key)

    async def keep_ending(self, now: Callable[[], datetime]) -> None:
        """Do so for ever."""
        while True:
            await asyncio.sleep(LOOKED_AT_EVERY)
            self.end_those_over(now())

    def _over(self, kept: Kept, now: datetime) -> bool:
        idle = now - kept.seen > timedelta(minutes=self.settings.idle_minutes)
        return idle or now > kept.session.ends


def of(request: web.Request) -> Session | None:
    """Who sent this request to a page; None where the page is open to anybody."""
    kept = request.get(KEPT)
    return None if kept is None else kept.session


def _hashed(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()


KEPT = web.RequestKey("kept", Kept)
