"""People as the old front end has them: what the requester typed, or the roster as far as its owner shows it.

A person's id is a sealed reference: to what was typed, or to whom of a case. It opens nothing anywhere else, and
whatever it is opened for asks again, under the policy of that moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from broker.api.front import FRONT, traceparent
from broker.consultation import LinkedPerson
from broker.errors import ReferenceLapsed
from broker.questions import Person, Query
from broker.references import LAPSED
from broker.web.family_context.letting_in import HELD
from broker.web.family_context.sessions import Grounds
from connectors.contract import Identifiers

_SEALED_FOR = "family context API of "


@dataclass(frozen=True, slots=True)
class Found:
    """A person, and the query about them, in the view of flags; what their id stands for."""

    query: Query = field(repr=False)
    person: Person = field(repr=False)

    @property
    def case(self) -> str:
        """The case that they are linked to, where they were found by it."""
        return self.query.case_reference or "" if self.query.journey == "case" else ""


def asked_on(query: Query, grounds: Grounds) -> Query:
    """A query on the grounds of a session. What is typed as a case in an address is the case of that query."""
    by_case = query.journey == "case"
    return replace(
        query,
        purpose=grounds.purpose,
        role=grounds.role,
        reason=grounds.reason,
        case_reference=query.case_reference if by_case else grounds.case_reference,
        conversation=grounds.conversation,
        conflict=grounds.conflict,
    )


def linked_person(one: LinkedPerson, query: Query) -> Found:
    """Somebody whom the case system named. What its owner doesn't show, stays where it is."""
    given, _, family = (one.name or "").rpartition(" ")
    shown = Identifiers(given_name=given or None, family_name=family or None)
    relation = one.relation if one.relation_shown else ""
    return Found(replace(query, people=(), linked=one.key), Person(relation, shown))


def in_json(request: web.Request, found: Found) -> Mapping[str, Any]:
    """A person as the front end reads them. It shows a blank page where ``address`` is no string."""
    who = found.person.identifiers
    return {
        "id": _sealed(request, found),
        "cmsId": found.case,
        "firstName": who.given_name or "",
        "lastName": who.family_name or "",
        "dateOfBirth": who.birth_date.isoformat() if who.birth_date else "",
        "gender": "",
        "address": "",
    }


def found_by(request: web.Request, reference: str) -> Found:
    """Whom an id of ours stands for, with a query on the grounds of this session. Raises HTTPNotFound."""
    front, grounds = request.app[FRONT], request[HELD].grounds
    around, subject = front.broker.around, _SEALED_FOR + request[HELD].subject
    try:
        sealed = around.sealer.open(reference.removeprefix("fc:"), subject, around.now())
        if sealed.purpose != grounds.purpose or not sealed.people:  # another check was begun since
            raise LAPSED
    except ReferenceLapsed:
        raise web.HTTPNotFound from None
    people = sealed.people if sealed.journey == "people" else ()
    query = asked_on(replace(sealed, people=people), grounds)
    timed = replace(query, seconds=front.seconds(request, query.purpose), traceparent=traceparent(request))
    return Found(timed, sealed.people[0])


def _sealed(request: web.Request, found: Found) -> str:
    """Without reason and conversation, which are the session's: an id has to fit into an address."""
    query = replace(found.query, people=(found.person,), reason=None, conversation=None, traceparent=None)
    around = request.app[FRONT].broker.around
    return around.sealer.seal(query, _SEALED_FOR + request[HELD].subject, around.now())
