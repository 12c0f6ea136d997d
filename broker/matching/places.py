"""Addresses made comparable, and compared: the same dwelling, the same street, similar, or another place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import jellyfish

from broker.matching.levels import AddressLevel, PostcodeLevel
from broker.matching.normalise import fold, postcode


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody lives, made comparable. ``numbers`` are the flat's and the house's; ``street`` ends with
    its kind ("mill ln"); ``words`` is all of the address. What isn't known is empty.
    """

    numbers: tuple[str, ...] = field(default=(), repr=False)
    street: str = field(default="", repr=False)
    words: str = field(default="", repr=False)
    postcode: str = field(default="", repr=False)
    uprn: str = field(default="", repr=False)


_WRITTEN_SHORT = (
    "street=st saint=st road=rd lane=ln avenue=ave av=ave drive=dr close=cl court=ct crescent=cres place=pl",
    "square=sq terrace=terr gardens=gdns grove=gr parade=pde mount=mt house=hse apartment=flat apt=flat",
    "unit=flat number=no",
)
_SHORTER = dict(pair.split("=") for line in _WRITTEN_SHORT for pair in line.split())
_KINDS = (
    "st rd ln ave dr cl ct cres pl sq terr gdns gr pde mt",
    "way walk row hill rise view mews park green brow",
)
_STREET_KINDS = frozenset(kind for line in _KINDS for kind in line.split())
_FLAT = re.compile(r"\bflat (\w+)")
_IN_TEXT_POSTCODE = re.compile(r"\b([a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2})$")
_NUMBER = re.compile(r"[0-9]+[a-z]?")
_LONE_LETTER = re.compile(r"\b([0-9]+) ([a-z])\b(?! [0-9])")
_LONGEST_ADDRESS = 300  # characters; no British address is longer, and time must not grow with what is typed
_NO_FIXED_ABODE = frozenset(
    {"nfa", "no fixed abode", "no fixed address", "unknown", "not known", "tbc", "na"}
)
_A_UPRN_AT_MOST = 12


def place(address: str | None, code: str | None, uprn: str | None) -> Place:
    """The place that an address, a postcode and a UPRN tell; a postcode may stand inside the address."""
    folded = fold((address or "")[:_LONGEST_ADDRESS])
    found = _IN_TEXT_POSTCODE.search(folded)
    if found:
        folded = folded[: found.start()].rstrip()
    known = postcode(code) or (postcode(found[1]) if found else None) or ""
    words = "" if folded in _NO_FIXED_ABODE else " ".join(_SHORTER.get(word, word) for word in folded.split())
    numbers, street = _parts(words)
    return Place(numbers, street, words, known, _uprn(uprn))


def _uprn(written: str | None) -> str:
    digits = (written or "").strip().lstrip("0")
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= _A_UPRN_AT_MOST else ""


def _parts(words: str) -> tuple[tuple[str, ...], str]:
    """The numbers of flat and house, and the street with its kind."""
    flats = tuple(_FLAT.findall(words))
    rest = _LONE_LETTER.sub(r"\1\2", _FLAT.sub("", words)).split()
    at = [index for index, word in enumerate(rest) if _NUMBER.fullmatch(word)]
    numbers = (*flats, *(rest[index] for index in at))
    for after in reversed([0, *(index + 1 for index in at)]):
        words_after = [word for word in rest[after:] if not _NUMBER.fullmatch(word)]
        if words_after:  # an address may end with a number: "Mill Lane 12"
            return numbers, _street(words_after)
    return numbers, ""


def _street(words: list[str]) -> str:
    """The words as far as the first kind of street ("ln"); all of them where there is none."""
    for index, word in enumerate(words):
        if index and word in _STREET_KINDS:
            return " ".join(words[: index + 1])
    return " ".join(words)


_ALIKE_STREET, _ALIKE_ADDRESS = 0.92, 0.90


def compare_addresses(one: Place, other: Place) -> AddressLevel | None:
    """How near two addresses are; None where either is missing."""
    if one.uprn and one.uprn == other.uprn:
        return AddressLevel.SAME_DWELLING
    if not (one.words and other.words):
        return AddressLevel.DIFFERS if one.uprn and other.uprn else None
    level = _by_words(one, other)
    two_dwellings = one.uprn and other.uprn and level is AddressLevel.SAME_DWELLING
    return AddressLevel.SAME_STREET if two_dwellings else level


def _by_words(one: Place, other: Place) -> AddressLevel:
    code = compare_postcodes(one.postcode, other.postcode)
    same_code, slip = code is PostcodeLevel.EXACT, code is PostcodeLevel.ONE_EDIT
    near = same_code or slip or not _far_apart(one, other)
    same_street = one.street == other.street
    alike_street = same_street or _alike(one.street, other.street, _ALIKE_STREET)
    if one.numbers != other.numbers or not (one.numbers or one.words == other.words):
        return AddressLevel.SAME_STREET if same_code or (alike_street and near) else AddressLevel.DIFFERS
    if same_code or (same_street and near) or (alike_street and slip):
        return AddressLevel.SAME_DWELLING
    alike = same_street or (alike_street and near) or _alike(one.words, other.words, _ALIKE_ADDRESS)
    return AddressLevel.SIMILAR if alike else AddressLevel.DIFFERS


def _alike(one: str, other: str, at_least: float) -> bool:
    """By Jaro-Winkler similarity, without spaces. In a fixed order: it is not quite symmetrical."""
    first, second = sorted((one.replace(" ", ""), other.replace(" ", "")))
    return bool(first) and (first == second or jellyfish.jaro_winkler_similarity(first, second) >= at_least)


def _far_apart(one: Place, other: Place) -> bool:
    """Two postcode districts: High Street in one town is not High Street in another."""
    return bool(one.postcode and other.postcode) and _district(one) != _district(other)


def _district(where: Place) -> str:
    return where.postcode.partition(" ")[0]


def compare_postcodes(one: str, other: str) -> PostcodeLevel | None:
    """How near two postcodes are, whole or in part ("SK3 8"); None where one is missing."""
    if not (one and other):
        return None
    (district, _, inward), (other_district, _, other_inward) = one.partition(" "), other.partition(" ")
    both_whole = len(inward) == len(other_inward) == len("8AB")
    if both_whole and one == other:
        return PostcodeLevel.EXACT
    if both_whole and jellyfish.damerau_levenshtein_distance(one, other) == 1:
        return PostcodeLevel.ONE_EDIT
    if district != other_district:
        return PostcodeLevel.DIFFERS
    same_sector = bool(inward) and inward[:1] == other_inward[:1]
    return PostcodeLevel.SECTOR if same_sector else PostcodeLevel.DISTRICT
