"""``broker audit person``: who looked somebody up, reviewed by a human before it is released to them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import click
from rich.text import Text

from broker.audit.asking.person import LookUp, looked_up
from broker.audit.asking.report import (
    NoSuchReport,
    Report,
    canonical,
    digest,
    faults_of,
    in_words,
    report_of,
    written,
)
from broker.audit.reader import AuditReader
from broker.audit.reading_events import ReportStarted, SubjectReleased, SubjectReviewed, Verdict
from broker.cli.account import account
from broker.cli.audit_search import local
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.cli.recording import Reading, log_open, log_read, recorded
from broker.cli.shield import person_named
from broker.cli.trace_table import printable
from connectors.contract import Identifiers

_report = click.argument("report_id", metavar="REPORT")
_YES = click.Choice(["yes", "no"])


@click.group(short_help="Who looked somebody up: find, review, release.")
def person() -> None:
    """Answer somebody who asks who looked them up (a subject access request).

    \b
      broker audit person start --person "Ashdown, Emma, 1991-03-07" --reason "Her request of 3 June"
      broker audit person review REPORT
      broker audit person review REPORT --entry 17 --verdict released --serious-harm no --third-party no
      broker audit person release REPORT --out report

    Every step is an entry of the log.
    """


@person.command(short_help="Find the entries that may be about somebody.")
@of_partnership
@click.option("--person", "named", help="'FAMILY NAME, GIVEN NAME, BIRTH DATE'; the last if known.")
@click.option(
    "--former-name", "former", multiple=True, help="Another family name of theirs. As often as needed."
)
@click.option("--nhs-number", help="Their NHS number.")
@click.option("--upn", help="A child's unique pupil number.")
@click.option("--address", help="The address, as they write it.")
@click.option("--postcode", help="The postcode.")
@click.option("--reason", required=True, help="Who asks, and why. It is kept encrypted.")
@as_json
def start(
    *,
    directory: Path,
    named: str | None,
    former: tuple[str, ...],
    nhs_number: str | None,
    upn: str | None,
    address: str | None,
    postcode: str | None,
    reason: str,
    wants_json: bool,
) -> None:
    """Find who looked a person up, by all that is known of them; and begin a report.

    Check first that whoever asks is that person, or may ask for them. The more is given, the more is found: a
    number finds what was asked by the number alone. Spellings of a name meet: some of it may be somebody else.
    """
    whom = replace(
        _named(named),
        other_family_names=former,
        nhs_number=nhs_number,
        upn=upn,
        address=address,
        postcode=postcode,
    )
    of = settings_in(directory)
    with log_open(of) as reader:
        if not reader.keys.tags.person(whom):
            give_up("Say who it is: by name and birth date or address, or by a number.", Exit.USAGE)
        size = reader.store.size()
        found = looked_up(reader, whom, size)
        report_id = f"r-{secrets.token_hex(6)}"
        begun = ReportStarted(report_id, datetime.now(UTC), account(), reason, whom, size, len(found))
        recorded(of, begun)
    if wants_json:
        print_json({"report": report_id, "found": [one.as_json() for one in found]})
        return
    _show(found, None)
    out.print(f"Report {report_id}: {len(found)} entries to review.")


@person.command(short_help="Review the entries of a report, one by one.")
@_report
@of_partnership
@click.option("--entry", type=click.IntRange(0), help="The entry; left out, all of them are listed.")
@click.option("--verdict", type=click.Choice(get_args(Verdict)), help="What becomes of it.")
@click.option(
    "--serious-harm", type=_YES, help="Would telling it be likely to cause serious harm to anybody?"
)
@click.option("--third-party", type=_YES, help="Does it tell of somebody else, who has not agreed?")
@click.option("--withhold-name", is_flag=True, help="Tell the entry, and not who looked. It needs a reason.")
@click.option("--reason", help="Why it is withheld, or the name is; or why it is told all the same.")
@as_json
def review(
    *,
    report_id: str,
    directory: Path,
    entry: int | None,
    verdict: Verdict | None,
    serious_harm: str | None,
    third_party: str | None,
    withhold_name: bool,
    reason: str | None,
    wants_json: bool,
) -> None:
    """List what REPORT found; or review one entry of it, with both tests answered.

    Professionals who acted officially are named, unless a reviewer withholds one with a reason.
    """
    of = settings_in(directory)
    if entry is None:
        with log_read(of, Reading("audit person review", report_id)) as (reader, _):
            _list(_of(reader, report_id), wants_json=wants_json)
        return
    if verdict is None or serious_harm is None or third_party is None:
        give_up("A review has a --verdict, and answers --serious-harm and --third-party.", Exit.USAGE)
    made = SubjectReviewed(
        report_id,
        datetime.now(UTC),
        account(),
        entry,
        verdict,
        reason,
        serious_harm=serious_harm == "yes",
        third_party=third_party == "yes",
        withholds_name=withhold_name,
    )
    with log_open(of) as reader:
        report = _of(reader, report_id)
    if faults := list(faults_of(made, report)):
        give_up("\n".join(faults), Exit.USAGE)
    recorded(of, made)
    left = [index for index in report.unreviewed if index != entry]
    if wants_json:
        print_json({"report": report_id, "entry": entry, "verdict": verdict, "left": left})
    else:
        out.print(f"Entry {entry}: {verdict.replace('_', ' ')}. {_left_over(left)}")


def _left_over(entries: Sequence[int]) -> str:
    if not entries:
        return "None is left to be reviewed."
    return "One more is to be reviewed." if len(entries) == 1 else f"{len(entries)} more are to be reviewed."


@person.command(short_help="Write the report, once every entry was reviewed.")
@_report
@of_partnership
@click.option(
    "--out",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where to: FILE.txt to be sent, and FILE.json for programs.",
)
def release(report_id: str, directory: Path, file: Path) -> None:
    """Write REPORT for the person whom it is about. Refuses while an entry is unreviewed."""
    of, now = settings_in(directory), datetime.now(UTC)
    paths = [file.with_name(f"{file.name}.{ending}") for ending in ("json", "txt")]
    for path in paths:
        if path.exists():
            give_up(f"{path} is there already.", Exit.USAGE)
    with log_open(of) as reader:
        report = _of(reader, report_id)
        if report.unreviewed:
            left = ", ".join(map(str, report.unreviewed))
            give_up(f"Entries are still to be reviewed: {left}.", Exit.WRONG)
        released = written(report, reader.origin, reader.checkpoint(), now)
    raw = canonical(released)
    recorded(
        of,
        SubjectReleased(report_id, now, account(), digest(raw), len(report.told), len(report.withheld)),
    )
    for path, content in zip(paths, (raw, in_words(released).encode("utf-8", "replace")), strict=True):
        _write(path, content)
    out.print(
        f"{len(report.told)} entries are told, {len(report.withheld)} withheld: {paths[1]}",
        markup=False,
        soft_wrap=True,
    )


def _write(path: Path, content: bytes) -> None:
    """Write a file that nobody else on the machine reads."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _named(text: str | None) -> Identifiers:
    """Names, with or without a birth date; nobody, where none are given."""
    parts = [part.strip() for part in (text or "").split(",")]
    if text is None or len(parts) > 2:  # noqa: PLR2004 -- with a birth date
        return person_named(text, None) if text else Identifiers()
    if len(parts) == 1 or not all(parts):
        give_up("Write the person as 'Quillfeather, Ottoline, 1989-11-17'.", Exit.USAGE)
    return Identifiers(family_name=parts[0], given_name=parts[1])


def _of(reader: AuditReader, report_id: str) -> Report:
    try:
        return report_of(reader, report_id)
    except NoSuchReport as fault:
        give_up(str(fault), Exit.USAGE)


def _list(report: Report, *, wants_json: bool) -> None:
    if wants_json:
        found = [{**one.as_json(), "review": report.reviews.get(one.index)} for one in report.look_ups]
        print_json({"report": report.id, "found": found, "unreviewed": list(report.unreviewed)})
    else:
        _show(report.look_ups, report)


def _show(found: Sequence[LookUp], report: Report | None) -> None:
    headings = ["Entry", "Time (London)", "What", "Who", "Purpose", "Reason", "Sure", "Matched by", "Review"]
    table(None, headings, [_row(one, report) for one in found])


def _row(one: LookUp, report: Report | None) -> list[str | Text]:
    who, asked = one.requester, one.asked or {}
    name = f"{who.get('name')} ({who.get('role')})" if who else "unreadable"
    reviewed = report.reviews.get(one.index) if report else None
    verdict = str(reviewed["verdict"]).replace("_", " ") if reviewed else "to do"
    cells = (one.kind, name, asked.get("purpose") or "", asked.get("reason") or "")
    rest = (one.surety, ", ".join(one.matched), verdict)
    return [str(one.index), local(one.at), *(Text(printable(cell)) for cell in (*cells, *rest))]
