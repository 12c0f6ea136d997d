"""Law 2. Default deny: no policy, no purpose, no rule, an unknown fact, an error while deciding: nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

import handwritten
from broker.audit.keys import load_keys
from broker.catalogue import load_catalogue
from broker.registers.agreements import record
from broker.registers.store import Store
from connectors.contract import Identifiers, SourceMisfit
from connectors.json_rows import JsonRows
from consent_rules.agreements import Recorded
from policy.facts import Ask, Record
from tests.fakes.littleworth import (
    EARLY_HELP,
    EMMA,
    MARKED,
    POLICIES,
    PURPOSES,
    SOCIAL_WORKER,
    Littleworth,
    part,
    question,
    row,
    write_files,
)
from tests.fakes.web_apis import school_api
from tests.laws.conftest import Start

AGREED = {"family_agreement": {"state": "given", "evidence": "Conversation of 28 May, case note 7"}}
EARLY_HELP_ASKS: dict[str, Any] = {"purpose": "early_help_assessment", "persona": EARLY_HELP}


def test_law_2_a_source_without_a_policy_keeps_the_broker_from_starting(tmp_path: Path) -> None:
    policies = {name: text for name, text in POLICIES.items() if name != "police"}
    with pytest.raises(handwritten.Faults, match="police"):
        load_catalogue(write_files(tmp_path, policies=policies))


async def test_law_2_an_unknown_purpose_is_refused(start: Start) -> None:
    town = await start({"school": [row()]})
    status, problem = await town.post("/v1/queries", question(purpose="curiosity"))
    assert (status, problem["type"].rsplit(":", 1)[1]) == (403, "unknown_purpose")
    assert town.sources["school"].searches == []


async def test_law_2_a_role_that_a_purpose_does_not_name_is_refused(start: Start) -> None:
    town = await start({"school": [row()]})
    status, _ = await town.post("/v1/queries", question(), EARLY_HELP)
    assert status == 403
    assert town.sources["school"].searches == []


async def test_law_2_without_the_registration_that_a_purpose_needs_nobody_is_asked(start: Start) -> None:
    needs = "    who_may_ask: [social_worker]\n    needs_registration: true\n"
    purposes = PURPOSES.replace("    who_may_ask: [social_worker]\n", needs)
    town = await start({"school": [row()]}, purposes=purposes)
    status, problem = await town.post("/v1/queries", question())
    assert (status, problem["errors"][0]["code"]) == (403, "registration_needed")
    assert town.sources["school"].searches == []
    registered = replace(SOCIAL_WORKER, registration="SW990101")
    assert (await town.post("/v1/queries", question(), registered))[0] == 200


async def test_law_2_without_a_rule_a_field_shows_nothing(start: Start) -> None:
    town = await start({"housing": [row()]})
    answer = await town.ask({**EMMA, **AGREED}, **EARLY_HELP_ASKS)
    (shown,) = part(answer, "housing")["involvements"]
    assert shown["involvement"]["involved"] is True
    assert {v for k, v in shown["involvement"].items() if k != "involved"} == {None}


async def test_law_2_without_any_rule_for_the_purpose_the_source_is_closed(start: Start) -> None:
    closed = POLICIES["school"].replace(
        "\n      - {purpose: early_help_assessment, when: {family_agreement: given}}", ""
    )
    town = await start({"school": [row()]}, policies={**POLICIES, "school": closed})
    answer = await town.ask({**EMMA, **AGREED}, **EARLY_HELP_ASKS)
    assert part(answer, "school")["outcome"] == "withheld"
    assert part(answer, "school")["involvements"] == []


async def test_law_2_an_unknown_family_agreement_opens_nothing(start: Start) -> None:
    town = await start({"housing": [row()]})
    unknown = await town.ask(EMMA, **EARLY_HELP_ASKS)
    unproved = await town.ask({**EMMA, "family_agreement": {"state": "given"}}, **EARLY_HELP_ASKS)
    given = await town.ask({**EMMA, **AGREED}, **EARLY_HELP_ASKS)
    assert [part(one, "housing")["outcome"] for one in (unknown, unproved, given)] == [
        *("not_asked", "not_asked", "involved")
    ]


async def test_law_2_an_agreement_opens_nobody_elses_record(start: Start) -> None:
    other = {**EMMA, "given_name": "Leon", "birth_date": "1989-11-02"}
    leon = row("k2", identifiers={"given_name": "Leon", "birth_date": date(1989, 11, 2)})
    town = await start({"housing": [row(), leon]})
    answer = await town.ask({**EMMA, **AGREED}, other, **EARLY_HELP_ASKS)
    assert [part(answer, "housing", n)["outcome"] for n in (1, 2)] == ["involved", "not_asked"]


def recorded(town: Littleworth, whom: Identifiers, **changed: Any) -> None:
    """What the family agreed to, written into the partnership's register."""
    keys = load_keys(town.directory / "state" / "keys")
    register = Store.open(town.directory / "state" / "registers.db", keys)
    facts: dict[str, Any] = {"purpose": "early_help_assessment", "state": "given", "standing": "the_adult"}
    facts |= {"evidence": "Case note 7", "agreed_on": date(2026, 5, 28), "until": date(2026, 12, 31)}
    record(register, whom, Recorded(**(facts | {"recorded_at": town.clock()} | changed)), "j.marsh")
    register.close()
    keys.close()


async def test_law_2_an_agreement_that_was_withdrawn_stays_so_whatever_is_typed(start: Start) -> None:
    town = await start({"housing": [row()]})
    assert part(await town.ask({**EMMA, **AGREED}, **EARLY_HELP_ASKS), "housing")["outcome"] == "involved"
    recorded(town, row().identifiers, state="withdrawn")
    answer = await town.ask({**EMMA, **AGREED}, **EARLY_HELP_ASKS)
    assert {one["people"][0]["outcome"] for one in answer["services"]} <= {"not_asked", "withheld"}


async def test_law_2_an_agreement_holds_for_the_one_it_is_about_and_by_somebody_who_could_give_it(
    start: Start,
) -> None:
    born = date(1989, 11, 2)
    leon = {**EMMA, "given_name": "Leon", "birth_date": born.isoformat()}
    town = await start(
        {"housing": [row(), row("k2", identifiers={"given_name": "Leon", "birth_date": born})]}
    )
    recorded(town, row().identifiers, standing="parental_responsibility")
    of_nobody = await town.ask(EMMA, leon, **EARLY_HELP_ASKS)
    recorded(town, row().identifiers)
    of_emma = await town.ask(EMMA, leon, **EARLY_HELP_ASKS)
    outcomes = [[part(one, "housing", n)["outcome"] for n in (1, 2)] for one in (of_nobody, of_emma)]
    assert outcomes == [["not_asked", "not_asked"], ["involved", "not_asked"]]


async def test_law_2_one_adults_number_beside_anothers_name_opens_nothing(start: Start) -> None:
    number, born = "9990000018", date(1989, 11, 2)
    leon = {**EMMA, "given_name": "Leon", "birth_date": born.isoformat(), "nhs_number": number}
    rules = PURPOSES.replace("roles:", "typed_agreements: open_nothing\nroles:", 1)
    his = row("k2", identifiers={"given_name": "Leon", "birth_date": born, "nhs_number": None})
    town = await start({"housing": [row(), his]}, purposes=rules)
    recorded(town, replace(row().identifiers, nhs_number=number))
    answer = await town.ask({**EMMA, "nhs_number": number}, leon, **EARLY_HELP_ASKS)
    assert [part(answer, "housing", n)["outcome"] for n in (1, 2)] == ["involved", "not_asked"]


async def test_law_2_an_agreement_for_one_service_opens_no_other(start: Start) -> None:
    town = await start({"housing": [row()], "school": [row()]})
    recorded(town, row().identifiers, services=("school",))
    for said in (EMMA, {**EMMA, **AGREED}):
        answer = await town.ask(said, **EARLY_HELP_ASKS)
        assert [part(answer, name)["outcome"] for name in ("school", "housing")] == ["involved", "not_asked"]


async def test_law_2_what_is_typed_opens_nothing_where_the_partnership_says_so(start: Start) -> None:
    rules = PURPOSES.replace("roles:", "typed_agreements: open_nothing\nroles:", 1)
    town = await start({"housing": [row()]}, purposes=rules)
    answer = await town.ask({**EMMA, **AGREED}, **EARLY_HELP_ASKS)
    assert part(answer, "housing")["outcome"] == "not_asked"


async def test_law_2_a_record_whose_gate_is_unknown_shows_nothing(start: Start) -> None:
    town = await start(
        {"school": [row(gates={"category": None})], "housing": [row(gates={"category": "new code"})]}
    )
    answer = await town.ask()
    assert part(answer, "school")["outcome"] == "nothing_to_share"
    assert part(answer, "housing")["outcome"] == "nothing_to_share"


async def test_law_2_an_unknown_age_shows_nothing_where_an_age_rule_exists(start: Start) -> None:
    unborn = row(identifiers={"birth_date": None, "nhs_number": "9990000018"})
    town = await start({"school": [unborn]})
    asked = {"relation": "parent", "given_name": "Emma", "family_name": "Ashdown", "nhs_number": "9990000018"}
    assert part(await town.ask(asked), "school")["outcome"] == "nothing_to_share"
    assert part(await town.ask({**asked, "age": 35}), "school")["outcome"] == "involved"


async def test_law_2_an_error_while_deciding_shows_nothing(start: Start) -> None:
    town = await start()
    policy = town.front.broker.around.catalogue.services["school"].policy
    record = Record(age=35, last_contact=date(2026, 5, 20), gates={"category": "support"})
    ask = Ask("section_47_enquiry", "social_worker", "parent", today=date(2026, 6, 1))
    assert policy.levels(ask, record)["involved"] == 1
    no_day: Any = "not a day"
    for broken in (
        replace(record, last_contact=no_day),
        replace(record, gates=no_day),
        replace(record, age=no_day),
    ):
        assert set(policy.levels(ask, broken).values()) == {0}
        assert policy.withholds(ask, broken)
        assert policy.reduce(ask, broken) is None
    assert policy.closes(replace(ask, today=no_day))


async def test_law_2_adding_a_restriction_never_shows_more(start: Start) -> None:
    stricter = POLICIES["school"].replace(
        "{when: {relation: other_adult}, show: year, why: Proportionate for others.}",
        "{when: {case: unverified}, show: year, why: The case could not be checked.}",
    )
    town = await start({"school": [row()]}, policies={**POLICIES, "school": stricter})
    (shown,) = part(await town.ask(), "school")["involvements"]
    assert shown["involvement"]["last_contact"] == "2026"


async def test_law_2_the_order_of_rules_never_matters(start: Start) -> None:
    capped = "- {when: {relation: parent}, show: month, why: A.}"
    closer = "- {when: {relation: parent}, show: year, why: B.}"
    answers = []
    for first, second in ((capped, closer), (closer, capped)):
        ordered = POLICIES["school"].replace(
            "- {when: {relation: other_adult}, show: year, why: Proportionate for others.}",
            f"{first}\n      {second}",
        )
        town = await start({"school": [row()]}, policies={**POLICIES, "school": ordered})
        answers.append(part(await town.ask(), "school")["involvements"][0]["involvement"]["last_contact"])
    assert answers == ["2026", "2026"]


async def test_law_2_a_limit_holds_where_its_fact_is_unknown(start: Start) -> None:
    agreed = "{when: {family_agreement: given}, show: year, why: The family knows more.}"
    plain = "{when: {relation: other_adult}, show: year, why: Proportionate for others.}"
    town = await start(
        {"school": [row()]}, policies={**POLICIES, "school": POLICIES["school"].replace(plain, agreed)}
    )
    (shown,) = part(await town.ask(), "school")["involvements"]
    assert shown["involvement"]["last_contact"] == "2026"


def with_rule(rule: str) -> dict[str, str]:
    """The school's policy, with another rule on whether somebody is known there at all."""
    plain = "- {purpose: section_47_enquiry}"
    assert POLICIES["school"].count(plain) == 1
    return {**POLICIES, "school": POLICIES["school"].replace(plain, rule)}


async def test_law_2_a_record_of_staff_is_shown_by_rules_that_name_staff_alone(start: Start) -> None:
    of_staff = {"school": [row(staff=True)]}
    assert (
        part(await (await start(of_staff, sources=MARKED)).ask(), "school")["outcome"] == "nothing_to_share"
    )
    named = with_rule("- {purpose: section_47_enquiry, when: {restriction: staff}}")
    answer = await (await start(of_staff, policies=named, sources=MARKED)).ask()
    (shown,) = part(answer, "school")["involvements"]
    assert {name for name, value in shown["involvement"].items() if value} == {"involved"}
    others = await (await start({"school": [row()]}, policies=named)).ask()
    assert part(others, "school")["outcome"] == "nothing_to_share"


async def test_law_2_a_record_of_an_unknown_mark_shows_nothing(start: Start) -> None:
    policy = (await start()).front.broker.around.catalogue.services["school"].policy
    record = Record(age=35, last_contact=date(2026, 5, 20), gates={"category": "support"})
    ask = Ask("section_47_enquiry", "social_worker", "parent", today=date(2026, 6, 1))
    marks: list[Any] = [None, "shielded", "to be confirmed"]
    assert not policy.withholds(ask, record)
    assert [policy.withholds(ask, replace(record, restriction=mark)) for mark in marks] == [True] * 3


async def test_law_2_an_unknown_time_of_day_opens_nothing(start: Start) -> None:
    at_night = with_rule("- {purpose: section_47_enquiry, when: {time: {from: 18:00, to: 08:00}}}")
    policy = (await start(policies=at_night)).front.broker.around.catalogue.services["school"].policy
    ask = Ask("section_47_enquiry", "social_worker", "parent", today=date(2026, 6, 1))
    hours = [None, time(7, 59), time(8), time(17, 59), time(18), time(0)]
    assert [policy.closes(replace(ask, time=at)) for at in hours] == [True, False, True, True, False, False]


async def test_law_2_a_changed_policy_that_shows_more_stays_out_of_force(start: Start) -> None:
    town = await start({"school": [row()]})
    more = POLICIES["school"].replace("version: 3", "version: 4").replace("from: 3}", "from: 2}")
    assert more != POLICIES["school"]
    (town.directory / "policies" / "school.yaml").write_text(more, encoding="utf-8")
    assert not await town.front.reloading.reload()
    assert town.front.broker.around.catalogue.services["school"].policy.version == 3


async def test_law_2_a_policy_that_takes_another_owners_name_stays_out_of_force(start: Start) -> None:
    town = await start({"school": [row()]})
    less = POLICIES["school"].replace("version: 3", "version: 4").replace("from: 3}", "from: 4}")
    path = town.directory / "policies" / "school.yaml"
    path.write_text(less.replace("policy: school", "policy: housing"), encoding="utf-8")
    assert not await town.front.reloading.reload()
    path.write_text(less, encoding="utf-8")
    assert await town.front.reloading.reload()


async def test_law_2_an_expired_policy_shares_nothing(start: Start) -> None:
    expired = POLICIES["school"].replace("until: 2027-01-01", "until: 2026-05-31")
    town = await start({"school": [row()]}, policies={**POLICIES, "school": expired})
    assert part(await town.ask(), "school")["outcome"] == "withheld"


async def test_law_2_without_a_token_nothing(start: Start) -> None:
    town = await start({"school": [row()]})
    async with town.client.post("/v1/queries", json=question()) as reply:
        assert reply.status == 401
    assert town.sources["school"].searches == []
    assert PURPOSES.count("social_worker") == 2  # nobody else may ask for a section 47 enquiry


def test_law_2_a_web_api_that_no_longer_says_who_is_shielded_gives_nothing() -> None:
    source = school_api(restricted={"column": "/shielded", "values": ["Y"]})
    assert source.request
    reading = JsonRows(source, source.request)
    known = {"ref": "1", "forename": "Emma", "surname": "Ashdown"}
    assert reading.of([{**known, "shielded": None}], ["/ref", "/shielded"]) == [("1", None)]
    with pytest.raises(SourceMisfit, match="/shielded"):
        reading.of([known], ["/ref", "/shielded"])
