"""What stays as it is while policies change, and what surrounds queries, made of it for each catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from broker import alerts
from broker.catalogue import CASES, Catalogue, Service, replica_of
from broker.chance import Chance
from broker.consult_case import CaseSide
from broker.consult_label import keep_label
from broker.consultation import Consultation
from broker.consulting.side import OwnersSide
from broker.fanout import CaseLane, Guard, Lane
from broker.feedback import Teach
from broker.in_common import InCommon
from broker.lanes import case_lane_to, lane_to
from broker.learning.labels import append
from broker.learning.misses import Misses
from broker.limits.barred import Barred
from broker.references import Sealer
from broker.registers.agreements import recorded_of
from broker.registers.watching import ShieldsInForce
from broker.settings import Partnership
from broker.staff.colleagues import Colleagues
from broker.staff.entries import StaffDirectory
from broker.surroundings import LONDON, Surroundings
from broker.telemetry import Tracing
from connectors.contract import Connector
from policy.model import SharingPolicy


@dataclass(frozen=True, slots=True)
class Lasting:
    """What stays as it is while policies change: sources, their guards, clock, keys and chance."""

    partnership: Partnership
    sources: Mapping[str, Connector]
    staff: StaffDirectory | None
    chance: Chance
    tracing: Tracing
    guards: Mapping[str, Guard]
    misses: Mapping[str, Misses]
    shields: ShieldsInForce
    sealer: Sealer
    colleagues: Colleagues
    in_common: InCommon = field(default_factory=InCommon, repr=False)
    barred: Barred = field(default_factory=Barred, repr=False)

    def surroundings(self, catalogue: Catalogue) -> Surroundings:
        """What surrounds queries while this catalogue is in force."""
        return Surroundings(
            catalogue=catalogue,
            lanes={name: self._lane(name, service) for name, service in catalogue.services.items()},
            sealer=self.sealer,
            tracing=self.tracing,
            grid=self.partnership.settings.answers.released_every_ms / 1000,
            now=self.chance.now,
            new_id=self.chance.new_id,
            case_lane=self._case_lane(catalogue),
            agreements=partial(recorded_of, self.shields.store),
            limits=self.partnership.settings.limits,
            barred=self.barred,
            colleagues=self.colleagues,
        )

    def sides(self, catalogue: Catalogue) -> Mapping[str, OwnersSide]:
        """The owner's side of every source, in this process."""
        return {name: self._side(name, service) for name, service in catalogue.services.items()}

    def _lane(self, name: str, service: Service) -> Lane:
        side, second = self._side(name, service), self.sources.get(replica_of(name))
        replica = replace(side, connector=second) if second else None
        return lane_to(name, side, self.tracing, self.guards[name], self.chance.now, replica)

    def _side(self, name: str, service: Service) -> OwnersSide:
        return OwnersSide(
            self.sources[name],
            service.policy,
            self.staff if service.source.contact.complete_from_directory else None,
            service.weights,
            self.misses[name],
            self.shields,
            self._alert(name, service.policy.policy),
            self.in_common,
        )

    def _alert(self, source: str, policy: SharingPolicy) -> Callable[[bytes, str], bytes] | None:
        """What seals alerts for the source's owner, where they are wanted."""
        if not policy.alert_owner_when_withheld:
            return None
        own = policy.owner.alert_key
        if own:
            key = alerts.public_key(own)
            return lambda note, query_id: alerts.sealed(note, key, source, query_id)
        keys = self.shields.store.keys  # asked each time: of the epoch that is the newest then
        return lambda note, query_id: alerts.sealed(
            note, keys.for_owner(source).public_key(), source, query_id
        )

    def teachers(self, catalogue: Catalogue) -> Mapping[str, Teach]:
        """What keeps the levels of each source's matches, when somebody says whether they were right."""
        sides = self.sides(catalogue)
        return {name: _teacher(side, self.partnership, self.chance) for name, side in sides.items()}

    def _case_lane(self, catalogue: Catalogue) -> CaseLane | None:
        system = catalogue.case_system
        if system is None:
            return None
        side = CaseSide(self.sources[CASES], system.section, system.service.policy, self.shields)
        return case_lane_to(system.source.source, side, self.tracing, self.guards[CASES], self.chance.now)


def lasting(
    partnership: Partnership,
    shields: ShieldsInForce,
    sources: Mapping[str, Connector],
    staff: StaffDirectory | None,
    chance: Chance,
    tracing: Tracing,
) -> Lasting:
    """What this partnership's broker keeps until it ends."""
    return Lasting(
        partnership=partnership,
        sources=sources,
        staff=staff,
        chance=chance,
        tracing=tracing,
        shields=shields,
        colleagues=Colleagues(partnership.settings.staff_directory, partnership.directory),
        guards={name: Guard(connector.source.asking) for name, connector in sources.items()},
        misses={
            name: Misses(partnership.path(f"state/misses/{name}.json")) for name in sources if name != CASES
        },
        sealer=Sealer(
            partnership.sealing_key(),
            timedelta(minutes=partnership.settings.references.minutes),
            chance.random,
        ),
    )


def _teacher(side: OwnersSide, partnership: Partnership, chance: Chance) -> Teach:
    """What keeps the levels of a source's matches, when somebody says whether they were right."""
    path = partnership.path(f"state/labels/{side.connector.source.source}.jsonl")

    async def teach(consultation: Consultation, same: bool) -> None:
        today = chance.now().astimezone(LONDON).date()
        await keep_label(consultation, same, side, today, partial(append, path))

    return teach
