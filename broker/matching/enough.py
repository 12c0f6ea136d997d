"""Whether enough was typed to identify anyone, and what a search makes of what was typed (law 9)."""

from __future__ import annotations

from dataclasses import replace

from broker.matching.normalise import real_birth_date, real_name, valid_nhs_number, valid_upn
from connectors.contract import Identifiers

_WILDCARDS = str.maketrans("", "", "*%_")


def too_little(person: Identifiers) -> str | None:
    """None when enough was typed to identify someone, else the identifier to add.

    Enough is a valid NHS number or UPN; a family name and a given name (one letter is a name); or one of the
    two names and a whole birth date. A location never counts, and a stopgap ("Baby", 1 January 1900) is no
    identifier.
    """
    if valid_nhs_number(person.nhs_number) or valid_upn(person.upn):
        return None
    given, family = real_name(person.given_name), real_name(person.family_name)
    if not (given or family):
        return "family_name"
    if (given and family) or real_birth_date(person.birth_date):
        return None
    return "given_name" if family else "family_name"


def cleaned(person: Identifiers) -> Identifiers:
    """The identifiers without ``*``, ``%`` and ``_``, and with None where nothing but space was typed."""
    others = (_without_wildcards(name) for name in person.other_family_names)
    return replace(
        person,
        given_name=_without_wildcards(person.given_name),
        family_name=_without_wildcards(person.family_name),
        other_family_names=tuple(filter(None, others)),
        address=_without_wildcards(person.address),
        postcode=_without_wildcards(person.postcode),
        uprn=_without_wildcards(person.uprn),
        nhs_number=_without_wildcards(person.nhs_number),
        upn=_without_wildcards(person.upn),
    )


def _without_wildcards(text: str | None) -> str | None:
    return (text or "").translate(_WILDCARDS).strip() or None
