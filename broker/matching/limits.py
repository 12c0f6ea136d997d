"""How high a grade what agrees can carry, whatever the odds, and why no higher (law 9)."""

from __future__ import annotations

from enum import Enum

from broker.matching.grades import Grade


class Limit(Enum):
    """The highest grade, and what a source's own analyst is told of why. A requester is told neither."""

    NONE = Grade.CERTAIN, "what agrees can carry any grade"
    TWO_NHS_NUMBERS = Grade.POSSIBLE, "the NHS numbers are both valid, and are two"
    NOTHING_SURE = Grade.POSSIBLE, "no birth date and no number agrees, and a name alone is many people's"
    NAME_DIFFERS = Grade.POSSIBLE, "a name differs, and the home is not the same"
    SLIP_IN_BIRTH_DATE = (
        Grade.POSSIBLE,
        "the birth date has a slip, and the home is not the same: a namesake may be meant",
    )
    DAY_AND_MONTH_EXCHANGED = (
        Grade.PROBABLE,
        "day and month are exchanged, and the home is not the same",
    )
    SLIP_AND_NAME_DIFFERS = Grade.PROBABLE, "the birth date has a slip, and a name differs"
    NAMES_NOT_CLOSE = Grade.POSSIBLE, "the birth date agrees in part only, and so does a name"
    NAMESAKES_OF_ONE_AGE = (
        Grade.POSSIBLE,
        "the birth date agrees in part only, and the home is not the same: a namesake may be meant",
    )
    BY_AGE_ALONE = Grade.PROBABLE, "an age, a month or a year was typed, and the home is not the same"

    @property
    def grade(self) -> Grade:
        return self.value[0]

    @property
    def why(self) -> str:
        return self.value[1]
