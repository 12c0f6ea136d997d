"""Facts in words: what a question and a record are like, for people who read policies and not code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import time, timedelta
from typing import Any, get_args

from policy.facts import LEVELS, Ask, Record, RosterShown
from policy.model import SharingPolicy
from policy.parts import Relation
from policy.shown import ROSTER, SEARCH_WITH
from policy.space import OTHER, Region, Span

_CALLED = {
    "role": "role",
    "relation": "relation",
    "restriction": "restriction",
    "family_agreement": "family agreement",
    "case": "case",
    "time": "time of day",
    "age": "age",
}
_ORDINARY = ("none", "location")
"""What records are marked with of which every rule speaks: nobody needs to be told."""
_EVERY_RELATION = get_args(Relation)
_MARKS = {"none": "no restriction", "location": "protected location", "staff": "record of staff"}


def level_called(name: str, level: int) -> str:
    """How a level of a field is called in a policy."""
    if name.startswith(SEARCH_WITH):
        return "yes" if level else "nothing"
    kind = RosterShown if name == ROSTER else LEVELS[name]
    return str(kind(level).name.lower())


def region_said(region: Region) -> str:
    """A region as a condition: "relation parent or carer; case verified". Empty: always."""
    told = (fact_said(name, values) for name, values in region.items() if values != _ORDINARY)
    return "; ".join(told)


def fact_said(name: str, values: Sequence[Any]) -> str:
    """One fact and its values: "age 16 to 17 or not known"."""
    if name == "restriction":
        return one_of([_MARKS[value] for value in values])
    if name == "relation" and len(values) > len(_EVERY_RELATION) / 2:
        return f"relation any but {one_of(one for one in _EVERY_RELATION if one not in values)}"
    stretches = _joined([value for value in values if isinstance(value, Span)])
    said = [
        *(_SPAN_SAID[name](one) for one in stretches),
        *(_said(one) for one in values if not isinstance(one, Span)),
    ]
    return f"{_CALLED.get(name, name)} {one_of(said)}"


def ages_said(span: Span) -> str:
    """ "under 16", "16 to 17", "18 and over", "17"."""
    if span.beyond is None:
        return f"{span.first} and over" if span.first else "any"
    if not span.first:
        return f"under {span.beyond}"
    return str(span.first) if span.beyond == span.first + 1 else f"{span.first} to {span.beyond - 1}"


def days_said(span: Span) -> str:
    """ "from 2027-04-01 to 2028-03-31"."""
    return f"from {span.first}" + (f" to {span.beyond - timedelta(days=1)}" if span.beyond else " on")


def one_of(said: Iterable[str]) -> str:
    """ "a", "a or b", "a, b or c"."""
    *others, last = said
    return f"{', '.join(others)} or {last}" if others else last


def and_of(said: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *others, last = said
    return f"{', '.join(others)} and {last}" if others else last


def _times_said(span: Span) -> str:
    beyond: time | None = span.beyond
    return f"{span.first:%H:%M} to {f'{beyond:%H:%M}' if beyond else 'midnight'}"


def _said(value: Any) -> str:
    if value is None:
        return "not known"
    return "any other" if value == OTHER else str(value)


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Neighbouring stretches as one."""
    joined: list[Span] = []
    for one in sorted(spans, key=lambda span: span.first):
        if joined and joined[-1].beyond == one.first:
            joined[-1] = Span(joined[-1].first, one.beyond)
        else:
            joined.append(one)
    return joined


_SPAN_SAID: Mapping[str, Callable[[Span], str]] = {"age": ages_said, "time": _times_said, "days": days_said}


def example_said(ask: Ask, record: Record) -> str:
    """An invented question and record: "a social_worker asks for section_47_enquiry about a parent of 34; ..."."""
    asked = f"role {ask.role} asks for {ask.purpose} about relation {ask.relation}"
    aged = f" of {record.age}" if record.age is not None else ""
    known = [
        *(
            f"{_CALLED[name]} {_plainly(getattr(ask, name))}"
            for name in ("case", "family_agreement", "time")
            if getattr(ask, name)
        ),
        *([_MARKS[record.restriction]] if record.restriction in ("staff", "location") else []),
        *(f"{name} {value or 'missing'}" for name, value in record.gates.items()),
        *(f"{name} {day}" for name in ("started", "ended", "last_contact") if (day := getattr(record, name))),
    ]
    return "; ".join([f"{asked}{aged} on {ask.today}", *known])


def _plainly(value: Any) -> str:
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def records_said(policy: SharingPolicy) -> list[str]:
    """Which records a policy is about at all, a sentence each: what else there is, is as if it were not there."""
    said = [f"In force from {policy.effective.from_} to {policy.effective.until}."]
    if policy.discloses == "by_request":
        return [*said, "Nothing is disclosed to anybody: the service rings back."]
    if policy.people is not None:
        ages = policy.people.age
        said.append(
            f"People of {ages_said(Span(ages.from_ or 0, None if ages.to is None else ages.to + 1))} only."
        )
    back = f"of the last {policy.look_back} months" if policy.look_back is not None else "of any age"
    said.append(f"Records {back}, by {policy.record_date}.")
    for name, gate in policy.gates.items():
        if gate.only is not None:
            said.append(f"{name}: {and_of(gate.only)} only.")
        said += [f"{name} {value}: never. {why}" for value, why in gate.never.items()]
    if policy.sensitive:
        said.append("Sensitive: shown when it is certain who is meant, and not before.")
    return said
