"""The stand-alone verifier's own Ed25519: RFC 8032's vectors, and the same verdicts as a library's."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from deploy.verifier.verify_audit_log import ORDER, PRIME, signature_holds

# RFC 8032, section 7.1: secret key, public key, message, signature.
VECTORS = {
    "1": (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595b"
            "be24655141438e7a100b"
        ),
    ),
    "2": (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb430"
            "2aeeb00d291612bb0c00"
        ),
    ),
    "3": (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716e"
            "d28dc027beceea1ec40a"
        ),
    ),
    "SHA(abc)": (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643c"
            "e80e2a9ac94fa54ca49f"
        ),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138a"
            "c17ad9bef1177331a704"
        ),
    ),
}


def library_says(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("number", VECTORS)
def test_the_vectors_of_the_rfc_hold_and_no_changed_byte_of_them_does(number: str) -> None:
    secret, public, message, signature = map(bytes.fromhex, VECTORS[number])
    assert Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw() == public
    assert signature_holds(public, message, signature)
    for at in range(0, 64, 7):
        changed = bytearray(signature)
        changed[at] ^= 1
        assert not signature_holds(public, message, bytes(changed))
    assert not signature_holds(public, message + b"x", signature)


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.data())
def test_verdicts_are_those_of_the_library(secret: bytes, message: bytes, data: st.DataObject) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert signature_holds(public, message, signature)
    whole = bytearray(public + signature)
    at, bit = data.draw(st.integers(0, 95)), data.draw(st.integers(0, 7))
    whole[at] ^= 1 << bit
    changed = bytes(whole)
    assert signature_holds(changed[:32], message, changed[32:]) == library_says(
        changed[:32], message, changed[32:]
    )


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_what_nobody_signed_is_refused(public: bytes, signature: bytes) -> None:
    assert signature_holds(public, b"", signature) == library_says(public, b"", signature)


@given(st.binary(min_size=32, max_size=32))
def test_a_second_writing_of_a_signature_is_refused(secret: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    signature = key.sign(b"")
    longer = int.from_bytes(signature[32:], "little") + ORDER
    again = signature[:32] + longer.to_bytes(32, "little")
    assert not signature_holds(key.public_key().public_bytes_raw(), b"", again)


@pytest.mark.parametrize(
    "public", [b"", bytes(31), bytes(33), (PRIME + 1).to_bytes(32, "little"), b"\xff" * 32]
)
def test_what_is_no_key_verifies_nothing(public: bytes) -> None:
    assert not signature_holds(public, b"", bytes(64))
    assert not signature_holds(bytes(32), b"", bytes(63))
