"""``broker policy key``, ``sign`` and ``verify``: who stands for a policy."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from rich.text import Text

from broker.activation import last_in_force, refused, signatures_beside, verdict, write_whole
from broker.alerts import as_text
from broker.cli.policy_files import a_policy, loaded, settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.settings import Partnership
from policy.change_control import Refusal
from policy.load import LoadedPolicy
from policy.sign import SUFFIX, SignatureUnfit, public_key, signed, written


@click.command("key", short_help="Make a key to sign policies with, or to read alerts with.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--for",
    "use",
    type=click.Choice(["signing", "alerts", "pages"]),
    default="signing",
    show_default=True,
    help="To sign policies with; to read alerts with (broker policy alerts), which nobody else then can; or for"
    " the broker, which signs with it for approvers who sign in to the pages: not locked.",
)
@click.option("--passphrase", help="What the key is locked with. You are asked for it.")
def key_command(file: Path, use: str, passphrase: str | None) -> None:
    """Make a private key in FILE, locked with a passphrase, and print its public half.

    \b
    Keep FILE and the passphrase to yourself. Give the public half to whoever keeps broker.yaml, who writes it as
      policies: {signers: {police: {owners: {Your Name: PUBLIC}}}}
    That of a key for alerts stands in the policy itself:
      owner: {organisation: ..., contact: ..., alert_key: PUBLIC}
    That of a key for pages is the key of each approver who signs in:
      policies: {approvals_key: "file:FILE", signers: {police: {approvers: {NAME: PUBLIC}, sign_in: {NAME: SUB}}}}
    """
    if file.exists():
        give_up(f"{file} is there already. A key is never overwritten.", Exit.USAGE)
    private = X25519PrivateKey.generate() if use == "alerts" else Ed25519PrivateKey.generate()
    if use == "pages":
        raw = f"{private.private_bytes_raw().hex()}\n".encode()
    else:
        raw = _locked(private, passphrase or _asked_for())
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as made:
        made.write(raw)
    out.print(f"The private key is in {file}. Its public half:", soft_wrap=True)
    click.echo(
        as_text(private.public_key()) if isinstance(private, X25519PrivateKey) else public_key(private)
    )


def _asked_for() -> str:
    return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=True))


def _locked(private: Ed25519PrivateKey | X25519PrivateKey, passphrase: str) -> bytes:
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )


@click.command("sign", short_help="Sign a policy, as its owner or as the second person.")
@a_policy
@of_partnership
@click.option(
    "--key",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Your private key, as `broker policy key` made it.",
)
@click.option(
    "--as",
    "role",
    type=click.Choice(["owner", "approver"]),
    default="owner",
    show_default=True,
    help="As the data owner, or as the second person whom a policy needs that shows more.",
)
@click.option("--by", required=True, help="Your name, as it stands in broker.yaml.")
@click.option(
    "--passphrase", prompt=True, hide_input=True, help="What the key is locked with. You are asked for it."
)
def sign_command(file: Path, directory: Path, key_file: Path, role: str, by: str, passphrase: str) -> None:
    """Sign the policy FILE, exactly as it stands, in a file beside it (police.yaml.sig).

    What you sign is every byte of the file: after the slightest change it has to be signed again. Read what
    `broker policy diff` and `broker policy table` say of it first.
    """
    policy = loaded(file, directory)
    private = _private(key_file, passphrase)
    try:
        made = signed(policy, private, "owner" if role == "owner" else "approver", by, datetime.now(UTC))
        before = [one for one in signatures_beside(policy.path) if one.is_of(policy)]
    except (ValueError, SignatureUnfit) as fault:
        give_up(f"{policy.path.name}: {fault}", Exit.USAGE)
    kept = [one for one in before if (one.role, one.by) != (made.role, made.by)]
    beside = policy.path.with_name(policy.path.name + SUFFIX)
    write_whole(beside, written([*kept, made]).encode("utf-8"))
    out.print(
        f"Signed {policy.policy.policy}, version {policy.policy.version}, as {role}: {beside}", soft_wrap=True
    )


def unlocked(file: Path, passphrase: str) -> object:
    """A private key as ``broker policy key`` made it. Ends the command when the passphrase does not open it."""
    try:
        return serialization.load_pem_private_key(file.read_bytes(), passphrase.encode())
    except (ValueError, TypeError, OSError):
        give_up(f"{file} does not open with this passphrase, or is no key.", Exit.USAGE)


def _private(file: Path, passphrase: str) -> Ed25519PrivateKey:
    found = unlocked(file, passphrase)
    if not isinstance(found, Ed25519PrivateKey):
        give_up(f"{file} is a key of another kind. Make one with: broker policy key", Exit.USAGE)
    return found


@click.command("verify", short_help="Check a policy's signatures, and whether it may come into force.")
@a_policy
@of_partnership
@as_json
def verify_command(file: Path, directory: Path, wants_json: bool) -> None:
    """Check who signed the policy FILE, and say whether it may come into force after the one that is.

    Ends with 1 when it may not, with every reason.
    """
    policy = loaded(file, directory)
    of = settings_in(directory)
    try:
        statements = signatures_beside(policy.path)
    except SignatureUnfit as fault:
        give_up(f"{policy.path.name}{SUFFIX}: {fault}", Exit.WRONG)
    said = [(one, verdict(one, policy, of.settings.policies)) for one in statements]
    reasons = [one.sentence for one in _refused(policy, of)]
    if wants_json:
        told = [
            {"by": one.by, "as": one.role, "signed_at": one.signed_at, "verdict": judged}
            for one, judged in said
        ]
        print_json({"signatures": told, "refused": reasons})
    else:
        rows = [[one.by, one.role, f"{one.signed_at:%Y-%m-%d %H:%M}", judged] for one, judged in said]
        table(None, ["By", "As", "Signed at", ""], rows)
        for reason in reasons:
            out.print(Text(reason, style="red"))
        if not reasons:
            out.print(Text("It may come into force.", style="green"))
    raise SystemExit(Exit.WRONG if reasons else Exit.WELL)


def _refused(policy: LoadedPolicy, of: Partnership) -> list[Refusal]:
    """Why it may not follow upon the version that was in force last."""
    return refused(last_in_force(of), {policy.policy.source: policy}, of, datetime.now(UTC))
