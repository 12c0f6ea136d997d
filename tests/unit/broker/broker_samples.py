"""Samples for the tests of the broker's own rooms."""

from __future__ import annotations

from datetime import UTC, date, datetime

from broker.questions import Person, Query
from connectors.contract import Identifiers
from policy.facts import Ask

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
QUERY = Query(
    purpose="section_47_enquiry",
    view="details",
    people=(Person("parent", Identifiers(given_name="Zoë", family_name="Ng", birth_date=date(1991, 3, 7))),),
    seconds=2.0,
    reason="Referral",
)
ASK = Ask(
    purpose="section_47_enquiry",
    role="social_worker",
    relation="parent",
    today=date(2026, 6, 1),
    typed_age=35,
)
