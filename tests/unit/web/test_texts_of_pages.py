"""All texts of the pages stand in one file for each language, and none is missing or left over."""

from __future__ import annotations

import re
import string
from dataclasses import fields
from http import HTTPStatus
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pydantic_core.core_schema import ErrorType

from broker.answers import ON_PAGES, CaseState, Outcome
from broker.api.audit.queries import QUESTIONS
from broker.api.problems import _HTTP, _STATUS
from broker.audit.asking.over_time import Step
from broker.audit.asking.person import Surety
from broker.audit.reading_events import Verdict as SubjectVerdict
from broker.audit.review_events import Verdict as ReviewVerdict
from broker.fanout.breaker import STATES
from broker.web.auditing.searching import KINDS
from broker.web.check import AGREEMENTS
from broker.web.owning.changes import STAGES
from broker.web.owning.explored import AGREEMENTS as AGREEMENTS_EXPLORED
from broker.web.owning.explored import CASES, OUTCOMES, RESTRICTIONS
from broker.web.rooms import ROOMS
from broker.web.texts import MESSAGES, texts_of
from connectors.contract import Identifiers
from consent_rules.model import Relation, View
from policy.facts import LEVELS
from policy.sign import As

WEB = Path(MESSAGES).parent
_STATUSES = {*_HTTP, *(status for status, _ in _STATUS.values())}
LANGUAGES = sorted(path.stem for path in MESSAGES.glob("*.yaml"))
ENGLISH = texts_of("en").texts
TEMPLATES = sorted(WEB.glob("templates/**/*.html"))

FAMILIES = {
    "outcome": set(Outcome),
    "relation": set(get_args(Relation)),
    "agreement": set(AGREEMENTS),
    "grade": {"certain", "probable", "possible"},
    "problem": {"timed_out", "unavailable", "maintenance"},
    "case": {"verified", "unverified"},
    "told": {"right_person", "wrong_person", "wrong_contact", "call_back"},
    "call": {"phone", "times", "note", "on_its_way", "delivered", "undelivered", "acknowledged"},
    "room": {one.name for one in ROOMS},
    "means": {one.name for one in ROOMS},
    "area": {"search", "person", "reviews", "charts", "log"},
    "view": {"flags", "details"},
    "case_is": set(get_args(CaseState)),
    "field": set(LEVELS),
    "level": {one.name.lower() for levels in LEVELS.values() for one in levels} - {"nothing", "yes"},
    "typed": {one.name for one in fields(Identifiers)},
    "kind": set(KINDS),
    "verdict": set(get_args(SubjectVerdict)),
    "decided": set(get_args(ReviewVerdict)),
    "sure": set(get_args(Surety)),
    "charts": {
        *(f"by_{part}_{step}" for part in ("purpose", "outcome") for step in get_args(Step)),
        *(f"one_{step}{short}" for step in get_args(Step) for short in ("", "_short")),
        *("table_purpose", "table_outcome", *get_args(Step)),
    },
    "reviews": {"due", "means", "does_not", "do"},
    "month": {f"{number:02}" for number in range(1, 13)},
    "owners_page": {"policy", "explorer", "changes", "figures"},
    "proposal": {"waits", "may", "kept_out"},
    "signed_as": set(get_args(As)),
    "approval_stage": set(STAGES),
    "standing": {*STATES, "maintenance"},
    "of_field": set(LEVELS),
    "seen": {level.name.lower() for levels in LEVELS.values() for level in levels},
    "of_view": set(get_args(View)),
    "counted": {"purpose", "role", "outcome"},
    "explored": set(OUTCOMES),
    "explorer_wrong": {"purpose", "role", "relation", "age", "months", "time"},
    "of_case": set(CASES),
    "of_agreement": set(AGREEMENTS_EXPLORED),
    "restriction": set(RESTRICTIONS),
}
"""Keys that are put together: what they begin with, and everything that may follow."""

OF_CODES = ("refused.", "refusal.", "recent.", "kind.", "matched.", "missing.")
"""Texts that stand for a status, a code or a type of entry, where there is one; else what comes from elsewhere."""

_PARTS_OF_A_DATE = {"check"}
"""What a template puts together of a family whose other texts are written out."""


def used() -> set[str]:
    """The keys that are written out in templates and code."""
    sources = [*WEB.rglob("*.py"), *TEMPLATES]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    return set(re.findall(r"""["']([a-z_]+\.[a-z_]+)["']""", text)) & ENGLISH.keys()


def test_every_text_that_is_used_is_there_and_none_is_left_over() -> None:
    put_together = {f"{family}.{one}" for family, names in FAMILIES.items() for one in names}
    assert put_together <= ENGLISH.keys()
    left_over = ENGLISH.keys() - used() - put_together
    assert {one for one in left_over if not one.startswith(OF_CODES)} == set()


def test_every_call_for_a_text_names_one_that_is_there() -> None:
    for path in TEMPLATES:
        for key in re.findall(r"""\bt\(["']([a-z_.]+)["'][,)]""", path.read_text(encoding="utf-8")):
            assert key in ENGLISH, f"{path.name}: {key}"


def test_every_call_in_code_names_one_that_is_there() -> None:
    for path in WEB.rglob("*.py"):
        for key in re.findall(r"""\btexts\(\s*["']([a-z_.]+)["'][,)]""", path.read_text(encoding="utf-8")):
            assert key in ENGLISH, f"{path.name}: {key}"


def test_every_key_that_is_put_together_is_of_a_family_that_is_looked_at() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (*WEB.rglob("*.py"), *WEB.rglob("*.html")))
    begun = set(re.findall(r"""["']([a-z_]+)\.(?:["'] ?[~+]|\{)""", code)) - _PARTS_OF_A_DATE
    named = {family for family in FAMILIES if re.search(rf"""["']{family}["']""", code)}
    assert begun <= {*FAMILIES, *(one.rstrip(".") for one in OF_CODES)}
    assert begun | named >= {*FAMILIES, *(one.rstrip(".") for one in OF_CODES)}


def test_every_text_for_a_code_is_for_one_that_there_is() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in WEB.parent.rglob("*.py"))
    codes = {*re.findall(r"""["']([a-z_]+)["']""", code), *get_args(ErrorType)}
    statuses = {str(status) for status in {*_STATUSES, HTTPStatus.SERVICE_UNAVAILABLE}}
    of = {
        family: {key.removeprefix(family) for key in ENGLISH if key.startswith(family)} for family in OF_CODES
    }
    assert of["refusal."] - codes == set()
    assert {one for one in of["refused."] if one.isdecimal()} - statuses == set()
    assert {one for one in of["recent."] if f"recent.{one}" not in used()} - QUESTIONS == set()


def test_outcomes_have_the_words_of_the_answer() -> None:
    assert {one: ENGLISH[f"outcome.{one}"] for one in Outcome} == dict(ON_PAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_with_the_same_names_to_fill_in(language: str) -> None:
    texts = texts_of(language).texts
    assert texts.keys() == ENGLISH.keys()
    for key, text in texts.items():
        assert _names(text) == _names(ENGLISH[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_stands_twice(language: str) -> None:
    lines = (MESSAGES / f"{language}.yaml").read_text(encoding="utf-8").splitlines()
    keys = [line.partition(":")[0] for line in lines if line and not line.startswith("#")]
    assert len(keys) == len(set(keys)) == len(yaml.safe_load("\n".join(lines)))


def test_templates_hold_no_text_of_their_own() -> None:
    """What a person reads comes from the file of texts."""
    for path in TEMPLATES:
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL
        )
        words = re.findall(r"[A-Za-z]{2,}", re.sub(r'<[^>]*>|aria-describedby="[^"]*"', "", text))
        assert words == [], f"{path.name}: {words}"


def _names(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
