"""One source's own side: what consulting it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from broker.in_common import InCommon
from broker.learning.misses import Misses
from broker.matching.weights import DEFAULT_WEIGHTS, Weights
from broker.registers.shields import Shields
from broker.staff.entries import StaffDirectory
from connectors.contract import Connector
from policy.compile import CompiledPolicy


@dataclass(frozen=True, slots=True)
class OwnersSide:
    """One source's own side: its connector, and the owner's policy that is enforced there.

    ``alert`` seals, for its owner alone, what records were withheld from whom; None: the owner wants no alerts.
    ``in_common`` is the same for all sides of one process.
    """

    connector: Connector
    policy: CompiledPolicy
    staff: StaffDirectory | None = None
    weights: Weights = DEFAULT_WEIGHTS
    misses: Misses | None = None
    shields: Callable[[], Shields] = Shields
    alert: Callable[[bytes, str], bytes] | None = None
    in_common: InCommon = field(default_factory=InCommon, repr=False)

    @property
    def sensitive(self) -> bool:
        return self.connector.source.sensitive or self.policy.sensitive
