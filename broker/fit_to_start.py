"""Whether a partnership's files, each right by itself, may be put in force together by a start."""

from __future__ import annotations

from datetime import datetime

from broker.activation import refused_at_start
from broker.calling.desks import unknown_desks
from broker.catalogue import Catalogue, read_files
from broker.limits.settings import against_roles
from broker.production import unwitnessed
from broker.settings import Partnership
from broker.web.family_context.settings import against_purposes
from handwritten import Fault, Faults


def refuse_unfit(catalogue: Catalogue, partnership: Partnership, now: datetime) -> None:
    """Raises handwritten.Faults: what a start puts in force is what a change may."""
    _signed(catalogue, partnership, now)
    if fault := unwitnessed(partnership):
        raise Faults([fault])
    _desks_can_be_told(catalogue, partnership)
    _fits_purposes(catalogue, partnership)


def _signed(catalogue: Catalogue, partnership: Partnership, now: datetime) -> None:
    """Raises handwritten.Faults when a policy may not come into force: a start puts in force what a change may."""
    found = refused_at_start(catalogue.policies(), partnership, now)
    if found:
        paths = {name: service.loaded.path for name, service in catalogue.services.items()}
        raise Faults([Fault(paths[one.source or ""], 1, 1, one.sentence) for one in found])


def _fits_purposes(catalogue: Catalogue, partnership: Partnership) -> None:
    """Raises handwritten.Faults when the old front end's own form could not ask what it is to ask, or there are
    limits for a role that nobody has.
    """
    file, settings, rules = (
        partnership.directory / "broker.yaml",
        partnership.settings,
        catalogue.purposes.rules,
    )
    found = [
        *against_purposes(settings.family_context_api, rules, file),
        *against_roles(settings.limits, rules, file),
    ]
    if found:
        raise Faults(found)


def _desks_can_be_told(catalogue: Catalogue, partnership: Partnership) -> None:
    """Raises handwritten.Faults when a desk that takes requests to ring back could not be told of any."""
    if not any(one.source.desk.requests_to for one in catalogue.services.values()):
        return  # mostly: files are read again only for the place of a fault
    if found := list(unknown_desks(read_files(partnership.directory).sources, partnership.settings)):
        raise Faults(found)
