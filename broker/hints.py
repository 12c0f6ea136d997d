"""What to add to be sure, when a service can't tell who is meant.

A hint is worked out of what was typed, and of nothing else: whoever is in a database, the same words come back. It
stands alone in this file so that no row can come near it.
"""

from __future__ import annotations

from collections.abc import Mapping

from broker.matching.normalise import real_birth_date, real_name, valid_nhs_number, valid_upn
from broker.matching.places import place
from connectors.contract import Identifiers

HINTS: Mapping[str, str] = {
    "add_birth_date": "Add a birth date, or an age, to be sure.",
    "add_whole_birth_date": "Add the whole birth date to be sure: day, month and year.",
    "add_family_name": "Add the family name to be sure.",
    "add_full_first_name": "Add the full first name to be sure.",
    "add_number_or_address": "Add an NHS number, a UPN or an address to be sure.",
    "add_number": "Add an NHS number or a UPN to be sure.",
    "ring_the_desk": "Ring this service's desk to be sure: there is little left to add.",
}
"""Every hint there is: its code, and the sentence on pages."""


def hint_for(typed: Identifiers) -> str:
    """The code of the hint: the one thing missing that would tell most.

    A stopgap ("Baby", 1 January 1900, no fixed abode), an initial, and a number with a wrong check digit count as
    missing.
    """
    if real_birth_date(typed.birth_date) is None:
        return "add_whole_birth_date" if typed.born_between else "add_birth_date"
    if _at_most_an_initial(typed.family_name):
        return "add_family_name"
    if _at_most_an_initial(typed.given_name):
        return "add_full_first_name"
    if valid_nhs_number(typed.nhs_number) or valid_upn(typed.upn):
        return "ring_the_desk"
    return "add_number" if _lives_somewhere(typed) else "add_number_or_address"


def _at_most_an_initial(name: str | None) -> bool:
    words = (real_name(name) or "").split()
    return not words or len(words[0]) == 1


def _lives_somewhere(typed: Identifiers) -> bool:
    home = place(typed.address, typed.postcode, typed.uprn)
    return bool(home.words or home.postcode or home.uprn)
