"""Law 9. A missing identifier never widens."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from broker.consult import consult
from broker.consultation import Consultation, Consulted, PersonFinding
from broker.consulting.side import OwnersSide
from connectors.contract import Candidate, Identifiers, Search
from connectors.request_body import bodies_of
from policy.facts import Ask
from tests.fakes.littleworth import EMMA, Littleworth, part, question, row
from tests.fakes.web_apis import school_api
from tests.laws.conftest import Start

NAME_ONLY = {"relation": "parent", "given_name": "Emma", "family_name": "Ashdown"}


@pytest.mark.parametrize(
    ("typed", "add"),
    [
        ({}, "family_name"),
        ({"family_name": "Ashdown"}, "given_name"),
        ({"given_name": "Emma"}, "family_name"),
        ({"postcode": "LW1 4AB", "address": "4 Mill Lane"}, "family_name"),
        ({"family_name": "%", "given_name": "*"}, "family_name"),
        ({"family_name": "Ashdown", "postcode": "LW1 4AB"}, "given_name"),
    ],
)
async def test_law_9_too_little_is_a_refusal_that_names_what_to_add(
    start: Start, typed: dict[str, str], add: str
) -> None:
    town = await start({"school": [row()]})
    status, problem = await town.post("/v1/queries", question({"relation": "parent", **typed}))
    assert status == 422
    assert problem["errors"][0]["pointer"] == f"/people/0/{add}"
    assert town.sources["school"].searches == []


@pytest.mark.parametrize("name", ["O'Brien-Smith", "Nguyễn", "محمد", "X", "Robert'); DROP TABLE people;--"])
async def test_law_9_names_accept_any_letters(start: Start, name: str) -> None:
    town = await start({"school": [row(identifiers={"family_name": name})]})
    answer = await town.ask({**EMMA, "family_name": name})
    assert part(answer, "school")["outcome"] == "involved"


async def test_law_9_wildcards_are_dropped(start: Start) -> None:
    town = await start({"school": [row()]})
    answer = await town.ask({**EMMA, "family_name": "%Ash*down_", "given_name": "Emma%"})
    assert part(answer, "school")["outcome"] == "involved"
    typed = town.sources["school"].searches[0].people[0]
    assert (typed.family_name, typed.given_name) == ("Ashdown", "Emma")


@pytest.mark.parametrize("source", ["school", "police"])
async def test_law_9_nothing_below_probable_is_shown(start: Start, source: str) -> None:
    town = await start(
        {source: [row(identifiers={"birth_date": date(1984, 7, 19), "postcode": None, "address": None})]}
    )
    answer = await town.ask(EMMA)
    assert part(answer, source)["involvements"] == []


async def test_law_9_a_sensitive_source_shows_only_what_is_certain(start: Start) -> None:
    likely = row(identifiers={"given_name": "E"})
    town = await start({"school": [likely], "police": [likely]})
    answer = await town.ask({key: value for key, value in EMMA.items() if key != "postcode"})
    school = part(answer, "school")
    assert [one["grade"] for one in school["involvements"]] == ["probable"]
    assert part(answer, "police")["outcome"] == "ambiguous"
    assert part(answer, "police")["involvements"] == []


async def test_law_9_a_sensitive_source_is_not_asked_with_a_name_alone(start: Start) -> None:
    town = await start({"police": [row()]})
    assert part(await town.ask(NAME_ONLY), "police")["outcome"] == "not_asked"
    assert town.sources["police"].searches == []


@pytest.mark.parametrize(
    "place",
    [{}, {"postcode": "LW1 4AB"}, {"address": "4 Mill Lane", "postcode": "LW1 4AB"}, {"postcode": "LW9 9ZZ"}],
)
async def test_law_9_a_location_cannot_be_found_out_by_trying(start: Start, place: dict[str, str]) -> None:
    town = await start({"school": [row()]})
    without = part(await town.ask(NAME_ONLY), "school")
    tried = part(await town.ask({**NAME_ONLY, **place}), "school")
    assert tried == without
    assert tried["outcome"] == "ambiguous"


async def test_law_9_the_hint_depends_on_what_was_typed_alone(start: Start) -> None:
    one = await start({"school": [row()]})
    many = await start({"school": [row(), row("k2", identifiers={"birth_date": date(1970, 1, 2)})]})
    hints = {part(await town.ask(NAME_ONLY), "school")["hint"] for town in (one, many)}
    assert hints == {"Add a birth date, or an age, to be sure."}


ASK = Ask(
    purpose="section_47_enquiry",
    role="social_worker",
    relation="parent",
    today=date(2026, 6, 1),
    typed_age=35,
    case="verified",
)
TYPED = Identifiers("Emma", "Ashdown", (), date(1991, 3, 7), postcode="LW1 4AB")


async def found_by(
    start: Start, typed: Identifiers, *rows: Candidate, former_names: bool = True
) -> PersonFinding:
    """What a school that holds these rows finds of the person."""
    town = await start({"school": rows})
    side = OwnersSide(town.sources["school"], town.front.broker.around.catalogue.services["school"].policy)
    asked = Consultation("q-1", (Consulted(1, typed, ASK),), seconds=5.0, former_names=former_names)
    return (await consult(asked, side)).people[0]


@pytest.mark.parametrize(
    "typed",
    [
        Identifiers("Emma", "Ashdown"),
        Identifiers("E", "Ashdown", (), date(1991, 3, 7)),
        Identifiers("Emma", "Ashdown", born_between=(date(1990, 6, 2), date(1991, 6, 1))),
    ],
)
async def test_law_9_the_hint_is_the_same_whoever_is_in_the_database(
    start: Start, typed: Identifiers
) -> None:
    chance = random.Random(9)  # noqa: S311 -- databases that can be drawn again
    hints = set()
    for _ in range(12):
        rows = [someone(chance, key) for key in range(chance.randrange(2, 12))]
        found = await found_by(start, typed, *rows)
        hints |= {found.hint} if found.outcome == "ambiguous" else set()
    assert len(hints) == 1


def someone(chance: random.Random, key: int) -> Candidate:
    """A record that may be Emma Ashdown's, or nearly, or another's."""
    return row(
        f"k{key}",
        identifiers={
            "given_name": chance.choice(["Emma", "Emily", "E"]),
            "family_name": chance.choice(["Ashdown", "Ashdowne"]),
            "birth_date": chance.choice([date(1991, 3, 7), date(1990, 9, 1), date(1991, 7, 3), None]),
            "postcode": chance.choice(["LW1 4AB", "LW2 2BB", None]),
            "nhs_number": chance.choice(["9434765919", None]),
        },
    )


@pytest.mark.parametrize(
    "told",
    [
        {"postcode": "LW2 2BB", "address": "9 Rowan Road"},
        {"postcode": None, "address": None},
        {"nhs_number": "9434765919"},
        {"nhs_number": "9434765918"},
        {"sex": None},
    ],
)
async def test_law_9_the_sentence_tells_of_name_and_birth_date_alone(
    start: Start, told: dict[str, Any]
) -> None:
    typed = replace(TYPED, nhs_number="9434765919", sex="female")
    (found,) = (await found_by(start, typed, row(identifiers=told))).findings
    assert found.because == "Same name, same birth date"


async def test_law_9_the_sentence_does_not_tell_that_a_name_has_changed(start: Start) -> None:
    married = row(identifiers={"family_name": "Shah", "other_family_names": ("Ashdown",)})
    assert (await found_by(start, TYPED, married)).findings == (await found_by(start, TYPED, row())).findings


async def test_law_9_where_names_may_not_be_linked_the_sentence_does_not_link_them(start: Start) -> None:
    now = row(identifiers={"family_name": "Shah"})
    married = row(identifiers={"family_name": "Shah", "other_family_names": ("Ashdown",)})
    linked, never_married = [await found_by(start, TYPED, one, former_names=False) for one in (married, now)]
    assert linked == never_married
    assert [one.because for one in linked.findings] == [
        "Same first name, family name different, same birth date"
    ]


def repeats(town: Littleworth, answer: Any) -> int:
    with town.reader() as reader:
        intent = reader.trace(answer["query_id"]).as_json()["entries"][0]
    return int(intent["request"]["repeats"])


@pytest.mark.parametrize(
    "changed",
    [
        {"postcode": "LW2 2BB"},
        {"birth_date": "1991-03-08"},
        {"birth_date": None},
        {"given_name": "Ema"},
        {"family_name": "Ashdowne"},
        {"sex": "female"},
    ],
)
async def test_law_9_queries_that_differ_in_an_identifier_are_one_repeated_search(
    start: Start, changed: dict[str, str]
) -> None:
    town = await start()
    first = await town.ask()
    again = await town.ask({**EMMA, **changed})
    stranger = await town.ask(
        {**EMMA, "given_name": "Zdzisław", "family_name": "Brzęczyszczykiewicz", "birth_date": "1950-12-30"}
    )
    assert [repeats(town, one) for one in (first, again, stranger)] == [0, 1, 0]


def test_law_9_a_web_api_is_never_asked_about_a_person_without_identifiers() -> None:
    """It takes a body without them for a wish to see everybody."""
    source = school_api()
    assert source.request
    emma = Identifiers("Emma", "Ashdown", postcode="LW1 4AB")
    asked = bodies_of(source, source.request, Search("q-1", (emma,), frozenset(), 5.0))
    assert (asked.bodies, sorted(asked.not_asked)) == ((), [0])
