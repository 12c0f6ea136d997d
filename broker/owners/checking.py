"""A source file against its live database, part by part. Nothing of what it finds is about a person."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

from broker.owners.checking_connection import age, encryption, limits, rights
from broker.owners.checking_indexes import indexes
from broker.owners.checking_values import values
from broker.owners.findings import Asked, Finding, Report
from connectors.case_system import case_source
from connectors.connection import Secrets
from connectors.contract import Connector, Identifiers, Search, SourceFault, SourceMisfit
from connectors.inspection.opening import KINDS, look_at
from connectors.inspection.seen import Look
from connectors.inspection.why import Unreachable
from connectors.registry import connect
from connectors.source_file import SourceFile

NOBODY = Identifiers(
    given_name="Ottoline",
    family_name="Quillfeather-Example",
    birth_date=date(1889, 11, 17),
    sex="female",
    address="1 Nowhere Lane",
    postcode="QQ1 1QQ",
    uprn="999999999999",
    nhs_number="9999999999",
    upn="Z999999999999",
)
"""Invented, and older than anybody lives."""
SECONDS = 10.0
_INVOLVEMENT = frozenset({"started", "ended", "last_contact", "status", "contact"})
_TIMES = 3


@dataclass(frozen=True, slots=True)
class Checking:
    """A source to check, and where. ``production``: a role that may write, or plain text over a network, is a
    problem then and not only a warning.
    """

    source: SourceFile
    secrets: Secrets
    base: Path
    production: bool = False


async def check(checking: Checking) -> Report:
    """The whole report. Raises nothing of a source's: what is wrong with it is a finding."""
    source = checking.source
    if source.kind not in KINDS:
        said = Finding(
            "note", "connection", f"A source of kind {source.kind} has no SQL and no catalogue to look at."
        )
        return Report(source.source, (said, *await _opened(checking)))
    try:
        began = time.perf_counter()
        look = await look_at(source, checking.secrets, checking.base)
    except Unreachable as fault:
        return Report(source.source, (Finding("problem", "connection", _sentence(fault.why), fault.todo),))
    except SourceFault as fault:
        return Report(source.source, (Finding("problem", "connection", str(fault), _CONNECTION_TODO),))
    took = Finding(
        "fine", "connection", f"Connected to {look.database} in {_ms(time.perf_counter() - began)}."
    )
    try:
        return await _looked(checking, look, took)
    finally:
        await look.close()


async def _looked(checking: Checking, look: Look, connected: Finding) -> Report:
    source = checking.source
    findings = [connected]
    misfits = [*await _columns(look), *await _case_system(checking)]
    findings += misfits
    asked = None
    if not any(one.level == "problem" for one in misfits):
        asked, said = await _question(checking, look)
        findings.append(said)
        for part in (values(look, source), indexes(look, source, asked.plan if asked else None)):
            findings += await _whole(part)
    for part in (
        rights(look, checking.production),
        encryption(look, checking.production),
        limits(look),
        age(look),
    ):
        findings += await _whole(part)
    return Report(source.source, tuple(findings), asked)


async def _whole(part: AsyncIterator[Finding]) -> list[Finding]:
    """The findings of one part. What its own look runs into hides nothing of the others."""
    found: list[Finding] = []
    try:
        async for one in part:
            found += [one]
    except SourceFault as fault:
        found.append(Finding("warning", "connection", f"This could not be looked at: {fault}"))
    return found


async def _columns(look: Look) -> list[Finding]:
    """Every mapped column, as the connector checks them: is it there, does its type fit?"""
    try:
        await look.query()
    except SourceMisfit as fault:
        return list(_misfits(fault))
    return [Finding("fine", "columns", "Every mapped column is there, and of a type that fits.")]


def _misfits(fault: SourceMisfit) -> Iterator[Finding]:
    first, *rest = str(fault).splitlines()
    for line in rest or [first]:
        yield Finding("problem", "columns", line, _COLUMN_TODO)


async def _case_system(checking: Checking) -> list[Finding]:
    """The case system's section is a source of its own, of the same database."""
    section = checking.source.case_system
    if section is None:
        return []
    try:
        async with _connected(checking, case_source(checking.source, section)):
            return [Finding("fine", "columns", "Every column of case_system is there, and fits.")]
    except SourceMisfit as fault:
        return [
            Finding(one.level, one.about, f"case_system: {one.says}", one.todo) for one in _misfits(fault)
        ]
    except SourceFault as fault:
        return [Finding("problem", "connection", f"case_system: {fault}")]


async def _opened(checking: Checking) -> list[Finding]:
    """All that can be said of a kind without a catalogue: whether it opens."""
    try:
        async with _connected(checking, checking.source):
            return [Finding("fine", "connection", "It opens, and has every mapped column.")]
    except (SourceFault, ValueError) as fault:
        return [Finding("problem", "connection", str(fault), _CONNECTION_TODO)]


async def _question(checking: Checking, look: Look) -> tuple[Asked | None, Finding]:
    """The exact statement for an invented person, its plan, and the time that the connector itself takes."""
    search = Search("check", (NOBODY,), _INVOLVEMENT, SECONDS)
    question = (await look.query()).question(search)
    if question is None:
        return None, Finding(
            "problem", "question", "Nothing that is typed can be looked for here.", _COLUMN_TODO
        )
    plan = None
    with suppress(SourceFault):
        plan = await look.plan(question)
    try:
        async with _connected(checking, checking.source) as connector:
            seconds = median([await _timed(connector, search) for _ in range(_TIMES)])
    except SourceFault as fault:
        todo = "Ask the database's administrators what stands in the way."
        return Asked(question.text, plan, None), Finding("problem", "question", str(fault), todo)
    said = Finding("fine", "question", f"A question about an invented person took {_ms(seconds)}.")
    return Asked(question.text, plan, seconds), said


async def _timed(connector: Connector, search: Search) -> float:
    began = time.perf_counter()
    await connector.candidates(search)
    return time.perf_counter() - began


@asynccontextmanager
async def _connected(checking: Checking, source: SourceFile) -> AsyncIterator[Connector]:
    connector = connect(source, checking.secrets, checking.base)
    try:
        await connector.open()
        yield connector
    finally:
        await connector.close()


_CONNECTION_TODO = "Look at the connection in the source file. `broker source check` says when it is right."
_COLUMN_TODO = "Correct the column's name in the source file, or ask who runs the database what became of it."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
