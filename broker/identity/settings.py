"""``identity`` of ``broker.yaml``: whose tokens are believed, and what is read from them."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from broker.web.settings import OwnAddress


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


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
