"""A share of the tampers at each run, with a seed of its own; the last whole run was lately, and missed none."""

from __future__ import annotations

import os
import secrets

from tests.oracle.go_sumdb import Go
from tests.oracle.tampers import share
from tests.reports import reported

A_SHARE, WHOLE = 300, 10_000


def test_every_tamper_is_caught_by_all_three_verifiers(go: Go) -> None:
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    print(f"seed {seed}: repeat with SEED={seed}")  # noqa: T201 -- shown when the test fails
    cases = share(A_SHARE, seed, go.program)
    assert [(one.kind, one.way, one.caught, one.passes_alone) for one in cases if one.missed] == []
    assert {one.kind for one in cases} == {"log", "signed again", "index", "files", "proof"}
    for who in ("ours", "stand-alone", "go"):
        assert all(one.caught[who] is not None or one.kind == "index" for one in cases)


def test_ten_thousand_were_tried_lately_and_none_was_missed() -> None:
    report = reported("tampers", "tampers", "make tampers")
    assert report["tampers"] >= WHOLE
    assert report["missed"] == 0
    assert report["caught_by"]["ours"] == report["tampers"]
    for who in ("stand-alone", "go"):
        assert report["caught_by"][who] + report["not_theirs_to_see"][who] == report["tampers"]
    assert report["signed_again_and_passed_alone"] >= WHOLE / 20
