"""The body of ``POST /v1/queries``, and what of it is impossible whatever the records say."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints
from pydantic_core import PydanticCustomError

from broker.api.bodies import Line, Note, Strict
from broker.errors import Complaint, Incomplete
from broker.feedback import Verdict
from broker.questions import Person, Query, born_at_age
from connectors.contract import Identifiers
from consent_rules.model import Relation

OLDEST_BIRTH_YEAR = 1890
_PARTS_OF_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", re.ASCII)


class AgreementBody(Strict):
    """What the family agreed to for this person, and where that is written down."""

    state: Literal["given", "refused", "withdrawn"]
    evidence: Annotated[Line | None, Field(description="Where the conversation is recorded.")] = None


class PersonBody(Strict):
    """Someone the query is about. Give what is known; leave out what is not."""

    relation: Relation
    given_name: Line | None = None
    family_name: Line | None = None
    other_family_names: Annotated[tuple[Line, ...], Field(max_length=5)] = ()
    birth_date: Annotated[Line | None, Field(description="2019-03-07, or 2019-03, or 2019.")] = None
    age: Annotated[int | None, Field(ge=0, le=120, strict=True, description="Instead of a birth date.")] = (
        None
    )
    sex: Literal["female", "male", "other"] | None = None
    address: Line | None = None
    postcode: Line | None = None
    uprn: Line | None = None
    nhs_number: Line | None = None
    upn: Line | None = None
    family_agreement: AgreementBody | None = None


class QueryBody(Strict):
    """One query: why, and about whom: one to twelve people, or those linked to a case."""

    purpose: Line
    journey: Annotated[
        Literal["people", "case"],
        Field(
            description="case: about those linked to your open case, by its reference. Name no people then."
        ),
    ] = "people"
    people: Annotated[tuple[PersonBody, ...], Field(max_length=12)] = ()
    view: Literal["flags", "details"] = "flags"
    role: Annotated[Line | None, Field(description="The role you act in, where you hold several.")] = None
    reason: Note | None = None
    case_reference: Line | None = None
    conversation: Annotated[Note | None, Field(description="Where the talk with the family is recorded.")] = (
        None
    )
    conflict_of_interest: Annotated[
        Literal["none", "declared"] | None,
        Field(description="What you say when asked whether you know anyone in this check yourself."),
    ] = None


class ReferenceBody(Strict):
    """The body of ``POST /v1/details``: a reference from a flags answer."""

    reference: Annotated[str, Field(max_length=16 * 1024)]


class FeedbackBody(ReferenceBody):
    """The body of ``POST /v1/match-feedback``: the reference of a match, and whether it was the right person; or
    that whoever was named there is not the one to ring.
    """

    verdict: Verdict


Phone = Annotated[Line, StringConstraints(pattern=r"^[0-9 +()]{5,24}$")]


class ContactRequestBody(ReferenceBody):
    """The body of ``POST /v1/contact-requests``: the ``call_back`` of an answer, and how you are reached."""

    phone: Annotated[Phone, Field(description="Where to ring you: digits, blanks, + and brackets.")]
    times: Annotated[Line | None, Field(description="When to ring you best.")] = None
    note: Annotated[Line | None, Field(description="For the service alone. It is not passed on.")] = None


def query_of(body: QueryBody, seconds: float, today: date, traceparent: str | None) -> Query:
    """The query that a body asks. Raises Incomplete for dates that cannot be."""
    complaints: list[Complaint] = []
    people = []
    for number, person in enumerate(body.people):
        try:
            people.append(_person(person, today))
        except PydanticCustomError as fault:
            complaints.append(Complaint(fault.type, fault.message(), f"/people/{number}/{_where(fault)}"))
    if body.journey == "case" and body.people:
        sentence = "Ask about the people of a case, or name them: leave one of the two out."
        complaints.append(Complaint("people_and_case", sentence, "/people"))
    if complaints:
        raise Incomplete(*complaints)
    return Query(
        purpose=body.purpose,
        view=body.view,
        people=tuple(people),
        seconds=seconds,
        role=body.role,
        reason=said(body.reason),
        case_reference=said(body.case_reference),
        conversation=said(body.conversation),
        journey=body.journey,
        traceparent=traceparent,
        conflict=body.conflict_of_interest,
    )


def _person(body: PersonBody, today: date) -> Person:
    birth_date, born_between = _born(body, today)
    agreement = body.family_agreement
    return Person(
        relation=body.relation,
        identifiers=Identifiers(
            given_name=body.given_name,
            family_name=body.family_name,
            other_family_names=body.other_family_names,
            birth_date=birth_date,
            born_between=born_between,
            sex=body.sex,
            address=body.address,
            postcode=body.postcode,
            uprn=body.uprn,
            nhs_number=body.nhs_number,
            upn=body.upn,
        ),
        family_agreement=agreement.state if agreement else None,
        agreement_evidence=said(agreement.evidence) if agreement else None,
    )


def _born(body: PersonBody, today: date) -> tuple[date | None, tuple[date, date] | None]:
    """A whole birth date, or the earliest and latest day of a month, a year or an age."""
    if body.birth_date is not None and body.age is not None:
        raise PydanticCustomError("birth_date_and_age", "Give a birth date or an age, not both.")
    if body.age is not None:
        return None, born_at_age(body.age, today)
    if body.birth_date is None or not body.birth_date.strip():
        return None, None
    first, last = days_meant(body.birth_date.strip())
    if first > today:
        raise PydanticCustomError("birth_date_in_future", "This birth date is in the future. Check it.")
    return (first, None) if first == last else (None, (first, min(last, today)))


def days_meant(text: str) -> tuple[date, date]:
    """The first and last day that a birth date means, whole or in part. Raises PydanticCustomError."""
    parts = _PARTS_OF_DATE.fullmatch(text)
    if not parts:
        raise PydanticCustomError("birth_date_form", "Write a birth date as 2019-03-07, 2019-03 or 2019.")
    year, month, day = (int(part) if part else None for part in parts.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
    except ValueError:
        raise PydanticCustomError("birth_date_impossible", "There is no such birth date. Check it.") from None
    if first.year < OLDEST_BIRTH_YEAR:
        raise PydanticCustomError("birth_date_impossible", "There is no such birth date. Check it.")
    if day:
        return first, first
    last_month = month or 12
    return first, date(first.year, last_month, calendar.monthrange(first.year, last_month)[1])


def _where(fault: PydanticCustomError) -> str:
    return "age" if fault.type == "birth_date_and_age" else "birth_date"


def said(text: str | None) -> str | None:
    """The text, or None where nothing was typed that can be seen: blanks, also those without any width."""
    seen = any(unicodedata.category(letter)[0] not in "CZ" for letter in text or "")
    return text.strip() if text and seen else None
