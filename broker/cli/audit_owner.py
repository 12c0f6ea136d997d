"""``broker audit owner``: what the owner of a source may know of who asked it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

import click
from rich.text import Text

from broker.audit.asking.owner import OwnEntry, OwnerCounts, own_entries, owner_counts
from broker.cli.audit_search import local
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.cli.recording import Reading, log_read
from broker.cli.trace_sources import sources_in
from broker.cli.trace_table import printable

ROLE = "information_governance"
A_MONTH = click.DateTime(["%Y-%m"])
_HEADINGS = (
    "Entry",
    "Time (London)",
    "Purpose",
    "Role",
    "Organisation",
    "View",
    "Policy",
    "Outcomes",
    "Query",
)


@click.command("owner", short_help="Tell a source's owner how often it was asked, in counts.")
@click.argument("source")
@of_partnership
@click.option("--since", type=A_MONTH, help="The first month, such as 2026-04.")
@click.option("--until", type=A_MONTH, help="The last month.")
@click.option("--entries", is_flag=True, help="Single entries instead of counts, for information governance.")
@click.option("--as", "role", type=click.Choice([ROLE]), help="In which role single entries are read.")
@click.option("--reason", help="Why single entries are read. It is kept encrypted, for auditors.")
@click.option(
    "--last", type=click.IntRange(1), default=50, show_default=True, help="So many entries at most."
)
@as_json
def owner_command(
    *,
    source: str,
    directory: Path,
    since: datetime | None,
    until: datetime | None,
    entries: bool,
    role: str | None,
    reason: str | None,
    last: int,
    wants_json: bool,
) -> None:
    """Count who asked SOURCE: by month, purpose, role and outcome. Counts are rounded, and small ones not told.

    Single entries name nobody: neither who asked, nor about whom. They are read in a role, and for a reason.

    \b
      broker audit owner housing --since 2026-04 --until 2026-06
      broker audit owner housing --entries --as information_governance --reason "Complaint IG-77"
    """
    if entries and not (role and reason and reason.strip()):
        give_up(f"Single entries are read --as {ROLE}, and with a --reason.", Exit.USAGE)
    if not entries and (role or reason):
        give_up("Counts need no role and no reason. Single entries are read with --entries.", Exit.USAGE)
    if source not in sources_in(directory):
        give_up(f"The partnership has no source {source}.", Exit.USAGE)
    days = (since.date() if since else None, until.date() if until else None)
    asked = {"source": source, "since": days[0], "until": days[1], "entries": entries or None, "as": role}
    reading = Reading("audit owner", asked=asked, reason=reason)
    with log_read(settings_in(directory), reading) as (reader, before):
        if entries:
            _show_entries(
                list(islice(own_entries(reader, source, before, *days), last)), wants_json=wants_json
            )
        else:
            _show_counts(owner_counts(reader, source, before, *days), wants_json=wants_json)


def _show_counts(counted: OwnerCounts, *, wants_json: bool) -> None:
    if wants_json:
        print_json(counted.as_json())
        return
    total = "fewer than 20: too few to be counted" if counted.total is None else f"{counted.total:,}"
    out.print(f"People asked about at {counted.source}, each time that they were: {total}.")
    rows = [
        [name, printable(value), one.text()] for name, by in counted.by.items() for value, one in by.items()
    ]
    table(None, ["By", "", "How many"], rows)
    out.print("Counts are rounded to five; fewer than 10 are not told.", style="dim")


def _show_entries(found: Sequence[OwnEntry], *, wants_json: bool) -> None:
    if wants_json:
        print_json([one.as_json() for one in found])
    elif found:
        table(None, _HEADINGS, [_row(one) for one in found])
    else:
        out.print("Nobody asked this source then.")


def _row(one: OwnEntry) -> list[str | Text]:
    told = one.as_json()
    outcomes = [f"person {its['person']}: {its['outcome']}" for its in told["outcomes"]]
    cells = (
        *(str(one.index), local(one.at), one.purpose or "", one.role or "", one.organisation or ""),
        *(told["view"] or "", f"version {told['policy_version']}", "\n".join(outcomes), one.query_id),
    )
    return [Text("\n".join(map(printable, cell.split("\n")))) for cell in cells]
