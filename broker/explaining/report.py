"""A case, explained: what the table, the JSON and the HTML of ``broker match explain`` are all made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from broker.explaining import words
from broker.explaining.case import Case
from broker.matching.explain import Account, Explanation, Weight, explain
from broker.matching.weights import Weights
from connectors.contract import Identifiers


@dataclass(frozen=True, slots=True)
class Report:
    """An explanation, and the values that it is of: they are shown only where ``values`` says so."""

    told: Explanation
    typed: Identifiers = field(repr=False)
    records: tuple[Identifiers, ...] = field(repr=False)
    keys: tuple[str | None, ...] = field(repr=False)
    values: bool = False

    def written(self, account: Account, identifier: str) -> tuple[str, str]:
        """The typed value and the records' of an identifier, as they were given; empty where there is none."""
        stored = dict.fromkeys(_written(self.records[place], identifier) for place in account.records)
        return _written(self.typed, identifier), " | ".join(filter(None, stored))


def report_on(
    case: Case, population: int, *, relatives: bool, weights: Weights, today: date, values: bool
) -> Report:
    """Explain the case as ``match`` would judge it on this day, in a source of so many people."""
    typed = case.typed.identifiers(today)
    records = tuple(one.identifiers(today) for one in case.records)
    told = explain(
        typed,
        records,
        population,
        relatives=relatives,
        weights=weights,
        keys=case.keys(),
        asked_with=[one.identifiers(today) for one in case.asked_with],
    )
    return Report(told, typed, records, tuple(one.key for one in case.records), values)


def as_json(report: Report) -> dict[str, Any]:
    """The report as JSON: bits and chances in full, values of people only where they are to be shown."""
    told = report.told
    return {
        "weights": told.version,
        "population": told.population,
        "relatives": told.relatives,
        "nobody": told.nobody,
        "accounts": [_account(report, one) for one in told.accounts],
    }


def _account(report: Report, account: Account) -> dict[str, Any]:
    return {
        "records": [place + 1 for place in account.records],
        **({"keys": [report.keys[place] for place in account.records]} if report.values else {}),
        "identifiers": [_weight(report, account, one) for one in account.weights],
        "prior_bits": account.prior,
        "namesakes_bits": account.namesakes,
        "relatives_bits": account.relatives,
        "twins_bits": account.twins,
        "bits": account.bits,
        "chance_alone": account.chance_alone,
        "chance": account.chance,
        "grade_by_chance": account.by_chance.value,
        "limit": account.limit.grade.value,
        "limit_because": account.limit.why,
        "grade_asked_alone": account.asked_alone.value,
        "grade": account.grade.value,
        "why": words.why(account),
    }


def _weight(report: Report, account: Account, weight: Weight) -> dict[str, Any]:
    typed, stored = report.written(account, weight.identifier)
    return {
        "identifier": weight.identifier,
        **({"typed": typed or None, "record": stored or None} if report.values else {}),
        "level": weight.level or None,
        "counts": weight.counts,
        "m": weight.m,
        "u": weight.u,
        "bits": weight.bits,
    }


def _written(one: Identifiers, identifier: str) -> str:
    match identifier:
        case "family_name":
            return ", ".join(filter(None, (one.family_name, *one.other_family_names)))
        case "birth_date" if one.born_between:
            return " to ".join(day.isoformat() for day in one.born_between)
        case "address":
            return ", ".join(filter(None, (one.address, one.uprn and f"UPRN {one.uprn}")))
    return str(getattr(one, identifier) or "")


def steps(account: Account) -> Sequence[tuple[str, float]]:
    """The terms and the identifiers that say anything, from the prior on, in bits: they add up to the odds."""
    return tuple(_steps(account))


def _steps(account: Account) -> Iterator[tuple[str, float]]:
    prior, *lowering = words.terms(account)
    yield f"{prior.name}: {prior.says}", prior.bits or 0.0
    for one in account.weights:
        if one.level and one.counts:
            yield f"{words.IDENTIFIERS[one.identifier]}: {words.level(one)}", one.bits
    yield from ((f"{one.name}: {one.says}", one.bits) for one in lowering if one.bits)
