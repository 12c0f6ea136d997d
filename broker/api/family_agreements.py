"""``POST /v1/family-agreements``: recording what a family agreed to."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from broker.agreeing import agree
from broker.api.bodies import Line, Strict, read_body
from broker.api.front import FRONT
from connectors.contract import Identifiers
from consent_rules.agreements import Recorded

routes = web.RouteTableDef()


def _day(value: object) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError("day_form", "Write a day as 2026-05-28.") from None


Day = Annotated[date, BeforeValidator(_day)]
"""A day, as it stands in a calendar."""


class AgreementPerson(Strict):
    """Whom the agreement is about: it opens nothing of anybody else."""

    given_name: Line
    family_name: Line
    birth_date: Day
    nhs_number: Line | None = None
    upn: Line | None = None


class FamilyAgreementBody(Strict):
    """The body of ``POST /v1/family-agreements``: what a family agreed to, refused or withdrew, for one person."""

    purpose: Line
    person: AgreementPerson
    state: Literal["given", "refused", "withdrawn"]
    standing: Annotated[
        Literal["parental_responsibility", "gillick_competent_child", "the_adult"],
        Field(description="Who said so: for a child, or as an adult for themself."),
    ]
    evidence: Annotated[Line, Field(min_length=1, description="Where the conversation is written down.")]
    agreed_on: Annotated[Day, Field(description="The day of the conversation.")]
    until: Annotated[Day, Field(description="The last day that it holds.")]
    services: Annotated[
        tuple[Line, ...],
        Field(max_length=100, description="The sources that it is about, by name; none: every one."),
    ] = ()


@routes.post("/v1/family-agreements", name="record_agreement")
async def record_agreement(request: web.Request) -> web.Response:
    """Record what a family agreed to, for one person and purpose, at every service or at some.

    It holds from the next question on.

    What was recorded last counts; a withdrawal stays one, whatever is typed into a question.
    """
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        body = await read_body(request, FamilyAgreementBody)
        front.refuse_ended(whom.token)
        whom.purpose = body.purpose
        person = Identifiers(**dict(body.person))
        said = {name: value for name, value in body if name != "person"}
        entry = Recorded(**said, recorded_at=front.broker.around.now())
        async with front.admission.place(requester.subject):
            entry_id = await agree(person, entry, requester, front.broker, front.registers)
    return web.json_response({"recorded": entry_id}, status=201)
