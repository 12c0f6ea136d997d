"""One person of a query, made ready to be compared with many rows.

What does not depend on the row is worked out once; what a value gives is worked out once, in however many rows it
stands. What is remembered is personal: let it go with the query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat

from broker.matching.columns import Birth, Columns
from broker.matching.compare import birth_date_comparer, compare_numbers
from broker.matching.compare_names import compare_family_names, given_name_comparer, in_each_others_place
from broker.matching.evidence import MISSING, Comparison, Evidence, Located, Remembering, evidence_of
from broker.matching.frequencies import (
    FAMILY_NAME_SHARES,
    GIVEN_NAME_SHARES,
    UNLISTED_FAMILY_NAME,
    UNLISTED_GIVEN_NAME,
)
from broker.matching.grades import Reason
from broker.matching.known import Known, Number
from broker.matching.levels import SWAPPED, BirthDateLevel, FamilyNameLevel, GivenNameLevel, SexLevel
from broker.matching.normalise import valid_nhs_number, valid_upn
from broker.matching.places import compare_addresses, compare_postcodes, place
from broker.matching.ranges import weigh_range
from broker.matching.weights import Weights

Location = tuple[str | None, str | None, str | None]
_NEW_YEARS_DAY_TIMES = 10.0
"""1 January is the birth date of many whose true one is unknown: to agree on it says that much less."""


@dataclass(frozen=True, slots=True)
class Against:
    """One person, ready to be compared: the evidence of each value that rows hold, worked out when it is met."""

    person: Known = field(repr=False)
    weights: Weights = field(repr=False)
    given_name: Remembering[str | None, Evidence] = field(repr=False)
    family_name: Remembering[tuple[str, ...], Evidence] = field(repr=False)
    birth: Remembering[Birth, Evidence] = field(repr=False)
    places: Remembering[Location, Located] = field(repr=False)
    once: Remembering[tuple[Evidence, ...], Comparison] = field(repr=False)


def against(person: Known, weights: Weights) -> Against:
    """A person before any row was met. Good for every source of a query that weighs by these weights."""
    return Against(
        person,
        weights,
        Remembering(_given_name(person.given_name, weights)),
        Remembering(_family_name(person.family_names, weights)),
        Remembering(_birth(person, weights)),
        located(person, weights),
        Remembering(lambda told: Comparison(*told)),
    )


def compared(whom: Against, rows: Columns) -> list[Comparison]:
    """The comparison of every row with the person, in the rows' order; of the location nothing is told yet."""
    person, weights = whom.person, whom.weights
    given, family = _names(whom, rows)
    identifiers = zip(
        given,
        family,
        [whom.birth[one] for one in rows.birth],
        _sexes(person.sex, rows.sex, weights),
        _numbers(person.nhs_number, rows.nhs_number, valid_nhs_number, weights),
        _numbers(person.upn, rows.upn, valid_upn, weights),
        strict=False,  # a column that tells nothing has no end
    )
    return [whom.once[told] for told in identifiers]


def located(person: Known, weights: Weights) -> Remembering[Location, Located]:
    """The evidence of each location as written, worked out when it is asked for."""
    home = place(*person.location)
    address, postcode = weights.evidence["address"], weights.evidence["postcode"]

    def locate(written: Location) -> Located:
        there = place(*written)
        level = compare_addresses(home, there)
        if level is not None:
            return address[level], MISSING
        code = compare_postcodes(home.postcode, there.postcode)
        return MISSING, MISSING if code is None else postcode[code]

    return Remembering(locate)


def _names(whom: Against, rows: Columns) -> tuple[Sequence[Evidence], Sequence[Evidence]]:
    """The evidence of given and of family names; of both where they stand in each other's place."""
    given = [whom.given_name[one] for one in rows.given_name]
    family = [whom.family_name[one] for one in rows.family_names]
    crossed = _crossed(whom.person, whom.weights)
    for index, (one, other) in enumerate(zip(given, family, strict=True)):
        if (
            one.reason is Reason.DIFFERS
            and other.reason is Reason.DIFFERS
            and in_each_others_place(whom.person, rows.given_name[index], rows.family_names[index])
        ):
            given[index], family[index] = crossed
    return given, family


def _given_name(typed: str | None, weights: Weights) -> Callable[[str | None], Evidence]:
    levels = weights.evidence["given_name"]
    if typed is None:
        return lambda _: MISSING
    compare, own_share = given_name_comparer(typed), _given_share(typed)

    def weigh(stored: str | None) -> Evidence:
        if stored is None:
            return MISSING
        level = compare(stored)
        if level is GivenNameLevel.EXACT or level is GivenNameLevel.ALL_NAMES:
            return _as_common_as(
                max(own_share, _given_share(stored)), levels[level], levels[GivenNameLevel.EXACT], weights
            )
        return levels[level]

    return weigh


def _given_share(name: str) -> float:
    return GIVEN_NAME_SHARES.get(name.partition(" ")[0], UNLISTED_GIVEN_NAME)


def _family_name(typed: tuple[str, ...], weights: Weights) -> Callable[[tuple[str, ...]], Evidence]:
    levels = weights.evidence["family_name"]

    def weigh(stored: tuple[str, ...]) -> Evidence:
        found = compare_family_names(typed, stored)
        if found is None:
            return MISSING
        level, name = found
        if name is None:
            return levels[level]
        return _as_common_as(_family_share(name), levels[level], levels[level], weights)

    return weigh


def _family_share(name: str = "") -> float:
    return FAMILY_NAME_SHARES.get(name.replace(" ", ""), UNLISTED_FAMILY_NAME)


def _as_common_as(share: float, found: Evidence, exact: Evidence, weights: Weights) -> Evidence:
    """The evidence of a name that such a share of people bears, where the table has it for a middling one."""
    times = max(share, weights.rarest_share) / exact.chances.u
    return evidence_of(found.level, found.chances._replace(u=found.chances.u * times))


def _crossed(person: Known, weights: Weights) -> tuple[Evidence, Evidence]:
    """Of both names where each stands in the other's place: as telling as they are, less what that costs."""
    given, family = weights.given_name[GivenNameLevel.EXACT], weights.family_name[FamilyNameLevel.EXACT]
    shares = _given_share(person.given_name or ""), _family_share(*person.family_names[:1])
    given_u, family_u = (max(share, weights.rarest_share) for share in shares)
    return (
        evidence_of(SWAPPED, given._replace(m=given.m * 2.0**-weights.swap_bits, u=given_u)),
        evidence_of(SWAPPED, family._replace(u=family_u)),
    )


def _birth(person: Known, weights: Weights) -> Callable[[Birth], Evidence]:
    typed, levels = person.birth_date or person.born_between, weights.evidence["birth_date"]
    new_year = levels[BirthDateLevel.EXACT]
    new_year = evidence_of(
        new_year.level, new_year.chances._replace(u=new_year.chances.u * _NEW_YEARS_DAY_TIMES)
    )

    if typed is None:
        return lambda _: MISSING
    between = _range(typed)

    def near(stored: date | tuple[date, date]) -> Evidence:
        return evidence_of(*weigh_range(between, _range(stored), weights))

    if not isinstance(typed, date):
        return lambda stored: near(stored) if stored else MISSING
    compare = birth_date_comparer(typed)

    def weigh(stored: Birth) -> Evidence:
        if not isinstance(stored, date):
            return near(stored) if stored else MISSING
        level = compare(stored)
        if level is BirthDateLevel.EXACT and (stored.month, stored.day) == (1, 1):
            return new_year
        return levels[level]

    return weigh


def _range(born: date | tuple[date, date]) -> tuple[date, date]:
    return (born, born) if isinstance(born, date) else born


def _sexes(typed: str | None, stored: Sequence[str | None], weights: Weights) -> Iterable[Evidence]:
    levels = weights.evidence["sex"]
    same, differs = levels[SexLevel.SAME], levels[SexLevel.DIFFERS]
    if typed == "female":
        told = {"female": same, "male": differs}
    elif typed == "male":
        told = {"male": same, "female": differs}
    else:
        return repeat(MISSING)
    return [told.get(one, MISSING) for one in stored]  # type: ignore[arg-type]  # None is not there either


def _numbers(
    typed: Number | None,
    stored: Sequence[str | None],
    valid: Callable[[str], str | None],
    weights: Weights,
) -> Iterable[Evidence]:
    if typed is None:
        return repeat(MISSING)
    levels = weights.evidence["number"]

    def weigh(written: str | None) -> Evidence:
        level = compare_numbers(typed, Number(written, bool(valid(written)))) if written else None
        return MISSING if level is None else levels[level]

    return [weigh(one) for one in stored]
