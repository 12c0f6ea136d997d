"""Once somebody's key is destroyed, nobody finds them: not in the log, not in its copies, with every other key."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.audit.asking.person import looked_up
from broker.audit.keys import Keys
from broker.audit.keys.making import Period
from broker.audit.keys.rotating import begin_period, cleared
from broker.audit.publishing import publish
from broker.audit.stores.sqlite import SqliteFile
from connectors.contract import Identifiers
from tests.spec.audit.kept import Kept, in_sqlite
from tests.unit.audit.audit_samples import ANNA, everything_in, intent
from tests.unit.audit.standalone import verify_alone

CANARY = Identifiers(
    given_name="Zinnia",
    family_name="Quetzalcanary",
    birth_date=date(2011, 11, 11),
    nhs_number="9990000026",
    postcode="NS9 9ZZ",
    address="77 Canary Row",
)
TYPED = ("Zinnia", "Quetzalcanary", "9990000026", "Canary Row")
VARIANTS = [CANARY, replace(CANARY, nhs_number=None), replace(CANARY, family_name="Quetzalcannary")]


async def asked_about_her_and_others(kept: Kept) -> None:
    async with kept.writing() as log:
        for number in range(40):
            other = replace(ANNA, given_name=f"Ada {'i' * number}", nhs_number=None)
            await log.record(intent(f"q-{number}", other))
            await log.record(intent(f"c-{number}", VARIANTS[number % 3], other))


def everything(kept: Kept) -> bytes:
    """Every byte of the files beside the log; of a database, every row of every table, binary as it is."""
    found = everything_in(kept.directory)
    if not isinstance(kept.place, SqliteFile):
        tables = ("entry", "tag", "query", "person_key", "person_tag", "period", "subtree", "checkpoint")
        for table in tables:
            rows = kept.change(f"SELECT {table}::text FROM {table}")  # noqa: S608 -- names of ours
            found += "\n".join(row[0] for row in rows).encode()
    return found


def shows(what: bytes, where: bytes) -> bool:
    """Whether bytes stand somewhere: as they are, in hexadecimal, in base64."""
    return any(form in where for form in (what, what.hex().encode(), base64.b64encode(what)))


async def test_her_tags_stand_in_no_entry_and_no_copy_even_before(kept: Kept) -> None:
    await asked_about_her_and_others(kept)
    keys = kept.keys()
    tags, whole = keys.tags.of_person(CANARY).every, everything(kept)
    (key_id,) = keys.key_ids(CANARY)
    assert shows(key_id, whole)
    assert len(tags) > 5
    assert [tag for tag in tags if shows(tag, whole)] == []
    keys.close()


async def test_she_is_found_by_any_spelling_until_her_key_is_destroyed(kept: Kept) -> None:
    await asked_about_her_and_others(kept)
    with kept.reading() as reader:
        hers = [one.index for one in looked_up(reader, CANARY, 80)]
        assert len(hers) == 40
    keys = kept.keys()
    assert keys.destroy_person_key(replace(CANARY, other_family_names=("Quetzalcannary",))) == 1
    keys.close()
    whole = everything(kept)
    assert [typed for typed in TYPED if typed.encode() in whole] == []
    with kept.reading() as reader:
        assert [one for who in VARIANTS for one in looked_up(reader, who, 80)] == []
        assert reader.trace("c-1").entries[0].facts["person 1"] is None
        assert reader.trace("c-1").entries[0].facts["person 2"]["identifiers"]["given_name"].startswith("Ada")
        assert reader.verify().fault is None
        tiles, verifier = kept.directory / "tiles", reader.verifier
        publish(reader.store, verifier, tiles)
    assert verify_alone("tiles", tiles, "--key", verifier.text()).returncode == 0
    assert [typed for typed in TYPED if typed.encode() in everything_in(tiles)] == []


async def test_a_copy_of_the_keystore_tells_nobody_once_its_period_is_over(tmp_path: Path) -> None:
    kept = in_sqlite(tmp_path)
    await asked_about_her_and_others(kept)
    keys = kept.keys()
    (key_id,) = keys.key_ids(CANARY)
    copy = kept.directory / "copy.db"
    shutil.copy(keys.directory / "keystore.db", copy)
    now = datetime.now(UTC)
    keys.destroy_person_key(CANARY)
    begin_period(Period.begun(), keys, now + timedelta(days=30))
    cleared(keys, now + timedelta(days=31))
    keys.close()
    shutil.copy(copy, keys.directory / "keystore.db")
    again = kept.keys()
    assert (again.keystore.key(key_id), again.key_ids(CANARY)) == (None, {})
    again.close()


async def test_tags_are_veiled_again_with_each_period_and_lead_on(kept: Kept) -> None:
    await asked_about_her_and_others(kept)
    keys = kept.keys()
    before, rows = keys.key_ids(CANARY), "SELECT tag FROM person_tag"
    veils = lying(kept, keys, rows)
    assert begin_period(Period.begun(), keys, datetime.now(UTC) + timedelta(days=30)) > 40
    assert keys.key_ids(CANARY) == before
    assert keys.person_key(VARIANTS[2])[0] in before
    again = lying(kept, keys, rows)
    assert len(again) == len(veils)
    assert again.isdisjoint(veils)
    keys.close()


def lying(kept: Kept, keys: Keys, sql: str) -> set[bytes]:
    """Values as they lie in the keystore."""
    if isinstance(kept.place, SqliteFile):
        with apsw.Connection(str(keys.directory / "keystore.db")) as behind:
            found = {bytes(value) for (value,) in behind.execute(sql)}
        behind.close()
        return found
    return {json.dumps(row).encode() for row in kept.change(sql)}


PEOPLE = st.builds(
    Identifiers,
    given_name=st.sampled_from(["Anna", "Ada", "Zinnia", "Bo"]),
    family_name=st.sampled_from(["Quill", "Quillfeather", "Sample"]),
    birth_date=st.sampled_from([None, date(2011, 11, 11), date(2012, 1, 2)]),
    nhs_number=st.sampled_from([None, "9990000018", "9990000026"]),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(others=st.lists(PEOPLE, min_size=1, max_size=6), gone=PEOPLE)
def test_destroying_one_person_makes_nobody_else_unreadable(
    others: list[Identifiers], gone: Identifiers, tmp_path_factory: pytest.TempPathFactory
) -> None:
    keys = in_sqlite(tmp_path_factory.mktemp("destroys")).keys()
    made = [keys.person_key(one) for one in others]
    theirs = keys.key_ids(gone)
    keys.destroy_person_key(gone)
    strong = set(keys.tags.key_tags(gone))
    for one, (key_id, key) in zip(others, made, strict=True):
        if key_id in theirs:  # because a number, or names with a birth date, led to both
            sharing = [it for it, (other, _) in zip(others, made, strict=True) if other == key_id]
            assert any(strong & set(keys.tags.key_tags(it)) for it in sharing)
        else:
            assert keys.keystore.key(key_id) == key
            assert key_id in keys.key_ids(one)
    keys.close()
