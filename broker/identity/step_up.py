"""Step-up (RFC 9470): emergency access asks for a sign-in that is strong enough, and of the last minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from broker.errors import Complaint, StepUpNeeded
from broker.identity.reading import CLOCKS_DIFFER_BY_SECONDS
from broker.identity.tokens import Token
from broker.settings import StepUpSettings

_AGAIN = (
    "Sign in again, in the strong way, to use emergency access: this takes a sign-in of the last {} minutes."
    " If you cannot, ring the services' desks."
)


def refuse_weak(token: Token, wanted: StepUpSettings, now: datetime) -> None:
    """Raises StepUpNeeded. A token that says neither how nor when somebody signed in does not do."""
    if token.acr in wanted.acr and _lately(token.signed_in_at, wanted, now):
        return
    sentence = _AGAIN.format(wanted.minutes)
    challenge = (
        'Bearer error="insufficient_user_authentication", '
        f'error_description="{sentence}", acr_values="{" ".join(wanted.acr)}", max_age="{wanted.minutes * 60}"'
    )
    raise StepUpNeeded(Complaint("step_up_needed", sentence), challenge)


def _lately(signed_in_at: datetime | None, wanted: StepUpSettings, now: datetime) -> bool:
    differ = timedelta(seconds=CLOCKS_DIFFER_BY_SECONDS)
    ago = None if signed_in_at is None else now - signed_in_at
    return ago is not None and -differ <= ago <= timedelta(minutes=wanted.minutes) + differ
