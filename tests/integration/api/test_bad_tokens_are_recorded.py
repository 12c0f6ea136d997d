"""A token that does not hold: 401 or 403, nothing is searched, and the log has it."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt

from deploy.demo import sign_in
from deploy.demo.sign_in import SignIn
from tests.fakes.littleworth import SOCIAL_WORKER, Littleworth, littleworth, question, row

ADDRESSES = [
    ("POST", "/v1/queries"),
    ("POST", "/v1/details"),
    ("POST", "/v1/sign-out"),
    ("GET", "/v1/sources"),
    ("GET", "/v1/purposes"),
]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}) as started:
        yield started


def signed(town: Littleworth, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token with the real key, in which these claims are different."""
    right = claims_of(town.sign_in.token(SOCIAL_WORKER, town.clock()))
    whole = {"alg": "ES256", "typ": "at+jwt", "kid": "demo", **(header or {})}
    return jwt.encode(whole, {**right, **claims}, town.sign_in._key)


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def of_algorithm_none(town: Littleworth) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt","kid":"demo"}').rstrip(b"=").decode()
    return f"{head}.{signed(town).split('.')[1]}."


def lapsed(town: Littleworth) -> str:
    token = town.sign_in.token(SOCIAL_WORKER, town.clock(), lives=timedelta(minutes=5))
    town.clock.at += timedelta(minutes=6)
    return token


NOT_SIGNED_IN: dict[str, Callable[[Littleworth], str]] = {
    "none": lambda _: "",
    "expired": lapsed,
    "of another key": lambda town: SignIn().token(SOCIAL_WORKER, town.clock()),
    "with another's claims": lambda town: ".".join(
        [signed(town).split(".")[0], signed(town, sub="lw-9").split(".")[1], signed(town).split(".")[2]]
    ),
    "of the algorithm none": of_algorithm_none,
    "for another audience": lambda town: signed(town, aud="https://elsewhere.example"),
    "of another issuer": lambda town: signed(town, iss=f"{sign_in.ISSUER}.evil.example"),
    "an identity token": lambda town: signed(town, header={"typ": "JWT"}),
    "older than may be": lambda town: signed(town, iat=int(town.clock().timestamp()) - 11 * 3600),
}


@pytest.mark.parametrize("kind", NOT_SIGNED_IN)
async def test_a_token_that_does_not_hold_is_a_401_and_in_the_log(town: Littleworth, kind: str) -> None:
    headers = {"Authorization": f"Bearer {NOT_SIGNED_IN[kind](town)}"}
    for method, address in ADDRESSES:
        async with town.client.request(method, address, json=question(), headers=headers) as reply:
            problem = await reply.json(content_type=None)
            assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert problem["errors"] == [{"code": "not_signed_in", "detail": problem["detail"], "pointer": ""}]
        assert "Sign in again" in problem["detail"]
    refusals = recorded(town)
    assert len(refusals) == len(ADDRESSES)
    # Who it was is not known: what the token says is believed in nothing.
    assert {(one["code"], one["requester"]) for one in refusals} == {("not_signed_in", None)}
    assert town.sources["school"].searches == []


@pytest.mark.parametrize("roles", [None, [], "social_worker", [7]], ids=str)
async def test_a_token_without_a_role_is_a_403_and_the_log_says_whose_it_was(
    town: Littleworth, roles: Any
) -> None:
    headers = {"Authorization": f"Bearer {signed(town, roles=roles)}"}
    async with town.client.post("/v1/queries", json=question(), headers=headers) as reply:
        problem = await reply.json(content_type=None)
        assert (reply.status, problem["errors"][0]["code"]) == (403, "no_role")
    (refusal,) = recorded(town)
    assert (refusal["code"], refusal["requester"]["subject"]) == ("no_role", SOCIAL_WORKER.subject)
    assert town.sources["school"].searches == []


async def test_a_role_that_no_purpose_knows_is_a_403_and_in_the_log(town: Littleworth) -> None:
    stranger = replace(SOCIAL_WORKER, roles=("cleaner",))
    status, problem = await town.post("/v1/queries", question(), stranger)
    assert (status, problem["errors"][0]["pointer"]) == (403, "/purpose")
    (refusal,) = recorded(town)
    assert (refusal["purpose"], refusal["requester"]["subject"]) == ("section_47_enquiry", "lw-1")


def recorded(town: Littleworth) -> list[dict[str, Any]]:
    """What the log has of every refusal, read back as an auditor would."""
    with town.reader() as reader:
        assert reader.verify().good
        return [one.facts["request"] for one in reader.entries() if one.kind == "refusal"]
