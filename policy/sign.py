"""Signatures of sharing policies: detached, Ed25519, over the raw bytes of the file, as a text of a few lines.

A signature file stands beside the policy (``police.yaml.sig``) and holds one statement after another, parted by
blank lines. A statement names the policy, its version, its dates and the SHA-256 of its bytes, who signs and as
what; what is signed is every byte of the statement before its line ``signature``::

    sharing-policy-signature/1
    policy police
    version 8
    sha256 9f2c...
    effective 2026-04-01 2027-03-31
    signed 2026-11-23T22:41:00Z
    as owner
    by Jo Marsh
    key oC8h...
    signature 3rLq...
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from policy.load import LoadedPolicy

FORMAT = "sharing-policy-signature/1"
SUFFIX = ".sig"
_NAMES = ("policy", "version", "sha256", "effective", "signed", "as", "by", "key")

As = Literal["owner", "approver"]
"""As what somebody signs: as the data owner; or as the second person whom a policy that shows more needs."""


class SignatureUnfit(Exception):
    """A signature file is not what it should be; the sentence names what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody signed. ``key`` is the public half, base64; ``signature`` is 64 bytes."""

    policy: str
    version: int
    digest: str
    effective: tuple[date, date]
    signed_at: datetime
    role: As
    by: str
    key: str
    signature: bytes = field(default=b"", repr=False)

    def text(self) -> str:
        """What is signed."""
        first, last = self.effective
        values = (
            self.policy,
            str(self.version),
            self.digest,
            f"{first} {last}",
            self.signed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            self.role,
            self.by,
            self.key,
        )
        lines = (f"{name} {value}" for name, value in zip(_NAMES, values, strict=True))
        return "\n".join([FORMAT, *lines, ""])

    def is_of(self, loaded: LoadedPolicy) -> bool:
        """Whether it is about exactly this file."""
        of = loaded.policy
        return (self.policy, self.version, self.digest, self.effective) == (
            of.policy,
            of.version,
            loaded.digest,
            (of.effective.from_, of.effective.until),
        )

    def holds(self) -> bool:
        """Whether the signature is one of this statement by its key."""
        try:
            public = Ed25519PublicKey.from_public_bytes(base64.b64decode(self.key, validate=True))
            public.verify(self.signature, self.text().encode())
        except (InvalidSignature, ValueError, binascii.Error):
            return False
        return True


def signed(loaded: LoadedPolicy, private: Ed25519PrivateKey, role: As, by: str, now: datetime) -> Statement:
    """A statement about this file, signed. Raises ValueError for a name of more than one line."""
    if not by.strip() or len(by.splitlines()) != 1:
        raise ValueError("name who signs, in one line")
    of = loaded.policy
    unsigned = Statement(
        of.policy,
        of.version,
        loaded.digest,
        (of.effective.from_, of.effective.until),
        now.replace(microsecond=0),
        role,
        by.strip(),
        public_key(private),
    )
    return replace(unsigned, signature=private.sign(unsigned.text().encode()))


def public_key(private: Ed25519PrivateKey) -> str:
    """The public half of a key: 32 bytes, base64."""
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()


def written(statements: Iterable[Statement]) -> str:
    """The text of a signature file."""
    return "\n".join(
        f"{one.text()}signature {base64.b64encode(one.signature).decode()}\n" for one in statements
    )


def read_signatures(text: str) -> tuple[Statement, ...]:
    """The statements of a signature file; whether they hold is not looked at. Raises SignatureUnfit."""
    return tuple(_statement(block.splitlines()) for block in text.strip().split("\n\n") if block.strip())


def _statement(lines: list[str]) -> Statement:
    if lines[:1] != [FORMAT]:
        raise SignatureUnfit(f"A signature begins with the line {FORMAT}.")
    named = [line.partition(" ")[::2] for line in lines[1:]]
    if [name for name, _ in named] != [*_NAMES, "signature"]:
        raise SignatureUnfit(f"A signature has these lines, in this order: {', '.join(_NAMES)}, signature.")
    found = dict(named)
    try:
        made = Statement(
            policy=found["policy"],
            version=int(found["version"]),
            digest=found["sha256"],
            effective=_days(found["effective"]),
            signed_at=datetime.strptime(found["signed"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            role=_role(found["as"]),
            by=found["by"],
            key=found["key"],
            signature=base64.b64decode(found["signature"], validate=True),
        )
    except (ValueError, binascii.Error):
        raise SignatureUnfit("A line of this signature has no value of its form.") from None
    if made.text().splitlines() != lines[:-1]:
        raise SignatureUnfit("A line of this signature is written in another form than it was signed in.")
    return made


def _days(written_days: str) -> tuple[date, date]:
    first, last = written_days.split(" ")
    return date.fromisoformat(first), date.fromisoformat(last)


def _role(name: str) -> As:
    if name == "owner":
        return "owner"
    if name == "approver":
        return "approver"
    raise ValueError(name)
