"""``broker audit rules``: what the watching rules are, mean, and cost in false alarms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from broker.audit.watching.load import as_measured, json_schema, load_watching
from broker.audit.watching.model import Rule, thresholds
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from handwritten import Faults


@click.command("rules", short_help="Explain the watching rules, and how often each is wrong.")
@of_partnership
@click.option("--schema", is_flag=True, help="Print the JSON Schema of watching.yaml, for an editor.")
@as_json
def rules_command(directory: Path, schema: bool, wants_json: bool) -> None:
    """Explain each watching rule: its thresholds, what it means and does not mean, and its false alarms.

    \b
    They are those of watching.yaml in the partnership's directory; without one, those that are shipped. For
    completion in an editor:
      broker audit rules --schema > watching.schema.json
    """
    if schema:
        print_json(json_schema())
        return
    try:
        rules = load_watching(directory).rules
    except Faults as fault:
        give_up(str(fault), Exit.WRONG)
    if wants_json:
        print_json(
            {name: _rule_as_json(rule, as_measured(name, rules)) for name, rule in rules.rules.items()}
        )
        return
    for name, rule in rules.rules.items():
        out.print(Text(name, style="bold"), Text(f"({rule.watches})", style="dim"))
        for line in _rule_in_words(rule, as_measured(name, rules)):
            out.print(Text(f"  {line}"))
        out.print()


def _rule_as_json(rule: Rule, measured: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return {
        "watches": rule.watches,
        "thresholds": thresholds(rule),
        "means": rule.means,
        "does_not_mean": rule.does_not_mean,
        "what_to_do": rule.what_to_do,
        "notify": list(rule.notify),
        "measured": measured,
    }


def _rule_in_words(rule: Rule, measured: Mapping[str, Any] | None) -> Iterator[str]:
    limits = ", ".join(
        f"{name.replace('_', ' ')} {_plain(value)}" for name, value in thresholds(rule).items()
    )
    yield f"Thresholds: {limits or 'none'}"
    yield f"Means: {rule.means}"
    yield f"Does not mean: {rule.does_not_mean}"
    yield f"What to do: {rule.what_to_do}"
    yield f"Told: {', '.join(rule.notify) or 'nobody'}"
    if measured is None:
        yield "Measured: not with these thresholds."
        return
    yield (
        f"Measured on generated months of a council: {measured['false_alarms_a_month']:g} false alarms a month,"
        f" {measured['false_per_1000_look_ups']:g} in 1,000 look-ups; found {measured['found']:g} of"
        f" {measured['planted']:g} acts of misuse."
    )


def _plain(value: object) -> str:
    return (
        " ".join(map(str, value))
        if isinstance(value, list)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
