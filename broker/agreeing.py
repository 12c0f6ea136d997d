"""Recording what a family agreed to: by somebody whom the purpose lets ask; in the log before in the register."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from broker import recording
from broker.audit.change_events import AgreementRecorded
from broker.audit.event import PersonAsked, Who
from broker.errors import Complaint, Incomplete, NotPermitted, NotRecorded
from broker.query import Broker
from broker.questions import Requester, age_on
from broker.registers.agreements import record
from broker.registers.store import RegisterUnavailable, Store
from broker.surroundings import LONDON
from connectors.contract import Identifiers
from consent_rules.agreements import Recorded, fits

_NO_SUCH = Complaint(
    "unknown_purpose", "There is no such purpose, or your role may not ask for it.", "/purpose"
)
_WHO = Complaint(
    "too_little_to_identify",
    "Give the whole names and birth date: an agreement is about one person and nobody of the same name.",
    "/person/birth_date",
)
_STANDING = Complaint(
    "standing_does_not_fit",
    "Nobody of this standing can agree for a person of this age. Check both.",
    "/standing",
)
_ORDER = Complaint("until_before_conversation", "The last day is before the conversation.", "/until")
_FUTURE = Complaint(
    "conversation_in_future", "The conversation is in the future. Check its day.", "/agreed_on"
)


async def agree(
    person: Identifiers, said: Recorded, requester: Requester, broker: Broker, store: Store
) -> str:
    """Record what was said of one person; the entry's id. It holds from the next question on.

    Raises NotPermitted, Incomplete, and NotRecorded when the log or the register can't be written.
    """
    around = broker.around
    purpose = around.catalogue.purposes.rules.purposes.get(said.purpose)
    if purpose is None or not requester.roles & set(purpose.who_may_ask):
        raise NotPermitted(_NO_SUCH)
    complaints = [*impossible(person, said), *_unknown(said, around.catalogue.services)]
    if complaints:
        raise Incomplete(*complaints)
    role = min(requester.roles & set(purpose.who_may_ask))
    await recording.durable(broker.log, as_event(person, said, recording.as_logged(requester, role)))
    try:
        return record(store, person, said, requester.subject)
    except RegisterUnavailable:
        raise NotRecorded from None


def as_event(person: Identifiers, said: Recorded, by: Who) -> AgreementRecorded:
    """What the audit log has of it."""
    return AgreementRecorded(
        at=said.recorded_at,
        requester=by,
        purpose=said.purpose,
        state=said.state,
        standing=said.standing,
        evidence=said.evidence,
        agreed_on=said.agreed_on,
        until=said.until,
        services=said.services,
        person=PersonAsked(1, "", person),
    )


def _unknown(said: Recorded, there: Collection[str]) -> list[Complaint]:
    """A slip in a withdrawal would leave the service open that was meant."""
    return [
        Complaint(
            "unknown_service",
            f"There is no such service. There are: {', '.join(there)}.",
            f"/services/{place}",
        )
        for place, name in enumerate(said.services)
        if name not in there
    ]


def impossible(person: Identifiers, said: Recorded) -> Iterator[Complaint]:
    """What cannot be so, whoever records it."""
    names = (person.given_name, person.family_name)
    if person.birth_date is None or not all((name or "").strip() for name in names):
        yield _WHO
        return
    if not fits(said.standing, age_on(said.agreed_on, person.birth_date)):
        yield _STANDING
    if said.until < said.agreed_on:
        yield _ORDER
    if said.agreed_on > said.recorded_at.astimezone(LONDON).date():
        yield _FUTURE
