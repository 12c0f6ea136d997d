"""``broker audit``: reading the audit log. Every reading is itself an entry, where a broker can write it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress
from rich.text import Text

from broker.audit.keys import load_keys
from broker.audit.reader import AuditReader, Trace
from broker.audit.verify import Verification
from broker.cli.printing import Exit, as_json, err, give_up, out, print_json, table
from broker.cli.starting import STARTING_FAULTS
from broker.settings import load_settings

of_partnership = click.option(
    "--partnership",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The partnership's directory; the current one when left out.",
)


@click.group(short_help="Trace a query, verify the log.")
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
        print_trace(found)


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


def print_trace(found: Trace) -> None:
    """A trace as a table: when, what, and what the log's keys open of it."""
    rows = [(str(one.index), one.at, one.kind, Text("\n".join(_lines(one.facts)))) for one in found.entries]
    table(f"Query {found.query_id}", ("Entry", "When", "What", "What it holds"), rows)


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


_NOT_SHOWN = {
    "format",
    "id",
    "type",
    "at",
    "query_id",
    "content_salt",
    "content_hash",
    "policy_digest",
    "policy_digests",
}


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """The facts of an entry in words, without digests."""
    for name, value in facts.items():
        if name in _NOT_SHOWN or value in (None, [], {}, ""):
            continue
        if isinstance(value, dict):
            yield from _lines(value) if name in ("request", "disclosed") else (f"{name}: {_short(value)}",)
        else:
            yield f"{name.replace('_', ' ')}: {_short(value)}"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        inside = {key: one for key, one in value.items() if one not in (None, [], {}, "")}
        return ", ".join(f"{key.replace('_', ' ')} {_short(one)}" for key, one in inside.items())
    if isinstance(value, list):
        return "; ".join(_short(one) for one in value)
    return value if isinstance(value, str) else json.dumps(value)
