"""The ``request`` of a source file: what a web API is asked, and how its answer reads. No Python, all declared.

    request:
      path: /people/search
      for: whole_query
      body:
        people: [{forename: "{given_name}", surname: "{family_name}", born: "{birth_date}"}]
      rows: /results

What the partner's own words are for a person's identifiers, the body says; where values stand in a row, the
columns of the source file do, as JSON pointers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from connectors.expand import DateFormat
from connectors.json_pointer import PointerText

Scalar = StrictStr | StrictInt | StrictBool | None

IDENTIFIERS = (
    "given_name", "family_name", "birth_date", "born_from", "born_to", "sex", "address", "postcode", "uprn",
    "nhs_number", "upn", "case_id", "other_family_names", "other_given_names",
)  # fmt: skip
LISTS = frozenset(["other_family_names", "other_given_names"])
"""Identifiers of which a person may have several: each stands for a list of texts."""

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")
_BETWEEN = re.compile(r"[ ,]*")


def _path(text: str) -> str:
    if not _PATH.fullmatch(_without_braces(text)):
        raise ValueError("write a path like /people/search; parameters stand in query")
    return text


def _without_braces(text: str) -> str:
    if "{" in text or "}" in text:
        raise ValueError(
            "a person's identifiers stand in the body, never in an address: addresses are logged"
        )
    return text


class RequestPart(BaseModel):
    """A part of a request: unknown keys are faults, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Marker(RequestPart):
    """What tells one kind of answer from another: its HTTP status, a value at a JSON pointer, or both.

    Without ``is``, anything at the pointer counts but null, false, and an empty text, list or object.
    """

    status: Annotated[int, Field(ge=200, le=599)] | None = None
    at: PointerText | None = None
    is_: Scalar = Field(default=None, alias="is")

    @model_validator(mode="after")
    def _something(self) -> Marker:
        if self.status is None and self.at is None:
            raise ValueError("say by what it is told: a status, a value at a JSON pointer, or both")
        if self.at is None and "is_" in self.model_fields_set:
            raise ValueError("say where the value stands: at, a JSON pointer")
        return self


class NextPage(RequestPart):
    """Answers that come in pages: the value ``at`` a pointer of one goes ``into`` the body of the next request.

    An answer with nothing there (or null, or an empty text) is the last. ``most`` is how many pages are read.
    """

    at: PointerText
    into: Annotated[PointerText, Field(pattern=r"^(/[^/]+)+$")]
    most: Annotated[int, Field(ge=2, le=50)] = 10


class Probe(RequestPart):
    """A question of no one's identifiers, for a record that the partner keeps for trials.

    It is asked when the source opens, and answered with a row at least in which nothing that the file maps is
    left out. So a source that is not as its file says is noticed before anybody is asked about.
    """

    body: dict[str, JsonValue]


class Request(RequestPart):
    """What a web API is asked about the people of a query, and how its answer reads.

    ``for: each_person`` makes one request for each of them, side by side; ``whole_query`` one for all, in which
    the list that holds identifiers in its one item has an item for each person. Identifiers stand in the body
    alone, never in ``path`` or ``query``: addresses are logged on the way.

    ``needs``: the identifiers without which a person is not asked about, sets of which one has to be whole. Enough
    to tell a person by is needed all the same. ``rows`` points from an answer to the list of its rows,
    ``each`` from a row to a list in it, for each item of which there is a row, in which the item stands in the
    list's place. ``dates``: how birth dates are written in the body.

    ``too_many`` tells an answer that is not whole, ``none_found`` one without rows, ``failed`` one that is none.
    ``left_out_when_empty``: columns of gates, cohort or restriction that rows may lack altogether.
    """

    method: Literal["POST", "GET"] = "POST"
    path: Annotated[str, AfterValidator(_path)] = ""
    query: dict[
        Annotated[str, AfterValidator(_without_braces)], Annotated[str, AfterValidator(_without_braces)]
    ] = {}
    body: dict[str, JsonValue]
    for_: Literal["each_person", "whole_query"] = Field(default="each_person", alias="for")
    dates: DateFormat = "iso_text"
    needs: tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...] = ()
    rows: PointerText
    each: PointerText | None = None
    next: NextPage | None = None
    too_many: tuple[Marker, ...] = ()
    none_found: tuple[Marker, ...] = ()
    failed: tuple[Marker, ...] = ()
    left_out_when_empty: tuple[PointerText, ...] = ()
    query_id_header: Annotated[str, Field(pattern=r"^X-[A-Za-z0-9-]{1,60}$")] = "X-Query-Id"
    probe: Probe | None = None

    @model_validator(mode="after")
    def _it_can_be_asked(self) -> Request:
        wrong = [*_wrong_texts(self.body), *self._wrong_place(), *self._wrong_needs(), *self._wrong_markers()]
        if self.probe and named_in(self.probe.body):
            wrong.append("the probe's body may name no identifiers: nobody is asked about in it")
        if wrong:
            raise ValueError("; ".join(dict.fromkeys(wrong)))
        return self

    def _wrong_place(self) -> Iterator[str]:
        if not named_in(self.body):
            yield "the body names no identifier, so it asks for everybody: write {nhs_number}, for example"
        elif self.for_ == "whole_query" and repeated_list(self.body) is None:
            yield (
                "for a whole query, the body has one list with one item that holds all the identifiers:"
                " it is written once for each person"
            )

    def _wrong_needs(self) -> Iterator[str]:
        named = named_in(self.body)
        for one in dict.fromkeys(name for needed in self.needs for name in needed if name not in named):
            yield f"needs names {one!r}, which the body does not hold"

    def _wrong_markers(self) -> Iterator[str]:
        if any(one.status is None or one.at is None for one in self.none_found):
            yield (
                "none_found needs a status and a value at a pointer:"
                " a wrong path may give the same status, and silence may not be taken for no"
            )
        if self.each is not None and not self.each:
            yield "each points to a list within a row"


def named_in(template: JsonValue) -> frozenset[str]:
    """The identifiers that the texts of a template name."""
    return frozenset(name for text in _texts(template) for name in PLACEHOLDER.findall(text)) & {*IDENTIFIERS}


def repeated_list(template: JsonValue) -> tuple[str, ...] | None:
    """The keys that lead to the list which is written once for each person; None where there is no such list."""
    if not isinstance(template, dict):
        return ()  # what is reached is looked at by the caller
    holding = [key for key, value in template.items() if named_in(value)]
    if len(holding) != 1:
        return None
    inner = template[holding[0]]
    if isinstance(inner, list):
        return (holding[0],) if len(inner) == 1 else None
    further = repeated_list(inner) if isinstance(inner, dict) else None
    return None if further is None else (holding[0], *further)


def _texts(template: JsonValue) -> Iterator[str]:
    if isinstance(template, str):
        yield template
    elif isinstance(template, dict):
        for value in template.values():
            yield from _texts(value)
    elif isinstance(template, list):
        for value in template:
            yield from _texts(value)


def _wrong_texts(template: JsonValue) -> Iterator[str]:
    for text in _texts(template):
        names = PLACEHOLDER.findall(text)
        for name in names:
            if name not in (*IDENTIFIERS, "query_id"):
                near = get_close_matches(name, IDENTIFIERS, n=1)
                hint = f" Did you mean {{{near[0]}}}?" if near else ""
                yield f"there is no identifier {{{name}}}.{hint}"
        # What a requester typed may not become a part of some search language of the partner's.
        if names and not _BETWEEN.fullmatch(PLACEHOLDER.sub("", text)):
            yield f"beside identifiers, a text may hold blanks and commas only: {text!r}"
        if len(names) > 1 and LISTS.intersection(names):
            yield f"an identifier that is a list stands alone: {text!r}"
