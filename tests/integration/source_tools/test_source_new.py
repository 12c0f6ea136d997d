"""`broker source new` on real databases: what it proposes, leaves open, and never writes."""

from __future__ import annotations

from pathlib import Path

import pytest

import handwritten
from broker.cli.printing import Exit
from broker.owners.new_files import write_both
from connectors.source_file import SourceFile
from policy.load import load_policy
from tests.fakes.extracts import write_csv
from tests.integration.source_tools.conftest import service_on
from tests.integration.source_tools.probation import SAID, TABLE, WORDS, Service, drafted, rows, run

NO_WITNESS = (
    "broker.yaml: no witness cosigns the audit log (docs/how-to/witness-a-log.md); production needs one"
)


def source_of(directory: Path) -> SourceFile:
    return handwritten.read(directory / "sources" / "probation.yaml", SourceFile)


def test_the_columns_of_a_council_system_are_recognised_with_their_forms_and_indexes(
    directory: Path, service: Service
) -> None:
    made = drafted(directory, service)
    assert made.exit_code == Exit.WELL, made.output
    source = source_of(directory)
    columns = source.identifiers
    assert (columns.given_name.column, columns.family_name.column) == ("Forename", "Surname")
    assert columns.birth_date is not None
    assert (columns.birth_date.column, columns.birth_date.format) == ("DateOfBirth", "dmy_text")
    assert columns.family_name.indexed is ("Surname" in service.indexed)
    assert not columns.birth_date.indexed
    assert source.local_key == "CRN"
    involvement = source.involvement
    assert involvement.started
    assert involvement.started.column == "OrderStart"
    assert involvement.last_contact
    assert involvement.last_contact.format == "dmy_text"
    assert source.sex_codes == {"F": "female", "M": "male"}
    assert source.status_codes == {"ACT": "act", "BREACH": "breach", "TERM": "term"}
    assert source.contact.name
    assert source.contact.name.column == "OffenderManager"
    assert source.population == 400


def test_what_is_not_certain_is_a_comment_with_its_reason(directory: Path, service: Service) -> None:
    drafted(directory, service)
    source, text = source_of(directory), (directory / "sources" / "probation.yaml").read_text()
    assert source.involvement.ended is None
    assert "# ended: OrderEnd" in text
    assert "too few values to see how its dates are written" in text
    assert source.contact.phone
    assert source.contact.phone.column == "OffenderManagerPhone"
    assert "# phone: Mobile" in text
    assert "the person's own number" in text
    assert source.restricted is None
    assert "# restricted: {column: Restricted" in text
    assert source.gates == {}
    assert "#   category: Category" in text
    assert source.stored_case == "as_written"
    assert "# stored_case: upper" in text


def test_the_files_pass_the_whole_check_at_once_and_share_nothing(directory: Path, service: Service) -> None:
    drafted(directory, service)
    checked = run("check", directory)
    assert checked.exit_code == Exit.WELL, checked.output
    assert [line for line in checked.output.splitlines() if line.strip()] == [
        NO_WITNESS,
        "0 faults, 1 warning",
    ]
    loaded = load_policy(directory / "policies" / "probation.yaml")
    assert list(loaded.policy.shared_fields()) == []
    assert loaded.policy.tests
    assert run("policy", "test", directory).exit_code == Exit.WELL


def test_no_value_of_anybody_is_printed_or_written(
    directory: Path, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    made = drafted(directory, service)
    files = "".join(path.read_text() for path in directory.rglob("*.yaml"))
    told = made.output + files + caplog.text
    assert "DateOfBirth" in told
    assert [word for word in WORDS if word in told] == []


def test_nothing_that_is_there_is_overwritten(directory: Path, service: Service) -> None:
    path = directory / "policies" / "probation.yaml"
    path.write_text("somebody's own work\n")
    again = drafted(directory, service)
    assert (again.exit_code, "never overwritten" in again.output) == (Exit.WRONG, True)
    assert path.read_text() == "somebody's own work\n"
    assert not (directory / "sources" / "probation.yaml").exists()


@pytest.fixture
def sqlite(request: pytest.FixtureRequest, tmp_path: Path) -> Service:
    return service_on("sqlite", request, tmp_path)


def test_without_looking_at_values_the_form_of_text_dates_stays_open(
    directory: Path, sqlite: Service
) -> None:
    told = drafted(directory, sqlite, "--no-values")
    assert (told.exit_code, "say it with --dates" in " ".join(told.output.split())) == (Exit.USAGE, True)
    assert not (directory / "sources" / "probation.yaml").exists()
    assert drafted(directory, sqlite, "--no-values", "--dates", "dmy_text").exit_code == Exit.WELL
    source = source_of(directory)
    assert source.involvement.ended
    assert source.involvement.ended.format == "dmy_text"
    assert (source.status_codes, source.sex_codes) == ({}, {})


def test_unattended_every_option_that_is_missing_is_named_at_once(directory: Path, sqlite: Service) -> None:
    told = run("source", "new", "probation", directory, *sqlite.options, "--yes")
    assert told.exit_code == Exit.USAGE
    for option in ("--service", "--system", "--desk-name", "--desk-phone", "--area", "--since"):
        assert option in told.output


def test_a_person_is_asked_for_what_no_option_says(directory: Path, sqlite: Service) -> None:
    answers = "\n".join(
        ("", "Probation", "Delius", "Probation desk", "01632 960061", "Northshire", "2015-01-01")
    )
    told = run("source", "new", "probation", directory, *sqlite.options, typed=f"{answers}\n")
    assert told.exit_code == Exit.WELL, told.output
    assert source_of(directory).system == "Delius"


def test_a_column_that_nobody_could_guess_is_asked_for(directory: Path, sqlite: Service) -> None:
    sqlite.run("ALTER TABLE offender_order RENAME COLUMN Surname TO SNM_TXT")
    told = drafted(directory, sqlite)
    assert (told.exit_code, "identifiers.family_name" in told.output) == (Exit.USAGE, True)
    assert "--map" in told.output
    told = drafted(directory, sqlite, "--map", "family_name=SNM_TXT")
    assert told.exit_code == Exit.WELL, told.output
    assert source_of(directory).identifiers.family_name.column == "SNM_TXT"


def test_of_two_tables_that_look_like_people_a_person_chooses(directory: Path, sqlite: Service) -> None:
    sqlite.run("CREATE TABLE former_order AS SELECT * FROM offender_order")
    told = drafted(directory, sqlite)
    assert (told.exit_code, "--table" in told.output) == (Exit.USAGE, True)
    assert drafted(directory, sqlite, "--table", "offender_order").exit_code == Exit.WELL
    assert source_of(directory).table == "offender_order"


def test_a_column_or_place_that_is_not_there_is_said_to_be_so(directory: Path, sqlite: Service) -> None:
    told = drafted(directory, sqlite, "--map", "family_name=Nowhere")
    assert (told.exit_code, "no column 'Nowhere'" in told.output) == (Exit.USAGE, True)
    told = drafted(directory, sqlite, "--map", "shoe_size=Surname")
    assert (told.exit_code, "There is no place 'shoe_size'" in told.output) == (Exit.USAGE, True)


def test_a_place_may_be_left_empty(directory: Path, sqlite: Service) -> None:
    assert drafted(directory, sqlite, "--map", "address=").exit_code == Exit.WELL
    assert source_of(directory).identifiers.address is None


def test_a_desk_number_that_is_none_writes_neither_file(directory: Path, sqlite: Service) -> None:
    wrong = [one if one != "01632 960061" else "ring us" for one in SAID]
    told = run("source", "new", "probation", directory, *sqlite.options, *wrong)
    assert told.exit_code == Exit.WRONG
    assert "sources/probation.yaml:" in told.output
    assert not list(directory.rglob("probation.yaml"))


def test_a_password_written_out_is_refused_and_not_repeated(directory: Path) -> None:
    told = run("source", "new", "probation", directory, "--kind", "postgresql", "--host", "127.0.0.1",
               "--database", "x", "--user", "u", "--password", "hunter2-in-the-open", *SAID)  # fmt: skip
    assert told.exit_code == Exit.WRONG
    assert "hunter2" not in told.output


def test_a_column_name_cannot_end_a_comment_or_a_line(directory: Path, sqlite: Service) -> None:
    sqlite.run('ALTER TABLE offender_order ADD COLUMN "Sensitive\nrestricted: {x: y}" TEXT')
    sqlite.run('ALTER TABLE offender_order RENAME COLUMN HomeAddress TO "Home address: 1, {#"')
    told = drafted(directory, sqlite, "--map", "address=Home address: 1, {#")
    assert told.exit_code == Exit.WELL, told.output
    address = source_of(directory).identifiers.address
    assert address
    assert address.column == "Home address: 1, {#"


def test_one_file_is_not_left_without_the_other(directory: Path) -> None:
    with pytest.raises(handwritten.Faults):
        write_both(directory, "probation", "format: source/1\n", "format: sharing-policy/1\n")
    assert not list(directory.rglob("probation.yaml"))


@pytest.mark.parametrize("name", ["Probation", "../probation", "pro bation", "1st", "x" * 70])
def test_a_name_that_is_none_is_refused_before_anything(directory: Path, sqlite: Service, name: str) -> None:
    told = run("source", "new", name, directory, *sqlite.options, *SAID)
    assert (told.exit_code, "small letters" in told.output) == (Exit.USAGE, True)


@pytest.mark.parametrize("more", [(), ("--map", "given_name=Forename"), ("--table", TABLE)])
def test_the_first_row_of_an_extract_without_a_header_is_not_shown(
    directory: Path, tmp_path: Path, more: tuple[str, ...]
) -> None:
    path = tmp_path / f"{TABLE}.csv"
    write_csv(path, [[cell or number for number, cell in enumerate(row)] for row in rows()])
    told = run("source", "new", "probation", directory, "--kind", "extract", "--path", path, *SAID, *more)
    assert (told.exit_code, "Is it the header" in " ".join(told.output.split())) == (Exit.USAGE, True)
    assert [word for word in WORDS if word in told.output] == []
