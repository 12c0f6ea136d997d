"""``broker audit``: reading the audit log. Every reading is itself an entry, durable before anything is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress
from rich.text import Text

from broker.audit.asking.trace import through_sources
from broker.audit.log import LogUnavailable
from broker.audit.mailed import note_in
from broker.audit.publishing import NotPublished, differing
from broker.audit.reader import AuditReader, Trace
from broker.audit.verify import Verification
from broker.cli.audit_checkpoint import checkpoint_command
from broker.cli.audit_export import export_command
from broker.cli.audit_flag import flag
from broker.cli.audit_owner import owner_command
from broker.cli.audit_person import person
from broker.cli.audit_prove import prove_command
from broker.cli.audit_publish import publish_command
from broker.cli.audit_reconcile import reconcile_command
from broker.cli.audit_review import digest_command, review
from broker.cli.audit_rules import rules_command
from broker.cli.audit_search import search_command
from broker.cli.audit_witness import status
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, err, give_up, of_partnership, out, print_json
from broker.cli.recording import Reading, log_open, log_read, record
from broker.cli.trace_sources import show_sources, sources_in
from broker.cli.trace_table import entries_table, trace_table
from broker.cli.witness_run import witness
from broker.settings import Partnership


@click.group(short_help="Trace a query, read entries, verify the log.")
def audit() -> None:
    """The audit log: who asked what and why, what each source disclosed, and proof that nothing was removed."""


@audit.command()
@click.argument("query_id", metavar="QUERY")
@of_partnership
@as_json
def trace(query_id: str, directory: Path, wants_json: bool) -> None:
    """Trace one QUERY (its id stands in the answer) through every source that it asked.

    For each source: how long it took, the policy and its digest, the view, what was shown of whom, and what to
    look for in the source's own log. It is the same whether a record was withheld or was not there.
    """
    with log_read(settings_in(directory), Reading("audit trace", query_id)) as (reader, before):
        whole = reader.trace(query_id).entries
    found = Trace(query_id, tuple(one for one in whole if one.index < before))
    if not found.entries:
        give_up(f"The log has no query {query_id}.", Exit.WRONG)
    through = through_sources(found, sources_in(directory))
    if wants_json:
        print_json({**found.as_json(), "sources": [one.as_json() for one in through]})
    else:
        out.print(trace_table(found))
        show_sources(through)


@audit.command()
@of_partnership
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many, from the end.")
@click.option("--type", "kind", help="Of these only those of one type, such as refusal or token.ended.")
@as_json
def entries(directory: Path, last: int, kind: str | None, wants_json: bool) -> None:
    """Read the latest entries of the log, also those that belong to no query: refusals, ended tokens, starts."""
    reading = Reading("audit entries", asked={"last": last, "type": kind})
    with log_read(settings_in(directory), reading) as (reader, before):
        latest = reader.entries(max(0, before - last), before)
        found = [one for one in latest if kind in (None, one.kind)]
    if wants_json:
        print_json([{"index": one.index, **one.facts} for one in found])
    else:
        out.print(entries_table(f"The latest {last} entries", found))


@audit.command()
@of_partnership
@click.option(
    "--against",
    type=click.File(encoding="utf-8"),
    help="A checkpoint that somebody kept, or a mail that has it: the log must have grown from it.",
)
@click.option(
    "--tiles",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A directory that the log was published into: its files must be this log's.",
)
@as_json
def verify(directory: Path, against: Any, tiles: Path | None, wants_json: bool) -> None:
    """Check every entry's hash, the tree over them, and the signed checkpoints. Ends with 1 when one fails."""
    older = against.read() if against else None
    of = settings_in(directory)
    with log_open(of) as reader, Progress(console=err, transient=True) as bar:
        _recorded_if_it_can_be(of)
        task = bar.add_task("Verifying")
        if older is not None:
            older = note_in(older, reader.verifier) or older
        found = reader.verify(older, lambda done, total: bar.update(task, completed=done, total=total))
        if tiles is not None and found.good:
            found = replace(found, fault=_of_tiles(reader, tiles))
    if wants_json:
        print_json(
            {"good": found.good, "entries": found.size, "root": found.root.hex(), "fault": found.fault}
        )
    else:
        out.print(_in_words(found))
    raise SystemExit(Exit.WELL if found.good else Exit.WRONG)


def _recorded_if_it_can_be(of: Partnership) -> None:
    """A log that is broken takes no entry, and has to be verified all the same. Verifying shows nobody's facts."""
    try:
        record(of, Reading("audit verify").event())
    except LogUnavailable:
        err.print("That the log was verified is not recorded: it cannot be written.", style="yellow")


def _of_tiles(reader: AuditReader, directory: Path) -> str | None:
    """What is wrong with a published directory; None when it is this log's."""
    try:
        path = differing(reader.store, reader.verifier, directory)
    except NotPublished as fault:
        return str(fault)
    return None if path is None else f"{directory / path} is not this log's, or is missing."


def _in_words(found: Verification) -> Text:
    if not found.good:
        return Text(f"The log does not verify: {found.fault}", style="bold red")
    return Text(f"{found.size} entries verify. Root {found.root.hex()}.", style="green")


witness.add_command(status)
for command in (
    checkpoint_command,
    digest_command,
    export_command,
    flag,
    owner_command,
    person,
    prove_command,
    publish_command,
    reconcile_command,
    review,
    rules_command,
    search_command,
    witness,
):
    audit.add_command(command)
