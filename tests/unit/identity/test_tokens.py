"""Access tokens: the one form that holds, and all those that don't."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey

from broker.errors import NotSignedIn
from broker.identity.key_set import HOLDS_FOR, READ_AGAIN_AFTER, ProviderKeys
from broker.identity.settings import IdentitySettings
from broker.identity.tokens import TokenCheck

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": "k1"})
OTHER = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": "k1"})
NEXT = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": "k2"})
SETTINGS = IdentitySettings(issuer="https://id.example", audience="https://fc.example", jwks="file:unused")
AT = int(NOW.timestamp())
CLAIMS = {
    "iss": "https://id.example",
    "aud": "https://fc.example",
    "sub": "u-1",
    "name": "Sam",
    "roles": ["social_worker"],
    "iat": AT,
    "exp": AT + 300,
}
HEADER = {"alg": "ES256", "typ": "at+jwt", "kid": "k1"}


class Provider:
    """An identity provider that counts how often its keys are read, and may be away."""

    def __init__(self, *keys: ECKey) -> None:
        self.keys, self.reads, self.away = list(keys), 0, False

    async def __call__(self) -> bytes:
        self.reads += 1
        if self.away:
            raise OSError
        return json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()


def check(provider: Provider | None = None) -> TokenCheck:
    return TokenCheck(SETTINGS, ProviderKeys(provider or Provider(KEY)))


def token(
    claims: Mapping[str, Any] | None = None, header: Mapping[str, Any] | None = None, key: Any = KEY
) -> str:
    return jwt.encode({**HEADER, **(header or {})}, {**CLAIMS, **(claims or {})}, key)


def unsigned(header: Mapping[str, Any]) -> str:
    parts = (json.dumps(one).encode() for one in (header, CLAIMS))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


async def test_a_good_token_tells_who_asks() -> None:
    requester = (await check().token(f"Bearer {token()}", NOW)).requester
    assert (requester.subject, requester.name) == ("u-1", "Sam")
    assert requester.roles == frozenset({"social_worker"})
    assert "Sam" not in repr(requester)


def symmetric() -> str:
    """Signed with the public key, as if that were a shared secret."""
    return jwt.encode({**HEADER, "alg": "HS256"}, CLAIMS, PUBLIC, algorithms=["HS256"])


def half_a_subject() -> str:
    """A subject that is half a surrogate pair, which JSON can write and UTF-8 cannot."""
    return jws.serialize_compact(HEADER, json.dumps({**CLAIMS, "sub": chr(0xD800)}).encode(), KEY)


PUBLIC = OctKey.import_key(json.dumps(KEY.as_dict(private=False)))
REFUSED = {
    "no header": None,
    "no token": "Bearer ",
    "another scheme": f"Basic {token()}",
    "garbage": "Bearer x.y.z",
    "not ascii": "Bearer é.é.é",
    "too long": "Bearer " + "a" * 9000,
    "cut off": f"Bearer {token()[:-10]}",
    "expired": f"Bearer {token({'exp': AT - 60})}",
    "not yet": f"Bearer {token({'nbf': AT + 600})}",
    "from the future": f"Bearer {token({'iat': AT + 600, 'exp': AT + 900})}",
    "too old": f"Bearer {token({'iat': AT - 3600})}",
    "no issue time": f"Bearer {token({'iat': None})}",
    "another issuer": f"Bearer {token({'iss': 'https://id.example.evil'})}",
    "another audience": f"Bearer {token({'aud': 'https://other.example'})}",
    "an identity token": f"Bearer {token(header={'typ': 'JWT'})}",
    "another key": f"Bearer {token(key=OTHER)}",
    "an unknown key": f"Bearer {token(header={'kid': 'k9'})}",
    "no algorithm": f"Bearer {unsigned({'alg': 'none', 'typ': 'at+jwt', 'kid': 'k1'})}",
    "the public key as a secret": f"Bearer {symmetric()}",
    "a key id that is a list": f"Bearer {unsigned({'alg': 'ES256', 'typ': 'at+jwt', 'kid': ['k1']})}",
    "a type that is a number": f"Bearer {unsigned({'alg': 'ES256', 'typ': 1, 'kid': 'k1'})}",
    "no subject": f"Bearer {token({'sub': None})}",
    "half a subject": f"Bearer {half_a_subject()}",
    "an issue time that is no number": f"Bearer {token({'iat': float('nan')})}",
    "an end that is no number": f"Bearer {token({'exp': float('nan')})}",
    "an issue time that is a flag": f"Bearer {token({'iat': True})}",
}


@pytest.mark.parametrize("kind", REFUSED)
async def test_every_other_token_is_refused_in_the_same_words(kind: str) -> None:
    with pytest.raises(NotSignedIn) as refused:
        await check().token(REFUSED[kind], NOW)
    assert [one.code for one in refused.value.complaints] == ["not_signed_in"]


@pytest.mark.parametrize("roles", [None, [], "social_worker", [1], {"a": 1}])
async def test_a_token_without_roles_says_whose_it_is_and_that_there_are_none(roles: Any) -> None:
    requester = (await check().token(f"Bearer {token({'roles': roles})}", NOW)).requester
    assert (requester.subject, requester.roles) == ("u-1", frozenset())


async def test_a_new_key_is_fetched_once_in_a_while_and_no_more() -> None:
    provider = Provider(KEY)
    checked = check(provider)
    await checked.token(f"Bearer {token()}", NOW)
    provider.keys = [KEY, NEXT]
    rotated = f"Bearer {token(header={'kid': 'k2'}, key=NEXT)}"
    for _ in range(50):
        with pytest.raises(NotSignedIn):
            await checked.token(rotated, NOW)
    assert provider.reads == 1
    later = NOW + READ_AGAIN_AFTER
    assert (await checked.token(rotated, later)).requester.subject == "u-1"
    assert provider.reads == 2


async def test_keys_hold_for_a_day_when_the_provider_is_away() -> None:
    provider = Provider(KEY)
    checked = check(provider)
    await checked.token(f"Bearer {token()}", NOW)
    provider.away = True
    for late, holds in ((timedelta(hours=23), True), (HOLDS_FOR + timedelta(minutes=1), False)):
        at = int((NOW + late).timestamp())
        fresh = f"Bearer {token({'iat': at, 'exp': at + 300})}"
        if holds:
            assert (await checked.token(fresh, NOW + late)).requester.subject == "u-1"
        else:
            with pytest.raises(NotSignedIn):
                await checked.token(fresh, NOW + late)


async def test_a_provider_that_was_never_reached_signs_nobody_in() -> None:
    provider = Provider(KEY)
    provider.away = True
    with pytest.raises(NotSignedIn) as refused:
        await check(provider).token(f"Bearer {token()}", NOW)
    assert refused.value.complaints[0].code == "identity_provider_unreachable"
