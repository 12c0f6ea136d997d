"""New epochs, signing keys and periods of the keystore: what was written before is read, found and verified."""

from __future__ import annotations

import base64
import json
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.asking.person import looked_up
from broker.audit.asking.search import Criteria, search
from broker.audit.checkpoint import Verifier, opened
from broker.audit.events import TokenEnded
from broker.audit.keys import Keys, KeysMissing, create_keys, load_keys
from broker.audit.keys.making import Period, new_epoch
from broker.audit.keys.providers import Program, ProviderFailed, RootKey
from broker.audit.keys.retention import destroyable_from, months_later
from broker.audit.keys.rotating import begin_epoch, begin_period, begin_signing, cleared
from broker.audit.proof import proves
from broker.audit.stores.sqlite_keystore import SqliteKeystore
from broker.audit.tree import leaf_hash
from broker.registers.store import Store
from tests.unit.audit.audit_samples import (
    ANNA,
    KIT,
    NOW,
    ORIGIN,
    closed,
    disclosure,
    intent,
    keys_in,
    reading,
    writing,
)
from tests.unit.audit.earlier_keys import earlier_keys

LATER = NOW + timedelta(days=400)


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    loaded = load_keys(keys_in(tmp_path))
    yield loaded
    loaded.close()


async def written(directory: Path, query_id: str) -> None:
    async with writing(directory) as log:
        for event in (intent(query_id), disclosure(query_id), closed(query_id)):
            await log.record(event)


async def test_what_two_epochs_hold_is_read_found_and_verified(tmp_path: Path, keys: Keys) -> None:
    await written(tmp_path, "q-1")
    begin_epoch(new_epoch(datetime.now(UTC)), keys)
    await written(tmp_path, "q-2")
    with reading(tmp_path) as reader:
        entries = [one for one in reader.entries() if one.kind == "query.intent"]
        assert len({one.facts["epoch"] for one in entries}) == 2
        assert [one.facts["person 1"]["identifiers"]["given_name"] for one in entries] == ["Anna", "Anna"]
        assert [one.index for one in looked_up(reader, ANNA, reader.store.size())] == [0, 3]
        for wanted in (Criteria(requester=KIT.subject), Criteria(case_reference="NS/4711")):
            assert [one.index for one in search(reader, wanted, reader.store.size())] == [3, 0]
        assert reader.verify().good
    async with writing(tmp_path) as log:
        assert await log.repeats(KIT.subject, [ANNA], NOW) == 2
        said = await log.tagged(lambda tags: [tags.requester(KIT.subject)], "request")
        assert [one["query_id"] for one in said] == ["q-2", "q-1"]


async def test_a_log_that_is_open_goes_on_with_the_new_epoch(tmp_path: Path, keys: Keys) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent("q-1"))
        assert not await log.take_up_keys()
        begin_epoch(new_epoch(datetime.now(UTC)), keys)
        assert await log.take_up_keys()
        await log.record(intent("q-2"))
        assert await log.repeats(KIT.subject, [ANNA], NOW) == 2
    with reading(tmp_path) as reader:
        epochs = [one.facts["epoch"] for one in reader.entries()]
    assert epochs == [one.name for one in keys.ring.epochs]
    assert sorted(keys.keystore.counts().values()) == [1, 1]


async def test_tokens_that_were_ended_in_an_old_epoch_stay_ended(tmp_path: Path, keys: Keys) -> None:
    async with writing(tmp_path) as log:
        await log.record(TokenEnded(NOW, "old", LATER))
    begin_epoch(new_epoch(datetime.now(UTC)), keys)
    async with writing(tmp_path) as log:
        await log.record(TokenEnded(NOW + timedelta(minutes=1), "new", LATER))
        assert list(await log.tokens_ended(NOW)) == ["old", "new"]


def test_a_person_has_a_key_in_each_epoch_and_all_are_destroyed_together(keys: Keys) -> None:
    first = keys.person_key(ANNA)
    begin_epoch(new_epoch(datetime.now(UTC)), keys)
    second = keys.person_key(ANNA)
    assert first != second
    assert keys.keystore.key(first[0]) == first[1]
    assert keys.destroy_person_key(ANNA) == 2
    assert [keys.keystore.key(one) for one, _ in (first, second)] == [None, None]


def test_a_register_outlives_the_epoch_that_it_was_written_in(tmp_path: Path, keys: Keys) -> None:
    store = Store.open(tmp_path / "registers.db", keys)
    store.write("agreements", {"state": "given"}, NOW, keys.register_tags.key_tags(ANNA))
    store.close()
    begin_epoch(new_epoch(datetime.now(UTC)), keys)
    next(keys.directory.glob(f"epoch-{keys.ring.epochs[0].name}.key")).unlink()
    again = load_keys(keys.directory)
    assert len(again.ring.epochs) == 1
    store = Store.open(tmp_path / "registers.db", again)
    (found,) = store.tagged("agreements", again.register_tags.key_tags(ANNA))
    assert found.facts == {"state": "given"}
    store.close()
    again.close()


async def test_both_keys_sign_for_a_while_and_what_the_old_one_signed_holds(
    tmp_path: Path, keys: Keys
) -> None:
    await written(tmp_path, "q-1")
    with reading(tmp_path) as reader:
        kept, proof, old = reader.checkpoint(), reader.prove(0), Verifier(ORIGIN, keys.public)
        leaf = leaf_hash(next(iter(reader.store.rows()))[2])
    begin_signing(Ed25519PrivateKey.generate(), keys, datetime.now(UTC), timedelta(days=30))
    await written(tmp_path, "q-2")
    new = Verifier(ORIGIN, keys.public)
    with reading(tmp_path) as reader:
        both = reader.checkpoint()
        assert reader.verify(older=kept).good
        assert reader.verifier.text() == new.text() != old.text()
        assert opened(both, old) == opened(both, new)
    assert proof is not None
    assert proves(proof, leaf, reader.verifier)


async def test_after_the_overlap_the_new_key_signs_alone(tmp_path: Path, keys: Keys) -> None:
    await written(tmp_path, "q-1")
    begin_signing(Ed25519PrivateKey.generate(), keys, datetime.now(UTC), timedelta(days=30))
    assert (keys.directory / "signing-before.key").exists()
    assert cleared(keys, datetime.now(UTC) + timedelta(days=31)) == ["the signing key before this one"]
    assert not (keys.directory / "signing-before.key").exists()
    await written(tmp_path, "q-2")
    with reading(tmp_path) as reader:
        assert reader.checkpoint().count("— ") == 1
        assert reader.verify().good
    assert len(keys.ring.signing.verified) == 2


def test_a_copy_of_the_keystore_from_before_a_period_ended_opens_nothing(keys: Keys, tmp_path: Path) -> None:
    key_id, key = keys.person_key(ANNA)
    copy = tmp_path / "copy.db"
    assert isinstance(keys.keystore, SqliteKeystore)
    keys.keystore.connection.wal_checkpoint()
    shutil.copy(keys.directory / "keystore.db", copy)
    assert begin_period(Period.begun(), keys, LATER) == 1
    assert keys.keystore.key(key_id) == key

    def in_the_copy() -> bytes | None:
        shutil.copy(copy, tmp_path / "restored.db")
        (tmp_path / "restored").mkdir(exist_ok=True)
        for path in keys.directory.glob("*.*"):
            shutil.copy(path, tmp_path / "restored")
        for path in (tmp_path / "restored").glob("keystore.db*"):
            path.unlink()
        shutil.copy(copy, tmp_path / "restored" / "keystore.db")
        restored = load_keys(tmp_path / "restored")
        try:
            return restored.keystore.key(key_id)
        finally:
            restored.close()

    assert in_the_copy() == key
    assert cleared(keys, LATER - timedelta(days=1)) == []
    assert len(cleared(keys, LATER)) == 1
    assert in_the_copy() is None
    assert keys.keystore.key(key_id) == key


def test_a_period_that_was_begun_and_not_finished_loses_no_key(keys: Keys) -> None:
    before = keys.person_key(ANNA)
    half = Period.begun()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqliteKeystore, "begin_period", _killed)
        with pytest.raises(KeyboardInterrupt):
            begin_period(half, keys, NOW)
    other = keys.person_key(intent().people[0].identifiers)
    assert cleared(keys, LATER) != []
    assert keys.person_key(ANNA) == before == other
    assert keys.keystore.current_period() == half.name


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_another_process_takes_up_a_period_that_it_does_not_know_yet(keys: Keys) -> None:
    running = load_keys(keys.directory)
    key_id, key = running.person_key(ANNA)
    begin_period(Period.begun(), keys, LATER)
    assert running.keystore.key(key_id) == key
    assert running.person_key(ANNA) == (key_id, key)
    running.close()


def test_keys_that_an_earlier_version_made_are_brought_to_today_s_form(tmp_path: Path) -> None:
    earlier = earlier_keys(tmp_path)
    keys = load_keys(tmp_path)
    assert (keys.epoch, keys.public, keys.wrapping) == (earlier.epoch, earlier.public, earlier.wrapping)
    assert keys.person_key(ANNA) == (earlier.key_id, earlier.key)
    assert keys.for_register("agreements") == earlier.agreements
    assert keys.register_tags.key_tags(ANNA) == earlier.key_tags
    assert not (tmp_path / "epoch.key").exists()
    assert len(cleared(keys, LATER)) == 0
    assert begin_period(Period.begun(), keys, LATER) == 1
    keys.close()
    again = load_keys(tmp_path)
    assert again.person_key(ANNA) == (earlier.key_id, earlier.key)
    again.close()


ROOT = RootKey(bytes(range(32)))


def test_a_provider_wraps_the_root_key_and_no_other_opens_it(tmp_path: Path) -> None:
    create_keys(tmp_path, ROOT)
    keys = load_keys(tmp_path, ROOT)
    key = keys.person_key(ANNA)
    keys.close()
    again = load_keys(tmp_path, ROOT)
    assert again.person_key(ANNA) == key
    again.close()
    with pytest.raises(ProviderFailed, match="another root key"):
        load_keys(tmp_path, RootKey(bytes(32)))
    with pytest.raises((KeysMissing, ProviderFailed)):
        load_keys(tmp_path)


def swaps(*words: str) -> list[str]:
    """A program that changes every byte, there and back."""
    turned = (
        "import base64,sys;raw=base64.b64decode(sys.stdin.read());"
        "print(base64.b64encode(bytes(255-one for one in raw)).decode())"
    )
    return [sys.executable, "-c", turned, *words]


def test_a_program_may_hold_the_key(tmp_path: Path) -> None:
    program = Program(swaps("wrap"), swaps("unwrap"))
    create_keys(tmp_path, program)
    load_keys(tmp_path, program).close()
    wrapped = base64.b64decode(json.loads((tmp_path / "root.key").read_bytes())["wrapped"])
    assert program.unwrap(wrapped) == bytes(255 - one for one in wrapped)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["/nowhere/age"], "failed with FileNotFoundError"),
        (
            [sys.executable, "-c", "print('secret', file=__import__('sys').stderr); raise SystemExit(3)"],
            "ended with 3",
        ),
        ([sys.executable, "-c", ""], "printed nothing"),
        ([sys.executable, "-c", "print('not base64!')"], "failed with"),
    ],
)
def test_a_program_that_fails_is_named_and_not_quoted(words: list[str], told: str) -> None:
    with pytest.raises(ProviderFailed, match=told) as fault:
        Program(words, words).unwrap(b"wrapped")
    assert "secret" not in str(fault.value)


def test_an_epoch_may_be_destroyed_once_the_next_is_as_old_as_is_kept(keys: Keys) -> None:
    assert destroyable_from(keys.current, keys, 72) is None
    began = datetime(2027, 2, 28, 12, tzinfo=UTC)
    begin_epoch(new_epoch(began), keys)
    assert destroyable_from(keys.ring.epochs[0], keys, 72) == datetime(2033, 2, 28, 12, tzinfo=UTC)
    assert months_later(datetime(2028, 2, 29, tzinfo=UTC), 12) == datetime(2029, 3, 1, tzinfo=UTC)
    assert months_later(datetime(2027, 10, 31, tzinfo=UTC), 1 + 12) == datetime(2028, 12, 1, tzinfo=UTC)
