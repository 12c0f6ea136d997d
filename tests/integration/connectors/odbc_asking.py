"""A process of its own that asks a source by ODBC: a driver that crashes takes it along, and not the tests.

    python -m tests.integration.connectors.odbc_asking CONNECTION TIMES SECONDS

``CONNECTION`` is a source file's, as JSON. It prints, as JSON, what became of each question: the local keys, or
the fault and its sentence.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.contract import Connector, Identifiers, SourceFault
from connectors.registry import connect
from tests.spec.connectors.engines import housing, refs

ALLOWANCE = 0.5
ADA = Identifiers("Ada", "Smith")


async def asked(connection: Mapping[str, Any], times: int, seconds: float) -> list[list[str]]:
    """An outcome for each question, one after another."""
    try:
        source = connect(housing(kind="odbc", connection=connection), os.environ.__getitem__, Path())
    except SourceFault as fault:
        return [[type(fault).__name__, str(fault)]]
    outcomes = [await outcome(source, seconds) for _ in range(times)]
    await source.close()
    return outcomes


async def outcome(source: Connector, seconds: float) -> list[str]:
    """The local keys; or the name of the fault, and what it says. Late is none of them."""
    began = time.monotonic()
    try:
        return await refs(source, ADA, seconds=seconds)
    except SourceFault as fault:
        took = time.monotonic() - began
        return [type(fault).__name__, str(fault)] if took < seconds + ALLOWANCE else ["late", f"{took} s"]


if __name__ == "__main__":
    told = asyncio.run(asked(json.loads(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
    sys.stdout.write(json.dumps(told))
