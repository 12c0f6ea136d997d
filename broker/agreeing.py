"""Recording what a family agreed to: by somebody whom the purpose lets ask; in the log before in the register."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

from broker import recording
from broker.audit.change_events import AgreementRecorded
from broker.audit.events import PersonAsked
from broker.errors import Complaint, Incomplete, NotPermitted, NotRecorded
from broker.query import Broker
from broker.questions import Requester, age_on
from broker.registers.agreements import record
from broker.registers.store import RegisterUnavailable, Store
from broker.surroundings import LONDON
from connectors.contract import Identifiers
from consent_rules.agreements import Recorded, Standing, State, fits

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


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a family agreed to, as somebody says. ``until`` is the last day that it holds, ``services`` the sources
    that it is about, none of them every one.
    """

    person: Identifiers = field(repr=False)
    purpose: str
    state: State
    standing: Standing
    evidence: str = field(repr=False)
    agreed_on: date
    until: date
    services: tuple[str, ...] = ()


async def agree(said: Agreed, requester: Requester, broker: Broker, store: Store) -> str:
    """Record it; the entry's id. It holds from the next question on.

    Raises NotPermitted, Incomplete, and NotRecorded when the log or the register can't be written.
    """
    around, now = broker.around, broker.around.now()
    purpose = around.catalogue.purposes.rules.purposes.get(said.purpose)
    if purpose is None or not requester.roles & set(purpose.who_may_ask):
        raise NotPermitted(_NO_SUCH)
    complaints = _impossible(said, now.astimezone(LONDON).date()) + _unknown(said, around.catalogue.services)
    if complaints:
        raise Incomplete(*complaints)
    role = min(requester.roles & set(purpose.who_may_ask))
    event = AgreementRecorded(
        at=now,
        requester=recording.as_logged(requester, role),
        purpose=said.purpose,
        state=said.state,
        standing=said.standing,
        evidence=said.evidence,
        agreed_on=said.agreed_on,
        until=said.until,
        services=said.services,
        person=PersonAsked(1, "", said.person),
    )
    await recording.durable(broker.log, event)
    entry = Recorded(
        said.purpose, said.state, said.standing, said.evidence, said.agreed_on, said.until, now, said.services
    )
    try:
        return record(store, said.person, entry, requester.subject)
    except RegisterUnavailable:
        raise NotRecorded from None


def _unknown(said: Agreed, there: Collection[str]) -> list[Complaint]:
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


def _impossible(said: Agreed, today: date) -> list[Complaint]:
    born = said.person.birth_date
    if (
        born is None
        or not (said.person.given_name or "").strip()
        or not (said.person.family_name or "").strip()
    ):
        return [_WHO]
    complaints = [] if fits(said.standing, age_on(said.agreed_on, born)) else [_STANDING]
    complaints += [_ORDER] if said.until < said.agreed_on else []
    return complaints + ([_FUTURE] if said.agreed_on > today else [])
