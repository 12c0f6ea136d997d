"""Two names, given or family, compared to a level. The same whichever person comes first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import jellyfish

from broker.matching.frequencies import KNOWN_GIVEN_NAMES
from broker.matching.known import Known
from broker.matching.levels import FamilyNameLevel, GivenNameLevel
from broker.matching.nicknames import are_forms_of_one_name, is_the_whole_of
from broker.matching.spelling import as_said

CLOSE, SIMILAR = 0.92, 0.80  # Jaro-Winkler similarity, of 1
_SLIP_IN_AT_LEAST = 5  # characters: in a shorter name one edit makes another name (Reid, Reed)
_LONGEST_NAME = 80  # characters that are compared: time must not grow with what is typed


def _solid(name: str) -> str:
    if len(name) <= _LONGEST_NAME and " " not in name:  # as most are
        return name
    return name.replace(" ", "")[:_LONGEST_NAME]


def _likeness(one: str, other: str) -> float:
    """Jaro-Winkler similarity of two names without spaces; 0.92 at least where one is a slip of the other.

    In a fixed order: it is not quite symmetrical. Names that rhyme (Jayden, Kayden) are two names, often of twins.
    """
    first, second = (one, other) if one < other else (other, one)
    likeness = jellyfish.jaro_winkler_similarity(first, second)
    may_be_a_slip = one[:1] == other[:1] and min(len(one), len(other)) >= _SLIP_IN_AT_LEAST
    if SIMILAR <= likeness < CLOSE and may_be_a_slip:
        return CLOSE if jellyfish.damerau_levenshtein_distance(first, second) == 1 else likeness
    return likeness


# Many men of a family bear one of these before the name that they go by: alone they tell little.
_HONOURING = frozenset(
    ["mohammed", "muhammad", "mohamed", "mohammad", "muhammed", "mohamad", "md", "mohd", "syed", "sheikh"]
)

Compare = Callable[[str], GivenNameLevel]


def given_name_comparer(one: str) -> Compare:
    """A function that compares given names, of one or several words, with this one. None of them is empty.

    A lone letter is only ever an initial.
    """
    words = one.split()
    first, solid, alone = words[0], _solid(one), len(words) == 1
    if len(first) == 1:
        return lambda other: GivenNameLevel.INITIAL if other[0] == first else GivenNameLevel.DIFFERS

    def compare(other: str) -> GivenNameLevel:
        if alone and other == one:
            return GivenNameLevel.EXACT
        if alone and " " not in other and len(other) > 1:
            return _different_words(one, other, _likeness(solid, other[:_LONGEST_NAME]))
        others = other.split()
        if len(others[0]) == 1:
            return GivenNameLevel.INITIAL if others[0] == first[0] else GivenNameLevel.DIFFERS
        if first == others[0]:
            return _same_first_name(words, others)
        if solid == _solid(other):
            return GivenNameLevel.EXACT
        return _different_first_names(words, others)

    return compare


def compare_given_names(one: str | None, other: str | None) -> GivenNameLevel | None:
    """Two given names; None where one is missing."""
    return given_name_comparer(one)(other) if one and other else None


def _same_first_name(words: Sequence[str], others: Sequence[str]) -> GivenNameLevel:
    """Middle names are often left out or cut to an initial; two that contradict each other mean a doubt."""
    both_have_more = len(words) > 1 and len(others) > 1
    agree = not both_have_more or all(
        a == b or (1 in (len(a), len(b)) and a[0] == b[0])
        for a, b in zip(words[1:], others[1:], strict=False)
    )
    if words[0] in _HONOURING and words != others:
        return GivenNameLevel.CLOSE if agree else GivenNameLevel.SIMILAR
    if words[0] in _HONOURING:
        return GivenNameLevel.EXACT
    if agree:
        return GivenNameLevel.ALL_NAMES if both_have_more else GivenNameLevel.EXACT
    return GivenNameLevel.CLOSE


def _different_first_names(words: Sequence[str], others: Sequence[str]) -> GivenNameLevel:
    first, second = words[0], others[0]
    likeness = max(
        _likeness(first[:_LONGEST_NAME], second[:_LONGEST_NAME]),
        _likeness(_solid(" ".join(words)), _solid(" ".join(others))),
    )
    level = _different_words(first, second, likeness)
    known_by_another = any(len(word) > 1 and word in others for word in words)
    return GivenNameLevel.SIMILAR if known_by_another and level is GivenNameLevel.DIFFERS else level


def _different_words(first: str, second: str, likeness: float) -> GivenNameLevel:
    """By sound or slip; but Daniel and Danielle are two names, and so may two people be."""
    if are_forms_of_one_name(first, second):
        if _may_be_twins(first, second):
            return GivenNameLevel.TWO_NAMES
        return GivenNameLevel.CLOSE if likeness >= CLOSE else GivenNameLevel.NICKNAME
    if likeness < SIMILAR:
        return GivenNameLevel.DIFFERS
    if as_said(first) == as_said(second):
        return GivenNameLevel.CLOSE
    if first in KNOWN_GIVEN_NAMES and second in KNOWN_GIVEN_NAMES:
        return GivenNameLevel.TWO_NAMES
    return GivenNameLevel.CLOSE if likeness >= CLOSE else GivenNameLevel.SIMILAR


def _may_be_twins(first: str, second: str) -> bool:
    """Of two forms of one name, neither the whole: each a name of its own, said otherwise (Maisie and Daisy)."""
    return (
        {first, second} <= KNOWN_GIVEN_NAMES
        and not is_the_whole_of(first, second)
        and jellyfish.metaphone(first) != jellyfish.metaphone(second)
    )


_PARTICLES = frozenset(
    word
    for words in (
        "al el abu bin bint ibn ben ul ur",
        "de da do dos das del di la le van von der den ter und zu mc mac st san ap",
    )
    for word in words.split()
)
_FAMILY_ORDER = {level: place for place, level in enumerate(FamilyNameLevel)}


def compare_family_names(
    names: Sequence[str], others: Sequence[str]
) -> tuple[FamilyNameLevel, str | None] | None:
    """The best that any family name of one gives with any of the other's; and the name itself, if exact."""
    if len(names) == len(others) == 1:
        level, name = _compare_two(names[0], others[0]), names[0]
    else:
        levels = [(_compare_two(one, other), one) for one, other in product(names, others)]
        if not levels:
            return None
        level, name = min(levels, key=lambda found: (_FAMILY_ORDER[found[0]], found[1]))
    return level, name.replace(" ", "") if level is FamilyNameLevel.EXACT else None


def _compare_two(one: str, other: str) -> FamilyNameLevel:
    if len(one) == 1 or len(other) == 1:  # an initial for a family name
        return FamilyNameLevel.SIMILAR if one[0] == other[0] else FamilyNameLevel.DIFFERS
    if one == other:
        return FamilyNameLevel.EXACT
    first, second = _solid(one), _solid(other)
    if first == second:
        return FamilyNameLevel.EXACT
    likeness = _likeness(first, second)
    if likeness >= CLOSE:
        return FamilyNameLevel.CLOSE
    if (" " in one or " " in other) and _telling(one) & _telling(other):
        return FamilyNameLevel.SHARED_TOKEN
    return FamilyNameLevel.SIMILAR if likeness >= SIMILAR else FamilyNameLevel.DIFFERS


def _telling(name: str) -> set[str]:
    return {word for word in name.split() if len(word) > 1 and word not in _PARTICLES}


def in_each_others_place(person: Known, given: str | None, families: Sequence[str]) -> bool:
    """Whether given and family name were entered the other way round; one of them with a slip, at most."""
    if not (person.given_name and given):
        return False
    typed = person.given_name
    for family in families:
        if family[0] == typed[0] and any(given[0] == own[0] for own in person.family_names):
            one = _compare_two(typed, family)
            other = min(
                (_compare_two(own, given) for own in person.family_names), key=_FAMILY_ORDER.__getitem__
            )
            if {one, other} <= _SAME_NAME and FamilyNameLevel.EXACT in (one, other):
                return True
    return False


_SAME_NAME = frozenset({FamilyNameLevel.EXACT, FamilyNameLevel.CLOSE})
