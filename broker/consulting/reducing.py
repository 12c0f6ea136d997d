"""Reduce: of what is matched, the involvements that the policy shows, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from broker.answers import Outcome
from broker.consultation import Consulted, Finding, PersonFinding
from broker.consulting.matched import Matched
from broker.consulting.records import record_of
from broker.consulting.side import OwnersSide
from broker.hints import hint_for
from broker.matching.grades import Hit
from broker.matching.match import visible_reasons
from broker.matching.sentences import because
from broker.staff.complete import Contacts, completed_by
from connectors.contract import Candidate
from policy.asked import AskedPolicy
from policy.compile import CompiledPolicy
from policy.facts import LEVELS, ContactShown, Involvement, Record


async def completed(matched: Sequence[Matched], side: OwnersSide) -> Contacts:
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


def reduced(matched: Matched, side: OwnersSide, contacts: Contacts) -> PersonFinding:
    """What is shown of one person: all that leaves the owner's side."""
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
