"""A broker beside an identity provider's own process: rotation and outage cost no user more than a refresh."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.identity import key_set
from broker.identity.key_set import FRESH_FOR, HOLDS_FOR, READ_AGAIN_AFTER
from tests.fakes.identity_provider import IdentityProvider, identity_provider, new_key
from tests.fakes.littleworth import BROKER, SOCIAL_WORKER, Littleworth, littleworth

USERS = 40


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[IdentityProvider]:
    with identity_provider(tmp_path / "provider") as started:
        yield started


@pytest.fixture
async def town(tmp_path: Path, provider: IdentityProvider) -> AsyncIterator[Littleworth]:
    at = BROKER.replace("file:state/jwks.json", provider.address)
    async with littleworth(tmp_path / "town", broker=at) as started:
        yield started


async def come_in(town: Littleworth, provider: IdentityProvider, **claims: Any) -> int:
    """The status with which somebody with a token of this moment is answered."""
    token = provider.token(SOCIAL_WORKER, town.clock(), **claims)
    async with town.client.get("/v1/purposes", headers={"Authorization": f"Bearer {token}"}) as reply:
        return reply.status


async def everybody_comes_in(town: Littleworth, provider: IdentityProvider) -> bool:
    users = (come_in(town, provider, sub=f"lw-{number}") for number in range(USERS))
    return {*await asyncio.gather(*users)} == {200}


async def test_a_new_key_costs_all_its_users_together_one_refresh(
    town: Littleworth, provider: IdentityProvider
) -> None:
    for rotation in range(5):
        assert await everybody_comes_in(town, provider)
        assert provider.reads == 1 + rotation
        provider.sign_with(new_key(f"next-{rotation}"))
        town.clock.at += READ_AGAIN_AFTER
    assert await everybody_comes_in(town, provider)
    assert provider.reads == 6


async def test_a_key_that_was_withdrawn_opens_nothing_after_ten_minutes(
    town: Littleworth, provider: IdentityProvider
) -> None:
    stolen = provider.signing
    assert await come_in(town, provider) == 200
    provider.sign_with(new_key("k2"), keep=False)
    town.clock.at += FRESH_FOR
    assert await everybody_comes_in(town, provider)
    provider.signing = stolen
    assert await come_in(town, provider) == 401


@pytest.mark.parametrize("away", ["stop", "halt"])
async def test_while_the_provider_is_away_everybody_comes_in_for_a_day(
    town: Littleworth, provider: IdentityProvider, away: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await everybody_comes_in(town, provider)
    began, patient = town.clock.at, key_set.SECONDS
    getattr(provider, away)()
    monkeypatch.setattr(key_set, "SECONDS", 0.5)
    for hours in (1, 12, 24):
        town.clock.at = began + timedelta(hours=hours)
        assert await everybody_comes_in(town, provider), hours
    town.clock.at = began + HOLDS_FOR + READ_AGAIN_AFTER
    assert await come_in(town, provider) == 401
    monkeypatch.setattr(key_set, "SECONDS", patient)  # a provider that is up may be slow on a busy machine
    provider.start() if away == "stop" else provider.go_on()
    town.clock.at += READ_AGAIN_AFTER
    assert await everybody_comes_in(town, provider)


async def test_made_up_names_keep_nobody_out_and_cost_the_provider_little(
    town: Littleworth, provider: IdentityProvider
) -> None:
    genuine = provider.signing
    assert await come_in(town, provider) == 200
    for second in range(60):
        provider.signing = new_key(f"made-up-{second}")
        assert await come_in(town, provider) == 401
        provider.signing = genuine
        assert await come_in(town, provider) == 200
        town.clock.at += timedelta(seconds=1)
    assert provider.reads <= 3
