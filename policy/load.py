"""Loading a sharing policy: its text, its digest, and what only the whole of it can show to be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

from handwritten import Fault, Faults, Positions, fault_at, read_with_digest
from policy.facts import Restriction
from policy.levels import level, most
from policy.model import PolicyTest, SharingPolicy

_AGE = re.compile(r"0|[1-9]\d{0,2}", re.ASCII)
_DATES = ("started", "ended", "last_contact")
_CONTACT = ("contact_name", "contact_role", "contact_team", "contact_phone", "contact_email")
_RESTRICTIONS = get_args(Restriction)
RECORD_KEYS = ("status", "age", "restriction", *_DATES, *_CONTACT)
"""What the record of an in-file test may have besides its gates."""
_FORMS = {"age": "a whole number", "restriction": f"one of {', '.join(_RESTRICTIONS)}"}


@dataclass(frozen=True, slots=True)
class LoadedPolicy:
    """A policy with the SHA-256 of its file (hexadecimal) and where everything stands in it."""

    policy: SharingPolicy
    digest: str
    positions: Positions
    path: Path


def load_policy(path: Path) -> LoadedPolicy:
    """Load one policy file. Raises handwritten.Faults with everything that is wrong with it."""
    policy, digest, positions = read_with_digest(path, SharingPolicy)
    faults = [
        *_unreachable(policy, positions),
        *_idle(policy, positions),
        *_wrong_tests(policy, positions),
    ]
    if faults:
        raise Faults(faults)
    return LoadedPolicy(policy, digest, positions, path)


def _unreachable(policy: SharingPolicy, positions: Positions) -> Iterator[Fault]:
    """Rules that can never do anything: someone believes that they do."""
    for field, rules in policy.rules():
        if rules.at_most and not rules.share:
            sentence = (
                "This field is limited here, but no rule shares it. Add a share rule, or take the limit out."
            )
            yield fault_at(positions, ("fields", field, "at_most"), sentence)
    if not policy.fields.involved.share and policy.discloses == "records":
        for field in policy.shared_fields():
            sentence = (
                "Nothing of this can be shown while involved is shared with nobody. Share involved too."
            )
            yield fault_at(positions, ("fields", field, "share"), sentence)


def _idle(policy: SharingPolicy, positions: Positions) -> Iterator[Fault]:
    """Rules that change nothing, whomever they speak of."""
    for field, rules in policy.rules():
        for place, rule in enumerate(rules.share):
            if not level(field, rule.show):
                sentence = "This gives nothing: what no rule shares is not shown anyway. Take the rule out."
                yield fault_at(positions, ("fields", field, "share", place, "show"), sentence)
        for place, rule in enumerate(rules.at_most):
            if level(field, rule.show) == most(field):
                sentence = "This limits nothing: there is no more to show. Write less, or take the limit out."
                yield fault_at(positions, ("fields", field, "at_most", place, "show"), sentence)


def _wrong_tests(policy: SharingPolicy, positions: Positions) -> Iterator[Fault]:
    for place, test in enumerate(policy.tests):
        known = {*RECORD_KEYS, *policy.gates}
        for key in test.record:
            steps = ("tests", place, "record", key)
            if key not in known:
                near = get_close_matches(key, sorted(known), n=1)
                hint = f"Did you mean {near[0]}?" if near else None
                yield fault_at(positions, steps, "There is no such gate or field in this policy.", hint)
            elif not _fits(test, key):
                yield fault_at(positions, steps, f"Write {_FORMS.get(key, 'a date, as 2026-04-01')} here.")


def _fits(test: PolicyTest, key: str) -> bool:
    written = test.record[key]
    if written is None:
        return True
    if key == "restriction":
        return written in _RESTRICTIONS
    if key == "age":
        return bool(_AGE.fullmatch(written))
    return key not in _DATES or _is_day(written)


def _is_day(written: str) -> bool:
    try:
        return date.fromisoformat(written).isoformat() == written
    except ValueError:
        return False
