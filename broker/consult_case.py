"""The case system, consulted: is this case open and the requester's own, and who is linked to it?

This runs where the connector runs, like ``consult``. A case that is closed, somebody else's or not there at all
gives the same: a number that was guessed tells nothing. Only of the requester's own open case are people named,
and only as far as the owner's policy lets them be.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import get_args

from broker.answers import CaseState
from broker.consultation import CaseConsultation, CaseFinding, LinkedPerson
from broker.questions import age_on
from broker.registers.shields import Shields
from connectors.case_system import LINK, PERSON, STATE, WORKER, case_search
from connectors.contract import Candidate, Connector, Identifiers, SourceFault, SourceTimedOut
from connectors.source_file import CaseSystem
from consent_rules.model import Relation
from policy.compile import CompiledPolicy
from policy.facts import RosterGrant, RosterShown

log = logging.getLogger(__name__)

_RELATIONS = get_args(Relation)

MOST_LINKED = 30
"""People of one case who are asked about: every one is a search at every service."""

LONGEST = 100
"""Characters of an identifier. What is longer is none, and is left out: it would fill an entry of the log."""


OF_NO_SERVICE = ""
"""A case's number is no key of a service's records: only shields of people hold for a roster."""


@dataclass(frozen=True, slots=True)
class CaseSide:
    """The case system's own side: its connector, how its rows read, and its owner's policy."""

    connector: Connector
    section: CaseSystem
    policy: CompiledPolicy
    shields: Callable[[], Shields] = Shields


async def consult_case(consultation: CaseConsultation, side: CaseSide) -> CaseFinding:
    """Ask the case system about one case. Never raises."""
    if not consultation.worker or not side.policy.in_force(consultation.ask.today):
        return CaseFinding("unverified")
    search = case_search(
        consultation.query_id, consultation.case_id, consultation.seconds, people=consultation.people_wanted
    )
    try:
        found = await side.connector.candidates(search)
        rows = side.shields().marked(found.rows, OF_NO_SERVICE, side.connector.source.population)
        return CaseFinding("unavailable") if found.capped else _found(consultation, side, rows)
    except SourceFault as fault:
        return _failed(
            consultation, "timed_out" if isinstance(fault, SourceTimedOut) else "unavailable", fault
        )
    except Exception as fault:  # noqa: BLE001 -- a fault of ours must not take the other services' answers along
        return _failed(consultation, "unavailable", fault)


def _found(consultation: CaseConsultation, side: CaseSide, rows: Sequence[Candidate]) -> CaseFinding:
    # By the number as it is stored: another case may have one that reads alike.
    held = {row.local_key for row in rows if _holds(consultation.worker, row, side.section)}
    if not held:
        return CaseFinding("unverified")
    if not consultation.people_wanted:
        return CaseFinding("verified")
    people = sorted(_linked(consultation, side, (row for row in rows if row.local_key in held)), key=_order)
    return CaseFinding("verified", tuple(people[:MOST_LINKED]), complete=len(people) <= MOST_LINKED)


def _holds(worker: str | None, row: Candidate, section: CaseSystem) -> bool:
    """Whether the row is of an open case, and says that this worker holds it."""
    holder = (row.gates[WORKER] or "").casefold()
    return row.gates[STATE] in section.state.open and holder == (worker or "").strip().casefold()


def _linked(
    consultation: CaseConsultation, side: CaseSide, rows: Iterable[Candidate]
) -> Iterator[LinkedPerson]:
    """Everyone linked to the case, once, without those whom the owner shields."""
    by_person: dict[str, Candidate] = {}
    for row in rows:
        if (key := row.gates[PERSON]) and (row.restricted or key not in by_person):
            by_person[key] = row
    for key, row in by_person.items():
        relation = side.section.linked_as.codes.get(row.gates[LINK] or "")
        if relation is not None and not row.restricted:
            yield from _as_far_as_shared(consultation, side.policy, row, key, relation)


def _as_far_as_shared(
    consultation: CaseConsultation, policy: CompiledPolicy, row: Candidate, key: str, relation: str
) -> Iterator[LinkedPerson]:
    ask, born = replace(consultation.ask, relation=relation), row.identifiers.birth_date
    granted = policy.roster(ask, age_on(ask.today, born) if born else None)
    if granted != RosterGrant():
        named = granted.shown is RosterShown.RELATION_AND_NAME
        yield LinkedPerson(
            key=key,
            relation=relation,
            identifiers=_searched_with(row.identifiers, granted.search_with),
            relation_shown=granted.shown >= RosterShown.RELATION,
            name=_name(row.identifiers) if named else None,
        )


def _searched_with(held: Identifiers, names: frozenset[str]) -> Identifiers:
    """Of what the case system holds, what its owner lets travel."""
    kept = {one.name: getattr(held, one.name) for one in fields(held) if one.name in names}
    return Identifiers(**{name: value for name, value in kept.items() if not _too_long(value)})


def _too_long(value: object) -> bool:
    texts = value if isinstance(value, tuple) else (value,)
    return any(isinstance(one, str) and len(one) > LONGEST for one in texts)


def _name(held: Identifiers) -> str | None:
    return " ".join(filter(None, (held.given_name, held.family_name)))[:LONGEST] or None


def _order(one: LinkedPerson) -> tuple[int, int, str]:
    """Children first, and of them the youngest, as far as birth dates travel."""
    born = one.identifiers.birth_date
    return _RELATIONS.index(one.relation), -born.toordinal() if born else 0, one.key


def _failed(consultation: CaseConsultation, state: CaseState, fault: Exception) -> CaseFinding:
    # Only the kind of fault is logged: drivers quote the values that they were given.
    log.warning("query %s: the case system, %s after %s", consultation.query_id, state, type(fault).__name__)
    return CaseFinding(state)
