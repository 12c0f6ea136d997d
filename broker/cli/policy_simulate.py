"""``broker policy simulate``: what a new version would have made of the questions of the last weeks."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click

from broker.activation import last_in_force
from broker.cli.policy_files import a_policy, loaded, purposes_beside, settings_in
from broker.cli.policy_simulate_live import Compared, counted_live
from broker.cli.policy_simulate_told import live_as_json, live_in_words
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from broker.cli.recording import Reading, log_read
from broker.past_questions import past_questions
from policy.compile import compile_policy
from policy.simulate import Simulated, simulate


@click.command("simulate", short_help="Put the questions of the last weeks to a new version of a policy.")
@a_policy
@of_partnership
@click.option("--days", type=click.IntRange(1), default=30, show_default=True, help="How far back.")
@click.option(
    "--live", is_flag=True, help="Put them to the service's own database again, as it is now, and count."
)
@as_json
def simulate_command(file: Path, directory: Path, days: int, live: bool, wants_json: bool) -> None:
    """Tell what the policy FILE would have made of the questions that its service answered lately.

    Questions are taken from the audit log, as facts alone: purpose, role, relation, age, case, agreement. Records
    are not kept, so it is told what could be shown at most; and of what was shown, how much would not be any more.

    With --live each question is put to the service's database once more, read-only, one after the other. Its
    records are judged by the version in force and by FILE, both as of now: today's records, ages, agreements and
    shields, and FILE as if it began today. Counts alone are told: small ones are not, and parts of the whole are
    rounded to five. The audit log has an entry of it before the first question; a broker that runs writes it.
    Ctrl-C ends it, and tells what was counted.
    """
    new, of = loaded(file, directory), settings_in(directory)
    last = last_in_force(of).get(new.policy.source)
    rules = purposes_beside(new.path, directory)
    if last is None or rules is None:
        give_up(f"No version of {new.policy.policy} was in force here yet.", Exit.USAGE)
    these = Compared(of, last, new, rules.rules, days)
    if live:
        _live(these, wants_json)
    found = _simulated(these)
    if wants_json:
        print_json(asdict(found))
    else:
        _told(found, days)


def _live(these: Compared, wants_json: bool) -> NoReturn:
    counted = counted_live(these)
    if wants_json:
        print_json(live_as_json(counted, these.days))
    else:
        for line in live_in_words(counted, these.days):
            out.print(line, soft_wrap=True, markup=False)
    if counted.why:
        give_up(f"{counted.why} {counted.tally.left} questions were not put again.", counted.code)
    raise SystemExit(Exit.WELL)


def _simulated(these: Compared) -> Simulated:
    since, source = datetime.now(UTC) - timedelta(days=these.days), these.new.policy.source
    reading = Reading("policy simulate", asked={"source": source, "days": these.days})
    with log_read(these.of, reading) as (reader, _):
        asked = past_questions(reader, source, since, these.rules)
        facts = ((one.ask, one.shown) for one in asked)
        return simulate(compile_policy(these.old), compile_policy(these.new), facts)


def _told(found: Simulated, days: int) -> None:
    changed = found.more + found.less
    out.print(
        f"{changed} of the {found.questions} questions of the last {days} days could be answered otherwise:"
    )
    out.print(f"  {found.more} could be shown more, {found.less} only less")
    out.print(f"  {found.opened} would reach the service that did not, {found.closed} no longer")
    out.print(
        f"Of the {found.disclosures} involvements that were shown, {found.lessened} would be shown less of"
    )
