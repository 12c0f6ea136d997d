"""Who works here, by name: read from a staff directory that is a file, and again when another one lies there.

An LDAP directory is asked about one practitioner and never listed: then nobody is known to be a colleague.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

from broker.audit.watching.ties import full_names
from broker.staff.exports import DirectoryUnfit
from broker.staff.names import staff_names
from broker.staff.settings import LdapDirectory, StaffDirectorySettings

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 60.0
"""So soon a new file is noticed."""


class Colleagues:
    """The names, in memory. One that can't be read any more leaves those that were known: they work here still."""

    def __init__(
        self,
        settings: StaffDirectorySettings | None = None,
        base: Path = Path(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = None if isinstance(settings, LdapDirectory) else settings
        self._base, self._clock = base, clock
        self._names: frozenset[str] = frozenset()
        self._changed_at: int | None = None
        self._look_again = float("-inf")
        self._logged = ""

    async def names(self) -> frozenset[str]:
        """Every name as ``full_names`` has it. Never raises: what goes wrong is logged once."""
        if self._settings is not None and self._clock() >= self._look_again:
            self._look_again = self._clock() + LOOK_AGAIN_SECONDS
            await asyncio.to_thread(self._read)
        return self._names

    def _read(self) -> None:
        assert self._settings is not None  # noqa: S101 -- ``names`` has looked
        try:
            changed_at = (self._base / self._settings.path).stat().st_mtime_ns
            if changed_at != self._changed_at:
                found = staff_names(self._settings, self._base)
                self._names = frozenset(full for name in found for full in full_names(name))
                self._changed_at, self._logged = changed_at, ""
        except (DirectoryUnfit, OSError) as fault:
            self._log_once(str(fault) if isinstance(fault, DirectoryUnfit) else type(fault).__name__)

    def _log_once(self, sentence: str) -> None:
        if sentence != self._logged:
            self._logged = sentence
            log.warning("staff directory: %s. Who is a colleague is known as it was before.", sentence)
