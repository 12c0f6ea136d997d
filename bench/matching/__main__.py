"""Run it. SEED comes from the environment, or is drawn."""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

from bench.figures import BENCH, Peer, held, report
from bench.matching import (
    census,
    fairness,
    febrl,
    learning,
    northshire,
    plots,
    recordlinkage_peer,
    speed,
    splink_peer,
)
from bench.matching.linkage import (
    Linked,
    Pair,
    best_f1,
    f1_at_half,
    linked,
    log_loss,
    one_to_one,
    precision,
    recall,
    top_1,
)
from broker.matching.grades import Grade

TODAY = date(2026, 11, 23)
Figures = dict[str, tuple[float, str]]
Peers = dict[str, Peer]


def _say(what: str) -> None:
    print(f"{what} ...", flush=True)  # noqa: T201 -- it takes minutes


def on_febrl(figures: Figures, peers: Peers) -> None:
    """FEBRL 4 with and without the id, beside both peers; FEBRL 1 to 3, on which development looks."""
    for label, with_id in (("with_id", True), ("without_id", False)):
        _say(f"FEBRL 4 {label.replace('_', ' ')}")
        asked, stored = febrl.febrl4(with_id=with_id)
        ours = linked(asked, stored, febrl.keys, relatives=False)
        theirs = {
            "splink 5": splink_peer.febrl4(with_id=with_id).pairs,
            "recordlinkage 0.16": recordlinkage_peer.febrl4(with_id=with_id),
        }
        _of_files(f"matching.febrl4_{label}", ours, len(asked), theirs, figures, peers)
    for name, file in febrl.for_development().items():
        ours = linked(file, file, febrl.keys, relatives=False, oneself=True)
        figures[f"matching.development.{name}.best_f1"] = (best_f1(ours.pairs, ours.true), "F1")


def on_households(figures: Figures, peers: Peers) -> Mapping[str, list[Pair]]:
    """pseudopeople's households, ten years apart, beside Splink; the other half of them, for development."""
    _say("pseudopeople, 2030 in 2020")
    later, earlier = census.censuses(reported=True)
    ours = linked(census.records(later), census.records(earlier), census.keys, relatives=True)
    theirs = splink_peer.census(later, earlier).pairs
    before = {row["simulant_id"] for row in earlier}
    askable = sum(row["simulant_id"] in before for row in later)
    _of_files("matching.pseudopeople", ours, askable, {"splink 5": theirs}, figures, peers)
    other, _ = census.censuses(reported=False)
    developed = linked(census.records(other), census.records(earlier), census.keys, relatives=True)
    figures["matching.development.pseudopeople.best_f1"] = (best_f1(developed.pairs, developed.true), "F1")
    return {"this": ours.pairs, "Splink 5": theirs}


def _of_files(
    name: str, ours: Linked, askable: int, theirs: Mapping[str, list[Pair]], figures: Figures, peers: Peers
) -> None:
    """What is measured of two files: without and with each record having one partner at most, and by grade."""
    scored: Mapping[str, Callable[[Sequence[Pair]], float]] = {
        "f1": lambda pairs: best_f1(one_to_one(pairs), ours.true),
        "f1_unassigned": lambda pairs: best_f1(pairs, ours.true),
        "f1_at_half": lambda pairs: f1_at_half(pairs, ours.true),
        "top_1": lambda pairs: top_1(pairs, askable),
    }
    for measure, score in scored.items():
        figures[f"{name}.{measure}"] = (score(ours.pairs), "share" if measure == "top_1" else "F1")
        best = max(((score(pairs), peer) for peer, pairs in theirs.items()), key=lambda one: one[0])
        peers[f"{name}.{measure}"] = Peer(best[1], best[0])
    figures[f"{name}.f1_to_best_peer"] = (figures[f"{name}.f1"][0] / peers[f"{name}.f1"].value, "times")
    figures[f"{name}.blocking_recall"] = (sum(pair.true for pair in ours.pairs) / ours.true, "share")
    figures[f"{name}.rows"] = (ours.fetched / len(ours.milliseconds), "rows a query")
    figures[f"{name}.log_loss"] = (log_loss(ours.pairs), "nats a pair")
    figures[f"{name}.ms_a_query"] = (sum(ours.milliseconds) / len(ours.milliseconds), "ms")
    for label, grades in _BY_GRADE.items():
        figures[f"{name}.precision_at_{label}"] = (precision(ours, *grades), "share")
        figures[f"{name}.recall_at_{label}"] = (recall(ours, *grades), "share")


_BY_GRADE = {
    "certain": (Grade.CERTAIN,),
    "probable": (Grade.CERTAIN, Grade.PROBABLE),
    "possible": (Grade.CERTAIN, Grade.PROBABLE, Grade.POSSIBLE),
}


async def on_northshire(seed: int, directory: Path, figures: Figures) -> None:
    """By kind of error, of twins, and by origin of names."""
    _say("Northshire, by kind of error")
    for (kind, typed), tally in (await northshire.by_kind_of_error(seed, TODAY, directory)).items():
        name = f"matching.error.{kind}.{typed}"
        figures[f"{name}.found"] = (tally.found / tally.asked, "share")
        figures[f"{name}.shown"] = (tally.shown / tally.asked, "share")
        figures[f"{name}.strangers"] = (tally.strangers / tally.asked, "share")
    _say("Northshire, twins")
    twins = await northshire.of_twins(seed, directory)
    figures["matching.twins.wrong_certain"] = (1000 * twins.certain_strangers / twins.asked, "in 1,000")
    figures["matching.twins.wrong_shown"] = (1000 * twins.strangers / twins.asked, "in 1,000")
    _say("Northshire, by origin of names")
    everyone, unchanged = await fairness.by_origin(seed, TODAY, directory)
    _of_origins("missed", fairness.missed(everyone), figures)
    _of_origins("missed_of_unchanged_names", fairness.missed(unchanged), figures)
    strangers = sum(one.strangers for one in everyone.values())
    figures["matching.fairness.strangers"] = (
        strangers / sum(one.asked for one in everyone.values()),
        "share",
    )


def _of_origins(name: str, missed: Mapping[str, float], figures: Figures) -> None:
    for origin, share in sorted(missed.items(), key=lambda one: one[1]):
        figures[f"matching.{name}.{origin}"] = (share, "share")
    figures[f"matching.{name}.worst_to_best"] = (max(missed.values()) / min(missed.values()), "times")


async def on_learning(seed: int, directory: Path, figures: Figures) -> None:
    """What feedback teaches, by the rule and without it."""
    _say("Learning from feedback")
    figures |= await learning.figures(seed, TODAY, directory)


def on_speed(seed: int, directory: Path, figures: Figures) -> None:
    """A candidate, a query, and bad input."""
    _say("Speed, beside Splink")
    figures |= speed.figures(seed, TODAY, directory, splink_peer.febrl4(with_id=False))
    figures |= speed.of_bad_input()


_PARTS = ("febrl", "households", "northshire", "learning", "speed")


def measured(seed: int, parts: Iterable[str]) -> tuple[Figures, Peers]:
    """Every figure of these parts, and what peers reached."""
    figures: Figures = {}
    peers: Peers = {}
    with tempfile.TemporaryDirectory(prefix="matching-") as directory:
        if "febrl" in parts:
            on_febrl(figures, peers)
        if "households" in parts:
            plots.calibration(on_households(figures, peers), BENCH / "matching-calibration.png")
        if "northshire" in parts:
            asyncio.run(on_northshire(seed, Path(directory), figures))
        if "learning" in parts:
            asyncio.run(on_learning(seed, Path(directory), figures))
        if "speed" in parts:
            on_speed(seed, Path(directory), figures)
    return figures, peers


def main() -> None:
    """All of it; or the parts that are named, which writes nothing down."""
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    parts = sys.argv[1:] or _PARTS
    if unknown := {*parts} - {*_PARTS}:
        sys.exit(f"There is no part {', '.join(sorted(unknown))}. Parts: {', '.join(_PARTS)}.")
    figures, peers = measured(seed, parts)
    met = report("matching", held(figures, peers), {"seed": seed}, written=tuple(parts) == _PARTS)
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
