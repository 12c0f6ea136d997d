"""An explanation in words, for a source's analyst: identifiers, levels, terms, and why a grade is what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from broker.matching.claims import POSSIBLE_FROM, PROBABLE_FROM, PROBABLE_IN_PART_FROM
from broker.matching.explain import Account, Weight
from broker.matching.grades import Grade

IDENTIFIERS: Mapping[str, str] = {
    "given_name": "First name",
    "family_name": "Family name",
    "birth_date": "Birth date",
    "sex": "Sex",
    "nhs_number": "NHS number",
    "upn": "UPN",
    "address": "Address",
    "postcode": "Postcode",
}

LEVELS: Mapping[str, str] = {
    "exact": "the same",
    "same": "the same",
    "all_names": "the same, further names too",
    "close": "a close spelling",
    "nickname": "a form of the same name",
    "similar": "somewhat alike",
    "two_names": "alike, but two names",
    "initial": "the same initial",
    "shared_token": "the same in part",  # nosec B105  # a word of a sentence
    "swapped": "in each other's place",
    "day_month_swap": "day and month exchanged",
    "one_edit": "one slip of a digit",
    "two_of_three_parts": "two of day, month and year",
    "same_year": "the same year",
    "inside": "in the same time",
    "within_a_year": "within a year of it",
    "outside": "in another time",
    "same_dwelling": "the same dwelling",
    "same_street": "the same street",
    "sector": "the same sector",
    "district": "the same district",
    "differs": "different",
}
_NOT_COMPARED = "not compared"
"""Missing on a side, a stopgap, or a number with a wrong check digit. A postcode beside addresses, too."""


def level(weight: Weight) -> str:
    """How the two values of an identifier compare."""
    told = LEVELS[weight.level] if weight.level else _NOT_COMPARED
    return told if weight.counts else f"{told}, but a place does not count here"


def names_of(records: Sequence[int]) -> str:
    """How the records of one person are called: by their places in the file, from 1."""
    numbers = [str(place + 1) for place in records]
    if len(numbers) == 1:
        return f"Record {numbers[0]}"
    return f"Records {', '.join(numbers[:-1])} and {numbers[-1]}, as one person's"


class Term(NamedTuple):
    """A line of the reckoning: what it is called, what it says, and its bits, where it has any."""

    name: str
    says: str
    bits: float | None = None


def terms(account: Account) -> Iterator[Term]:
    """What counts beside the identifiers: the prior first, then what lowers the odds."""
    yield Term("Prior", "anyone in this source", account.prior)
    yield Term("Namesakes", "the name is commoner here", account.namesakes)
    yield Term("Relatives", "would agree too", account.relatives)
    yield Term("Twins", "would agree too", account.twins)


def verdict(account: Account) -> Iterator[Term]:
    """What the bits come to, beside the other records and the law."""
    yield Term("Odds", odds(account.bits), account.bits)
    yield Term("Chance alone", f"{percent(account.chance_alone)}, were this the only record")
    yield Term("Chance", f"{percent(account.chance)}, beside the others and nobody")
    yield Term("Ceiling", f"{account.limit.grade.value}: {account.limit.why}")
    if account.grade is not account.asked_alone:
        yield Term("Asked alone", account.asked_alone.value)
    yield Term("Grade", account.grade.value)


_A_RIVAL_TOOK = 0.05
"""So much less of a chance (of 1) is worth a word about the other records."""


def why(account: Account) -> str:
    """Why the grade is what it is: a sentence, and another one where other records compete."""
    sentence = _why(account)
    if account.chance_alone - account.chance < _A_RIVAL_TOOK:
        return sentence
    return f"{sentence} Other records fit too: alone its chance would be {percent(account.chance_alone)}."


def _why(account: Account) -> str:
    if account.grade is not account.asked_alone:
        taken = account.grade is Grade.CERTAINLY_NOT
        return f"It {'is clearly' if taken else 'could also be'} another person's of the query."
    if account.grade is Grade.CERTAINLY_NOT:
        return _why_not(account)
    if account.grade is not account.by_chance:
        return f"The chance alone would be {account.by_chance.value}, but {account.limit.why}."
    if PROBABLE_FROM <= account.chance < PROBABLE_IN_PART_FROM and account.grade is Grade.POSSIBLE:
        return f"A birth date that agrees in part takes a chance of {percent(PROBABLE_IN_PART_FROM)}."
    return f"A chance of {percent(account.chance)} is {account.grade.value}."


def _why_not(account: Account) -> str:
    if account.chance < POSSIBLE_FROM:
        return f"A chance under {percent(POSSIBLE_FROM)} is no match."
    return "No name, no birth date and no number agrees."


_A_HUNDREDTH_OF_A_PERCENT = 0.0001


def percent(chance: float) -> str:
    """A chance in percent; what is nearly none or nearly all is not rounded to it."""
    if 0 < chance < _A_HUNDREDTH_OF_A_PERCENT:
        return "under 0.01 %"
    if 0 < 1 - chance < _A_HUNDREDTH_OF_A_PERCENT:
        return "over 99.99 %"
    return f"{100 * chance:.2f}".rstrip("0").rstrip(".") + " %"


def bits(value: float) -> str:
    """Bits with their sign: +14.7, −3.2, 0."""
    written = f"{value:+.1f}".replace("-", "−")
    return "0" if written in ("+0.0", "−0.0") else written


_WITH_DECIMALS_BELOW = 10


def odds(in_bits: float) -> str:
    """Odds to one: 1,200 to 1, or 1 to 340."""
    if in_bits >= 0:
        return f"{_rounded(2.0**in_bits)} to 1"
    return f"1 to {_rounded(2.0**-in_bits)}"


def _rounded(number: float) -> str:
    """Two significant figures, with commas; what is below ten with its decimal."""
    written = f"{number:.2g}"
    return written if number < _WITH_DECIMALS_BELOW else f"{float(written):,.0f}"


_AS_DECIMALS_FROM = 0.001


def share(chance: float) -> str:
    """One of the table's chances: 0.93, 0.0038, or 1 in 27,000."""
    return f"{chance:.3g}" if chance >= _AS_DECIMALS_FROM else f"1 in {_rounded(1 / chance)}"
