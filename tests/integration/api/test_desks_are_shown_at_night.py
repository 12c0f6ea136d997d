"""Whatever fails closed, whoever asked can still ring: answers and such refusals have the services' desks.

Of the audit log, the witnesses and too much load, law 3 and the tests of the door say so; of the case system,
those of asking by case; of limits, theirs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.identity.key_set import KeysUnreachable, ProviderKeys
from broker.registers.store import RegisterUnavailable, Store
from tests.fakes.littleworth import BROKER, EARLY_HELP, EMMA, PURPOSES, littleworth, question, row

DESKS = {"Housing", "Police", "School"}
AGREED = {**EMMA, "family_agreement": {"state": "given", "evidence": "Conversation of 28 May"}}
URGENT = "    emergency: {tell_owner_within: 1 hour, review_within: 3 days, ends_after: 30 minutes}\n"


async def test_when_no_sign_in_can_be_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unreachable(*_: object) -> None:
        raise KeysUnreachable

    async with littleworth(tmp_path, {"school": [row()]}) as town:
        monkeypatch.setattr(ProviderKeys, "for_key_id", unreachable)
        status, problem = await town.post("/v1/queries", question())
    assert (status, problem["errors"][0]["code"]) == (401, "identity_provider_unreachable")
    assert {one["service"] for one in problem["desks"]} == DESKS


async def test_when_emergency_access_asks_for_a_stronger_sign_in(tmp_path: Path) -> None:
    broker = BROKER.replace("identity:\n", "identity:\n  step_up: {acr: [strong], minutes: 10}\n")
    purposes = PURPOSES.replace("    sources: all\n", f"    sources: all\n{URGENT}")
    async with littleworth(tmp_path, broker=broker, purposes=purposes) as town:
        status, problem = await town.post("/v1/queries", question())
    assert (status, problem["errors"][0]["code"]) == (401, "step_up_needed")
    assert {one["service"] for one in problem["desks"]} == DESKS


async def test_when_the_register_of_agreements_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise RegisterUnavailable("The register cannot be read.")

    async with littleworth(tmp_path, {"school": [row()]}) as town:
        monkeypatch.setattr(Store, "tagged", unreadable)
        answer = await town.ask(AGREED, purpose="early_help_assessment", view="flags", persona=EARLY_HELP)
    assert {one["service"] for one in answer["services"]} == DESKS
    assert {one["desk"]["phone"] for one in answer["services"]} == {"0191 498 0000"}
    assert "involved" not in {one["people"][0]["outcome"] for one in answer["services"]}


async def test_a_refusal_that_is_for_the_requester_to_mend_has_none(tmp_path: Path) -> None:
    async with littleworth(tmp_path) as town:
        _, problem = await town.post("/v1/queries", question(reason=None))
    assert "desks" not in problem
