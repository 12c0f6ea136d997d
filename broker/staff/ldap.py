"""A staff directory in LDAP or Active Directory, asked live over TLS by bonsai (OpenLDAP's own library).

bonsai is an optional extra, imported where a directory is made.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from broker.staff.entries import Entry, Known, folded
from broker.staff.exports import DirectoryUnfit, entry_from
from broker.staff.settings import Fields, LdapDirectory
from connectors.contract import Contact, SourceTimedOut
from connectors.deadline import LeftBehind, within

log = logging.getLogger(__name__)

MOST_ENTRIES = 200
_CONNECT_SECONDS = 5.0
_DISABLED = 2  # of userAccountControl: ACCOUNTDISABLE (Microsoft, MS-ADTS 2.2.16)
_ESCAPED = {char: f"\\{ord(char):02x}" for char in "\\*()\0"}  # RFC 4515, section 3


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
        self._bonsai = bonsai
        self._settings = settings
        self._base = base
        self._password = password
        self._teams = {folded(team): phone for team, phone in settings.teams.items()}
        self._connection: Any = None
        self._asking = asyncio.Lock()
        self._left = LeftBehind()
        self._logged = ""

    async def entries(self, contacts: Sequence[Contact], seconds: float) -> Mapping[Contact, Entry]:
        """As ``StaffDirectory.entries``."""
        try:
            known = await within(seconds, self._known(contacts), self._drop, self._left)
        except (SourceTimedOut, OSError, self._bonsai.LDAPError) as fault:
            self._drop()
            self._log_once(type(fault).__name__)
            return {}
        found = ((contact, known.entry_of(contact)) for contact in contacts)
        return {contact: entry for contact, entry in found if entry is not None}

    def team_phone(self, team: str) -> str | None:
        """As ``StaffDirectory.team_phone``."""
        return self._teams.get(folded(team))

    async def close(self) -> None:
        """As ``StaffDirectory.close``."""
        self._drop()
        await self._left.gone(1.0)

    async def _known(self, contacts: Sequence[Contact]) -> Known:
        async with self._asking:
            if self._connection is None:
                self._connection = await self._connected()
            found = await self._connection.search(
                self._settings.base,
                self._bonsai.LDAPSearchScope.SUBTREE,
                filter_for(self._settings, contacts),
                attrlist=_attributes(self._settings.fields),
                sizelimit=MOST_ENTRIES,
            )
        self._logged = ""
        return Known(self._entry(one) for one in found)

    async def _connected(self) -> Any:
        settings = self._settings
        client = self._bonsai.LDAPClient(
            settings.url, tls=settings.start_tls and settings.url.startswith("ldap:")
        )
        client.set_cert_policy("demand")
        if settings.ca_file:
            client.set_ca_cert(str(self._base / settings.ca_file))
        if settings.user:
            client.set_credentials("SIMPLE", user=settings.user, password=self._password() or "")
        return await client.connect(is_async=True, timeout=_CONNECT_SECONDS)

    def _entry(self, found: Mapping[str, Iterable[object]]) -> Entry:
        def values(name: str) -> list[str]:
            return [str(one) for one in found.get(name, ())]

        entry = entry_from(self._settings.fields, self._settings.state, values)
        return (
            _of_active_directory(entry, values(self._settings.fields.state or "")) if self._flags else entry
        )

    @property
    def _flags(self) -> bool:
        return self._settings.active_directory and self._settings.fields.state is not None

    def _drop(self) -> None:
        """Without a word to the server, which may be frozen."""
        self._connection = None

    def _log_once(self, kind: str) -> None:
        if kind != self._logged:
            self._logged = kind
            log.warning(
                "staff directory: LDAP did not answer (%s). Contacts are shown as records have them.", kind
            )


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


def _of_active_directory(entry: Entry, flags: Sequence[str]) -> Entry:
    """An account without flags is taken for a disabled one: rather the team than somebody who has left."""
    works_here = len(flags) == 1 and flags[0].isdecimal() and not int(flags[0]) & _DISABLED
    return replace(entry, has_left=not works_here)
