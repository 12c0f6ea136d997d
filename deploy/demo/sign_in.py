"""The demo's own sign-in: a signing key, its public key set, and tokens for invented practitioners.

It stands in for a council's identity provider. What the broker checks of a token is the same.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey

ISSUER = "https://sign-in.northshire.example"
AUDIENCE = "https://family-context.northshire.example"


@dataclass(frozen=True, slots=True)
class Persona:
    """An invented practitioner, and what each may try."""

    subject: str
    name: str
    organisation: str
    roles: tuple[str, ...]
    may_try: str
    login: str | None = None
    team: str | None = None
    registration: str | None = None


PERSONAS = {
    "social_worker": Persona(
        "ns-1001",
        "Sam Okafor",
        "Northshire Council",
        ("social_worker",),
        "makes section 47 and section 17 enquiries, about people or by the number of the case",
        "s.okafor",
        "Assessment team",
        "SW990101",
    ),
    "early_help_lead": Persona(
        "ns-1002",
        "Elin Rees",
        "Northshire Early Help",
        ("early_help_lead",),
        "assesses for early help, where the family agreed",
        "e.rees",
    ),
    "duty_worker": Persona(
        "ns-1003",
        "Marta Lis",
        "Northshire Council",
        ("duty_worker",),
        "asks in immediate danger, with a reason that is reviewed",
        "m.lis",
    ),
    "team_manager": Persona(
        "ns-1004",
        "Gareth Pugh",
        "Northshire Council",
        ("team_manager",),
        "may ask about nobody: every purpose refuses this role, and the refusal is recorded; sees what the team"
        " asked: My team on the pages, or GET /v1/audit/team",
        "g.pugh",
        "Assessment team",
    ),
    "data_owner_housing": Persona(
        "ns-2001",
        "Ann Duckworth",
        "Northshire Homes",
        ("data_owner",),
        "asks nothing, and owns the policies of housing: What we share on the pages has them; change"
        " one, run `broker policy test`, `broker check`",
    ),
    "data_owner_police": Persona(
        "ns-2002",
        "Ruth Openshaw",
        "Northshire Police",
        ("data_owner",),
        "asks nothing, and owns the police's policy, in the same way",
    ),
    "auditor": Persona(
        "ns-3001",
        "Ivo Marsh",
        "Northshire Council",
        ("auditor",),
        "asks nothing, and reads the log: Audit the log on the pages, GET /v1/audit/queries, or with its keys"
        " `broker audit trace`",
    ),
    "data_protection_officer": Persona(
        "ns-3002",
        "Morwenna Tresco",
        "Northshire Council",
        ("data_protection_officer",),
        "asks nothing, and signs purposes.yaml: GET /v1/purposes says what it opens to each of the others",
    ),
}
"""Who may sign in to the demo, and what each may try. In a council they come from its identity provider."""


class SignIn:
    """Signs tokens with a P-256 key. Made anew at every start: tokens of an earlier start no longer hold."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256", "kid": "demo"})

    def write_key_set(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"keys": [self._key.as_dict(private=False)]}), encoding="utf-8")

    def token(self, persona: Persona, now: datetime, lives: timedelta = timedelta(hours=8)) -> str:
        """An RFC 9068 access token for one of the personas."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": persona.subject,
            "name": persona.name,
            "organisation": persona.organisation,
            "roles": list(persona.roles),
            "preferred_username": persona.login,
            "team": persona.team,
            "professional_registration": persona.registration,
            "jti": secrets.token_hex(16),
            "iat": int(now.timestamp()),
            "exp": int((now + lives).timestamp()),
        }
        return jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "demo"}, claims, self._key)
