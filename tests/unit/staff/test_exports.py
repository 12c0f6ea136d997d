"""Staff directories that are files: CSV and SCIM, old, replaced, broken."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from broker.staff.exports import DirectoryUnfit, ExportDirectory, entries_in
from broker.staff.settings import CsvDirectory, Fields, ScimDirectory, StateWords
from connectors.contract import Contact

SAM = Contact("Sam Okafor", team="North team")
FIELDS = Fields(
    name="Name", team="Team", email="Mail", personal_numbers=("Mobile", "Home"), state="Status",
    asked_not_to_be_named="Hidden",
)  # fmt: skip
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
HEADER = "Name,Team,Mail,Mobile,Home,Status,Hidden\n"


def csv_directory(**changed: Any) -> CsvDirectory:
    return CsvDirectory(
        **{
            "kind": "csv",
            "path": "staff.csv",
            "fields": FIELDS,
            "state": StateWords(works_here=("Active",)),
            **changed,
        }
    )


def test_a_csv_export_is_read_by_its_columns() -> None:
    row = "Sam Okafor , North team,sam@council.example,07700 900001,,Active,no\n"
    (entry,) = entries_in(csv_directory(), f"\ufeff{HEADER}{row}".encode())
    assert (entry.name, entry.team, entry.email) == ("Sam Okafor", "North team", "sam@council.example")
    assert entry.personal_numbers == ("07700 900001",)
    assert (entry.has_left, entry.unnamed) == (False, False)


@pytest.mark.parametrize(
    ("words", "state", "gone"),
    [
        (StateWords(works_here=("Active",)), "ACTIVE", False),
        (StateWords(works_here=("Active",)), "On notice", True),
        (StateWords(works_here=("Active",)), "", True),
        (StateWords(left=("Left", "Retired")), "retired", True),
        (StateWords(left=("Left",)), "", False),
    ],
)
def test_a_state_says_who_has_left(words: StateWords, state: str, gone: bool) -> None:
    (entry,) = entries_in(csv_directory(state=words), f"{HEADER}Sam,North,,,,{state},Yes\n".encode())
    assert entry.has_left is gone
    assert entry.unnamed


def scim_user(**changed: Any) -> dict[str, Any]:
    return {
        "userName": "sokafor", "displayName": "Sam Okafor", "title": "Social worker", "active": True,
        "emails": [{"value": "home@mail.example", "type": "home"}, {"value": "b@council.example", "type": "work"},
                   {"value": "a@council.example", "type": "work", "primary": True}],
        "phoneNumbers": [{"value": "01632 960001", "type": "work"}, {"value": "07700 900001", "type": "mobile"}],
        ENTERPRISE: {"department": "North team", "employeeNumber": "4711"},
        **changed,
    }  # fmt: skip


def test_a_scim_user_is_read_by_its_schema() -> None:
    settings = ScimDirectory(kind="scim", path="users.json")
    (entry,) = entries_in(settings, json.dumps({"Resources": [scim_user()]}).encode())
    assert (entry.staff_id, entry.name, entry.role) == ("4711", "Sam Okafor", "Social worker")
    assert (entry.team, entry.phone, entry.email) == ("North team", "01632 960001", "a@council.example")
    assert entry.personal_numbers == ("07700 900001",)
    assert not entry.has_left


@pytest.mark.parametrize("active", [False, None, "true"])
def test_a_scim_user_who_is_not_plainly_active_has_left(active: object) -> None:
    settings = ScimDirectory(kind="scim", path="users.json", unnamed_attribute="hidden")
    (entry,) = entries_in(settings, json.dumps([scim_user(active=active, hidden=True)]).encode())
    assert entry.has_left
    assert entry.unnamed


@pytest.mark.parametrize("content", [b"[", b"{}", b'{"Resources": 5}', b"\xff\xfe", b"null"])
def test_what_is_no_export_says_so_and_repeats_nothing(content: bytes) -> None:
    with pytest.raises(DirectoryUnfit):
        entries_in(ScimDirectory(kind="scim", path="users.json"), content)


def test_a_lost_column_is_named() -> None:
    with pytest.raises(DirectoryUnfit, match="no column 'Mail'"):
        entries_in(csv_directory(), HEADER.replace("Mail", "E-mail").encode())


async def test_another_file_renamed_over_it_is_seen(tmp_path: Path) -> None:
    directory = ExportDirectory(csv_directory(), tmp_path / "staff.csv")
    assert await directory.entries([SAM], 1.0) == {}
    for mail in ("first@council.example", "second@council.example"):
        (tmp_path / "new.csv").write_text(
            f"{HEADER}Sam Okafor,North team,{mail},,,Active,\n", encoding="utf-8"
        )
        (tmp_path / "new.csv").rename(tmp_path / "staff.csv")
        found = await directory.entries([SAM, Contact("Nobody", team="None")], 1.0)
        assert {contact: entry.email for contact, entry in found.items()} == {SAM: mail}


async def test_an_old_file_completes_nobody_and_says_so_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "staff.csv").write_text(
        f"{HEADER}Sam Okafor,North team,a@b.example,,,Active,\n", encoding="utf-8"
    )
    then = time.time() - 3600 * 24 * 9
    os.utime(tmp_path / "staff.csv", (then, then))
    directory = ExportDirectory(csv_directory(), tmp_path / "staff.csv")
    assert [await directory.entries([SAM], 1.0) for _ in range(3)] == [{}, {}, {}]
    (said,) = caplog.records
    assert "the file is 216 hours old; it may be 192 at most" in said.getMessage()


async def test_teams_have_numbers_of_their_own(tmp_path: Path) -> None:
    directory = ExportDirectory(csv_directory(teams={"North team": "01632 960270"}), tmp_path / "staff.csv")
    assert directory.team_phone("north  TEAM") == "01632 960270"
    assert directory.team_phone("South team") is None
