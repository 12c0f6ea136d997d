"""Law 1, on the pages: they show what the API's answer holds and what was typed, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.littleworth import SOCIAL_WORKER, row
from tests.fakes.littleworth_cases import CASES, HOLDER, linked, with_cases
from tests.fakes.paged_littleworth import BY_CASE, EMMA_TYPED, PAGED, references, signed_in
from tests.laws.conftest import Start

AUDITOR = replace(SOCIAL_WORKER, subject="lw-5", roles=("auditor",))
TELLING = {
    "address": "17 Hidden Close",
    "postcode": "LW9 9ZZ",
    "nhs_number": "9434765919",
    "uprn": "100012345678",
}
"""What stands in the rows, and nobody types."""


async def test_law_1_no_page_shows_an_identifier_that_was_not_typed(start: Start) -> None:
    telling = row("local-key-77", identifiers=TELLING)
    town = await start({"school": [telling], "housing": [telling]}, broker=PAGED)
    browser = await signed_in(town)
    status, answer = await browser.post("/check/answer", EMMA_TYPED)
    assert status == 200
    assert "Known to this service" in answer
    status, live = await browser.post("/check/answer", EMMA_TYPED, Accept="text/event-stream")
    assert status == 200
    opened = [await browser.post("/check/details", {"reference": one}) for one in references(answer)[:1]]
    assert [status for status, _ in opened] == [200]
    _, recent = await browser.get("/checks")
    with town.reader() as reader:
        asked = [one.facts["query_id"] for one in reader.entries() if one.kind == "query.intent"]
    traces = [await (await signed_in(town, AUDITOR)).get(f"/audit/queries/{one}") for one in asked]
    assert [status for status, _ in traces] == [200] * 2
    for page in (answer, live, recent, *(page for _, page in (*opened, *traces))):
        for hidden in (*TELLING.values(), "local-key-77", "support"):
            assert hidden not in page


async def test_law_1_a_page_about_a_case_shows_nobodys_key_and_no_birth_date(start: Start) -> None:
    kept = [linked("case-key-91", identifiers={"address": "4 Mill Lane"})]
    town = await start({CASES: kept, "school": [row()]}, broker=PAGED, **with_cases())
    browser = await signed_in(town, HOLDER)
    status, answer = await browser.post("/check/answer", {**BY_CASE})
    assert status == 200
    assert "Emma Ashdown" in answer  # the roster's owner shows the name
    status, details = await browser.post("/check/details", {"reference": references(answer)[0]})
    assert status == 200
    for page in (answer, details):
        for hidden in ("case-key-91", "4 Mill Lane", "LW1 4AB", "1991"):
            assert hidden not in page
