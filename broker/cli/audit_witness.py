"""``broker audit witness status``: who cosigned one's own log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from broker.audit.entry import indexed
from broker.audit.stores.contract import Store
from broker.audit.witness.kept import Kept, covered
from broker.audit.witness.settings import WitnessOfLog
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.cli.recording import Reading, log_read
from broker.settings import Partnership
from broker.surroundings import LONDON


@click.command(short_help="Show which witness cosigned how many entries, and when.")
@of_partnership
@as_json
def status(directory: Path, wants_json: bool) -> None:
    """Show which witness cosigned how many entries of the log, and when.

    Ends with 1 when entries wait for longer than broker.yaml allows, and the broker discloses nothing.
    """
    of = settings_in(directory)
    if not of.settings.audit.witnesses:
        give_up(
            "broker.yaml names no witness, under audit: witnesses. See docs/how-to/witness-a-log.md.",
            Exit.USAGE,
        )
    with log_read(of, Reading("audit witness status")) as (reader, _):
        seen = _seen(reader.store, of)
    told = [_of_witness(one, seen.by_witness.get(one.key), of) for one in of.settings.audit.witnesses]
    lapsed = _lapsed(seen, of)
    if wants_json:
        print_json(
            {"entries": seen.size, "witnessed": seen.covered, "too_long_ago": lapsed, "witnesses": told}
        )
    else:
        _show(told, seen, of, lapsed=lapsed)
    raise SystemExit(Exit.WRONG if lapsed else Exit.WELL)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The log's entries, how many of them enough witnesses cosigned, and when the oldest other was made."""

    size: int
    covered: int
    oldest: datetime | None
    by_witness: Mapping[str, Kept]


def _seen(store: Store, of: Partnership) -> _Seen:
    audit = of.settings.audit
    with store.as_of_now():
        found, size = store.cosignatures(), store.size()
        reaches = covered(found, [one.cosigner for one in audit.witnesses], audit.enough, audit.origin)
        row = next(iter(store.rows(reaches, reaches + 1)), None)
    oldest = datetime.fromisoformat(indexed(row[2]).at) if row else None
    return _Seen(size, reaches, oldest, {one.witness: one for one in found})


def _lapsed(seen: _Seen, of: Partnership) -> bool:
    waits = (datetime.now(UTC) - seen.oldest).total_seconds() / 60 if seen.oldest else 0
    return waits > of.settings.audit.unwitnessed_minutes


def _of_witness(witness: WitnessOfLog, its: Kept | None, of: Partnership) -> Mapping[str, Any]:
    held = its.holds(of.settings.audit.origin) if its else None
    return {
        "name": witness.name,
        "key": witness.key,
        "cosigned": its.size if its and held else 0,
        "at": held.at.isoformat() if held else None,
    }


def _show(told: list[Mapping[str, Any]], seen: _Seen, of: Partnership, *, lapsed: bool) -> None:
    rows = [
        (
            one["name"],
            str(one["cosigned"]),
            _time(datetime.fromisoformat(one["at"])) if one["at"] else "never",
            one["key"],
        )
        for one in told
    ]
    table(f"{seen.size} entries", ("Witness", "Entries cosigned", "When", "Key"), rows)
    audit = of.settings.audit
    many = f"{audit.enough} of {len(audit.witnesses)}"
    out.print(Text(f"{seen.covered} entries are cosigned by as many as have to: {many}."), soft_wrap=True)
    if lapsed:
        out.print(Text(_LAPSED.format(minutes=audit.unwitnessed_minutes), style="bold red"), soft_wrap=True)


_LAPSED = (
    "The others wait for more than {minutes} minutes, so the broker discloses nothing. Its log says why each"
    " witness does not cosign, and what to do."
)


def _time(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%d %B %Y %H:%M:%S}"
