"""The pages that explain matching have the figures and the sentences that the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from broker.answers import ON_PAGES
from broker.hints import HINTS
from broker.learning.learn import FEWEST_CONFIRMED, LARGEST_MOVE, PRIOR_PAIRS
from broker.matching.limits import Limit
from broker.matching.sentences import every_sentence
from broker.matching.weights import DEFAULT_WEIGHTS
from tests.unit.matching.figures_in_docs import BEGIN, PAGE, SOURCES, with_figures

ROOT = Path(__file__).parents[3]
SHORT = (ROOT / "docs" / "explanation" / "matching.md").read_text(encoding="utf-8")
LONG = PAGE.read_text(encoding="utf-8")


def test_the_default_figures_are_those_of_the_code() -> None:
    assert BEGIN in LONG
    assert with_figures(LONG) == LONG, "python -m tests.unit.matching.figures_in_docs writes them anew"


def test_every_default_figure_has_a_source() -> None:
    tables = {table: {str(level) for level in levels} for table, levels in DEFAULT_WEIGHTS.evidence.items()}
    assert {table: set(levels) for table, levels in SOURCES.items()} == tables
    letters = set(re.findall(r"^- \*\*([A-Z])\*\*", LONG, re.MULTILINE))
    used = {letter for levels in SOURCES.values() for one in levels.values() for letter in one.split(", ")}
    assert used <= letters


def test_every_ceiling_is_explained() -> None:
    assert [one.why for one in Limit if one is not Limit.NONE and one.why not in LONG] == []


def test_the_rule_of_learning_has_the_figures_of_the_code() -> None:
    assert (PRIOR_PAIRS, LARGEST_MOVE, FEWEST_CONFIRMED) == (1000, 2.0, 200)
    for figure in ("1,000 pairs", "one bit", "200 confirmed"):
        assert figure in LONG


def test_the_sentences_and_hints_that_are_quoted_exist() -> None:
    quoted = re.findall(r"^> (.+)$", SHORT, re.MULTILINE)
    assert len(quoted) >= 3
    known = {f"{one}." for one in every_sentence()} | set(HINTS.values()) | set(ON_PAGES.values())
    assert [one for one in quoted if one not in known] == []


@pytest.mark.parametrize(("page", "most"), [(SHORT, 700), (LONG, 2100)])
def test_the_pages_stay_as_short_as_they_promise(page: str, most: int) -> None:
    """One page for who decides, three for who computes, tables apart."""
    words = [word for line in page.splitlines() if not line.startswith("|") for word in line.split()]
    assert len(words) <= most


@pytest.mark.parametrize("page", [SHORT, LONG])
def test_what_the_pages_point_to_is_there(page: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page)
    assert links
    assert [one for one in links if not (ROOT / "docs" / "explanation" / one).exists()] == []
