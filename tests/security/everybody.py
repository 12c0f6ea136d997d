"""Who calls a broker in these tests: one person for each role that the table of who may call what knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from broker.api.authorisation import AUDITORS, GOVERNANCE, TEAM_MANAGER
from deploy.demo.sign_in import Persona, SignIn
from tests.fakes.littleworth import EARLY_HELP, SOCIAL_WORKER

METRICS_KEY = "5e" * 32
MONITORING, NOBODY = "monitoring", "nobody"

SCHOOL = "Littleworth school"
EVERYBODY: Mapping[str, Persona] = {
    "social_worker": SOCIAL_WORKER,
    "early_help_lead": EARLY_HELP,
    TEAM_MANAGER: replace(SOCIAL_WORKER, subject="lw-21", roles=(TEAM_MANAGER,), team="North team"),
    "data_owner": replace(SOCIAL_WORKER, subject="lw-23", roles=("data_owner",), organisation=SCHOOL),
    GOVERNANCE: replace(SOCIAL_WORKER, subject="lw-25", roles=(GOVERNANCE,), organisation=SCHOOL),
    **{role: replace(SOCIAL_WORKER, subject=f"lw-{role}", roles=(role,)) for role in AUDITORS},
}


def headers(caller: str, sign_in: SignIn) -> dict[str, str]:
    """What a caller sends of who they are: a token of their own each time, the metrics' key, or nothing."""
    if caller == NOBODY:
        return {}
    if caller == MONITORING:
        return {"Authorization": f"Bearer {METRICS_KEY}"}
    return {"Authorization": f"Bearer {sign_in.token(EVERYBODY[caller], datetime.now(UTC))}"}
