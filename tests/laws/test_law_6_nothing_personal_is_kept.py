"""Law 6. Nothing personal is kept beyond the encrypted audit log and registers."""

from __future__ import annotations

import base64
import gc
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from broker.audit.asking.person import looked_up
from broker.audit.keys import load_keys
from connectors.contract import Candidate, Identifiers, Search, SourceMisfit
from tests.fakes.extracts import put, school_extract
from tests.fakes.littleworth import EMMA, part, question, row
from tests.fakes.ringing_littleworth import NO_SERVERS, RINGING, kinds, ring
from tests.laws.conftest import Start

TYPED = {
    "relation": "parent",
    "given_name": "Quetzalina",
    "family_name": "Featherstonehaugh",
    "birth_date": "1991-03-07",
    "nhs_number": "9990000018",
    "postcode": "LW7 7QZ",
}
PERSONAL = (
    b"Quetzalina",
    b"quetzalina",
    b"Featherstonehaugh",
    b"featherstonehaugh",
    b"9990000018",
    b"LW7 7QZ",
)


async def test_law_6_no_identifier_stands_readable_in_anything_kept(start: Start) -> None:
    town = await start(
        {"school": [row(identifiers={"given_name": "Quetzalina", "family_name": "Featherstonehaugh"})]}
    )
    answer = await town.ask(TYPED, reason="Because of Quetzalina")
    assert part(answer, "school")["outcome"] == "involved"
    kept = town.log_bytes()
    assert len(kept) > 4096
    assert [word for word in PERSONAL if word in kept] == []


async def test_law_6_no_involvement_stands_readable_in_anything_kept(start: Start) -> None:
    town = await start({"school": [row()]})
    await town.ask()
    kept = town.log_bytes()
    assert [
        word for word in (b"Quayle", b"2026-05-20", b"involved", b"Sam Okafor", b"lw-1") if word in kept
    ] == []


async def test_law_6_what_is_said_of_a_match_is_kept_without_anyone_in_it(start: Start) -> None:
    town = await start(
        {"school": [row(identifiers={"given_name": "Quetzalina", "family_name": "Featherstonehaugh"})]}
    )
    sealed = part(await town.ask(TYPED, view="flags"), "school")["reference"]
    status, _ = await town.post("/v1/match-feedback", {"reference": sealed, "verdict": "right_person"})
    assert status == 202
    await town.front.feedback.settled()
    kept = town.log_bytes()
    assert b'"same":true' in kept
    assert [word for word in (*PERSONAL, b"1991", b"lw-1", b"Quayle") if word in kept] == []


async def test_law_6_a_request_to_ring_back_is_kept_without_anyone_readable_in_it(start: Start) -> None:
    town = await start({"school": []}, sources=RINGING, broker=NO_SERVERS)
    sealed = part(await town.ask(TYPED), "school")["call_back"]
    assert (await ring(town, sealed, note="Because of Quetzalina"))[0] == 202
    kept = town.log_bytes()
    assert kinds(town) == ["call_back.requested"]
    assert [word for word in (*PERSONAL, b"498 0107", b"lw-1", b"Sam Okafor") if word in kept] == []


async def test_law_6_nothing_is_cached_between_queries(start: Start) -> None:
    town = await start({"school": [row()]})
    assert part(await town.ask(), "school")["outcome"] == "involved"
    town.sources["school"].rows = ()
    assert part(await town.ask(), "school")["outcome"] == "nothing_to_share"
    assert len(town.sources["school"].searches) == 2


async def test_law_6_no_row_outlives_its_query(start: Start) -> None:
    own = row(identifiers={"family_name": "Ephemeral"})
    town = await start({"school": [own]})
    answer = await town.ask({**EMMA, "family_name": "Ephemeral"})
    assert part(answer, "school")["outcome"] == "involved"
    town.sources["school"].rows = ()
    town.sources["school"].searches.clear()
    gc.collect()
    living = [one for one in gc.get_objects() if isinstance(one, Candidate) and one is not own]
    assert [one for one in living if one.identifiers.family_name == "Ephemeral"] == []


async def test_law_6_destroying_a_persons_key_makes_them_unreadable_and_keeps_the_log_whole(
    start: Start,
) -> None:
    town = await start({"school": [row()]})
    answer = await town.ask()
    state = town.directory / "state"

    def told() -> Any:
        with town.reader() as reader:
            return str(reader.trace(answer["query_id"]).as_json()), reader.verify().good

    before, whole_before = told()
    keys = load_keys(state / "keys")
    assert (
        keys.destroy_person_key(
            Identifiers(given_name="Emma", family_name="Ashdown", birth_date=date(1991, 3, 7))
        )
        == 1
    )
    keys.close()
    after, whole_after = told()
    assert ("Ashdown" in before, "Ashdown" in after) == (True, False)
    assert (whole_before, whole_after) == (True, True)


async def test_law_6_destroying_a_persons_key_leaves_nothing_by_which_they_could_be_found(
    start: Start,
) -> None:
    town = await start({"school": [row()]})
    await town.ask()
    emma = Identifiers(given_name="Emma", family_name="Ashdown", birth_date=date(1991, 3, 7))
    keys = load_keys(town.directory / "state" / "keys")
    tags = keys.tags.of_person(emma).every
    with town.reader() as reader:
        assert len(looked_up(reader, emma, 100)) == 1
    keys.destroy_person_key(emma)
    assert keys.key_ids(emma) == {}
    keys.close()
    with town.reader() as reader:
        assert looked_up(reader, emma, 100) == []
        entries = b"".join(raw for _, _, raw in reader.store.rows())
        assert [
            tag for tag in tags if base64.b64encode(tag) in entries or list(reader.store.bearing(tag))
        ] == []


async def test_law_6_a_sealed_reference_tells_nothing_and_keeps_nothing(start: Start) -> None:
    town = await start({"school": [row()]})
    size = len(town.log_bytes())
    flags = await town.ask(view="flags")
    reference = part(flags, "school")["reference"]
    assert "Ashdown" not in reference
    assert reference.encode() not in town.log_bytes()
    assert size < len(town.log_bytes())
    status, _ = await town.post("/v1/queries", question(view="flags"))
    assert status == 200


async def test_law_6_nothing_of_an_extract_is_held_between_questions(tmp_path: Path) -> None:
    ada = Search("q-1", (Identifiers("Ada", "Smith"),), frozenset(), seconds=5.0)
    connector = school_extract(tmp_path)
    assert len((await connector.candidates(ada)).rows) == 1
    assert _sizes_of_files_in_memory() == [0]
    put(tmp_path / "people.csv", b"local_key,given_name,family_name\nk1,Ada\n")
    with pytest.raises(SourceMisfit):
        await connector.candidates(ada)
    assert _sizes_of_files_in_memory() == [0]
    await connector.close()
    assert _sizes_of_files_in_memory() == []


def _sizes_of_files_in_memory() -> list[int]:
    ours = [one for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return [one.stat().st_size for one in ours if "memfd:extract" in str(one.readlink())]
