"""What is answered of people about whom a source was not asked, or failed."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from broker.answers import Outcome
from broker.consultation import Consultation, Consulted, PersonFinding, SourceFinding
from broker.consulting.side import OwnersSide
from broker.hints import hint_for
from connectors.contract import Identifiers

log = logging.getLogger(__name__)


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


def without_asking(one: Consulted, closed: Mapping[int, Outcome | None]) -> PersonFinding:
    """Why this person was not asked about (``closed_to``, by the number of the person)."""
    outcome = closed[one.number] or Outcome.UNAVAILABLE
    hint = hint_for(one.identifiers) if outcome is Outcome.NOT_ASKED else None
    return PersonFinding(one.number, outcome, hint=hint)


def all_failed(consultation: Consultation, outcome: Outcome, fault: Exception) -> SourceFinding:
    """The same outcome for everybody, after a fault."""
    # Only the kind of fault is logged: drivers quote the values that they were given.
    log.warning("query %s: %s after %s", consultation.query_id, outcome.value, type(fault).__name__)
    return SourceFinding(tuple(PersonFinding(one.number, outcome) for one in consultation.people))
