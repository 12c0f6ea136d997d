"""Which services take requests to ring back, and by which ways their desks are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from broker.audit.call_events import CallRequested
from broker.calling.links import Links
from broker.calling.message import notice_of
from broker.catalogue import Catalogue
from broker.cross_checks import LoadedSource
from broker.notices.delivery import Ways, ways_of
from broker.notices.notice import Channel, Notice, Way
from broker.settings import Partnership, Settings
from handwritten import Fault, fault_at


@dataclass(frozen=True, slots=True)
class Desks:
    """``catalogue`` gives the catalogue that is in force; ``ways`` are by recipient of ``notices`` and channel;
    ``links`` makes what a desk says by that it has taken a request up.
    """

    catalogue: Callable[[], Catalogue]
    ways: Ways = field(repr=False)
    links: Links
    partnership: str
    training: bool

    def ways_to(self, source: str) -> Sequence[tuple[Channel, Way]]:
        """The ways to a source's desk, in the order in which they are tried; none where it takes no requests."""
        service = self.catalogue().services.get(source)
        to = service.source.desk.requests_to if service else None
        return [(channel, way) for (name, channel), way in self.ways.items() if name == to]

    def notice(self, asked: CallRequested) -> Notice:
        """What the desk of its source is told."""
        service = self.catalogue().services[asked.source].source.service
        return notice_of(asked, service, self.partnership, self.training, self.links.link(asked))


def desks_of(partnership: Partnership, catalogue: Callable[[], Catalogue], links: Links) -> Desks:
    """The desks of a partnership's services."""
    settings = partnership.settings
    ways = ways_of(settings.notices, partnership.directory, partnership.secret)
    return Desks(catalogue, ways, links, settings.partnership, settings.training)


def unknown_desks(sources: Iterable[LoadedSource], settings: Settings) -> Iterator[Fault]:
    """Where source files name a desk that ``broker.yaml`` does not know."""
    known = settings.notices.to if settings.notices else {}
    for one in sources:
        if (to := one.source.desk.requests_to) is not None and to not in known:
            sentence = f"{to} is not among notices: to in broker.yaml. Add it there, or nobody would be told."
            yield fault_at(one.positions, ("desk", "requests_to"), sentence)
