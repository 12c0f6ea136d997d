"""The staff directory in a real LDAP server: over TLS, escaped, bounded in time, and never in the way."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from broker.staff.entries import StaffDirectory
from broker.staff.ldap import LdapStaff, filter_for
from broker.staff.settings import LdapDirectory
from connectors.contract import Contact
from tests.fakes.slapd import READER, SUFFIX, Slapd, require_ldap

SAM = Contact("Sam Okafor", team="North team")
ENABLED, DISABLED = "512", "514"


def person(cn: str, login: str, flags: str = ENABLED, **more: str) -> dict[str, list[str]]:
    own = {
        "cn": cn, "sn": cn.rpartition(" ")[2], "displayName": cn, "sAMAccountName": login,
        "userAccountControl": flags,
        "department": "North team", **more,
    }  # fmt: skip
    return {name: [value] for name, value in own.items()}


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """A directory of a few people."""
    require_ldap()
    server = Slapd(tmp_path_factory.mktemp("slapd"))
    server.add(
        person(
            "Sam Okafor",
            "so1",
            mail="sam@council.example",
            telephoneNumber="01632 960001",
            mobile="07700 900001",
        ),
        person("Ada Byron", "ab1", DISABLED, mail="ada@council.example"),
        person("Twin One", "t1", mail="shared@council.example"),
        person("Twin Two", "t2", mail="shared@council.example"),
        person("Odd (Name)*", "odd", mail="odd@council.example"),
    )
    with server:
        yield server


@pytest.fixture
async def directory(slapd: Slapd) -> AsyncIterator[StaffDirectory]:
    staff = staff_of(slapd)
    yield staff
    await staff.close()


def staff_of(slapd: Slapd, *, password: str | None = None, **changed: Any) -> LdapStaff:
    settings = LdapDirectory(
        **{
            "kind": "ldap", "url": f"ldap://127.0.0.1:{slapd.port}", "ca_file": str(slapd.authority.file),
            "user": READER, "password": "env:LDAP", "base": SUFFIX, "only": "(objectClass=inetOrgPerson)",
            **changed,
        }
    )  # fmt: skip
    return LdapStaff(settings, Path(), lambda: password or slapd.password)


async def test_an_entry_is_found_over_tls_with_what_is_needed_of_it(directory: StaffDirectory) -> None:
    entry = (await directory.entries([SAM], 2.0))[SAM]
    assert (entry.staff_id, entry.email, entry.phone) == ("so1", "sam@council.example", "01632 960001")
    assert entry.personal_numbers == ("07700 900001",)
    assert not entry.has_left


async def test_a_disabled_account_is_of_somebody_who_has_left(directory: StaffDirectory) -> None:
    ada = Contact("Ada Byron", team="North team")
    assert (await directory.entries([ada], 2.0))[ada].has_left


async def test_several_are_looked_up_in_one_question(directory: StaffDirectory) -> None:
    by_id, nobody = Contact(staff_id="AB1"), Contact("Nobody", team="North team")
    shared = Contact(email="shared@council.example")
    found = await directory.entries([SAM, by_id, nobody, shared], 2.0)
    assert {contact: entry.staff_id for contact, entry in found.items()} == {SAM: "so1", by_id: "ab1"}


async def test_what_a_record_holds_is_escaped_in_the_filter(directory: StaffDirectory) -> None:
    odd = Contact("Odd (Name)*", team="North team")
    sly = Contact("*", team="*")
    sly_too = Contact(email="*)(objectClass=*")
    found = await directory.entries([odd, sly, sly_too], 2.0)
    assert list(found) == [odd]


def test_the_filter_is_one_of_rfc_4515() -> None:
    settings = LdapDirectory(kind="ldap", url="ldaps://dc1.council.example", base=SUFFIX)
    assert filter_for(settings, [Contact("A*(b)\\", team="T")]) == (
        "(&(objectClass=person)(|(&(displayName=A\\2a\\28b\\29\\5c)(department=T))))"
    )
    assert filter_for(settings, [Contact(staff_id="x", email="y@z")]).endswith("(|(sAMAccountName=x)))")


async def test_ldaps_serves_as_well(slapd: Slapd) -> None:
    staff = staff_of(slapd, url=f"ldaps://127.0.0.1:{slapd.tls_port}")
    assert SAM in await staff.entries([SAM], 2.0)
    await staff.close()


@pytest.mark.parametrize(
    "changed",
    [{"ca_file": None}, {"url": "ldap://localhost:{port}"}, {"password": "wrong"},
     {"url": "ldap://127.0.0.1:1"}, {"only": "(objectClass=inetOrgPerson"}],
)  # fmt: skip
async def test_whatever_is_wrong_contacts_stay_as_they_are_and_the_log_says_so_once(
    slapd: Slapd, changed: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    if "url" in changed:
        changed = {"url": changed["url"].format(port=slapd.port)}
    staff = staff_of(slapd, **changed)
    assert [await staff.entries([SAM], 2.0) for _ in range(2)] == [{}, {}]
    await staff.close()
    (said,) = caplog.records
    assert "staff directory: LDAP did not answer" in said.getMessage()
    assert "Okafor" not in caplog.text
    assert slapd.password not in caplog.text


async def test_a_frozen_server_costs_no_more_than_its_time_and_is_asked_again_later(
    slapd: Slapd, directory: StaffDirectory
) -> None:
    assert SAM in await directory.entries([SAM], 2.0)
    with slapd.frozen():
        began = time.monotonic()
        assert await directory.entries([SAM], 0.15) == {}
        assert time.monotonic() - began < 0.4
    assert SAM in await directory.entries([SAM], 5.0)
