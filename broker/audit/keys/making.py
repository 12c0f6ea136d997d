"""Making keys: those of a new log, a new epoch, a new signing key, a new period of the keystore."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.keys import files
from broker.audit.keys.files import KeysExist
from broker.audit.keys.providers import KeyProvider, RootKey
from broker.audit.sealing import KEY_BYTES
from broker.audit.stores.sqlite_keystore_file import make_keystore


@dataclass(frozen=True, slots=True)
class NewEpoch:
    """An epoch that is not written yet: so its name can be recorded before it begins."""

    name: str
    since: datetime
    secret: bytes = field(repr=False)

    def write(self, directory: Path, root: RootKey) -> None:
        """From now on entries are written under it: at once by commands, within seconds by a broker that runs."""
        facts = {"epoch": self.name, "since": self.since.isoformat()}
        files.write_new(directory / files.epoch_file(self.name), files.key_text(facts, self.secret, root))


def new_epoch(now: datetime) -> NewEpoch:
    return NewEpoch(secrets.token_hex(4), now, secrets.token_bytes(2 * KEY_BYTES))


def create_keys(directory: Path, provider: KeyProvider | None = None, now: datetime | None = None) -> None:
    """Make the keys of a new log. Raises KeysExist rather than overwrite any; ProviderFailed.

    ``provider`` wraps the root key; None: it stands there in clear. ``now`` is when the first epoch begins.
    """
    if directory.exists() and any(path.suffix in (".key", ".db") for path in directory.iterdir()):
        raise KeysExist(
            f"{directory} has keys already. They are never overwritten: a log without its keys is lost."
        )
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    now = now or datetime.now(UTC)
    root = files.make_root_key(directory, provider)
    write_signing(directory, Ed25519PrivateKey.generate(), root, now)
    new_epoch(now).write(directory, root)
    write_registers(directory, secrets.token_bytes(2 * KEY_BYTES), root)
    period = Period.begun()
    write_periods(directory, [period], root)
    make_keystore(directory / files.KEYSTORE, period.name)
    files.sync(directory)


def write_signing(directory: Path, key: Ed25519PrivateKey, root: RootKey, now: datetime) -> None:
    """Make this the key that signs, and list its public half. Another that is there is replaced."""
    public = key.public_key().public_bytes_raw()
    listed = [one for one in verifiers_in(directory) if one["public"] != files.base64_of(public)]
    for one in listed:
        one["until"] = one["until"] or now.isoformat()
    listed.append({"public": files.base64_of(public), "since": now.isoformat(), "until": None})
    files.replace(directory / files.VERIFIERS, json.dumps(listed, indent=1) + "\n")
    text = files.key_text({"since": now.isoformat()}, key.private_bytes_raw(), root)
    files.replace(directory / files.SIGNING, text)


def verifiers_in(directory: Path) -> list[dict[str, Any]]:
    """Every key that ever signed, oldest first; none where nothing was listed yet."""
    try:
        listed: list[dict[str, Any]] = json.loads((directory / files.VERIFIERS).read_bytes())
    except FileNotFoundError:
        return []
    return listed


def write_registers(
    directory: Path, secret: bytes, root: RootKey, before: Mapping[str, str] | None = None
) -> None:
    """``before``: keys that were derived from an epoch's by an earlier version, by what they are for."""
    facts = {"before": wrapped_text(before, root)} if before else {}
    files.write_new(directory / files.REGISTERS, files.key_text(facts, secret, root))


@dataclass(frozen=True, slots=True)
class Period:
    """A period of the keystore. ``opens_until``: when its key is destroyed; None for the one that it is in."""

    name: str
    key: bytes = field(repr=False)
    opens_until: datetime | None = None

    @classmethod
    def begun(cls) -> Period:
        return cls(secrets.token_hex(4), secrets.token_bytes(KEY_BYTES))


def write_periods(directory: Path, periods: Sequence[Period], root: RootKey) -> None:
    listed = [
        {
            "period": one.name,
            "opens_until": one.opens_until.isoformat() if one.opens_until else None,
            "wrapped": files.base64_of(root.wrap(one.key)),
        }
        for one in periods
    ]
    files.replace(directory / files.PERIODS, json.dumps(listed, indent=1) + "\n")


def read_periods(directory: Path, root: RootKey) -> list[Period]:
    """Raises OSError, ValueError, KeyError; ProviderFailed."""
    return [
        Period(
            one["period"],
            root.unwrap(files.unbase64(one["wrapped"])),
            datetime.fromisoformat(one["opens_until"]) if one["opens_until"] else None,
        )
        for one in json.loads((directory / files.PERIODS).read_bytes())
    ]


def wrapped_text(keys: Mapping[str, str], root: RootKey) -> Mapping[str, str]:
    """Keys (hex) by name, each wrapped."""
    return {name: files.base64_of(root.wrap(bytes.fromhex(key))) for name, key in keys.items()}
