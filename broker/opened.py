"""What a broker opens when it starts: its log, its registers, its sources, and what it checks tokens with."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from functools import partial

from broker.audit.log import AuditLog
from broker.audit.publishing import Publishing
from broker.audit.reader import AuditReader
from broker.chance import Chance
from broker.identity.key_set import ProviderKeys, read_keys
from broker.identity.tokens import TokenCheck
from broker.log_place import log_place
from broker.opening_keys import open_keys
from broker.registers.store import Store
from broker.registers.watching import ShieldsInForce
from broker.settings import Partnership
from broker.staff.entries import StaffDirectory
from broker.staff.exports import DirectoryUnfit
from broker.staff.opening import staff_directory
from connectors.contract import Connector, SourceFault

log = logging.getLogger(__name__)


async def opened_log(partnership: Partnership, chance: Chance) -> AuditLog:
    """The audit log, verified; it closes its keys with itself."""
    settings = partnership.settings.audit
    place, keys = log_place(partnership), open_keys(partnership)
    try:
        return await AuditLog.open(place, keys, settings.origin, now=chance.now)
    except BaseException:
        keys.close()
        raise


def log_to_read(partnership: Partnership) -> AuditReader:
    """The audit log, open to read beside the broker that writes it."""
    audit = partnership.settings.audit
    keys = open_keys(partnership)
    try:
        return AuditReader.open(log_place(partnership), keys, audit.origin)
    except BaseException:
        keys.close()
        raise


def publishing(partnership: Partnership, audit_log: AuditLog) -> Publishing:
    """What keeps the log's files up to date, where the partnership wants some."""
    settings = partnership.settings.audit
    directory = None if settings.tiles is None else partnership.path(settings.tiles)
    verifier = partial(audit_log.verifier, settings.origin)
    return Publishing(log_place(partnership).open_to_read, verifier, directory)


def opened_shields(partnership: Partnership, open_until: AsyncExitStack) -> ShieldsInForce:
    """The register of shields. A broker that could not know who must not be found does not start."""
    keys = open_keys(partnership)
    open_until.callback(keys.close)
    store = Store.open(partnership.path(partnership.settings.registers), keys)
    open_until.callback(store.close)
    return ShieldsInForce(store)


def opened_staff_directory(partnership: Partnership) -> StaffDirectory | None:
    """One that can't be had costs contacts some of their numbers, and nobody an answer."""
    settings = partnership.settings.staff_directory
    if settings is None:
        return None
    try:
        return staff_directory(settings, partnership.directory, partnership.secret)
    except DirectoryUnfit as fault:
        log.warning("staff directory: %s", fault)
        return None


def token_check(partnership: Partnership) -> TokenCheck:
    """What tokens are checked with; the provider's keys are fetched when they are needed."""
    identity = partnership.settings.identity
    return TokenCheck(identity, ProviderKeys(read_keys(identity.jwks, partnership.directory)))


def metrics_key(partnership: Partnership) -> str | None:
    """What opens /metrics; None: nothing does. Raises SecretMissing."""
    reference = partnership.settings.telemetry.metrics_key
    return partnership.secret(reference) if reference else None


async def connected(name: str, connector: Connector) -> None:
    """Connect early, so that what is wrong with a source stands in the log from the start."""
    try:
        await connector.open()
    except SourceFault as fault:
        log.warning("source %s does not answer yet: %s", name, fault)
