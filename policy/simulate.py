"""What a new version would have made of questions that were asked: by their facts, since no record is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from policy.compile import CompiledPolicy
from policy.facts import LEVELS, Ask


@dataclass(slots=True)
class Simulated:
    """Of ``questions``, so many of which some record could be shown more of, or only less.

    ``opened`` did not reach the service and would, ``closed`` the other way round.

    ``disclosures`` are involvements that were shown; of ``lessened`` the new version would not show all that was.
    """

    questions: int = 0
    more: int = 0
    less: int = 0
    opened: int = 0
    closed: int = 0
    disclosures: int = 0
    lessened: int = 0


Shown = Mapping[str, int]
"""The level of each field of an involvement that was shown."""


def simulate(
    old: CompiledPolicy, new: CompiledPolicy, asked: Iterable[tuple[Ask, Sequence[Shown]]]
) -> Simulated:
    """Put each question to both versions. More of one field and less of another counts as more."""
    found = Simulated()
    for ask, shown in asked:
        before, after = _most(old, ask), _most(new, ask)
        found.questions += 1
        found.opened += not any(before.values()) and any(after.values())
        found.closed += any(before.values()) and not any(after.values())
        more = any(after[name] > before[name] for name in LEVELS)
        found.more += more
        found.less += not more and before != after
        found.disclosures += len(shown)
        found.lessened += sum(any(level > after[name] for name, level in one.items()) for one in shown)
    return found


def _most(policy: CompiledPolicy, ask: Ask) -> dict[str, int]:
    """The most that this question could be shown of each field; nothing, where the service is not even asked."""
    asked = policy.about(ask)
    if asked is None:
        return dict.fromkeys(LEVELS, 0)
    return {name: one.most() for name, one in asked.unmarked.items()}
