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
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

import handwritten
from broker.api.settings import Listen
from broker.audit.witness.settings import WitnessOfLog
from broker.limits.settings import Limited, LimitSettings
from broker.notices.settings import NoticeSettings
from broker.staff.settings import SecretReference, StaffDirectorySettings
from broker.web.family_context.settings import FamilyContextSettings
from broker.web.settings import OwnAddress, PagesSettings
from consent_rules.short_forms import Span, Spell

_SEALING_KEY_BYTES = 32


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeyPrograms(_Part):
    """Programs that wrap the log's root key and unwrap it, with their arguments: each is given base64 on standard
    input, and prints base64.
    """

    wrap: Annotated[tuple[str, ...], Field(min_length=1)]
    unwrap: Annotated[tuple[str, ...], Field(min_length=1)]


class RetentionSettings(_Part):
    """How long what the log holds is kept, in months: an epoch may be destroyed when all of it is older than
    ``keep_for``; a person's key when nobody has asked about them for ``at_least``, so that nobody destroys the
    traces of what may still be complained of. A copy of the keystore opens for ``keystore_copies`` after a new
    period of it began. ``approvers``: who may propose and approve a destruction, by name, with public keys in
    base64.
    """

    keep_for: Annotated[int, Spell(bounded=True)] = 6 * 12
    at_least: Annotated[int, Spell(bounded=True)] = 12
    approvers: dict[str, str] = {}
    keystore_copies: Annotated[timedelta, Span()] = timedelta(days=30)

    @model_validator(mode="after")
    def _kept_long_enough(self) -> RetentionSettings:
        if self.keep_for < self.at_least:
            raise ValueError("keep_for is shorter than at_least: whatever is kept is kept for at_least")
        return self

    @model_validator(mode="after")
    def _two_approvers(self) -> RetentionSettings:
        if len(self.approvers) == 1 or len(set(self.approvers.values())) < len(self.approvers):
            raise ValueError("approvers are two or more people, each with a key of their own")
        return self


class AuditDatabase(_Part):
    """A PostgreSQL database (14 or later) that several brokers keep one log in.

    ``ssl: required`` is TLS with a certificate that is checked, by the authorities of ``ca_file`` (PEM) or else
    the machine's own.
    """

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    database: str
    user: str
    password: SecretReference
    ssl: Literal["required", "disable"] = "required"
    ca_file: str | None = None


class AuditSettings(_Part):
    """``origin`` names the log for ever: a schema-less URL of the partnership, not of a machine.

    The log is the file ``log``, or else in the database ``postgresql``. ``tiles``: a directory that holds it as
    files too, for auditors and witnesses (``broker audit publish``).
    ``key_provider`` wraps the root key: a reference to 64 hexadecimal digits, or programs; None: it lies in clear
    among the keys.
    ``witnesses`` cosign its checkpoints, ``witnessed_by`` of them at least (all, when left out). When an entry has
    waited for that for ``unwitnessed_minutes``, the broker discloses nothing until it comes.
    """

    log: str = "state/audit.db"
    postgresql: AuditDatabase | None = None
    keys: str = "state/keys"
    tiles: str | None = None
    origin: Annotated[str, Field(pattern=r"^[a-z0-9.-]+(/[a-z0-9._-]+)*$")]
    key_provider: SecretReference | KeyPrograms | None = None
    retention: RetentionSettings = RetentionSettings()
    witnesses: tuple[WitnessOfLog, ...] = ()
    witnessed_by: Annotated[int, Field(ge=1)] | None = None
    unwitnessed_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 60

    @model_validator(mode="after")
    def _in_one_place(self) -> AuditSettings:
        if self.postgresql is not None and "log" in self.model_fields_set:
            raise ValueError("the log is in a file or in a database: give log or postgresql, not both")
        return self

    @model_validator(mode="after")
    def _enough_witnesses(self) -> AuditSettings:
        if len({one.key for one in self.witnesses}) < len(self.witnesses):
            raise ValueError("two witnesses have one key: each has a key of its own")
        if (self.witnessed_by or 0) > len(self.witnesses):
            raise ValueError(
                "witnessed_by is more than there are witnesses: name more of them, or ask for fewer"
            )
        return self

    @property
    def enough(self) -> int:
        """How many witnesses have to cosign; 0 where there are none."""
        return self.witnessed_by or len(self.witnesses)


# Never with a name and password in it: an address is no place for a secret.
_KEY_SETS = re.compile(
    r"https://[^/@\s]+(/[^@\s]*)?|http://(127\.0\.0\.1|\[::1\])(:\d+)?/[^@\s]*|file:.+", re.ASCII
)


def _key_set_address(text: str) -> str:
    if _KEY_SETS.fullmatch(text) is None:
        raise ValueError(
            "jwks is the https address of the identity provider's key set, without a password in it, or file:PATH"
        )
    return text


class StepUpSettings(_Part):
    """How emergency access is signed in to (RFC 9470): in one of these ways (``acr``), in the last ``minutes``."""

    acr: Annotated[tuple[Annotated[str, Field(pattern=r"^[!#-\[\]-~]+$")], ...], Field(min_length=1)]
    minutes: Annotated[int, Field(ge=1, le=60)] = 10


class IdentitySettings(_Part):
    """Whose tokens are believed: RFC 9068 access tokens, with everything pinned.

    ``jwks`` is the provider's key set: an https address, or a ``file:`` reference; for a trial, also http on this
    very machine (loopback). ``worker_claim`` is the claim that holds what the partnership's case system calls the
    requester: the login to which cases are allocated. ``team_claim`` is the claim that holds their team: its
    manager sees what the team asked. ``registration_claim`` is the claim that holds their number in a professional
    register. ``birth_date_claim`` and ``postcode_claim`` are the claims that hold their own: nobody asks about
    themselves, or about their household without a word. ``step_up``: None, and a purpose that is emergency access
    asks for no more than any other.

    ``bound_tokens``: from whom only tokens are taken that are bound to their holder (RFC 8705, RFC 9449): from
    nobody, from programs that ask for themselves, or from everybody but the pages. One that is bound needs its
    proof in any case. ``address``: the broker's own, as its clients know it, which a proof by DPoP has to name;
    left out, it is that of the ``pages``.
    """

    issuer: str
    audience: str
    jwks: Annotated[str, AfterValidator(_key_set_address)]
    algorithms: Annotated[tuple[Literal["ES256", "PS256"], ...], Field(min_length=1)] = ("ES256",)
    roles_claim: str = "roles"
    name_claim: str = "name"
    organisation_claim: str = "organisation"
    worker_claim: str = "preferred_username"
    team_claim: str = "team"
    registration_claim: str = "professional_registration"
    birth_date_claim: str = "birthdate"
    postcode_claim: str = "home_postcode"
    oldest_minutes: Annotated[int, Field(ge=1, le=60 * 12)] = 5
    step_up: StepUpSettings | None = None
    bound_tokens: Literal["accepted", "required_of_services", "required"] = "required_of_services"
    address: OwnAddress | None = None


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


class PolicySigners(_Part):
    """Who may sign for one policy: public keys, as ``broker policy key`` prints them, by the signer's name.

    ``sign_in``: which of the approvers approve on the pages, each by the ``sub`` of their tokens; their key is the
    public half of ``approvals_key``.
    """

    owners: dict[str, str] = {}
    approvers: dict[str, str] = {}
    sign_in: dict[str, str] = {}

    @model_validator(mode="after")
    def _approvers_sign_in(self) -> PolicySigners:
        if self.sign_in.keys() - self.approvers.keys():
            raise ValueError("sign_in names approvers: give each of them a key under approvers, too")
        if len(set(self.sign_in.values())) < len(self.sign_in):
            raise ValueError("two names under sign_in are one person: each signs in as themselves")
        return self


class PolicySettings(_Part):
    """``signatures``: ``required``, and no policy comes into force without its owner's, nor one that shows more
    without a second person's. ``signers`` are by the policy's name. ``drafts``: where proposed versions wait; the
    pages show them to their owners. ``approvals_key``: what the broker signs with for approvers who signed in to
    the pages (``broker policy key --for pages``).
    """

    signatures: Literal["required", "not_needed"] = "not_needed"
    signers: dict[str, PolicySigners] = {}
    drafts: str = "drafts"
    approvals_key: SecretReference | None = None


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
