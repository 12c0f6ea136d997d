"""The compatible API of a broker that has it, as its files say."""

from __future__ import annotations

import handwritten
from broker.chance import Chance
from broker.settings import Partnership
from broker.web.family_context.accounts import Accounts, AccountsFile
from broker.web.family_context.sessions import FamilyContext
from broker.web.signing_in import Pages


def family_context_of(partnership: Partnership, pages: Pages | None, chance: Chance) -> FamilyContext | None:
    """None where ``broker.yaml`` doesn't have it. Raises handwritten.Faults and SecretMissing."""
    settings = partnership.settings.family_context_api
    if settings is None or pages is None:
        return None
    return FamilyContext(settings, accounts_of(partnership), pages.sessions, chance.random)


def accounts_of(partnership: Partnership) -> Accounts | None:
    """The accounts of the front end's own form; None without ``login``. Raises as ``family_context_of``."""
    settings = partnership.settings.family_context_api
    if settings is None or settings.login == "none":
        return None
    return Accounts(handwritten.read(partnership.file(settings.login.accounts), AccountsFile).accounts)
