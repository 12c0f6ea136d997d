"""A version that shows more is signed by two people: two keys are not two people, nor are two spellings."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from policy.change_control import Signers, refusals
from policy.load import LoadedPolicy, load_policy
from policy.sign import public_key, signed
from tests.unit.policy.policy_samples import write

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
FIRST, SECOND = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
WIDER = (("version: 3", "version: 4"), ("look_back: 24 months", "look_back: 36 months"))


def versions(directory: Path) -> tuple[LoadedPolicy, LoadedPolicy]:
    for name in ("old", "new"):
        (directory / name).mkdir()
    return load_policy(write(directory / "old")), load_policy(write(directory / "new", *WIDER))


@pytest.mark.parametrize(
    ("approver", "key", "codes"),
    [
        ("Abi Approver", SECOND, []),
        ("Abi Approver", FIRST, ["not_approved"]),
        ("Ola Owner", SECOND, ["not_approved"]),
        ("ola  OWNER", SECOND, ["not_approved"]),
    ],
)
def test_one_person_under_two_keys_or_names_does_not_approve_their_own(
    tmp_path: Path, approver: str, key: Ed25519PrivateKey, codes: list[str]
) -> None:
    old, new = versions(tmp_path)
    signers = Signers({"Ola Owner": public_key(FIRST)}, {approver: public_key(key)})
    statements = [signed(new, FIRST, "owner", "Ola Owner", NOW), signed(new, key, "approver", approver, NOW)]
    assert [one.code for one in refusals(old, new, statements, signers, NOW)] == codes
