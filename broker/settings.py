"""``broker.yaml`` and the environment: read here, and nowhere else.

A partnership is one directory. ``load_settings(directory)`` reads its ``broker.yaml``; relative paths in it
are relative to the directory. A secret is a reference: ``file:keys/seal.key``, ``env:SCHOOL_PASSWORD`` or
``credential:school`` (a systemd credential). A secret written into the file itself is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

import handwritten
from broker.api.settings import Listen
from broker.audit.settings import AuditSettings
from broker.identity.settings import IdentitySettings
from broker.limits.settings import Limited, LimitSettings
from broker.notices.settings import NoticeSettings
from broker.owners.settings import PolicySettings
from broker.staff.settings import SecretReference, StaffDirectorySettings
from broker.web.family_context.settings import FamilyContextSettings
from broker.web.settings import PagesSettings

_SEALING_KEY_BYTES = 32


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ReferenceSettings(_Part):
    """Sealed references: the 32-byte key, as 64 hexadecimal digits, and how long one opens anything."""

    key: SecretReference
    minutes: Annotated[int, Field(ge=1, le=60)] = 15


class AnswerSettings(_Part):
    """How long a query may take, and the grid of times at which answers leave (law 5).

    At most ``at_once`` queries are answered at once, ``of_one_requester`` of them for one; ``waiting`` more may
    wait for ``patience`` seconds. Who would wait longer is told when to come back (503).
    """

    seconds: Annotated[float, Field(gt=0.2, le=10)] = 4.0
    released_every_ms: Annotated[int, Field(ge=1, le=1000)] = 25
    at_once: Annotated[int, Field(ge=1)] = 32
    of_one_requester: Annotated[int, Field(ge=1)] = 8
    waiting: Annotated[int, Field(ge=0)] = 256
    patience: Annotated[float, Field(ge=0, le=10)] = 1.0


class TelemetrySettings(_Part):
    """Where traces go: nowhere, or to standard error as JSON. ``metrics_key`` opens /metrics."""

    export: Literal["none", "console"] = "none"
    metrics_key: SecretReference | None = None


class Settings(_Part):
    """The whole of ``broker.yaml``. ``production``: what a trial only warns of is refused (see ``production``).

    ``training``: all people in its sources are invented, and every page says so. ``registers``: the file of the
    partnership's own registers, encrypted.
    """

    format: Literal["broker/1"]
    partnership: str
    production: bool = False
    training: bool = False
    listen: Listen = Listen()
    audit: AuditSettings
    identity: IdentitySettings
    references: ReferenceSettings
    answers: AnswerSettings = AnswerSettings()
    limits: Limited = LimitSettings()
    policies: PolicySettings = PolicySettings()
    registers: str = "state/registers.db"
    telemetry: TelemetrySettings = TelemetrySettings()
    staff_directory: StaffDirectorySettings | None = None
    notices: NoticeSettings | None = None
    pages: PagesSettings | None = None
    family_context_api: FamilyContextSettings | None = None

    @field_validator("listen")
    @classmethod
    def _not_in_the_clear(cls, listen: Listen, before: ValidationInfo) -> Listen:
        if before.data.get("production") and listen.in_the_clear():
            raise ValueError(
                "In production, tokens and names may not cross a network in the clear: give it tls (certificate "
                "and key), or say proxy_speaks_tls: true where a proxy in front does"
            )
        return listen

    @model_validator(mode="after")
    def _pages_by_https(self) -> Settings:
        if self.pages is None or not self.pages.in_the_clear:
            return self
        if self.production or not self.listen.on_loopback():
            raise ValueError(
                "pages.address is an https address: http is for a trial (not production) whose broker listens on"
                " this machine alone"
            )
        return self

    @model_validator(mode="after")
    def _family_context_has_pages(self) -> Settings:
        if self.family_context_api is not None and self.pages is None:
            raise ValueError(
                "people begin a check on the pages, at the front end's own address: give it pages, or leave out"
                " family_context_api"
            )
        return self

    @model_validator(mode="after")
    def _trains_or_works(self) -> Settings:
        if self.production and self.training:
            raise ValueError(
                "production is for real people and training for invented ones: a broker is for one of the two"
            )
        return self

    @model_validator(mode="after")
    def _keys_by_https(self) -> Settings:
        if self.production and self.identity.jwks.startswith("http://"):
            raise ValueError("in production, identity.jwks is an https address, or file:PATH")
        return self


@dataclass(frozen=True, slots=True)
class Partnership:
    """A partnership's directory with its settings, and the way to its secrets."""

    directory: Path
    settings: Settings
    environment: dict[str, str] = field(repr=False)

    def path(self, relative: str) -> Path:
        return self.directory / relative

    def secret(self, reference: str) -> str:
        """The text that a secret reference stands for. Raises SecretMissing."""
        kind, _, where = reference.partition(":")
        if kind == "env":
            if where not in self.environment:
                raise SecretMissing(f"{reference}: the environment has no variable of this name")
            return self.environment[where]
        path = self.file(reference)
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError as fault:
            raise SecretMissing(f"{reference}: {fault.strerror} ({path})") from None
        except UnicodeDecodeError:
            raise SecretMissing(f"{reference}: the file is not text ({path})") from None

    def file(self, reference: str) -> Path:
        """Where the file stands that a ``file:`` or ``credential:`` reference names. Raises SecretMissing."""
        kind, _, where = reference.partition(":")
        return self._credentials(reference) / where if kind == "credential" else self.directory / where

    def sealing_key(self) -> bytes:
        """The 32 bytes that seal references. Raises SecretMissing, also when what is there is no such key."""
        reference = self.settings.references.key
        try:
            key = bytes.fromhex(self.secret(reference))
        except ValueError:
            key = b""
        if len(key) != _SEALING_KEY_BYTES:
            raise SecretMissing(
                f"{reference}: the key that seals references is 64 hexadecimal digits. "
                "Make one with: openssl rand -hex 32"
            )
        return key

    def _credentials(self, reference: str) -> Path:
        if "CREDENTIALS_DIRECTORY" not in self.environment:
            raise SecretMissing(f"{reference}: systemd has given this process no credentials")
        return Path(self.environment["CREDENTIALS_DIRECTORY"])


class SecretMissing(Exception):
    """A secret reference that leads nowhere; the sentence names the reference, never a secret."""


def load_settings(directory: Path, environment: dict[str, str] | None = None) -> Partnership:
    """Read ``broker.yaml`` of a partnership. Raises handwritten.Faults."""
    try:
        settings = handwritten.read(directory / "broker.yaml", Settings)
    except handwritten.Faults as found:
        raise handwritten.Faults(_unquoted(found.faults)) from None
    return Partnership(
        directory.resolve(), settings, dict(os.environ if environment is None else environment)
    )


def _unquoted(faults: Iterable[handwritten.Fault]) -> Iterator[handwritten.Fault]:
    """The faults, without the lines on which somebody may have written a secret itself."""
    for one in faults:
        yield replace(one, excerpt=None) if _SECRETS.search(one.excerpt or "") else one


_SECRETS = re.compile("(key|password|secret):")
"""Under which a secret might be written, where a reference belongs."""
