"""Keys are destroyed by a certificate in the log, never too early or under a hold, and for good."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.destroying.doing import carry_out
from broker.audit.destroying.refusing import refusals_of_epoch, refusals_of_person
from broker.audit.destroying.standing import certificates, holds, proposals
from broker.audit.destroying.statement import Statement
from broker.audit.event import Event
from broker.audit.key_events import DestructionProposed, Held, KeyDestroyed, KeyHeld, KeyReleased, Signed
from broker.audit.keys import Keys, KeysMissing
from broker.audit.keys.making import new_epoch
from broker.audit.keys.rotating import begin_epoch, cleared
from broker.audit.stores.contract import Store
from connectors.contract import Identifiers
from policy.sign import public_key
from tests.spec.audit.kept import Kept, in_sqlite
from tests.unit.audit.audit_samples import ANNA, NOW, ORIGIN, disclosure, intent

ADA = replace(ANNA, given_name="Ada", nhs_number=None)
DAYS = timedelta(days=30)
LATER = NOW + timedelta(days=500)
SIGNED = Signed("Jo Marsh", NOW, "c2ln", "jo")
AFTER = Signed("Sam Quill", NOW, "c2ln", "sam")


@dataclass(slots=True)
class Opened:
    """A log in which it was asked about Anna and Ada, open to read, with keys that may be changed."""

    kept: Kept
    store: Store
    keys: Keys

    def certificate(self, *names: bytes, epoch: str | None = None) -> KeyDestroyed:
        what, named = ("epoch", [epoch]) if epoch else ("person", [name.hex() for name in names])
        return KeyDestroyed(
            query_id="d-1",
            at=LATER,
            what=what,  # type: ignore[arg-type] # one of the two
            names=tuple(map(str, named)),
            period=self.keys.newest_period,
            reason="Her request",
            basis="UK GDPR Art. 17",
            proposed=SIGNED,
            approved=AFTER,
        )

    def carried_out(self, now: datetime = LATER) -> int:
        return len(carry_out(certificates(self.store, self.keys), self.keys, now, DAYS))

    def sentence(self) -> str:
        """What a reader says of what is destroyed."""
        (one,) = certificates(self.store, self.keys)
        return f"destroyed on {LATER.date()}, certificate {one.index}"

    def of_person(self, person: Identifiers, now: datetime = LATER) -> list[str]:
        return list(refusals_of_person(self.keys.key_ids(person), self.store, self.keys, 12, now))

    def of_epoch(self, name: str, now: datetime) -> list[str]:
        return list(refusals_of_epoch(name, self.store, self.keys, 72, now))


async def write(kept: Kept, *events: Event) -> None:
    async with kept.writing() as log:
        for event in events:
            await log.record(event)


@pytest.fixture
async def opened(kept: Kept) -> Iterator[Opened]:  # type: ignore[misc] # pytest-asyncio's own way
    await write(kept, intent("q-1"), disclosure("q-1"), intent("q-2", ADA, case_reference="NS/1"))
    keys, store = kept.keys(), kept.place.open_to_read()
    yield Opened(kept, store, keys)
    store.close()
    keys.close()


def held(what: Held, *names: str, hold_id: str = "h-1", **of: object) -> KeyHeld:
    return KeyHeld(hold_id, NOW, what, names, "An inquiry", "jo", **of)  # type: ignore[arg-type] # as it has them


async def test_what_a_certificate_names_is_destroyed_and_the_reader_says_by_what(opened: Opened) -> None:
    hers = opened.keys.key_ids(ANNA)
    await write(opened.kept, opened.certificate(*hers))
    assert opened.carried_out() == 1
    assert opened.keys.key_ids(ANNA) == {}
    with opened.kept.reading() as reader:
        (one,) = (it for it in reader.trace("q-1").entries if it.kind == "query.intent")
        assert one.facts["person 1"] is None
        assert one.destroyed == {"person 1": opened.sentence()}
        assert reader.trace("q-2").entries[0].destroyed == {}
        assert reader.trace("q-2").entries[0].facts["person 1"]["identifiers"]["given_name"] == "Ada"
        assert reader.verify().fault is None


async def test_what_a_crash_left_is_finished_the_next_time_and_then_never_again(opened: Opened) -> None:
    hers, before = opened.keys.key_ids(ANNA), opened.keys.newest_period
    await write(opened.kept, opened.certificate(*hers))
    # Killed here: the certificate is durable, nothing is destroyed.
    assert opened.keys.key_ids(ANNA) == hers
    assert (opened.carried_out(), opened.carried_out()) == (1, 0)
    period = opened.keys.newest_period
    assert period != before
    assert opened.keys.keystore.current_period() == period
    assert opened.carried_out() == 0
    assert opened.keys.newest_period == period


async def test_killed_between_the_key_and_the_period_a_new_period_begins_all_the_same(opened: Opened) -> None:
    hers, before = opened.keys.key_ids(ANNA), opened.keys.newest_period
    await write(opened.kept, opened.certificate(*hers))
    opened.keys.keystore.destroy(hers)
    assert opened.carried_out() == 0
    assert opened.keys.newest_period != before
    assert opened.keys.key_ids(ADA) != {}


async def test_an_epoch_is_destroyed_with_all_that_stands_under_it(opened: Opened) -> None:
    old = opened.keys.epoch
    begin_epoch(new_epoch(datetime.now(UTC)), opened.keys)
    await write(opened.kept, intent("q-3"), opened.certificate(epoch=old))
    assert opened.carried_out() == 1
    assert opened.keys.epoch_named(old) is None
    assert not (opened.keys.directory / f"epoch-{old}.key").exists()
    assert set(opened.keys.key_ids(ANNA).values()) == {opened.keys.epoch}
    with opened.kept.reading() as reader:
        first = reader.trace("q-1").entries
        assert [first[0].facts[name] for name in ("request", "person 1")] == [None, None]
        assert first[1].destroyed == {"disclosed": opened.sentence()}
        assert reader.trace("q-3").entries[0].facts["person 1"] is not None
        assert reader.verify().fault is None
    assert opened.carried_out() == 0


async def test_a_certificate_is_known_when_its_own_epoch_is_destroyed(opened: Opened) -> None:
    old, hers = opened.keys.epoch, opened.keys.key_ids(ANNA)
    await write(opened.kept, opened.certificate(*hers))
    opened.carried_out()
    begin_epoch(new_epoch(datetime.now(UTC)), opened.keys)
    await write(opened.kept, replace(opened.certificate(epoch=old), query_id="d-2"))
    opened.carried_out()
    found = certificates(opened.store, opened.keys)
    assert [(one.id, one.what) for one in found] == [("d-1", "person"), ("d-2", "epoch")]


async def test_an_older_copy_of_the_keystore_does_not_bring_her_back(tmp_path: Path) -> None:
    kept = in_sqlite(tmp_path)
    await write(kept, intent("q-1"), intent("q-2", ADA))
    keys, store = kept.keys(), kept.place.open_to_read()
    one, copy = Opened(kept, store, keys), tmp_path / "copy.db"
    hers = keys.key_ids(ANNA)
    shutil.copy(keys.directory / "keystore.db", copy)
    await write(kept, one.certificate(*hers))
    one.carried_out()
    keys.close()
    shutil.copy(copy, keys.directory / "keystore.db")
    one.keys = keys = kept.keys()
    assert keys.key_ids(ANNA) == hers  # within its date, a copy opens
    assert one.carried_out() == 1
    assert (keys.key_ids(ANNA), keys.keystore.current_period()) == ({}, keys.newest_period)
    assert len(keys.key_ids(ADA)) == 1
    cleared(keys, LATER + 2 * DAYS)
    keys.close()
    shutil.copy(copy, keys.directory / "keystore.db")
    one.keys = keys = kept.keys()
    with pytest.raises(KeysMissing, match="a copy whose date is over"):
        one.carried_out(LATER + 3 * DAYS)
    keys.close()
    store.close()


async def test_nobodys_key_is_destroyed_before_its_minimum_retention(opened: Opened) -> None:
    (why,) = opened.of_person(ANNA, NOW + timedelta(days=364))
    assert "asked about on 2026-06-01" in why
    assert "from 2027-06-01" in why
    assert opened.of_person(ANNA, NOW + timedelta(days=366)) == []
    await write(opened.kept, intent("q-9", at=LATER))
    assert len(opened.of_person(ANNA)) == 1
    assert opened.of_person(ADA) == []


async def test_an_epoch_is_not_destroyed_while_it_is_in_use_or_too_young(opened: Opened) -> None:
    old = opened.keys.epoch
    assert "is in use" in opened.of_epoch(old, LATER)[0]
    now = datetime.now(UTC)
    begin_epoch(new_epoch(now), opened.keys)
    assert "may be destroyed from" in opened.of_epoch(old, now + timedelta(days=365 * 5))[0]
    assert opened.of_epoch(old, now + timedelta(days=366 * 6)) == []
    assert "There is no epoch nowhere" in opened.of_epoch("nowhere", now)[0]


async def test_a_hold_of_a_person_keeps_their_keys_and_epochs_until_it_is_released(opened: Opened) -> None:
    old, far = opened.keys.epoch, datetime.now(UTC) + timedelta(days=366 * 6)
    begin_epoch(new_epoch(datetime.now(UTC)), opened.keys)
    await write(opened.kept, held("person", person=ANNA))
    assert "Hold h-1 stands" in opened.of_person(ANNA)[0]
    assert "broker keys release h-1" in opened.of_epoch(old, far)[0]
    assert opened.of_person(ADA) == []
    await write(opened.kept, KeyReleased("h-1", NOW, "It is over", "jo"))
    assert (opened.of_person(ANNA), opened.of_epoch(old, far)) == ([], [])
    assert holds(opened.store, opened.keys) == []


async def test_a_hold_of_a_case_keeps_everybody_who_was_asked_about_for_it(opened: Opened) -> None:
    await write(opened.kept, held("case", case_reference="ns/1"))
    assert (len(opened.of_person(ADA)), opened.of_person(ANNA)) == (1, [])
    assert len(opened.of_epoch(opened.keys.epoch, LATER)) == 2  # in use, and held


async def test_a_hold_of_an_epoch_keeps_everybody_in_it(opened: Opened) -> None:
    await write(opened.kept, held("epoch", opened.keys.epoch))
    assert [len(opened.of_person(one)) for one in (ANNA, ADA)] == [1, 1]


async def test_a_hold_whose_own_words_can_be_read_no_more_holds_everything(opened: Opened) -> None:
    await write(opened.kept, held("case", case_reference="elsewhere"))
    assert opened.of_person(ANNA) == []
    begin_epoch(new_epoch(datetime.now(UTC)), opened.keys)
    (opened.keys.directory / f"epoch-{opened.keys.ring.epochs[0].name}.key").unlink()
    opened.keys.take_up()
    assert len(list(refusals_of_person([b"k" * 16], opened.store, opened.keys, 12, LATER))) == 1


async def test_a_proposal_waits_until_its_certificate(opened: Opened) -> None:
    hers = opened.keys.key_ids(ANNA)
    names = tuple(one.hex() for one in hers)
    await write(opened.kept, DestructionProposed("d-1", NOW, "person", names, "Why", "Law", SIGNED))
    (one,) = proposals(opened.store, opened.keys)
    assert (one.id, one.names, one.reason, one.proposed) == ("d-1", names, "Why", SIGNED)
    await write(opened.kept, opened.certificate(*hers))
    assert proposals(opened.store, opened.keys) == []


@pytest.mark.parametrize(
    "changed",
    [{"names": ("other",)}, {"reason": "Other"}, {"basis": "Other"}, {"log": "other"}, {"id": "d-2"}],
)
def test_a_signature_is_of_every_word_and_of_who_may_sign(changed: dict[str, object]) -> None:
    key = Ed25519PrivateKey.generate()
    statement = Statement(ORIGIN, "d-1", "person", ("aa",), "Why", "Law")
    made, may = statement.signed("proposed", "Jo", key, NOW, "jo"), {"Jo": public_key(key)}
    assert statement.holds("proposed", made, may)
    assert not statement.holds("approved", made, may)
    assert not statement.holds("proposed", replace(made, at=LATER), may)
    assert not statement.holds("proposed", made, {})
    assert not statement.holds("proposed", made, {"Jo": public_key(Ed25519PrivateKey.generate())})
    assert not replace(statement, **changed).holds("proposed", made, may)  # type: ignore[arg-type] # as it has them
