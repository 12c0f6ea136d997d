"""Sealed references: they open for who got them, for minutes, unchanged, and for nobody else."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import ReferenceLapsed
from broker.references import LAPSED, Sealer
from connectors.contract import Identifiers
from tests.unit.broker.broker_samples import NOW, QUERY

SEALER = Sealer(b"k" * 32, timedelta(minutes=15), lambda size: b"n" * size)
SEALED = SEALER.seal(QUERY, "u-1", NOW)


def test_a_reference_opens_the_query_that_was_sealed() -> None:
    assert SEALER.open(SEALED, "u-1", NOW + timedelta(minutes=15)) == QUERY


def test_a_reference_lapses() -> None:
    with pytest.raises(ReferenceLapsed):
        SEALER.open(SEALED, "u-1", NOW + timedelta(minutes=15, seconds=1))


def test_a_reference_opens_for_nobody_else_and_at_no_other_broker() -> None:
    for sealer, subject in ((SEALER, "u-2"), (Sealer(b"x" * 32, SEALER.lifetime, SEALER.random), "u-1")):
        with pytest.raises(ReferenceLapsed):
            sealer.open(SEALED, subject, NOW)


def test_what_is_sealed_for_one_use_opens_for_no_other() -> None:
    apart = SEALER.apart(b"call back")
    assert apart.open(apart.seal(QUERY, "u-1", NOW), "u-1", NOW) == QUERY
    for sealer, sealed in ((apart, SEALED), (SEALER, apart.seal(QUERY, "u-1", NOW))):
        with pytest.raises(ReferenceLapsed):
            sealer.open(sealed, "u-1", NOW)


def test_a_reference_that_another_version_of_the_broker_sealed_has_lapsed() -> None:
    plain = json.dumps(
        {"until": NOW.timestamp() + 60, "query": {"purposes": ["section_47_enquiry"]}}
    ).encode()
    sealed = b"n" * 12 + AESGCM(SEALER.key).encrypt(b"n" * 12, plain, b"u-1")
    with pytest.raises(ReferenceLapsed):
        SEALER.open(base64.urlsafe_b64encode(sealed).decode().rstrip("="), "u-1", NOW)


@given(st.integers(0, len(SEALED) - 1), st.characters() | st.sampled_from("+/-_AQgw="))
def test_a_reference_that_is_changed_anywhere_opens_nothing(at: int, letter: str) -> None:
    changed = SEALED[:at] + letter + SEALED[at + 1 :]
    if changed != SEALED:
        with pytest.raises(ReferenceLapsed):
            SEALER.open(changed, "u-1", NOW)
    with pytest.raises(ReferenceLapsed):
        SEALER.open(SEALED[:at] + "!" + SEALED[at:], "u-1", NOW)


@given(st.text(max_size=300))
def test_whatever_else_is_sent_opens_nothing(sent: str) -> None:
    with pytest.raises(ReferenceLapsed):
        SEALER.open(sent, "u-1", NOW)


def test_the_length_of_a_reference_does_not_tell_that_of_a_name() -> None:
    longer = replace(QUERY.people[0], identifiers=Identifiers(given_name="Zoë-Marie", family_name="Ng"))
    assert len(SEALER.seal(replace(QUERY, people=(longer,)), "u-1", NOW)) == len(SEALED)


def test_a_refusal_keeps_nothing_of_earlier_ones() -> None:
    depths = []
    for _ in range(3):
        try:
            SEALER.open("x", "u-1", NOW)
        except LAPSED as lapsed:
            trace, depth = lapsed.__traceback__, 0
            while trace:
                trace, depth = trace.tb_next, depth + 1
            depths.append(depth)
    assert len(set(depths)) == 1


def test_a_sealer_shows_no_key() -> None:
    assert "kkk" not in repr(SEALER)
