"""Cosignatures as C2SP tlog-cosignature says, and nothing else taken for one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from broker.audit.checkpoint import Checkpoint, Verifier, opened, signed
from broker.audit.witness.cosignature import Cosigner, NotCosigned, cosignature_in, cosigned

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
COSIGNER = Cosigner("witness.example/w1", KEY.public_key().public_bytes_raw())
AT = datetime(2026, 6, 1, 9, 0, 7, tzinfo=UTC)
TEXT = Checkpoint("northshire.example/family-context", 42, bytes(range(32))).text()
LINE = cosigned(TEXT, COSIGNER.name, KEY, AT)

# A witness's key that Go's transparency-dev/formats tests with.
GO_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"


def test_a_key_is_read_and_written_as_others_write_it() -> None:
    assert Cosigner.of(GO_KEY).text() == GO_KEY
    assert Cosigner.of(COSIGNER.text()) == COSIGNER


def test_what_is_signed_is_the_header_the_time_and_the_whole_text() -> None:
    name, encoded = LINE.removeprefix("— ").split()
    raw = base64.b64decode(encoded)
    assert (name, len(raw), raw[:4]) == (
        COSIGNER.name,
        4 + 8 + 64,
        bytes.fromhex(COSIGNER.text().split("+")[1]),
    )
    assert int.from_bytes(raw[4:12], "big") == int(AT.timestamp())
    KEY.public_key().verify(raw[12:], f"cosignature/v1\ntime {int(AT.timestamp())}\n{TEXT}".encode())


def test_a_cosignature_that_holds_says_when_it_was_made() -> None:
    found = cosignature_in(LINE, TEXT, COSIGNER)
    assert (found.line, found.at) == (LINE, AT)


def test_lines_of_others_are_passed_over_and_of_several_the_latest_counts() -> None:
    other = Ed25519PrivateKey.generate()
    theirs = cosigned(TEXT, "witness.example/w2", other, AT)
    same_name = cosigned(TEXT, COSIGNER.name, other, AT)
    later = cosigned(TEXT, COSIGNER.name, KEY, AT + timedelta(minutes=3))
    found = cosignature_in(f"{theirs}nonsense\n{later}{same_name}{LINE}", TEXT, COSIGNER)
    assert found.line == later


def test_without_a_line_of_this_witness_there_is_no_cosignature() -> None:
    theirs = cosigned(TEXT, "witness.example/w2", Ed25519PrivateKey.generate(), AT)
    for lines in ("", "\n", theirs, TEXT, "— witness.example/w1 !!!\n", "— witness.example/w1 AAAA\n"):
        with pytest.raises(NotCosigned):
            cosignature_in(lines, TEXT, COSIGNER)


@given(st.integers(0, len(LINE) - 2), st.characters(exclude_categories=["Cs"]))
def test_no_character_of_a_cosignature_can_be_changed(at: int, letter: str) -> None:
    changed = LINE[:at] + letter + LINE[at + 1 :]
    if changed != LINE:
        with pytest.raises(NotCosigned):
            cosignature_in(changed, TEXT, COSIGNER)


def test_the_bits_that_base64_leaves_over_are_not_free_either() -> None:
    assert LINE.endswith("==\n")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".index(LINE[-4])
    other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[last + 1]
    assert base64.b64decode(LINE.split()[2]) == base64.b64decode(f"{LINE.split()[2][:-3]}{other}==")
    with pytest.raises(NotCosigned):
        cosignature_in(f"{LINE[:-4]}{other}==\n", TEXT, COSIGNER)


@pytest.mark.parametrize("other", ["origin", "size", "root", "extension"])
def test_a_cosignature_is_of_one_checkpoint_alone(other: str) -> None:
    changed = {
        "origin": TEXT.replace("northshire", "elsewhere"),
        "size": TEXT.replace("42", "43"),
        "root": Checkpoint("northshire.example/family-context", 42, bytes(32)).text(),
        "extension": f"{TEXT}more\n",
    }[other]
    with pytest.raises(NotCosigned):
        cosignature_in(LINE, changed, COSIGNER)


@given(st.text())
def test_any_text_is_a_cosignature_or_is_refused_by_that_name(text: str) -> None:
    with pytest.raises(NotCosigned):
        cosignature_in(text, TEXT, COSIGNER)


def test_a_checkpoint_with_cosignatures_below_opens_as_the_logs_own() -> None:
    key = Ed25519PrivateKey.generate()
    origin = "northshire.example/family-context"
    note = signed(Checkpoint(origin, 42, bytes(range(32))), key) + LINE
    assert opened(note, Verifier(origin, key.public_key().public_bytes_raw())).size == 42


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "written name+id+key"),
        ("w+00000000+AAAA", "id does not fit"),
        (GO_KEY[:-4], "id does not fit"),
        (GO_KEY + " ", "written name+id+key"),
        (GO_KEY.replace("remora", "romora"), "id does not fit"),
        (Verifier("w", COSIGNER.public).text(), "the key of a log"),
    ],
)
def test_a_key_that_is_none_says_what_to_do(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says.replace("+", r"\+")):
        Cosigner.of(text)


def test_a_logs_key_is_not_a_witnesss() -> None:
    assert Verifier.of(Verifier("w", COSIGNER.public).text()) == Verifier("w", COSIGNER.public)
    with pytest.raises(ValueError, match="another kind"):
        Verifier.of(COSIGNER.text())
