"""A session from its first request to its last: renewal, limits, forged forms, signing out here and there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt

from broker.web.provider import LOGOUT, Provider
from broker.web.sessions import Granted
from deploy.demo.provider import PAGES, new_key
from tests.fakes.littleworth import SOCIAL_WORKER
from tests.fakes.pages import Answered, Browser, Town, town_with_pages


@pytest.fixture
async def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    async with town_with_pages(tmp_path, monkeypatch) as started:
        yield started


@pytest.fixture
async def browser(town: Town) -> Browser:
    made = town.browser()
    await made.sign_in()
    return made


async def test_a_token_that_lapses_is_renewed_and_nobody_notices(town: Town, browser: Browser) -> None:
    first = held(town)
    for _ in range(3):
        town.later(minutes=6)
        assert (await browser.get("/a-page")).status == 200
    assert held(town) != first


async def test_however_many_requests_wait_it_is_renewed_once(town: Town, browser: Browser) -> None:
    town.later(minutes=6)
    renewed = counted(town)
    shown = await asyncio.gather(*(browser.get("/a-page") for _ in range(20)))
    assert [one.status for one in shown] == [200] * 20
    assert renewed == ["renewed"]


@pytest.mark.parametrize("waiting", [1, 2])
async def test_whoever_signs_out_at_the_provider_while_a_token_is_renewed_is_signed_out(
    town: Town, browser: Browser, monkeypatch: pytest.MonkeyPatch, waiting: int
) -> None:
    """The token that comes late was not there to be ended; the session was."""
    asked, go_on = asyncio.Event(), asyncio.Event()
    plain = Provider.renew

    async def slow(provider: Provider, granted: Granted) -> Granted:
        asked.set()
        await go_on.wait()
        return await plain(provider, granted)

    monkeypatch.setattr(Provider, "renew", slow)
    town.later(minutes=6)
    async with asyncio.TaskGroup() as group:
        sent = [group.create_task(browser.get("/a-page")) for _ in range(waiting)]
        await asked.wait()
        assert await logged_out(town, logout(town)) == 200
        go_on.set()
    assert [one.result().status for one in sent] == [303] * waiting


async def test_what_the_provider_does_not_renew_ends(town: Town, browser: Browser) -> None:
    town.provider.stop()
    town.provider.start()  # it has forgotten every grant
    town.later(minutes=6)
    assert (await browser.get("/a-page")).to == "/sign-in?to=/a-page"
    assert len(town.littleworth.front.the_pages().sessions) == 0


async def test_a_provider_that_is_away_ends_no_session(town: Town, browser: Browser) -> None:
    town.provider.stop()
    assert (await browser.get("/a-page")).status == 200
    town.later(minutes=6)
    told = await browser.get("/a-page")
    assert told.status == 401
    assert "cannot be checked just now" in told.text
    assert "0191 498 0000" in told.text
    assert len(town.littleworth.front.the_pages().sessions) == 1


async def test_new_keys_at_the_provider_cost_one_renewal_at_most(town: Town, browser: Browser) -> None:
    renewed = counted(town)
    town.provider.sign_with(new_key())
    for _ in range(12):
        town.later(minutes=2)
        assert (await browser.get("/a-page")).status == 200
        await town.littleworth.front.tokens.keys.refreshed(town.littleworth.clock())
    # Its tokens live for five minutes, so that four or five are due in 24 in any case.
    assert 4 <= len(renewed) <= 6


async def test_whoever_does_nothing_for_too_long_is_signed_out(town: Town, browser: Browser) -> None:
    town.later(minutes=14.9)
    assert (await browser.get("/a-page")).status == 200
    town.later(minutes=15.1)
    assert (await browser.get("/a-page")).to == "/sign-in?to=/a-page"


async def test_after_a_day_of_work_everybody_signs_in_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town_with_pages(tmp_path, monkeypatch, pages="  longest_minutes: 30\n") as town:
        browser = town.browser()
        await browser.sign_in()
        for _ in range(3):
            town.later(minutes=9.9)
            assert (await browser.get("/a-page")).status == 200
        town.later(minutes=0.5)
        assert (await browser.get("/a-page")).status == 303


async def test_what_is_over_is_forgotten_without_anybody_coming(town: Town, browser: Browser) -> None:
    sessions = town.littleworth.front.the_pages().sessions
    town.later(minutes=20)
    sessions.end_those_over(town.littleworth.clock())
    assert len(sessions) == 0


async def test_beyond_the_most_whoever_was_quiet_for_longest_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town_with_pages(tmp_path, monkeypatch, pages="  most: 1\n") as town:
        first, second = town.browser(), town.browser()
        await first.sign_in()
        await second.sign_in(town.provider.personas[1])  # type: ignore[index]  # a tuple
        assert [(await one.get("/a-page")).status for one in (first, second)] == [303, 200]


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "\u00ff", "a" * 5000])
async def test_a_made_up_id_is_nobodys(town: Town, cookie: str) -> None:
    sent = await town.browser().get("/a-page", Cookie=f"family-context={cookie}")
    assert (sent.status, sent.to) == (303, "/sign-in?to=/a-page")


async def test_a_token_of_the_api_opens_no_page_and_a_session_opens_no_api(
    town: Town, browser: Browser
) -> None:
    token = held(town)
    assert (await town.browser().get("/a-page", Authorization=f"Bearer {token}")).status == 303
    assert (await browser.get("/v1/sources")).status == 401


async def test_a_form_with_the_mark_of_the_session_is_done(town: Town, browser: Browser) -> None:
    mark = await browser.mark()
    assert (await browser.post("/a-page", {"csrf": mark})).text == "done"
    assert (await browser.post("/a-page", {"csrf": mark}, Origin=town.address)).status == 200
    from_here = {"Sec_Fetch_Site": "same-origin", "Origin": "null"}
    assert (await browser.post("/a-page", {"csrf": mark}, **from_here)).status == 200


@pytest.mark.parametrize(
    "form", [{}, {"csrf": ""}, {"csrf": "A" * 43}, [("csrf", "{mark}"), ("csrf", "{mark}")]]
)
async def test_a_form_without_it_is_refused_and_recorded(town: Town, browser: Browser, form: Any) -> None:
    mark = await browser.mark()
    pairs = form.items() if isinstance(form, dict) else form
    told = await browser.post("/a-page", [(name, value.format(mark=mark)) for name, value in pairs])
    refused(town, told)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
        {"Sec_Fetch_Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
async def test_a_form_from_elsewhere_is_refused_whatever_it_holds(
    town: Town, browser: Browser, headers: dict[str, str]
) -> None:
    mark = await browser.mark()
    refused(town, await browser.post("/a-page", {"csrf": mark}, **headers))


async def test_the_mark_of_another_session_is_refused(town: Town, browser: Browser) -> None:
    other = town.browser()
    await other.sign_in(town.provider.personas[1])  # type: ignore[index]  # a tuple
    refused(town, await browser.post("/a-page", {"csrf": await other.mark()}))


async def test_a_form_is_not_json(browser: Browser) -> None:
    mark = await browser.mark()
    told = await browser.post("/a-page", json.dumps({"csrf": mark}), Content_Type="application/json")
    assert told.status == 415


@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape", "utf-7", "utf-16", "idna"])
async def test_a_form_is_written_as_browsers_write_it_and_in_no_other_of_pythons_encodings(
    browser: Browser, charset: str
) -> None:
    """``unicode_escape`` makes half a character of six letters, which no page can be written with again."""
    sent = f"csrf={await browser.mark()}&text=\\ud800"
    form = "application/x-www-form-urlencoded"
    told = await browser.post("/a-page", sent, Content_Type=f"{form}; charset={charset}")
    assert (told.status, "\\ud800" in told.text) == (415, False)
    assert (await browser.post("/a-page", sent, Content_Type=f"{form}; charset=UTF-8")).text == "done"


async def test_a_form_that_is_still_on_its_way_when_its_session_ends_does_nothing(
    town: Town, browser: Browser
) -> None:
    """Slowly sent, it would outlive a session that ended because its person signed in elsewhere."""
    mark, begun, go_on = await browser.mark(), asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"csrf="
        begun.set()
        await go_on.wait()
        yield mark.encode()

    form = "application/x-www-form-urlencoded"
    async with asyncio.TaskGroup() as group:
        sent = group.create_task(browser.post("/a-page", slowly(), Content_Type=form))
        await begun.wait()
        await asyncio.sleep(0.1)  # so that it is let in, and waited for
        await town.browser().sign_in()
        go_on.set()
    assert (sent.result().status, town.codes()) == (401, ["session_over"])


async def test_whoever_was_signed_out_meanwhile_is_told_so(town: Town, browser: Browser) -> None:
    mark = await browser.mark()
    town.later(minutes=16)
    told = await browser.post("/a-page", {"csrf": mark})
    assert told.status == 401
    assert "Nothing was done" in told.text
    assert town.codes() == ["session_over"]


def refused(town: Town, told: Answered) -> None:
    assert told.status == 403
    assert "Open the page again" in told.text
    assert town.codes() == ["form_not_ours"]


async def test_signing_out_ends_the_session_and_its_token_and_leads_to_the_provider(
    town: Town, browser: Browser
) -> None:
    token, cookie = held(town), browser.cookie("family-context")
    told = await browser.post("/sign-out", {"csrf": await browser.mark()})
    assert told.status == 303
    assert told.to.startswith(f"{town.provider.issuer}/session/end?")
    assert SOCIAL_WORKER.subject not in told.to
    assert browser.cookie("family-context") is None
    assert "cookies" in told.headers["Clear-Site-Data"]
    assert (await browser.get("/a-page", Cookie=f"family-context={cookie}")).status == 303
    ended = await town.browser().get("/v1/sources", Authorization=f"Bearer {token}")
    assert (ended.status, "token_ended" in ended.text) == (401, True)
    assert (await browser.get("/signed-out")).status == 200


async def test_nobody_is_signed_out_by_another_site(town: Town, browser: Browser) -> None:
    assert (await browser.post("/sign-out", {"csrf": "x"}, Origin="https://evil.example")).status == 403
    assert (await browser.get("/sign-out")).status == 405
    assert (await browser.get("/a-page")).status == 200


async def test_whoever_signs_out_at_the_provider_is_signed_out_here(town: Town, browser: Browser) -> None:
    token = held(town)
    await sign_out_at_provider(browser)
    assert (await browser.get("/a-page")).status == 303
    ended = await town.browser().get("/v1/sources", Authorization=f"Bearer {token}")
    assert "token_ended" in ended.text


async def test_a_logout_token_of_the_person_ends_what_had_begun_by_then(town: Town, browser: Browser) -> None:
    assert await logged_out(town, logout(town)) == 200
    assert (await browser.get("/a-page")).status == 303


async def test_the_same_token_sent_again_ends_no_later_session(town: Town, browser: Browser) -> None:
    token = logout(town)
    town.later(seconds=60)
    await browser.sign_in()
    assert await logged_out(town, token) == 200
    assert (await browser.get("/a-page")).status == 200


async def test_one_of_another_session_of_the_provider_ends_nothing(town: Town, browser: Browser) -> None:
    assert await logged_out(town, logout(town, sid="another")) == 200
    assert (await browser.get("/a-page")).status == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"events": None},
        {"events": {}},
        {"events": {LOGOUT: True}},
        {"nonce": "x"},
        {"sub": None},
        {"exp": 1},
        {"iat": 1},
        {"iat": None},
        {"iat": 99999999999},
    ],
)
async def test_one_that_does_not_hold_ends_nothing_and_is_recorded(
    town: Town, browser: Browser, changed: dict[str, Any]
) -> None:
    assert await logged_out(town, logout(town, **changed)) == 400
    assert (await browser.get("/a-page")).status == 200
    assert town.codes() == ["logout_token_unfit"]


async def test_one_of_another_key_or_none_ends_nothing(town: Town, browser: Browser) -> None:
    foreign = new_key()
    for token in (logout(town, key=foreign), "", "a.b.c", held(town)):
        assert await logged_out(town, token) == 400
    assert (await browser.get("/a-page")).status == 200


def held(town: Town) -> str:
    """The access token of the one session."""
    (kept,) = town.littleworth.front.the_pages().sessions._kept.values()
    return kept.granted.access


def counted(town: Town) -> list[str]:
    """A list that grows with each renewal at the provider."""
    kept = next(iter(town.littleworth.front.the_pages().sessions._kept.values()))
    found: list[str] = []
    plain = type(kept).renewed

    def renewed(*given: Any) -> None:
        found.append("renewed")
        plain(*given)

    pytest.MonkeyPatch().setattr(type(kept), "renewed", renewed)
    return found


def logout(town: Town, key: Any = None, **changed: Any) -> str:
    now = int(town.littleworth.clock().timestamp())
    whole = {
        "iss": town.provider.issuer,
        "aud": PAGES,
        "sub": SOCIAL_WORKER.subject,
        "iat": now,
        "exp": now + 120,
        "jti": "j-1",
        "events": {LOGOUT: {}},
        **changed,
    }
    signing = key or town.provider.keys[0]
    header = {"alg": "ES256", "typ": "logout+jwt", "kid": signing.kid}
    return jwt.encode(header, {name: one for name, one in whole.items() if one is not None}, signing)


async def logged_out(town: Town, token: str) -> int:
    return (await town.browser().post("/back-channel-logout", {"logout_token": token})).status


async def sign_out_at_provider(browser: Browser) -> None:
    """Open the provider's own address for signing out, and press its button."""
    issuer = browser.town.provider.issuer
    shown = await browser.get(f"{issuer}/session/end")
    mark = shown.text.split('name="xsrf" value="')[1].split('"')[0]
    assert (await browser.post(f"{issuer}/session/end/confirm", {"xsrf": mark, "logout": "yes"})).status in (
        302,
        303,
    )
