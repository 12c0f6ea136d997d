"""``broker keys hold`` and ``release``: while a legal hold stands, nothing that it is of is destroyed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

import click

from broker.audit.destroying.standing import holds
from broker.audit.key_events import Held, KeyHeld, KeyReleased
from broker.audit.reader import AuditReader
from broker.cli.account import account
from broker.cli.keys_destroy import somebody, whom
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from broker.cli.recording import log_open, recorded
from connectors.contract import Identifiers


@click.command("hold", short_help="Hold an epoch, a person or a case: nothing of it is destroyed.")
@of_partnership
@click.option("--epoch", help="Everything of this epoch.")
@click.option("--case", "case_reference", help="Everybody who was or will be asked about for this case.")
@whom
@click.option("--reason", required=True, help="Why, such as the court's reference. It is kept encrypted.")
@as_json
def hold(
    *,
    directory: Path,
    epoch: str | None,
    case_reference: str | None,
    named: str | None,
    former: tuple[str, ...],
    nhs_number: str | None,
    upn: str | None,
    reason: str,
    wants_json: bool,
) -> None:
    """Hold what a court, an inquiry or a complaint may need. It holds until `broker keys release`.

    A hold of a person is also of every epoch that they stand in, and of what is asked about them later.
    """
    is_person = bool(named or nhs_number or upn or former)
    if (epoch is not None) + (case_reference is not None) + is_person != 1:
        give_up("Hold one thing: --epoch, --case, or a person by name or number.", Exit.USAGE)
    of = settings_in(directory)
    person = somebody(named, former, nhs_number, upn) if is_person else None
    with log_open(of) as reader:
        names = _names(reader, epoch, person)
        what: Held = "person" if person else "epoch" if epoch else "case"
        held = KeyHeld(
            query_id=f"h-{secrets.token_hex(6)}",
            at=datetime.now(UTC),
            what=what,
            names=names,
            reason=reason,
            who=account(),
            case_reference=case_reference,
            person=person,
        )
        recorded(of, held)
    if wants_json:
        print_json({"hold": held.query_id, "what": what, "names": list(names)})
    else:
        out.print(f"Hold {held.query_id} stands, of a {what}.")


@click.command("release", short_help="Release a hold whose reason is over.")
@click.argument("hold_id", metavar="HOLD")
@of_partnership
@click.option("--reason", required=True, help="Why it is over. It is kept encrypted.")
def release(hold_id: str, directory: Path, reason: str) -> None:
    """Release HOLD. That it stood, and why it does no more, stays in the log. Nothing is destroyed by it."""
    of = settings_in(directory)
    with log_open(of) as reader:
        standing = [one.id for one in holds(reader.store, reader.keys)]
        if hold_id not in standing:
            give_up(f"No hold {hold_id} stands. There are: {', '.join(standing) or 'none'}.", Exit.USAGE)
        recorded(of, KeyReleased(hold_id, datetime.now(UTC), reason, account()))
    out.print(f"Hold {hold_id} stands no more.")


def _names(reader: AuditReader, epoch: str | None, person: Identifiers | None) -> tuple[str, ...]:
    if person is not None:
        return tuple(sorted(key_id.hex() for key_id in reader.keys.key_ids(person)))
    if epoch is not None and reader.keys.epoch_named(epoch) is None:
        there = ", ".join(one.name for one in reader.keys.ring.epochs)
        give_up(f"There is no epoch {epoch}. There are: {there}.", Exit.USAGE)
    return () if epoch is None else (epoch,)
