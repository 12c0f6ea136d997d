"""The twenty sources: in memory and on a PostgreSQL, who is known to which, and how each of them is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from connectors.contract import Candidate, Connector, Identifiers, SourceUnavailable
from connectors.memory import MemoryConnector
from connectors.registry import connect
from deploy.demo.people import Person
from deploy.demo.postgres import PostgresCluster
from deploy.demo.town import Town as People
from tests.fakes.littleworth import NOW, row
from tests.faults.proxy import FaultProxy, Trouble
from tests.faults.rig import PASSWORD, fill

MEMORY_HEALTHY = tuple(f"memory_{number}" for number in range(1, 9))
POSTGRESQL_HEALTHY = ("postgresql_1", "postgresql_2")
HEALTHY = (*MEMORY_HEALTHY, *POSTGRESQL_HEALTHY)

Break = Callable[[MemoryConnector], None]
BROKEN: Mapping[str, Break] = {
    "down": lambda one: one.fails(SourceUnavailable("away")),
    "driver_breaks": lambda one: one.fails(RuntimeError("broken")),
    "slow": lambda one: one.delays(9),
    "freezes": lambda one: one.freezes(),
    "keeps_no_deadline": lambda one: one.hangs(),
    "lost_a_column": lambda one: one.loses("family_name"),
    "lost_the_shield": lambda one: one.loses("shielded"),
}
BEHIND_PROXIES: Mapping[str, Trouble] = {"black_hole": "black hole", "zeros": "zeros", "reset": "reset"}
FAULTY = (*BROKEN, *BEHIND_PROXIES)
ALL = (*HEALTHY, *FAULTY)
PEOPLE = 600
"""So many that nobody is asked about more than a few times a day, as the limits have it."""
ADULT = 18


@dataclass(slots=True)
class Places:
    """What the sources are made of. ``rows`` are the records by source; ``people`` those that are asked about."""

    cluster: PostgresCluster
    people: tuple[Person, ...]
    rows: Mapping[str, tuple[Candidate, ...]]
    proxies: Mapping[str, FaultProxy]

    def adapt(self, made: dict[str, Any]) -> None:
        """Put connectors to PostgreSQL where they belong."""
        for name in (*POSTGRESQL_HEALTHY, *BEHIND_PROXIES):
            fill(self.cluster, made[name].source, self.rows[name])
            made[name] = self._postgresql(name, made[name])

    def _postgresql(self, name: str, memory: MemoryConnector) -> Connector:
        port = self.proxies[name].port if name in self.proxies else self.cluster.port
        where = {
            "host": "127.0.0.1", "port": port, "database": "littleworth", "user": "family_context",
            "password": "file:password", "ssl": "disable",
        }  # fmt: skip
        changed = {"kind": "postgresql", "connection": where, "table": name}
        return connect(memory.source.model_copy(update=changed), lambda _: PASSWORD, Path())

    @contextmanager
    def broken(self, sources: Mapping[str, Any]) -> Iterator[None]:
        """Half of them, for as long as the context lasts."""
        with ExitStack() as until:
            for name, befall in BROKEN.items():
                befall(sources[name])
                until.callback(sources[name].works)
            for name, trouble in BEHIND_PROXIES.items():
                until.enter_context(self.proxies[name].in_trouble(trouble))
            yield

    def expected(self, number: int, source: str) -> str | None:
        """When the person was last seen there, as a social worker is told; None: not known there."""
        seen = _seen(number, ALL.index(source))
        return seen.isoformat() if seen else None


def places(cluster: PostgresCluster, seed: int) -> Places:
    """People of one household each, so that nobody is taken for a relative, and the records about them."""
    by_name: dict[str, Person] = {}
    for one in People(seed, NOW.date()).people(3_000):
        if one.age_on(NOW.date()) >= ADULT:
            by_name.setdefault(one.family_name, one)
    people = tuple(by_name.values())[:PEOPLE]
    rows = {
        name: tuple(
            _record(one, number, seen)
            for number, one in enumerate(people)
            if (seen := _seen(number, place)) is not None
        )
        for place, name in enumerate(ALL)
    }
    return Places(cluster, people, rows, {name: FaultProxy(cluster.port) for name in BEHIND_PROXIES})


def _seen(number: int, place: int) -> date | None:
    known = (number + place) % 3 == 0
    return date(2026, 4, 1 + (7 * number + place) % 28) if known else None


def _record(one: Person, number: int, seen: date) -> Candidate:
    who = Identifiers(
        given_name=one.given_name,
        family_name=one.family_name,
        birth_date=one.birth_date,
        address=one.address,
        postcode=one.postcode,
    )
    return replace(row(f"k{number}"), identifiers=who, last_contact=seen)
