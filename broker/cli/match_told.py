"""``broker match misses`` and ``broker match triage``: where matching fails, and who was shown wrongly."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from broker.audit.match_events import CLOSED, OPENED, TriageClosed
from broker.cli.account import account
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.cli.recording import Reading, log_read, recorded
from broker.cli.starting import STARTING_FAULTS
from broker.learning.misses import CountsUnfit, read, summed_up, told
from broker.settings import Partnership, load_settings
from broker.surroundings import LONDON


@click.command(short_help="Count close matches that were not shown, and why.")
@click.argument("source", metavar="SOURCE")
@of_partnership
@as_json
def misses(source: str, directory: Path, wants_json: bool) -> None:
    """Count by week the close matches of SOURCE that were possible, and not shown; and why not.

    \b
    They may be people who were missed: a service that knows a child, and was not named. Where many birth dates are
    missing, they have to be filled in; where many family names differ, former names should be mapped. Records that
    the policy withholds never count. A week is told when it is over, in round numbers.
    """
    try:
        kept = told(read(directory / "state" / "misses" / f"{source}.json"), datetime.now(LONDON).date())
    except (OSError, CountsUnfit) as fault:
        give_up(str(fault), Exit.WRONG)
    if wants_json:
        print_json(kept)
    elif kept:
        rows = [[week, *row] for week, counts in kept.items() for row in summed_up(counts)]
        table(f"{source}: close matches that were not shown", ["Week", "Why", "How many"], rows)
    else:
        out.print(
            f"No week is over in which {source} had a close match that was not shown, as far as it is kept."
        )


@click.group(short_help="Wrong people who were shown: what is to be looked into.")
def triage() -> None:
    """Items that "wrong person" opened: for the source's owner, and for the data protection officer."""


@triage.command("list", short_help="The items that are open.")
@of_partnership
@click.option("--all", "closed_too", is_flag=True, help="Also those that were closed, and what was found.")
@as_json
def list_(directory: Path, closed_too: bool, wants_json: bool) -> None:
    """List the items, oldest first. `broker audit trace QUERY` shows who was asked about, and what was shown."""
    items = [one for one in _items(_settings(directory)) if closed_too or one["state"] == "open"]
    if wants_json:
        print_json(items)
    elif items:
        facts = ("item", "at", "source", "query", "state", "finding")
        rows = [[str(one[name] or "") for name in facts] for one in items]
        table("Wrong people who were shown", ["Item", "Said at", "Source", "Query", "State", "Finding"], rows)
    else:
        out.print("Nothing to look into.")


@triage.command(short_help="Close an item, with what was found.")
@click.argument("item", metavar="ITEM")
@click.option("--finding", required=True, help="What came of it, in a sentence. Name nobody.")
@of_partnership
def close(item: str, finding: str, directory: Path) -> None:
    """Close ITEM. It is an entry of the audit log, with this account's name."""
    partnership = _settings(directory)
    found = next((one for one in _items(partnership) if one["item"] == item), None)
    if found is None:
        give_up(f"There is no item {item}.", Exit.USAGE)
    if found["state"] != "open":
        give_up(f"{item} is closed already.", Exit.USAGE)
    closed = TriageClosed(item, datetime.now(UTC), found["source"], account(), finding)
    recorded(partnership, closed)
    out.print(f"{item} is closed.")


def _settings(directory: Path) -> Partnership:
    try:
        return load_settings(directory)
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.WRONG)


def _items(partnership: Partnership) -> list[dict[str, Any]]:
    with log_read(partnership, Reading("match triage")) as (reader, _):
        entries = [one for one in reader.entries() if one.kind in (OPENED, CLOSED)]
    items: dict[str, dict[str, Any]] = {}
    for one in entries:
        item = one.facts["query_id"]
        if one.kind == OPENED:
            items[item] = {
                "item": item,
                "at": one.at,
                "source": one.facts["source"],
                "query": one.facts["opened_from"],
                "state": "open",
                "finding": "",
            }
        elif item in items:
            told_ = one.facts["finding"] or {}
            items[item] |= {"state": "closed", "finding": told_.get("finding", "")}
    return list(items.values())
