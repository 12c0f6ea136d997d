"""A month of ordinary look-ups by Northshire's workforce: work, and nothing else.

Shifts and caseloads, families of children and carers, slips of the pen and second tries, strategy meetings, an
audit week, a new starter, evenings that grew long, nights and weekends of the emergency team. What goes wrong
in it is in ``misuse.py``. It shares no figure with the rules that watch.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from broker.audit.event import Event, PersonAsked, Who
from broker.audit.events import QueryClosed, QueryIntent, Refused
from broker.audit.review_events import ReviewDecided
from connectors.contract import Identifiers
from deploy.demo.people import Person
from deploy.demo.workforce import Family, Worker, Workforce

_LONDON = ZoneInfo("Europe/London")
_PURPOSES = {
    "social_worker": "section_47_enquiry",
    "mash_practitioner": "mash_triage",
    "duty_worker": "section_47_enquiry",
    "out_of_hours_worker": "section_47_enquiry",
    "early_help_lead": "early_help_assessment",
    "education_welfare_officer": "children_missing_education",
    "adult_social_worker": "adult_safeguarding_enquiry",
    "marac_coordinator": "domestic_abuse_conference",
}
EMERGENCY = "immediate_danger"
_A_DAY = {"social_worker": 4, "early_help_lead": 3, "education_welfare_officer": 4, "adult_social_worker": 3}
_NEW_EACH_DAY = {"mash_practitioner": 7, "duty_worker": 4, "marac_coordinator": 2}


@dataclass(slots=True)
class Month:
    """A month as it is made. ``events`` grow in no order; ``first`` is its first day."""

    chance: random.Random
    workforce: Workforce
    first: date
    events: list[Event] = field(default_factory=list, repr=False)
    queries: int = 0

    def days(self) -> Iterator[date]:
        day = self.first
        while day.month == self.first.month:
            yield day
            day += timedelta(days=1)

    def workdays(self) -> list[date]:
        return [day for day in self.days() if day.weekday() < 5]

    def at(self, day: date, earliest: float, latest: float) -> datetime:
        """A moment of that day, between two hours in London (17.5 is half past five)."""
        seconds = int(self.chance.uniform(earliest, latest) * 3600)
        return (datetime.combine(day, time(), _LONDON) + timedelta(seconds=seconds)).astimezone(UTC)

    def ask(
        self, worker: Worker, people: Sequence[Identifiers], at: datetime, purpose: str | None = None
    ) -> str:
        """One query, answered two seconds later; its id."""
        self.queries += 1
        query_id = f"q-{self.queries:024x}"
        asked = tuple(PersonAsked(n, "child" if n == 1 else "parent", one) for n, one in enumerate(people, 1))
        intent = QueryIntent(
            query_id=query_id,
            at=at,
            requester=who_is(worker),
            purpose=purpose or _PURPOSES[worker.role],
            purpose_digest="sha256:generated",
            policy_digests={},
            view="flags",
            journey="people",
            case="unverified",
            reason="Generated",
            case_reference=f"NS-{self.queries}",
            people=asked,
            sources=("school", "housing"),
            not_asked=(),
        )
        self.events += [intent, QueryClosed(query_id, at + timedelta(seconds=2), "answered")]
        return query_id

    def refuse(self, worker: Worker | None, code: str, at: datetime) -> None:
        self.events.append(Refused(at, who_is(worker) if worker else None, code, None))

    def review(self, query_id: str, at: datetime) -> None:
        self.events.append(ReviewDecided(query_id, at, "g.pugh", "fine", "As the record says"))


def who_is(worker: Worker) -> Who:
    return Who(worker.subject, worker.name, "Northshire Council", worker.role)


def typed(person: Person, *, fully: bool = True) -> Identifiers:
    """What a practitioner types of somebody."""
    return Identifiers(
        given_name=person.given_name,
        family_name=person.family_name,
        birth_date=person.birth_date,
        address=person.address if fully else None,
        postcode=person.postcode if fully else None,
    )


def ordinary_month(month: Month) -> None:
    """Everything that a month brings where nobody does wrong."""
    for worker in month.workforce.workers:
        for day in month.workdays():
            if worker.role in _A_DAY and month.chance.random() > 0.12:  # leave, training, sickness
                _day_of_casework(month, worker, day)
            elif worker.role in _NEW_EACH_DAY:
                _day_of_referrals(month, worker, day)
    _meetings(month)
    _audit_week(month)
    _new_starter(month)
    _crises(month)
    _emergency_team(month)
    _lapsed_sign_ins(month)


def _day_of_casework(month: Month, worker: Worker, day: date) -> None:
    if month.chance.random() < 0.06:  # a family closes, another comes
        worker.caseload[month.chance.randrange(len(worker.caseload))] = month.chance.choice(
            month.workforce.families
        )
    for _ in range(month.chance.randint(0, 2 * _A_DAY[worker.role])):
        look_up(month, worker, month.chance.choice(worker.caseload), month.at(day, 8.5, 17.8))
    if month.chance.random() < 0.04:  # written up in the evening
        look_up(month, worker, month.chance.choice(worker.caseload), month.at(day, 19.5, 21.5))


def _day_of_referrals(month: Month, worker: Worker, day: date) -> None:
    usual = _NEW_EACH_DAY[worker.role]
    for _ in range(month.chance.randint(usual // 2, usual + usual // 2)):
        look_up(month, worker, month.chance.choice(month.workforce.families), month.at(day, 8, 18.5))


def look_up(month: Month, worker: Worker, family: Family, at: datetime) -> list[str]:
    """Ask about a family, most of it; now and then after a slip of the pen, or after a refusal."""
    children = [one for one in family if one.age_on(month.first) < 18]
    others = [one for one in family if one not in children]
    asked = [typed(one, fully=month.chance.random() < 0.7) for one in (*children[:4], *others[:3])]
    if not asked:
        return []
    queries = []
    for _ in range(month.chance.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 2))):
        queries.append(month.ask(worker, [_slipped(month.chance, asked[0]), *asked[1:]], at))
        at += timedelta(seconds=month.chance.randint(40, 240))
    if month.chance.random() < 0.02:
        month.refuse(worker, "too_little_to_identify", at - timedelta(seconds=30))
    return [*queries, month.ask(worker, asked, at)]


def _slipped(chance: random.Random, one: Identifiers) -> Identifiers:
    """With a letter or a day wrong."""
    name, born = one.given_name or "", one.birth_date
    place = chance.randrange(max(len(name), 1))
    if chance.random() < 0.5 or born is None:
        return replace(one, given_name=name[:place] + chance.choice("aeiou") + name[place + 1 :])
    return replace(one, birth_date=born + timedelta(days=chance.choice((-9, -1, 1, 9))))


def _meetings(month: Month) -> None:
    """A strategy meeting about a wide network, twice a week for each team of social workers."""
    for day in month.workdays():
        for team in range(3):
            if month.chance.random() < 0.4:
                worker = month.chance.choice(
                    [one for one in month.workforce.of_role("social_worker") if one.team == team]
                )
                begins = month.at(day, 9.5, 15)
                for number in range(month.chance.randint(2, 5)):
                    family = month.chance.choice(month.workforce.families)
                    look_up(month, worker, family, begins + timedelta(minutes=7 * number))


def _audit_week(month: Month) -> None:
    """One social worker reads a sample of everybody's cases, for a week."""
    auditing = month.workforce.of_role("social_worker")[-1]
    for day in month.workdays()[10:15]:
        for _ in range(month.chance.randint(6, 10)):
            look_up(month, auditing, month.chance.choice(month.workforce.families), month.at(day, 9, 17))


def _new_starter(month: Month) -> None:
    """Somebody takes over a caseload, and reads all of it in two days."""
    starter = month.workforce.of_role("social_worker")[1]
    for number, family in enumerate(starter.caseload):
        look_up(month, starter, family, month.at(month.workdays()[3 + number % 2], 9, 17))


def _crises(month: Month) -> None:
    """Once or twice a month a day worker stays with a family into the night."""
    for _ in range(month.chance.randint(1, 2)):
        worker = month.chance.choice(month.workforce.of_role("social_worker"))
        day, family = month.chance.choice(month.workdays()), month.chance.choice(worker.caseload)
        for _ in range(month.chance.randint(2, 4)):
            look_up(month, worker, family, month.at(day, 20.2, 23.5))


def _emergency_team(month: Month) -> None:
    """Nights and weekends; now and then in immediate danger, and reviewed by the next day but one."""
    team = month.workforce.of_role("out_of_hours_worker")
    for day in month.days():
        busy = 3 if day.weekday() >= 5 else 1
        worker = team[day.toordinal() % len(team)]
        for _ in range(month.chance.randint(busy, 4 * busy)):
            look_up(month, worker, month.chance.choice(month.workforce.families), month.at(day, 20, 29))
        if month.chance.random() < 0.15:
            at = month.at(day, 21, 28)
            family = month.chance.choice(month.workforce.families)
            query = month.ask(worker, [typed(one) for one in family[:4]], at, EMERGENCY)
            month.review(query, at + timedelta(hours=month.chance.uniform(6, 60)))


def _lapsed_sign_ins(month: Month) -> None:
    """Tokens lapse; on one Monday the sign-in itself stumbles."""
    for day in month.workdays():
        for _ in range(month.chance.randint(0, 6)):
            month.refuse(None, "not_signed_in", month.at(day, 8, 18))
    monday = month.chance.choice([day for day in month.workdays() if day.weekday() == 0])
    for _ in range(month.chance.randint(4, 16)):
        month.refuse(None, "not_signed_in", month.at(monday, 9, 9.5))
