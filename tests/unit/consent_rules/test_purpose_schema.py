"""What an editor accepts is what the loader accepts, as far as a JSON Schema can say it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS31Validator  # JSON Schema 2020-12, as OpenAPI 3.1 has it
from pydantic import ValidationError

from consent_rules.load import json_schema, shipped_path
from consent_rules.model import PurposeRules
from tests.unit.consent_rules.purpose_samples import ROLES, a_purpose

NEEDED = {"without_agreement": "nothing", "if_withdrawn": {"last_contact": "year"}}


def file_of(**changes: Any) -> dict[str, Any]:
    return {"format": "purpose-rules/1", "roles": ROLES, "purposes": {"first": a_purpose(**changes)}}


def loads(raw: dict[str, Any]) -> bool:
    try:
        PurposeRules.model_validate(raw)
    except ValidationError:
        return False
    return True


@pytest.fixture(scope="module")
def editor() -> OAS31Validator:
    OAS31Validator.check_schema(json_schema())
    return OAS31Validator(json_schema())


def test_an_editor_accepts_the_shipped_rules(editor: OAS31Validator) -> None:
    assert list(editor.iter_errors(yaml.safe_load(shipped_path().read_text("utf-8")))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"family_agreement": {"needed": NEEDED}},
        {"family_agreement_for_details": "record_conversation"},
        {"case_check": {"unverified": "nothing"}},
        {"look_back": "unlimited"},
        {"sources": {"only": ["school"], "sensitive": False}},
        {"former_names": "not_used"},
        {"longest_wait": "2 seconds"},
        {"needs_registration": True},
        {"checked_by": None, "appropriate_policy_document": None},
        {"checked_by": {"officer": "A. Example", "on": "2026-05-01"}},
    ],
)
def test_both_accept_it(editor: OAS31Validator, changes: dict[str, Any]) -> None:
    assert (editor.is_valid(file_of(**changes)), loads(file_of(**changes))) == (True, True)


@pytest.mark.parametrize(
    "changes",
    [
        {"surprise": 1},
        {"about": ["uncle"]},
        {"at_most": {"last_contact": "day"}},
        {"at_most": {"last_contact": None}},
        {"at_most": {}},
        {"case_check": None},
        {"case_check": "none"},
        {"case_check": {}},
        {"emergency": None},
        {"emergency": {"tell_owner_within": "1 hour"}},
        {"family_agreement": {"needed": None}},
        {"look_back": "24"},
        {"look_back": None},
        {"checked_by": "A. Example"},
        {"sources": "every"},
        {"title": ""},
        {"who_may_ask": []},
        {"needs_registration": None},
        {"needs_registration": "social work"},
        {"who_may_ask": ["Social worker"]},
    ],
)
def test_both_refuse_it(editor: OAS31Validator, changes: dict[str, Any]) -> None:
    assert (editor.is_valid(file_of(**changes)), loads(file_of(**changes))) == (False, False)
