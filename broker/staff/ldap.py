"""A staff directory in LDAP or Active Directory, asked live over TLS by bonsai (OpenLDAP's own library).

bonsai is an optional extra, imported where a directory is made. It is used in a thread of its own, because its
asyncio connections leave their sockets watched when whoever waits goes away. A thread that does not come back in
time is left to its own timeout, and another one asks the next time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from broker.staff.entries import Entry, Known, folded
from broker.staff.exports import DirectoryUnfit, entry_from
from broker.staff.settings import Fields, LdapDirectory
from connectors.contract import Contact
from connectors.odbc_thread import OneThread

log = logging.getLogger(__name__)

MOST_ENTRIES = 200
MOST_LOST = 4
"""How many threads may wait for a server that does not answer: each for so many seconds at most."""
_SERVER_SECONDS = 5.0
_DISABLED = 2  # of userAccountControl: ACCOUNTDISABLE (Microsoft, MS-ADTS 2.2.16)
_ESCAPED = {char: f"\\{ord(char):02x}" for char in "\\*()\0"}  # RFC 4515, section 3

Found = Sequence[Mapping[str, Iterable[object]]]


class LdapStaff:
    """A staff directory (see ``entries.StaffDirectory``) in LDAP. One connection, given up at the least doubt.

    ``password`` resolves the bind's secret whenever a connection is made. Raises DirectoryUnfit when bonsai is
    not installed.
    """

    def __init__(self, settings: LdapDirectory, base: Path, password: Callable[[], str | None]) -> None:
        try:
            import bonsai  # noqa: PLC0415 -- an optional extra
        except ImportError as missing:
            raise DirectoryUnfit(
                "LDAP is asked by bonsai, which is not installed. Install it with:"
                " pip install 'family-context-broker[ldap]' (on Debian it needs libldap-dev and libsasl2-dev)"
            ) from missing
        self._faults: tuple[type[Exception], ...] = (
            bonsai.LDAPError, OSError, ValueError, TimeoutError, _TooManyLost
        )  # fmt: skip
        self._settings = settings
        self._make: Callable[[], _Session] = lambda: _Session(bonsai, settings, base, password)
        self._teams = {folded(team): phone for team, phone in settings.teams.items()}
        self._session: _Session | None = None
        self._lost: set[asyncio.Future[Found]] = set()
        self._asking = asyncio.Lock()
        self._logged = ""

    async def entries(self, contacts: Sequence[Contact], seconds: float) -> Mapping[Contact, Entry]:
        """As ``StaffDirectory.entries``."""
        try:
            async with asyncio.timeout(seconds):
                known = await self._known(contacts)
        except self._faults as fault:
            self._log_once(type(fault).__name__)
            return {}
        self._logged = ""
        found = ((contact, known.entry_of(contact)) for contact in contacts)
        return {contact: entry for contact, entry in found if entry is not None}

    def team_phone(self, team: str) -> str | None:
        """As ``StaffDirectory.team_phone``."""
        return self._teams.get(folded(team))

    async def close(self) -> None:
        """As ``StaffDirectory.close``. Threads that a server holds end by themselves."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    async def _known(self, contacts: Sequence[Contact]) -> Known:
        async with self._asking:
            if self._session is None:
                if len(self._lost) >= MOST_LOST:
                    raise _TooManyLost
                self._session = self._make()
            session, answered = self._session, False
            asked = asyncio.wrap_future(session.asked(filter_for(self._settings, contacts)))
            try:
                found = await asyncio.shield(asked)
                answered = True
            finally:
                if not answered:
                    self._give_up(session, asked)
        return Known(self._entry(one) for one in found)

    def _give_up(self, session: _Session, asked: asyncio.Future[Found]) -> None:
        self._session = None
        session.close()
        self._lost.add(asked)
        asked.add_done_callback(self._came_back)

    def _came_back(self, asked: asyncio.Future[Found]) -> None:
        self._lost.discard(asked)
        if not asked.cancelled():
            asked.exception()  # looked at, so that asyncio does not report it: it is given up anyway

    def _entry(self, found: Mapping[str, Iterable[object]]) -> Entry:
        def values(name: str) -> list[str]:
            return [str(one) for one in found.get(name, ())]

        state = self._settings.fields.state
        entry = entry_from(self._settings.fields, self._settings.state, values)
        if state is None or not self._settings.active_directory:
            return entry
        return replace(entry, has_left=not _is_enabled(values(state)))

    def _log_once(self, kind: str) -> None:
        if kind != self._logged:
            self._logged = kind
            log.warning(
                "staff directory: LDAP did not answer (%s). Contacts are shown as records have them.", kind
            )


class _TooManyLost(Exception):
    """The server holds as many threads as it may."""


class _Session:
    """A connection, and the one thread that uses it."""

    def __init__(
        self, bonsai: Any, settings: LdapDirectory, base: Path, password: Callable[[], str | None]
    ) -> None:
        self._bonsai = bonsai
        self._settings = settings
        self._base = base
        self._password = password
        self._connection: Any = None
        self._thread = OneThread("ldap-staff")

    def asked(self, wanted: str) -> Future[Found]:
        """Whom a filter finds."""
        return self._thread.submit(self._search, wanted)

    def close(self) -> None:
        """End the thread after what it does now. Returns at once."""
        self._thread.submit(self._disconnect)
        self._thread.shutdown()

    def _search(self, wanted: str) -> Found:
        if self._connection is None:
            self._connection = self._connected()
        found: Found = self._connection.search(
            self._settings.base,
            self._bonsai.LDAPSearchScope.SUBTREE,
            wanted,
            attrlist=_attributes(self._settings.fields),
            timeout=_SERVER_SECONDS,
            sizelimit=MOST_ENTRIES,
        )
        return found

    def _connected(self) -> Any:
        settings = self._settings
        client = self._bonsai.LDAPClient(settings.url, tls=settings.url.startswith("ldap:"))
        client.set_cert_policy("demand")
        if settings.ca_file:
            client.set_ca_cert(str(self._base / settings.ca_file))
        if settings.user:
            client.set_credentials("SIMPLE", user=settings.user, password=self._password() or "")
        return client.connect(timeout=_SERVER_SECONDS)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def filter_for(settings: LdapDirectory, contacts: Sequence[Contact]) -> str:
    """The filter (RFC 4515) for these contacts; every value is escaped."""
    fields = settings.fields
    wanted = "".join(_one(fields, contact) for contact in contacts)
    return f"(&{settings.only}(|{wanted}))"


def _one(fields: Fields, contact: Contact) -> str:
    if contact.staff_id and fields.staff_id:
        return _equal(fields.staff_id, contact.staff_id)
    by_email = _equal(fields.email, contact.email) if contact.email and fields.email else ""
    if contact.name and contact.team and fields.name and fields.team:
        return f"{by_email}(&{_equal(fields.name, contact.name)}{_equal(fields.team, contact.team)})"
    return by_email


def _equal(attribute: str, value: str) -> str:
    return f"({attribute}={''.join(_ESCAPED.get(one, one) for one in value)})"


def _attributes(fields: Fields) -> list[str]:
    return [
        name
        for one in fields.model_dump().values()
        if one
        for name in (one if isinstance(one, tuple) else (one,))
    ]


def _is_enabled(flags: Sequence[str]) -> bool:
    """An account without flags is taken for a disabled one: rather the team than somebody who has left."""
    return len(flags) == 1 and flags[0].isdecimal() and not int(flags[0]) & _DISABLED
