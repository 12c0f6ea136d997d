"""The register of family agreements: who agreed to be helped, or no longer does."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from datetime import date, datetime

from broker.registers.store import RegisterUnavailable, Store
from connectors.contract import Identifiers
from consent_rules.agreements import Recorded

REGISTER = "agreements"
Agreements = Callable[[Identifiers], tuple[Recorded, ...] | None]
"""What was recorded of a person; None: it can't be known just now."""


def record(store: Store, person: Identifiers, entry: Recorded, by: str) -> str:
    """Write an agreement, a refusal or a withdrawal about one person; its id. Raises RegisterUnavailable.

    The person's identifiers are not kept: tags that stand for this person alone are.
    """
    facts = asdict(entry) | {
        "agreed_on": entry.agreed_on.isoformat(),
        "until": entry.until.isoformat(),
        "recorded_at": entry.recorded_at.isoformat(),
        "by": by,
        "whose": {kind: sorted(one) for kind, one in store.keys.register_tags.telling_apart(person).items()},
    }
    return store.write(REGISTER, facts, entry.recorded_at, store.keys.register_tags.key_tags(person))


def recorded_of(store: Store, person: Identifiers) -> tuple[Recorded, ...] | None:
    """What was recorded of exactly this person, oldest first; None when the register can't be read.

    An agreement is found by a number or by names, and is somebody else's when another identifier says so: with one
    adult's number typed beside another's name it opens nothing. A refusal counts all the same.
    """
    whose = store.keys.register_tags.telling_apart(person)
    try:
        found = store.tagged(REGISTER, store.keys.register_tags.key_tags(person))
    except RegisterUnavailable:
        return None
    return tuple(
        Recorded(
            purpose=one.facts["purpose"],
            state=one.facts["state"],
            standing=one.facts["standing"],
            evidence=one.facts["evidence"],
            agreed_on=date.fromisoformat(one.facts["agreed_on"]),
            until=date.fromisoformat(one.facts["until"]),
            recorded_at=datetime.fromisoformat(one.facts["recorded_at"]),
            services=tuple(one.facts.get("services", ())),
        )
        for one in found
        if one.facts["state"] != "given" or _nobody_else(one.facts["whose"], whose)
    )


def _nobody_else(one: Mapping[str, Collection[str]], other: Mapping[str, Collection[str]]) -> bool:
    """Whether nothing that is known of both tells them apart."""
    return all(set(one[kind]) & set(other[kind]) for kind in one.keys() & other.keys())
