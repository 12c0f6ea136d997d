"""The default figures of matching and their sources, as docs/explanation has them for data scientists.

``python -m tests.unit.matching.figures_in_docs`` writes them there anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from broker.explaining.words import IDENTIFIERS, LEVELS
from broker.matching.claims import CERTAIN_FROM, POSSIBLE_FROM, PROBABLE_FROM, PROBABLE_IN_PART_FROM
from broker.matching.compare_names import CLOSE, SIMILAR
from broker.matching.frequencies import UNLISTED_FAMILY_NAME, UNLISTED_GIVEN_NAME
from broker.matching.weights import DEFAULT_WEIGHTS, Weights

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "matching-for-data-scientists.md"
BEGIN, END = (
    "<!-- figures: written by tests/unit/matching/figures_in_docs.py -->\n",
    "<!-- end of figures -->\n",
)

SOURCES: Mapping[str, Mapping[str, str]] = {
    "given_name": {
        "all_names": "J, J",
        "exact": "C, N",
        "close": "C, N",
        "nickname": "C, N",
        "similar": "C, N",
        "two_names": "J, J",
        "initial": "C, N",
        "differs": "C, N",
    },
    "family_name": dict.fromkeys(("exact", "close", "shared_token", "similar", "differs"), "C, N"),
    "birth_date": dict.fromkeys(
        ("exact", "day_month_swap", "one_edit", "two_of_three_parts", "same_year", "differs"), "C, B"
    ),
    "address": {
        "same_dwelling": "H, J",
        "same_street": "J, J",
        "similar": "J, J",
        "differs": "H, J",
    },
    "postcode": {
        "exact": "C, J",
        "one_edit": "J, J",
        "sector": "C, J",
        "district": "J, J",
        "differs": "C, J",
    },
    "sex": dict.fromkeys(("same", "differs"), "C, J"),
    "number": dict.fromkeys(("exact", "one_edit", "differs"), "J, J"),
}
"""Per table and level, where m and u come from, by the letters that the page explains."""


def figures(weights: Weights = DEFAULT_WEIGHTS) -> str:
    """The section between the marks, both included."""
    return BEGIN + "\n".join([*_tables(weights), "", *_others(weights), ""]) + END


def _tables(weights: Weights) -> Iterator[str]:
    yield "| identifier | level | m | u | household | twin | m, u from |"
    yield "|---|---|---|---|---|---|---|"
    for table, levels in weights.evidence.items():
        called = IDENTIFIERS.get(table, "NHS number, UPN")
        for level, evidence in levels.items():
            chances = " | ".join(f"{one:g}" for one in evidence.chances)
            yield f"| {called} | {LEVELS[level]} | {chances} | {SOURCES[table][level]} |"


def _others(weights: Weights) -> Iterator[str]:
    yield "| figure | value | from |"
    yield "|---|---|---|"
    for name, value, source in _further(weights):
        yield f"| {name} | {value:g} | {source} |"


def _further(weights: Weights) -> Iterator[tuple[str, Any, str]]:
    yield "chance that somebody asked about is in the source", weights.in_source, "J"
    yield "relatives that a person has in it", weights.relatives, "J"
    yield "twins that a person has in it", weights.twins, "O: 14 to 16 of 1,000 maternities are multiple"
    yield "bits that exchanged names cost", weights.swap_bits, "J"
    yield "no name is rarer than", weights.rarest_share, "J"
    yield "share of a first name that is not listed", UNLISTED_GIVEN_NAME, "J"
    yield "share of a family name that is not listed", UNLISTED_FAMILY_NAME, "J"
    yield "Jaro-Winkler similarity of a close spelling", CLOSE, "J"
    yield "Jaro-Winkler similarity of names somewhat alike", SIMILAR, "J"
    yield "chance from which a match is certain", CERTAIN_FROM, "J"
    yield "chance from which it is probable", PROBABLE_FROM, "J"
    yield "the same, where a birth date agrees in part", PROBABLE_IN_PART_FROM, "J"
    yield "chance from which it is possible", POSSIBLE_FROM, "J"


def with_figures(page: str, weights: Weights = DEFAULT_WEIGHTS) -> str:
    """The page with its section written anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + figures(weights) + after


if __name__ == "__main__":
    PAGE.write_text(with_figures(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
