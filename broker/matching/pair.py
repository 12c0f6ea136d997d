"""Two records, compared: what learning, explaining and tests need of the matcher, one pair at a time."""

from __future__ import annotations

from broker.matching.known import comparer_of_identifiers
from broker.matching.weigh import Comparison, compared_with, located_with
from broker.matching.weights import Weights
from connectors.contract import Identifiers


def comparison_of(person: Identifiers, record: Identifiers, weights: Weights) -> Comparison:
    """The evidence per identifier (given_name, family_name, birth_date, sex, address, postcode, nhs_number, upn).

    The location is compared too, though matching only counts it beside an agreeing birth date or number.
    """
    comparable = comparer_of_identifiers()
    one, other = comparable(person), comparable(record)
    return {**compared_with(one, weights)(other), **located_with(one, weights)(other)}
