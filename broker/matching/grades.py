"""What matching gives: hits with a grade and reasons, never a percentage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from connectors.contract import Candidate


class Grade(StrEnum):
    """FHIR match-grade (the value set of Patient/$match)."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    POSSIBLE = "possible"
    CERTAINLY_NOT = "certainly-not"


class Reason(StrEnum):
    """Why a grade was given, per identifier."""

    EXACT = "exact"
    CLOSE = "close"
    PARTIAL = "partial"
    DIFFERS = "differs"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Hit:
    """One person of a source (one row, or duplicate rows of the same person) who may be who was asked about.

    ``reasons`` has an entry per identifier; ``levels`` has the level of each that both sides have: it and
    the log2 odds before rivals, ``bits``, are for the owner's side alone. Of grade certainly-not none is made.
    """

    rows: tuple[Candidate, ...] = field(repr=False)
    grade: Grade
    reasons: Mapping[str, Reason] = field(repr=False)
    levels: Mapping[str, str] = field(default_factory=dict, repr=False)
    bits: float = field(default=0.0, repr=False)
