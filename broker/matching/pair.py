"""Two records, compared: what learning, explaining and tests need of the matcher, one pair at a time."""

from __future__ import annotations

from broker.matching.against import against, compared
from broker.matching.columns import columns_of
from broker.matching.evidence import Comparison
from broker.matching.known import known_of
from broker.matching.weights import Weights
from connectors.contract import Candidate, Identifiers


def comparison_of(person: Identifiers, record: Identifiers, weights: Weights) -> Comparison:
    """The evidence per identifier (given_name, family_name, birth_date, sex, address, postcode, nhs_number, upn).

    The location is compared too, though matching only counts it beside an agreeing birth date or number.
    """
    typed, stored = against(known_of(person), weights), columns_of([Candidate("", record)])
    return compared(typed, stored)[0].at(typed.places[stored.location[0]])
