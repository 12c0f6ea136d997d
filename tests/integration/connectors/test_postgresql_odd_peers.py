"""A peer that is no PostgreSQL, or not any more: it costs its own source, whatever it sends, also under TLS."""

from __future__ import annotations

import asyncio
import random
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from connectors.contract import Connector, Identifiers, SourceUnavailable
from connectors.registry import connect
from tests.fakes.certificates import Authority
from tests.integration.connectors.odd_peer import Say, at, peer
from tests.spec.connectors.engines import found, housing
from tests.unit.connectors.test_postgresql_frames import message

ROOT = Path(__file__).parents[3]
SECONDS = 3.0
ADA = Identifiers(given_name="Ada", family_name="Smith")


def source_at(port: int, base: Path = Path(), **changed: str) -> Connector:
    return connect(housing(kind="postgresql", connection={**at(port), **changed}), lambda _: "", base)


async def is_given_up_at_once(source: Connector) -> None:
    began = time.monotonic()
    with pytest.raises(SourceUnavailable):
        await found(source, ADA, seconds=SECONDS)
    assert time.monotonic() - began < SECONDS / 2
    await source.close()


async def test_zeros_do_not_halt_the_event_loop() -> None:
    """In a process of its own: what reads them for ever lets nothing else go on in it, a test included."""
    command = [sys.executable, "-m", "tests.integration.connectors.odd_peer"]
    ran = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, timeout=60, check=False, capture_output=True, text=True
    )
    assert ran.stdout == "ConnectionDoesNotExistError\n"


@pytest.mark.parametrize("say", [lambda: bytes(64), lambda: b"HTTP/1.1 400 Bad Request\r\n\r\n"])
async def test_what_comes_inside_tls_is_looked_at_too(say: Say, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.certificate("127.0.0.1")
    (tmp_path / "server.pem").write_bytes(certificate + key)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem")
    async with peer(say, context) as port:
        await is_given_up_at_once(source_at(port, tmp_path, ssl="verify-full", ca_file="authority.pem"))


# asyncpg's connection that is only half made by nonsense can't be collected without a word.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_messages_of_the_right_length_with_nonsense_inside_are_a_fault_of_the_source() -> None:
    chance = random.Random(7)  # noqa: S311 -- a test that can be repeated

    def nonsense() -> bytes:
        welcome = chance.choice([b"", message(b"R", bytes(4)), message(b"R", bytes(4)) + message(b"Z", b"I")])
        kinds = [bytes([chance.choice(b"RKSZTDCEN123nstAIGHWdcV")]) for _ in range(40)]
        return welcome + b"".join(message(one, chance.randbytes(chance.randrange(20))) for one in kinds)

    async with peer(nonsense) as port:
        for _ in range(40):
            source = source_at(port)
            with pytest.raises(Exception):  # noqa: B017, PT011 -- a driver's own; consult makes an outcome of any
                await found(source, ADA, seconds=0.1)
            await source.close()
