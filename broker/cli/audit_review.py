"""``broker audit review`` and ``digest``: look-ups out of pattern, and what a human decides of them."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from broker.audit.events import AuditRead
from broker.audit.review_events import ReviewDecided, Verdict
from broker.audit.watching.digest import digest_of, in_words
from broker.audit.watching.looking import Looking, Watched, looking_at
from broker.audit.watching.overdue import EmergencyAccess
from broker.audit.watching.queue import Item, event_of
from broker.catalogue import read_files
from broker.cli.audit_search import A_DAY, local
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.cli.recording import Reading, log_open, recorded
from broker.cli.starting import STARTING_FAULTS
from broker.cli.trace_table import printable
from broker.settings import Partnership
from broker.surroundings import LONDON
from broker.watching import watched_in
from handwritten import Faults

_COMMAND = "audit review"


@click.group("review", invoke_without_command=True, short_help="Look-ups out of pattern, to be decided.")
@of_partnership
@click.option("--since", type=A_DAY, help="Also what was decided, from this day on; and look as far back.")
@click.option("--rule", help="What this rule found.")
@click.option("--requester", help="What was found of this requester, by the account's subject.")
@as_json
@click.pass_context
def review(
    context: click.Context,
    directory: Path,
    since: datetime | None,
    rule: str | None,
    requester: str | None,
    wants_json: bool,
) -> None:
    """List the findings that nobody decided on, and emergency access with the time when its review is due.

    \b
    The watching rules are held against the log first, and what they find that is new is recorded.
      broker audit review --rule own_surname
      broker audit review decide look-3f2a9c01b7de --as fine --reason "Not related: different families"
    A finding is a question, not an accusation. `broker audit rules` says what each rule means, and does not mean.
    """
    if context.invoked_subcommand is not None:
        return
    begins = datetime.combine(since, time(), LONDON) if since else None
    with _looking(directory, {"since": since, "rule": rule, "requester": requester}, begins) as looking:
        items = looking.items()
        access = looking.emergencies(items)
    wanted = [one for one in items if _wanted(one, begins, rule, requester)]
    waiting = [one for one in access if one.reviewed is None and rule is None and requester is None]
    if wants_json:
        print_json(
            {
                "findings": [one.as_json() for one in wanted],
                "emergency_access": [_access_as_json(one) for one in waiting],
            }
        )
    else:
        _show(wanted, waiting)


@review.command(short_help="Decide on a finding, or on emergency access.")
@click.argument("finding", metavar="FINDING")
@of_partnership
@click.option(
    "--as",
    "verdict",
    type=click.Choice(["fine", "follow_up"]),
    required=True,
    help="fine: nothing more is done. follow_up: somebody looks further into it.",
)
@click.option("--reason", required=True, help="Why. It is kept encrypted, for auditors. Name nobody.")
def decide(finding: str, directory: Path, verdict: Verdict, reason: str) -> None:
    """Write down what you decided on FINDING; or on emergency access, by the query's id.

    It is an entry of the log, with this account's name. The latest decision holds.
    """
    with _looking(directory, {"decides": finding}) as looking:
        items = looking.items()
        known = {one.id for one in items} | {one.query_id for one in looking.emergencies(items)}
    if finding not in known:
        give_up(
            f"There is no finding or emergency access {finding}. List them: broker audit review", Exit.USAGE
        )
    decided = ReviewDecided(finding, datetime.now(UTC), getpass.getuser(), verdict, reason)
    recorded(settings_in(directory), decided)
    out.print(f"{finding} is decided: {verdict.replace('_', ' ')}.")


@click.command("digest", short_help="The week's findings in counts, to be mailed.")
@of_partnership
@click.option("--days", type=click.IntRange(1, 92), default=7, show_default=True, help="How many days back.")
@as_json
def digest_command(directory: Path, days: int, wants_json: bool) -> None:
    """Sum up the last days: what was found and decided, what waits, and emergency access not reviewed.

    It names rules, ids and counts, and nobody: it may be mailed. `notices` in broker.yaml has the broker send it.
    """
    now = datetime.now(UTC)
    with _looking(directory, {"digest of days": days}) as looking:
        items = looking.items()
        told = digest_of(items, looking.emergencies(items), now, timedelta(days=days))
        partnership = looking.watched.of.settings.partnership
    if wants_json:
        print_json(told.as_json())
    else:
        out.print(Text(in_words(told, partnership)), end="", soft_wrap=True)


@contextmanager
def _looking(
    directory: Path, asked: Mapping[str, object], since: datetime | None = None
) -> Iterator[Looking]:
    """The log, looked at: the reading is recorded first, and then what the rules find that is new."""
    of = settings_in(directory)
    watched = _watched(of)
    begins = min(since, _last_review(of)) if since else _last_review(of)
    recorded(of, Reading(_COMMAND, asked=asked).event())
    try:
        with looking_at(watched, begins) as looking:
            now = datetime.now(UTC)
            for one in looking.look(now):
                event = event_of(
                    one, looking.id_of(one), watched.loaded.digest, watched.notify(one.rule), now
                )
                recorded(of, event)
            yield looking
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.USAGE)


def _last_review(of: Partnership) -> datetime:
    """When somebody reviewed last; before all entries, when nobody ever did."""
    with log_open(of) as reader:
        for read in reader.of_kind(AuditRead.kind):
            if read["request"] and read["request"]["command"] == _COMMAND:
                return datetime.fromisoformat(read["at"])
    return datetime.min.replace(tzinfo=UTC)


def _watched(of: Partnership) -> Watched:
    files = read_files(of.directory)
    if files.purposes is None:
        give_up("\n".join(map(str, files.faults)), Exit.WRONG)
    try:
        sources = tuple(one.source.source for one in files.sources)
        return watched_in(of, files.purposes.rules, sources)
    except Faults as fault:
        give_up(str(fault), Exit.WRONG)


def _wanted(one: Item, begins: datetime | None, rule: str | None, requester: str | None) -> bool:
    late_enough = begins is None or datetime.fromisoformat(one.found_at) >= begins
    return (
        late_enough
        and (begins is not None or one.decision is None)
        and rule in (None, one.finding.rule)
        and requester in (None, one.finding.subject)
    )


def _show(items: Sequence[Item], access: Sequence[EmergencyAccess]) -> None:
    if items:
        table(
            None, ["Finding", "Found (London)", "Rule", "What", "Entries", "Decided"], list(map(_row, items))
        )
    else:
        out.print("Nothing waits for a decision.")
    if access:
        now = datetime.now(UTC)
        rows = [_access_row(one, now) for one in access]
        table("Emergency access to review", ["Query", "Used (London)", "Requester", "Due"], rows)


def _row(one: Item) -> list[str | Text]:
    entries = [str(index) for index in one.finding.entries]
    shown = ", ".join(entries[:8]) + (f" and {len(entries) - 8} more" if len(entries) > 8 else "")  # noqa: PLR2004 -- what a cell holds
    decided = f"{one.decision.verdict}, {one.decision.who}" if one.decision else ""
    return [
        one.id,
        local(one.found_at),
        one.finding.rule,
        Text(printable(one.finding.sentence)),
        shown,
        Text(printable(decided)),
    ]


def _access_row(one: EmergencyAccess, now: datetime) -> list[str | Text]:
    due = local(one.due.isoformat())
    who = Text(printable(f"{one.requester.name} ({one.requester.subject})"))
    late = Text(f"{due}, overdue", style="yellow") if one.due <= now else Text(due)
    return [one.query_id, local(one.at.isoformat()), who, late]


def _access_as_json(one: EmergencyAccess) -> Mapping[str, Any]:
    return {
        "query": one.query_id,
        "entry": one.entry,
        "at": one.at.isoformat(),
        "due": one.due.isoformat(),
        "purpose": one.purpose,
        "requester": {"subject": one.requester.subject, "name": one.requester.name},
    }
