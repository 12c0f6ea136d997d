"""How much each level of agreement says: the table that matching starts from, frozen and versioned.

Per level four chances that it comes about: ``m`` between two records of one person, ``u`` between two people
with nothing to do with each other, ``household`` between two relatives in one household, ``twin`` between
twins. (Fellegi and Sunter, A Theory for Record Linkage, 1969.)

Where the figures come from. Names and birth dates: ``u`` was measured on UK name frequencies and 74 years of
birth dates; ``m`` follows the error rates of UK services (CRATE, BMC Medical Informatics and Decision Making
2023; Harron and others 2017 for moves), softened for council records. ``household`` and ``twin`` are
judgement.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any

from broker.matching.evidence import Chances, Evidence, evidence_of
from broker.matching.levels import (
    AddressLevel,
    BirthDateLevel,
    FamilyNameLevel,
    GivenNameLevel,
    NumberLevel,
    PostcodeLevel,
    SexLevel,
)


@dataclass(frozen=True)
class Weights:
    """One version of all that weighing depends on.

    ``in_source``: the chance that a person asked about is in the source at all. ``relatives`` and ``twins``:
    how many of each a person is expected to have in it. ``swap_bits``: what it costs to take given and family
    name for exchanged. ``rarest_share``: no name counts as rarer than this share of people.
    """

    version: str
    given_name: Mapping[GivenNameLevel, Chances]
    family_name: Mapping[FamilyNameLevel, Chances]
    birth_date: Mapping[BirthDateLevel, Chances]
    address: Mapping[AddressLevel, Chances]
    postcode: Mapping[PostcodeLevel, Chances]
    sex: Mapping[SexLevel, Chances]
    number: Mapping[NumberLevel, Chances]
    in_source: float = 0.8
    relatives: float = 2.0
    twins: float = 0.03
    swap_bits: float = 6.0
    rarest_share: float = 2e-4

    @cached_property
    def evidence(self) -> Mapping[str, Mapping[str, Evidence]]:
        """Per identifier (``number`` for both kinds), the evidence of each level: made once a version."""
        tables: Mapping[str, Mapping[Any, Chances]] = {
            "given_name": self.given_name,
            "family_name": self.family_name,
            "birth_date": self.birth_date,
            "sex": self.sex,
            "address": self.address,
            "postcode": self.postcode,
            "number": self.number,
        }
        return {
            name: {level: evidence_of(level, chances) for level, chances in table.items()}
            for name, table in tables.items()
        }


DEFAULT_WEIGHTS = Weights(
    version="default/1",
    given_name=MappingProxyType(
        {
            GivenNameLevel.ALL_NAMES: Chances(0.883, 2.3e-4, 0.004, 0.0005),
            GivenNameLevel.EXACT: Chances(0.930, 0.0038, 0.010, 0.004),
            GivenNameLevel.CLOSE: Chances(0.025, 0.0008, 0.012, 0.015),
            GivenNameLevel.NICKNAME: Chances(0.015, 0.0010, 0.006, 0.004),
            GivenNameLevel.SIMILAR: Chances(0.012, 0.0051, 0.030, 0.070),
            GivenNameLevel.TWO_NAMES: Chances(0.003, 0.0040, 0.030, 0.070),
            GivenNameLevel.INITIAL: Chances(0.006, 0.0005, 0.002, 0.005),
            GivenNameLevel.DIFFERS: Chances(0.012, 0.989, 0.940, 0.902),
        }
    ),
    family_name=MappingProxyType(
        {
            FamilyNameLevel.EXACT: Chances(0.935, 0.0011, 0.74, 0.96),
            FamilyNameLevel.CLOSE: Chances(0.022, 0.0004, 0.010, 0.015),
            FamilyNameLevel.SHARED_TOKEN: Chances(0.010, 0.0003, 0.030, 0.010),
            FamilyNameLevel.SIMILAR: Chances(0.008, 0.0036, 0.010, 0.005),
            FamilyNameLevel.DIFFERS: Chances(0.025, 0.995, 0.21, 0.010),
        }
    ),
    birth_date=MappingProxyType(
        {
            BirthDateLevel.EXACT: Chances(0.965, 3.7e-5, 0.004, 0.970),
            BirthDateLevel.DAY_MONTH_SWAP: Chances(0.004, 1.4e-5, 0.0002, 0.004),
            BirthDateLevel.ONE_EDIT: Chances(0.016, 8.5e-4, 0.002, 0.012),
            BirthDateLevel.TWO_OF_THREE_PARTS: Chances(0.006, 0.003, 0.010, 0.006),
            BirthDateLevel.SAME_YEAR: Chances(0.004, 0.0098, 0.030, 0.003),
            BirthDateLevel.DIFFERS: Chances(0.005, 0.986, 0.954, 0.005),
        }
    ),
    address=MappingProxyType(
        {
            AddressLevel.SAME_DWELLING: Chances(0.66, 1e-5, 0.86, 0.80),
            AddressLevel.SAME_STREET: Chances(0.03, 2e-4, 0.04, 0.05),
            AddressLevel.SIMILAR: Chances(0.02, 1e-4, 0.03, 0.03),
            AddressLevel.DIFFERS: Chances(0.30, 0.996, 0.09, 0.13),
        }
    ),
    postcode=MappingProxyType(
        {
            PostcodeLevel.EXACT: Chances(0.70, 1.2e-4, 0.90, 0.86),
            PostcodeLevel.ONE_EDIT: Chances(0.015, 8e-5, 0.01, 0.02),
            PostcodeLevel.SECTOR: Chances(0.02, 0.0015, 0.01, 0.02),
            PostcodeLevel.DISTRICT: Chances(0.085, 0.04, 0.03, 0.03),
            PostcodeLevel.DIFFERS: Chances(0.18, 0.958, 0.05, 0.07),
        }
    ),
    sex=MappingProxyType(
        {
            SexLevel.SAME: Chances(0.985, 0.5, 0.47, 0.66),
            SexLevel.DIFFERS: Chances(0.015, 0.5, 0.53, 0.34),
        }
    ),
    number=MappingProxyType(
        {
            NumberLevel.EXACT: Chances(0.985, 1e-8, 0.002, 0.002),
            NumberLevel.ONE_EDIT: Chances(0.010, 1e-7, 0.010, 0.30),
            NumberLevel.DIFFERS: Chances(0.005, 1.0, 0.988, 0.698),
        }
    ),
)
