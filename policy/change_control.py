"""Whether a new version of a policy may come into force: its signatures, its number, and what it shows more.

A version that shows less may come at once. One that shows more needs, where signatures are asked for, the owner's
fresh signature and that of a second, named person; where they are not, it waits for somebody to start the broker.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from policy.compile import compile_policy
from policy.diff import diff
from policy.load import LoadedPolicy
from policy.parts import spelt_alike
from policy.sign import As, Statement

FRESH = timedelta(days=30)
"""A signature is fresh for so long: nobody finds years later what was once signed and never put in force."""


@dataclass(frozen=True, slots=True)
class Signers:
    """Who may sign for one policy: public keys (base64), by the signer's name."""

    owners: Mapping[str, str] = field(default_factory=dict)
    approvers: Mapping[str, str] = field(default_factory=dict)

    def may(self, one: Statement) -> bool:
        """Whether this key is that person's, as what they sign as."""
        named = self.owners if one.role == "owner" else self.approvers
        return named.get(one.by) == one.key


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a version stays out of force: a code for the log, a sentence for whoever wrote the file."""

    source: str | None
    code: str
    sentence: str


def refusals(
    old: LoadedPolicy | None,
    new: LoadedPolicy,
    statements: Sequence[Statement],
    signers: Signers | None,
    now: datetime,
) -> Iterator[Refusal]:
    """Why ``new`` may not follow upon ``old`` (None: it is the first); nothing, when it may.

    ``signers``: None where signatures are not asked for.
    """
    if old is not None and old.digest == new.digest:
        return
    yield from _by_name(old, new)
    yield from _by_number(old, new)
    wider = old is not None and diff(compile_policy(old), compile_policy(new)).widens
    if signers is None:
        if wider:
            yield _refusal(
                new, "wider", "shows more than the version in force. Start the broker to put it in force."
            )
        return
    good = [one for one in statements if one.is_of(new) and one.holds() and signers.may(one)]
    fresh = [one for one in good if timedelta(0) <= now - one.signed_at <= FRESH]
    yield from _by_signatures(new, good, fresh, wider=wider or old is None)


def _by_name(old: LoadedPolicy | None, new: LoadedPolicy) -> Iterator[Refusal]:
    """Signers are named by policy: under the name of another owner's, theirs would do."""
    if old is not None and new.policy.policy != old.policy.policy:
        name = old.policy.policy
        sentence = (
            f"is for source {new.policy.source}, whose policy is called {name}. Call it so: policy: {name}."
        )
        yield _refusal(new, "renamed", sentence)


def _by_number(old: LoadedPolicy | None, new: LoadedPolicy) -> Iterator[Refusal]:
    if old is not None and new.policy.version <= old.policy.version:
        then = old.policy.version
        sentence = (
            f"has version {new.policy.version}, and version {then} is in force. Give it version {then + 1}."
        )
        yield _refusal(new, "version_not_greater", sentence)


def _by_signatures(
    new: LoadedPolicy, good: Sequence[Statement], fresh: Sequence[Statement], *, wider: bool
) -> Iterator[Refusal]:
    owners, approvers = _signed_as(good, "owner"), _signed_as(fresh, "approver")
    if not owners:
        yield _refusal(new, "not_signed", "is not signed by its owner. Sign it with: broker policy sign")
    elif wider and not (owners := _signed_as(fresh, "owner")):
        sentence = f"shows more, and its owner's signature is older than {FRESH.days} days. Sign it again."
        yield _refusal(new, "not_fresh", sentence)
    elif wider and not any(_are_two(one, other) for one in owners for other in approvers):
        sentence = "shows more, and needs the signature of a second person, as approver."
        yield _refusal(new, "not_approved", sentence)


def _signed_as(statements: Sequence[Statement], role: As) -> list[Statement]:
    return [one for one in statements if one.role == role]


def _are_two(one: Statement, other: Statement) -> bool:
    """Whether two people signed: with two keys, and under two names, however these are spelt."""
    return one.key != other.key and spelt_alike(one.by) != spelt_alike(other.by)


def _refusal(new: LoadedPolicy, code: str, sentence: str) -> Refusal:
    return Refusal(new.policy.source, code, f"The policy {new.policy.policy} {sentence}")
