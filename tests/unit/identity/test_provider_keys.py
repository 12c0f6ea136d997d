"""The identity provider's keys: when they are read, how long they hold, and from where."""

from __future__ import annotations

import asyncio
import gzip
import json
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientError, web
from aiohttp.test_utils import TestServer
from joserfc.jwk import ECKey, RSAKey

from broker.identity.key_set import (
    FRESH_FOR,
    HOLDS_FOR,
    LARGEST_BYTES,
    MOST_UNKNOWN,
    READ_AGAIN_AFTER,
    UNKNOWN_FOR,
    KeysUnreachable,
    ProviderKeys,
    read_keys,
)

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
ONE, TWO = (ECKey.generate_key("P-256", {"use": "sig", "kid": kid}) for kid in ("k1", "k2"))
with warnings.catch_warnings():  # that the key is too short is what it is made for
    warnings.simplefilter("ignore")
    SHORT = RSAKey.generate_key(1024, {"use": "sig", "kid": "short"})


def key_set(*keys: ECKey) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


class Provider:
    """Gives what it is told to, counts, and can be slow or away."""

    def __init__(self, content: bytes) -> None:
        self.content, self.reads, self.away, self.open = content, 0, False, asyncio.Event()
        self.open.set()

    async def __call__(self) -> bytes:
        self.reads += 1
        await self.open.wait()
        if self.away:
            raise ClientError
        return self.content


async def known(keys: ProviderKeys, key_id: str, at: datetime) -> bool:
    return any(key.kid == key_id for key in (await keys.for_key_id(key_id, at)).keys)


async def test_a_broker_that_runs_for_days_goes_on_believing_the_same_key() -> None:
    provider = Provider(key_set(ONE))
    keys = ProviderKeys(provider)
    for hours in range(0, 97, 6):
        await keys.refreshed(NOW + timedelta(hours=hours))
        assert await known(keys, "k1", NOW + timedelta(hours=hours))
    assert provider.reads == 17


async def test_a_key_that_the_provider_withdrew_is_soon_believed_no_longer() -> None:
    provider = Provider(key_set(ONE, TWO))
    keys = ProviderKeys(provider)
    assert await known(keys, "k1", NOW)
    provider.content = key_set(TWO)
    await keys.refreshed(NOW + FRESH_FOR - timedelta(seconds=1))
    assert await known(keys, "k1", NOW + FRESH_FOR)
    await keys.refreshed(NOW + FRESH_FOR)
    assert not await known(keys, "k1", NOW + FRESH_FOR)


async def test_keys_are_kept_fresh_without_anybody_signing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broker.identity.key_set.LOOKED_AT_EVERY", 0)
    provider, moments = Provider(key_set(ONE, TWO)), iter(range(10))
    keys = ProviderKeys(provider)
    assert await known(keys, "k1", NOW)
    provider.content = key_set(TWO)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await keys.keep_fresh(lambda: NOW + next(moments) * FRESH_FOR / 4)
    assert provider.reads == 3
    assert not await known(keys, "k1", NOW + 2 * FRESH_FOR)


async def test_what_nobody_needed_yet_is_not_read() -> None:
    provider = Provider(key_set(ONE))
    await ProviderKeys(provider).refreshed(NOW)
    assert provider.reads == 0


async def test_made_up_key_names_cost_the_provider_one_reading_in_half_a_minute() -> None:
    provider = Provider(key_set(ONE))
    keys = ProviderKeys(provider)
    for second in range(61):
        for number in range(20):
            assert not await known(keys, f"made-up-{second}-{number}", NOW + timedelta(seconds=second))
    assert provider.reads == 3


async def test_a_name_that_the_provider_does_not_have_is_not_asked_for_again_in_two_minutes() -> None:
    provider = Provider(key_set(ONE))
    keys = ProviderKeys(provider)
    for seconds in range(0, 120, 10):
        assert not await known(keys, "withdrawn", NOW + timedelta(seconds=seconds))
    assert provider.reads == 1
    provider.content = key_set(ONE, TWO)
    assert await known(keys, "k2", NOW + timedelta(seconds=119))
    assert await known(keys, "k1", NOW + UNKNOWN_FOR)
    assert not await known(keys, "withdrawn", NOW + timedelta(seconds=150))
    assert provider.reads == 3


async def test_of_made_up_names_only_so_many_are_remembered() -> None:
    keys = ProviderKeys(Provider(key_set(ONE)))
    for number in range(MOST_UNKNOWN + 50):
        await known(keys, f"made-up-{number}", NOW + number * READ_AGAIN_AFTER)
    assert len(keys._unknown) == MOST_UNKNOWN


async def test_readers_at_one_time_share_one_reading() -> None:
    provider = Provider(key_set(ONE))
    keys = ProviderKeys(provider)
    assert all(await asyncio.gather(*(known(keys, "k1", NOW) for _ in range(50))))
    assert provider.reads == 1


async def test_who_names_a_known_key_does_not_wait_for_a_provider_that_hangs() -> None:
    provider = Provider(key_set(ONE))
    keys = ProviderKeys(provider)
    assert await known(keys, "k1", NOW)
    provider.open.clear()
    later = NOW + FRESH_FOR
    async with asyncio.timeout(1):
        assert await known(keys, "k1", later)
        reading = asyncio.create_task(keys.refreshed(later))
        await asyncio.sleep(0)
        assert await known(keys, "k1", later)
    assert not reading.done()
    provider.open.set()
    await reading
    assert provider.reads == 2


async def test_the_first_users_after_a_quiet_weekend_share_one_reading_too() -> None:
    provider = Provider(key_set(ONE))
    keys = ProviderKeys(provider)
    assert await known(keys, "k1", NOW)
    monday = NOW + timedelta(hours=60)  # the machine slept
    provider.open.clear()
    users = [asyncio.create_task(known(keys, "k1", monday)) for _ in range(50)]
    await asyncio.sleep(0)
    provider.open.set()
    assert all(await asyncio.gather(*users))
    assert provider.reads == 2


async def test_the_last_keys_hold_for_a_day_and_come_back_with_the_provider() -> None:
    provider = Provider(key_set(ONE))
    keys = ProviderKeys(provider)
    assert await known(keys, "k1", NOW)
    provider.away = True
    assert await known(keys, "k1", NOW + HOLDS_FOR)
    late = NOW + HOLDS_FOR + timedelta(seconds=31)
    with pytest.raises(KeysUnreachable):
        await keys.for_key_id("k1", late)
    provider.away = False
    assert await known(keys, "k1", late + READ_AGAIN_AFTER)


async def test_a_clock_that_is_put_back_does_not_keep_keys_from_being_read() -> None:
    provider = Provider(key_set(ONE))
    keys = ProviderKeys(provider)
    await known(keys, "k1", NOW + timedelta(days=365))
    provider.content = key_set(ONE, TWO)
    assert await known(keys, "k2", NOW)


NO_KEY_SETS = [b"", b"[]", b"null", b"{}", b'{"keys": 1}', b"<html>", b"\xff", b"[" * 100_000]


@pytest.mark.parametrize("content", NO_KEY_SETS, ids=range(len(NO_KEY_SETS)))
async def test_what_is_no_key_set_leaves_the_earlier_keys(content: bytes) -> None:
    provider = Provider(key_set(ONE))
    keys = ProviderKeys(provider)
    assert await known(keys, "k1", NOW)
    provider.content = content
    await keys.refreshed(NOW + FRESH_FOR)
    assert await known(keys, "k1", NOW + FRESH_FOR)
    with pytest.raises(KeysUnreachable):
        await ProviderKeys(provider).for_key_id("k1", NOW)


async def test_a_key_that_cannot_be_used_does_not_take_the_others_along() -> None:
    odd = [
        1,
        {},
        {"kty": "oct", "kid": "s", "k": "c2VjcmV0"},
        {"kty": "EC", "crv": "P-999", "kid": "odd", "x": "a", "y": "b"},
        {"kty": "EC", "crv": "P-256", "kid": "odd", "x": 1, "y": None},
        {"kty": "AKP", "kid": "new"},
        {**TWO.as_dict(private=False), "use": "enc"},
        {**TWO.as_dict(private=False), "key_ops": ["deriveKey"]},
        {**TWO.as_dict(private=False), "kid": None},
        SHORT.as_dict(private=False),
    ]
    content = json.dumps({"keys": [*odd, ONE.as_dict(private=False)]}).encode()
    assert [key.kid for key in (await ProviderKeys(Provider(content)).for_key_id("k1", NOW)).keys] == ["k1"]


async def test_a_name_that_two_keys_bear_names_neither() -> None:
    other = ECKey.generate_key("P-256", {"use": "sig", "kid": "k1"})
    keys = ProviderKeys(Provider(key_set(ONE, TWO, other)))
    assert [key.kid for key in (await keys.for_key_id("k1", NOW)).keys] == ["k2"]


async def test_keys_are_read_from_a_file_of_the_partnership(tmp_path: Path) -> None:
    (tmp_path / "jwks.json").write_bytes(key_set(ONE))
    assert await known(ProviderKeys(read_keys("file:jwks.json", tmp_path)), "k1", NOW)
    with pytest.raises(KeysUnreachable):
        await ProviderKeys(read_keys("file:none.json", tmp_path)).for_key_id("k1", NOW)


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
At = Callable[[Answer], Awaitable[str]]


@pytest.fixture
async def at() -> AsyncIterator[At]:
    """Starts a provider that answers so; gives its address."""
    servers = []

    async def started(answer: Answer) -> str:
        app = web.Application()
        app.router.add_get("/jwks", answer)
        app.router.add_get("/elsewhere", _pieces)
        servers.append(TestServer(app))
        await servers[-1].start_server()
        return str(servers[-1].make_url("/jwks"))

    yield started
    for server in servers:
        await server.close()


async def _pieces(request: web.Request) -> web.StreamResponse:
    """A key set that arrives piece by piece."""
    reply = web.StreamResponse()
    await reply.prepare(request)
    content = key_set(ONE, TWO)
    for start in range(0, len(content), 40):
        await reply.write(content[start : start + 40])
        await asyncio.sleep(0.001)
    return reply


async def _elsewhere(_: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/elsewhere")


async def _broken(_: web.Request) -> web.StreamResponse:
    return web.Response(status=500, body=key_set(ONE))


async def _compressed(_: web.Request) -> web.StreamResponse:
    """Sent compressed although nobody asked for that: it could unpack to any size."""
    return web.Response(body=gzip.compress(key_set(ONE)), headers={"Content-Encoding": "gzip"})


async def _endless(request: web.Request) -> web.StreamResponse:
    reply = web.StreamResponse()
    await reply.prepare(request)
    for _ in range(LARGEST_BYTES // 1024 + 2):
        await reply.write(b" " * 1024)
    return reply


async def test_keys_that_arrive_in_pieces_are_read_whole(at: At) -> None:
    address = await at(_pieces)
    assert await known(ProviderKeys(read_keys(address, Path())), "k2", NOW)


@pytest.mark.parametrize("answer", [_elsewhere, _broken, _endless, _compressed])
async def test_a_redirect_an_error_too_much_and_what_is_compressed_are_no_keys(
    at: At, answer: Answer
) -> None:
    address = await at(answer)
    with pytest.raises(KeysUnreachable):
        await ProviderKeys(read_keys(address, Path())).for_key_id("k1", NOW)
