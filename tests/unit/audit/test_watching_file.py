"""watching.yaml: read strictly, faulted at its place, explained with what was measured."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from openapi_schema_validator import OAS31Validator  # JSON Schema 2020-12, as OpenAPI 3.1 has it

from bench.watching import quoted
from broker.audit.watching.load import as_measured, json_schema, load_watching, measured, shipped_path
from broker.audit.watching.model import Rule, WatchingRules, span, thresholds
from handwritten import Faults
from tests.unit.audit.watching_samples import written

SHIPPED = shipped_path().read_text(encoding="utf-8")
BENCH = Path(__file__).parents[3] / "bench" / "watching.json"


def faults(directory: Path, *changes: tuple[str, str]) -> str:
    text = SHIPPED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(Faults) as found:
        load_watching(written(directory, text))
    return str(found.value)


def test_the_shipped_rules_hold_until_a_partnership_has_its_own(tmp_path: Path) -> None:
    assert load_watching(tmp_path).path == shipped_path()
    own = load_watching(written(tmp_path, SHIPPED.replace("people: 40", "people: 7")))
    assert own.path == tmp_path / "watching.yaml"
    assert thresholds(own.rules.rules["many_people"]) == {"people": 7, "within": "1 hour"}


def test_there_is_a_shipped_rule_of_every_kind() -> None:
    kinds = {type(rule) for rule in load_watching(shipped_path().parent).rules.rules.values()}
    assert kinds == set(get_args(Rule))


def test_every_fault_is_told_at_once_where_it_stands(tmp_path: Path) -> None:
    told = faults(
        tmp_path,
        ("people: 40", "people: many"),
        ("within: 7 days", "within: a week"),
        ("watches: out_of_hours", "watches: out_of_huors"),
        ("same: dwelling", "same: dweling"),
        ("ways: 4", "weys: 4"),
    )
    for place, sentence in (
        (":20:13: ", "Write a whole number here."),
        (":37:13: ", "Write a length of time, such as 30 minutes, 24 hours or 2 days."),
        (":61:14: ", "Did you mean out_of_hours?"),
        ("same: dweling", "Did you mean dwelling?"),
        ("weys: 4", "Did you mean ways?"),
    ):
        assert place in told
        assert sentence in told
    assert "^" in told


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("times: 6", "times: 2", "One person can't be typed in more ways than times."),
        ('closes: "20:00"', 'closes: "06:30"', "This is not after the time that it opens."),
        ('opens: "07:00"', 'opens: "7"', "Write a time of day, such as 07:30."),
        ("    watches: rate\n", "", "Here watches is missing. Add it."),
        ("    within: 1 hour\n", "", "Here within is missing. Add it."),
        ("people: 40", "people:", "Write a whole number here."),
        ("format: watching/1", "format: watching/2", "This has to be one of: watching/1."),
    ],
)
def test_a_rule_that_could_never_find_anything_is_a_fault(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    assert sentence in faults(tmp_path, (old, new))


def test_an_editor_takes_the_shipped_rules_and_no_unknown_key() -> None:
    OAS31Validator.check_schema(json_schema())
    editor, shipped = OAS31Validator(json_schema()), yaml.safe_load(SHIPPED)
    assert list(editor.iter_errors(shipped)) == []
    shipped["rules"]["many_people"]["peeple"] = 3
    assert not editor.is_valid(shipped)


@pytest.mark.parametrize(
    ("minutes", "words"), [(1, "1 minute"), (90, "90 minutes"), (60, "1 hour"), (7 * 24 * 60, "7 days")]
)
def test_a_length_of_time_is_told_as_people_write_it(minutes: int, words: str) -> None:
    assert span(timedelta(minutes=minutes)) == words


def test_what_the_rules_quote_is_what_the_benchmark_measured() -> None:
    rules = load_watching(shipped_path().parent).rules
    figures: list[dict[str, Any]] = json.loads(BENCH.read_text(encoding="utf-8"))["figures"]
    assert measured() == quoted(figures, rules)


def test_a_rule_with_other_thresholds_quotes_nothing() -> None:
    rules = load_watching(shipped_path().parent).rules
    assert all(as_measured(name, rules) for name in rules.rules)
    content = yaml.safe_load(SHIPPED)
    content["rules"]["many_people"]["people"] = 41
    assert as_measured("many_people", WatchingRules.model_validate(content)) is None
