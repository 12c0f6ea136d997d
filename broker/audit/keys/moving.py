"""A key directory that an earlier version made, with one epoch and in clear, brought to today's form.

Its registers go on under the keys that were derived from that epoch's: their entries hold no identifiers to make
new tags from. Nobody reads or finds an entry of the log with those.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.keys import files
from broker.audit.keys.making import (
    NewEpoch,
    Period,
    read_periods,
    write_periods,
    write_registers,
    write_signing,
)
from broker.audit.keys.providers import KeyProvider
from broker.audit.sealing import KEY_BYTES, derived
from broker.audit.stores.sqlite_keystore_file import move_keystore

_REGISTERS = ("agreements", "restricted", "flags")
_TAGS = (
    *("nhs number", "upn", "names and birth date", "as typed"),
    *("given name", "birth date", "names by sound", "name and birth date", "name and place", "home"),
)
"""The types of tag that a register may have: of agreements and of flags."""


def is_of_an_earlier_version(directory: Path) -> bool:
    return (directory / files.OLD_EPOCH).exists()


def moved(directory: Path, provider: KeyProvider | None) -> None:
    """Bring it to today's form; broken off, it goes on with the next. Raises OSError, ValueError, KeyError."""
    with files.changing(directory):
        old = directory / files.OLD_EPOCH
        if not old.exists():
            return  # somebody else did
        _move(directory, provider, json.loads(old.read_bytes()), old.stat().st_mtime)
        files.destroy(old)


def _move(directory: Path, provider: KeyProvider | None, said: dict[str, str], since: float) -> None:
    """In an order in which every step may be done again."""
    signing, keystore = directory / files.SIGNING, directory / files.KEYSTORE
    if not (signing.exists() and keystore.exists()):
        raise KeyError
    made = (directory / files.ROOT).exists()
    root = files.root_key(directory, provider) if made else files.make_root_key(directory, provider)
    wrapping, tags = bytes.fromhex(said["wrapping"]), bytes.fromhex(said["tags"])
    began = datetime.fromtimestamp(since, UTC)
    if not (directory / files.REGISTERS).exists():
        write_registers(directory, secrets.token_bytes(2 * KEY_BYTES), root, _before(wrapping, tags))
    if not (directory / files.PERIODS).exists():
        write_periods(directory, [Period.begun()], root)
    move_keystore(keystore, said["epoch"], read_periods(directory, root)[-1].name)
    if not signing.read_bytes().startswith(b"{"):
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(signing.read_text(encoding="ascii")))
        write_signing(directory, key, root, began)
    if not (directory / files.epoch_file(said["epoch"])).exists():
        NewEpoch(said["epoch"], began, wrapping + tags).write(directory, root)


def _before(wrapping: bytes, tags: bytes) -> dict[str, str]:
    registers = {f"register {name}": derived(wrapping, f"register {name}").hex() for name in _REGISTERS}
    return registers | {f"tag {kind}": derived(tags, f"tag {kind}").hex() for kind in _TAGS}
