"""Which sources a page is about: those of the organisation of whoever is signed in, and of nobody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from broker.api.audit.who_may_read import of_source
from broker.api.authorisation import owns
from broker.api.front import FRONT, Front, Whom
from broker.catalogue import Catalogue, Service
from broker.questions import Requester
from broker.surroundings import Surroundings
from broker.web.page import page


@dataclass(frozen=True, slots=True)
class Owned:
    """A source that is shown to its owner, among what surrounds it now: one version of all policies."""

    service: Service
    around: Surroundings

    @property
    def catalogue(self) -> Catalogue:
        return self.around.catalogue

    @property
    def name(self) -> str:
        return self.service.source.source


async def owned(request: web.Request) -> Owned:
    """The source that the address names, of whoever was let in to it. Raises TokenEnded."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        return the_owned(request, front, whom)


def the_owned(request: web.Request, front: Front, whom: Whom) -> Owned:
    """The same for a page that records its refusals itself."""
    _, service = of_source(request, whom)
    return Owned(service, front.broker.around)


def own_services(front: Front, requester: Requester) -> Sequence[Service]:
    """Every source of somebody's organisation, in the order of the files."""
    return [one for one in front.broker.around.catalogue.services.values() if owns(requester, one)]


def owner_page(
    request: web.Request, template: str, of: Owned, status: int = 200, **content: Any
) -> web.Response:
    """A page about one source, which says of which, and leads back to the list of all."""
    about: Mapping[str, Any] = {
        "source": of.name,
        "service": of.service.source,
        "policy": of.service.loaded.policy,
        "back": ("/owners", "owners.back"),
    }
    return page(request, f"owners/{template}", status, **{**about, **content})
