"""``broker source check``: a source file against its live database, and what to do about every difference."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from rich.text import Text

import handwritten
from broker.cli.printing import Exit, as_json, give_up, out, partnership, print_json
from broker.cli.source_files import no_such_source, source_named
from broker.owners.checking import Checking
from broker.owners.checking import check as checked
from broker.owners.findings import Asked, Finding, Report
from broker.settings import load_settings
from connectors.inspection.seen import Step

_STYLES: Mapping[str, str] = {"fine": "green", "note": "dim", "warning": "yellow", "problem": "bold red"}


@click.command(short_help="Check a source file against its live database.")
@click.argument("name")
@partnership
@click.option(
    "--production", is_flag=True, help="A user who may write, or plain text over a network, is a problem."
)
@as_json
def check(name: str, directory: Path, production: bool, wants_json: bool) -> None:
    """Check one source against its live database, and say what to do about each finding.

    \b
    It tells whether every mapped column is there and of a type that fits, in what form dates and codes stand,
    which columns have an index and what a missing one costs, whether the connection's user may write, whether the
    connection is encrypted, whether the database breaks off what takes too long, and how old an extract is.
    It shows the exact SQL for an invented person, and the database's plan for it. No record is shown.

    \b
    Ends with 0 when there is no problem (there may be warnings), else with 1.
    """
    try:
        of = load_settings(directory)
        source = source_named(directory, name)
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)
    if source is None:
        give_up(no_such_source(directory, name), Exit.USAGE)
    report = asyncio.run(checked(Checking(source, of.secret, of.directory, production)))
    if wants_json:
        print_json(_as_json(report))
    else:
        _show(report)
    raise SystemExit(Exit.WELL if report.is_well else Exit.WRONG)


def _show(report: Report) -> None:
    if report.asked is not None:
        _show_question(report.asked)
    for one in report.findings:
        _show_finding(one)
    problems = sum(one.level == "problem" for one in report.findings)
    warnings = sum(one.level == "warning" for one in report.findings)
    out.print(f"{problems} problem{'s' * (problems != 1)}, {warnings} warning{'s' * (warnings != 1)}")


def _show_question(asked: Asked) -> None:
    out.print(Text("The question for an invented person", style="bold"))
    out.print(Text(asked.sql), soft_wrap=True)
    out.print(Text("Its plan", style="bold"))
    if asked.plan is None:
        out.print(Text("  The database shows none.", style="dim"))
    for says, steps in _alike(asked.plan or ()).items():
        out.print(Text(f"  {_line(says)}{_estimated(steps)}"), soft_wrap=True)


def _alike(plan: Sequence[Step]) -> Mapping[str, list[Step]]:
    """A question is a union of several kinds of look-up: many steps are the same."""
    found: dict[str, list[Step]] = {}
    for step in plan:
        found.setdefault(step.says, []).append(step)
    return found


def _estimated(steps: Sequence[Step]) -> str:
    rows = sum(one.rows or 0 for one in steps)
    told = [f"{len(steps)} times" if len(steps) > 1 else "", f"about {rows:,} rows" if rows else ""]
    more = ", ".join(filter(None, told))
    return f" ({more})" if more else ""


def _show_finding(one: Finding) -> None:
    said = Text(f"{one.level}: ", style=_STYLES[one.level])
    said.append(f"{one.about}: {_line(one.says)}", style="default")
    out.print(said, soft_wrap=True)
    if one.todo:
        out.print(Text(f"    {_line(one.todo)}", style="cyan"), soft_wrap=True)


def _line(text: str) -> str:
    """Without what paints a terminal: names of columns and codes come from a database."""
    return "".join(letter for letter in text if letter.isprintable())


def _as_json(report: Report) -> Mapping[str, Any]:
    asked = report.asked
    return {
        "source": report.source,
        "well": report.is_well,
        "findings": [
            {"level": one.level, "about": one.about, "says": one.says, "todo": one.todo}
            for one in report.findings
        ],
        "question": asked
        and {
            "sql": asked.sql,
            "plan": None if asked.plan is None else [_step_as_json(one) for one in asked.plan],
            "milliseconds": None if asked.seconds is None else round(asked.seconds * 1000, 1),
        },
    }


def _step_as_json(step: Step) -> Mapping[str, Any]:
    return {
        "says": step.says,
        "reads_all": step.reads_all,
        "index": step.index,
        "rows": step.rows,
        "cost": step.cost,
    }
