"""``broker keys``: the audit log's keys."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import handwritten
from broker.audit.checkpoint import Verifier
from broker.audit.key_events import KeyRotated
from broker.audit.keys import Keys, KeysExist, create_keys
from broker.audit.keys.making import Period, new_epoch
from broker.audit.keys.providers import ProviderFailed
from broker.audit.keys.retention import destroyable_from
from broker.audit.keys.rotating import begin_epoch, begin_period, begin_signing, cleared
from broker.cli.keys_destroy import approve, destroy_epoch, destroy_person, proposal
from broker.cli.keys_hold import hold, release
from broker.cli.keys_standing import destruction, show
from broker.cli.policy_files import settings_in
from broker.cli.printing import (
    Exit,
    as_json,
    give_up,
    of_partnership,
    out,
    partnership,
    print_json,
    table,
)
from broker.cli.recording import recorded
from broker.cli.starting import STARTING_FAULTS
from broker.opening_keys import open_keys, provider_of
from broker.settings import Partnership, SecretMissing, load_settings
from consent_rules.short_forms import Span


@click.group(short_help="The audit log's keys.")
def keys() -> None:
    """The keys that sign the audit log, and that encrypt what is personal in it.

    \b
      broker keys init                 once, for a new partnership
      broker keys status               what there is, and from when it may be destroyed
      broker keys rotate               each year, say: what is read under one epoch is destroyed together
      broker keys rotate --signing     when the signing key is old, or somebody leaves who could read it
      broker keys destroy-epoch EPOCH  propose to destroy what is past its time; so for one person: destroy-person
      broker keys approve PROPOSAL     as the second person: then it is destroyed
      broker keys hold                 while a court, an inquiry or a complaint may need it, nothing is

    Everything that a command here changes is an entry of the log.
    """


@keys.command(short_help="Make the keys of a new partnership.")
@partnership
@as_json
def init(directory: Path, wants_json: bool) -> None:
    """Make the keys of a new partnership, where broker.yaml says.

    Keep a copy of them apart from the log: without them nobody can read the log's encrypted parts, and with
    them anyone can. `audit.key_provider` in broker.yaml says what wraps the key that wraps all others: a systemd
    credential (credential:NAME), a file elsewhere (file:PATH), or a program. Left out, it lies among them.
    """
    try:
        of = load_settings(directory)
        where = of.path(of.settings.audit.keys)
        create_keys(where, provider_of(of))
    except (handwritten.Faults, KeysExist, ProviderFailed, SecretMissing) as fault:
        give_up(str(fault), Exit.WRONG)
    if wants_json:
        print_json({"keys": str(where)})
        return
    out.print(f"Made the keys of {of.settings.partnership} in {where}.")


@keys.command(short_help="Go on with new keys.")
@of_partnership
@click.option(
    "--signing", "what", flag_value="signing key", help="A new signing key, instead of a new epoch."
)
@click.option(
    "--keystore",
    "what",
    flag_value="keystore",
    help="Wrap the keystore's keys under a new key: copies of it open for `keystore_copies` more, and no longer.",
)
@click.option(
    "--overlap",
    default="30 days",
    show_default=True,
    help="How long the old signing key signs too, for auditors who have not got the new one yet.",
)
@as_json
def rotate(directory: Path, what: str | None, overlap: str, wants_json: bool) -> None:
    """Begin a new epoch: new keys for all that is written from now on, also people's.

    What was written before stays readable and is found as before. An epoch is destroyed as a whole, once all of it
    is older than `audit.retention` says: so begin one each year, or each month where little is kept.

    A broker that runs goes on with the new keys within seconds. Copy the key directory afterwards.
    """
    of, now = settings_in(directory), datetime.now(UTC)
    with opened(of) as ours:
        done = _rotated(what or "epoch", ours, of, now, _length(overlap))
    if wants_json:
        print_json(done)
    else:
        out.print(f"New {done['what']}: {done['new']} (before: {done['old']}).", soft_wrap=True)
        out.print("Make a new copy of the key directory now.")


def _rotated(what: str, ours: Keys, of: Partnership, now: datetime, overlap: timedelta) -> Mapping[str, str]:
    """Recorded, and then done; what was."""
    origin, who = of.settings.audit.origin, getpass.getuser()
    if what == "signing key":
        new = Ed25519PrivateKey.generate()
        verifier = Verifier(origin, new.public_key().public_bytes_raw())
        event = KeyRotated(now, "signing key", verifier.text(), ours.verifier(origin).text(), who)
        recorded(of, event)
        begin_signing(new, ours, now, overlap)
    elif what == "keystore":
        period = Period.begun()
        event = KeyRotated(now, "keystore", period.name, ours.keystore.current_period(), who)
        recorded(of, event)
        begin_period(period, ours, now + of.settings.audit.retention.keystore_copies)
    else:
        epoch = new_epoch(now)
        event = KeyRotated(now, "epoch", epoch.name, ours.epoch, who)
        recorded(of, event)
        begin_epoch(epoch, ours)
    return {"what": event.what, "new": event.new, "old": event.old}


@keys.command(short_help="Show every key, and from when it may be destroyed.")
@of_partnership
@as_json
def status(directory: Path, wants_json: bool) -> None:
    """Show epochs with their ages and numbers of people, signing keys as auditors' tools take them, and copies of
    the keystore that still open; what was destroyed, what is proposed, and which holds stand. No key is shown.
    """
    of, now = settings_in(directory), datetime.now(UTC)
    with opened(of) as ours:
        cleared(ours, now)
        told = {**_status(ours, of), **destruction(of, ours, now)}
    if wants_json:
        print_json(told)
        return
    table(
        "Epochs",
        ["Epoch", "Since", "People", "May be destroyed from"],
        [
            [one["epoch"], one["since"][:10], str(one["people"]), (one["destroyable_from"] or "in use")[:10]]
            for one in told["epochs"]
        ],
    )
    table(
        "Signing keys",
        ["Verifier key", "From", "Until"],
        [
            [one["verifier"], one["since"][:10], (one["signs_until"] or "in use")[:10]]
            for one in told["signing_keys"]
        ],
    )
    show(told)
    for one in told["keystore_periods"]:
        if one["opens_until"]:
            out.print(
                f"Copies of the keystore from period {one['period']} open until {one['opens_until'][:10]}."
            )


def _status(ours: Keys, of: Partnership) -> dict[str, Any]:
    counts, audit = ours.keystore.counts(), of.settings.audit
    signing = ours.ring.signing
    until = {one.public: one.until for one in signing.verified}
    if signing.before is not None:
        until[signing.before.public_key().public_bytes_raw()] = signing.overlap_ends
    return {
        "epochs": [
            {
                "epoch": one.name,
                "since": one.since.isoformat(),
                "people": counts.get(one.name, 0),
                "destroyable_from": _iso(destroyable_from(one, ours, audit.retention.keep_for)),
            }
            for one in ours.ring.epochs
        ],
        "signing_keys": [
            {
                "verifier": Verifier(audit.origin, one.public).text(),
                "since": one.since.isoformat(),
                "signs_until": _iso(until[one.public]),
            }
            for one in signing.verified
        ],
        "keystore_periods": [
            {"period": one.name, "opens_until": _iso(one.opens_until)} for one in ours.ring.periods.values()
        ],
    }


@contextmanager
def opened(of: Partnership) -> Iterator[Keys]:
    """The keys, until the context ends. Ends the command where they can't be had."""
    try:
        found = open_keys(of)
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.USAGE)
    try:
        yield found
    finally:
        found.close()


def _length(text: str) -> timedelta:
    try:
        return Span().read(text)
    except ValueError as fault:
        give_up(f"--overlap: {fault}", Exit.USAGE)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


for _command in (destroy_epoch, destroy_person, proposal, approve, hold, release):
    keys.add_command(_command)
