"""One source, consulted: search, withhold, match, reduce.

This runs where the connector runs: in the broker's process, or in an agent beside the service's database. What
it gives back is all that ever leaves that side: outcomes and involvements, never a row.

The order matters. Rows that the owner's policy withholds go *before* matching, so that no grade, ambiguity or
count can betray them; and the whole record is judged, so that "involved" tells of no parking ticket.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from broker.alerts import note_of
from broker.answers import Outcome
from broker.consultation import Consultation, Consulted, Finding, PersonFinding, SourceFinding
from broker.hints import hint_for
from broker.in_common import InCommon
from broker.learning.misses import Misses
from broker.matching.grades import Hit
from broker.matching.match import Met, match, stands_for_itself, visible_reasons
from broker.matching.nicknames import other_forms_of
from broker.matching.normalise import fold
from broker.matching.sentences import because
from broker.matching.weights import DEFAULT_WEIGHTS, Weights
from broker.questions import age_on
from broker.registers.shields import Shields
from broker.staff.complete import Completed, Contacts, completed_by
from broker.staff.entries import StaffDirectory
from connectors.contract import (
    Candidate,
    Candidates,
    Connector,
    Identifiers,
    Search,
    SourceFault,
    SourceTimedOut,
)
from policy.asked import AskedPolicy
from policy.compile import CompiledPolicy
from policy.facts import LEVELS, Ask, ContactShown, Involvement, Record, Restriction

log = logging.getLogger(__name__)


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


async def consult(consultation: Consultation, side: OwnersSide) -> SourceFinding:
    """Ask one source about the people of a query; a finding per person, in the query's order. Never raises."""
    with side.in_common.of(consultation.query_id):
        return await _consulted(consultation, side)


async def _consulted(consultation: Consultation, side: OwnersSide) -> SourceFinding:
    side = replace(side, policy=side.policy.for_one_query())
    closed = {one.number: closed_to(one, side) for one in consultation.people}
    asked = tuple(one for one in consultation.people if closed[one.number] is None)
    found = await _search_and_match(replace(consultation, people=asked), side) if asked else SourceFinding(())
    by_number = {one.number: one for one in found.people}
    people = (by_number.get(one.number) or _without_asking(one, closed) for one in consultation.people)
    return SourceFinding(tuple(people), found.as_of, found.alert)


async def _search_and_match(consultation: Consultation, side: OwnersSide) -> SourceFinding:
    try:
        searched = await _searched(consultation, side, None)
        side = _with_shields_of_now(side)
        found = _marked(searched, consultation, side)
        people = await judged(consultation, side, found)
        return SourceFinding(people, found.as_of, _alert(consultation, side, searched))
    except SourceFault as fault:
        outcome = Outcome.TIMED_OUT if isinstance(fault, SourceTimedOut) else Outcome.UNAVAILABLE
        return _all(consultation, outcome, fault)
    except Exception as fault:  # noqa: BLE001 -- a fault of ours must not take the other services' answers along
        return _all(consultation, Outcome.UNAVAILABLE, fault)


def _with_shields_of_now(side: OwnersSide) -> OwnersSide:
    """The shields are looked up once, when the rows are there. Raises RegisterUnavailable."""
    shields = side.shields()
    return replace(side, shields=lambda: shields)


async def judged(
    consultation: Consultation, side: OwnersSide, found: Candidates
) -> tuple[PersonFinding, ...]:
    """Withhold, match and reduce what a search found; a finding per person, in the order of the consultation."""
    matched = matched_by(consultation, side, found)
    contacts = await _completed(matched, side)
    people = tuple(_reduced(one, side, contacts) for one in matched)
    _count_misses(matched, side)
    return people


async def found_by(
    consultation: Consultation, side: OwnersSide, columns: frozenset[str] | None = None
) -> Candidates:
    """Search, and mark the rows of people who are shielded. Nothing is withheld yet.

    ``columns``: those of the involvement to select; None: as this side's policy needs them.
    """
    return _marked(await _searched(consultation, side, columns), consultation, side)


async def _searched(
    consultation: Consultation, side: OwnersSide, columns: frozenset[str] | None
) -> Candidates:
    if columns is None:
        columns = needed_columns(side.policy, [one.ask for one in consultation.people])
    with side.in_common.of(consultation.query_id) as worked_out:
        search = Search(
            query_id=consultation.query_id,
            people=tuple(one.identifiers for one in consultation.people),
            involvement=columns,
            seconds=consultation.seconds,
            also_called=tuple(
                other_forms_of(fold(one.identifiers.given_name or "")) for one in consultation.people
            ),
            worked_out=worked_out,
        )
    return await side.connector.candidates(search)


def _marked(candidates: Candidates, consultation: Consultation, side: OwnersSide) -> Candidates:
    source = side.connector.source
    rows = side.shields().marked(candidates.rows, source.source, source.population)
    return replace(candidates, rows=_as_may_be_named(rows, consultation))


def _as_may_be_named(rows: Sequence[Candidate], consultation: Consultation) -> tuple[Candidate, ...]:
    """Without former names, for purposes in which an old and a new name may never be linked."""
    if consultation.former_names:
        return tuple(rows)
    return tuple(replace(row, identifiers=replace(row.identifiers, other_family_names=())) for row in rows)


@dataclass(frozen=True, slots=True)
class Matched:
    """One person of a query, and the rows of this source that are this person's, as far as can be told.

    ``asked``: the policy for the request about this person; None: it shows nothing. ``not_asked``: nothing that
    was typed of this person is taken by this source.
    """

    consulted: Consulted
    asked: AskedPolicy | None = field(repr=False)
    hits: Sequence[Hit] = field(repr=False)
    too_many: bool
    not_asked: bool

    def shown(self, side: OwnersSide) -> list[Hit]:
        return [hit for hit in self.hits if stands_for_itself(hit.grade, side.sensitive)]


def matched_by(consultation: Consultation, side: OwnersSide, candidates: Candidates) -> list[Matched]:
    """Withhold, then match. Each person is matched with the rows that this person's ask leaves.

    What is left is counted, too: withheld rows must not make the others too many to tell apart.
    """
    people, source = consultation.people, side.connector.source
    rows, capped = candidates.rows, candidates.capped
    asked = [side.policy.about(one.ask) for one in people]
    left = [_left(one, rows, side, its) for one, its in zip(people, asked, strict=True)]
    with side.in_common.of(consultation.query_id) as worked_out:
        hits = match(
            [one.identifiers for one in people],
            rows,
            source.population,
            relatives=source.holds_relatives,
            weights=side.weights,
            available=lambda index, row: id(row) in left[index],
            met=worked_out.setdefault(Met, Met()),
        )
    return [
        Matched(
            one,
            asked[index],
            found,
            too_many=capped or len(its) > source.row_cap,
            not_asked=index in candidates.not_asked,
        )
        for index, (one, found, its) in enumerate(zip(people, hits, left, strict=True))
    ]


def _count_misses(matched: Sequence[Matched], side: OwnersSide) -> None:
    """Count who was possible and not shown: of what the policy left, so that a withheld record never counts."""
    if side.misses is None:
        return
    for one in matched:
        if one.hits and not one.shown(side):
            side.misses.count(one.hits[0].levels, one.consulted.ask.today)


def _alert(consultation: Consultation, side: OwnersSide, searched: Candidates) -> bytes | None:
    """What the owner is told, of the records that the owner withholds: whom the partnership shields is not for
    every owner to know.
    """
    if side.alert is None:
        return None
    source = side.connector.source
    rows = _as_may_be_named(side.shields().marked_by_key(searched.rows, source.source), consultation)
    withheld = [_withheld(one, rows, side.policy) for one in consultation.people]
    return side.alert(note_of(consultation, rows, withheld, source, side.weights), consultation.query_id)


def _withheld(one: Consulted, rows: Sequence[Candidate], policy: CompiledPolicy) -> frozenset[int]:
    asked = policy.about(one.ask)
    return frozenset(id(row) for row in rows if asked is None or asked.withholds(record_of(row, one)))


def _left(
    one: Consulted, rows: Sequence[Candidate], side: OwnersSide, asked: AskedPolicy | None
) -> frozenset[int]:
    """The rows, by identity, that the policy does not withhold from the question about this person.

    Nor are those of an identity that is kept apart from the one that was asked for.
    """
    shields, population = side.shields(), side.connector.source.population
    if asked is None:
        return frozenset()
    return frozenset(
        id(row)
        for row in rows
        if not asked.withholds(record_of(row, one))
        and not shields.apart(one.identifiers, row.identifiers, population)
    )


async def _completed(matched: Sequence[Matched], side: OwnersSide) -> Contacts:
    """The contacts that will be shown by name, made whole from the staff directory; nobody else is looked up."""
    if side.staff is None:
        return {}
    named = {
        row.contact
        for one in matched
        for hit in one.shown(side)
        for row in hit.rows
        if (row.contact.name or row.contact.staff_id) and _is_named(one.consulted, row, side.policy)
    }
    return await completed_by(side.staff, named) if named else {}


def _is_named(one: Consulted, row: Candidate, policy: CompiledPolicy) -> bool:
    return policy.levels(one.ask, record_of(row, one))["lead_practitioner"] == ContactShown.NAMED


def _reduced(matched: Matched, side: OwnersSide, contacts: Contacts) -> PersonFinding:
    one, hits = matched.consulted, matched.hits
    if matched.not_asked:
        return PersonFinding(one.number, Outcome.NOT_ASKED, hint=hint_for(one.identifiers))
    findings = _newest_first(
        finding for hit in matched.shown(side) for finding in _findings(matched, hit, contacts)
    )
    if matched.too_many or (hits and not findings):
        return PersonFinding(one.number, Outcome.AMBIGUOUS, hint=hint_for(one.identifiers))
    if not findings:
        return PersonFinding(one.number, Outcome.NOTHING_TO_SHARE)
    return PersonFinding(one.number, Outcome.INVOLVED, findings=findings)


def _findings(matched: Matched, hit: Hit, contacts: Contacts) -> list[Finding]:
    reasons = {name: reason.value for name, reason in visible_reasons(hit).items()}
    sentence = because(hit.levels)
    asked = matched.asked
    found = []
    for row in hit.rows:
        record = record_of(row, matched.consulted, contacts.get(row.contact))
        involvement = asked.reduce(record) if asked else None
        if asked and involvement:
            levels = {name: LEVELS[name](at).name.lower() for name, at in asked.levels(record).items()}
            found.append(Finding(involvement, hit.grade, reasons, sentence, levels, _lines(asked, record)))
    return found


def _lines(asked: AskedPolicy, record: Record) -> Mapping[str, tuple[int, ...]]:
    """The lines of the policy that decided each field that is shown."""
    traces = asked.trace(record)
    return {trace.field: (*trace.given, *trace.limited) for trace in traces if trace.level}


def _newest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Newest first by what is shown, each involvement once: two records that look the same are one."""
    once = {finding.involvement: finding for finding in findings}
    dates = {
        involvement: max(
            filter(None, (involvement.last_contact, involvement.ended, involvement.started)), default=""
        )
        for involvement in once
    }
    return tuple(once[i] for i in sorted(once, key=lambda i: (dates[i], _as_text(i)), reverse=True))


def _as_text(involvement: Involvement) -> str:
    """Breaks ties by what is shown, so that the order of rows in a database is not told."""
    person = involvement.lead_practitioner
    shown = (
        involvement.status,
        involvement.started,
        involvement.ended,
        person and (person.name, person.team),
    )
    return str(shown)


def record_of(row: Candidate, one: Consulted, whom: Completed | None = None) -> Record:
    """What the policy may test and reduce of a row. The age is the record's own, else the typed one.

    ``whom``: the contact as the staff directory completes it; None: as the row has it.
    """
    born = row.identifiers.birth_date
    contact = whom.contact if whom else row.contact
    return Record(
        age=age_on(one.ask.today, born) if born else one.ask.typed_age,
        status=row.status,
        started=row.started,
        ended=row.ended,
        last_contact=row.last_contact,
        gates=row.gates,
        contact_name=contact.name,
        contact_role=contact.role,
        contact_team=contact.team,
        contact_phone=contact.phone,
        contact_email=contact.email,
        contact_from_directory=whom.from_directory if whom else (),
        contact_has_left=whom.has_left if whom else False,
        restriction=_restriction(row),
    )


def _restriction(row: Candidate) -> Restriction:
    """What a row is marked with. Of staff in a protected household it is the most: no rule speaks of both."""
    if row.restricted or (row.staff and row.protected_location):
        return "shielded"
    if row.staff:
        return "staff"
    return "location" if row.protected_location else "none"


def closed_to(one: Consulted, side: OwnersSide) -> Outcome | None:
    """The outcome when the source is not even asked about this person: by request facts alone."""
    if side.policy.by_request:
        return Outcome.BY_REQUEST
    if side.policy.closes(one.ask):
        return Outcome.WITHHELD
    if side.sensitive and not _tells_one_from_another(one.identifiers):
        return Outcome.NOT_ASKED
    return None


def _tells_one_from_another(typed: Identifiers) -> bool:
    """Whether a sensitive source can be asked: a name alone, with or without a place, is never certain."""
    return any((typed.birth_date, typed.born_between, typed.nhs_number, typed.upn))


def _without_asking(one: Consulted, closed: Mapping[int, Outcome | None]) -> PersonFinding:
    outcome = closed[one.number] or Outcome.UNAVAILABLE
    hint = hint_for(one.identifiers) if outcome is Outcome.NOT_ASKED else None
    return PersonFinding(one.number, outcome, hint=hint)


def _all(consultation: Consultation, outcome: Outcome, fault: Exception) -> SourceFinding:
    # Only the kind of fault is logged: drivers quote the values that they were given.
    log.warning("query %s: %s after %s", consultation.query_id, outcome.value, type(fault).__name__)
    return SourceFinding(tuple(PersonFinding(one.number, outcome) for one in consultation.people))


def needed_columns(policy: CompiledPolicy, asks: Iterable[Ask]) -> frozenset[str]:
    """The involvement and contact columns that could be needed for any of these people (law 8)."""
    opened = {name for ask in asks for name in policy.opens(ask)}
    return frozenset(
        "contact" if name == "lead_practitioner" else name
        for name in opened | {policy.record_date}
        if name != "involved"
    )
