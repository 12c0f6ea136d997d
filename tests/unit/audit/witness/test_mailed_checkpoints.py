"""A checkpoint that was mailed is found again in whatever became of the mail; and nothing forged is."""

from __future__ import annotations

import textwrap
from datetime import datetime
from email.message import EmailMessage

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.checkpoint import Checkpoint, Verifier, opened, signed
from broker.audit.mailed import mail_text, note_in
from broker.audit.witness.cosignature import Cosigner, cosignature_in, cosigned
from broker.surroundings import LONDON

ORIGIN = "northshire.example/family-context"
KEY, WITNESS = (Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2))
VERIFIER = Verifier(ORIGIN, KEY.public_key().public_bytes_raw())
COSIGNER = Cosigner("police.example/w", WITNESS.public_key().public_bytes_raw())
AT = datetime(2026, 6, 1, 9, 30, tzinfo=LONDON)
CHECKPOINT = Checkpoint(ORIGIN, 1234, bytes(range(32)))
NOTE = signed(CHECKPOINT, KEY) + cosigned(CHECKPOINT.text(), COSIGNER.name, WITNESS, AT)
MAIL = mail_text(CHECKPOINT, NOTE, VERIFIER, "Northshire", AT)


def as_sent(encoding: str) -> str:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = (
        "Audit log",
        "a@northshire.example",
        "b@police.example",
    )
    message.set_content(MAIL, cte=encoding)
    return message.as_bytes().decode("utf-8", "surrogateescape")


def test_a_mail_says_what_it_is_what_to_do_with_it_and_whose_key_signed() -> None:
    assert MAIL.splitlines()[0] == "Subject: Audit log of Northshire: checkpoint of 1234 entries, 1 June 2026"
    assert "09:30 on 1 June 2026" in MAIL
    assert "broker audit verify" in MAIL
    assert VERIFIER.text() in MAIL
    assert NOTE in MAIL


@pytest.mark.parametrize(
    "became",
    [
        MAIL,
        NOTE,
        MAIL.replace("\n", "\r\n"),
        textwrap.indent(MAIL, "> ", lambda _: True),
        textwrap.indent(MAIL, ">> ", lambda _: True),
        textwrap.indent(MAIL, "    ", lambda _: True),
        "\n".join(line[at : at + 60] for line in MAIL.split("\n") for at in range(0, max(1, len(line)), 60)),
        MAIL.replace(" ", "\u00a0"),
        MAIL.replace("—", "–"),
        MAIL.replace("\n", "\n\n"),
        as_sent("quoted-printable"),
        as_sent("base64"),
        as_sent("8bit"),
    ],
    ids=[
        "whole",
        "note",
        "crlf",
        "quoted",
        "twice",
        "indented",
        "wrapped",
        "nbsp",
        "dash",
        "spaced",
        "qp",
        "base64",
        "8bit",
    ],
)
def test_the_checkpoint_is_found_with_its_cosignature(became: str) -> None:
    found = note_in(became, VERIFIER)
    assert found is not None
    assert opened(found, VERIFIER) == CHECKPOINT
    assert cosignature_in(found, CHECKPOINT.text(), COSIGNER).at == AT


def test_of_several_checkpoints_the_newest_is_taken() -> None:
    older = signed(Checkpoint(ORIGIN, 12, bytes(32)), KEY)
    assert note_in(f"{older}\nand later\n\n{MAIL}\n{older}", VERIFIER) == NOTE


def test_what_another_key_signed_or_somebody_changed_is_not_found() -> None:
    forged = signed(CHECKPOINT, WITNESS)
    for text in (
        forged,
        MAIL.replace("1234", "1235"),
        MAIL.replace(ORIGIN, "elsewhere.example/log"),
        "",
        "Hello",
    ):
        assert note_in(text, VERIFIER) is None
