"""Journey 2: a requester asks by the number of their own case, and the case system names the people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from broker.catalogue import load_catalogue
from connectors.contract import SourceMisfit
from handwritten import Faults
from policy.testing import run_tests
from tests.fakes.littleworth import Littleworth, littleworth, part, question, row, write_files
from tests.fakes.littleworth_cases import CASES, HOLDER, OTHER, changed_roster, linked, with_cases
from tests.laws.conftest import Start

BY_CASE = {**question(), "journey": "case", "people": []}
MAISIE = {"given_name": "Maisie", "family_name": "Ashdown", "birth_date": date(2019, 5, 4)}
ROLAND = {"given_name": "Roland", "family_name": "Pike", "birth_date": date(1988, 8, 8)}
FAMILY = [
    linked(),
    linked("p-maisie", "CHILD", identifiers=MAISIE),
    linked("p-roland", "PARTNER", identifiers=ROLAND),
]
KNOWN = {
    CASES: FAMILY,
    "school": [row("s1", identifiers=MAISIE)],
    "housing": [row("h1")],
    "police": [row("n1", identifiers=ROLAND)],
}


@pytest.fixture
async def start(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Start]:
    async with AsyncExitStack() as running:

        async def starts(rows: Any = None, files: Any = None, **more: Any) -> Littleworth:
            where = tmp_path_factory.mktemp("littleworth")
            town = littleworth(where, KNOWN if rows is None else rows, **(files or with_cases()), **more)
            return await running.enter_async_context(town)

        yield starts


async def by_case(town: Littleworth, persona: Any = HOLDER, **changed: Any) -> Any:
    status, answer = await town.post("/v1/queries", BY_CASE | changed, persona)
    assert status == 200, answer
    return answer


def without_chance(answer: Any) -> Any:
    """The answer without what differs from one query to the next."""
    kept = {key: value for key, value in answer.items() if key not in ("query_id", "receipt", "asked_at")}
    return kept | {"services": [one | {"receipt": None} for one in answer["services"]]}


async def test_the_people_linked_to_my_case_are_named_and_asked_about(start: Start) -> None:
    answer = await by_case(await start())
    assert answer["case"] == "verified"
    assert answer["roster"]["state"] == "verified"
    assert [(one["person"], one["relation"], one["name"]) for one in answer["people"]] == [
        (1, "child", "Maisie Ashdown"),
        (2, "parent", "Emma Ashdown"),
        (3, "other_adult", None),
    ]
    outcomes = {name: [part(answer, name, n)["outcome"] for n in (1, 2, 3)] for name in ("school", "housing")}
    assert outcomes["school"] == ["involved", "nothing_to_share", "nothing_to_share"]
    assert outcomes["housing"] == ["nothing_to_share", "involved", "nothing_to_share"]
    assert part(answer, "police", 3)["outcome"] == "involved"


async def test_an_identifier_that_is_searched_with_is_not_shown(start: Start) -> None:
    town = await start()
    async with town.client.post("/v1/queries", json=BY_CASE, headers=town.headers(HOLDER)) as reply:
        sent = await reply.text()
    assert "Known to this service" in sent
    assert "2019" not in sent
    assert "Pike" not in sent
    assert "LW1 4AB" not in sent


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [linked(gates={"state": "CLOSED"})],
        [linked(gates={"worker": "j.marsh"})],
        [linked(gates={"worker": None})],
        [linked(case="LW-43")],
        [linked(gates={"state": None})],
    ],
    ids=["no such case", "closed", "somebody else's", "unallocated", "another number", "no state"],
)
async def test_a_case_that_is_not_mine_looks_like_one_that_is_not_there(start: Start, rows: Any) -> None:
    answer = await by_case(await start({**KNOWN, CASES: rows}))
    absent = await by_case(await start({**KNOWN, CASES: []}))
    assert answer["roster"]["state"] == "unverified"
    assert answer["people"] == []
    assert without_chance(answer) == without_chance(absent)


async def test_nobody_else_opens_my_case_and_no_source_is_asked(start: Start) -> None:
    town = await start()
    for persona in (OTHER, HOLDER.__class__("lw-8", "No Login", "Littleworth", ("social_worker",), "")):
        assert (await by_case(town, persona))["people"] == []
    assert [len(town.sources[name].searches) for name in ("school", "housing", "police")] == [0, 0, 0]


async def test_case_numbers_are_found_however_they_are_typed(start: Start) -> None:
    answer = await by_case(await start(), case_reference=" lw-42 ")
    assert len(answer["people"]) == 3


async def test_a_person_whom_the_owner_shields_is_as_if_not_linked(start: Start) -> None:
    shielded = [*FAMILY[:2], linked("p-roland", "PARTNER", identifiers=ROLAND, restricted=True)]
    answer = await by_case(await start({**KNOWN, CASES: shielded}))
    absent = await by_case(await start({**KNOWN, CASES: FAMILY[:2]}))
    assert len(answer["people"]) == 2
    assert without_chance(answer) == without_chance(absent)


async def test_one_shielding_row_shields_the_person_whatever_the_others_say(start: Start) -> None:
    rows = [linked(gates={"worker": "j.marsh"}, restricted=True), *FAMILY]
    names = [one["name"] for one in (await by_case(await start({**KNOWN, CASES: rows})))["people"]]
    assert names == ["Maisie Ashdown", None]


async def test_two_workers_of_a_case_make_nobody_twice(start: Start) -> None:
    rows = [*FAMILY, *(linked(gates={"worker": "j.marsh"}) for _ in range(2))]
    town = await start({**KNOWN, CASES: rows})
    assert len((await by_case(town))["people"]) == 3
    assert len((await by_case(town, OTHER))["people"]) == 3


async def test_another_case_whose_number_reads_alike_is_not_opened_with_it(start: Start) -> None:
    theirs = linked("p-other", "CHILD", case="lw-42", gates={"worker": "j.marsh"}, identifiers=MAISIE)
    answer = await by_case(await start({**KNOWN, CASES: [linked(), theirs]}))
    assert [one["name"] for one in answer["people"]] == ["Emma Ashdown"]


async def test_a_link_that_no_code_names_is_not_on_the_roster(start: Start) -> None:
    rows = [*FAMILY, linked("p-x", "NEIGHBOUR"), linked("p-y", None), linked(None, None)]
    assert len((await by_case(await start({**KNOWN, CASES: rows})))["people"]) == 3


async def test_relations_alone_are_shown_where_the_owner_shows_no_more(start: Start) -> None:
    files = changed_roster("show: relation_and_name}", "show: relation}")
    answer = await by_case(await start(None, files))
    assert [(one["relation"], one["name"]) for one in answer["people"]] == [
        ("child", None),
        ("parent", None),
        ("other_adult", None),
    ]
    assert part(answer, "housing", 2)["outcome"] == "involved"


async def test_what_may_not_travel_is_not_searched_with(start: Start) -> None:
    files = changed_roster(
        "identifiers: [given_name, family_name, birth_date, postcode, address]}",
        "identifiers: [given_name, postcode]}",
    )
    town = await start(None, files)
    answer = await by_case(town)
    assert [len(town.sources[name].searches) for name in ("school", "housing")] == [0, 0]
    assert {part(answer, "housing", n)["outcome"] for n in (1, 2, 3)} == {"not_asked"}


async def test_without_a_rule_for_the_roster_nobody_is_named(start: Start) -> None:
    town = await start(None, with_cases(roster=""))
    answer = await by_case(town)
    assert (answer["roster"]["state"], answer["people"]) == ("verified", [])


async def test_people_about_whom_the_purpose_is_not_are_left_out(start: Start) -> None:
    files = with_cases()
    files["purposes"] = files["purposes"].replace(
        "about: [child, parent, sibling, other_adult]", "about: [child]"
    )
    answer = await by_case(await start(None, files))
    assert [one["name"] for one in answer["people"]] == ["Maisie Ashdown"]


async def test_a_purpose_without_this_journey_refuses_it(start: Start) -> None:
    town = await start(None, with_cases(journeys="[people]"))
    status, problem = await town.post("/v1/queries", BY_CASE, HOLDER)
    assert (status, problem["errors"][0]["code"]) == (403, "journey_not_allowed")
    assert town.sources[CASES].searches == []


async def test_without_a_case_system_the_refusal_says_what_to_do(tmp_path: Path) -> None:
    purposes = with_cases()["purposes"]
    async with littleworth(tmp_path, purposes=purposes) as town:
        status, problem = await town.post("/v1/queries", BY_CASE, HOLDER)
    assert (status, problem["errors"][0]["code"]) == (422, "no_case_system")


async def test_a_case_needs_its_number_and_no_people(start: Start) -> None:
    town = await start()
    status, problem = await town.post("/v1/queries", {**BY_CASE, "case_reference": None}, HOLDER)
    assert (status, [one["pointer"] for one in problem["errors"]]) == (422, ["/case_reference"])
    status, problem = await town.post("/v1/queries", {**question(), "journey": "case"}, HOLDER)
    assert (status, problem["errors"][0]["code"]) == (422, "people_and_case")


async def test_a_case_system_that_hangs_is_told_as_such_and_the_desks_stand_there(start: Start) -> None:
    town = await start()
    town.sources[CASES].hangs()
    answer = await by_case(town)
    assert (answer["roster"]["state"], answer["people"]) == ("timed_out", [])
    assert answer["roster"]["problem"]["type"] == "urn:family-context:problem:source_timed_out"
    assert len(answer["services"]) == 4
    assert all(one["desk"]["phone"] for one in answer["services"])


async def test_details_are_opened_by_reading_the_case_again(start: Start) -> None:
    town = await start()
    flags = await by_case(town, view="flags")
    reference = part(flags, "housing", 2)["reference"]
    status, details = await town.post("/v1/details", {"reference": reference}, HOLDER)
    assert (status, [one["name"] for one in details["people"]]) == (200, ["Emma Ashdown"])
    assert details["services"][0]["people"][0]["outcome"] == "involved"
    town.sources[CASES].rows = [linked(gates={"worker": "j.marsh"})]
    status, later = await town.post("/v1/details", {"reference": reference}, HOLDER)
    assert (status, later["people"], later["roster"]["state"]) == (200, [], "unverified")


async def test_the_log_holds_whom_a_case_led_to_before_any_source_was_asked(start: Start) -> None:
    town = await start()
    answer = await by_case(town)
    with town.reader() as reader:
        entries = reader.trace(answer["query_id"]).entries
    assert [one.kind for one in entries][:2] == ["query.intent", "case.checked"]
    checked = entries[1].facts
    assert checked["case"]["shown"] == ["relation_and_name", "relation_and_name", "relation"]
    assert checked["person 3"]["identifiers"]["family_name"] == "Pike"
    assert "Pike" not in str({key: value for key, value in checked.items() if not key.startswith("person")})


async def test_asking_by_case_again_counts_as_a_repeated_search_of_its_people(start: Start) -> None:
    town = await start()
    await town.ask(
        {"relation": "parent", "given_name": "Emma", "family_name": "Ashdown", "birth_date": "1991-03-07"},
        persona=HOLDER,
    )
    answer = await by_case(town)
    flags = await by_case(town, view="flags")
    await town.post("/v1/details", {"reference": part(flags, "housing", 2)["reference"]}, HOLDER)
    last = await by_case(town)
    with town.reader() as reader:
        counted = [
            reader.trace(one["query_id"]).entries[1].facts["case"]["repeats"] for one in (answer, flags, last)
        ]
    assert counted == [1, 2, 3]


async def test_a_long_roster_is_asked_about_as_far_as_it_goes_and_says_so(start: Start) -> None:
    rows = [
        linked(f"p-{n}", "SIB", identifiers={"given_name": f"Child{n:02}", "address": "x" * 99})
        for n in range(40)
    ]
    answer = await by_case(await start({CASES: rows}))
    assert len(answer["people"]) == 30
    assert answer["roster"]["complete"] is False


@pytest.mark.parametrize(
    ("rows", "case", "last_contact"),
    [
        (FAMILY, "verified", "2026-05-20"),
        ([], "unverified", "2026-05"),
        (FAMILY[1:], "verified", "2026-05-20"),
    ],
)
async def test_who_names_the_people_has_the_case_checked_and_is_capped_without_it(
    start: Start, rows: Any, case: str, last_contact: str
) -> None:
    town = await start({**KNOWN, CASES: rows})
    answer = await town.ask(persona=HOLDER)
    shown = part(answer, "housing")["involvements"][0]["involvement"]
    assert (answer["case"], shown["last_contact"]) == (case, last_contact)
    assert shown["lead_practitioner"]["shown"] == ("named" if case == "verified" else "team")
    assert answer["roster"] is None


async def test_a_case_check_asks_for_no_identifiers_and_only_where_it_matters(start: Start) -> None:
    town = await start()
    await town.ask(persona=HOLDER)
    assert town.sources[CASES].columns == [
        ("case_number", "case_state", "worker_login", "person_id", "link", "shielded")
    ]
    files = with_cases()
    files["purposes"] = files["purposes"].replace("case_check: {", "case_check: not_made # {")
    unchecked = await start(None, files)
    await unchecked.ask(persona=HOLDER)
    assert unchecked.sources[CASES].searches == []


async def test_a_case_system_that_fails_leaves_the_others_and_counts_as_unverified(start: Start) -> None:
    town = await start()
    town.sources[CASES].fails(SourceMisfit("children: it has lost a column"))
    answer = await town.ask(persona=HOLDER)
    assert answer["case"] == "unverified"
    assert part(answer, "housing")["outcome"] == "involved"


async def test_a_policy_that_is_not_in_force_checks_no_case(start: Start) -> None:
    files = with_cases()
    files["policies"]["children"] = files["policies"]["children"].replace(
        "until: 2027-01-01", "until: 2026-01-31"
    )
    answer = await by_case(await start(None, files))
    assert (answer["roster"]["state"], answer["people"]) == ("unverified", [])


def test_the_rosters_own_tests_in_the_policy_run(tmp_path: Path) -> None:
    loaded = load_catalogue(write_files(tmp_path, **with_cases())).services["children"].loaded
    outcomes = run_tests(loaded)
    assert [one.name for one in outcomes][-1] == "Nobody sees anyone of a case that is not theirs"
    assert all(one.passed for one in outcomes)


def test_faults_of_a_case_system_are_all_named_at_once(tmp_path: Path) -> None:
    files = with_cases()
    files["sources"]["children"] = files["sources"]["children"].replace("SIB: sibling", "SIB: siblng")
    files["sources"]["school"] += (
        files["sources"]["children"].partition("case_system:\n")[2].join(["case_system:\n", ""])
    )
    files["policies"]["housing"] += "roster: {justification: None is given.}\n"
    with pytest.raises(Faults) as found:
        load_catalogue(write_files(tmp_path, **files))
    said = " ".join(str(one) for one in found.value.faults)
    assert "Did you mean sibling?" in said
    assert "Another source is the case system already." in said
    assert "The source file describes no case system." in said
