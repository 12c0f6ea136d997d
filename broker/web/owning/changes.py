"""``/owners/{source}/changes``: proposed versions of a policy, and exactly what each would open and close."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from aiohttp import web

from broker.api.front import FRONT, Front
from broker.identity.step_up import is_strong
from broker.identity.tokens import Token
from broker.owners.approvals import proposed_by
from broker.owners.proposals import Proposal, Unreadable, waiting
from broker.web import sessions
from broker.web.faults import OnPage
from broker.web.owning.owned import Owned, owned, owner_page
from broker.web.owning.words import capital, plain
from broker.web.page import texts_for
from broker.web.shown import moment
from broker.web.signing_in import strong_sign_in
from policy.compile import CompiledPolicy, compile_policy
from policy.diff import Change, Diff, TermsChange, diff
from policy.diff_words import change_said
from policy.examples import example_of
from policy.region_words import example_said
from policy.testing import TestOutcome, run_tests

routes = web.RouteTableDef()

Stage = Literal[
    "not_signed_here", "not_yet", "complete", "not_set_up", "not_named", "proposer", "sign_in", "open"
]
"""How far an approval on the pages is. Only when it is ``open`` does anybody approve."""
STAGES = get_args(Stage)


@dataclass(frozen=True, slots=True)
class Compared:
    """A proposed version beside the one in force."""

    proposal: Proposal
    before: CompiledPolicy
    after: CompiledPolicy
    found: Diff
    tests: Sequence[TestOutcome]


@routes.get("/owners/{source}/changes", name="page_owner_changes")
async def changes(request: web.Request) -> web.Response:
    """Every version that waits."""
    of, front, texts = await owned(request), request.app[FRONT], texts_for(request)
    found = await asyncio.to_thread(_waiting, of, front)
    return owner_page(
        request,
        "changes.html",
        of,
        here_in="changes",
        drafts=front.reloading.of.settings.policies.drafts,
        proposals=[
            {
                "address": address_of(of, one),
                "version": one.loaded.policy.version,
                "place": one.place,
                "state": texts(f"proposal.{_state(one)}"),
            }
            for one in found
            if isinstance(one, Proposal)
        ],
        unreadable=[one for one in found if isinstance(one, Unreadable)],
    )


@routes.get("/owners/{source}/changes/{digest}", name="page_owner_change")
async def change(request: web.Request) -> web.Response:
    """What one version would change, with example people; and its approval."""
    of = await owned(request)
    return change_page(request, of, await compared(request, of))


async def compared(request: web.Request, of: Owned) -> Compared:
    """The version that the address names. Raises HTTPNotFound, and HTTPSeeOther where it is in force by now."""
    digest = request.match_info["digest"]
    if digest == of.service.loaded.digest:
        raise web.HTTPSeeOther(f"/owners/{of.name}")
    made = await asyncio.to_thread(_compared, of, request.app[FRONT], digest)
    if made is None:
        raise web.HTTPNotFound
    return made


def _waiting(of: Owned, front: Front) -> list[Proposal | Unreadable]:
    return list(waiting(front.reloading.of, of.catalogue, of.name, of.around.now()))


def _compared(of: Owned, front: Front, digest: str) -> Compared | None:
    found = (one for one in _waiting(of, front) if isinstance(one, Proposal) and one.digest == digest)
    proposal = next(found, None)
    if proposal is None:
        return None
    before, after = of.service.policy, compile_policy(proposal.loaded)
    return Compared(proposal, before, after, diff(before, after), run_tests(proposal.loaded))


def address_of(of: Owned, proposal: Proposal) -> str:
    """Where a proposal is shown: by the digest of its bytes, so that nobody approves others than they read."""
    return f"/owners/{of.name}/changes/{proposal.digest}"


def _state(one: Proposal) -> str:
    if one.lacks_approval_alone:
        return "waits"
    return "kept_out" if one.faults or one.refusals else "may"


def stage_of(front: Front, of: Owned, proposal: Proposal, token: Token) -> Stage:
    """How far the approval of a version is, for somebody who is signed in."""
    settings, approvals = front.reloading.of.settings, front.approvals
    step_up = front.tokens.settings.step_up
    if settings.policies.signatures != "required":
        return "not_signed_here"
    if not proposal.lacks_approval_alone:
        return "not_yet" if proposal.faults or proposal.refusals else "complete"
    if approvals is None or step_up is None:
        return "not_set_up"
    name = approvals.name_of(token.requester.subject, proposal.loaded.policy.policy, settings.policies)
    if name is None:
        return "not_named"
    if proposed_by(proposal, name):
        return "proposer"
    return "open" if is_strong(token, step_up, of.around.now()) else "sign_in"


def change_page(
    request: web.Request, of: Owned, made: Compared, errors: Sequence[OnPage] = (), status: int = 200
) -> web.Response:
    """The page of one version, with what is wrong with its approval."""
    session, texts, proposal = sessions.of(request), texts_for(request), made.proposal
    assert session is not None  # noqa: S101 -- the table lets nobody in without one
    address = address_of(of, proposal)
    return owner_page(
        request,
        "change.html",
        of,
        status,
        here_in="changes",
        back=(f"/owners/{of.name}/changes", "changes.back"),
        proposed=proposal.loaded.policy,
        place=proposal.place,
        digest=proposal.digest,
        signed=[
            (one.by, texts(f"signed_as.{one.role}"), moment(one.signed_at.isoformat(), texts), worth)
            for one, worth in proposal.signed
        ],
        faults=[plain(one) for one in proposal.faults],
        refusals=[one.sentence for one in proposal.refusals],
        wider=list(_told(made, made.found.wider)),
        narrower=list(_told(made, made.found.narrower)),
        reworded=made.found.reworded,
        tests=made.tests,
        failed=sum(not one.passed for one in made.tests),
        stage=stage_of(request.app[FRONT], of, proposal, session.token),
        address=address,
        strongly=strong_sign_in(f"{address}#approval"),
        errors=errors,
    )


def _told(made: Compared, those: Iterable[Change]) -> Iterator[Mapping[str, Any]]:
    """Each change in a sentence, with an invented person to whom it makes a difference."""
    for one in those:
        example = None if isinstance(one, TermsChange) else example_of(one, made.before, made.after)
        yield {
            "sentence": capital(plain(change_said(one))),
            "example": capital(plain(example_said(example.ask, example.record))) if example else "",
        }
