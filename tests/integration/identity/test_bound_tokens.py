"""Tokens of programs that are bound to their holder, by DPoP or a certificate; and what thieves try with them."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp.test_utils import unused_port
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from broker.api.listening import listening
from broker.api.settings import Listen
from broker.api.tls import TlsUnusable, tls_context
from broker.identity import bound
from deploy.demo.provider import Client, Provider, provider_runs
from tests.fakes.certificates import Authority
from tests.fakes.littleworth import Littleworth, littleworth
from tests.fakes.pages import for_provider, real_clock

SERVICE, SECRET = "littleworth-front-end", "5e" * 32
CLAIMS = {"roles": ["social_worker"], "organisation": "Littleworth Council", "name": "Front end"}
PATH = "/v1/sources"


@dataclass(slots=True)
class Town:
    littleworth: Littleworth
    provider: Provider
    address: str

    async def asked(
        self, scheme: str, token: str, *proofs: str, method: str = "GET", path: str = PATH
    ) -> int:
        headers = [("Authorization", f"{scheme} {token}"), *(("DPoP", one) for one in proofs)]
        async with self.littleworth.client.request(method, path, headers=headers) as reply:
            return reply.status

    async def token(self, **headers: str) -> str:
        """Of the program itself, from the provider (client credentials)."""
        login = aiohttp.encode_basic_auth(SERVICE, SECRET)
        sent = {"Authorization": login, **{name.replace("_", "-"): one for name, one in headers.items()}}
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"{self.provider.issuer}/token",
                data={"grant_type": "client_credentials"},
                headers=sent,
                allow_redirects=False,
            ) as reply,
        ):
            told = await reply.json()
            assert reply.status == 200, told
            return str(told["access_token"])

    def proof(self, key: Any, token: str | None = None, *, header: Any = None, **changed: Any) -> str:
        """A DPoP proof for a GET of ``PATH`` with this token, or changed."""
        claims = {
            "htm": "GET",
            "htu": f"{self.address}{PATH}",
            "iat": int(self.littleworth.clock().timestamp()),
            "jti": f"p-{next(NUMBERS)}",
            **({"ath": digest(token)} if token else {}),
            **changed,
        }
        public = {name: one for name, one in key.as_dict(private=False).items() if name in PUBLIC}
        whole = {"alg": "ES256", "typ": "dpop+jwt", "jwk": public, **(header or {})}
        kept = {name: one for name, one in claims.items() if one is not None}
        return jwt.encode(
            {n: one for n, one in whole.items() if one is not None}, kept, key, algorithms=[whole["alg"]]
        )

    async def bound_to(self, key: Any) -> str:
        return await self.token(DPoP=self.proof(key, htm="POST", htu=f"{self.provider.issuer}/token"))


NUMBERS = iter(range(10**9))
PUBLIC = ("kty", "crv", "x", "y", "n", "e")


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def key() -> ECKey:
    return ECKey.generate_key("P-256")


@pytest.fixture
async def town(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    wanted = getattr(request, "param", "required_of_services")
    port = unused_port()
    address = f"http://127.0.0.1:{port}"
    with provider_runs(Provider([service()])) as provider:
        identity = f"  bound_tokens: {wanted}\n  address: {address}\n"
        files = for_provider(provider, identity)
        async with littleworth(tmp_path, broker=files, clock=real_clock(), port=port) as made:
            yield Town(made, provider, address)


def service(**more: Any) -> Client:
    grants = {"grant_types": ["client_credentials"], "redirect_uris": [], "response_types": []}
    return Client(SERVICE, SECRET, 5, {**grants, "claims": CLAIMS, **more})


async def test_a_program_whose_token_is_bound_to_its_key_asks_with_a_new_proof_each_time(
    town: Town, key: ECKey
) -> None:
    token = await town.bound_to(key)
    for _ in range(3):
        assert await town.asked("DPoP", token, town.proof(key, token)) == 200


async def test_a_program_whose_token_is_bound_to_nothing_is_refused(town: Town) -> None:
    assert await town.asked("Bearer", await town.token()) == 401


@pytest.mark.parametrize("town", ["accepted"], indirect=True)
async def test_where_the_partnership_accepts_it_a_program_may_bring_a_bare_token_but_no_stolen_bound_one(
    town: Town, key: ECKey
) -> None:
    assert await town.asked("Bearer", await town.token()) == 200
    assert await town.asked("DPoP", await town.token()) == 401
    assert await town.asked("Bearer", await town.bound_to(key)) == 401


async def test_a_stolen_token_is_worth_nothing_without_its_key(town: Town, key: ECKey) -> None:
    token, thief = await town.bound_to(key), ECKey.generate_key("P-256")
    assert await town.asked("Bearer", token) == 401
    assert await town.asked("DPoP", token) == 401
    assert await town.asked("Bearer", token, town.proof(key, token)) == 401
    assert await town.asked("DPoP", token, town.proof(thief, token)) == 401
    assert await town.asked("DPoP", token, town.proof(key, token), town.proof(key, token)) == 401


async def test_a_proof_holds_once(town: Town, key: ECKey) -> None:
    token = await town.bound_to(key)
    proof = town.proof(key, token)
    assert [await town.asked("DPoP", token, proof) for _ in range(3)] == [200, 401, 401]


async def test_a_proof_holds_with_its_own_token_method_and_address_alone(town: Town, key: ECKey) -> None:
    token, other = await town.bound_to(key), await town.bound_to(key)
    assert await town.asked("DPoP", other, town.proof(key, token)) == 401
    assert await town.asked("DPoP", token, town.proof(key, token), method="POST", path="/v1/sign-out") == 401
    assert await town.asked("DPoP", token, town.proof(key, token), path="/v1/purposes") == 401
    assert await town.asked("DPoP", token, town.proof(key, token), path=f"{PATH}?of=x") == 200


@pytest.mark.parametrize(
    "changed",
    [
        *({"htm": one} for one in ("POST", "get", None, 7, ["GET"])),
        *({"htu": one} for one in ("https://elsewhere.example/v1/sources", None, "/v1/sources", 7)),
        *({"iat": one} for one in (1, None, 99999999999, "now", True, -1.5)),
        *({"jti": one} for one in (None, "", "x" * 300, 7, ["a"])),
        *({"ath": one} for one in (None, "", "x", 7)),
    ],
)
async def test_a_proof_that_says_something_else_is_none(
    town: Town, key: ECKey, changed: dict[str, Any]
) -> None:
    token = await town.bound_to(key)
    assert await town.asked("DPoP", token, town.proof(key, token, **changed)) == 401
    assert await town.asked("DPoP", token, town.proof(key, token)) == 200


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"typ": "at+jwt"},
        {"jwk": None},
        {"jwk": {}},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
        {"kid": "demo"},
        {"jku": "https://evil.example/keys"},
    ],
)
async def test_a_proof_with_another_header_is_none(town: Town, key: ECKey, header: dict[str, Any]) -> None:
    token = await town.bound_to(key)
    assert await town.asked("DPoP", token, town.proof(key, token, header=header)) == 401


async def test_a_proof_that_gives_its_private_key_away_or_is_of_another_algorithm_is_none(
    town: Town, key: ECKey
) -> None:
    token = await town.bound_to(key)
    secret, rsa = OctKey.generate_key(256), RSAKey.generate_key(2048)
    away = town.proof(key, token, header={"jwk": key.as_dict(private=True)})
    symmetric = town.proof(secret, token, header={"alg": "HS256", "jwk": key.as_dict(private=False)})
    other = town.proof(rsa, token, header={"alg": "RS256"})
    bare = unsigned(town.proof(key, token))
    cut = town.proof(key, token)[:-3]
    for proof in (away, symmetric, other, bare, "", "x", "a.b.c", "é.é.é", cut):
        assert await town.asked("DPoP", token, proof.encode().decode("latin-1")) == 401


def unsigned(proof: str) -> str:
    """The same, with the algorithm ``none`` and no signature."""
    header, claims, _ = proof.split(".")
    said = json.loads(base64.urlsafe_b64decode(header + "=="))
    changed = json.dumps({**said, "alg": "none"}).encode()
    return f"{base64.urlsafe_b64encode(changed).decode().rstrip('=')}.{claims}."


async def test_what_is_remembered_of_proofs_is_bounded_and_forgotten(
    town: Town, key: ECKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bound, "PROOFS_OF_ONE_KEY", 3)
    token, other = await town.bound_to(key), ECKey.generate_key("P-256")
    asked = [await town.asked("DPoP", token, town.proof(key, token)) for _ in range(4)]
    assert asked == [200, 200, 200, 401]
    another = await town.bound_to(other)
    assert await town.asked("DPoP", another, town.proof(other, another)) == 200  # each key has its own
    proofs = town.littleworth.front.tokens.proofs
    assert len(proofs._used) == 4
    proofs._forget(town.littleworth.clock().timestamp() + 121)
    assert (len(proofs._used), dict(proofs._of)) == (0, {})


async def test_a_broker_that_does_not_know_its_own_address_believes_no_proof(
    tmp_path: Path, key: ECKey
) -> None:
    with provider_runs(Provider([service()])) as provider:
        async with littleworth(tmp_path, broker=for_provider(provider), clock=real_clock()) as made:
            town = Town(made, provider, str(made.client.make_url("")).rstrip("/"))
            token = await town.bound_to(key)
            assert await town.asked("DPoP", token, town.proof(key, token)) == 401


@pytest.mark.parametrize(
    "claims", [{"cnf": {}}, {"cnf": {"jwk": {}}}, {"cnf": "x"}, {"cnf": None}, {"cnf": {"x5t#S256": 7}}]
)
async def test_a_token_that_is_bound_in_a_way_that_nobody_can_prove_is_refused(
    tmp_path: Path, claims: dict[str, Any]
) -> None:
    with provider_runs(Provider([service(claims={**CLAIMS, **claims})])) as provider:
        files = for_provider(provider, "  bound_tokens: accepted\n")
        async with littleworth(tmp_path, broker=files, clock=real_clock()) as made:
            town = Town(made, provider, "")
            assert await town.asked("Bearer", await town.token()) == 401
            assert await town.asked("DPoP", await town.token()) == 401


async def test_a_token_that_is_bound_to_a_certificate_opens_only_the_connection_that_showed_it(
    tmp_path: Path,
) -> None:
    authority, port = Authority(tmp_path), unused_port()
    mine, stranger = (pair(tmp_path, authority, name) for name in ("front-end.example", "thief.example"))
    server = pair(tmp_path, authority, "127.0.0.1")
    bound_client = service(tls_client_certificate_bound_access_tokens=True)
    with provider_runs(Provider([bound_client])) as provider:
        async with (
            littleworth(tmp_path / "town", broker=for_provider(provider), clock=real_clock()) as made,
            listening(
                made.front, Listen(), port=port, tls=tls_context(*server, clients=authority.file)
            ) as address,
        ):
            town = Town(made, provider, address)
            token = await town.token(X_Client_Certificate=quote(mine[0].read_text()))
            assert await shown(address, token, authority, mine) == 200
            assert await shown(address, token, authority, stranger) == 401
            assert await shown(address, token, authority, None) == 401
            assert await town.asked("Bearer", token) == 401  # over another socket, without TLS


def test_clients_that_are_no_file_of_authorities_are_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server = pair(tmp_path, authority, "127.0.0.1")
    with pytest.raises(TlsUnusable, match=r"nothing\.pem holds no certificates"):
        tls_context(*server, clients=tmp_path / "nothing.pem")


def pair(directory: Path, authority: Authority, name: str) -> tuple[Path, Path]:
    """A certificate and its key, as files."""
    paths = directory / f"{name}.pem", directory / f"{name}.key"
    for path, text in zip(paths, authority.certificate(name), strict=True):
        path.write_bytes(text)
    return paths


async def shown(address: str, token: str, authority: Authority, certificate: tuple[Path, Path] | None) -> int:
    context = ssl.create_default_context(cafile=authority.file)
    if certificate is not None:
        context.load_cert_chain(*certificate)
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
        session.get(
            f"{address}{PATH}", headers={"Authorization": f"Bearer {token}"}, allow_redirects=False
        ) as reply,
    ):
        return reply.status
