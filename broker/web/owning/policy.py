"""``/owners/{source}``: a sharing policy as people read it, and its tests with what came of them.

What is shown comes from the policy that decides just now, not from its file, which may have changed since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from broker.api.front import FRONT
from broker.owners.may_ask import who_may_ask
from broker.web.owning.owned import Owned, owned, owner_page
from broker.web.owning.words import Words, plain
from broker.web.page import texts_for
from policy.model import SharingPolicy
from policy.region_words import records_said
from policy.table import Row, table
from policy.testing import TestOutcome, run_tests

routes = web.RouteTableDef()

Filled = Mapping[str, Any]


@routes.get("/owners/{source}", name="page_owner")
async def shared(request: web.Request) -> web.Response:
    """Who sees how much of what for which purpose; each field with its reason; the tests."""
    of = await owned(request)
    words = Words(texts_for(request), of.catalogue.purposes.rules)
    rows, ran = await asyncio.to_thread(_worked_out, of)
    loaded, front = of.service.loaded, request.app[FRONT]
    return owner_page(
        request,
        "policy.html",
        of,
        here_in="policy",
        records=[
            plain(one) for one in records_said(loaded.policy)[1:]
        ],  # the first says when, as does the top
        rows=[_row(one, words) for one in rows],
        fields=list(_fields(loaded.policy, words)),
        tests=ran,
        failed=sum(not one.passed for one in ran),
        signed=front.reloading.of.settings.policies.signatures == "required",
    )


def _worked_out(of: Owned) -> tuple[Sequence[Row], Sequence[TestOutcome]]:
    """What takes a while: not on the event loop, where answers wait."""
    return table(of.service.policy, who_may_ask(of.catalogue.purposes)), run_tests(of.service.loaded)


def _row(row: Row, words: Words) -> Filled:
    """What some roles see for one purpose, field by field."""
    return {
        "purpose": words.purpose(row.purpose),
        "roles": words.roles(row.roles),
        "of_staff": row.of_staff,
        "views": [words.texts(f"of_view.{one}") for one in words.rules.purposes[row.purpose].views],
        "fields": [
            (called, [words.said(one.level, one.when) for one in row.fields[name]])
            for name, called in words.fields().items()
        ],
    }


def _fields(of: SharingPolicy, words: Words) -> Iterator[Filled]:
    """Each field that the policy speaks of: what it means, why it is shared, and what limits it."""
    called = words.fields()
    for name, rules in of.rules():
        yield {
            "called": called[name],
            "meaning": rules.meaning,
            "why": rules.justification,
            "limits": [(words.level(one.show), one.why) for one in rules.at_most],
            "codes": list(rules.codes.values()) if name == "status" else [],
        }
