"""How two values of one identifier compare, from the best level to none, and what is told of each level."""

from __future__ import annotations

from enum import StrEnum

from broker.matching.grades import Reason


class GivenNameLevel(StrEnum):
    """``all_names``: both have more than one given name, and they agree. ``exact``: the first one does.

    ``two_names``: they look alike, but each is a name of its own, as twins are given (Jayden, Hayden).
    """

    ALL_NAMES = "all_names"
    EXACT = "exact"
    CLOSE = "close"
    NICKNAME = "nickname"
    SIMILAR = "similar"
    TWO_NAMES = "two_names"
    INITIAL = "initial"
    DIFFERS = "differs"


class FamilyNameLevel(StrEnum):
    EXACT = "exact"
    CLOSE = "close"
    SHARED_TOKEN = "shared_token"  # nosec B105  # noqa: S105 -- a part of a name, no secret
    SIMILAR = "similar"
    DIFFERS = "differs"


class BirthDateLevel(StrEnum):
    EXACT = "exact"
    DAY_MONTH_SWAP = "day_month_swap"
    ONE_EDIT = "one_edit"
    TWO_OF_THREE_PARTS = "two_of_three_parts"
    SAME_YEAR = "same_year"
    DIFFERS = "differs"


class RangeLevel(StrEnum):
    """A birth date against a range of dates that was typed for it ("about 35", "March 2012")."""

    INSIDE = "inside"
    WITHIN_A_YEAR = "within_a_year"
    OUTSIDE = "outside"


class SexLevel(StrEnum):
    SAME = "same"
    DIFFERS = "differs"


class NumberLevel(StrEnum):
    EXACT = "exact"
    ONE_EDIT = "one_edit"
    DIFFERS = "differs"


class AddressLevel(StrEnum):
    SAME_DWELLING = "same_dwelling"
    SAME_STREET = "same_street"
    SIMILAR = "similar"
    DIFFERS = "differs"


class PostcodeLevel(StrEnum):
    EXACT = "exact"
    ONE_EDIT = "one_edit"
    SECTOR = "sector"
    DISTRICT = "district"
    DIFFERS = "differs"


SWAPPED = "swapped"
"""The level of both names where they were entered in each other's place."""

_LEVELS_OF = {
    Reason.EXACT: "all_names exact same same_dwelling",
    Reason.CLOSE: "close nickname day_month_swap one_edit",
    Reason.PARTIAL: "similar two_names initial shared_token swapped two_of_three_parts inside"
    " same_street sector district",
    Reason.DIFFERS: "differs same_year within_a_year outside",
}
REASONS = {level: reason for reason, levels in _LEVELS_OF.items() for level in levels.split()}
"""By the level's own word: levels of different identifiers that are called alike mean the same."""
