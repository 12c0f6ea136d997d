"""Over TLS a session's cookie is for this host alone; without TLS there are pages on this machine alone."""

from __future__ import annotations

import ssl
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

import handwritten
from broker.api.listening import listening
from broker.api.settings import Listen
from broker.api.tls import tls_context
from broker.settings import load_settings
from deploy.demo.browsing import signed_in
from deploy.demo.provider import Provider, pages_client, provider_runs
from tests.fakes.certificates import Authority
from tests.fakes.littleworth import BROKER, SOCIAL_WORKER, littleworth, write_files
from tests.fakes.pages import PAGES, PEOPLE, SECRET, add_a_page, for_provider, real_clock


async def test_over_tls_the_cookies_are_secure_and_of_this_host_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_a_page(monkeypatch)
    authority, port = Authority(tmp_path), unused_port()
    address = f"https://127.0.0.1:{port}"
    pair = tmp_path / "broker.pem", tmp_path / "broker.key"
    for path, text in zip(pair, authority.certificate("127.0.0.1"), strict=True):
        path.write_bytes(text)
    with provider_runs(Provider([pages_client(address, SECRET)], PEOPLE)) as provider:
        files = for_provider(provider) + PAGES.format(address=address, issuer=provider.issuer)
        async with (
            littleworth(tmp_path / "town", broker=files, clock=real_clock()) as town,
            listening(town.front, Listen(), port=port, tls=tls_context(*pair)),
            trusting(authority) as session,
        ):
            back = await signed_in(
                session, f"{address}/sign-in?to=/a-page", SOCIAL_WORKER, f"{address}/signed-in"
            )
            async with session.get(back, allow_redirects=False) as reply:
                begun, ended = reply.cookies["__Host-family-context"], reply.cookies["__Host-signing-in"]
                assert set(reply.cookies) == {"__Host-family-context", "__Host-signing-in"}
                for cookie in (begun, ended):
                    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
                    assert (cookie["path"], cookie["domain"]) == ("/", "")
                assert ended["max-age"] == "0"
            async with session.get(f"{address}/a-page", allow_redirects=False) as reply:
                assert reply.status == 200
                assert "max-age" in reply.headers["Strict-Transport-Security"]


def trusting(authority: Authority) -> aiohttp.ClientSession:
    context = ssl.create_default_context(cafile=authority.file)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context), cookie_jar=aiohttp.CookieJar(unsafe=True)
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("address: http://127.0.0.1:9", "address: http://broker.example", "https address"),
        ("address: http://127.0.0.1:9", "address: http://127.0.0.1:9/here", "nothing behind"),
        ("http://127.0.0.1:8/token", "http://provider.example/token", "https address"),
        ("http://127.0.0.1:8/token", "https://me:secret@provider.example/token", "without a password"),
        ("http://127.0.0.1:8/auth", "https://provider.example/auth?x=y", "https address"),
        ('"env:SEAL_KEY"\n  auth', '"a secret itself"\n  auth', "form that is expected"),
        ("pages:", "listen: {host: 0.0.0.0, proxy_speaks_tls: true}\npages:", "this machine alone"),
        ("pages:", "production: true\npages:", "not production"),
        ("pages:", "pages:\n  idle_minutes: 60\n  longest_minutes: 30", "could never be idle"),
        ("pages:", "pages:\n  scope: profile", "scope: openid"),
        ("pages:", "pages:\n  keep: 5", "keep"),
    ],
)
def test_settings_that_would_be_unsafe_are_refused_with_what_to_write(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    whole = BROKER + PAGES.format(address="http://127.0.0.1:9", issuer="http://127.0.0.1:8")
    write_files(tmp_path, broker=whole)
    assert load_settings(tmp_path).settings.pages
    assert old in whole
    write_files(tmp_path, broker=whole.replace(old, new, 1))
    with pytest.raises(handwritten.Faults) as found:
        load_settings(tmp_path)
    assert sentence in str(found.value)
