"""A requester's number in a professional register: from a mapped claim into the encrypted part of the log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt

from tests.fakes.littleworth import BROKER, SOCIAL_WORKER, Littleworth, littleworth, question, row
from tests.integration.api.test_bad_tokens_are_recorded import claims_of

REGISTERED = replace(SOCIAL_WORKER, registration="SW990101")


async def recorded(town: Littleworth, token: str) -> list[Any]:
    """Ask with this token; the registration that each entry about a requester holds."""
    headers = {"Authorization": f"Bearer {token}"}
    async with town.client.post("/v1/queries", json=question(), headers=headers) as reply:
        assert reply.status == 200
    with town.reader() as reader:
        found = [one.facts.get("request") for one in reader.entries()]
        return [one["requester"]["registration"] for one in found if one and one.get("requester")]


async def test_it_stands_encrypted_beside_the_name(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        token = town.sign_in.token(REGISTERED, town.clock())
        assert set(await recorded(town, token)) == {"SW990101"}
        assert b"SW990101" not in town.log_bytes()


@pytest.mark.parametrize(
    ("said", "held"), [(None, None), ("", None), (["SW1"], None), (7, None), ("x" * 99, "x" * 40)]
)
async def test_what_is_no_number_is_none_and_what_is_too_long_is_cut(
    tmp_path: Path, said: Any, held: Any
) -> None:
    own_name = BROKER.replace("identity:\n", "identity:\n  registration_claim: swe_number\n")
    async with littleworth(tmp_path, {"school": [row()]}, broker=own_name) as town:
        claims = claims_of(town.sign_in.token(REGISTERED, town.clock()))
        header = {"alg": "ES256", "typ": "at+jwt", "kid": "demo"}
        token = jwt.encode(header, {**claims, "swe_number": said}, town.sign_in._key)
        assert set(await recorded(town, token)) == {held}
