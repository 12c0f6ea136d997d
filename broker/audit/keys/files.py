"""The files of a key directory: each a few public facts as JSON, with one secret, wrapped by the key provider."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from broker.audit.keys.providers import KeyProvider, RootKey
from broker.audit.sealing import KEY_BYTES

ROOT, SIGNING, SIGNING_BEFORE = "root.key", "signing.key", "signing-before.key"
VERIFIERS, REGISTERS, PERIODS, KEYSTORE = "verifiers.json", "registers.key", "keystore.key", "keystore.db"
OLD_EPOCH = "epoch.key"
"""The one epoch of a directory that an earlier version made, in clear; it is moved by the first that opens it."""
_LOCK = "keys.lock"
_FORMAT = "family-context-key/1"


class KeysExist(Exception):
    """The directory has keys already; they are never overwritten."""


class KeysMissing(Exception):
    """The directory has no keys, or not all of them."""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file's public facts, and its secret."""

    facts: Mapping[str, Any]
    secret: bytes = field(repr=False)


def epoch_file(name: str) -> str:
    return f"epoch-{name}.key"


def read_key(path: Path, provider: KeyProvider) -> KeyFile:
    """Raises OSError, ValueError or KeyError for what is no key file; ProviderFailed."""
    said = json.loads(path.read_bytes())
    if said["format"] != _FORMAT:
        raise ValueError(path.name)
    return KeyFile(said, provider.unwrap(unbase64(said["wrapped"])))


def key_text(facts: Mapping[str, Any], secret: bytes, provider: KeyProvider) -> str:
    """A key file's text. Raises ProviderFailed."""
    return (
        json.dumps({"format": _FORMAT, **facts, "wrapped": base64_of(provider.wrap(secret))}, indent=1) + "\n"
    )


def base64_of(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def unbase64(text: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(text, validate=True)


def root_key(directory: Path, provider: KeyProvider | None) -> RootKey:
    """The root key. Raises OSError, ValueError, KeyError; ProviderFailed."""
    path = directory / ROOT
    if provider is None:
        return RootKey.read(path.read_text(encoding="ascii").strip(), str(path))
    return RootKey(read_key(path, provider).secret)


def make_root_key(directory: Path, provider: KeyProvider | None) -> RootKey:
    """A new one, wrapped by the provider; in clear, where there is none. Raises OSError, ProviderFailed."""
    key = secrets.token_bytes(KEY_BYTES)
    write_new(directory / ROOT, key.hex() if provider is None else key_text({}, key, provider))
    return RootKey(key)


@contextmanager
def changing(directory: Path) -> Iterator[None]:
    """Only one process at a time changes a key directory, and none reads it meanwhile."""
    with _locked(directory, fcntl.LOCK_EX):
        yield


@contextmanager
def steady(directory: Path) -> Iterator[None]:
    """Nobody changes the directory within this."""
    with _locked(directory, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(directory: Path, how: int) -> Iterator[None]:
    lock = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, how)
        yield
    finally:
        os.close(lock)


def write_new(path: Path, text: str) -> None:
    """Write a new file that nobody else can read, and that a power cut does not take: whole, or not at all.

    Raises FileExistsError.
    """
    half = _half(path, text)
    try:
        os.link(half, path)
    finally:
        half.unlink()
    sync(path.parent)


def replace(path: Path, text: str) -> None:
    """Write a file instead of the one that is there, likewise; what was there is overwritten."""
    half = _half(path, text)
    before = _open_to_overwrite(path)
    half.rename(path)
    sync(path.parent)
    if before is not None:
        _overwritten(before)


def destroy(path: Path) -> None:
    """Overwrite a file, and remove it."""
    before = _open_to_overwrite(path)
    if before is not None:
        _overwritten(before)
        path.unlink(missing_ok=True)
        sync(path.parent)


def sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _half(path: Path, text: str) -> Path:
    half = path.with_name(f"{path.name}.{secrets.token_hex(4)}.half")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    return half


def _open_to_overwrite(path: Path) -> int | None:
    try:
        return os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return None


def _overwritten(descriptor: int) -> None:
    """Random bytes over all of a file. Some file systems and disks write elsewhere: see the how-to."""
    try:
        os.pwrite(descriptor, secrets.token_bytes(os.fstat(descriptor).st_size), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
