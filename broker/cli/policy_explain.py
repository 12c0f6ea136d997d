"""``broker policy explain``: who can see what, for which purpose, and the line that says so, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

import click
from rich.text import Text

from broker.cli.policy_files import a_policy, loaded, purposes_beside
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from broker.owners.may_ask import who_may_ask
from broker.surroundings import LONDON
from policy.explain import Explained, FieldExplained, Reason, explain
from policy.explain import as_json as explained_as_json
from policy.facts import Ask, CaseCheck, FamilyAgreement, Record, Restriction
from policy.load import LoadedPolicy
from policy.parts import Relation

_DATES = ("started", "ended", "last_contact")


@click.command("explain", short_help="Say who sees what of a record, and the line that says so.")
@a_policy
@of_partnership
@click.option("--purpose", required=True, help="What is asked for, such as section_47_enquiry.")
@click.option("--role", required=True, help="In which role, such as social_worker.")
@click.option("--relation", type=click.Choice(get_args(Relation)), default="parent", help="About whom.")
@click.option("--case", type=click.Choice(get_args(CaseCheck)), help="Whether the case was checked.")
@click.option(
    "--agreement",
    "family_agreement",
    type=click.Choice(get_args(FamilyAgreement)),
    help="The family's agreement.",
)
@click.option("--age", type=click.IntRange(0, 130), help="The person's age, typed and in the record.")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The day; today when left out.")
@click.option("--time", "at", type=click.DateTime(["%H:%M"]), help="The time of day in London.")
@click.option(
    "--record",
    "facts",
    multiple=True,
    metavar="NAME=VALUE",
    help="A fact of an invented record: a gate, status, a date, or restriction. Never take a real one.",
)
@as_json
def explain_command(
    file: Path,
    directory: Path,
    facts: Sequence[str],
    today: datetime | None,
    at: datetime | None,
    age: int | None,
    wants_json: bool,
    **asked: Any,
) -> None:
    """Say what a question would get of a record that you make up, and which line of the policy FILE decides it.

    \b
    Facts that you leave out are unknown, and what is unknown never shows more. For example:
      broker policy explain police --purpose section_47_enquiry --role social_worker --age 34 \\
        --record category=domestic_abuse --record party_role=suspect --record last_contact=2026-05-30
    """
    policy = loaded(file, directory)
    ask = Ask(
        **asked,
        today=today.date() if today else datetime.now(LONDON).date(),
        typed_age=age,
        time=at.time() if at else None,
    )
    explained = explain(policy, _within(ask, policy, directory), _record(facts, policy, age))
    if wants_json:
        print_json(explained_as_json(explained))
    else:
        _told(explained)


def _within(ask: Ask, policy: LoadedPolicy, directory: Path) -> Ask:
    """The question as the partnership's purpose rules let it be asked: with their caps and look-back."""
    purposes = purposes_beside(policy.path, directory)
    if purposes is None:
        return ask
    rules = purposes.rules.purposes
    if ask.purpose not in rules:
        give_up(
            f"The purpose rules have no purpose {ask.purpose}. There are: {', '.join(rules)}.", Exit.USAGE
        )
    if ask.role not in rules[ask.purpose].who_may_ask:
        who = ", ".join(rules[ask.purpose].who_may_ask)
        give_up(f"The role {ask.role} may not ask for {ask.purpose}. Who may: {who}.", Exit.USAGE)
    caps = who_may_ask(purposes)[ask.purpose].at_most
    return replace(ask, caps=caps, look_back_months=rules[ask.purpose].look_back)


def _record(facts: Sequence[str], policy: LoadedPolicy, age: int | None) -> Record:
    gates: dict[str, str] = {}
    held: dict[str, Any] = {}
    for fact in facts:
        name, equals, value = fact.partition("=")
        if not equals:
            give_up(f"Write {fact} as NAME=VALUE, such as category=missing.", Exit.USAGE)
        if name in policy.policy.gates:
            gates[name] = value
        elif name in _DATES:
            held[name] = _day(name, value)
        elif name == "restriction" and value not in get_args(Restriction):
            give_up(f"restriction is one of {', '.join(get_args(Restriction))}.", Exit.USAGE)
        elif name in {one.name for one in fields(Record)} - {"gates", "age"}:
            held[name] = value
        else:
            known = ", ".join([*policy.policy.gates, "status", *_DATES, "restriction"])
            give_up(f"There is no {name} in a record of this policy. There are: {known}.", Exit.USAGE)
    return Record(age=age, gates=gates, **held)


def _day(name: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        give_up(f"Write {name} as a date, like 2026-05-30.", Exit.USAGE)


_OUTCOMES = {
    "closed": ("Not available for this purpose: the service is not even asked.", "yellow"),
    "withheld": ("As if there were no such record.", "yellow"),
    "shown": ("Shown.", "green"),
}


def _told(explained: Explained) -> None:
    sentence, style = _OUTCOMES[explained.outcome]
    out.print(Text(sentence, style=f"bold {style}"))
    for reason in explained.withheld_by:
        out.print(Text(f"  {_said(reason)}"))
    for field in explained.fields if explained.outcome == "shown" else ():
        _told_field(field)


def _told_field(field: FieldExplained) -> None:
    out.print(Text.assemble((f"{field.name}: ", "bold"), field.level))
    for reason in field.because:
        out.print(Text(f"    {_said(reason)}"))
    for reason in field.not_more:
        out.print(Text(f"    not more: {_said(reason)}", style="dim"))


def _said(reason: Reason) -> str:
    return f"line {reason.line}: {reason.sentence}" if reason.line else reason.sentence
