"""``broker check`` names every fault at once: one that is wrong, or cannot be reached, hides no other."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from broker.cli import main
from broker.cli.printing import Exit
from broker.surroundings import LONDON
from tests.fakes.littleworth import policy_file
from tests.fakes.served_littleworth import settled

NO_PORT = "{host: 127.0.0.1, port: 9, database: d, user: u, password: 'env:NO_SUCH_PASSWORD', ssl: disable}"


def faults(directory: Path, *options: str, **environment: str) -> list[str]:
    """The faults that are told."""
    checked = CliRunner().invoke(
        main, ["check", str(directory), "--json", *options], env={"SEAL_KEY": "5e" * 32, **environment}
    )
    assert checked.exception is None or isinstance(checked.exception, SystemExit), checked.exception
    found: list[str] = json.loads(checked.stdout)["faults"]
    assert checked.exit_code == (Exit.WRONG if found else Exit.WELL)
    return found


def change(directory: Path, name: str, old: str, new: str) -> None:
    path = directory / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A Littleworth on SQLite files, in which all is well."""
    settled(tmp_path)
    assert faults(tmp_path) == []
    return tmp_path


def test_a_missing_file_a_wrong_column_and_a_policy_for_no_source_are_named_at_once(directory: Path) -> None:
    (directory / "purposes.yaml").unlink()
    (directory / "policies" / "police.yaml").unlink()
    (directory / "policies" / "probation.yaml").write_text(policy_file("probation"), encoding="utf-8")
    change(directory, "sources/school.yaml", "family_name: family_name", "family_name: surname")
    (directory / "housing.db").unlink()
    told = faults(directory)
    for path, said in (
        ("purposes.yaml", "cannot be read: No such file"),
        ("sources/police.yaml", "No sharing policy is for this source"),
        ("policies/probation.yaml", "There is no source file for this source."),
        ("sources/school.yaml", "there is no column 'surname'"),
        ("sources/housing.yaml", "could not be read"),
    ):
        assert [one for one in told if path in one and said in one], (path, told)
    assert len(told) == 5


def test_a_file_that_cannot_be_understood_hides_no_wrong_column_and_no_failed_test(directory: Path) -> None:
    change(directory, "sources/police.yaml", "population: 20000", "population: many")
    change(directory, "sources/school.yaml", "upn: upn", "upn: pupil_number")
    change(directory, "policies/housing.yaml", "expect: nothing", "expect: {involved: yes}")
    change(directory, "broker.yaml", "format: broker/1", "format: broker/2")
    told = faults(directory)
    assert any("police.yaml" in one and "Write a whole number here." in one for one in told)
    assert any("policy housing: test" in one for one in told)
    assert any("broker.yaml" in one for one in told)
    # Without a broker.yaml nobody knows where the secrets are; with one, the databases are asked, too.
    change(directory, "broker.yaml", "format: broker/2", "format: broker/1")
    told = faults(directory)
    assert any("school.yaml" in one and "there is no column 'pupil_number'" in one for one in told)
    assert not any("There is no source file" in one for one in told)
    assert len(told) == 3


def test_a_file_in_trouble_is_not_said_to_be_missing_whatever_it_is_called(directory: Path) -> None:
    (directory / "sources" / "police.yaml").rename(directory / "sources" / "90-constabulary.yaml")
    change(directory, "sources/90-constabulary.yaml", "population: 20000", "population: many")
    (told,) = faults(directory)
    assert "Write a whole number here." in told


def test_every_column_that_is_not_there_is_named_with_what_was_meant(directory: Path) -> None:
    change(directory, "sources/school.yaml", "given_name: given_name", "given_name: given_nam")
    change(directory, "sources/school.yaml", "gates: {category: category}", "gates: {category: kategory}")
    (told,) = faults(directory)
    assert "identifiers.given_name: there is no column 'given_nam'. Did you mean 'given_name'?" in told
    assert "gates.category: there is no column 'kategory'. Did you mean 'category'?" in told


def test_an_unreachable_database_is_told_as_such_and_hides_no_other_fault(directory: Path) -> None:
    change(directory, "sources/police.yaml", "kind: sqlite", "kind: postgresql")
    change(directory, "sources/police.yaml", "{path: police.db}", NO_PORT)
    (directory / "school.db").write_text("no database\n" * 1000, encoding="utf-8")
    change(directory, "sources/housing.yaml", "postcode: postcode", "postcode: post_code")
    told = faults(directory, NO_SUCH_PASSWORD="secret")
    assert [Path(one.split(": ")[0]).name for one in told] == ["housing.yaml", "police.yaml", "school.yaml"]
    assert "Did you mean 'postcode'?" in told[0]
    assert "could not be reached" in told[1]
    assert "could not be read" in told[2]
    assert "secret" not in str(told)


def test_a_secret_that_is_not_there_is_named_beside_the_others(directory: Path) -> None:
    change(directory, "sources/police.yaml", "kind: sqlite", "kind: postgresql")
    change(directory, "sources/police.yaml", "{path: police.db}", NO_PORT)
    change(directory, "sources/housing.yaml", "kind: sqlite", "kind: sqlit")
    change(directory, "sources/school.yaml", "{path: school.db}", "{file: school.db}")
    (directory / "state" / "keys" / "signing.key").unlink()
    (directory / "state" / "jwks.json").unlink()
    told = faults(directory, SEAL_KEY="5e")
    for said in (
        "64 hexadecimal digits",
        "There are no whole keys in",
        "state/jwks.json: there is no such file",
        "police.yaml: the password env:NO_SUCH_PASSWORD could not be read",
        "Did you mean 'sqlite'?",
        "the connection is not one of kind sqlite",
    ):
        assert [one for one in told if said in one], (said, told)
    assert len(told) == 6


def test_files_only_asks_no_database_and_no_secret(directory: Path) -> None:
    (directory / "school.db").unlink()
    (directory / "state" / "jwks.json").unlink()
    assert faults(directory, "--files-only", SEAL_KEY="") == []


def test_checking_changes_nothing_of_what_it_reads(directory: Path) -> None:
    before = {path: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}
    assert faults(directory) == []
    after = {path: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}
    assert after == before


def test_a_policy_that_ends_soon_and_a_production_without_signatures_are_warned_of(directory: Path) -> None:
    soon = (datetime.now(LONDON) + timedelta(days=20)).date().isoformat()
    path = directory / "policies" / "school.yaml"
    path.write_text(
        re.sub(r"until: [\d-]+", f"until: {soon}", path.read_text(encoding="utf-8")), encoding="utf-8"
    )
    change(directory, "broker.yaml", "audit:", "production: true\naudit:")
    checked = CliRunner().invoke(main, ["check", str(directory), "--json", "--files-only"])
    warned: list[str] = json.loads(checked.stdout)["warnings"]
    assert f"policy school: it ends on {soon}, and shares nothing from then on. Renew it in time." in warned
    assert [one for one in warned if "ask for the owners' signatures" in one]


def test_a_source_that_purposes_name_and_nobody_has_is_warned_of_with_what_was_meant(directory: Path) -> None:
    change(directory, "purposes.yaml", "sources: all", "sources: {never: [shcool, staff_records]}")
    checked = CliRunner().invoke(main, ["check", str(directory), "--json", "--files-only"])
    warned: list[str] = json.loads(checked.stdout)["warnings"]
    of_sources = [one for one in warned if "there is no source" in one]
    assert of_sources == [
        "purposes.yaml: section_47_enquiry: there is no source shcool. Did you mean school?",
        "purposes.yaml: section_47_enquiry: there is no source staff_records.",
    ]


def test_alerts_that_whoever_runs_the_broker_can_read_are_warned_of(directory: Path) -> None:
    change(directory, "policies/school.yaml", "sensitive:", "alert_owner_when_withheld: true\nsensitive:")
    checked = CliRunner().invoke(main, ["check", str(directory), "--json", "--files-only"])
    warned: list[str] = json.loads(checked.stdout)["warnings"]
    assert [one for one in warned if one.startswith("policy school: whoever runs the broker can read")]


def test_emergency_access_that_any_sign_in_opens_is_warned_of(directory: Path) -> None:
    change(
        directory,
        "purposes.yaml",
        "    sources: all\n",
        "    sources: all\n"
        "    emergency: {tell_owner_within: 1 hour, review_within: 3 days, ends_after: 30 minutes}\n",
    )
    change(directory, "broker.yaml", "format: broker/1\n", "format: broker/1\nproduction: true\n")
    for settings, count in (("identity:\n", 1), ("identity:\n  step_up: {acr: [strong]}\n", 0)):
        change(directory, "broker.yaml", "identity:\n", settings)
        checked = CliRunner().invoke(main, ["check", str(directory), "--json", "--files-only"])
        warned: list[str] = json.loads(checked.stdout)["warnings"]
        assert len([one for one in warned if "section_47_enquiry is emergency access" in one]) == count
