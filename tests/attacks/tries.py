"""The attacks: hill-climbing, provoking, counting, comparing, replaying."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from tests.attacks.world import (
    KNOWN,
    NAMESAKE,
    NUMBERED,
    RECORD,
    Observed,
    Tried,
    counters,
    files,
    got,
    references,
    streamed,
    told,
)
from tests.fakes.littleworth import EARLY_HELP, EMMA, Littleworth, question, row
from tests.fakes.littleworth_cases import CASES, HOLDER, linked, with_cases

BORN = date(1991, 3, 7)
LIMITED = files()["broker"].replace(
    "limits: none", "limits: {queries: {most: 4, within: 1 hour}, same_person: {most: 2, within: 1 hour}}"
)


async def exact(town: Littleworth) -> Observed:
    return [await told(town, EMMA | NUMBERED)]


async def both_views(town: Littleworth) -> Observed:
    return [await told(town, EMMA, view=view) for view in ("flags", "details")]


async def every_relation(town: Littleworth) -> Observed:
    return [
        await told(town, EMMA | {"relation": one}) for one in ("child", "parent", "sibling", "other_adult")
    ]


async def another_role(town: Littleworth) -> Observed:
    asked = question(EMMA, purpose="early_help_assessment", view="flags", family_agreement="given")
    _, answer = await town.post("/v1/queries", asked, EARLY_HELP)
    for one in [answer, *answer.get("services", [])]:
        one.pop("receipt", None)
    return [answer, await told(town)]


async def climbs_a_postcode(town: Littleworth) -> Observed:
    return [await told(town, KNOWN | {"postcode": f"LW1 4A{letter}"}) for letter in "ABDEFGHJ"]


async def climbs_a_birth_date(town: Littleworth) -> Observed:
    days = (BORN + timedelta(days=step) for step in range(-3, 4))
    return [await told(town, KNOWN | {"birth_date": day.isoformat()}) for day in days]


async def climbs_a_birth_year(town: Littleworth) -> Observed:
    return [await told(town, KNOWN | {"birth_date": f"{year}-03-07"}) for year in range(1988, 1995)]


async def climbs_an_age(town: Littleworth) -> Observed:
    return [await told(town, KNOWN | {"age": age}) for age in range(32, 39)]


async def twelve_at_once(town: Littleworth) -> Observed:
    people = [KNOWN | {"birth_date": f"1991-{month:02d}-07"} for month in range(1, 13)]
    return [await told(town, *people)]


async def spells(town: Littleworth) -> Observed:
    names = [
        ("Emma", "Ashdown"),
        ("Ema", "Ashdon"),
        ("Emmah", "Ashdowne"),
        ("Ashdown", "Emma"),
        ("E", "Ashdown"),
    ]
    return [await told(town, EMMA | {"given_name": given, "family_name": family}) for given, family in names]


async def former_name(town: Littleworth) -> Observed:
    return [await told(town, EMMA | {"family_name": "Birtwhistle"})]


async def number_alone(town: Littleworth) -> Observed:
    tried = [NUMBERED["nhs_number"], "9990000026", "9990000034"]
    return [await told(town, {"relation": "parent", "nhs_number": one}) for one in tried]


async def one_more_fact(town: Littleworth) -> Observed:
    """Whether an answer asks for a birth date, as it does where it may know somebody."""
    return [await told(town, KNOWN), await told(town, KNOWN | {"postcode": "LW1 4AB"}), await told(town)]


async def runs_into_limits(town: Littleworth) -> Observed:
    """How soon it is refused, about her and then about others, and what the refusals say."""
    first = await told(town)
    others = [KNOWN | {"given_name": name, "birth_date": "1960-01-02"} for name in ("Ute", "Olga", "Ada")]
    return [first, *[await told(town, one) for one in (EMMA | {"birth_date": "1991-03-08"}, EMMA, *others)]]


async def cases_in_turn(town: Littleworth) -> Observed:
    seen = []
    for number in range(40, 45):
        asked = question(journey="case", case_reference=f"LW-{number}") | {"people": []}
        status, answer = await town.post("/v1/queries", asked, HOLDER)
        for one in [answer, *answer.get("services", [])]:
            one.pop("receipt", None)
        seen.append((status, answer))
    return seen


async def asks_twice(town: Littleworth) -> Observed:
    return [await told(town), await told(town)]


async def counts(town: Littleworth) -> Observed:
    return [await counters(town), await told(town), await counters(town)]


async def looks_at_health(town: Littleworth) -> Observed:
    await told(town)
    paths = ("/v1/sources", "/v1/purposes", "/readyz", "/healthz")
    return [_without_times(await got(town, path)) for path in paths] + [await told(town)]


async def watches_the_log_grow(town: Littleworth) -> Observed:
    """Sizes of the log, and of each of its entries as a thief of the file would see them."""
    answer = await told(town)
    with town.reader() as reader:
        sizes = [len(raw) for _, _, raw in reader.store.rows()]
    return [
        sizes,
        json.loads((await got(town, "/v1/audit/checkpoint")).partition(" ")[2]).get("size"),
        answer,
    ]


async def reads_own_history(town: Littleworth) -> Observed:
    answer = await told(town)
    return [await got(town, "/v1/audit/mine"), answer]


async def streams_lines(town: Littleworth) -> Observed:
    return await streamed(town, "application/x-ndjson")


async def streams_events(town: Littleworth) -> Observed:
    return await streamed(town, "text/event-stream")


async def takes_up_again(town: Littleworth) -> Observed:
    first = await streamed(town, "text/event-stream")
    again = [await got(town, f"/v1/queries/{query}/events") for query in (f"q-{1:024x}", "q-0")]
    return [first, *(sorted(one.splitlines()) for one in again)]


async def weighs_the_answer(town: Littleworth) -> Observed:
    async with town.client.post("/v1/queries", json=question(EMMA), headers=town.headers()) as reply:
        await reply.read()
        return [{name: value for name, value in sorted(reply.headers.items()) if name != "Date"}]


async def opens_references(town: Littleworth) -> Observed:
    """Opens what it was given, and what it makes up of it."""
    answer = await told(town, view="flags")
    given = references(answer)
    tried = [*given, *(f"{one[:-2]}AA" for one in given), "A" * 64]
    return [answer, *[await _details(town, one) for one in tried]]


async def gives_feedback(town: Littleworth) -> Observed:
    answer = await told(town)
    tried = [*references(answer), "A" * 64]
    said = [{"reference": one, "verdict": "right_person"} for one in tried]
    return [answer, *[await town.post("/v1/match-feedback", one) for one in said]]


async def _details(town: Littleworth, reference: str) -> Any:
    status, answer = await town.post("/v1/details", {"reference": reference})
    if isinstance(answer, dict):
        answer.pop("receipt", None)
    return status, answer


def _without_times(text: str) -> str:
    """Without what a service's standing says of how long it took lately."""
    try:
        told_ = json.loads(text.partition(" ")[2])
    except ValueError:
        return text
    return json.dumps(_stripped(told_))


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stripped(one) for key, one in value.items() if not key.endswith(("_ms", "seconds"))}
    return [_stripped(one) for one in value] if isinstance(value, list) else value


MANY = [row(f"k-many-{n}", identifiers=NUMBERED) for n in range(30)]
NEARLY_FULL = [
    row(f"k-full-{n}", identifiers={"birth_date": date(1991, 3, 7), "address": f"{n} Mill Lane"})
    for n in range(99)
]
LINKED = [linked("p-child", "CHILD", identifiers={"given_name": "Maisie", "birth_date": date(2019, 3, 7)})]

ATTACKS: tuple[Tried, ...] = (
    Tried("Ask outright", "with everything that is known of her, numbers too", exact, [RECORD]),
    Tried("Compare the views", "flags, then details", both_views, [RECORD]),
    Tried("Call her something else", "child, parent, sibling, other adult", every_relation, [RECORD]),
    Tried("Borrow another role", "the same question for early help", another_role, [RECORD]),
    Tried("Climb to her postcode", "letter by letter, until the grade moves", climbs_a_postcode, [RECORD]),
    Tried("Climb to her birthday", "day by day", climbs_a_birth_date, [RECORD]),
    Tried("Climb to her birth year", "year by year", climbs_a_birth_year, [RECORD]),
    Tried("Climb to her age", "year by year, without a birth date", climbs_an_age, [RECORD]),
    Tried(
        "Twelve guesses in one", "twelve birth months as twelve people of one query", twelve_at_once, [RECORD]
    ),
    Tried("Misspell her", "variants, exchanged names, an initial", spells, [RECORD]),
    Tried("Use her former name", "which only the record has", former_name, [RECORD]),
    Tried("Try numbers", "NHS numbers without a name", number_alone, [RECORD]),
    Tried("Wait for a hint", "whether the answer asks for one more fact", one_more_fact, [RECORD]),
    Tried(
        "Provoke ambiguity", "with an age that fits her and a namesake", climbs_an_age, [RECORD], [NAMESAKE]
    ),
    Tried(
        "Read the sentence", "whether a namesake's match is explained otherwise", spells, [RECORD], [NAMESAKE]
    ),
    Tried("Tip the row cap", "99 of 100 rows are there; hers would be the last", exact, [*MANY], NEARLY_FULL),
    Tried("Flood", "thirty of her records, all withheld", climbs_a_birth_date, MANY, [NAMESAKE]),
    Tried(
        "Try case numbers",
        "to one of which she is linked",
        cases_in_turn,
        [linked()],
        LINKED,
        CASES,
        with_cases(),
    ),
    Tried(
        "Run into the limits",
        "how soon one is refused, about her and about others",
        runs_into_limits,
        [RECORD],
        files={"broker": LIMITED},
    ),
    Tried("Ask twice", "whether the second answer is another one", asks_twice, [RECORD]),
    Tried("Watch the counters", "those of monitoring, before and after", counts, [RECORD]),
    Tried("Watch the services", "their standing, and the broker's health", looks_at_health, [RECORD]),
    Tried("Weigh the log", "how much each entry, and the log, has grown", watches_the_log_grow, [RECORD]),
    Tried("Read the own history", "what one asked, as the log has it", reads_own_history, [RECORD]),
    Tried("Stream lines", "NDJSON, part by part", streams_lines, [RECORD]),
    Tried("Stream events", "server-sent events, part by part", streams_events, [RECORD]),
    Tried("Take a stream up again", "by its id, and by one that is none", takes_up_again, [RECORD]),
    Tried("Weigh the answer", "its headers and its length", weighs_the_answer, [RECORD]),
    Tried("Forge a reference", "from one that was given", opens_references, [RECORD], [NAMESAKE]),
    Tried(
        "Say who it was", "as feedback on a match that was not shown", gives_feedback, [RECORD], [NAMESAKE]
    ),
)
