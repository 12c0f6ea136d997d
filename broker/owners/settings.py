"""``policies`` of ``broker.yaml``: who signs for them, and where proposed versions wait."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from broker.staff.settings import SecretReference


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicySigners(_Part):
    """Who may sign for one policy: public keys, as ``broker policy key`` prints them, by the signer's name.

    ``sign_in``: which of the approvers approve on the pages, each by the ``sub`` of their tokens; their key is the
    public half of ``approvals_key``.
    """

    owners: dict[str, str] = {}
    approvers: dict[str, str] = {}
    sign_in: dict[str, str] = {}

    @model_validator(mode="after")
    def _approvers_sign_in(self) -> PolicySigners:
        if self.sign_in.keys() - self.approvers.keys():
            raise ValueError("sign_in names approvers: give each of them a key under approvers, too")
        if len(set(self.sign_in.values())) < len(self.sign_in):
            raise ValueError("two names under sign_in are one person: each signs in as themselves")
        return self


class PolicySettings(_Part):
    """``signatures``: ``required``, and no policy comes into force without its owner's, nor one that shows more
    without a second person's. ``signers`` are by the policy's name. ``drafts``: where proposed versions wait; the
    pages show them to their owners. ``approvals_key``: what the broker signs with for approvers who signed in to
    the pages (``broker policy key --for pages``).
    """

    signatures: Literal["required", "not_needed"] = "not_needed"
    signers: dict[str, PolicySigners] = {}
    drafts: str = "drafts"
    approvals_key: SecretReference | None = None
