"""Signing in to the pages, at a real provider: authorisation code with PKCE, and what is refused of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from broker.audit.log import LogUnavailable
from deploy.demo.browsing import signed_in
from tests.fakes.littleworth import EARLY_HELP, SOCIAL_WORKER, littleworth
from tests.fakes.pages import NOBODY, Browser, Town, town_with_pages

COOKIE = "family-context"


@pytest.fixture
async def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    async with town_with_pages(tmp_path, monkeypatch) as started:
        yield started


async def back_from_provider(browser: Browser) -> str:
    """The address to which the provider sends the browser back; not visited yet."""
    town = browser.town
    return await signed_in(
        browser.session, f"{town.address}/sign-in?to=/a-page", SOCIAL_WORKER, f"{town.address}/signed-in"
    )


async def test_whoever_has_no_session_is_sent_to_sign_in_and_comes_back_to_where_they_wanted(
    town: Town,
) -> None:
    browser = town.browser()
    sent = await browser.get("/a-page?of=3")
    assert (sent.status, urlsplit(sent.to).path) == (303, "/sign-in")
    assert parse_qs(urlsplit(sent.to).query) == {"to": ["/a-page?of=3"]}
    assert not sent.cookies
    back = await browser.sign_in(to=quote("/a-page?of=3"))
    assert (back.status, back.to) == (303, "/a-page?of=3")
    shown = await browser.get(back.to)
    assert shown.status == 200
    assert SOCIAL_WORKER.name in shown.text
    assert town.codes() == []


async def test_who_signed_in_and_how_is_in_the_log_before_the_session_begins(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = town.browser()
    assert (await browser.sign_in()).status == 303
    with town.littleworth.reader() as reader:
        (begun,) = [one.facts["request"] for one in reader.entries() if one.kind == "session.begun"]
    assert (begun["requester"]["subject"], begun["requester"]["name"]) == (
        SOCIAL_WORKER.subject,
        SOCIAL_WORKER.name,
    )
    assert {"acr", "signed_in_at"} <= begun.keys()
    other = town.browser()
    address = await back_from_provider(other)

    async def fails(_: object) -> None:
        raise LogUnavailable("full")

    monkeypatch.setattr(town.littleworth.front.broker.log, "record", fails)
    refused = await other.get(address)
    assert (refused.status, COOKIE in str(refused.cookies)) == (503, False)


async def test_the_browser_is_sent_with_a_challenge_a_state_and_a_nonce_that_are_new_each_time(
    town: Town,
) -> None:
    asked = [parse_qs(urlsplit((await town.browser().get("/sign-in")).to).query) for _ in range(2)]
    for one in asked:
        assert one["response_type"] == ["code"]
        assert one["redirect_uri"] == [f"{town.address}/signed-in"]
        assert one["code_challenge_method"] == ["S256"]
        assert "acr_values" not in one
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name][0]) == 43
        assert asked[0][name] != asked[1][name]


async def test_a_browser_holds_a_random_id_and_nothing_else_and_the_broker_holds_its_hash(town: Town) -> None:
    browser = town.browser()
    back = await browser.sign_in()
    cookie = back.cookies[COOKIE]
    assert re.fullmatch(r"[\w-]{43}", cookie.value)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"], cookie["max-age"]) == (
        *(True, "Lax", "/", "", ""),
    )
    assert {one.key for one in browser.session.cookie_jar if not one.key.startswith("_")} == {COOKIE}
    pages = town.littleworth.front.the_pages()
    assert len(pages.sessions) == 1
    assert cookie.value not in repr(pages.sessions._kept) + "".join(pages.sessions._kept)
    assert SOCIAL_WORKER.subject not in repr(pages.sessions)
    assert SOCIAL_WORKER.subject.encode() not in town.littleworth.log_bytes()


async def test_what_the_provider_answers_to_another_browser_begins_nothing(town: Town) -> None:
    back = await back_from_provider(town.browser())
    assert await refused(town.browser(), back) == "sign_in_not_begun"


async def test_another_state_begins_nothing(town: Town) -> None:
    browser = town.browser()
    back = await back_from_provider(browser)
    for wrong in (
        re.sub("state=[^&]*", "state=other", back),
        re.sub("&?state=[^&]*", "", back),
        f"{back}&state=x",
    ):
        assert await refused(browser, wrong) == "sign_in_not_begun"


async def test_an_answer_of_another_issuer_begins_nothing(town: Town) -> None:
    browser = town.browser()
    back = await back_from_provider(browser)
    mixed = re.sub("iss=[^&]*", f"iss={quote('https://elsewhere.example', safe='')}", back)
    assert mixed != back
    assert await refused(browser, mixed) == "sign_in_not_finished"
    assert (
        await refused(browser, f"{back}&iss={quote(town.provider.issuer, safe='')}") == "sign_in_not_finished"
    )


async def test_a_code_opens_one_session_alone(town: Town) -> None:
    browser = town.browser()
    back = await back_from_provider(browser)
    cookie = browser.cookie("signing-in")
    assert (await browser.get(back)).status == 303
    again = town.browser()
    assert await refused(again, back, Cookie=f"signing-in={cookie}") == "sign_in_not_finished"


async def test_a_made_up_code_begins_nothing(town: Town) -> None:
    browser = town.browser()
    back = re.sub("code=[^&]*", "code=made-up", await back_from_provider(browser))
    assert await refused(browser, back) == "sign_in_not_finished"


async def test_an_identity_token_of_another_sign_in_begins_nothing(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = town.browser()
    back = await back_from_provider(browser)
    pages = town.littleworth.front.the_pages()
    begun = pages.open(browser.cookie("signing-in") or "", town.littleworth.clock())
    assert begun is not None
    other = pages.seal(replace(begun, nonce="another"))
    assert await refused(town.browser(), back, Cookie=f"signing-in={other}") == "sign_in_not_finished"


async def test_a_code_without_its_verifier_is_nothing_to_the_provider(town: Town) -> None:
    browser = town.browser()
    back = await back_from_provider(browser)
    pages = town.littleworth.front.the_pages()
    begun = pages.open(browser.cookie("signing-in") or "", town.littleworth.clock())
    assert begun is not None
    other = pages.seal(replace(begun, verifier="v" * 43))
    assert await refused(town.browser(), back, Cookie=f"signing-in={other}") == "sign_in_not_finished"


async def test_a_sign_in_that_was_begun_too_long_ago_begins_nothing(town: Town) -> None:
    browser = town.browser()
    back = await back_from_provider(browser)
    town.later(minutes=11)
    assert await refused(browser, back) == "sign_in_not_begun"


@pytest.mark.parametrize("cookie", ["", "AAAA", "x" * 400, "%00", "é", "A" * 4000])
async def test_a_made_up_cookie_of_a_sign_in_is_none(town: Town, cookie: str) -> None:
    assert await refused(town.browser(), "/signed-in?code=a&state=b", Cookie=f"signing-in={cookie}") == (
        "sign_in_not_begun"
    )


async def test_whoever_stops_at_the_provider_is_told_so(town: Town) -> None:
    browser = town.browser()
    begun = await browser.get("/sign-in")
    state = parse_qs(urlsplit(begun.to).query)["state"][0]
    told = await browser.get(f"/signed-in?error=access_denied&state={state}")
    assert told.status == 401
    assert "Sign in again" in told.text


@pytest.mark.parametrize(
    "to",
    [
        *(
            "//evil.example",
            "https://evil.example/",
            "/\\evil.example",
            "\\\\evil.example",
            "/\tx",
            "javascript:x",
        ),
        *(
            "/%0d%0aSet-Cookie:x=y",
            "///evil.example",
            "/ /evil.example",
            " //evil.example",
            "evil.example",
            "",
        ),
        *("/" + "a" * 600, "/\u2028x", "/é", "http:evil.example", "//127.0.0.1@evil.example", "/\r\n/evil"),
    ],
)
async def test_nobody_is_sent_anywhere_but_to_a_page_of_ours(town: Town, to: str) -> None:
    back = await town.browser().sign_in(to=quote(to, safe=""))
    expected = to if to == "/%0d%0aSet-Cookie:x=y" else "/"
    assert (back.status, back.to) == (303, expected)
    assert "x" not in back.cookies


async def test_whoever_has_no_role_is_told_so_on_a_page_with_the_desks_and_can_sign_out(town: Town) -> None:
    browser = town.browser()
    await browser.sign_in(NOBODY)
    told = await browser.get("/a-page")
    assert told.status == 403
    assert told.headers["Content-Type"].startswith("text/html")
    assert "no role" in told.text
    assert "Housing desk" in told.text
    assert "0191 498 0000" in told.text
    assert town.codes() == ["no_role"]


async def test_a_strong_sign_in_is_asked_for_and_comes_back_in_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step_up = "  step_up: {acr: [strong], minutes: 10}\n"
    async with town_with_pages(tmp_path, monkeypatch, identity=step_up) as town:
        browser = town.browser()
        await browser.sign_in()
        assert "password" in (await browser.get("/a-page")).text
        asked = parse_qs(urlsplit((await browser.get("/sign-in?strongly=yes")).to).query)
        assert (asked["acr_values"], asked["max_age"]) == (["strong"], ["600"])
        await browser.sign_in(strongly=True)
        assert "strong" in (await browser.get("/a-page")).text


async def test_a_new_sign_in_of_the_same_person_ends_the_older_session_and_no_other(town: Town) -> None:
    first, second, other = town.browser(), town.browser(), town.browser()
    await first.sign_in()
    await other.sign_in(EARLY_HELP)
    await second.sign_in()
    assert [(await one.get("/a-page")).status for one in (first, second, other)] == [303, 200, 200]
    assert len(town.littleworth.front.the_pages().sessions) == 2


async def test_signing_in_again_in_one_browser_gives_it_another_id(town: Town) -> None:
    browser = town.browser()
    await browser.sign_in()
    before = browser.cookie(COOKIE)
    await browser.sign_in()
    assert browser.cookie(COOKIE) not in (None, before)


async def test_a_provider_that_is_away_begins_nothing_and_says_whom_to_ring(town: Town) -> None:
    browser = town.browser()
    back = await back_from_provider(browser)
    town.provider.stop()
    told = await browser.get(back)
    assert told.status == 401
    assert "cannot be checked just now" in told.text
    assert "0191 498 0000" in told.text
    assert town.codes() == ["identity_provider_unreachable"]


async def test_a_broker_without_pages_has_none(tmp_path: Path) -> None:
    async with littleworth(tmp_path) as town:
        for path in ("/sign-in", "/signed-in", "/signed-out"):
            async with town.client.get(path, allow_redirects=False) as reply:
                assert reply.status == 404
        for path in ("/sign-out", "/back-channel-logout"):
            async with town.client.post(path) as reply:
                assert reply.status == 404


async def refused(browser: Browser, address: str, **headers: str) -> str:
    """The code with which the sign-in is refused; the test fails when it isn't, or isn't recorded."""
    before = browser.town.codes()
    told = await browser.get(address, **headers)
    assert told.status == 401, told.text
    assert told.headers["Content-Type"].startswith("text/html")
    assert COOKIE not in told.cookies
    (code,) = browser.town.codes()[len(before) :]
    return code
