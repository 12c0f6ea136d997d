"""Tables of who asks about which record, and what is shown of it, one row each.

A table has a title (``# ...``), the facts that hold in each row (``name: value``), and rows with cells parted
by ``|`` under the names of facts. ``-`` is unknown or not recorded; an empty cell leaves the table's own fact.
The last column is what leaves: ``closed`` (the service is not even asked), ``absent`` (as if there were no
such record), or the involvement as ``field value``, its contact as ``level name/role/team/phone/email``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from policy.compile import CompiledPolicy, compile_policy
from policy.facts import Ask, Involvement, LeadPractitioner, Record
from policy.load import load_policy

_ASKED = {one.name for one in fields(Ask)}
_HELD = {one.name for one in fields(Record)}
_DATES = {"today", "started", "ended", "last_contact"}
_NUMBERS = {"age", "typed_age", "look_back_months"}


def policy_of(name: str) -> CompiledPolicy:
    """One of the small policies beside this file."""
    return compile_policy(load_policy(Path(__file__).with_name(f"{name}_small.yaml")))


def rows_of(path: Path) -> Iterator[tuple[str, int, dict[str, str], str]]:
    """Every row of the tables in a file: title, number, all facts, and what leaves."""
    for table in path.read_text(encoding="utf-8").split("# ")[1:]:
        title, usual, rows = table.strip().split("\n\n")
        facts = dict(line.split(": ", 1) for line in usual.splitlines())
        heading, *lines = rows.splitlines()
        for number, line in enumerate(lines, 1):
            *cells, leaves = _cells(line)
            own = {name: cell for name, cell in zip(_cells(heading)[:-1], cells, strict=True) if cell}
            yield title, number, facts | own, leaves


def shown(policy: CompiledPolicy, facts: Mapping[str, str]) -> str:
    """What leaves, in words."""
    ask, record = _facts(facts)
    involvement = policy.reduce(ask, record)
    if policy.closes(ask):
        assert involvement is None
        return "closed"
    assert policy.withholds(ask, record) == (involvement is None)
    return _in_words(involvement) if involvement else "absent"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def _facts(written: Mapping[str, str]) -> tuple[Ask, Record]:
    facts = {name: _read(name, cell) for name, cell in written.items()}
    asked: dict[str, Any] = {name: value for name, value in facts.items() if name in _ASKED}
    held: dict[str, Any] = {name: value for name, value in facts.items() if name in _HELD}
    gates = {name: _text(cell) for name, cell in written.items() if name not in _ASKED | _HELD}
    return Ask(**asked), Record(**held, gates=gates)


def _read(name: str, cell: str) -> str | int | date | None:
    if cell != "-" and name in _DATES:
        return date.fromisoformat(cell)
    return int(cell) if cell != "-" and name in _NUMBERS else _text(cell)


def _text(cell: str) -> str | None:
    return None if cell == "-" else cell


def _in_words(involvement: Involvement) -> str:
    names = ("status", "started", "ended", "last_contact")
    said = [f"{name} {value}" for name in names if (value := getattr(involvement, name)) is not None]
    lead = involvement.lead_practitioner
    return ", ".join([*said, _contact(lead)] if lead else said) or "involved"


def _contact(lead: LeadPractitioner) -> str:
    known = "/".join(part for part in (lead.name, lead.role, lead.team, lead.phone, lead.email) if part)
    return f"{lead.shown} {known}".strip()
