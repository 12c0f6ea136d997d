"""Asking a witness: over TLS that is verified, under a deadline, and believing nothing that it did not sign."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.checkpoint import parsed, unsigned_text
from broker.audit.witness import client
from broker.audit.witness.client import Refused, cosignature_of, session_of, unfit
from broker.audit.witness.cosignature import Cosignature, Cosigner, cosigned
from broker.audit.witness.settings import WitnessOfLog
from tests.fakes.certificates import Authority
from tests.fakes.witnesses import NAME, NumberedLog, made_witness

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = Cosigner(NAME, KEY.public_key().public_bytes_raw()).text()
NOW = datetime.now(UTC).replace(microsecond=0)
LOG = NumberedLog().grow(9)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def answering(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Something that answers as ``handler`` does where a witness should, and its address."""
    made = web.Application(client_max_size=2**20)
    made.router.add_route("*", "/{any:.*}", handler)
    runner = web.AppRunner(made, shutdown_timeout=0, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def proof(old: int, size: int) -> Sequence[bytes]:
    return LOG.proof(old, size)


async def asked(address: str, old: int = 4, now: datetime = NOW, **changed: str) -> Cosignature:
    """What a witness answers, judged at ``now``. A real one signs with its own clock: then NOW may be long ago."""
    of = WitnessOfLog(**{"name": "Police", "key": PUBLIC, "address": address, **changed})
    async with session_of(of, Path("/")) as session:
        return await cosignature_of(of, LOG.note(), old, proof, session, now)


async def refusal(handler: Handler) -> Refused:
    """Why nothing was cosigned by what answers so."""
    async with answering(handler) as address:
        with pytest.raises(Refused) as refused:
            await asked(address)
    return refused.value


def replying(status: int, body: str = "", kind: str = "text/plain") -> Handler:
    async def reply(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body.encode(), headers={"Content-Type": kind})

    return reply


def line(at: datetime = NOW, key: Ed25519PrivateKey = KEY) -> str:
    return cosigned(LOG.checkpoint().text(), NAME, key, at)


async def test_the_request_is_as_the_specification_says_and_the_cosignature_is_checked() -> None:
    seen: list[str] = []

    async def reply(request: web.Request) -> web.StreamResponse:
        seen.append(f"{request.method} {request.path}\n{await request.text()}")
        return web.Response(text=f"— other.example/w {'A' * 104}\n{line()}")

    async with answering(reply) as address:
        found = await asked(f"{address}/prefix")
    assert (found.line, found.at) == (line(), NOW)
    assert seen == [f"POST /prefix/add-checkpoint\n{LOG.request(4)}"]


async def test_a_witness_that_cosigned_another_size_is_asked_from_that_one() -> None:
    asked_from: list[str] = []

    async def reply(request: web.Request) -> web.StreamResponse:
        body = await request.text()
        asked_from.append(body.split("\n", 1)[0])
        if body == LOG.request(6):
            return web.Response(text=line())
        return web.Response(status=409, body=b"6\n", headers={"Content-Type": "text/x.tlog.size"})

    async with answering(reply) as address:
        assert (await asked(address)).line == line()
    assert asked_from == ["old 4", "old 6"]


@pytest.mark.parametrize(
    ("status", "body", "kind", "says", "knows"),
    [
        (409, "10\n", "text/x.tlog.size", "cosigned 10 entries of this log, and here are 9", 10),
        (409, "9\n", "text/x.tlog.size", "not the one of which it cosigned 9 entries", 9),
        (409, "5\n", "text/x.tlog.size", "asked by somebody else meanwhile", None),
        (409, "5\n", "text/plain", "did not say which it knows", None),
        (409, "five\n", "text/x.tlog.size", "did not say which it knows", None),
        (422, "", "text/plain", "not the one of which it cosigned 4 entries", 4),
        (400, "", "text/plain", "can't read what it was asked", None),
        (403, "", "text/plain", "does not know the key that signs this log", None),
        (404, "", "text/plain", "does not witness this log", None),
        (503, "", "text/plain", "can't remember just now", None),
        (502, "", "text/plain", "the status 502", None),
        (200, "", "text/plain", "no cosignature by the key in broker.yaml", None),
        (200, line(key=Ed25519PrivateKey.generate()), "text/plain", "no cosignature by the key", None),
        (200, line(NOW + timedelta(minutes=7)), "text/plain", "clock and ours are 7 minutes apart", None),
        (200, line(NOW - timedelta(days=1)), "text/plain", "clock and ours are 1440 minutes apart", None),
        (200, line() * 1000, "text/plain", "longer than a witness's can be", None),
        (
            200,
            "\udcff".encode("utf-8", "surrogatepass").decode("latin-1"),
            "text/plain",
            "no cosignature",
            None,
        ),
    ],
)
async def test_what_is_no_cosignature_says_what_to_do(
    status: int, body: str, kind: str, says: str, knows: int | None
) -> None:
    refused = await refusal(replying(status, body, kind))
    assert says in refused.sentence
    assert refused.knows == knows


async def test_a_redirect_is_followed_nowhere() -> None:
    visited = []

    async def elsewhere(_: web.Request) -> web.StreamResponse:
        visited.append("elsewhere")
        return web.Response(text=line())

    async with answering(elsewhere) as other:

        async def reply(_: web.Request) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": f"{other}/add-checkpoint"})

        assert "the status 307" in (await refusal(reply)).sentence
    assert visited == []


async def test_a_witness_that_is_silent_or_drips_is_left_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "DEADLINE", 0.3)

    async def silent(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response(text=line())

    async def drips(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse()
        await reply.prepare(request)
        for letter in line():
            await reply.write(letter.encode())
            await asyncio.sleep(0.1)
        return reply

    for handler in (silent, drips):
        assert "did not answer within" in (await refusal(handler)).sentence


async def test_nobody_there_says_so(unused_tcp_port: int) -> None:
    with pytest.raises(Refused, match="can't be reached"):
        await asked(f"http://127.0.0.1:{unused_tcp_port}")


async def test_a_real_witness_is_asked_over_tls_and_its_certificate_is_verified(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    made = made_witness(
        tmp_path / "witness",
        LOG.verifier,
        tls="tls: {certificate: own.pem, key: own.key}\n",
    )
    for name, pem in zip(("own.pem", "own.key"), authority.certificate("127.0.0.1"), strict=True):
        (tmp_path / "witness" / name).write_bytes(pem)
    made.start()
    try:
        assert made.address.startswith("https://")
        with pytest.raises(Refused, match="certificate is not to be trusted"):
            await asked(made.address, key=made.key)
        found = await asked(made.address, now=datetime.now(UTC), key=made.key, ca_file=str(authority.file))
    finally:
        made.kill()
    assert abs(found.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert parsed(unsigned_text(LOG.note())).size == 9


async def test_a_certificate_for_another_name_is_not_taken(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    for name, pem in zip(("own.pem", "own.key"), authority.certificate("witness.example"), strict=True):
        (tmp_path / name).write_bytes(pem)
    context.load_cert_chain(tmp_path / "own.pem", tmp_path / "own.key")
    async with answering(replying(200, line()), context) as address:
        with pytest.raises(Refused, match="certificate is not to be trusted"):
            await asked(address, ca_file=str(authority.file))


def test_a_ca_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("nothing")
    for name in ("none.pem", "missing.pem"):
        of = WitnessOfLog(name="Police", key=PUBLIC, address="https://127.0.0.1", ca_file=name)
        assert (
            unfit(of, tmp_path)
            == "The ca_file of the witness Police is not there, or holds no certificate (PEM)."
        )
    assert unfit(WitnessOfLog(name="Police", key=PUBLIC, address="https://127.0.0.1"), tmp_path) is None
