"""The worked example of the guide works: its file is loaded, and asks and reads what it says there."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from aiohttp import web

import handwritten
from connectors.connection import HttpConnection
from connectors.contract import Contact, Identifiers, Search
from connectors.http_source import http_connector
from connectors.request_file import Request
from connectors.source_file import SourceFile
from tests.integration.connectors.http_certificates import Authority
from tests.integration.connectors.http_partner import Partner, serving

GUIDE = (Path(__file__).parents[3] / "docs" / "how-to" / "connect-a-web-api.md").read_text(encoding="utf-8")
(FILE,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
ASKED, ANSWERED = (json.loads(one) for one in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL))

PEOPLE = (
    Identifiers("Kelly", "Ashdown", birth_date=date(1992, 2, 14), postcode="NS4 2QT"),
    Identifiers("Maisie", "Ashdown", birth_date=date(2017, 4, 12)),
    Identifiers("Jo", "Ashdown"),
)
SEARCH = Search(
    "q-1",
    PEOPLE,
    frozenset(["started", "ended", "last_contact", "status", "contact"]),
    5.0,
    (("Kel",), (), ()),
)


async def to_this_machine(host: str, _port: int) -> Sequence[str]:
    assert host.endswith(".northshire-homes.example")
    return ["127.0.0.1"]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


def source_at(port: int, authority: Authority, directory: Path) -> SourceFile:
    """The guide's file, on another port and with our authority; nothing else of it is changed."""
    text = FILE.replace(".example/", f".example:{port}/")
    text = text.replace(
        "connection:\n", f"connection:\n  ca_file: {authority.certificate}\n  private_network: true\n"
    )
    path = directory / "homes_api.yaml"
    path.write_text(text, encoding="utf-8")
    return handwritten.read(path, SourceFile)


async def test_the_worked_example_works(authority: Authority, tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if "testTenant" in body or body == ASKED:
            return web.json_response(ANSWERED)
        return web.json_response({"code": "BAD_REQUEST"}, status=400)

    pair = authority.pair("homes", host="*.northshire-homes.example")
    partner = Partner(
        answer=answer, search_path="/partners/v1/tenants/search", token_path="/oauth2/token", takes=1
    )
    async with serving(partner, pair.server_context()):
        source = source_at(partner.port, authority, tmp_path)
        connector = http_connector(
            source, {"file:secrets/homes_api": "s3"}.__getitem__, tmp_path, to_this_machine
        )
        await connector.open()
        candidates = await connector.candidates(SEARCH)
        await connector.close()
    now, then = candidates.rows
    assert now.identifiers == Identifiers(
        "Kelly", "Ashdown", ("Byrne",), date(1992, 2, 14), address="4 Mill Lane", postcode="NS4 2QT"
    )
    assert (now.status, now.started, now.ended) == ("current", date(2023, 11, 6), None)
    assert (then.status, then.ended, then.last_contact) == ("former", date(2023, 11, 5), date(2023, 10, 3))
    assert now.contact == then.contact == Contact("Pat Quayle", phone="01632 960024")
    assert candidates.not_asked == {2}
    assert (now.restricted, candidates.capped) == (False, False)


def test_every_key_of_a_request_and_a_connection_is_in_the_guide() -> None:
    request = {field.alias or name for name, field in Request.model_fields.items()}
    missing = [one for one in (*request, *HttpConnection.model_fields) if f"`{one}`" not in GUIDE]
    assert missing == []


def test_an_identifier_in_an_address_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "homes_api.yaml"
    path.write_text(FILE.replace("/tenants/search", "/tenants/{family_name}"), encoding="utf-8")
    with pytest.raises(handwritten.Faults, match=r"homes_api.yaml:13:9"):
        handwritten.read(path, SourceFile)
