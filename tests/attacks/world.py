"""Three towns that differ in one thing: a record is withheld, is not there, or is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from connectors.contract import Candidate
from tests.fakes.littleworth import BROKER, MARKED, SOCIAL_WORKER, Littleworth, question, row

Observed = Sequence[Any]
"""All that an attacker saw: answers, sizes, headers, counters."""
Attack = Callable[[Littleworth], Awaitable[Observed]]
Rows = Mapping[str, Sequence[Candidate]]

METRICS_KEY = "k-1"
KNOWN = {"relation": "parent", "given_name": "Emma", "family_name": "Ashdown"}
"""What the attacker knows for certain of whom they look for."""
NUMBERED = {"nhs_number": "9990000018", "upn": "A000000000002"}

_PLACE = re.compile(r'(?<=[{,])"id":\d+,')
"""Of a part in a stream."""
_RECEIPT = re.compile(r'"receipt": ?\{[^}]*\}')


@dataclass(frozen=True, slots=True)
class Tried:
    """One attack: what is tried, and the rows that all three towns have beside the record.

    ``record`` is the record as it is when it is shown; withheld, it is marked restricted. ``files`` are a
    partnership's own, where Littleworth's will not do.
    """

    title: str
    how: str
    attack: Attack = field(repr=False)
    record: Sequence[Candidate] = ()
    beside: Sequence[Candidate] = ()
    source: str = "school"
    files: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def rows(self, world: str) -> Rows:
        """The rows of a town: ``withheld``, ``absent`` or ``shown``."""
        held = {
            "shown": list(self.record),
            "withheld": [replace(one, restricted=True) for one in self.record],
            "absent": [],
        }[world]
        return {self.source: [*self.beside, *held]}


RECORD = row("k-record", identifiers={"other_family_names": ("Birtwhistle",), **NUMBERED})
"""The record that is withheld: an open one, of an adult, of a category that the school shares."""
NAMESAKE = row("k-namesake", identifiers={"birth_date": date(1990, 9, 1), "postcode": "LW9 9ZZ"})
"""Somebody else of her name, whose record is shown in all three towns."""


def files() -> Mapping[str, Any]:
    """Littleworth's, with time enough for a busy machine: a service that is late has an outcome of its own."""
    return {"sources": MARKED, "broker": BROKER.replace("seconds: 1.5", "seconds: 10")}


async def told(town: Littleworth, *people: Mapping[str, Any], **said: Any) -> str:
    """An answer as its bytes, or the refusal; without receipts.

    Which entry of the log a service's is goes by the order in which services answer, and its hash is of what is
    encrypted anew each time.
    """
    async with town.client.post(
        "/v1/queries", json=question(*people, **said), headers=town.headers()
    ) as reply:
        return _plain(f"{reply.status} {await reply.text()}")


async def streamed(town: Littleworth, form: str, *people: Mapping[str, Any]) -> list[str]:
    """The lines of a streamed answer, in whichever order its services answered."""
    headers = town.headers() | {"Accept": form}
    async with town.client.post("/v1/queries", json=question(*people), headers=headers) as reply:
        return sorted(_plain(await reply.text()).splitlines())


async def got(town: Littleworth, path: str) -> str:
    """What a page of the API says."""
    async with town.client.get(path, headers=town.headers(SOCIAL_WORKER)) as reply:
        return _plain(f"{reply.status} {await reply.text()}")


async def counters(town: Littleworth) -> list[str]:
    """What monitoring counts. Seconds are left out: they differ from run to run, and the grid is tested apart."""
    town.front.metrics_key = METRICS_KEY
    headers = {"Authorization": f"Bearer {METRICS_KEY}"}
    async with town.client.get("/metrics", headers=headers) as reply:
        lines = (await reply.text()).splitlines()
    return [line for line in lines if "_seconds" not in line and not line.startswith("#")]


def involved(answer: str) -> bool:
    """Whether an answer knows of anybody."""
    return '"involved"' in answer


def references(answer: str) -> list[str]:
    """The sealed references in an answer."""
    found: list[str] = re.findall(r'"reference": ?"([^"]+)"', answer)
    return found


def as_text(observed: Observed) -> str:
    """What was seen, to be compared."""
    return json.dumps(observed, default=str, indent=1)


def _plain(text: str) -> str:
    return _PLACE.sub("", _RECEIPT.sub('"receipt":{}', text))
