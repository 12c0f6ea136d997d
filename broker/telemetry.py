"""Traces: how long a query and each of its sources took, and nothing about anyone.

Spans are made by hand in two places, with attributes from an allow-list. There is no automatic instrumentation,
because that records SQL, addresses and exception texts, and those hold names.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import Span, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import broker

ATTRIBUTES = frozenset({"query_id", "view", "people", "source", "status"})
"""Everything that a span may say: an id of ours, the view, a count, the name of a source, answered or failed."""

Value = str | int
_CONTEXT = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class Tracing:
    """Makes spans. ``traceparent`` (W3C) joins one to the trace of whoever asked."""

    tracer: Tracer

    @contextmanager
    def span(self, name: str, *, traceparent: str | None = None, **said: Value) -> Iterator[Span]:
        """A span that says only what the allow-list lets it say; an exception is not written into it."""
        parent = _CONTEXT.extract({"traceparent": traceparent}) if traceparent else None
        with self.tracer.start_as_current_span(
            name,
            context=parent,
            attributes={key: value for key, value in said.items() if key in ATTRIBUTES},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span


def tracing(export: Literal["none", "console"], *more: SpanProcessor) -> tuple[Tracing, TracerProvider]:
    """Tracing, and the provider to shut down at the end. ``console`` writes spans to standard error."""
    resource = Resource({"service.name": "family-context-broker", "service.version": broker.VERSION})
    # Spans that nobody reads still have ids, for what is asked of others; but nothing is written into them.
    sampler = ALWAYS_OFF if export == "none" and not more else ALWAYS_ON
    provider = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
    if export == "console":
        provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stderr)))
    for processor in more:
        provider.add_span_processor(processor)
    return Tracing(provider.get_tracer("broker")), provider
