"""The pages of a broker that has some, as its files say."""

from __future__ import annotations

from broker.chance import Chance
from broker.identity.tokens import TokenCheck
from broker.settings import Partnership
from broker.web.provider import Provider
from broker.web.sessions import Sessions
from broker.web.signing_in import Pages

_KEY_BYTES = 32


def pages_of(partnership: Partnership, check: TokenCheck, chance: Chance) -> Pages | None:
    """None where ``broker.yaml`` has no pages. Raises SecretMissing."""
    settings = partnership.settings.pages
    if settings is None:
        return None
    provider = Provider(settings, check, partnership.secret(settings.client_secret))
    sessions = Sessions(settings, chance.random)
    return Pages(settings, provider, sessions, chance.random(_KEY_BYTES), chance.random)
