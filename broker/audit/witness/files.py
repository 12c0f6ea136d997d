"""The files of a witness: one directory, that only its account reads.

witness.yaml    its name, where it listens, and the logs that it witnesses; written by people
witness.key     its Ed25519 key
witness.db      what it signed (``memory``)
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

import handwritten
from broker.audit.checkpoint import Verifier
from broker.audit.witness.cosignature import Cosigner
from broker.audit.witness.deciding import Witness
from broker.audit.witness.memory import Memory, MemoryUnfit

SETTINGS, _KEY, _MEMORY = "witness.yaml", "witness.key", "witness.db"
NAME = r"^[a-z0-9.-]+(/[a-z0-9._-]+)*$"
"""Of a witness, as of a log: a schema-less URL, which need lead nowhere."""


class WitnessUnfit(Exception):
    """A witness that can't be made, or can't run as it is; the sentence says what to do."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _verifier_key(text: str) -> str:
    Verifier.of(text)
    return text


class WitnessListen(_Part):
    """Where the witness listens. Beyond loopback: with ``tls``, or behind a proxy that ends TLS."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8770


class WitnessTls(_Part):
    """The certificate (with those between it and its authority) and its key: PEM, in files of the directory."""

    certificate: str
    key: str


class WitnessedLog(_Part):
    """A log by its origin, and the keys that may sign for it: two while it changes from one to the other."""

    origin: Annotated[str, Field(pattern=NAME)]
    keys: Annotated[tuple[Annotated[str, AfterValidator(_verifier_key)], ...], Field(min_length=1)]


class WitnessSettings(_Part):
    """The whole of ``witness.yaml``."""

    format: Literal["witness/1"]
    name: Annotated[str, Field(pattern=NAME)]
    listen: WitnessListen = WitnessListen()
    tls: WitnessTls | None = None
    logs: tuple[WitnessedLog, ...] = ()


@dataclass(frozen=True, slots=True)
class WitnessFiles:
    """A witness that was read from its directory, its memory open."""

    settings: WitnessSettings
    witness: Witness
    memory: Memory
    tls: ssl.SSLContext | None


def create_witness(directory: Path, name: str) -> Cosigner:
    """Make a witness's directory; its public key. Raises WitnessUnfit rather than overwrite anything."""
    for one in (SETTINGS, _KEY, _MEMORY):
        if (directory / one).exists():
            raise WitnessUnfit(
                f"{directory} has a {one} already. Make each witness in a directory of its own."
            )
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    key = Ed25519PrivateKey.generate()
    cosigner = Cosigner(name, key.public_key().public_bytes_raw())
    _write(directory / _KEY, key.private_bytes_raw().hex())
    Memory.create(directory / _MEMORY, cosigner.text())
    _write(directory / SETTINGS, _TEMPLATE.format(name=name))
    return cosigner


def open_witness(directory: Path) -> WitnessFiles:
    """The witness of a directory. Raises handwritten.Faults and WitnessUnfit."""
    settings = handwritten.read(directory / SETTINGS, WitnessSettings)
    key, tls = _key(directory / _KEY), _tls(settings, directory)
    cosigner = Cosigner(settings.name, key.public_key().public_bytes_raw())
    try:
        memory = Memory.open(directory / _MEMORY, cosigner.text())
    except MemoryUnfit as fault:
        raise WitnessUnfit(str(fault)) from None
    return WitnessFiles(settings, Witness(settings.name, key, _by_origin(settings.logs)), memory, tls)


def _by_origin(logs: Sequence[WitnessedLog]) -> Mapping[str, Sequence[Verifier]]:
    return {one.origin: tuple(Verifier.of(key) for key in one.keys) for one in logs}


def _key(path: Path) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii")))
    except (OSError, ValueError):
        raise WitnessUnfit(
            f"{path} is not there, or is no key. Bring it back from its copy; or make a new witness in another"
            " directory with broker audit witness init."
        ) from None


def _tls(settings: WitnessSettings, directory: Path) -> ssl.SSLContext | None:
    if settings.tls is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(directory / settings.tls.certificate, directory / settings.tls.key)
    except (OSError, ssl.SSLError) as fault:
        raise WitnessUnfit(
            f"The certificate or its key under tls in {directory / SETTINGS} can't be used"
            f" ({type(fault).__name__}). Write both as PEM files without a passphrase."
        ) from None
    return context


def _write(path: Path, text: str) -> None:
    """Write a new file that nobody else can read, and that a power cut does not take."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)


_TEMPLATE = """\
# A witness: it cosigns the checkpoints of other parties' audit logs, and refuses those that contradict what it
# cosigned.
format: witness/1
name: {name}
listen: {{host: 127.0.0.1, port: 8770}}

# Its own certificate. Without one, let it listen on this machine alone, behind a proxy that ends TLS.
# tls: {{certificate: certificate.pem, key: certificate.key}}

# The logs that it witnesses. Whoever runs one sends its origin and its key, which they get from
#   broker audit checkpoint --partnership DIRECTORY
# Ring them, and compare the key, before you write it here.
logs: []
#  - origin: northshire.example/family-context
#    keys: [northshire.example/family-context+1a2b3c4d+AZ...]
"""
