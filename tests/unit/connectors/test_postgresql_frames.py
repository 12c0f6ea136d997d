"""What comes on a connection to PostgreSQL is looked at before asyncpg reads it, which trusts every length."""

from __future__ import annotations

import random
import struct

import pytest

from connectors.postgresql_frames import LONGEST_MESSAGE, Frames


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!i", 4 + len(body)) + body


SOUND = b"".join(
    message(kind, body)
    for kind, body in (
        (b"R", bytes(4)),
        (b"D", b"row " * 300),
        (b"1", b""),
        (b"C", b"SELECT 1\0"),
        (b"Z", b"I"),
    )
)


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 6, 7, 100, 5000])
def test_messages_pass_in_whatever_pieces_they_come(step: int) -> None:
    frames = Frames()
    assert all(frames.sound(SOUND[at : at + step]) for at in range(0, len(SOUND), step))


@pytest.mark.parametrize("length", [-(2**31), -1, 0, 1, 3, LONGEST_MESSAGE + 1, 2**31 - 1])
@pytest.mark.parametrize("step", [1, 3, 5000])
def test_a_length_that_cannot_be_does_not_pass(length: int, step: int) -> None:
    stream = SOUND + b"D" + struct.pack("!i", length) + bytes(20)
    frames = Frames()
    assert not all(frames.sound(stream[at : at + step]) for at in range(0, len(stream), step))


def test_what_is_no_kind_of_message_does_not_pass_from_its_first_byte_on() -> None:
    for kind in set(range(256)) - set(b"RKSZTDCEN123nstAIvGHWdcV"):
        frames = Frames()
        assert frames.sound(SOUND)
        assert not frames.sound(bytes([kind]))


def test_garbage_does_not_pass() -> None:
    chance = random.Random(7)  # noqa: S311 -- a test that can be repeated
    assert sum(Frames().sound(chance.randbytes(64)) for _ in range(2000)) == 0
