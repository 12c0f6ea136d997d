"""The audit log's keys of a partnership, opened as its broker.yaml says."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from itertools import count

from broker.audit.keys import Keys, load_keys
from broker.audit.keys.providers import KeyProvider, Program, RootKey
from broker.audit.keys.ring import OpenKeystore
from broker.audit.keys.rotating import cleared
from broker.audit.log import AuditLog
from broker.audit.settings import KeyPrograms
from broker.audit.stores.postgresql_keystore import PostgresqlKeystore
from broker.audit.stores.sqlite import SqliteFile
from broker.log_place import log_place
from broker.settings import Partnership

log = logging.getLogger(__name__)

TAKEN_UP_EVERY = 2.0
"""Seconds between two looks of a broker at the key files."""

_CLEARED_EVERY = 1800
"""Looks between two at which keys are destroyed whose time is over: an hour."""


def open_keys(of: Partnership) -> Keys:
    """Raises keys.KeysMissing, keys.providers.ProviderFailed, settings.SecretMissing."""
    return load_keys(of.path(of.settings.audit.keys), provider_of(of), keystore_of(of))


def keystore_of(of: Partnership) -> OpenKeystore | None:
    """What opens the keystore where brokers share it; None where it lies among the keys. Raises SecretMissing."""
    place = log_place(of)
    return None if isinstance(place, SqliteFile) else partial(PostgresqlKeystore, place.address)


def provider_of(of: Partnership) -> KeyProvider | None:
    """What wraps the root key; None where it lies among the keys. Raises as ``open_keys``."""
    said = of.settings.audit.key_provider
    if said is None:
        return None
    if isinstance(said, KeyPrograms):
        return Program(said.wrap, said.unwrap)
    return RootKey.read(of.secret(said), f"audit.key_provider: {said}")


async def keep_up_with_keys(audit_log: AuditLog, others: Keys, now: Callable[[], datetime]) -> None:
    """Take up, for ever and within seconds, what commands change of the keys; destroy those whose time is over.

    ``others`` are the keys of those beside the log, opened from the same directory.
    """
    for turn in count():
        await asyncio.sleep(TAKEN_UP_EVERY)
        try:
            await asyncio.to_thread(others.take_up)
            if await audit_log.take_up_keys():
                log.info("audit log: keys were changed, and are taken up")
            if turn % _CLEARED_EVERY == 0:
                await asyncio.to_thread(cleared, others, now())
        except Exception as fault:  # noqa: BLE001 -- what one look meets must not end all others
            log.warning("audit log: a look at the keys failed with %s", type(fault).__name__)
