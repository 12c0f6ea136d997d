"""The demo's story: a referral asked by name and by case, then by early help, and what the log holds of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from rich.console import RenderableType
from rich.text import Text

from broker.audit.reader import AuditReader, Trace
from broker.audit.verify import Verification
from broker.cli.ask import answer_renderings
from broker.cli.trace_table import trace_table
from broker.log_place import log_place
from broker.opening_keys import open_keys
from broker.settings import Partnership
from deploy.demo import referral
from deploy.demo.northshire import Northshire
from deploy.demo.sign_in import PERSONAS, Persona


@dataclass(frozen=True, slots=True)
class Asked:
    """One query of the story, who put it, and the answer."""

    by: Persona
    about: str
    query: Mapping[str, Any]
    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """The queries, the trace of the one by the case, and whether the log verifies."""

    asked: tuple[Asked, ...]
    trace: Trace
    verification: Verification

    def as_json(self) -> Mapping[str, Any]:
        """The story for programs."""
        return {
            "asked": [{"by": one.by.name, "query": one.query, "answer": one.answer} for one in self.asked],
            "trace": self.trace.as_json(),
            "log": {"entries": self.verification.size, "good": self.verification.good},
        }


async def told(town: Northshire, of: Partnership, address: str) -> Story:
    """Put the story's queries to the broker that listens on ``address``, and read its log."""
    section_47 = referral.section_47(town.truth)
    early_help = referral.early_help(town.truth)
    asked = (
        await _ask(town, address, "social_worker", "asks for a section 47 enquiry", section_47),
        await _ask(
            town,
            address,
            "social_worker",
            "asks by the case's number who is linked to it",
            referral.by_case(),
        ),
        await _ask(
            town, address, "early_help_lead", "asks about the same family, with agreement", early_help
        ),
    )
    audit = of.settings.audit
    with AuditReader.open(log_place(of), open_keys(of), audit.origin) as reader:
        return Story(asked, reader.trace(asked[1].answer["query_id"]), reader.verify())


def shown(story: Story) -> Iterator[RenderableType]:
    """The story for people: headings and tables, in order."""
    for number, one in enumerate(story.asked, start=1):
        yield _heading(f"{number}. {one.by.name}, {one.by.roles[0].replace('_', ' ')}, {one.about}")
        yield from answer_renderings(one.answer, one.query)
    number = len(story.asked) + 1
    yield _heading(f"{number}. What the audit log holds of the query by the case ({story.trace.query_id})")
    yield trace_table(story.trace)
    found = story.verification
    yield f"{found.size} entries of the log verify." if found.good else f"The log is broken: {found.fault}"


async def _ask(town: Northshire, address: str, persona: str, about: str, query: Mapping[str, Any]) -> Asked:
    by = PERSONAS[persona]
    headers = {"Authorization": f"Bearer {town.token(persona, datetime.now(UTC))}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{address}/v1/queries", json=query, allow_redirects=False) as reply,
    ):
        reply.raise_for_status()
        return Asked(by, about, query, await reply.json())


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold underline")
