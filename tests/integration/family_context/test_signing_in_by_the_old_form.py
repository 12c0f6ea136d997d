"""The old front end's own login: accounts with passwords, for flags and a purpose that has nothing recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from broker.cli import main
from broker.cli.printing import Exit
from broker.web.family_context import accounts
from broker.web.family_context.passwords import fits, hashed
from handwritten import Faults
from tests.fakes.family_context import (
    ACCOUNTS,
    COMPATIBLE,
    PASSWORD,
    WITH_LOGIN,
    WITHOUT_REASON,
    FrontEnd,
    Reply,
)
from tests.fakes.littleworth import Littleworth, littleworth, row, write_files

EVERYWHERE = {"school": [row()], "housing": [row()]}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    (tmp_path / "accounts.yaml").write_text(ACCOUNTS)
    async with littleworth(tmp_path, EVERYWHERE, broker=WITH_LOGIN, **WITHOUT_REASON) as made:
        yield made


async def login(
    town: Littleworth, password: str = PASSWORD, userid: str = "e.rees"
) -> tuple[FrontEnd, Reply]:
    front = FrontEnd(town)
    sent = {"userid": userid, "password": password, "rememberMe": True}
    reply = await front.call("POST", "auth/login", sent)
    front.cookie = reply.cookie.value if reply.cookie else None
    return front, reply


def codes(town: Littleworth) -> list[str]:
    with town.reader() as reader:
        return [one.facts["request"]["code"] for one in reader.entries() if one.kind == "refusal"]


async def test_who_signs_in_gets_a_cookie_that_no_script_and_no_other_site_has(town: Littleworth) -> None:
    front, reply = await login(town)
    assert reply.status == 200
    assert reply.cookie["httponly"] is True
    assert (reply.cookie["samesite"], reply.cookie["path"], reply.cookie["secure"]) == ("Strict", "/", "")
    assert (await front.call("GET", "auth/status")).body["name"] == "Elin Rees"


async def test_the_cookie_is_secure_where_browsers_come_by_tls(tmp_path: Path) -> None:
    (tmp_path / "accounts.yaml").write_text(ACCOUNTS)
    by_tls = WITH_LOGIN.replace("http://127.0.0.1:8765", "https://fc.littleworth.example")
    async with littleworth(tmp_path, EVERYWHERE, broker=by_tls, **WITHOUT_REASON) as town:
        _, reply = await login(town)
        assert reply.cookie["secure"] is True


async def test_a_wrong_password_and_an_unknown_user_are_the_same_401_and_recorded(town: Littleworth) -> None:
    _, wrong = await login(town, "correct horse battery!")
    _, nobody = await login(town, userid="n.body")
    assert wrong.status == nobody.status == 401
    assert wrong.body == nobody.body
    assert wrong.cookie is None
    assert codes(town) == ["login_wrong", "login_wrong"]


async def test_an_account_closes_for_a_while_after_five_wrong_passwords(town: Littleworth) -> None:
    for _ in range(accounts.TRIES):
        await login(town, "something else")
    assert (await login(town))[1].status == 401
    town.clock.at += accounts.WITHIN + timedelta(seconds=1)
    assert (await login(town))[1].status == 200


async def test_a_session_of_the_old_form_sees_flags_alone(town: Littleworth) -> None:
    front, _ = await login(town)
    emma = await front.emma()
    listed = (await front.services(emma)).body
    assert {one["id"] for one in listed if one["recordsAvailable"]} == {"school", "housing"}
    opened = (await front.service(emma, "school")).body
    assert opened["data"].keys() == {"serviceInvolvement", "desk"}
    assert opened["schema"]["properties"].keys() == opened["data"].keys()
    with town.reader() as reader:
        asked = ("query.intent", "details.opened")
        views = [one.facts["request"]["view"] for one in reader.entries() if one.kind in asked]
    assert len(views) == 3
    assert {*views} == {"flags"}


async def test_who_signed_out_is_let_in_no_more(town: Littleworth) -> None:
    front, _ = await login(town)
    assert (await front.call("POST", "auth/logout", "")).status == 200
    assert (await front.services("anybody")).status == 401


async def test_a_session_ends_when_nobody_did_anything_for_a_while(town: Littleworth) -> None:
    front, _ = await login(town)
    town.clock.at += timedelta(minutes=14)
    assert (await front.call("GET", "auth/status")).status == 200
    town.clock.at += timedelta(minutes=16)
    assert (await front.call("GET", "auth/status")).status == 401


async def test_an_account_may_not_ask_the_api_or_see_the_pages(town: Littleworth) -> None:
    front, _ = await login(town)
    headers = {"Cookie": f"FCSESSIONID={front.cookie}"}
    async with town.client.get("/", headers=headers, allow_redirects=False) as reply:
        assert reply.status == 303
    async with town.client.get("/v1/sources", headers=headers) as reply:
        assert reply.status == 401


async def test_where_nobody_signs_in_by_password_401_names_where_a_check_begins(tmp_path: Path) -> None:
    async with littleworth(tmp_path, EVERYWHERE, broker=COMPATIBLE) as town:
        _, reply = await login(town)
        assert (reply.status, reply.body["signIn"]) == (401, "http://127.0.0.1:8765/")
        assert codes(town) == ["no_login"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("purpose: missing_child", "purpose: section_47_enquiry", "has reason and case reference recorded"),
        ("purpose: missing_child", "purpose: a_missing_child", "purposes.yaml has no such purpose"),
        ("relation: parent", "relation: carer", "Name one of: child, parent, sibling"),
        ("family_context_api:", "training: true\nfamily_context:", "family_context_api"),
    ],
)
async def test_what_the_old_form_cannot_ask_for_is_a_fault_in_plain_english(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    (tmp_path / "accounts.yaml").write_text(ACCOUNTS)
    text = WITH_LOGIN.replace(before, after)
    with pytest.raises(Faults, match=said):
        async with littleworth(tmp_path, EVERYWHERE, broker=text, **WITHOUT_REASON):
            pass


def test_check_names_the_same_faults_and_those_of_the_accounts(tmp_path: Path) -> None:
    text = WITH_LOGIN.replace("relation: parent", "relation: carer")
    write_files(tmp_path, broker=text, **WITHOUT_REASON)
    (tmp_path / "accounts.yaml").write_text(ACCOUNTS.replace("scrypt:", "plain:"))
    told = CliRunner().invoke(main, ["check", str(tmp_path), "--files-only"], env={"COLUMNS": "1000"})
    assert told.exit_code == Exit.WRONG
    assert "Name one of: child, parent, sibling" in told.output
    assert "accounts.yaml" in told.output


def test_the_api_needs_the_pages(tmp_path: Path) -> None:
    text = COMPATIBLE[: COMPATIBLE.index("\npages:")] + "\nfamily_context_api: {}\n"
    write_files(tmp_path, broker=text)
    told = CliRunner().invoke(main, ["check", str(tmp_path), "--files-only"], env={"COLUMNS": "1000"})
    assert "give it pages, or leave out family_context_api" in told.output


def test_the_command_prints_an_account_that_signs_in(tmp_path: Path) -> None:
    words = ["family-context", "account", "j.smith", "--name", "Jo Smith", "--organisation", "Council"]
    told = CliRunner().invoke(main, [*words, "--role", "early_help_lead"], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert told.exit_code == Exit.WELL
    written = next(line for line in told.output.splitlines() if "password: scrypt" in line)
    assert fits(PASSWORD, written.split("password: ")[1])
    assert PASSWORD not in told.output


def test_the_command_refuses_a_short_password() -> None:
    words = ["family-context", "account", "j", "--name", "J", "--organisation", "C", "--role", "auditor"]
    told = CliRunner().invoke(main, [*words, "--password", "short"])
    assert (told.exit_code, "12 to 200" in told.output) == (Exit.USAGE, True)


def test_two_salts_make_two_hashes_of_one_password() -> None:
    one, other = hashed(PASSWORD, b"0" * 16), hashed(PASSWORD, b"1" * 16)
    assert one != other
    assert fits(PASSWORD, one)
    assert not fits(PASSWORD + "!", one)
    assert not fits(PASSWORD, "plain")
