"""``GET /metrics``: how the broker and its sources do, for monitoring (Prometheus text).

Nothing here depends on what stands in any record, nor on what was asked about whom: a counter that went up when a
record was withheld would tell of it (law 5). Whoever reads it shows the key that ``telemetry.metrics_key`` of
``broker.yaml`` refers to; without one, there is nothing at this address.
"""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from broker.api.front import FRONT, Front
from broker.fanout.breaker import STATES

routes = web.RouteTableDef()


@routes.get("/metrics", name="metrics")
async def metrics(request: web.Request) -> web.Response:
    """How the broker and its sources do: queries, breakers, late answers. Nothing of anybody."""
    front = request.app[FRONT]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(front))
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class Figures(Collector):
    """The figures of this moment."""

    def __init__(self, front: Front) -> None:
        self._front = front

    def collect(self) -> Iterator[Metric]:
        """Of the broker, then of each source."""
        admission, log = self._front.admission, self._front.broker.log
        yield _one("queries_now", "Queries that are being answered.", admission.inside)
        yield _one("queries_waiting", "Queries that wait for a place.", admission.queued())
        refused = CounterMetricFamily("family_context_overloaded", "Queries that were told to come back.")
        refused.add_metric([], admission.refused)
        yield refused
        yield _one("audit_log_writable", "Whether entries can be written.", int(log.healthy))
        yield from self._sources()

    def _sources(self) -> Iterator[Metric]:
        state = _by_source("source_breaker", "0 closed, 1 half open, 2 open: the source is left alone.")
        asked = _by_source("source_questions_now", "Questions that the source is being asked, or that wait.")
        strays = _by_source("source_strays", "Questions that have not ended though their time is up.")
        late = CounterMetricFamily(
            "family_context_source_late", "Answers that came too late.", labels=["source"]
        )
        shed = CounterMetricFamily(
            "family_context_source_shed", "Questions turned away unasked.", labels=["source"]
        )
        for name, lane in self._front.broker.around.lanes.items():
            guard = lane.guard
            state.add_metric([name], STATES.index(guard.breaker.state))
            asked.add_metric([name], guard.bulkhead.inside)
            strays.add_metric([name], len(guard.strays))
            late.add_metric([name], guard.strays.late)
            shed.add_metric([name], guard.shed)
        yield from (state, asked, strays, late, shed)


def _one(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"family_context_{name}", text, value=value)


def _by_source(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"family_context_{name}", text, labels=["source"])
