"""The JSON Schema that an editor checks a policy with: it must not refuse what the loader takes."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy.schema import json_schema
from tests.unit.policy.policy_samples import TEXT

POLICIES = sorted((Path(__file__).parents[3] / "deploy/demo/partnership/policies").glob("*.yaml"))


jsonschema: Any = importlib.import_module("jsonschema")  # it has no types of its own


class _AsAnEditorReads(yaml.SafeLoader):
    """YAML 1.2, as editors read it: whole numbers and true or false are no texts; dates are."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 -- PyYAML's own way to say what is no text


_AsAnEditorReads.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?\d+$"), list("-0123456789"))
_AsAnEditorReads.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))


def refused(text: str) -> list[str]:
    """The places that an editor would mark."""
    content = yaml.load(text, Loader=_AsAnEditorReads)  # noqa: S506 -- a SafeLoader
    found = jsonschema.Draft202012Validator(json_schema()).iter_errors(content)
    return ["/".join(str(step) for step in one.absolute_path) for one in found]


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_an_editor_takes_every_policy_of_the_demo(path: Path) -> None:
    assert refused(path.read_text(encoding="utf-8")) == []


def test_an_editor_takes_short_forms_and_codes_that_are_numbers() -> None:
    text = TEXT.replace("only: [support, missing]", "only: [1, 2]")
    assert refused(text.replace("{case: unverified}", "{relation: [parent, carer]}")) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("look_back: 24 months", "look_back: two years", "look_back"),
        ("version: 3", "version: three", "version"),
        ("purpose: [enquiry, help]", "purpose: []", "fields/involved/share/0/purpose"),
        ("controller: Sample", "controler: Sample", ""),
        ("people: {age: {from: 18, to: 90}}", "people:", "people"),
    ],
)
def test_an_editor_marks_what_the_loader_refuses(old: str, new: str, place: str) -> None:
    assert TEXT.count(old) == 1
    assert place in refused(TEXT.replace(old, new))
