"""``audit`` of ``broker.yaml``: where the log lies, who witnesses it, and how long it is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from broker.audit.witness.settings import WitnessOfLog
from broker.staff.settings import SecretReference
from consent_rules.short_forms import Span, Spell


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
