"""``broker policy alerts``: what an owner whose policy asks for alerts learns later, and nobody else."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from broker.activation import write_whole
from broker.alerts import Note, NotForThisKey, opened
from broker.cli.policy_files import settings_in
from broker.cli.policy_sign import unlocked
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.cli.recording import Reading, log_read
from broker.cli.starting import STARTING_FAULTS
from broker.opening_keys import open_keys
from broker.settings import Partnership

FORMAT = "family-context-alerts/1"
_A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class SealedNote:
    """A note as the log has it: of when, of which query, and what only its owner opens."""

    at: str
    query_id: str
    sealed: bytes = field(repr=False)


@click.command("alerts", short_help="Read who asked for people of whom your records were withheld.")
@click.argument("source")
@of_partnership
@click.option("--days", type=click.IntRange(1), default=30, show_default=True, help="How far back.")
@click.option(
    "--key", "key_file", type=_A_FILE, help="Your private key, where your policy names an alert_key."
)
@click.option("--passphrase", help="What that key is locked with. You are asked for it.")
@click.option(
    "--write",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Open nothing: write the sealed notes to this file, for an owner who keeps the key elsewhere.",
)
@click.option(
    "--read", "handed", type=_A_FILE, help="Read such a file, not the log: it needs no broker here."
)
@as_json
def alerts_command(
    source: str,
    directory: Path,
    days: int,
    key_file: Path | None,
    passphrase: str | None,
    write: Path | None,
    handed: Path | None,
    wants_json: bool,
) -> None:
    """Tell which withheld records of SOURCE were somebody who was asked about, when, and for what purpose.

    Whoever asked learnt nothing of it: to them these records are not there. Notes are made for a policy that says
    `alert_owner_when_withheld: true`; one of every question, also where there is nothing to tell.

    \b
      broker policy alerts police --days 7                      where the partnership's keys are
      broker policy alerts police --write notes.json            there, for an owner who is elsewhere
      broker policy alerts police --read notes.json --key FILE  with the owner
    """
    notes = list(_from_file(handed, source) if handed else _from_log(directory, source, days))
    if write is not None:
        _written(notes, source, write)
        return
    keys = [_own(key_file, passphrase)] if key_file else _ours(settings_in(directory), source)
    try:
        said = [(one, _opened(one, keys, source)) for one in notes]
    except NotForThisKey:
        give_up("The notes are sealed for another key. Give the owner's: --key FILE", Exit.USAGE)
    _told(source, said, wants_json=wants_json)


def _told(source: str, said: Sequence[tuple[SealedNote, Note]], *, wants_json: bool) -> None:
    alerts = [(note, alert) for note, found in said for alert in found.alerts]
    if wants_json:
        print_json([{"at": note.at, "query_id": note.query_id, **asdict(one)} for note, one in alerts])
        return
    rows = [
        [
            note.at[:16].replace("T", " "),
            one.record,
            one.grade,
            one.purpose,
            one.role,
            one.relation,
            note.query_id,
        ]
        for note, one in alerts
    ]
    if rows:
        table(None, ["Asked (UTC)", "Record", "Sure", "Purpose", "Role", "As", "Query"], rows)
    out.print(
        f"{source} was searched in {len(said)} questions; {len(alerts)} times a withheld record was meant."
    )
    if any(found.more for _, found in said):
        out.print("Of some questions there were more than are listed; those are the surest.")


def _from_log(directory: Path, source: str, days: int) -> Iterator[SealedNote]:
    since = datetime.now(UTC) - timedelta(days=days)
    reading = Reading("policy alerts", asked={"source": source, "days": days})
    with log_read(settings_in(directory), reading) as (reader, _):
        facts = (one.facts for one in reader.entries() if one.kind == "disclosure")
        yield from _notes(facts, source, since)


def _notes(disclosures: Iterable[Mapping[str, Any]], source: str, since: datetime) -> Iterator[SealedNote]:
    for facts in disclosures:
        if facts["source"] == source and "alert" in facts and datetime.fromisoformat(facts["at"]) >= since:
            yield SealedNote(facts["at"], facts["query_id"], base64.b64decode(facts["alert"]["sealed"]))


def _from_file(file: Path, source: str) -> Iterator[SealedNote]:
    try:
        said = json.loads(file.read_bytes())
        if said["format"] != FORMAT or said["source"] != source:
            give_up(f"{file} has no notes of {source}.", Exit.USAGE)
        for one in said["notes"]:
            yield SealedNote(one["at"], one["query_id"], base64.b64decode(one["sealed"]))
    except (ValueError, LookupError, TypeError):
        give_up(f"{file} is no file of notes: broker policy alerts --write makes one.", Exit.USAGE)


def _written(notes: Sequence[SealedNote], source: str, file: Path) -> None:
    if file.exists():
        give_up(f"{file} is there already.", Exit.USAGE)
    listed = [
        {"at": one.at, "query_id": one.query_id, "sealed": base64.b64encode(one.sealed).decode()}
        for one in notes
    ]
    write_whole(file, json.dumps({"format": FORMAT, "source": source, "notes": listed}, indent=1).encode())
    out.print(f"{len(notes)} sealed notes are in {file}.", soft_wrap=True)


def _own(file: Path, passphrase: str | None) -> X25519PrivateKey:
    found = unlocked(file, passphrase or click.prompt("Passphrase", hide_input=True, err=True))
    if not isinstance(found, X25519PrivateKey):
        give_up(f"{file} is a key of another kind. Make one with: broker policy key --for alerts", Exit.USAGE)
    return found


def _ours(of: Partnership, source: str) -> list[X25519PrivateKey]:
    """The partnership's own keys for an owner, of every epoch."""
    try:
        keys = open_keys(of)
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.USAGE)
    try:
        return [one.for_owner(source) for one in keys.ring.epochs]
    finally:
        keys.close()


def _opened(note: SealedNote, keys: Sequence[X25519PrivateKey], source: str) -> Note:
    """Raises NotForThisKey."""
    for key in keys:
        with suppress(NotForThisKey):
            return opened(note.sealed, key, source, note.query_id)
    raise NotForThisKey
