"""What columns of English councils' systems are called: from a column's name to a place in the source file.

Names are compared without capitals, separators and words for the subject (client_surname, PersonSurname). Where a
place has usual names and others that may mean it, the usual ones go first. A name that may mean something else is
*doubtful*, with the reason: it is never taken by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SHORT: Mapping[str, str] = {
    "dt": "date", "no": "number", "num": "number", "nbr": "number", "tel": "phone", "telephone": "phone",
    "addr": "address", "pcode": "postcode", "mail": "email", "fname": "forename", "lname": "surname", "cd": "code",
    "dat": "date", "desc": "description",
}  # fmt: skip
_SUBJECTS = frozenset(
    """person client tenant pupil student child offender patient subject nominal service user su applicant customer
    citizen resident young yp learner party per cl legal current main primary contact case order tenancy episode
    record pop probationer member occupant""".split()  # noqa: SIM905 -- quotation marks would hide the words
)
_WORKERS = """officer worker keyworker key_worker lead_practitioner lead_professional lead_worker case_manager
    case_worker caseworker allocated_worker offender_manager probation_officer responsible_officer practitioner
    social_worker health_visitor care_coordinator housing_officer allocated_officer lead_officer case_holder
    supervisor designated_lead""".split()  # noqa: SIM905 -- as above

_USUAL: Mapping[str, str] = {
    "identifiers.given_name": "forename forenames forename_1 first_name first_names given_name given_names",
    "identifiers.family_name": "surname last_name family_name surname_1",
    "identifiers.other_family_names": "maiden_name previous_surname former_surname birth_surname alias_surname "
    "aka_surname previous_family_name previous_last_name other_surname",
    "identifiers.birth_date": "dob date_of_birth birth_date born birthdate d_o_b",
    "identifiers.sex": "sex gender sex_code gender_code",
    "identifiers.address": "address full_address current_address home_address last_known_address property_address "
    "address_line_1 address_1",
    "identifiers.postcode": "postcode post_code last_known_postcode postal_code home_postcode property_postcode",
    "identifiers.uprn": "uprn",
    "identifiers.nhs_number": "nhs_number nhs",
    "identifiers.upn": "upn unique_pupil_number",
    "involvement.started": "start_date started date_started opened open_date date_opened start tenancy_start",
    "involvement.ended": "end_date ended date_ended closed close_date closed_date closure_date date_closed end "
    "tenancy_end",
    "involvement.last_contact": "last_contact last_contact_date date_of_last_contact last_seen last_visit "
    "last_visit_date last_seen_date last_appointment last_appointment_date",
    "involvement.status": "status state case_status status_code order_status tenancy_status",
    "contact.name": " ".join([*_WORKERS, *(f"{one}_name" for one in _WORKERS)]),
    "contact.role": " ".join(f"{one}_{word}" for one in _WORKERS for word in ("role", "title", "post")),
    "contact.team": "team team_name unit patch team_description office_name pdu",
    "contact.phone": " ".join(
        f"{one}_{word}" for one in (*_WORKERS, "team", "office", "unit", "desk", "work", "duty")
        for word in ("phone", "phone_number", "mobile")
    ),
    "contact.email": " ".join(
        f"{one}_{word}" for one in (*_WORKERS, "team", "office", "unit", "desk", "work")
        for word in ("email", "email_address")
    ),
}  # fmt: skip
_ALSO: Mapping[str, str] = {
    "involvement.started": "referral_date date_referred entry_date admission_date commencement_date from_date "
    "registration_date sentence_date date_from created_on",
    "involvement.ended": "leaving_date to_date termination_date completion_date discharge_date date_to "
    "finalised_on expiry_date",
    "involvement.status": "stage",
}
_DOUBTFUL: Mapping[str, tuple[str, str]] = {
    "phone": ("contact.phone", "it may be the person's own number, which may never be shown"),
    "mobile": ("contact.phone", "it may be the person's own number, which may never be shown"),
    "phone_number": ("contact.phone", "it may be the person's own number, which may never be shown"),
    "email": ("contact.email", "it may be the person's own address, which may never be shown"),
    "email_address": ("contact.email", "it may be the person's own address, which may never be shown"),
    "role": ("contact.role", "it may be the person's part in the matter: then it is a gate"),
    "last_updated": ("involvement.last_contact", "it may be when a clerk changed the row, not a contact"),
    "last_update": ("involvement.last_contact", "it may be when a clerk changed the row, not a contact"),
    "modified": ("involvement.last_contact", "it may be when a clerk changed the row, not a contact"),
    "last_action_on": ("involvement.last_contact", "it may be something else than a contact with the person"),
    "created": ("involvement.started", "it may be when the row was written, not when the service began"),
    "case_reference": (
        "identifiers.case_id",
        "it identifies a case, and only if requesters know it by this number",
    ),
}
_RESTRICTS = """sensitive restricted restriction do_not_share protected shielded confidential secure locked vip
    restricted_access access_restricted safe_at_home hidden non_disclosure""".split()  # noqa: SIM905 -- as above
_GATES = """category type kind offence_type plan_type plan_state reason party_role order_type case_type
    referral_reason need risk risk_level tier""".split()  # noqa: SIM905 -- as above
_KEYS = "id key ref reference row_id record_id person_id client_id case_id case_ref crn tenant_ref".split()  # noqa: SIM905 -- as above


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column's name may mean. ``rank``: 0 usual, 1 also usual; ``doubt``: why it may be something else."""

    place: str
    rank: int = 0
    doubt: str | None = None


def meaning_of(column: str) -> Meaning | None:
    """The place in a source file that a column's name speaks of, such as ``identifiers.given_name``."""
    for words in _shorter_and_shorter(_words(column)):
        key = "".join(words)
        if found := _KNOWN.get(key):
            return found
    return None


def restricts(column: str) -> bool:
    """Whether a column's name speaks of people who have to be shielded."""
    return _any_of(column, _RESTRICTS)


def gates(column: str) -> bool:
    """Whether a column's name speaks of a kind of record, which a policy may have to test."""
    return _any_of(column, _GATES)


def is_key(column: str) -> bool:
    """Whether a column's name speaks of a row's own key."""
    return _any_of(column, _KEYS)


def plain(column: str) -> str:
    """A column's name as a short name: small letters, digits, underscores, a letter first."""
    made = "_".join(one.lower() for one in _WORD.findall(column))
    return (made if made[:1].isalpha() else f"c_{made}").rstrip("_")[:63]


def _any_of(column: str, names: list[str]) -> bool:
    keys = {"".join(_words(one)) for one in names}
    return any("".join(words) in keys for words in _shorter_and_shorter(_words(column)))


def _words(column: str) -> list[str]:
    found = [one.lower() for one in _WORD.findall(column)]
    return [_SHORT.get(one, one) for one in found]


def _shorter_and_shorter(words: list[str]) -> Iterator[list[str]]:
    """The words, then without words for the subject before them, then without a 1 at the end."""
    while words:
        yield words
        if words[-1] == "1":
            yield words[:-1]
        if words[0] not in _SUBJECTS:
            return
        words = words[1:]


def _known() -> dict[str, Meaning]:
    """By the words written together. A usual name goes before one that is also used, a doubtful one last."""
    found: dict[str, Meaning] = {}
    for name, (place, doubt) in _DOUBTFUL.items():
        found["".join(_words(name))] = Meaning(place, 2, doubt)
    for rank, names in ((1, _ALSO), (0, _USUAL)):
        for place, those in names.items():
            for name in those.split():
                found["".join(_words(name))] = Meaning(place, rank)
    return found


_KNOWN = _known()
