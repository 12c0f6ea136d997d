"""``pages`` of ``broker.yaml``: where browsers find the broker, and how people sign in. Without it, no pages."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from broker.staff.settings import SecretReference

# Never with a name and password in it; and nothing of it is a query or a fragment, for we add our own.
_ADDRESS = re.compile(
    r"https://[^/@?#\s]+(/[^@?#\s]*)?|http://(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(/[^@?#\s]*)?", re.ASCII
)


def _address(text: str) -> str:
    if _ADDRESS.fullmatch(text) is None:
        raise ValueError(
            "this is an https address, without a password, ? or # in it; for a trial on this machine alone also"
            " http://127.0.0.1:PORT/..."
        )
    return text


def _origin(text: str) -> str:
    if urlsplit(text).path not in ("", "/"):
        raise ValueError(
            "this is the address of the broker as browsers know it: https://NAME and nothing behind"
        )
    return text.rstrip("/")


def _scope(text: str) -> str:
    if re.fullmatch(r"openid( [!#-\[\]-~]+)*", text, re.ASCII) is None:
        raise ValueError(
            "write scope: openid, and after it what else the provider is to be asked for, with spaces"
        )
    return text


Address = Annotated[str, AfterValidator(_address)]

OwnAddress = Annotated[Address, AfterValidator(_origin)]
"""The broker's, as others know it: https, or http on this machine alone, and nothing behind the name."""


class PagesSettings(BaseModel):
    """``address``: the broker's own, as browsers know it, in front of any proxy: ``https://NAME``. The identity
    provider sends people back to ``address/signed-in``, and after signing out to ``address/signed-out``.

    The ``..._endpoint`` are the provider's, from its ``/.well-known/openid-configuration``. ``client_id`` and
    ``client_secret`` are what it gave the broker. ``scope`` is what is asked for: with ``offline_access`` where it
    gives refresh tokens for that alone.

    A session ends ``idle_minutes`` after its last request, ``longest_minutes`` after it began, with the next
    sign-in of the same person, and when they sign out here or at the provider. ``most`` at once: beyond it, the
    one that was quiet for longest ends.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: OwnAddress
    client_id: Annotated[str, Field(pattern=r"^[!-~]+$")]
    client_secret: SecretReference
    authorization_endpoint: Address
    token_endpoint: Address
    end_session_endpoint: Address | None = None
    scope: Annotated[str, AfterValidator(_scope)] = "openid"
    idle_minutes: Annotated[int, Field(ge=1, le=60)] = 15
    longest_minutes: Annotated[int, Field(ge=5, le=12 * 60)] = 8 * 60
    most: Annotated[int, Field(ge=1)] = 10_000

    @model_validator(mode="after")
    def _idle_is_shorter(self) -> PagesSettings:
        if self.idle_minutes > self.longest_minutes:
            raise ValueError(
                "idle_minutes is longer than longest_minutes: a session could never be idle for so long"
            )
        return self

    @property
    def in_the_clear(self) -> bool:
        """Whether browsers come without TLS: on this machine alone."""
        return self.address.startswith("http://")
