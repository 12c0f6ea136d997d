"""A staff directory that is a file: a CSV export, or users as SCIM 2.0 has them.

It is read into memory when it is new, and again when another has been renamed over it. Staff are no subjects of a
query, and what is known of them is what their own colleagues look up every day.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from broker.staff.entries import Entry, Known, folded
from broker.staff.settings import CsvDirectory, Fields, ScimDirectory, StateWords
from connectors.contract import Contact

log = logging.getLogger(__name__)

MOST_BYTES = 64 << 20
_HOUR = 3600
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

Identity = tuple[int, int, int]


class ExportDirectory:
    """A staff directory (see ``entries.StaffDirectory``) in a file. ``now``: seconds since 1970."""

    def __init__(
        self,
        settings: CsvDirectory | ScimDirectory,
        path: Path,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._path = path
        self._now = now
        self._teams = {folded(team): phone for team, phone in settings.teams.items()}
        self._was: Identity | None = None
        self._known = Known(())
        self._logged = ""
        self._reading = asyncio.Lock()

    async def entries(self, contacts: Sequence[Contact], seconds: float) -> Mapping[Contact, Entry]:
        """As ``StaffDirectory.entries``."""
        try:
            async with asyncio.timeout(seconds):
                known = await self._current()
        except (DirectoryUnfit, TimeoutError) as fault:
            self._log_once(str(fault) or "the staff directory could not be read in time")
            return {}
        found = ((contact, known.entry_of(contact)) for contact in contacts)
        return {contact: entry for contact, entry in found if entry is not None}

    def team_phone(self, team: str) -> str | None:
        """As ``StaffDirectory.team_phone``."""
        return self._teams.get(folded(team))

    async def close(self) -> None:
        """As ``StaffDirectory.close``."""
        self._was, self._known = None, Known(())

    async def _current(self) -> Known:
        async with self._reading:
            was = await asyncio.to_thread(_identity, self._path, self._settings.fresh_for_hours, self._now())
            if was != self._was:
                self._known = Known(await asyncio.to_thread(_read, self._settings, self._path))
                self._was, self._logged = was, ""
            return self._known

    def _log_once(self, sentence: str) -> None:
        if sentence != self._logged:
            self._logged = sentence
            log.warning("staff directory: %s. Contacts are shown as services' records have them.", sentence)


class DirectoryUnfit(Exception):
    """A staff directory that can't be used; the sentence repeats nothing of it."""


def entries_in(settings: CsvDirectory | ScimDirectory, content: bytes) -> list[Entry]:
    """Everyone in an export. Raises DirectoryUnfit."""
    try:
        text = content.decode("utf-8-sig")
        return list(_of_csv(settings, text) if settings.kind == "csv" else _of_scim(settings, text))
    except (ValueError, csv.Error) as fault:  # json's and UTF-8's faults are ValueErrors
        kind = type(fault).__name__
    raise DirectoryUnfit(f"the file is not {settings.kind.upper()} as the settings say ({kind})")


def _read(settings: CsvDirectory | ScimDirectory, path: Path) -> list[Entry]:
    try:
        return entries_in(settings, path.read_bytes())
    except OSError as fault:
        raise DirectoryUnfit(f"the file could not be read ({type(fault).__name__})") from fault


def _identity(path: Path, fresh_for_hours: int, now: float) -> Identity:
    try:
        found = path.stat()
    except OSError as fault:
        raise DirectoryUnfit(f"the file could not be opened ({type(fault).__name__})") from fault
    if found.st_size > MOST_BYTES:
        raise DirectoryUnfit(f"the file is larger than {MOST_BYTES >> 20} MiB")
    if (hours := (now - found.st_mtime) / _HOUR) > fresh_for_hours:
        raise DirectoryUnfit(f"the file is {int(hours)} hours old; it may be {fresh_for_hours} at most")
    return found.st_ino, found.st_size, found.st_mtime_ns


def _of_csv(settings: CsvDirectory, text: str) -> Iterator[Entry]:
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    missing = [name for name in _columns(settings.fields) if name not in (rows.fieldnames or ())]
    if missing:
        raise DirectoryUnfit(f"the file has no column {missing[0]!r}")
    for row in rows:
        yield entry_from(settings.fields, settings.state, partial(_cell, row))


def _cell(row: Mapping[str, str | None], name: str) -> list[str]:
    return [row.get(name) or ""]


def _columns(fields: Fields) -> Iterator[str]:
    for value in fields.model_dump().values():
        yield from value if isinstance(value, tuple) else (value,) if value else ()


def entry_from(fields: Fields, words: StateWords, values: Callable[[str], Iterable[str]]) -> Entry:
    """An entry of named columns or attributes; ``values`` gives what one of them holds."""

    def first(name: str | None) -> str | None:
        return next((text for one in values(name) if (text := one.strip())), None) if name else None

    state, unnamed = first(fields.state), first(fields.asked_not_to_be_named)
    return Entry(
        staff_id=first(fields.staff_id),
        name=first(fields.name),
        role=first(fields.role),
        team=first(fields.team),
        phone=first(fields.phone),
        email=first(fields.email),
        personal_numbers=tuple(
            one for name in fields.personal_numbers for one in values(name) if one.strip()
        ),
        has_left=has_left(state, words) if fields.state else False,
        unnamed=unnamed is not None and folded(unnamed) in map(folded, words.unnamed),
    )


def has_left(state: str | None, words: StateWords) -> bool:
    """Whether a state says so; none at all does where the states of those who work here are listed."""
    if words.works_here:
        return state is None or folded(state) not in map(folded, words.works_here)
    return state is not None and folded(state) in map(folded, words.left)


def _of_scim(settings: ScimDirectory, text: str) -> Iterator[Entry]:
    listed = json.loads(text)
    users = listed.get("Resources") if isinstance(listed, dict) else listed
    if not isinstance(users, list):
        raise DirectoryUnfit("the file holds no list of users (Resources)")
    for user in users:
        if isinstance(user, dict):
            yield _user(settings, user)


def _user(settings: ScimDirectory, user: Mapping[str, Any]) -> Entry:
    extension = user.get(_ENTERPRISE)
    enterprise = extension if isinstance(extension, dict) else {}
    numbers = [one for one in user.get("phoneNumbers") or () if isinstance(one, dict)]
    unnamed = user.get(settings.unnamed_attribute) if settings.unnamed_attribute else None
    return Entry(
        staff_id=_text(enterprise.get("employeeNumber")) or _text(user.get("userName")),
        name=_text(user.get("displayName")),
        role=_text(user.get("title")),
        team=_text(enterprise.get("department")),
        phone=_first_of(numbers, "work"),
        email=_first_of([one for one in user.get("emails") or () if isinstance(one, dict)], "work"),
        personal_numbers=tuple(
            number for one in numbers if one.get("type") != "work" and (number := _text(one.get("value")))
        ),
        has_left=user.get("active")
        is not True,  # unknown is not yes: rather the team than somebody who has left
        unnamed=bool(unnamed),
    )


def _first_of(values: Sequence[Mapping[str, Any]], kind: str) -> str | None:
    """The primary one of this type, else the first."""
    of_kind = sorted(
        (one for one in values if one.get("type") == kind), key=lambda one: one.get("primary") is not True
    )
    return _text(of_kind[0].get("value")) if of_kind else None


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
