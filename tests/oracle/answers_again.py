"""Run with another copy of the engine: puts kept questions to it, and counts where it differs from Cedar."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

from handwritten import Positions
from policy.compile import compile_policy
from policy.load import LoadedPolicy
from policy.model import SharingPolicy


def policy(content: dict[str, Any]) -> LoadedPolicy:
    path = Path("p.yaml")
    return LoadedPolicy(SharingPolicy.model_validate(content), "0", Positions(path, (), {}, {}), path)


if __name__ == "__main__":
    differing = 0
    for content, pairs, theirs in pickle.loads(Path(sys.argv[1]).read_bytes()):  # noqa: S301 -- the test wrote it
        ours = compile_policy(policy(content))
        for (ask, record), their in zip(pairs, theirs, strict=True):
            differing += {name: int(at) for name, at in ours.levels(ask, record).items()} != their
    sys.stdout.write(str(differing))
