"""Who may ask for what, as the tables of a policy need it."""

from __future__ import annotations

from consent_rules.load import LoadedPurposes
from policy.facts import LEVELS
from policy.table import Purpose


def who_may_ask(rules: LoadedPurposes) -> dict[str, Purpose]:
    """Each purpose's roles, and the most that it allows of each field."""
    return {
        name: Purpose(
            one.who_may_ask,
            {field: int(LEVELS[field][level.upper()]) for field, level in one.at_most.levels().items()},
        )
        for name, one in rules.rules.purposes.items()
    }
