"""``docs/reference/who-may-call-what.md``, printed from the table that is held.

``python -m broker.api.authorised_page`` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable

import click
from aiohttp import web

from broker.api.authorisation import AUDITORS, GOVERNANCE, OWNERS, TABLE, TEAM_MANAGER, Rule
from broker.api.server import ROUTES

CALLERS = (
    "nobody signed in",
    "monitoring's key",
    "any role",
    TEAM_MANAGER,
    "data_owner",
    GOVERNANCE,
    "auditor",
    "data_protection_officer",
)
_TOP = """\
# Who may call what

This table is the one that the broker holds, before it reads anything else of a request
(`broker/api/authorisation.py`); the page is printed from it by `python -m broker.api.authorised_page`. What is not
in it is closed to everybody. A refusal is a 401 (no token that holds) or a 403, and an entry of the audit log.

Roles are those of the token (`identity.roles_claim`). *Any role* is any whatever: which roles may ask about whom,
and for what, is for `purposes.yaml` to say, and what is shown for the owners' policies. Whoever runs the broker
has no role in it: they have the key of `/metrics`, and the command line on the machine itself.

"""
_BOTTOM = """
- **own**, **own page**: of the services that their own organisation owns: the token's is that of the owner in the
  policy.
- **team**, **team page**: of the team that the token names, in its own organisation; without one it is a 403.
- `POST /v1/sign-out` takes any token that holds, also one without a role or one that was ended before.
- `/metrics` is not there (404) without `telemetry.metrics_key`.
- **page**: for a browser, by its session instead of a token; what does something (POST) also takes the mark of the
  session's own forms. The token is in the broker, and is checked at each request as any other. Whoever has no
  session is sent to sign in. Without `pages:` in `broker.yaml` there are none (404).
- `/call-backs/{reference}` is open to whoever has the link that a service's desk was sent: it is sealed, of one
  request, and for a week. Every other reference is a 410.
- **cookie**: for the open Family Context front end, by the cookie of its session (`FCSESSIONID`): 401 without.
  Whoever has a session and may not ask is told so in the answer (200), and it is recorded as a refusal. Nothing
  under `/api/` is there (404) without `family_context_api` in `broker.yaml`, nor is `/check/family-context`.
"""


def page() -> str:
    """The page, as Markdown."""
    lines = [_row("address", *CALLERS), _row(*["---"] * (len(CALLERS) + 1))]
    lines += [_row(f"`{address}`", *_cells(TABLE[name])) for name, address in addresses(ROUTES)]
    return _TOP + "\n".join(lines) + "\n" + _BOTTOM


def addresses(routes: Iterable[web.AbstractRouteDef]) -> list[tuple[str, str]]:
    """The name of each route, with its method and path."""
    found = [route for route in routes if isinstance(route, web.RouteDef)]
    return [(str(route.kwargs["name"]), f"{route.method} {route.path}") for route in found]


def _cells(rule: Rule) -> list[str]:
    if rule.brings == "nothing":
        return ["page" if rule.page else "yes"] * len(CALLERS)
    if rule.brings == "metrics_key":
        return ["yes" if caller == "monitoring's key" else "" for caller in CALLERS]
    return ["", "", *(_cell(rule, caller) for caller in CALLERS[2:])]


def _cell(rule: Rule, caller: str) -> str:
    if rule.brings == "family_context":
        return "cookie"
    if rule.roles and caller not in rule.roles:
        return ""
    owned = rule.of_source and caller in OWNERS and caller not in AUDITORS
    whose = "own" if owned else "team" if rule.of_team else ""
    return f"{whose} page".strip() if rule.page else whose or "yes"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    click.echo(page(), nl=False)
