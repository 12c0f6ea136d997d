"""Littleworth with everything that it may have, so that every route is there, with the canaries on record."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import SpanProcessor

from tests.canaries.people import linked_rows, rows
from tests.fakes.family_context import ACCOUNTS, COMPATIBLE, WITH_LOGIN, opened
from tests.fakes.littleworth import PURPOSES, Littleworth, littleworth
from tests.fakes.littleworth_cases import CASES, with_cases
from tests.fakes.ringing_littleworth import requests_to, settings

METRICS = 'telemetry: {metrics_key: "env:SEAL_KEY"}\n'
BUSY = "released_every_ms: 25, at_once: 128, of_one_requester: 128"
NOWHERE = "https://127.0.0.1:9/hook"


def broker_yaml(text: str = COMPATIBLE) -> str:
    """A ``broker.yaml`` with metrics, and desks that nobody answers at; for many who ask at once."""
    return settings(9, NOWHERE, text.replace("released_every_ms: 25", BUSY) + METRICS)


def ringing(source: str) -> str:
    """A source file whose desk takes requests to ring back."""
    return requests_to(source, "school_desk")


def _files() -> Mapping[str, Any]:
    """A case system, and a third purpose that has nothing recorded: that of the old front end's own form."""
    cases = with_cases()
    third = opened(PURPOSES[PURPOSES.index("  early_help_assessment:\n") :])
    return {
        "broker": broker_yaml(WITH_LOGIN),
        "purposes": cases["purposes"] + third,
        "sources": {name: ringing(text) for name, text in cases["sources"].items()},
        "policies": cases["policies"],
    }


@asynccontextmanager
async def canary_town(
    directory: Path, spans_also_to: Sequence[SpanProcessor] = ()
) -> AsyncIterator[Littleworth]:
    """Running, on sources in memory."""
    await asyncio.to_thread((directory / "accounts.yaml").write_text, ACCOUNTS)
    known = {name: rows() for name in ("school", "housing", "police")}
    async with littleworth(
        directory, {**known, CASES: linked_rows()}, spans_also_to=spans_also_to, **_files()
    ) as town:
        yield town
