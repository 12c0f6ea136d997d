"""Approving a proposed version: by a second person, who signed in strongly and just now, from a form of ours.

What is approved is exactly the bytes that were shown: the address names their digest. It is an entry of the log
first, and then a signature beside the file, as an approver's own key would make it. Nothing else is changed.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from broker import recording
from broker.api.audit.who_may_read import Reader, reader_of
from broker.api.front import FRONT, Front
from broker.audit.change_events import PolicyApproved
from broker.errors import Complaint, NotPermitted
from broker.identity.step_up import APPROVAL, refuse_weak
from broker.identity.tokens import Token
from broker.owners.approvals import Approvals
from broker.web.faults import OnPage
from broker.web.forms import read_form
from broker.web.owning.changes import Compared, address_of, change_page, compared, stage_of
from broker.web.owning.owned import Owned, the_owned
from broker.web.page import texts_for
from policy.sign import SignatureUnfit

routes = web.RouteTableDef()

_NOT_OPEN = Complaint(
    "approval_not_open",
    "You cannot approve this version as it is now. Its page says why. Nothing was approved.",
)
_TO_MEND, _UNWRITTEN = 422, 503


@routes.post("/owners/{source}/changes/{digest}", name="page_owner_approve")
async def approve(request: web.Request) -> web.Response:
    """Approve the version that was shown, as the second person whom a policy needs that shows more."""
    front, texts = request.app[FRONT], texts_for(request)
    async with front.recorded() as whom:
        of = the_owned(request, front, whom)
        made = await compared(request, of)
        approvals, by = _approver(front, of, made, front.token(request, whom))
        if (await read_form(request)).get("read") != "yes":
            unread = texts("approval.unread")
            return change_page(request, of, made, [OnPage("read", unread, unread)], _TO_MEND)
        try:
            await _approved(front, of, made, reader_of(request, whom), approvals, by)
        except (OSError, SignatureUnfit):
            unwritten = texts("approval.unwritten")
            return change_page(request, of, made, [OnPage("", unwritten, unwritten)], _UNWRITTEN)
    raise web.HTTPSeeOther(address_of(of, made.proposal))


def _approver(front: Front, of: Owned, made: Compared, token: Token) -> tuple[Approvals, str]:
    """What signs, and for whom. Raises StepUpNeeded and NotPermitted."""
    stage, step_up, approvals = (
        stage_of(front, of, made.proposal, token),
        front.tokens.settings.step_up,
        front.approvals,
    )
    if stage == "sign_in" and step_up is not None:
        refuse_weak(token, step_up, of.around.now(), APPROVAL)
    settings, policy = front.reloading.of.settings.policies, made.proposal.loaded.policy
    by = approvals and approvals.name_of(token.requester.subject, policy.policy, settings)
    if stage != "open" or approvals is None or not by:
        raise NotPermitted(_NOT_OPEN)
    return approvals, by


async def _approved(
    front: Front, of: Owned, made: Compared, who: Reader, approvals: Approvals, by: str
) -> None:
    """Recorded, and then signed. Raises NotRecorded, OSError and SignatureUnfit."""
    proposal, now = made.proposal, of.around.now()
    policy = proposal.loaded.policy
    logged = recording.as_logged(who.requester, who.role)
    async with approvals.one_at_a_time:
        await recording.durable(
            front.broker.log, PolicyApproved(now, logged, of.name, proposal.digest, policy.version, by)
        )
        await asyncio.to_thread(approvals.sign, proposal, by, now)
