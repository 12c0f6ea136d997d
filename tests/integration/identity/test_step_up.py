"""Emergency access asks for a strong sign-in of the last minutes (RFC 9470), where the partnership says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt

from deploy.demo.sign_in import AUDIENCE, ISSUER
from tests.fakes.littleworth import BROKER, NOW, PURPOSES, Littleworth, littleworth, question, row

EMERGENCY = PURPOSES.replace(
    "    sources: all\n",
    "    sources: all\n"
    "    emergency: {tell_owner_within: 1 hour, review_within: 3 days, ends_after: 30 minutes}\n",
)
STEP_UP = BROKER.replace("identity:\n", "identity:\n  step_up: {acr: [strong, AAL3_ANY], minutes: 10}\n")
AT = int(NOW.timestamp())


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}, broker=STEP_UP, purposes=EMERGENCY) as started:
        yield started


async def ask(town: Littleworth, path: str = "/v1/queries", body: Any = None, **claims: Any) -> Any:
    """The status, the WWW-Authenticate header and the reply, to somebody who signed in like this."""
    whole = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "lw-1",
        "name": "Sam Okafor",
        "roles": ["social_worker"],
        "organisation": "Littleworth Council",
        "iat": AT,
        "exp": AT + 300,
        **claims,
    }
    token = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "demo"}, whole, town.sign_in._key)
    headers = {"Authorization": f"Bearer {token}"}
    async with town.client.post(path, json=body or question(), headers=headers) as reply:
        return reply.status, reply.headers.get("WWW-Authenticate", ""), await reply.json(content_type=None)


TOO_WEAK: list[dict[str, Any]] = [
    {},
    {"acr": "strong"},
    {"auth_time": AT},
    {"acr": "password", "auth_time": AT},
    {"acr": "STRONG", "auth_time": AT},
    {"acr": ["strong"], "auth_time": AT},
    {"acr": "strong AAL3_ANY", "auth_time": AT},
    {"acr": "strong", "auth_time": AT - 631},
    {"acr": "strong", "auth_time": AT + 31},
    {"acr": "strong", "auth_time": str(AT)},
    {"acr": "strong", "auth_time": True},
    {"acr": "strong", "auth_time": 1e300},
]


@pytest.mark.parametrize("claims", TOO_WEAK, ids=str)
async def test_a_weak_or_old_sign_in_is_told_how_to_sign_in_and_recorded(
    town: Littleworth, claims: dict[str, Any]
) -> None:
    status, challenge, problem = await ask(town, **claims)
    assert (status, problem["errors"][0]["code"]) == (401, "step_up_needed")
    assert "Sign in again, in the strong way" in problem["detail"]
    assert challenge.startswith('Bearer error="insufficient_user_authentication", ')
    assert challenge.endswith('acr_values="strong AAL3_ANY", max_age="600"')
    with town.reader() as reader:
        (refusal,) = [one.facts["request"] for one in reader.entries() if one.kind == "refusal"]
    assert (refusal["code"], refusal["purpose"]) == ("step_up_needed", "section_47_enquiry")
    assert refusal["requester"]["subject"] == "lw-1"
    assert town.sources["school"].searches == []


async def test_a_strong_sign_in_of_the_last_minutes_asks_and_opens_details(town: Littleworth) -> None:
    status, _, answer = await ask(town, acr="strong", auth_time=AT - 600, body=question(view="flags"))
    assert status == 200
    school = next(one for one in answer["services"] if one["source"] == "school")
    reference = {"reference": school["people"][0]["reference"]}
    assert (await ask(town, "/v1/details", reference, acr="password", auth_time=AT))[0] == 401
    assert (await ask(town, "/v1/details", reference, acr="AAL3_ANY", auth_time=AT))[0] == 200


async def test_other_purposes_and_partnerships_without_step_up_ask_for_no_more(tmp_path: Path) -> None:
    async with littleworth(tmp_path / "one", broker=STEP_UP) as town:
        assert (await ask(town))[0] == 200
    async with littleworth(tmp_path / "two", purposes=EMERGENCY) as town:
        assert (await ask(town))[0] == 200
