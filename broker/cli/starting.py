"""What can keep a partnership from starting, for the command line to say in one sentence and end."""

from __future__ import annotations

from broker.audit.keys import KeysMissing
from broker.audit.keys.providers import ProviderFailed
from broker.audit.log import LogUnavailable
from broker.audit.stores.contract import UnsafeStore
from broker.registers.store import RegisterUnavailable
from broker.settings import SecretMissing
from connectors.contract import SourceMisfit
from handwritten import Faults

STARTING_FAULTS = (
    Faults,
    KeysMissing,
    ProviderFailed,
    LogUnavailable,
    UnsafeStore,
    SecretMissing,
    SourceMisfit,
    RegisterUnavailable,
)
