"""What columns of councils' systems are called."""

from __future__ import annotations

import pytest

from broker.owners.column_words import gates, is_key, meaning_of, plain, restricts


@pytest.mark.parametrize(
    ("column", "place"),
    [
        ("FirstName", "identifiers.given_name"),
        ("FORENAME_1", "identifiers.given_name"),
        ("forename1", "identifiers.given_name"),
        ("legal_forename", "identifiers.given_name"),
        ("PersonSurname", "identifiers.family_name"),
        ("CLIENT_LAST_NAME", "identifiers.family_name"),
        ("previous_surname", "identifiers.other_family_names"),
        ("DOB", "identifiers.birth_date"),
        ("dateOfBirth", "identifiers.birth_date"),
        ("D_O_B", "identifiers.birth_date"),
        ("Gender Code", "identifiers.sex"),
        ("ADDR_1", "identifiers.address"),
        ("Post_Code", "identifiers.postcode"),
        ("NHSNo", "identifiers.nhs_number"),
        ("start_dt", "involvement.started"),
        ("OrderStart", "involvement.started"),
        ("sentence_date", "involvement.started"),
        ("LastContactDate", "involvement.last_contact"),
        ("TenancyStatus", "involvement.status"),
        ("offender_manager", "contact.name"),
        ("KeyWorkerName", "contact.name"),
        ("officer_tel_no", "contact.phone"),
        ("TeamName", "contact.team"),
    ],
)
def test_a_usual_name_is_recognised_however_it_is_written(column: str, place: str) -> None:
    found = meaning_of(column)
    assert found is not None
    assert (found.place, found.doubt) == (place, None)


@pytest.mark.parametrize(
    "column",
    [
        "officer_surname",
        "mother_forename",
        "gp_name",
        "next_of_kin_dob",
        "partner_postcode",
        "notes",
        "",
        "__",
    ],
)
def test_a_column_about_somebody_else_is_not_the_persons(column: str) -> None:
    assert meaning_of(column) is None


@pytest.mark.parametrize(
    "column", ["Mobile", "telephone", "email", "client_phone_no", "contact_email", "last_updated"]
)
def test_a_column_that_may_be_the_persons_own_is_in_doubt(column: str) -> None:
    found = meaning_of(column)
    assert found is not None
    assert found.doubt


def test_columns_that_shield_or_classify_or_identify_rows_are_recognised() -> None:
    assert all(map(restricts, ("Sensitive", "do_not_share", "RestrictedAccess", "client_protected")))
    assert not any(map(restricts, ("status", "forename")))
    assert all(map(gates, ("Category", "offence_type", "PartyRole")))
    assert all(map(is_key, ("CRN", "id", "TenantRef", "case_ref", "PersonID")))


@pytest.mark.parametrize(
    ("code", "name"),
    [("ACT", "act"), ("In Force", "in_force"), ("1A", "c_1_a"), ("Über", "ber"), ("on-hold", "on_hold")],
)
def test_a_code_becomes_a_short_name(code: str, name: str) -> None:
    assert plain(code) == name
