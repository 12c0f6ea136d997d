"""The ``notices`` of ``broker.yaml``: who is told of findings, and how."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from broker.staff.settings import SecretReference

EmailAddress = Annotated[str, Field(pattern=r"^[^@\s,;<>]+@[^@\s,;<>]+$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Mail(_Part):
    """The mail server that takes the broker's mail. Beyond loopback it is spoken to over TLS alone.

    ``security``: ``starttls`` on the port of submission (RFC 6409), ``tls`` from the first byte, or ``none``.
    """

    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: EmailAddress
    user: str | None = None
    password: SecretReference | None = None
    ca_file: str | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"

    @field_validator("security")
    @classmethod
    def _covered(cls, security: str, others: ValidationInfo) -> str:
        if security == "none" and not _loopback(str(others.data.get("host", ""))):
            raise ValueError("mail that leaves this machine needs TLS: write starttls or tls")
        return security

    @model_validator(mode="after")
    def _both_or_neither(self) -> Mail:
        if (self.user is None) != (self.password is None):
            raise ValueError("a mail server is signed in to with user and password: write both, or neither")
        return self


class Webhook(_Part):
    """An address that takes notices by POST, signed as Standard Webhooks has it; ``secret`` is a ``whsec_``
    text.
    """

    url: Annotated[str, Field(pattern=r"^https://[^/?#@\s]+(/[^\s#]*)?$")]
    secret: SecretReference
    ca_file: str | None = None


class Recipient(_Part):
    """Somebody who is told, in one way or two. Several people are several recipients, or a mailing list."""

    email: EmailAddress | None = None
    webhook: Webhook | None = None

    @model_validator(mode="after")
    def _somehow(self) -> Recipient:
        if self.email is None and self.webhook is None:
            raise ValueError("write an email address or a webhook here: nobody would be told")
        return self


class NoticeSettings(_Part):
    """Who is told. ``to`` are recipients by the names that rules use; ``digest_to``: who gets the week's every
    day.
    """

    mail: Mail | None = None
    to: dict[str, Recipient] = {}
    digest_to: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _can_be_told(self) -> NoticeSettings:
        if self.mail is None and any(one.email for one in self.to.values()):
            raise ValueError("email addresses need a mail server: add mail, with host and sender")
        if unknown := sorted({*self.digest_to} - {*self.to}):
            raise ValueError(f"digest_to names {unknown[0]}, who is not among those under to")
        return self


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
