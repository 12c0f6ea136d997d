"""A proof stands on its own: receipt, verifier key and text suffice."""

from __future__ import annotations

import base64
from pathlib import Path

from broker.audit.checkpoint import Verifier
from broker.audit.keys import create_keys, load_keys
from broker.audit.proof import proves
from tests.unit.audit.audit_samples import closed, reading, writing


async def test_a_receipt_is_proved_by_the_text_alone(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        receipts = [await log.record(closed(f"q-{number}")) for number in range(11)]
    with reading(tmp_path) as reader:
        proofs = {receipt.index: reader.prove(receipt.index) or "" for receipt in receipts}
        verifier = reader.verifier
    for receipt in receipts:
        leaf = base64.b64decode(receipt.leaf_hash)
        assert [number for number, text in proofs.items() if proves(text, leaf, verifier)] == [receipt.index]
    assert proofs[3].startswith("c2sp.org/tlog-proof@v1\nindex 3\n")


async def test_what_is_not_in_the_log_has_no_proof(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(closed())
    with reading(tmp_path) as reader:
        assert [reader.prove(index) for index in (-1, 1, 2**40)] == [None, None, None]


async def test_a_proof_under_another_key_or_broken_up_proves_nothing(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        leaf = base64.b64decode((await log.record(closed())).leaf_hash)
    with reading(tmp_path) as reader:
        text, verifier = reader.prove(0) or "", reader.verifier
    create_keys(tmp_path / "others")
    others = load_keys(tmp_path / "others")
    assert proves(text, leaf, verifier)
    assert not proves(text, leaf, Verifier(verifier.name, others.public))
    others.close()
    for broken in ("", text[1:], text.replace("index 0", "index 00"), text.replace("\n\n", "\n"), text[:-2]):
        assert not proves(broken, leaf, verifier)


async def test_a_hash_that_is_written_in_another_way_proves_nothing(tmp_path: Path) -> None:
    """The last letter of a hash in base64 has two bits that stand for nothing."""
    async with writing(tmp_path) as log:
        leaf = base64.b64decode((await log.record(closed())).leaf_hash)
        await log.record(closed("q-2"))
    with reading(tmp_path) as reader:
        text, verifier = reader.prove(0) or "", reader.verifier
    line = text.split("\n")[2]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = f"{line[:-2]}{letters[letters.index(line[-2]) + 1]}="
    assert base64.b64decode(other) == base64.b64decode(line)
    assert proves(text, leaf, verifier)
    assert not proves(text.replace(line, other), leaf, verifier)
