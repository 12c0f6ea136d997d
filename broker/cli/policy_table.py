"""``broker policy table``: the whole policy as purpose by role by field, for a meeting."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from broker.cli.policy_files import a_policy, loaded, purposes_beside
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from broker.cli.printing import table as printed_table
from broker.html_report import document
from broker.owners.may_ask import who_may_ask
from broker.spreadsheet import csv_line
from policy.compile import compile_policy
from policy.facts import LEVELS
from policy.load import LoadedPolicy
from policy.region_words import and_of, records_said
from policy.table import Row, Shows, table

_CALLED = {
    "involved": "Involved",
    "status": "Status",
    "started": "Started",
    "ended": "Ended",
    "last_contact": "Last contact",
    "lead_practitioner": "Lead practitioner",
}


@click.command("table", short_help="The whole policy as one table: purpose, role, field.")
@a_policy
@of_partnership
@click.option(
    "--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page for a meeting here."
)
@click.option("--csv", "wants_csv", is_flag=True, help="Print it for a spreadsheet.")
@as_json
def table_command(file: Path, directory: Path, html: Path | None, wants_csv: bool, wants_json: bool) -> None:
    """Show what each role sees of each field for each purpose, and when. FILE may be a policy's name.

    What the partnership's purpose rules cap is counted in: it is what is really shown.
    """
    policy = loaded(file, directory)
    purposes = purposes_beside(policy.path, directory)
    if purposes is None:
        give_up(f"There is no purposes.yaml in {directory}: it says which roles there are.", Exit.USAGE)
    rows = table(compile_policy(policy), who_may_ask(purposes))
    if html is not None:
        html.write_text(_page(policy, rows), encoding="utf-8")
        out.print(f"Written to {html}.")
    elif wants_json:
        print_json([_as_json(row) for row in rows])
    elif wants_csv:
        click.echo(_as_csv(rows), nl=False)
    else:
        _print(policy, rows)


def _print(policy: LoadedPolicy, rows: Sequence[Row]) -> None:
    printed_table(
        f"{policy.policy.policy}, version {policy.policy.version}",
        ["Purpose", "Who asks", "Field", "What is shown"],
        [
            [
                row.purpose if name == "involved" else "",
                _who(row) if name == "involved" else "",
                called,
                _cell(row.fields[name]),
            ]
            for row in rows
            for name, called in _CALLED.items()
        ],
    )
    for sentence in records_said(policy.policy):
        out.print(Text(sentence))


def _who(row: Row) -> str:
    return and_of(row.roles) + (", of records of staff" if row.of_staff else "")


def _cell(shows: Sequence[Shows]) -> str:
    return "\n".join(_said(one) for one in shows) or "nothing"


def _said(shows: Shows) -> str:
    return f"{shows.level}, if {'; or if '.join(shows.when)}" if shows.when else shows.level


def _as_json(row: Row) -> dict[str, Any]:
    return {
        "purpose": row.purpose,
        "roles": row.roles,
        "of_staff": row.of_staff,
        "fields": {
            name: [{"level": one.level, "when": one.when} for one in shows]
            for name, shows in row.fields.items()
        },
    }


def _as_csv(rows: Sequence[Row]) -> str:
    lines = [(row.purpose, _who(row), *(_cell(row.fields[name]) for name in LEVELS)) for row in rows]
    return "".join(map(csv_line, [("purpose", "who asks", *LEVELS), *lines]))


def _page(policy: LoadedPolicy, rows: Sequence[Row]) -> str:
    """For each purpose a table with a line a field: it fits a phone, where eight columns would not."""
    of = policy.policy
    about = (
        f"Sharing policy {of.policy}, version {of.version}, in force from {of.effective.from_} to"
        f" {of.effective.until}. Agreement {of.sharing_agreement.dsa}."
    )
    body = [
        f"<h1>What {escape(of.owner.organisation)} shares</h1>",
        f'<p class="soft">{escape(about)}</p>',
        "<ul>",
        *(f"<li>{escape(sentence)}</li>" for sentence in records_said(of)),
        "</ul>",
    ]
    for row in rows:
        body += [
            f"<h2>{escape(row.purpose.replace('_', ' '))}</h2>",
            f"<table><caption>{escape(_who(row).replace('_', ' '))}</caption>",
            '<thead><tr><th scope="col">Field</th><th scope="col">What is shown</th></tr></thead><tbody>',
            *(_line(called, _cell(row.fields[name])) for name, called in _CALLED.items()),
            "</tbody></table>",
        ]
    return document(f"What {of.owner.organisation} shares", body)


def _line(called: str, shown: str) -> str:
    return f'<tr><th scope="row">{called}</th><td>{"<br>".join(map(escape, shown.splitlines()))}</td></tr>'
