"""What our engine answers, by its every way of being asked.

Run with another copy of the engine, it puts kept questions to that, and counts where it differs from Cedar.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

from handwritten import Positions
from policy.compile import CompiledPolicy, compile_policy
from policy.facts import Ask, Record
from policy.load import LoadedPolicy
from policy.model import SharingPolicy


def policy(content: dict[str, Any]) -> LoadedPolicy:
    path = Path("p.yaml")
    return LoadedPolicy(SharingPolicy.model_validate(content), "0", Positions(path, (), {}, {}), path)


def levels_of(policy: CompiledPolicy, ask: Ask, record: Record) -> dict[str, int]:
    """The level of every field of a record, and of what stands in a roster about a person of the record's age."""
    levels = {name: int(at) for name, at in policy.levels(ask, record).items()}
    assert policy.withholds(ask, record) == (not levels["involved"])
    assert (policy.reduce(ask, record) is None) == (not levels["involved"])
    granted = policy.roster(ask, record.age)
    travels = {f"search_with {name}": int(name in granted.search_with) for name in ("birth_date", "postcode")}
    return {**levels, "roster": int(granted.shown), **travels}


if __name__ == "__main__":
    differing = 0
    for content, pairs, theirs in pickle.loads(Path(sys.argv[1]).read_bytes()):  # noqa: S301 -- the test wrote it
        ours = compile_policy(policy(content))
        for (ask, record), their in zip(pairs, theirs, strict=True):
            differing += levels_of(ours, ask, record) != their
    sys.stdout.write(str(differing))
