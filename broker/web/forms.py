"""What was typed into the form of a check, and the query that it asks.

A form's fields are few and named here: whatever else is sent is dropped. What was typed goes into the same body as
the API's (``broker.api.query_body``), so that the same things are impossible here and there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from broker.errors import Complaint

MOST_PEOPLE = 12

QUERY_FIELDS = ("purpose", "journey", "role", "reason", "case_reference", "conversation", "conflict")
NAMES = ("relation", "family_name", "given_name", "other_family_name")
BORN = ("day", "month", "year", "age")
FOUND_BY = ("address", "postcode", "nhs_number", "upn")
AGREED = ("agreement", "evidence")
PERSON_FIELDS = (*NAMES, *BORN, *FOUND_BY, *AGREED)

Typed = Mapping[str, str]
_NOBODY: Typed = dict.fromkeys(PERSON_FIELDS, "")


@dataclass(frozen=True, slots=True)
class CheckForm:
    """The form as it was sent. ``do`` is the button that was pressed."""

    typed: Typed = field(repr=False)
    people: tuple[Typed, ...] = field(repr=False)
    do: str = "ask"

    @property
    def journey(self) -> str:
        return "case" if self.typed.get("journey") == "case" else "people"


def empty_form(purpose: str, journey: str) -> CheckForm:
    """A form into which nothing was typed: with one person."""
    typed = dict.fromkeys(QUERY_FIELDS, "") | {"purpose": purpose, "journey": journey}
    return CheckForm(typed, (dict(_NOBODY),))


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The fields of a form that was let in (``letting_in``): each once, without line ends."""
    fields = await request.post()
    # Line ends in a text of several lines are blanks: what is recorded stands on one line.
    return {name: " ".join(text.split()) for name, text in fields.items() if isinstance(text, str)}


def check_form(fields: Mapping[str, str]) -> CheckForm:
    """The form of a check, with its people in order."""
    count = min(_whole(fields.get("how_many")) or 1, MOST_PEOPLE)
    people = tuple(
        {name: fields.get(f"people-{number}-{name}", "") for name in PERSON_FIELDS}
        for number in range(1, count + 1)
    )
    typed = {name: fields.get(name, "") for name in QUERY_FIELDS}
    return CheckForm(typed, people, fields.get("do", "ask"))


def changed(form: CheckForm) -> CheckForm:
    """The form after a button that adds or removes a person."""
    step, _, which = form.do.partition("-")
    people = form.people
    if step == "add" and len(people) < MOST_PEOPLE:
        people = (*people, dict(_NOBODY))
    if step == "remove" and len(people) > 1:
        number = _whole(which) or 0
        people = tuple(one for n, one in enumerate(people, start=1) if n != number)
    return CheckForm(form.typed, people, form.do)


def body_of(form: CheckForm, view: str, relation: str) -> Mapping[str, Any]:
    """What is sent to ask this, in the API's own form: without what was left empty.

    ``relation`` stands where none was chosen, so that everything else that is wrong is found too.
    """
    typed = {name: text for name, text in form.typed.items() if text and name != "conflict"}
    named = [{"relation": relation, **_person(one)} for one in form.people]
    about = {"people": named} if form.journey == "people" else {}
    knows = {"conflict_of_interest": "none"} if form.typed.get("conflict") == "no" else {}
    return {**typed, **knows, "journey": form.journey, "view": view, **about}


def complaints(form: CheckForm) -> Iterator[Complaint]:
    """What is wrong with a form before it is a query."""
    if form.typed.get("conflict") not in ("yes", "no"):
        yield Complaint(
            "conflict_missing", "Say whether you know anyone in this check yourself.", "/conflict"
        )
    if form.journey == "case":
        return
    for number, person in enumerate(form.people):
        at = f"/people/{number}"
        if not person.get("relation"):
            yield Complaint("relation_missing", "Say what this person is to the case.", f"{at}/relation")
        if _born(person) is None:
            yield Complaint(
                "birth_date_form",
                "Write the birth date in numbers: 7 3 2019, 3 2019 or 2019.",
                f"{at}/birth_date",
            )
        if person.get("age") and _whole(person["age"]) is None:
            yield Complaint("age_form", "Write the age in whole years.", f"{at}/age")


def _person(typed: Typed) -> Mapping[str, Any]:
    plain = ("relation", "family_name", "given_name", *FOUND_BY)
    person: dict[str, Any] = {name: typed[name] for name in plain if typed.get(name)}
    if typed.get("other_family_name"):
        person["other_family_names"] = [typed["other_family_name"]]
    if born := _born(typed):
        person["birth_date"] = born
    if (age := _whole(typed.get("age"))) is not None:
        person["age"] = age
    if typed.get("agreement"):
        evidence = {"evidence": typed["evidence"]} if typed.get("evidence") else {}
        person["family_agreement"] = {"state": typed["agreement"], **evidence}
    return person


def _born(typed: Typed) -> str | None:
    """2019-03-07, 2019-03 or 2019; empty where nothing was typed, None where it is no date."""
    day, month, year = (typed.get(part, "") for part in ("day", "month", "year"))
    if not (day or month or year):
        return ""
    if re.fullmatch(r"\d{4}", year, re.ASCII) is None or (day and not month):
        return None
    parts = [part for part in (month, day) if part]
    if not all(re.fullmatch(r"\d{1,2}", part, re.ASCII) for part in parts):
        return None
    return "-".join([year, *(part.zfill(2) for part in parts)])


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"\d{1,3}", text, re.ASCII) else None
