"""Law 1, for the compatible API: what was typed, the roster as far as it is shown, and involvements alone."""

from __future__ import annotations

import logging

import pytest

from tests.fakes.family_context import COMPATIBLE, going_on
from tests.fakes.littleworth import row
from tests.fakes.littleworth_cases import CASES, HOLDER, linked, with_cases
from tests.laws.conftest import Start

TELLING = {
    "address": "17 Hidden Close",
    "postcode": "LW9 9ZZ",
    "nhs_number": "9434765919",
    "uprn": "100012345678",
}
"""What stands in the rows, and nobody types."""


async def test_law_1_the_old_front_end_is_told_no_identifier_that_was_not_typed(start: Start) -> None:
    telling = row("local-key-77", identifiers=TELLING)
    town = await start({"school": [telling], "housing": [telling]}, broker=COMPATIBLE)
    front = await going_on(town)
    found = await front.search()
    emma = found.body["results"][0]["id"]
    again = await front.call("GET", f"person/detail/{emma}")
    listed, opened = await front.services(emma), await front.service(emma, "school")
    assert "involvement1" in opened.body["data"]
    for reply in (found, again, listed, opened):
        for hidden in (*TELLING.values(), "local-key-77", "support", "female"):
            assert hidden not in reply.text


async def test_law_1_the_old_front_end_is_told_of_a_roster_what_its_owner_shows(start: Start) -> None:
    kept = [
        linked("case-key-91", "CHILD", identifiers={"given_name": "Tom", **TELLING}),
        linked("case-key-92", "PARTNER", identifiers={"given_name": "Rex"}),
    ]
    town = await start({CASES: kept, "school": [row()]}, broker=COMPATIBLE, **with_cases())
    front = await going_on(town, HOLDER)
    child = await front.by_case("LW-42")
    related = await front.call("GET", f"person/related/{child.body['id']}")
    assert [one["relationship"] for one in related.body] == ["other adult"]
    listed = await front.services(related.body[0]["id"])
    for reply in (child, related, listed):
        for hidden in (*TELLING.values(), "case-key", "Rex", "1991"):
            assert hidden not in reply.text


async def test_law_1_no_path_of_the_old_front_end_is_logged(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)  # a connection asks whether to log when it begins
    town = await start({CASES: [], "school": [row()]}, broker=COMPATIBLE, **with_cases())
    front = await going_on(town, HOLDER)
    await front.by_case("SECRET-4711")
    await front.call("GET", "person/detail/SECRET-4711/service/school")
    assert "SECRET-4711" not in caplog.text
