"""``broker audit export``: the log for other programs, of a time, with nobody named unless there is a reason."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import click

from broker.audit.asking.consultations import consultations, written
from broker.audit.asking.export import exported
from broker.audit.asking.export_csv import csv_rows
from broker.audit.asking.export_fhir import AuditEvents
from broker.audit.reader import AuditReader
from broker.cli.audit_search import A_DAY
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from broker.cli.recording import Reading, log_open, recorded

ExportFormat = Literal["fhir", "csv", "consultations"]
Days = tuple[date | None, date | None]


@click.command("export", short_help="Write the log as FHIR AuditEvents, CSV, or for reconcile.")
@of_partnership
@click.option(
    "--format",
    "kind",
    type=click.Choice(["fhir", "csv", "consultations"]),
    required=True,
    help="For which programs.",
)
@click.option(
    "--out", "file", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to."
)
@click.option("--since", type=A_DAY, help="The first day, such as 2026-06-01, in London.")
@click.option("--until", type=A_DAY, help="The last day.")
@click.option("--source", help="Of which source; for consultations alone, which are of one.")
@click.option(
    "--with-identifiers",
    is_flag=True,
    help="With the names of whoever asked, and was asked about. It needs a reason.",
)
@click.option("--as", "role", type=click.Choice(["auditor"]), help="In which role identifiers are read.")
@click.option("--reason", help="Why identifiers are exported. It is kept encrypted, for auditors.")
@as_json
def export_command(
    *,
    directory: Path,
    kind: ExportFormat,
    file: Path,
    since: datetime | None,
    until: datetime | None,
    source: str | None,
    with_identifiers: bool,
    role: str | None,
    reason: str | None,
    wants_json: bool,
) -> None:
    """Write the entries of some days to a file: how many is itself an entry, before the file is there.

    fhir is NDJSON of FHIR R4 AuditEvents by IHE's Basic Audit Log Patterns; csv is for a spreadsheet;
    consultations are for broker audit reconcile. Whoever asked and was asked about stands there by pseudonyms,
    always the same.

    \b
      broker audit export --format fhir --since 2026-06-01 --until 2026-06-30 --out june.ndjson
      broker audit export --format csv --out all.csv --with-identifiers --as auditor --reason "Inquiry 7"
    """
    if with_identifiers and not (role and reason and reason.strip()):
        give_up("Identifiers are exported --as auditor, and with a --reason.", Exit.USAGE)
    if (kind == "consultations") != (source is not None):
        give_up("Consultations are of one --source, and nothing else is.", Exit.USAGE)
    if with_identifiers and kind == "consultations":
        give_up("Consultations name nobody.", Exit.USAGE)
    if file.exists():
        give_up(f"{file} is there already.", Exit.USAGE)
    of = settings_in(directory)
    days: Days = (since.date() if since else None, until.date() if until else None)
    with log_open(of) as reader:
        before = reader.store.size()

        def lines() -> Iterator[str]:
            return _lines(reader, kind, before, days, source, named=with_identifiers)

        # Read twice: how many there are is recorded before any of it is written.
        count = sum(1 for _ in lines()) - (kind != "fhir")
        asked = {
            "format": kind,
            "since": days[0],
            "until": days[1],
            "source": source,
            "as": role,
            "written": count,
        }
        named = {"with_identifiers": "yes"} if with_identifiers else {}
        recorded(of, Reading("audit export", asked={**asked, **named}, reason=reason).event())
        _write(file, lines())
    if wants_json:
        print_json({"file": str(file), "format": kind, "written": count, "entries_of_the_log": before})
    else:
        what = {"fhir": "events", "csv": "rows", "consultations": "consultations"}[kind]
        out.print(f"{count} {what} are in {file}.", markup=False, soft_wrap=True)


def _lines(
    reader: AuditReader, kind: ExportFormat, before: int, days: Days, source: str | None, *, named: bool
) -> Iterator[str]:
    if kind == "consultations":
        found = consultations(reader, source or "", before, *days)
        return written(reader.origin, source or "", before, found)
    entries = exported(reader, before, *days)
    if kind == "csv":
        return csv_rows(entries, reader.keys.tags, named=named)
    return AuditEvents(reader.origin, reader.keys.tags, named).lines(entries)


def _write(file: Path, lines: Iterator[str]) -> None:
    """Write a file that nobody else on the machine reads."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="") as opened:
        opened.writelines(lines)
