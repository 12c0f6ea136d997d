"""Checkpoints as C2SP tlog-checkpoint and signed-note say, and nothing else taken for one."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from broker.audit.checkpoint import Checkpoint, NotACheckpoint, Verifier, note_text, opened, parsed, signed
from tests.unit.audit.audit_samples import ORIGIN

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
VERIFIER = Verifier(ORIGIN, KEY.public_key().public_bytes_raw())
ROOT = bytes(range(32))
NOTE = signed(Checkpoint(ORIGIN, 42, ROOT), KEY)

# The example of Go's golang.org/x/mod/sumdb/note, whose format this is.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def go_verifier() -> Verifier:
    name, _, encoded = GO_KEY.split("+", 2)
    return Verifier(name, base64.b64decode(encoded)[1:])


def test_go_s_own_note_and_key_are_read_and_written_alike() -> None:
    assert go_verifier().text() == GO_KEY
    assert note_text(GO_NOTE, go_verifier()).endswith("what your problem is.\n")


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_what_is_signed_is_what_is_opened(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert opened(signed(checkpoint, KEY), VERIFIER) == checkpoint
    assert parsed(checkpoint.text()) == checkpoint


def test_a_checkpoint_is_three_lines_an_empty_one_and_a_signature() -> None:
    lines = NOTE.split("\n")
    assert lines[:4] == [ORIGIN, "42", base64.b64encode(ROOT).decode(), ""]
    assert lines[4].startswith(f"— {ORIGIN} ")
    assert lines[5:] == [""]


def test_signatures_of_witnesses_and_lines_of_extension_are_passed_over() -> None:
    witness = Ed25519PrivateKey.generate()
    theirs = base64.b64encode(b"\0\0\0\7" + witness.sign(b"something")).decode()
    assert opened(f"{NOTE}— witness.example {theirs}\n", VERIFIER).size == 42
    assert parsed(f"{ORIGIN}\n42\n{base64.b64encode(ROOT).decode()}\nextension\n").size == 42


def test_another_key_of_the_same_name_does_not_open_it() -> None:
    other = Verifier(ORIGIN, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    with pytest.raises(NotACheckpoint):
        opened(NOTE, other)


def test_a_checkpoint_of_another_log_signed_by_this_key_is_not_this_log_s() -> None:
    text = Checkpoint("elsewhere.example/log", 42, ROOT).text()
    signature = base64.b64encode(VERIFIER.key_id + KEY.sign(text.encode())).decode()
    note = f"{text}\n— {ORIGIN} {signature}\n"
    assert note_text(note, VERIFIER) == text
    with pytest.raises(NotACheckpoint):
        opened(note, VERIFIER)


@given(st.integers(0, len(NOTE) - 1), st.characters(exclude_categories=["Cs"]))
def test_no_character_of_a_note_can_be_changed(at: int, letter: str) -> None:
    changed = NOTE[:at] + letter + NOTE[at + 1 :]
    if changed != NOTE:
        with pytest.raises(NotACheckpoint):
            opened(changed, VERIFIER)


@given(st.text())
def test_any_text_is_a_checkpoint_or_is_refused_by_that_name(text: str) -> None:
    for reads in (parsed, lambda note: opened(note, VERIFIER)):
        with pytest.raises(NotACheckpoint):
            reads(text)


@pytest.mark.parametrize("size", ["042", "+42", "-1", " 42", "42 ", "4_2", "٤٢", "", "1e3", "9" * 20])
def test_a_size_is_plain_decimal(size: str) -> None:
    with pytest.raises(NotACheckpoint):
        parsed(f"{ORIGIN}\n{size}\n{base64.b64encode(ROOT).decode()}\n")


@pytest.mark.parametrize("root", ["", "AAAA", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=", "%" * 44])
def test_a_root_is_the_base64_of_32_bytes(root: str) -> None:
    with pytest.raises(NotACheckpoint):
        parsed(f"{ORIGIN}\n42\n{root}\n")


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n42\n",
        f"\n42\n{'A' * 43}=\n",
        f"{ORIGIN}\n42\n{'A' * 43}=",
        f"{ORIGIN}\n42\n{'A' * 43}=\n\nx\n",
    ],
)
def test_a_text_is_at_least_three_lines_none_of_them_empty(text: str) -> None:
    with pytest.raises(NotACheckpoint):
        parsed(text)
