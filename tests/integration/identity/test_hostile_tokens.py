"""5,000 hostile tokens: every one refused, in the same words, and none a fault of ours."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from joserfc.jwk import RSAKey

from broker.errors import NotSignedIn
from broker.identity.key_set import ProviderKeys
from broker.identity.settings import IdentitySettings
from broker.identity.tokens import TokenCheck
from deploy.demo.sign_in import AUDIENCE, ISSUER
from tests.fakes.hostile_tokens import SIGNED, UNSIGNED, Forge, hostile
from tests.fakes.identity_provider import new_key
from tests.fakes.littleworth import BROKER, NOW, littleworth

TOKENS = int(os.environ.get("HOSTILE_TOKENS", "5000"))
SEED = int(os.environ.get("SEED", "8"))
AT = int(NOW.timestamp())
CLAIMS = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "u-1",
    "name": "Sam Okafor",
    "roles": ["social_worker"],
    "iat": AT,
    "exp": AT + 300,
}
SETTINGS = IdentitySettings(
    issuer=ISSUER, audience=AUDIENCE, jwks="file:unused", algorithms=("ES256", "PS256")
)


@pytest.fixture(scope="module")
def forge() -> Forge:
    return Forge(CLAIMS, new_key("k1"), RSAKey.generate_key(2048, {"kid": "rsa"}), Random(SEED))  # noqa: S311 -- to be repeated


def key_set(forge: Forge) -> bytes:
    """What the provider publishes: keys of kinds that are not believed stand beside the others."""
    keys = (forge.right, forge.rsa, forge.wide)
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


async def code_of(check: TokenCheck, token: str, number: int) -> str:
    """How a token is refused, or that it was believed."""
    try:
        believed = await check.token(f"Bearer {token}", NOW + timedelta(seconds=number / TOKENS))
    except NotSignedIn as refused:
        return " and ".join(one.code for one in refused.complaints)
    return f"believed as {believed.requester.subject}"


async def test_five_thousand_hostile_tokens_are_refused_in_the_same_words(forge: Forge) -> None:
    async def published() -> bytes:
        return key_set(forge)

    check = TokenCheck(SETTINGS, ProviderKeys(published))
    refused: Counter[str] = Counter()
    for number, (kind, token) in enumerate(hostile(TOKENS, forge)):
        assert await code_of(check, token, number) == "not_signed_in", f"{kind}, seed {SEED}: {token!r}"
        refused[kind] += 1
    assert refused.total() == TOKENS
    assert len(refused) == len(UNSIGNED) + len(SIGNED)
    # What they were made from holds, before the same check, by either algorithm:
    for good in (
        forge.token(),
        forge.token(forge.header(alg="PS256", kid="rsa"), key=forge.rsa, algorithm="PS256"),
    ):
        assert (await check.token(f"Bearer {good}", NOW)).requester.subject == "u-1"


async def test_over_http_each_kind_of_hostile_token_is_a_401_and_recorded_without_a_name(
    forge: Forge, tmp_path: Path
) -> None:
    as_old_as_by_default = BROKER.replace("oldest_minutes: 600", "oldest_minutes: 5")
    async with littleworth(tmp_path, broker=as_old_as_by_default) as town:
        (tmp_path / "state" / "jwks.json").write_bytes(key_set(forge))
        tried = 0
        for kind, token in hostile(10 * (len(UNSIGNED) + len(SIGNED)), forge):
            if not token.isascii() or len(token) > 7_000 or not token.isprintable():
                continue  # aiohttp's client, and the server before us, take no such header
            headers = {"Authorization": f"Bearer {token}"}
            async with town.client.get("/v1/sources", headers=headers) as reply:
                assert (reply.status, reply.headers.get("WWW-Authenticate")) == (401, "Bearer"), (kind, token)
            tried += 1
        assert tried > 200
        good = {"Authorization": f"Bearer {forge.token()}"}
        async with town.client.get("/v1/sources", headers=good) as reply:
            assert reply.status == 200
        with town.reader() as reader:
            refusals = [one.facts["request"] for one in reader.entries() if one.kind == "refusal"]
        assert {one["requester"] for one in refusals} == {None}
        # Beyond 60 a minute they are counted.
        assert 1 <= len(refusals) <= 60
