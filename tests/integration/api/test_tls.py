"""TLS on a real socket: what is spoken, what is not, and what keeps the broker from starting."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from broker.api.listening import listening
from broker.api.server import SAFE_HEADERS
from broker.api.settings import Listen
from broker.api.tls import TlsUnusable, tls_context
from tests.fakes.certificates import Authority
from tests.fakes.littleworth import Littleworth, littleworth, question, row


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pair(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 and its key, as files."""
    directory = tmp_path_factory.mktemp("pair")
    certificate, key = directory / "broker.pem", directory / "broker.key"
    for path, text in zip((certificate, key), authority.certificate("127.0.0.1"), strict=True):
        path.write_bytes(text)
    return certificate, key


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}) as started:
        yield started


@pytest.fixture
async def address(town: Littleworth, pair: tuple[Path, Path]) -> AsyncIterator[str]:
    async with listening(town.front, Listen(header_seconds=0.7), port=0, tls=tls_context(*pair)) as found:
        yield found


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.file))


async def shaken(address: str, context: ssl.SSLContext) -> tuple[str | None, tuple[str, str, int] | None]:
    """The version and the suite that both sides agree on."""
    port = int(address.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    spoken = writer.get_extra_info("ssl_object")
    agreed = spoken.version(), spoken.cipher()
    writer.close()
    await writer.wait_closed()
    return agreed


async def test_a_query_is_answered_over_tls_and_says_that_nothing_else_is_to_be_used(
    town: Littleworth, address: str, authority: Authority
) -> None:
    assert address.startswith("https://127.0.0.1:")
    connector = aiohttp.TCPConnector(ssl=trusting(authority))
    async with (
        aiohttp.ClientSession(address, connector=connector) as client,
        client.post("/v1/queries", json=question(), headers=town.headers()) as reply,
    ):
        assert reply.status == 200
        assert reply.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert SAFE_HEADERS.items() <= dict(reply.headers).items()


async def test_without_tls_nothing_is_said_of_it(town: Littleworth) -> None:
    async with town.client.get("/healthz") as reply:
        assert "Strict-Transport-Security" not in reply.headers
        assert reply.headers["Server"] == "broker"


async def test_the_newest_version_is_spoken(address: str, authority: Authority) -> None:
    version, _ = await shaken(address, trusting(authority))
    assert version == "TLSv1.3"


async def test_version_1_2_has_forward_secrecy_and_authenticated_encryption(
    address: str, authority: Authority
) -> None:
    context = trusting(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    version, suite = await shaken(address, context)
    assert version == "TLSv1.2"
    assert suite
    assert suite[0].startswith("ECDHE-")
    assert suite[0].endswith(("-GCM-SHA256", "-GCM-SHA384", "-POLY1305"))


@pytest.mark.parametrize("suites", ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA", "DHE+AESGCM"])
async def test_suites_without_either_are_not_spoken(address: str, authority: Authority, suites: str) -> None:
    context = trusting(authority)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suites)
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await shaken(address, context)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_older_versions_are_not_spoken(
    address: str, authority: Authority, version: ssl.TLSVersion
) -> None:
    context = trusting(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")  # so that it is the broker that refuses, not our own side
    context.minimum_version = context.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await shaken(address, context)


async def test_plain_http_gets_no_answer_from_a_socket_of_tls(address: str) -> None:
    port = int(address.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    got = b""
    with suppress(ConnectionError):
        got = await asyncio.wait_for(reader.read(4096), 5)
    writer.transport.abort()
    assert b"HTTP/" not in got


async def test_a_handshake_that_does_not_go_on_is_not_waited_for(address: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.transport.abort()


def test_a_key_of_another_certificate_is_named(
    pair: tuple[Path, Path], authority: Authority, tmp_path: Path
) -> None:
    other = tmp_path / "other.key"
    other.write_bytes(authority.certificate("127.0.0.1")[1])
    with pytest.raises(TlsUnusable, match=r"other\.key is not the key of the certificate"):
        tls_context(pair[0], other)


@pytest.mark.parametrize(
    "text", ["", "secret words", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"]
)
def test_files_that_are_none_are_named_and_not_quoted(
    pair: tuple[Path, Path], tmp_path: Path, text: str
) -> None:
    wrong = tmp_path / "wrong.key"
    wrong.write_text(text, encoding="utf-8")
    with pytest.raises(TlsUnusable, match=r"wrong\.key") as refused:
        tls_context(pair[0], wrong)
    assert "secret" not in str(refused.value)
    with pytest.raises(TlsUnusable, match="No such file"):
        tls_context(pair[0], tmp_path / "none")
