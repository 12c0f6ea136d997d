"""Sharing policies that change while the broker runs.

A look at the files costs next to nothing; when they have changed, and stay as they are for one more look, they are
read, and each that may comes into force (``activation``). A query sees one version from its start to its end,
because it takes ``Surroundings`` once.

Sources and purposes are those with which the broker started: nothing can tell what changing them opens.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import handwritten
from broker.activation import fit_to_follow, keep
from broker.audit.change_events import PolicyActivated, PolicyRefused
from broker.audit.event import Event
from broker.audit.log import LogUnavailable
from broker.catalogue import Catalogue
from broker.settings import Partnership
from policy.change_control import Refusal
from policy.load import LoadedPolicy

log = logging.getLogger(__name__)

Fingerprint = tuple[tuple[str, int, int], ...]
"""Of every file that may change: its name, when it was written, and how long it is."""

EVERY = 1.0
"""Seconds between two looks. A record that was to be closed at once is closed after two of them."""
AGAIN_AFTER = 30
"""Looks until what could not be recorded or kept is tried again, without another change of a file."""


@dataclass(slots=True)
class Reloading:
    """Watches a partnership's policies. ``adopt`` puts a catalogue in force; ``record`` makes an entry durable."""

    of: Partnership
    catalogue: Catalogue
    adopt: Callable[[Catalogue], None]
    record: Callable[[Event], Awaitable[object]]
    now: Callable[[], datetime]
    _settled: Fingerprint = field(default=(), repr=False)
    _last: Fingerprint = field(default=(), repr=False)
    _again_after: int | None = None
    """Looks until what could not be put in force is tried again; None: nothing is owed."""

    def __post_init__(self) -> None:
        self._settled = self._last = fingerprint(self.of.directory)

    async def watch(self) -> None:
        """Look again and again, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.look()
            except Exception as fault:  # noqa: BLE001 -- what one look meets must not end all others
                log.warning("policies: a look at the files failed with %s", type(fault).__name__)

    async def look(self) -> bool:
        """Put in force what has changed, and stayed as it is since the last look. Whether anything was."""
        seen = await asyncio.to_thread(fingerprint, self.of.directory)
        still, self._last = seen == self._last, seen
        if not still or (seen == self._settled and not self._due()):
            return False
        self._settled = seen
        return await self.reload()

    def _due(self) -> bool:
        if self._again_after is None:
            return False
        self._again_after -= 1
        return self._again_after <= 0

    async def reload(self) -> bool:
        """Read the policies, and put in force what is new. Whether anything was; what is wrong is recorded."""
        fit, refusals = await asyncio.to_thread(fit_to_follow, self.catalogue, self.of, self.now())
        if refusals:
            await self._refuse(refusals)
        return await self._adopt(fit) if fit else False

    async def _adopt(self, fit: Mapping[str, LoadedPolicy]) -> bool:
        """Recorded before it is in force: an entry that can't be written leaves the old ones in force."""
        self._again_after = AGAIN_AFTER
        try:
            for name, loaded in fit.items():
                await asyncio.to_thread(keep, loaded, self.of)
                await self.record(PolicyActivated(self.now(), name, loaded.digest, loaded.policy.version))
        except LogUnavailable:
            log.warning("policies: the audit log cannot be written, so the old ones stay in force")
            return False
        except (handwritten.Faults, OSError) as fault:
            log.warning("policies: the old ones stay in force. One can't be kept: %s", type(fault).__name__)
            return False
        self._again_after = None
        self.catalogue = self.catalogue.with_policies(fit)
        self.adopt(self.catalogue)
        for name, loaded in fit.items():
            log.info("policy of %s: version %d is in force", name, loaded.policy.version)
        return True

    async def _refuse(self, refusals: list[Refusal]) -> None:
        for one in refusals:
            log.warning("policies: what is in force stays so. %s", one.sentence)
        try:
            for source, code in dict.fromkeys((one.source, one.code) for one in refusals):
                await self.record(PolicyRefused(self.now(), source, code))
        except LogUnavailable:
            log.warning("policies: the audit log cannot be written")


def fingerprint(directory: Path) -> Fingerprint:
    """What tells that a file has changed, without reading any."""
    paths = sorted((directory / "policies").glob("*"))
    return tuple((path.name, found.st_mtime_ns, found.st_size) for path in paths if (found := _stat(path)))


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
