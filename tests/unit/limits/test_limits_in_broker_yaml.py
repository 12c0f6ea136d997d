"""``limits`` of broker.yaml: sensible ones hold without it, a role may have others, and each is documented."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from broker.limits.settings import Limited, LimitSettings, RoleLimits, against_roles
from consent_rules.load import load_purposes

GUIDE = Path("docs/how-to/limit-what-one-person-asks.md").read_text(encoding="utf-8")


class File(BaseModel):
    limits: Limited = LimitSettings()


def read(limits: Any) -> LimitSettings:
    return File.model_validate({"limits": limits}).limits


def test_without_any_every_limit_holds() -> None:
    assert None not in [getattr(LimitSettings(), name) for name in RoleLimits.model_fields]


def test_none_takes_every_limit_away() -> None:
    assert {getattr(read("none"), name) for name in RoleLimits.model_fields} == {None}


def test_what_a_role_does_not_say_is_as_for_everybody() -> None:
    said = read(
        {
            "people": {"most": 20, "within": "1 day"},
            "roles": {
                "mash_practitioner": {"queries": {"most": 300, "within": "1 hour"}, "same_person": "none"}
            },
        }
    )
    own, others = said.of("mash_practitioner"), said.of("social_worker")
    assert (own.queries, own.people, own.same_person) == (
        read({"queries": {"most": 300, "within": "1 hour"}}).queries,
        others.people,
        None,
    )
    assert others.same_person == LimitSettings().same_person


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "write none, or what is limited"),
        ("off", "write none, or what is limited"),
        ({"queries": "off"}, "write none, or {most: 60, within: 1 hour}"),
        ({"queries": {"most": 0, "within": "1 hour"}}, "greater than or equal to 1"),
        ({"queries": {"most": 5, "within": "32 days"}}, "at most 31 days"),
        ({"queries": {"most": 5, "within": "soon"}}, "a length of time"),
        ({"people": {"most": 11, "within": "1 day"}}, "at least 12"),
        ({"roles": {"social_worker": {"searches": "none"}}}, "Extra inputs"),
    ],
    ids=str,
)
def test_a_limit_that_cannot_be_meant_is_a_fault_that_says_what_to_write(wrong: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("{", r"\{")):
        read(wrong)


def test_limits_of_a_role_that_nobody_has_are_a_fault() -> None:
    rules = load_purposes(Path("consent_rules/shipped/england.yaml")).rules
    settings = read({"roles": {"social_workers": {"queries": "none"}, "auditor": {"queries": "none"}}})
    (fault,) = against_roles(settings, rules, Path("broker.yaml"))
    assert "names social_workers" in fault.sentence


@pytest.mark.parametrize("name", RoleLimits.model_fields)
def test_a_limit_is_documented_with_its_default(name: str) -> None:
    default = getattr(LimitSettings(), name)
    row = next((line for line in GUIDE.splitlines() if line.startswith(f"| `{name}` |")), "")
    units = {timedelta(hours=1): "1 hour", timedelta(days=1): "1 day"}
    assert f"{{most: {default.most}, within: {units[default.within]}}}" in row
