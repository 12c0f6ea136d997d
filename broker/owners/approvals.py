"""Approving a proposed policy by signing in: the broker signs for the second person, as a command would.

The signature stands in the same file beside the policy, and counts by the same rules. What is different is whose
hand holds the key: the broker's, and it signs for whom ``broker.yaml`` names, after they signed in strongly. So an
approval is worth what the sign-in is; whoever wants more gives approvers keys of their own.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.activation import signatures_beside, write_whole
from broker.owners.proposals import Proposal
from broker.owners.settings import PolicySettings
from broker.settings import Partnership, SecretMissing
from policy.parts import spelt_alike
from policy.sign import SUFFIX, public_key, signed, written

_KEY = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Approvals:
    """Signs for approvers who signed in. ``one_at_a_time``: of two at once, none is to undo the other's."""

    key: Ed25519PrivateKey = field(repr=False)
    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    def name_of(self, subject: str, policy: str, settings: PolicySettings) -> str | None:
        """What somebody is called among the approvers of a policy; None where they are none on the pages."""
        named = settings.signers.get(policy)
        if named is None or settings.signatures != "required":
            return None
        own = public_key(self.key)
        return next(
            (
                name
                for name, its in named.sign_in.items()
                if its == subject and named.approvers.get(name) == own
            ),
            None,
        )

    def sign(self, proposal: Proposal, by: str, now: datetime) -> None:
        """Put an approver's signature beside the file: of what was read, and worth nothing of another content.

        ``by``: as ``name_of`` has it. Raises OSError and policy.sign.SignatureUnfit.
        """
        loaded = proposal.loaded
        made = signed(loaded, self.key, "approver", by, now)
        kept = [one for one in signatures_beside(loaded.path) if one.is_of(loaded)]
        others = [one for one in kept if (one.role, one.by) != (made.role, made.by)]
        beside = loaded.path.with_name(loaded.path.name + SUFFIX)
        write_whole(beside, written([*others, made]).encode("utf-8"))


def proposed_by(proposal: Proposal, name: str) -> bool:
    """Whether somebody of this name signed the version as its owner: then they are no second person."""
    return any(one.role == "owner" and spelt_alike(one.by) == spelt_alike(name) for one, _ in proposal.signed)


def approvals_of(partnership: Partnership) -> Approvals | None:
    """None where ``broker.yaml`` names no key for approvals. Raises SecretMissing."""
    reference = partnership.settings.policies.approvals_key
    if reference is None:
        return None
    text = partnership.secret(reference)
    if _KEY.fullmatch(text) is None:
        raise SecretMissing(f"{reference}: this is no key of `broker policy key --for pages`")
    return Approvals(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text)))
