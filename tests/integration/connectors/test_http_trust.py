"""Whom a source of kind http believes, and how it says who it is: TLS, certificates, tokens, keys, addresses."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization

from connectors.contract import Connector, SourceMisfit, SourceUnavailable
from tests.integration.connectors.http_certificates import HOST, Papers, papers
from tests.integration.connectors.http_partner import (
    ADA,
    OAUTH,
    SECRETS,
    Partner,
    connected,
    connection_to,
    replying,
    scripted,
    serving,
    web_source,
    with_pair,
)
from tests.spec.connectors.engines import refs


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"))


class Place:
    """Makes partners and sources, and closes them after the test."""

    def __init__(self, known: Papers, stack: AsyncExitStack) -> None:
        self.known = known
        self._stack = stack

    async def partner(self, *, mutual: bool = False, wrong_name: bool = False) -> Partner:
        pair = self.known.elsewhere if wrong_name else self.known.partner
        context = self.known.server_context(pair, mutual=mutual)
        return await self._stack.enter_async_context(serving(Partner(), context))

    def source(self, port: int, resolve: Any = None, **changed: Any) -> Connector:
        source = web_source(connection_to(port, self.known, **changed))
        made = connected(source, resolve) if resolve else connected(source)
        self._stack.push_async_callback(made.close)
        return made

    def by_token(self, partner: Partner, **changed: Any) -> Connector:
        token_url = f"https://{HOST}:{partner.port}/token"
        keyless = {"api_key": None, "api_key_header": None}
        return self.source(partner.port, **{**keyless, **OAUTH, "token_url": token_url, **changed})


@pytest.fixture
async def place(known: Papers) -> AsyncIterator[Place]:
    async with AsyncExitStack() as stack:
        yield Place(known, stack)


async def test_a_partner_is_asked_with_the_key_the_querys_id_and_nobody_in_address_or_headers(
    place: Place,
) -> None:
    partner = await place.partner()
    source = place.source(partner.port)
    await source.open()
    assert await refs(source, ADA) == ["1"]
    (request,) = partner.requests
    assert (request.headers["X-Api-Key"], request.headers["X-Query-Id"]) == (SECRETS["env:API_KEY"], "q-1")
    assert partner.bodies == [{"query": {"people": [{"first": "Ada", "last": "Smith"}]}}]
    assert "Smith" not in f"{request.url} {dict(request.headers)}"


async def test_questions_share_a_kept_connection(place: Place) -> None:
    partner = await place.partner()
    source = place.source(partner.port)
    for _ in range(5):
        assert await refs(source, ADA) == ["1"]
    assert len(partner.connections) == 1


async def test_a_certificate_of_another_name_is_not_believed(place: Place) -> None:
    partner = await place.partner(wrong_name=True)
    for asking in (place.source(partner.port).open, lambda: refs(place.source(partner.port), ADA)):
        with pytest.raises(SourceUnavailable, match="CertificateError"):
            await asking()
    assert partner.requests == []


async def test_an_unknown_authority_is_not_believed(place: Place) -> None:
    partner = await place.partner()
    with pytest.raises(SourceUnavailable, match="CertificateError"):
        await refs(place.source(partner.port, ca_file=None), ADA)


async def test_without_a_certificate_of_its_own_the_broker_is_turned_away(place: Place) -> None:
    partner = await place.partner(mutual=True)
    for turned_away in (
        place.source(partner.port),
        place.source(partner.port, **with_pair(place.known.stranger)),
    ):
        with pytest.raises(SourceUnavailable):
            await refs(turned_away, ADA)
    assert partner.requests == []
    assert await refs(place.source(partner.port, **with_pair(place.known.broker)), ADA) == ["1"]


@pytest.mark.parametrize("lost", ["ca_file", "certificate", "key"])
async def test_files_that_are_not_there_are_a_misfit(place: Place, tmp_path: Path, lost: str) -> None:
    changed = {**with_pair(place.known.broker), lost: str(tmp_path / "gone.pem")}
    with pytest.raises(SourceMisfit, match="can't be read"):
        await place.source(1, **changed).open()


async def test_a_key_with_a_password_is_a_misfit_and_nobody_is_asked_for_it(
    place: Place, tmp_path: Path
) -> None:
    own = place.known.broker
    key = serialization.load_pem_private_key(own.key.read_bytes(), None)
    locked = tmp_path / "locked.key"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"word"),
        )
    )
    with pytest.raises(SourceMisfit, match="can't be read"):
        await place.source(1, certificate=str(own.certificate), key=str(locked)).open()


async def test_a_certificate_that_was_replaced_is_used_without_a_restart(
    place: Place, tmp_path: Path
) -> None:
    partner = await place.partner(mutual=True)
    pair = {"certificate": tmp_path / "own.pem", "key": tmp_path / "own.key"}

    def put(given: Any) -> None:
        pair["certificate"].write_bytes(given.certificate.read_bytes())
        pair["key"].write_bytes(given.key.read_bytes())

    put(place.known.stranger)
    source = place.source(partner.port, **{name: str(path) for name, path in pair.items()})
    with pytest.raises(SourceUnavailable):
        await refs(source, ADA)
    put(place.known.broker)
    assert await refs(source, ADA) == ["1"]


async def test_a_token_is_fetched_once_and_shared_by_all_who_wait_for_it(place: Place) -> None:
    partner = await place.partner()
    partner.takes = 1
    source = place.by_token(partner)
    assert await asyncio.gather(*(refs(source, ADA) for _ in range(20))) == [["1"]] * 20
    (form,) = partner.forms
    assert (form["grant_type"], form["scope"]) == ("client_credentials", "people.read")
    both = base64.b64decode(form["authorization"].removeprefix("Basic ")).decode()
    assert both == "family+context:the+client%27s+own+word"  # RFC 6749, 2.3.1
    assert "client_secret" not in form


async def test_the_secret_may_go_in_the_body(place: Place) -> None:
    partner = await place.partner()
    assert await refs(place.by_token(partner, client_auth="body"), ADA) == ["1"]
    (form,) = partner.forms
    assert (form["client_id"], form["client_secret"]) == ("family context", SECRETS["env:CLIENT_SECRET"])
    assert form["authorization"] is None


async def test_a_certificate_may_stand_for_the_secret(place: Place) -> None:
    partner = await place.partner(mutual=True)
    source = place.by_token(partner, client_secret=None, **with_pair(place.known.broker))
    assert await refs(source, ADA) == ["1"]
    assert partner.forms[0]["client_id"] == "family context"


async def test_a_refused_token_is_replaced_once(place: Place) -> None:
    partner = await place.partner()
    source = place.by_token(partner)
    assert await refs(source, ADA) == ["1"]
    partner.takes = 2
    assert await asyncio.gather(*(refs(source, ADA) for _ in range(10))) == [["1"]] * 10
    assert partner.tokens == 2


async def test_a_partner_that_refuses_every_token_is_unavailable_after_one_more(place: Place) -> None:
    partner = await place.partner()
    partner.takes = 99
    with pytest.raises(SourceUnavailable, match="HTTP 401"):
        await refs(place.by_token(partner), ADA)
    assert (partner.tokens, len(partner.requests)) == (2, 2)


async def test_a_token_near_its_end_is_replaced(place: Place) -> None:
    partner = await place.partner()
    partner.token = {"token_type": "bearer", "expires_in": "0"}
    source = place.by_token(partner)
    assert [await refs(source, ADA) for _ in range(3)] == [["1"]] * 3
    assert partner.tokens == 3


WRONG_TOKENS: list[tuple[dict[str, Any], str]] = [
    ({"token_type": "mac"}, "no bearer token"),
    ({"access_token": None, "token_type": "Bearer"}, "no usable access_token"),
    ({"access_token": "with a blank", "token_type": "Bearer"}, "no usable access_token"),
    ({"access_token": "x\r\nX-Admin: yes", "token_type": "Bearer"}, "no usable access_token"),
]


@pytest.mark.parametrize(("given", "said"), WRONG_TOKENS)
async def test_what_is_no_token_is_a_misfit_and_is_not_quoted(
    place: Place, given: dict[str, Any], said: str
) -> None:
    partner = await place.partner()
    partner.token = given
    with pytest.raises(SourceMisfit, match=said) as raised:
        await place.by_token(partner).open()
    assert "Admin" not in str(raised.value)


async def test_a_token_endpoint_that_refuses_is_unavailable(place: Place, known: Papers) -> None:
    refusing = replying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    async with scripted(refusing, known.server_context(known.partner)) as port:
        partner = await place.partner()
        source = place.by_token(partner, token_url=f"https://{HOST}:{port}/token")
        with pytest.raises(SourceUnavailable, match=r"no token was given \(HTTP 400\)"):
            await refs(source, ADA)


async def test_a_secret_that_cannot_be_read_is_named_and_one_that_fits_no_header_is_not_sent(
    place: Place,
) -> None:
    partner = await place.partner()
    with pytest.raises(SourceUnavailable, match="env:GONE could not be read"):
        await refs(place.source(partner.port, api_key="env:GONE"), ADA)
    two_lines = {"env:API_KEY": "one\r\nX-Admin: yes"}
    source = web_source(connection_to(partner.port, place.known))
    broken = connected(source, secrets=two_lines)
    with pytest.raises(SourceUnavailable, match="holds what no header can") as raised:
        await refs(broken, ADA)
    await broken.close()
    assert "Admin" not in str(raised.value)
    assert partner.requests == []


async def test_a_redirect_is_not_followed(place: Place) -> None:
    elsewhere, partner = await place.partner(), await place.partner()

    async def away(_: web.Request) -> web.StreamResponse:
        raise web.HTTPTemporaryRedirect(f"https://{HOST}:{elsewhere.port}/api/search")

    partner.answer = away
    with pytest.raises(SourceMisfit, match="points to another address"):
        await refs(place.source(partner.port), ADA)
    assert elsewhere.requests == []


async def test_proxies_of_the_environment_are_not_used(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    partner = await place.partner()
    assert await refs(place.source(partner.port), ADA) == ["1"]


@pytest.mark.parametrize(
    "addresses",
    [["169.254.169.254"], ["127.0.0.1", "169.254.1.1"], ["224.0.0.1"], ["::ffff:169.254.169.254"]],
)
async def test_a_name_that_leads_where_it_must_not_is_not_connected_to(
    place: Place, addresses: list[str]
) -> None:
    """Not even where another of its addresses would do: who chose them is not to be trusted."""
    partner = await place.partner()

    async def resolve(_host: str, _port: int) -> list[str]:
        return addresses

    for asking in (lambda source: source.open(), lambda source: refs(source, ADA)):
        with pytest.raises(SourceMisfit, match="link-local, multicast, unspecified or metadata"):
            await asking(place.source(partner.port, resolve))
    assert partner.requests == []


async def test_a_private_address_has_to_be_meant(place: Place) -> None:
    partner = await place.partner()
    with pytest.raises(SourceMisfit, match="private_network: true says that this is meant"):
        await refs(place.source(partner.port, private_network=None), ADA)
    assert partner.requests == []


async def test_the_address_that_was_judged_is_the_one_that_is_connected_to(place: Place) -> None:
    """A name server that answers differently the second time gains nothing: there is no second time."""
    partner = await place.partner()
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])

    async def resolve(_host: str, _port: int) -> list[str]:
        return next(answers)

    assert await refs(place.source(partner.port, resolve), ADA) == ["1"]
    assert next(answers) == ["169.254.169.254"]


async def test_a_name_that_nobody_knows_is_unavailable(place: Place) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(SourceUnavailable, match="could not be reached"):
        await refs(place.source(1, resolve), ADA)


async def test_nothing_that_was_sent_or_is_secret_is_printed(place: Place) -> None:
    partner = await place.partner()

    async def complains(request: web.Request) -> web.StreamResponse:
        return web.json_response(
            {"error": await request.text(), "key": request.headers["X-Api-Key"]}, status=400
        )

    partner.answer = complains
    with pytest.raises(SourceMisfit) as raised:
        await refs(place.source(partner.port), ADA)
    assert str(raised.value) == "housing: the API does not take the request (HTTP 400)."


async def test_a_fault_holds_none_of_our_headers(place: Place, known: Papers) -> None:
    """Not even behind it: whoever prints a whole exception prints its causes."""
    async with scripted(replying(b"no HTTP at all\r\n\r\n"), known.server_context(known.partner)) as port:
        with pytest.raises(SourceUnavailable) as raised:
            await refs(place.source(port), ADA)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
