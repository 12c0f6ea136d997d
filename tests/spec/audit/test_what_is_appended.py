"""An entry has a receipt once it is durable, at the next index; callers who come together share a transaction."""

from __future__ import annotations

import asyncio
import base64

from broker.audit.checkpoint import opened
from broker.audit.proof import proves
from broker.audit.tree import leaf_hash
from tests.spec.audit.kept import Commits, Kept
from tests.unit.audit.audit_samples import ORIGIN, closed, disclosure, intent


async def test_receipts_are_dense_from_zero_and_name_the_log(kept: Kept) -> None:
    async with kept.writing() as log:
        receipts = await asyncio.gather(*(log.record(closed(f"q-{number}")) for number in range(200)))
    assert sorted(receipt.index for receipt in receipts) == list(range(200))
    assert {receipt.log for receipt in receipts} == {ORIGIN}


async def test_a_receipt_holds_the_hash_of_what_is_kept(kept: Kept) -> None:
    async with kept.writing() as log:
        receipts = [await log.record(event) for event in (intent(), disclosure(), closed())]
    with kept.reading() as reader:
        rows = list(reader.store.rows())
    assert [(receipt.index, base64.b64decode(receipt.leaf_hash)) for receipt in receipts] == [
        (index, leaf) for index, leaf, _ in rows
    ]
    assert all(leaf == leaf_hash(raw) for _, leaf, raw in rows)


async def test_what_was_recorded_is_read_beside_the_writer_at_once(kept: Kept) -> None:
    async with kept.writing() as log:
        await log.record(intent())
        with kept.reading() as reader:
            traced = reader.trace("q-1").entries
    assert [one.kind for one in traced] == ["query.intent"]
    assert traced[0].facts["person 1"]["identifiers"]["given_name"] == "Anna"


async def test_callers_who_come_together_share_transactions_of_64_at_most(
    kept: Kept, commits: Commits
) -> None:
    async with kept.writing() as log:
        await asyncio.gather(*(log.record(closed(f"q-{number}")) for number in range(640)))
    assert (sum(commits.sizes), max(commits.sizes)) == (640, 64)
    assert len(commits.sizes) <= 20


async def test_one_caller_waits_for_no_others(kept: Kept, commits: Commits) -> None:
    async with kept.writing() as log:
        for number in range(5):
            await log.record(closed(f"q-{number}"))
    assert commits.sizes == [1] * 5


async def test_pages_of_rows_are_whole_and_end_where_they_should(kept: Kept) -> None:
    async with kept.writing() as log:
        await asyncio.gather(*(log.record(closed(f"q-{number}")) for number in range(1100)))
    with kept.reading() as reader:
        assert [index for index, _, _ in reader.store.rows()] == list(range(1100))
        assert [index for index, _, _ in reader.store.rows(495, 1005)] == list(range(495, 1005))
        assert list(reader.store.rows(7, 7)) == []


async def test_entries_that_bear_a_tag_come_newest_first(kept: Kept) -> None:
    async with kept.writing() as log:
        await asyncio.gather(*(log.record(intent(f"q-{number}")) for number in range(600)))
    with kept.reading() as reader:
        found = [index for index, _ in reader.store.bearing(reader.keys.tags.requester("u-7"))]
    assert found == list(reversed(range(600)))


async def test_every_signed_entry_is_proved_to_whoever_holds_its_receipt(kept: Kept) -> None:
    async with kept.writing() as log:
        receipts = await asyncio.gather(*(log.record(closed(f"q-{number}")) for number in range(300)))
    with kept.reading() as reader:
        assert opened(reader.checkpoint(), reader.verifier).size == 300
        for receipt in receipts[::37]:
            proof = reader.prove(receipt.index)
            assert proof is not None
            assert proves(proof, base64.b64decode(receipt.leaf_hash), reader.verifier)
        assert reader.prove(300) is None
