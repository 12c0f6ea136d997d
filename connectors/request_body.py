"""The bodies of the requests about the people of a search: the source file's template, filled in.

A value that is not known leaves its key out; a person of whom too little is known is not asked about at all,
because an API takes a body without identifiers for a wish to see everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import JsonValue

from connectors.contract import Identifiers, Search
from connectors.expand import date_text, nhs_number_forms, postcode_forms
from connectors.request_file import PLACEHOLDER, Request, named_in, repeated_list
from connectors.source_file import SourceFile

Known: TypeAlias = Mapping[str, str | list[str]]

_WILDCARDS = str.maketrans("", "", "*%_?")
_WILD = re.compile(r"[*%?]")
_NUMBERS = frozenset(["nhs_number", "upn", "case_id", "birth_date"])
_NAMES = frozenset(["given_name", "family_name"])
_PLACES_AND_AGES = (frozenset(["postcode", "uprn"]), frozenset(["born_from", "born_to"]))


@dataclass(frozen=True, slots=True)
class Bodies:
    """What is to be sent, a body a request; and, by their place in the search, who is not asked about."""

    bodies: tuple[dict[str, JsonValue], ...] = field(repr=False)
    not_asked: frozenset[int]


def bodies_of(source: SourceFile, request: Request, search: Search) -> Bodies:
    """The bodies of the requests of one search, in the order of its people."""
    called = search.also_called or ((),) * len(search.people)
    known = [
        {"query_id": search.query_id, **_known(source, request, person, also_called)}
        for person, also_called in zip(search.people, called, strict=True)
    ]
    named = named_in(request.body)
    not_asked = frozenset(n for n, one in enumerate(known) if not _enough(request, named & one.keys()))
    asked = [one for n, one in enumerate(known) if n not in not_asked]
    if not asked:
        return Bodies((), not_asked)
    if request.for_ == "whole_query":
        return Bodies((_of_all(request, asked, {"query_id": search.query_id}),), not_asked)
    return Bodies(tuple(_object(request.body, one) for one in asked), not_asked)


def _enough(request: Request, filled: frozenset[str]) -> bool:
    """``needs`` can ask for more than this, and never for less: a first name alone is half a town."""
    if request.needs and not any(filled.issuperset(one) for one in request.needs):
        return False
    if filled & _NUMBERS:
        return True
    names = len(filled & _NAMES)
    return names > 1 or (names == 1 and any(filled & one for one in _PLACES_AND_AGES))


def _of_all(request: Request, people: Iterable[Known], nobody: Known) -> dict[str, JsonValue]:
    """The one body for all: its list with an item for each person."""
    keys = repeated_list(request.body) or ()
    template: JsonValue = request.body
    for key in keys:
        template = template[key] if isinstance(template, dict) else None
    (item,) = template if isinstance(template, list) else (None,)
    items: list[JsonValue] = [filled for one in people if (filled := _filled(item, one)) is not None]
    return put(_object(request.body, nobody), keys, items)


def put(document: Mapping[str, JsonValue], keys: tuple[str, ...], value: JsonValue) -> dict[str, JsonValue]:
    """The document with this value at that place, objects made on the way where there are none."""
    key, *further = keys
    inner = document.get(key)
    below = put(inner if isinstance(inner, dict) else {}, tuple(further), value) if further else value
    return {**document, key: below}


def _object(template: Mapping[str, JsonValue], known: Known) -> dict[str, JsonValue]:
    filled = ((key, value, _filled(value, known)) for key, value in template.items())
    return {key: new for key, value, new in filled if new is not None or value is None}


def _filled(template: JsonValue, known: Known) -> JsonValue:
    """The template with what is known in it; None where all that it asks for is not known."""
    if isinstance(template, str):
        return _text(template, known)
    if isinstance(template, dict):
        made = _object(template, known)
        return made if made or not template else None
    if isinstance(template, list):
        items = [(one, _filled(one, known)) for one in template]
        kept = [new for one, new in items if new is not None or one is None]
        return kept if kept or not template else None
    return template


def _text(template: str, known: Known) -> JsonValue:
    names = PLACEHOLDER.findall(template)
    if not names:
        return template
    alone = known.get(names[0])
    if len(names) == 1 and (isinstance(alone, list) or template == f"{{{names[0]}}}"):
        return list(alone) if isinstance(alone, list) else alone
    texts = [str(known[name]) for name in names if name in known]
    return ", ".join(texts) if texts and "," in template else " ".join(texts) or None


def _known(
    source: SourceFile, request: Request, person: Identifiers, also_called: Iterable[str]
) -> dict[str, str | list[str]]:
    found: dict[str, str | list[str] | None] = {
        "given_name": _plain(person.given_name),
        "family_name": _plain(person.family_name),
        "sex": _sex_code(source, person.sex),
        "address": _plain(person.address),
        "postcode": _postcode(person.postcode),
        "uprn": _code(person.uprn),
        "upn": _code(person.upn),
        "nhs_number": next(iter(nhs_number_forms(person.nhs_number or "")), None),
        "case_id": _case_id(person.case_id),
        "other_family_names": [name for one in person.other_family_names if (name := _plain(one))] or None,
        "other_given_names": [name for one in also_called if (name := _plain(one))] or None,
        **_dates(person, request),
    }
    return {name: value for name, value in found.items() if value is not None}


def _dates(person: Identifiers, request: Request) -> Mapping[str, str | None]:
    """A whole birth date is a range of one day, too."""
    born = person.birth_date
    first, last = (born, born) if born else person.born_between or (None, None)
    days = {"birth_date": born, "born_from": first, "born_to": last}
    return {name: None if day is None else date_text(day, request.dates) for name, day in days.items()}


def _plain(text: str | None) -> str | None:
    """Without what some search takes for "anything" (law 9)."""
    return " ".join((text or "").translate(_WILDCARDS).split()) or None


def _code(text: str | None) -> str | None:
    return "".join(one for one in text or "" if one.isalnum()) or None


def _case_id(text: str | None) -> str | None:
    """As it was typed: one sign less would be another case. One with a wildcard is none."""
    typed = " ".join((text or "").split())
    return None if _WILD.search(typed) else typed or None


def _postcode(text: str | None) -> str | None:
    """Spaced and in capitals. Less than a whole one is none: its first half alone is a town."""
    return next(
        (one for one in postcode_forms(text or "") if " " in one and one.isupper() and "  " not in one), None
    )


def _sex_code(source: SourceFile, sex: str | None) -> str | None:
    return next((code for code, meant in source.sex_codes.items() if meant == sex), sex)
