"""``broker agreement``: what families agreed to, recorded for the people whom it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import click

from broker.agreeing import as_event, impossible
from broker.audit.event import Who
from broker.catalogue import read_files
from broker.cli.account import account
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.cli.recording import recorded
from broker.cli.shield import one_of, person_named, register_of, sources_in
from broker.questions import age_on
from broker.registers.agreements import record as write
from broker.registers.agreements import recorded_of
from broker.surroundings import LONDON
from connectors.contract import Identifiers
from consent_rules.agreements import STANDINGS, Recorded, Standing, State, decided

_A_DAY = click.DateTime(["%Y-%m-%d"])
_whom = click.option(
    "--person", required=True, help="'FAMILY NAME, GIVEN NAME, BIRTH DATE' of whom the agreement is about."
)
_nhs_number = click.option("--nhs-number", help="The person's NHS number, where it is known.")
_services = click.option(
    "--service",
    "services",
    multiple=True,
    help="The service that it is about, by its source's name; once for each. Left out: every service.",
)
_purpose = click.option("--purpose", required=True, help="What was agreed to, such as early_help_assessment.")


@click.group(short_help="Record what families agreed to.")
def agreement() -> None:
    """The register of family agreements: who agreed to be helped, for whom, until when, and who no longer does.

    An agreement is about one person and opens nothing of anybody else. It holds from the next question on. It is a
    conversation with a family; the UK GDPR basis "consent" is something else.
    """


@agreement.command(short_help="Record that it was agreed, or refused.")
@of_partnership
@_whom
@_nhs_number
@_purpose
@click.option(
    "--state", type=click.Choice(get_args(State)), default="given", show_default=True, help="What was said."
)
@click.option(
    "--standing",
    type=click.Choice(STANDINGS),
    required=True,
    help="Who agreed: somebody with parental responsibility for a child, a child who is Gillick competent for"
    " themself, or an adult for themself.",
)
@_services
@click.option("--evidence", required=True, help="Where the conversation is written down.")
@click.option("--on", "agreed_on", type=_A_DAY, required=True, help="The day of the conversation.")
@click.option("--until", type=_A_DAY, required=True, help="The last day that it holds.")
def record(
    directory: Path,
    person: str,
    nhs_number: str | None,
    standing: Standing,
    agreed_on: datetime,
    until: datetime,
    services: tuple[str, ...],
    **said: Any,
) -> None:
    """Record an agreement, or that it was refused, of one person for one purpose: at every service, or at some."""
    _there_is(said["purpose"], services, directory)
    whom = person_named(person, nhs_number)
    entry = Recorded(
        standing=standing,
        agreed_on=agreed_on.date(),
        until=until.date(),
        recorded_at=datetime.now(UTC),
        services=services,
        **said,
    )
    for complaint in impossible(whom, entry):
        give_up(complaint.sentence, Exit.USAGE)
    entry_id = _written(directory, whom, entry)
    out.print(f"{entry_id}: recorded. It holds from the next question on.")


@agreement.command(short_help="Record that an agreement is withdrawn.")
@of_partnership
@_whom
@_nhs_number
@_purpose
@_services
@click.option("--evidence", required=True, help="Where it is written down.")
def withdraw(
    directory: Path,
    person: str,
    nhs_number: str | None,
    purpose: str,
    services: tuple[str, ...],
    evidence: str,
) -> None:
    """Record that the agreement for one person and purpose is withdrawn. It takes nothing else than their word."""
    _there_is(purpose, services, directory)
    today = datetime.now(LONDON).date()
    entry = Recorded(purpose, "withdrawn", "the_adult", evidence, today, today, datetime.now(UTC), services)
    entry_id = _written(directory, person_named(person, nhs_number), entry)
    out.print(f"{entry_id}: withdrawn, from the next question on.")


@agreement.command(short_help="Show what was recorded of one person.")
@of_partnership
@_whom
@_nhs_number
@as_json
def show(directory: Path, person: str, nhs_number: str | None, wants_json: bool) -> None:
    """Show what was recorded of one person, and what it comes to today, purpose by purpose."""
    whom, today = person_named(person, nhs_number), datetime.now(LONDON).date()
    with register_of(directory) as store:
        entries = recorded_of(store, whom)
    if entries is None:
        give_up("The register cannot be read.", Exit.UNREACHABLE)
    age = age_on(today, whom.birth_date) if whom.birth_date else None
    counts = {
        _called(one.purpose, service): decided(entries, one.purpose, age, today, service).state
        for one in entries
        for service in (None, *one.services)
    }
    if wants_json:
        print_json(counts)
    else:
        rows = [
            [
                _called(one.purpose, ", ".join(one.services)),
                one.state,
                one.standing,
                *_days(one),
                one.evidence,
            ]
            for one in entries
        ]
        table(None, ["Purpose", "State", "Standing", "On", "Until", "Evidence"], rows)
        for purpose, state in counts.items():
            out.print(f"{purpose}: {str(state).replace('_', ' ')} today")


def _written(directory: Path, whom: Identifiers, entry: Recorded) -> str:
    """In the audit log, then in the register; the entry's id. Ends the command when either can't be written."""
    by = account()
    event = as_event(whom, entry, Who(by, by, "", "command line"))
    with register_of(directory) as store:
        recorded(settings_in(directory), event)
        return write(store, whom, entry, by)


def _called(purpose: str, service: str | None) -> str:
    """A purpose, with the services in question where they are not all."""
    return f"{purpose}, {service}" if service else purpose


def _days(one: Recorded) -> tuple[str, str]:
    return str(one.agreed_on), str(one.until)


def _there_is(purpose: str, services: tuple[str, ...], directory: Path) -> None:
    """Ends the command when there is no such purpose or service: a slip would leave open what was meant."""
    purposes = read_files(directory).purposes
    if purposes is not None:
        one_of("purpose", purpose, purposes.rules.purposes)
    for name in services:
        one_of("service", name, sources_in(directory))
