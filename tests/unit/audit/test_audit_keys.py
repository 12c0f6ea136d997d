"""The key directory, and the keystore: one key a person, destroyed for good."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from broker.audit.keys import Keys, KeysExist, KeysMissing, create_keys, load_keys
from broker.audit.stores.sqlite_keystore import SqliteKeystore
from connectors.contract import Identifiers
from tests.unit.audit.audit_samples import ANNA

FILES = ("root.key", "signing.key", "registers.key", "keystore.key", "keystore.db", "an epoch")


def named(directory: Path, file: str) -> Path:
    """A file of a key directory: by its name, or the file of its only epoch."""
    return next(directory.glob("epoch-*.key")) if file == "an epoch" else directory / file


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Keys]:
    create_keys(tmp_path / "keys")
    opened = load_keys(tmp_path / "keys")
    yield opened
    opened.close()


def test_keys_are_for_the_broker_s_account_alone(keys: Keys) -> None:
    assert stat.S_IMODE(keys.directory.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in keys.directory.iterdir()}
    assert set(modes) >= {named(keys.directory, file).name for file in FILES}
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("left", FILES)
def test_keys_are_never_overwritten_even_when_only_one_is_left(tmp_path: Path, left: str) -> None:
    create_keys(tmp_path)
    kept = named(tmp_path, left)
    for path in tmp_path.iterdir():
        if path != kept:
            path.unlink()
    before = kept.read_bytes()
    with pytest.raises(KeysExist, match="never overwritten"):
        create_keys(tmp_path)
    assert kept.read_bytes() == before


@pytest.mark.parametrize("lost", FILES)
def test_keys_that_are_not_whole_are_not_loaded_and_not_made_up(tmp_path: Path, lost: str) -> None:
    create_keys(tmp_path)
    gone = named(tmp_path, lost)
    gone.unlink()
    with pytest.raises(KeysMissing, match="broker keys init"):
        load_keys(tmp_path)
    assert not gone.exists()


def test_keys_stay_the_same_from_one_start_to_the_next(keys: Keys) -> None:
    again = load_keys(keys.directory)
    assert (again.public, again.epoch, again.for_auditors()) == (keys.public, keys.epoch, keys.for_auditors())
    assert again.person_key(ANNA) == keys.person_key(ANNA)
    again.close()


def test_every_reader_has_a_key_of_their_own(keys: Keys) -> None:
    readers = [
        keys.for_auditors(),
        keys.for_source("school"),
        keys.for_source("police"),
        keys.person_key(ANNA)[1],
    ]
    assert len({*readers, keys.wrapping}) == 5


def test_queries_that_share_a_number_or_names_and_birth_date_share_the_key(keys: Keys) -> None:
    first = keys.person_key(ANNA)
    assert keys.person_key(Identifiers(nhs_number="999 000 0018")) == first
    assert keys.person_key(replace(ANNA, nhs_number=None, postcode=None)) == first
    assert keys.person_key(replace(ANNA, given_name="Ada", nhs_number=None)) != first


def test_a_key_that_two_identifiers_lead_to_later_is_found_under_both(keys: Keys) -> None:
    by_number, by_names = Identifiers(nhs_number="9990000018"), replace(ANNA, nhs_number=None)
    assert keys.person_key(by_number) != keys.person_key(by_names)
    keys.person_key(ANNA)
    assert keys.destroy_person_key(by_names) == 2


def test_destroying_a_key_spares_everybody_else(keys: Keys) -> None:
    others = [
        replace(ANNA, given_name="Ada", nhs_number=None),
        Identifiers(given_name="Anna", family_name="Thistlewood"),
        Identifiers(given_name="Ann", family_name="Thistlewode"),
    ]
    key_id, _ = keys.person_key(ANNA)
    kept = [keys.person_key(one) for one in others]
    assert keys.destroy_person_key(ANNA) == 1
    assert keys.keystore.key(key_id) is None
    assert [keys.keystore.key(one) for one, _ in kept] == [key for _, key in kept]
    assert keys.destroy_person_key(ANNA) == 0


def test_a_destroyed_key_is_in_no_file_any_more(keys: Keys) -> None:
    key_id, _ = keys.person_key(ANNA)
    assert isinstance(keys.keystore, SqliteKeystore)
    wrapped = keys.keystore.connection.execute("SELECT wrapped FROM person_key").get
    assert any(wrapped in path.read_bytes() for path in keys.directory.iterdir())
    keys.destroy_person_key(ANNA)
    assert not any(
        part in path.read_bytes() for path in keys.directory.iterdir() for part in (wrapped, key_id)
    )


def test_who_is_asked_about_again_gets_a_new_key(keys: Keys) -> None:
    key_id, key = keys.person_key(ANNA)
    keys.destroy_person_key(ANNA)
    new_id, new = keys.person_key(ANNA)
    assert new_id != key_id
    assert new != key


def test_keys_do_not_show_in_a_repr(keys: Keys) -> None:
    shown = repr(keys)
    assert not any(
        secret.hex() in shown or repr(secret) in shown for secret in (keys.wrapping, keys.tags.epoch_key)
    )
