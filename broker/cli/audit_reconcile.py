"""``broker audit reconcile``: the log held against an agent's, or against that of the source's own database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import get_args
from zoneinfo import available_timezones

import click
from rich.text import Text

from broker.audit.asking.consultations import Consultation, NotConsultations, consultations, read
from broker.audit.asking.postgresql_log import Format, NotALog, marked_statements
from broker.audit.asking.reconcile import (
    DatabaseLog,
    Reconciled,
    against_another_log,
    against_database,
)
from broker.audit.reader import AuditReader
from broker.cli.audit_search import A_DAY
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.cli.recording import Reading, log_read
from broker.cli.trace_table import printable
from broker.surroundings import LONDON

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_BY_ENDING: Mapping[str, Format] = {".csv": "csvlog", ".json": "jsonlog"}


@click.command("reconcile", short_help="Hold the log against an agent's, or the source database's own.")
@click.argument("source")
@of_partnership
@click.option("--with", "other", type=_FILE, help="An agent's consultations, as audit export writes them.")
@click.option("--database-log", type=_FILE, help="A log file of the source's own PostgreSQL.")
@click.option(
    "--log-format", type=click.Choice(get_args(Format)), help="By the file's ending, when left out."
)
@click.option("--log-line-prefix", help="Of a stderr log: what SHOW log_line_prefix says there.")
@click.option("--time-zone", help="The zone of its times, such as Europe/London, where they do not say.")
@click.option("--since", type=A_DAY, help="The first day, such as 2026-06-01, in London.")
@click.option("--until", type=A_DAY, help="The last day.")
@click.option(
    "--clocks-differ-by",
    type=click.FloatRange(0, 3600),
    default=5,
    show_default=True,
    help="Seconds that the two machines' clocks may be apart.",
)
@as_json
def reconcile_command(
    *,
    source: str,
    directory: Path,
    other: Path | None,
    database_log: Path | None,
    log_format: Format | None,
    log_line_prefix: str | None,
    time_zone: str | None,
    since: datetime | None,
    until: datetime | None,
    clocks_differ_by: float,
    wants_json: bool,
) -> None:
    """Tell what this log and another say differently of SOURCE. Ends with 1 when they do.

    With an agent's log, by query, time, policy, outcome and the hash of what was sent. With the database's own:
    which of our consultations it never saw, and which statements with our mark this log does not know.

    \b
      broker audit reconcile housing --with agent-housing.ndjson
      broker audit reconcile housing --database-log postgresql-Mon.csv
      broker audit reconcile housing --database-log postgresql.log --log-line-prefix "%m [%p] %q%u@%d %a "
    """
    if (other is None) == (database_log is None):
        give_up("Give the other log: either --with FILE, or --database-log FILE.", Exit.USAGE)
    apart = timedelta(seconds=clocks_differ_by)
    days = (since.date() if since else None, until.date() if until else None)
    there = _theirs(other, source) if other else None
    database = None
    if database_log is not None:
        kind = log_format or _BY_ENDING.get(database_log.suffix, "stderr")
        database = _database(database_log, kind, log_line_prefix, time_zone)
    asked = {
        "source": source,
        "since": days[0],
        "until": days[1],
        "with": "database" if database else "agent",
    }
    with log_read(settings_in(directory), Reading("audit reconcile", asked=asked)) as (reader, before):
        ours = list(consultations(reader, source, before, *days))
        if database is None:
            found = against_another_log(ours, _begun_within(there or [], *days), apart)
        else:
            known = _known_otherwise(reader, source, database, {one.query_id for one in ours})
            found = against_database(ours, database, known, apart)
    if wants_json:
        print_json({"source": source, **found.as_json()})
    else:
        _show(source, found)
    raise SystemExit(Exit.WELL if found.good else Exit.WRONG)


def _theirs(file: Path, source: str) -> list[Consultation]:
    try:
        with file.open(encoding="utf-8") as lines:
            _, of, found = read(lines)
    except (NotConsultations, UnicodeDecodeError) as fault:
        give_up(
            f"{file} cannot be read. {fault if isinstance(fault, NotConsultations) else 'It is no text.'}",
            Exit.USAGE,
        )
    if of != source:
        give_up(f"{file} is of the source {of}, not of {source}.", Exit.USAGE)
    return found


def _database(file: Path, kind: Format, prefix: str | None, zone: str | None) -> DatabaseLog:
    if zone is not None and zone not in available_timezones():
        give_up(f"There is no time zone {zone}. Write it as Europe/London.", Exit.USAGE)
    try:
        # PostgreSQL writes what it was sent, in whatever encoding: only our marks are read from it.
        with file.open(encoding="utf-8", errors="replace", newline="") as lines:
            return marked_statements(lines, kind, prefix, zone)
    except NotALog as fault:
        give_up(f"{file} cannot be read as {kind}. {fault}", Exit.USAGE)


def _begun_within(there: list[Consultation], since: date | None, until: date | None) -> list[Consultation]:
    """Those of the days that are compared: a query is of the day in London on which it began, here and there."""
    first, last = since or date.min, until or date.max
    return [one for one in there if first <= one.begun.astimezone(LONDON).date() <= last]


def _known_otherwise(
    reader: AuditReader, source: str, database: DatabaseLog, ours: set[str]
) -> Mapping[str, str]:
    """The other queries of the database's log that an entry about this source stands for, and of which type."""
    marked = {one.query_id for one in database.statements} - ours
    return dict(_of_source(reader, source, marked))


def _of_source(reader: AuditReader, source: str, marked: set[str]) -> Iterator[tuple[str, str]]:
    for query_id in marked:
        for one in reader.trace(query_id).entries:
            asked = (one.facts.get("request") or {}).get("sources") or ()
            if one.facts.get("source") == source or source in asked:
                yield query_id, one.kind
                break


def _show(source: str, found: Reconciled) -> None:
    out.print(f"{source}: {found.agree} consultations agree.", style="green" if found.good else "")
    for title, differences in (
        ("In this log alone: the other never saw them", found.only_here),
        ("In the other alone: this log does not know them", found.only_there),
        ("In both, and not alike", found.differing),
    ):
        if differences:
            rows = [[Text(printable(str(value))) for value in _cells(one)] for one in differences]
            table(title, ["Query", "Time (UTC)", "Entry or session", "What"], rows)
    for why, count in found.not_compared.items():
        out.print(f"Not compared: {count}, {why.replace('_', ' ')}.", style="dim")


def _cells(one: Mapping[str, object]) -> tuple[object, ...]:
    what = one.get("differs") or one.get("outcomes") or ()
    place = one.get("entry", one.get("session", ""))
    return (
        one["query_id"],
        one["at"],
        place,
        ", ".join(map(str, what)) if isinstance(what, list | tuple) else "",
    )
