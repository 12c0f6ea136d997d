"""What the audit log's benchmark writes: the entries of a query, as the demo's partnership asks it.

One query is eight entries: an intent about one to three people of a household (two on average), what each of six
services disclosed, and the end. Two services in six know somebody. The people are of an invented Northshire; most
are asked about for the first time, so that they need a key of their own, which is the dear case.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from broker.audit.event import Event, PersonAsked, Who
from broker.audit.events import Disclosure, PersonOutcome, QueryClosed, QueryIntent
from connectors.contract import Identifiers
from deploy.demo.month import typed
from deploy.demo.town import Town

SOURCES = ("adult_social_care", "childrens_cases", "housing", "housing_asb", "police", "school")
A_QUERY = len(SOURCES) + 2
_AT = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
_DIGESTS = {source: f"sha256:{number:064x}" for number, source in enumerate(SOURCES, start=1)}
_LEVELS = {"involved": "yes", "status": "exact", "started": "month", "ended": "nothing", "contact": "team"}
_LINES = dict.fromkeys(_LEVELS, (12, 31))
_KNOWN = PersonOutcome(1, "involved", ("certain",), (_LEVELS,), (_LINES,))
_CONTENT = b'{"source":"school","people":[{"number":1,"outcome":"nothing_to_share"}]}' * 8


def population(seed: int, count: int) -> Sequence[Identifiers]:
    """So many people of a town, or a few more, as a practitioner types them."""
    return [typed(one) for one in Town(seed, _AT.date()).people(count)]


def queries(seed: int, count: int, people: Sequence[Identifiers]) -> Iterator[Sequence[Event]]:
    """The entries of so many queries, each in the order in which a broker records them; the same for a seed."""
    chance = random.Random(f"audit {seed}")
    workers = [_worker(number) for number in range(200)]
    for number in range(count):
        first, several = chance.randrange(len(people)), chance.choice((1, 2, 2, 3))
        yield _query(
            f"{chance.getrandbits(128):032x}", number, chance.choice(workers), people[first : first + several]
        )


def _worker(number: int) -> Who:
    return Who(
        f"worker-{number}", f"Sam Sample-{number}", "Northshire", "social_worker", f"team {number % 20}"
    )


def _query(query_id: str, number: int, worker: Who, people: Sequence[Identifiers]) -> Sequence[Event]:
    asked = tuple(PersonAsked(place, "child", one) for place, one in enumerate(people, start=1))
    intent = QueryIntent(
        query_id=query_id,
        at=_AT,
        requester=worker,
        purpose="section_47_enquiry",
        purpose_digest=f"sha256:{7:064x}",
        policy_digests=_DIGESTS,
        view="details",
        journey="anyone",
        case="verified",
        reason="Strategy discussion after a referral by the school",
        case_reference=f"NS/{number}",
        people=asked,
        sources=SOURCES,
        not_asked=(),
        traceparent=f"00-{query_id}-00f067aa0ba902b7-01",
    )
    return (
        intent,
        *(_disclosed(query_id, place, source, asked) for place, source in enumerate(SOURCES)),
        QueryClosed(query_id, _AT, "answered"),
    )


def _disclosed(query_id: str, place: int, source: str, asked: Sequence[PersonAsked]) -> Disclosure:
    nothing = tuple(PersonOutcome(one.number, "nothing_to_share", (), ()) for one in asked)
    return Disclosure(
        query_id=query_id,
        at=_AT,
        source=source,
        view="details",
        policy_digest=_DIGESTS[source],
        policy_version=3,
        outcomes=(_KNOWN, *nothing[1:]) if place in (1, 5) else nothing,
        content=_CONTENT,
        weights_version="1",
        milliseconds=31,
    )
