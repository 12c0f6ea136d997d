"""The spool: a directory beside the log, in which sealed events wait for whoever writes the log.

    NAME.event      what a command hands in
    NAME.receipt    what the writer answers
    NAME.refused    what was not sealed with the log's keys; kept, because somebody put it there

A name is 32 random hexadecimal digits. A file is a wrapped key (40 bytes), then nonce and ciphertext, bound to the
log's origin, its name and its ending: none can be moved to another name, or an event be taken for a receipt.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from broker.audit.keys import Keys
from broker.audit.sealing import Sealed, Unreadable, seal, unseal

_NAME = re.compile(r"([0-9a-f]{32})\.event")
_WRAPPED_BYTES, _ROOM = 40, 1024
_AT_ONCE = 64
_LONGEST = 200_000
_LEFT_BEHIND = 600.0
"""Seconds after which nobody comes any more for a receipt."""


class Unsealed(Exception):
    """The file was not sealed with the log's keys, or not for this place."""


@dataclass(frozen=True, slots=True)
class Spool:
    """A log's spool. ``key`` (32 bytes) is derived from the registers': it outlives epochs."""

    directory: Path
    origin: str
    key: bytes = field(repr=False)

    @classmethod
    def beside(cls, log: Path, keys: Keys, origin: str) -> Spool:
        """The spool of the log at this path. It need not be there yet."""
        return cls(log.with_name(f"{log.name}.spool"), origin, keys.ring.registers.for_handover())

    def put(self, plain: bytes) -> str:
        """Leave an event; the name that it goes by. Raises OSError."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = secrets.token_hex(16)
        self._write(name, "event", plain)
        return name

    def waiting(self) -> list[str]:
        """The names of the events that wait, at most 64."""
        try:
            found = [found[1] for one in self.directory.iterdir() if (found := _NAME.fullmatch(one.name))]
        except FileNotFoundError:
            return []
        return sorted(found)[:_AT_ONCE]

    def taken(self, name: str) -> bytes:
        """What an event's file says. Raises FileNotFoundError, Unsealed."""
        return self._read(name, "event")

    def answer(self, name: str, plain: bytes) -> None:
        """Answer an event, which then waits no longer. Answers that nobody fetched are cleared away."""
        self._write(name, "receipt", plain)
        self._path(name, "event").unlink(missing_ok=True)
        for old in self.directory.glob("*.receipt"):
            with suppress(FileNotFoundError):
                if time.time() - old.stat().st_mtime > _LEFT_BEHIND:
                    old.unlink()

    def put_away(self, name: str) -> None:
        """Keep a file that is no event out of the way."""
        with suppress(FileNotFoundError):
            self._path(name, "event").rename(self._path(name, "refused"))

    def answered(self, name: str) -> bytes | None:
        """What was answered; None when nothing was yet, or not by a holder of the keys."""
        try:
            return self._read(name, "receipt")
        except (FileNotFoundError, Unsealed):
            return None

    def forget(self, name: str) -> None:
        """Withdraw an event, and its answer."""
        for ending in ("event", "receipt"):
            self._path(name, ending).unlink(missing_ok=True)

    def _path(self, name: str, ending: str) -> Path:
        return self.directory / f"{name}.{ending}"

    def _bound(self, name: str, ending: str) -> bytes:
        return f"{self.origin}\n{name}\n{ending}\n".encode()

    def _write(self, name: str, ending: str, plain: bytes) -> None:
        """Write a file that only this account reads, whole or not at all."""
        sealed = seal(plain, self.key, self._bound(name, ending), _ROOM)
        half = self._path(name, f"{ending}.half")
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(sealed.wrapped_key + sealed.sealed)
        half.rename(self._path(name, ending))

    def _read(self, name: str, ending: str) -> bytes:
        try:
            descriptor = os.open(self._path(name, ending), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                raw = file.read(_LONGEST)
        except FileNotFoundError:
            raise
        except OSError:  # a link, a directory: nothing that we wrote
            raise Unsealed from None
        try:
            sealed = Sealed(raw[:_WRAPPED_BYTES], raw[_WRAPPED_BYTES:])
            return unseal(sealed, self.key, self._bound(name, ending))
        except Unreadable:
            raise Unsealed from None
