"""A person has one key an epoch, wherever the keystore lies; once it is destroyed they are read no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from broker.audit.keys import Keys
from broker.audit.keys.making import Period, new_epoch
from broker.audit.keys.rotating import begin_epoch, begin_period, cleared
from broker.audit.keystore import KeyVanished
from connectors.contract import Identifiers
from tests.spec.audit.kept import Kept
from tests.unit.audit.audit_samples import ANNA, NOW, intent

ADA = replace(ANNA, given_name="Ada", nhs_number=None)


@pytest.fixture
def keys(kept: Kept) -> Iterator[Keys]:
    """The keys of a log that has been begun."""
    kept.place.open_to_write().close()
    loaded = kept.keys()
    yield loaded
    loaded.close()


def test_who_shares_a_number_or_names_and_birth_date_shares_a_key(keys: Keys) -> None:
    first, again, other = keys.person_keys([ANNA, replace(ANNA, nhs_number=None), ADA])
    assert first is not None
    assert other is not None
    assert first == again == keys.person_key(replace(ANNA, given_name="Annabel"))
    assert other[0] != first[0]
    assert keys.keystore.key(other[0]) == other[1] == keys.person_key(ADA)[1]
    assert set(keys.key_ids(ANNA)) == {first[0]}
    assert dict(keys.keystore.counts()) == {keys.epoch: 2}


def test_who_is_known_and_who_is_not_are_asked_for_at_once(keys: Keys) -> None:
    first = keys.person_key(ANNA)
    found, made, again = keys.person_keys([ANNA, ADA, replace(ADA, family_name="Ashdown")])
    assert found == first
    assert made is not None
    assert again is not None
    assert len({found[0], made[0], again[0]}) == 3
    assert keys.person_keys([ADA, ANNA]) == [made, first]
    assert dict(keys.keystore.counts()) == {keys.epoch: 3}


def test_a_person_whose_tags_meet_two_keys_has_that_of_the_surest(keys: Keys) -> None:
    by_number, by_names = Identifiers(nhs_number=ANNA.nhs_number), replace(ANNA, nhs_number=None)
    number, names, both = keys.person_keys([by_number, by_names, ANNA])
    assert number == both == keys.person_key(ANNA)
    assert names != number


def test_a_key_is_found_by_a_tag_that_it_was_kept_under_later(keys: Keys) -> None:
    first = keys.person_key(replace(ANNA, nhs_number=None))
    assert keys.person_key(ANNA) == first
    assert keys.person_key(Identifiers(nhs_number=ANNA.nhs_number)) == first
    assert keys.keystore.ids(keys.tags.person(Identifiers(nhs_number=ANNA.nhs_number)), keys.epoch) == {
        first[0]
    }


def test_one_key_that_cannot_be_opened_leaves_the_others_as_they_are(keys: Keys) -> None:
    first = keys.person_key(ANNA)
    keys.keystore.begin_period("of nobody")
    assert keys.person_keys([ADA, ANNA, ADA]) == [None, first, None]
    assert dict(keys.keystore.counts()) == {keys.epoch: 1}
    assert keys.key_ids(ADA) == {}


def test_a_key_that_was_destroyed_is_gone_with_its_tags(keys: Keys) -> None:
    first, other = keys.person_key(ANNA), keys.person_key(ADA)
    assert keys.destroy_person_key(ANNA) == 1
    assert keys.keystore.key(first[0]) is None
    assert keys.key_ids(ANNA) == {}
    assert keys.keystore.key(other[0]) == other[1]
    assert keys.person_key(ANNA)[0] != first[0]


def test_each_epoch_has_keys_of_its_own_and_is_destroyed_as_a_whole(keys: Keys) -> None:
    old, first = keys.epoch, keys.person_key(ANNA)
    begin_epoch(new_epoch(datetime.now(UTC)), keys)
    second = keys.person_key(ANNA)
    assert dict(keys.keystore.counts()) == {old: 1, keys.epoch: 1}
    assert keys.keystore.destroy_epoch(old) == 1
    assert [keys.keystore.key(one) for one, _ in (first, second)] == [None, second[1]]


def test_keys_are_wrapped_again_under_a_new_period_and_open_when_the_old_is_gone(keys: Keys) -> None:
    people = [replace(ADA, given_name=f"Ada {'i' * n}") for n in range(7)]
    made = [keys.person_key(one) for one in people]
    assert begin_period(Period.begun(), keys, NOW + timedelta(days=30)) == 7
    assert cleared(keys, NOW + timedelta(days=31)) != []
    assert [keys.person_key(one) for one in people] == made
    assert keys.keystore.current_period() == keys.newest_period
    keys.keystore.begin_period("of nobody")
    with pytest.raises(KeyVanished):
        keys.person_key(replace(ADA, given_name="Zed"))


async def test_a_person_whose_key_is_destroyed_is_read_no_more(kept: Kept) -> None:
    async with kept.writing() as log:
        await log.record(intent("q-1", ANNA, ADA))
    keys = kept.keys()
    assert keys.destroy_person_key(ANNA) == 1
    keys.close()
    with kept.reading() as reader:
        facts = reader.trace("q-1").entries[0].facts
        assert (facts["person 1"], facts["person 2"]["identifiers"]["given_name"]) == (None, "Ada")
        assert reader.verify().fault is None


async def test_two_brokers_find_the_key_that_either_made(in_database: Kept) -> None:
    async with in_database.writing() as one, in_database.writing() as other:
        for number, log in enumerate((one, other, one)):
            await log.record(intent(f"q-{number}"))
    keys = in_database.keys()
    assert dict(keys.keystore.counts()) == {keys.epoch: 1}
    keys.close()


async def test_keys_that_two_brokers_made_at_once_are_destroyed_together(in_database: Kept) -> None:
    people = [replace(ADA, given_name=f"Ada {'i' * n}") for n in range(8)]
    async with in_database.writing() as one, in_database.writing() as other:
        asked = [log.record(intent(f"q-{n}", who)) for n, who in enumerate(people) for log in (one, other)]
        await asyncio.gather(*asked)
    keys = in_database.keys()
    made = sum(keys.keystore.counts().values())
    assert sum(keys.destroy_person_key(who) for who in people) == made >= len(people)
    assert dict(keys.keystore.counts()) == {}
    keys.close()
    with in_database.reading() as reader:
        parts = [one.facts["person 1"] for one in reader.entries() if one.kind == "query.intent"]
        assert parts == [None] * 2 * len(people)
