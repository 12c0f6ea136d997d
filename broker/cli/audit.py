"""``broker audit``: reading the audit log. Every reading is itself an entry, where a broker can write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.progress import Progress
from rich.text import Text

from broker.audit.keys import load_keys
from broker.audit.reader import AuditReader
from broker.audit.verify import Verification
from broker.cli.printing import Exit, as_json, err, give_up, of_partnership, out, print_json
from broker.cli.starting import STARTING_FAULTS
from broker.cli.trace_table import entries_table, trace_table
from broker.settings import load_settings


@click.group(short_help="Trace a query, read entries, verify the log.")
def audit() -> None:
    """The audit log: who asked what and why, what each source disclosed, and proof that nothing was removed."""


@audit.command()
@click.argument("query_id", metavar="QUERY")
@of_partnership
@as_json
def trace(query_id: str, directory: Path, wants_json: bool) -> None:
    """Trace one QUERY (its id stands in the answer) through every source that it asked."""
    with _reader(directory) as reader:
        found = reader.trace(query_id)
    if not found.entries:
        give_up(f"The log has no query {query_id}.", Exit.WRONG)
    if wants_json:
        print_json(found.as_json())
    else:
        out.print(trace_table(found))


@audit.command()
@of_partnership
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many, from the end.")
@click.option("--type", "kind", help="Of these only those of one type, such as refusal or token.ended.")
@as_json
def entries(directory: Path, last: int, kind: str | None, wants_json: bool) -> None:
    """Read the latest entries of the log, also those that belong to no query: refusals, ended tokens, starts."""
    with _reader(directory) as reader:
        found = [one for one in reader.latest(last) if kind in (None, one.kind)]
    if wants_json:
        print_json([{"index": one.index, **one.facts} for one in found])
    else:
        out.print(entries_table(f"The latest {last} entries", found))


@audit.command()
@of_partnership
@click.option(
    "--against",
    type=click.File(encoding="utf-8"),
    help="A checkpoint that somebody kept: the log must have grown from it.",
)
@as_json
def verify(directory: Path, against: Any, wants_json: bool) -> None:
    """Check every entry's hash, the tree over them, and the signed checkpoints. Ends with 1 when one fails."""
    older = against.read() if against else None
    with _reader(directory) as reader, Progress(console=err, transient=True) as bar:
        task = bar.add_task("Verifying")
        found = reader.verify(older, lambda done, total: bar.update(task, completed=done, total=total))
    if wants_json:
        print_json(
            {"good": found.good, "entries": found.size, "root": found.root.hex(), "fault": found.fault}
        )
    else:
        out.print(_in_words(found))
    raise SystemExit(Exit.WELL if found.good else Exit.WRONG)


def _reader(directory: Path) -> AuditReader:
    try:
        of = load_settings(directory)
        audit_settings = of.settings.audit
        return AuditReader.open(
            of.path(audit_settings.log), load_keys(of.path(audit_settings.keys)), audit_settings.origin
        )
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.USAGE)


def _in_words(found: Verification) -> Text:
    if not found.good:
        return Text(f"The log does not verify: {found.fault}", style="bold red")
    return Text(f"{found.size} entries verify. Root {found.root.hex()}.", style="green")
