"""Sharing policies and purpose rules that change while the broker runs.

A look at the files costs next to nothing; when they have changed, and stay as they are for one more look, they
are read as at the start, and put in force all at once. Whatever is wrong with them, the last good ones stay in
force: a file is cut off, or shows more without the signatures that this needs, or names what there is not.
A query sees one version from its start to its end, because it takes ``Surroundings`` once.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import handwritten
from broker.activation import keep, refused
from broker.audit import events
from broker.audit.log import LogUnavailable
from broker.catalogue import Catalogue, load_catalogue
from broker.settings import Partnership
from policy.change_control import Refusal

log = logging.getLogger(__name__)

Fingerprint = tuple[tuple[str, int, int], ...]
"""Of every file that may change: its name, when it was written, and how long it is."""

EVERY = 1.0
"""Seconds between two looks. A record that was to be closed at once is closed after two of them."""


@dataclass(slots=True)
class Reloading:
    """Watches a partnership's files. ``adopt`` puts a catalogue in force; ``record`` makes an entry durable."""

    of: Partnership
    catalogue: Catalogue
    adopt: Callable[[Catalogue], None]
    record: Callable[[events.Event], Awaitable[object]]
    now: Callable[[], datetime]
    _settled: Fingerprint = field(default=(), repr=False)
    _last: Fingerprint = field(default=(), repr=False)

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
        if seen == self._settled or not still:
            return False
        self._settled = seen
        return await self.reload()

    async def reload(self) -> bool:
        """Read the files, and put in force what is new. Whether anything was; what is wrong is recorded."""
        try:
            read = await asyncio.to_thread(load_catalogue, self.of.directory)
        except handwritten.Faults as faults:
            await self._refuse([Refusal(None, "unreadable", str(one)) for one in faults.faults])
            return False
        wanted = self._with_sources_as_they_are(read)
        found = await asyncio.to_thread(
            refused, self.catalogue.policies(), wanted.policies(), self.of, self.now()
        )
        if found:
            await self._refuse(found)
            return False
        return await self._adopt(wanted)

    def _with_sources_as_they_are(self, read: Catalogue) -> Catalogue:
        """Policies and purposes as they were read. A source that changed needs a start of the broker."""
        services = {
            name: replace(service, loaded=read.services[name].loaded, policy=read.services[name].policy)
            for name, service in self.catalogue.services.items()
            if name in read.services
        }
        others = [name for name, one in read.services.items() if one.source != _source(self.catalogue, name)]
        if others or len(services) != len(self.catalogue.services):
            log.warning("sources have changed: start the broker again to put that in force")
        kept = {**self.catalogue.services, **services}
        case = self.catalogue.case_system
        if case is not None:
            case = replace(case, service=kept[case.service.source.source])
        return replace(self.catalogue, services=kept, purposes=read.purposes, case_system=case)

    async def _adopt(self, wanted: Catalogue) -> bool:
        """Recorded before it is in force: an entry that can't be written leaves the old ones in force."""
        changed = [
            events.PolicyActivated(self.now(), name, service.policy.digest, service.policy.version)
            for name, service in wanted.services.items()
            if service.policy.digest != self.catalogue.services[name].policy.digest
        ]
        purposes = wanted.purposes.digest != self.catalogue.purposes.digest
        if not changed and not purposes:
            return False
        try:
            for name in (one.source for one in changed):
                await asyncio.to_thread(keep, wanted.services[name].loaded, self.of)
            for one in changed:
                await self.record(one)
            if purposes:
                await self.record(events.PurposesActivated(self.now(), wanted.purposes.digest))
        except LogUnavailable:
            log.warning("policies: the audit log cannot be written, so the old ones stay in force")
            return False
        except (handwritten.Faults, OSError) as fault:
            log.warning(
                "policies: the old ones stay in force. A policy cannot be kept: %s", type(fault).__name__
            )
            return False
        self.catalogue = wanted
        self.adopt(wanted)
        for one in changed:
            log.info("policy %s: version %d is in force", one.source, one.version)
        return True

    async def _refuse(self, found: list[Refusal]) -> None:
        for one in found:
            log.warning("policies: the old ones stay in force. %s", one.sentence)
        codes = dict.fromkeys((one.source, one.code) for one in found)
        try:
            for source, code in codes:
                await self.record(events.PolicyRefused(self.now(), source, code))
        except LogUnavailable:
            log.warning("policies: the audit log cannot be written")


def fingerprint(directory: Path) -> Fingerprint:
    """What tells that a file has changed, without reading any."""
    paths = [*sorted((directory / "policies").glob("*")), directory / "purposes.yaml"]
    return tuple((path.name, found.st_mtime_ns, found.st_size) for path in paths if (found := _stat(path)))


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None


def _source(catalogue: Catalogue, name: str) -> object:
    return catalogue.services[name].source if name in catalogue.services else None
