"""Rules that give nothing to anybody, though whoever wrote them may believe that they do.

They are told, and keep nothing out of force: purposes may be narrowed without every owner's leave, and a limit
that closes a field for now has to be heeded at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from consent_rules.load import LoadedPurposes
from consent_rules.model import Purpose
from handwritten import Fault, Steps, fault_at
from policy.load import LoadedPolicy


def idle_rules(policy: LoadedPolicy, purposes: LoadedPurposes | None) -> Iterator[Fault]:
    """Each rule of a policy that gives nothing, at its place. Without purposes: as far as the policy tells."""
    for steps, rule in policy.policy.written_rules():
        if "at_most" in steps:
            continue
        yield from _closed(policy, steps, rule)
        if purposes is not None:
            yield from _never_asked(policy, steps, rule, purposes)


def _closed(policy: LoadedPolicy, steps: Steps, rule: Any) -> Iterator[Fault]:
    """A rule that another one contradicts: whatever it gives, a limit without conditions allows nothing of it."""
    limits = getattr(dict(policy.policy.rules()).get(str(steps[1])), "at_most", ())
    for place, limit in enumerate(limits):
        if limit.show == "nothing" and _covers(limit, rule):
            line, _ = policy.positions.of((*steps[:2], "at_most", place))
            yield fault_at(
                policy.positions, steps, f"This gives nothing: the limit in line {line} allows nothing."
            )
            return


def _covers(limit: Any, rule: Any) -> bool:
    """Whether a limit holds wherever a rule gives something, whatever else is the case."""
    return limit.when is None and all(
        there is None or (named is not None and {*named} <= {*there})
        for there, named in ((limit.purpose, rule.purpose), (limit.roles, rule.roles))
    )


def _never_asked(policy: LoadedPolicy, steps: Steps, rule: Any, purposes: LoadedPurposes) -> Iterator[Fault]:
    """Roles that no purpose of the rule lets ask, and relations that it lets nobody ask about."""
    rules = purposes.rules
    of = [rules.purposes[name] for name in rule.purpose if name in rules.purposes]
    for role in rule.roles or ():
        if of and role in rules.roles and not any(role in one.who_may_ask for one in of):
            sentence = f"{_called(rule)} not let {role} ask, so this gives that role nothing."
            yield fault_at(policy.positions, (*steps, "roles"), sentence, _lets(of))
    for relation in (rule.when and rule.when.relation) or ():
        if of and not any(relation in one.about for one in of):
            sentence = (
                f"{_called(rule)} not let anybody ask about a {relation}, so this gives nothing of one."
            )
            yield fault_at(policy.positions, (*steps, "when", "relation"), sentence)


def _called(rule: Any) -> str:
    return f"{' and '.join(rule.purpose)} {'does' if len(rule.purpose) == 1 else 'do'}"


def _lets(purposes: Iterable[Purpose]) -> str:
    return f"Who may ask: {', '.join(sorted({role for one in purposes for role in one.who_may_ask}))}."
