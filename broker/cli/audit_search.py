"""``broker audit search``: which questions were asked, by whom, why, and what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress
from rich.text import Text

from broker.audit.asking.questions import Question
from broker.audit.asking.search import Criteria, counts, search
from broker.cli.policy_files import settings_in
from broker.cli.printing import as_json, err, of_partnership, out, print_json, table
from broker.cli.recording import Reading, log_read
from broker.cli.trace_table import printable
from broker.surroundings import LONDON

A_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("search", short_help="Search for questions, by who asked, why, where and when.")
@of_partnership
@click.option("--requester", help="Who asked: the account's subject, or part of a name.")
@click.option("--purpose", help="Why, such as section_47_enquiry.")
@click.option("--source", help="A service that was asked.")
@click.option("--since", type=A_DAY, help="The first day, such as 2026-06-01, in London.")
@click.option("--until", type=A_DAY, help="The last day.")
@click.option("--outcome", help="What came of it, such as involved, or the code of a refusal.")
@click.option("--case", "case_reference", help="The case reference that was given.")
@click.option(
    "--type", "kind", help="With an entry of this type, such as details.opened, refusal or audit.read."
)
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many at most.")
@click.option("--before", type=click.IntRange(0), help="Only what begins before this entry: the next page.")
@click.option("--count", "counted", is_flag=True, help="Count all that fit, and list none.")
@as_json
def search_command(
    directory: Path,
    since: datetime | None,
    until: datetime | None,
    last: int,
    before: int | None,
    counted: bool,
    wants_json: bool,
    **fitting: Any,
) -> None:
    """Find the questions that fit everything that is given, newest first. Nobody who was asked about is named.

    \b
      broker audit search --requester "Okafor" --since 2026-06-01
      broker audit search --case NS-1042 --outcome involved
      broker audit search --purpose section_47_enquiry --since 2026-06-01 --until 2026-06-30 --count
    """
    wanted = Criteria(since=since.date() if since else None, until=until.date() if until else None, **fitting)
    reading = Reading("audit search", asked=asdict(wanted) | {"before": before, "count": counted or None})
    with (
        log_read(settings_in(directory), reading) as (reader, end),
        Progress(console=err, transient=True) as bar,
    ):
        task = bar.add_task("Searching")
        found = search(
            reader,
            wanted,
            min(end, end if before is None else before),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
        told = counts(found) if counted else list(islice(found, last + 1))
    if isinstance(told, Mapping):
        _show_counts(told, wants_json=wants_json)
    else:
        _show(told[:last], more=len(told) > last, wants_json=wants_json)


def _show_counts(told: Mapping[str, Mapping[str, int]], *, wants_json: bool) -> None:
    if wants_json:
        print_json(told)
        return
    rows = [
        [by, printable(value), str(count)] for by, counted in told.items() for value, count in counted.items()
    ]
    table(None, ["By", "", "How many"], rows)


def _show(found: Sequence[Question], *, more: bool, wants_json: bool) -> None:
    if wants_json:
        print_json({"found": [one.as_json() for one in found], "before": found[-1].index if more else None})
        return
    if not found:
        out.print("Nothing in the log fits.")
        return
    headings = ["Entry", "Time (London)", "Type", "Requester", "Purpose", "Case", "Outcomes", "Query"]
    table(None, headings, [_row(one) for one in found])
    if more:
        out.print(f"There are more: --before {found[-1].index}")


def _row(one: Question) -> list[str | Text]:
    who: Mapping[str, Any] = one.requester or {}
    name = (
        f"{who.get('name')} ({who.get('subject')})" if who else "not known" if one.readable else "unreadable"
    )
    case = str(one.request.get("case_reference") or "")
    cells = (one.kind, name, one.purpose or "", case, "\n".join(_by_source(one)), one.query_id or "")
    return [
        str(one.index),
        local(one.at),
        *(Text("\n".join(map(printable, cell.split("\n")))) for cell in cells),
    ]


def local(at: str) -> str:
    """A time of the log as people in London read it, to the second."""
    return datetime.fromisoformat(at).astimezone(LONDON).strftime("%Y-%m-%d %H:%M:%S")


def _by_source(one: Question) -> Iterator[str]:
    """A line for each source, with all its outcomes; what is no source's has its own."""
    of: dict[str | None, dict[str, None]] = {}
    for it in one.outcomes:
        of.setdefault(it.source, {})[it.outcome] = None
    for source, outcomes in of.items():
        told = ", ".join(outcomes)
        yield f"{source}: {told}" if source else told
