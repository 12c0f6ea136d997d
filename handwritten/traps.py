"""What YAML readers or pydantic would guess at, and a handwritten file has to say: yes, null, 010, 1e3."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from pydantic import BaseModel

from handwritten.composing import Composed
from handwritten.expecting import inside, words_of
from handwritten.faults import Fault, Steps

_NULLS = frozenset({"~", "null", "Null", "NULL"})
_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}
"""YAML 1.1 reads these as true and false, YAML 1.2 as words. y and n, which few readers take so, are texts."""

_FORMS: tuple[tuple[type, re.Pattern[str], str], ...] = (
    (bool, re.compile(r"true|false"), "Write true or false here."),
    (int, re.compile(r"0|-?[1-9]\d*", re.ASCII), "Write a whole number here."),
    (float, re.compile(r"-?(0|[1-9]\d*)(\.\d+)?", re.ASCII), "Write a number here, such as 4 or 2.5."),
    (date, re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII), "Write a date here, as 2026-04-01."),
)


def traps(model: type[BaseModel], composed: Composed) -> Iterator[Fault]:
    """Every value that different readers would take for different things."""
    for steps, written, kinds in _texts(composed.content, (), (model,)):
        if not kinds or written in words_of(kinds):
            continue
        word = _bare_word(written, kinds) if steps in composed.bare else None
        if found := word or _form(written, kinds):
            yield composed.positions.fault(composed.positions.of(steps), *found)


def _texts(value: Any, steps: Steps, kinds: tuple[Any, ...]) -> Iterator[tuple[Steps, str, tuple[Any, ...]]]:
    """Every text, with the way to it and the types that may stand there."""
    if isinstance(value, str):
        yield steps, value, kinds
    elif isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(inner, (*steps, step), inside(kinds, step))


def _bare_word(written: str, kinds: tuple[Any, ...]) -> tuple[str, str] | None:
    if str not in kinds:
        return None
    if written in _NULLS:
        return (
            f"{written} stands for nothing in YAML.",
            f'Leave the key out, or write "{written}" for the word.',
        )
    if written.lower() not in _TRUTHS:
        return None
    truth = _TRUTHS[written.lower()]
    meant = f'{truth}, or "{written}" for the word' if bool in kinds else f'"{written}"'
    return f"{written} stands for {truth} in YAML.", f"Write {meant}."


def _form(written: str, kinds: tuple[Any, ...]) -> tuple[str, None] | None:
    """The form of the one kind of value that may stand here; where a text may, every form is right."""
    forms = [(pattern, sentence) for kind, pattern, sentence in _FORMS if kind in kinds]
    if not forms or str in kinds or any(pattern.fullmatch(written) for pattern, _ in forms):
        return None
    return forms[0][1], None
