"""Step-up (RFC 9470): emergency access, and approving a policy, ask for a sign-in that is strong enough, and of
the last minutes.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from broker.errors import Complaint, StepUpNeeded
from broker.identity.reading import CLOCKS_DIFFER_BY_SECONDS
from broker.identity.settings import StepUpSettings
from broker.identity.tokens import Token

_EMERGENCY = (
    "Sign in again, in the strong way, to use emergency access: this takes a sign-in of the last {} minutes."
    " If you cannot, ring the services' desks."
)
APPROVAL = (
    "Sign in again, in the strong way, to approve a policy: this takes a sign-in of the last {} minutes."
    " Nothing was approved."
)


def is_strong(token: Token, wanted: StepUpSettings, now: datetime) -> bool:
    """Whether a sign-in is strong enough, and of the last minutes. One that says neither how nor when is not."""
    return token.acr in wanted.acr and _lately(token.signed_in_at, wanted, now)


def refuse_weak(token: Token, wanted: StepUpSettings, now: datetime, again: str = _EMERGENCY) -> None:
    """Raises StepUpNeeded, unless a sign-in is strong enough. ``again``: what to do, with room for the minutes."""
    if is_strong(token, wanted, now):
        return
    sentence = again.format(wanted.minutes)
    challenge = (
        'Bearer error="insufficient_user_authentication", '
        f'error_description="{sentence}", acr_values="{" ".join(wanted.acr)}", max_age="{wanted.minutes * 60}"'
    )
    raise StepUpNeeded(Complaint("step_up_needed", sentence), challenge)


def _lately(signed_in_at: datetime | None, wanted: StepUpSettings, now: datetime) -> bool:
    differ = timedelta(seconds=CLOCKS_DIFFER_BY_SECONDS)
    ago = None if signed_in_at is None else now - signed_in_at
    return ago is not None and -differ <= ago <= timedelta(minutes=wanted.minutes) + differ
