"""``broker keys destroy-epoch``, ``destroy-person`` and ``approve``: two people, and a certificate in the log."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import apsw
import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.destroying.doing import carry_out
from broker.audit.destroying.refusing import refusals_of_epoch, refusals_of_person
from broker.audit.destroying.standing import Certificate, Proposal, proposals
from broker.audit.destroying.statement import FRESH, Statement
from broker.audit.key_events import DestructionProposed, KeyDestroyed, Signed, What
from broker.audit.reader import AuditReader
from broker.cli.account import account
from broker.cli.policy_files import settings_in
from broker.cli.policy_sign import unlocked
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json
from broker.cli.recording import Reading, log_open, recorded
from broker.cli.shield import person_named
from broker.settings import Partnership
from connectors.contract import Identifiers
from policy.sign import public_key

_Command = TypeVar("_Command", bound=Callable[..., Any])


def signer(command: _Command) -> _Command:
    """The options of whoever signs."""
    options = (
        click.option("--by", required=True, help="Your name, as it stands in audit.retention.approvers."),
        click.option(
            "--key",
            "key_file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            required=True,
            help="Your private key, as `broker policy key` made it.",
        ),
        click.option(
            "--passphrase", prompt=True, hide_input=True, help="What it is locked with. You are asked."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def whom(command: _Command) -> _Command:
    """The options that say who somebody is."""
    options = (
        click.option("--person", "named", help="'FAMILY NAME, GIVEN NAME, BIRTH DATE'."),
        click.option(
            "--former-name", "former", multiple=True, help="Another family name. As often as needed."
        ),
        click.option("--nhs-number", help="Their NHS number."),
        click.option("--upn", help="A child's unique pupil number."),
    )
    for option in reversed(options):
        command = option(command)
    return command


_reason = click.option("--reason", required=True, help="Why. It is kept encrypted: name nobody in it.")
_basis = click.option("--basis", required=True, help="The legal basis, such as 'UK GDPR Art. 17(1)(b)'.")


@click.command("destroy-epoch", short_help="Propose to destroy an epoch whose time is over.")
@click.argument("epoch")
@of_partnership
@_reason
@_basis
@signer
@as_json
def destroy_epoch(
    *,
    epoch: str,
    directory: Path,
    reason: str,
    basis: str,
    by: str,
    key_file: Path,
    passphrase: str,
    wants_json: bool,
) -> None:
    """Propose to destroy EPOCH: everything personal that was written under it, of everybody.

    It may be once all of it is older than `audit.retention.keep_for`, and no legal hold stands on any of it. A
    second person has to approve it.
    """
    of = settings_in(directory)
    with log_open(of) as reader:
        key = _signing(of, by, key_file, passphrase)
        _propose(of, reader, "epoch", [epoch], (reason, basis, by), key, wants_json=wants_json)


@click.command("destroy-person", short_help="Propose to destroy one person's keys.")
@of_partnership
@whom
@click.option(
    "--also", multiple=True, help="A further key of theirs, by its id in the log. As often as needed."
)
@_reason
@_basis
@signer
@as_json
def destroy_person(
    *,
    directory: Path,
    named: str | None,
    former: tuple[str, ...],
    nhs_number: str | None,
    upn: str | None,
    also: tuple[str, ...],
    reason: str,
    basis: str,
    by: str,
    key_file: Path,
    passphrase: str,
    wants_json: bool,
) -> None:
    """Propose to destroy the keys of one person, where their erasure is ordered.

    Their parts of the log can then be read, and they can be found in it, by nobody. Give all that is known of
    them: keys are found by a number, and by names with the birth date. A second person has to approve it.
    """
    of = settings_in(directory)
    person = somebody(named, former, nhs_number, upn)
    with log_open(of) as reader:
        key = _signing(of, by, key_file, passphrase)
        exact = set(reader.keys.key_ids(person))
        names = sorted({*(one.hex() for one in exact), *map(_key_id, also)})
        if not names:
            give_up("The log has no key of exactly this person. Give all that is known of them.", Exit.WRONG)
        if shared := len(_sharing(reader, person) - exact):
            out.print(
                f"{shared} more keys are kept under a spelling that this person shares: of others, or of them"
                " where less was typed. Look with broker audit person; name one that is theirs with --also.",
                soft_wrap=True,
            )
        _propose(of, reader, "person", names, (reason, basis, by), key, wants_json=wants_json)


@click.command("approve", short_help="Approve a destruction, as the second person: it is done at once.")
@click.argument("proposal_id", metavar="PROPOSAL")
@of_partnership
@signer
@as_json
def approve(
    *, proposal_id: str, directory: Path, by: str, key_file: Path, passphrase: str, wants_json: bool
) -> None:
    """Approve PROPOSAL, which somebody else signed, and destroy what it names. It cannot be undone.

    The certificate is an entry of the log before anything is destroyed. Read first what is proposed:
    broker keys proposal PROPOSAL.
    """
    of, now = settings_in(directory), datetime.now(UTC)
    with log_open(of) as reader:
        proposal = _proposal(reader, proposal_id)
        key = _signing(of, by, key_file, passphrase)
        statement, proposed = _statement(proposal, reader, of, now)
        if by == proposed.by:
            give_up(f"{by} proposed it. A second person has to approve it.", Exit.REFUSED)
        _refuse(of, reader, proposal.what, proposal.names, now)
        certificate = KeyDestroyed(
            query_id=proposal.id,
            at=now,
            what=proposal.what,
            names=proposal.names,
            period=reader.keys.newest_period,
            reason=statement.reason,
            basis=statement.basis,
            proposed=proposed,
            approved=statement.signed("approved", by, key, now, account()),
        )
        index = recorded(of, certificate).index
        _destroy(of, reader, certificate, index, now)
    if wants_json:
        print_json({"certificate": index, "what": proposal.what, "names": list(proposal.names)})
        return
    out.print(f"Destroyed. The certificate is entry {index} of the log.")
    days = of.settings.audit.retention.keystore_copies.days
    out.print(
        f"Copies of the keystore from before open for {days} more days: destroy those that you can reach."
    )


@click.command("proposal", short_help="Show what is proposed, and why.")
@click.argument("proposal_id", metavar="PROPOSAL")
@of_partnership
@as_json
def proposal(proposal_id: str, directory: Path, wants_json: bool) -> None:
    """Show PROPOSAL with its reason, for whoever has to approve it. That you read it is an entry of the log."""
    of = settings_in(directory)
    with log_open(of) as reader:
        found = _proposal(reader, proposal_id)
        recorded(of, Reading("keys proposal", proposal_id).event())
    said = {
        "proposal": found.id,
        "proposed_at": found.at,
        "what": found.what,
        "names": list(found.names),
        "by": found.proposed.by if found.proposed else None,
        "reason": found.reason,
        "basis": found.basis,
    }
    if wants_json:
        print_json(said)
        return
    for name, value in said.items():
        shown = ", ".join(value) if isinstance(value, list) else value
        out.print(f"{name.replace('_', ' ')}: {shown}", markup=False, soft_wrap=True)


def somebody(
    named: str | None, former: tuple[str, ...], nhs_number: str | None, upn: str | None
) -> Identifiers:
    """Whom a command is about. Ends the command when nobody is named."""
    if not (named or nhs_number or upn):
        give_up("Say who it is: by name and birth date, or by a number.", Exit.USAGE)
    known = person_named(named, nhs_number) if named else Identifiers(nhs_number=nhs_number)
    return replace(known, other_family_names=former, upn=upn)


def _propose(
    of: Partnership,
    reader: AuditReader,
    what: What,
    names: Sequence[str],
    said: tuple[str, str, str],
    key: Ed25519PrivateKey,
    *,
    wants_json: bool,
) -> None:
    now, (reason, basis, by) = datetime.now(UTC), said
    _refuse(of, reader, what, names, now)
    statement = Statement(reader.origin, f"d-{secrets.token_hex(6)}", what, tuple(names), reason, basis)
    signed = statement.signed("proposed", by, key, now, account())
    recorded(of, DestructionProposed(statement.id, now, what, statement.names, reason, basis, signed))
    if wants_json:
        print_json({"proposal": statement.id, "what": what, "names": list(names)})
        return
    keys = f"epoch {names[0]}" if what == "epoch" else f"{len(names)} keys of one person"
    out.print(
        f"Proposed {statement.id}: to destroy {keys}. Within {FRESH.days} days a second person approves it:"
    )
    out.print(f"  broker keys approve {statement.id} --by NAME --key FILE", markup=False, soft_wrap=True)


def _refuse(of: Partnership, reader: AuditReader, what: What, names: Iterable[str], now: datetime) -> None:
    """Ends the command while it may not be destroyed."""
    retention, store, keys = of.settings.audit.retention, reader.store, reader.keys
    if what == "epoch":
        found = [
            one for name in names for one in refusals_of_epoch(name, store, keys, retention.keep_for, now)
        ]
    else:
        ids = [bytes.fromhex(name) for name in names]
        found = list(refusals_of_person(ids, store, keys, retention.at_least, now))
    if found:
        give_up("\n".join(found), Exit.REFUSED)


def _proposal(reader: AuditReader, proposal_id: str) -> Proposal:
    found = {one.id: one for one in proposals(reader.store, reader.keys)}
    if proposal_id not in found:
        give_up(f"No proposal {proposal_id} waits. There are: {', '.join(found) or 'none'}.", Exit.USAGE)
    return found[proposal_id]


def _statement(
    one: Proposal, reader: AuditReader, of: Partnership, now: datetime
) -> tuple[Statement, Signed]:
    """What was proposed, and by whom. Ends the command unless it is fresh, and signed by somebody who may."""
    if one.proposed is None or one.reason is None or one.basis is None or now - one.at > FRESH:
        give_up(f"{one.id} is older than {FRESH.days} days, or can't be read. Propose it anew.", Exit.REFUSED)
    statement = Statement(reader.origin, one.id, one.what, one.names, one.reason, one.basis)
    if not statement.holds("proposed", one.proposed, of.settings.audit.retention.approvers):
        give_up(f"{one.id} is not signed by anybody in audit.retention.approvers.", Exit.REFUSED)
    return statement, one.proposed


def _destroy(of: Partnership, reader: AuditReader, event: KeyDestroyed, index: int, now: datetime) -> None:
    certificate = Certificate(index, event.query_id, event.at, event.what, event.names, event.period)
    try:
        carry_out([certificate], reader.keys, now, of.settings.audit.retention.keystore_copies)
    except apsw.Error as fault:
        give_up(
            f"The certificate is entry {index}, and the keystore could not be written: {type(fault).__name__}. The"
            " next start of a broker, or any command that reads the log, finishes it.",
            Exit.UNREACHABLE,
        )


def _signing(of: Partnership, by: str, file: Path, passphrase: str) -> Ed25519PrivateKey:
    """The key of somebody who may sign. Ends the command when it is another's."""
    approvers = of.settings.audit.retention.approvers
    if not approvers:
        give_up(
            "Nobody may destroy keys yet. Name two people, with their public halves as broker policy key prints"
            " them, under audit.retention.approvers in broker.yaml.",
            Exit.REFUSED,
        )
    found = unlocked(file, passphrase)
    if not isinstance(found, Ed25519PrivateKey) or approvers.get(by) != public_key(found):
        give_up(f"This is not the key of {by} in audit.retention.approvers.", Exit.REFUSED)
    return found


def _sharing(reader: AuditReader, person: Identifiers) -> set[bytes]:
    """The ids of every key that is kept under a tag of this person's, also one that others share."""
    return {
        key_id
        for epoch in reader.keys.ring.epochs
        for key_id in reader.keys.keystore.ids(epoch.tags.person(person), epoch.name)
    }


def _key_id(text: str) -> str:
    try:
        return bytes.fromhex(text.removeprefix("person ")).hex()
    except ValueError:
        give_up(f"{text} is no key's id: 32 hexadecimal digits, as an entry names it.", Exit.USAGE)
