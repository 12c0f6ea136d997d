"""Rows out of answers of every shape that partners give, and what is never taken for "nobody"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from connectors.contract import SourceMisfit
from connectors.json_pointer import ABSENT
from connectors.json_rows import JsonRows, Row, told_by
from connectors.request_file import Marker, Request
from connectors.source_file import SourceFile
from tests.spec.connectors.engines import housing
from tests.spec.connectors.served_by_http import as_web_api

COLUMNS = ("/ref", "/name/given/0", "/name/family")


def source(**changed: Any) -> SourceFile:
    file = as_web_api("http", housing(), "https://api.example.org").model_dump(
        by_alias=True, exclude_unset=True
    )
    names = {"given_name": "/name/given/0", "family_name": "/name/family"}
    plain = {"local_key": "/ref", "identifiers": names, "involvement": {}, "contact": {}, "gates": {}}
    return SourceFile.model_validate({**file, **plain, "restricted": None, **changed})


def rows(answer: Any, columns: Sequence[str] = COLUMNS, request: Any = None, **changed: Any) -> list[Row]:
    asked = Request.model_validate({"body": {"n": "{upn}"}, "rows": "/results", **(request or {})})
    return JsonRows(source(**changed), asked).of(answer, columns)


def person(ref: object = "1", **more: object) -> dict[str, object]:
    return {"ref": ref, "name": {"given": ["Ada"], "family": "Smith"}, **more}


def test_values_stand_where_the_pointers_say() -> None:
    assert rows({"results": [person(), person(2)]}) == [("1", "Ada", "Smith"), (2, "Ada", "Smith")]


def test_the_rows_may_be_the_whole_answer() -> None:
    assert rows([person()], request={"rows": ""}) == [("1", "Ada", "Smith")]


def test_what_is_left_out_is_missing() -> None:
    bare = {"ref": "1", "name": {"family": "Smith", "given": []}}
    assert rows({"results": [bare]}) == [("1", None, "Smith")]
    assert rows({"results": [bare, {"ref": "2"}, {"ref": "3", "name": None}]})[1:] == [
        ("2", None, None),
        ("3", None, None),
    ]


def test_names_that_no_row_has_have_moved() -> None:
    with pytest.raises(SourceMisfit, match=r"no row has \(/name/family\)"):
        rows({"results": [{"ref": "1", "names": {}}, {"ref": "2"}]})
    nameless = {"ref": "1", "name": {"family": None}}
    assert rows({"results": [nameless]}) == [("1", None, None)]  # there, and empty


WRONG_SHAPES = [
    {"ref": "1", "name": "Ada Smith"},
    {"ref": "1", "name": {"given": "Ada", "family": "Smith"}},
    {"ref": "1", "name": {"given": [{"text": "Ada"}], "family": "Smith"}},
    {"ref": "1", "name": {"given": ["Ada"], "family": ["Smith"]}},
    {"ref": {"value": "1"}, "name": {"given": ["Ada"], "family": "Smith"}},
]


@pytest.mark.parametrize("row", WRONG_SHAPES)
def test_a_row_that_is_built_otherwise_is_a_misfit_and_is_not_quoted(row: dict[str, Any]) -> None:
    with pytest.raises(SourceMisfit) as raised:
        rows({"results": [row]})
    assert "Smith" not in str(raised.value)
    assert raised.value.__cause__ is None


GUARDS: list[dict[str, Any]] = [
    {"restricted": {"column": "/flag", "values": ["Y"]}},
    {"gates": {"category": "/flag"}},
    {"cohort": {"column": "/flag", "never": ["planned"]}},
]


@pytest.mark.parametrize("guard", GUARDS)
def test_what_keeps_a_row_back_is_never_taken_for_empty_because_it_is_gone(guard: dict[str, Any]) -> None:
    columns = (*COLUMNS, "/flag")
    with pytest.raises(SourceMisfit, match=r"a row does not have \(/flag\)"):
        rows({"results": [person(flag="N"), person()]}, columns, **guard)
    assert rows({"results": [person(flag=None)]}, columns, **guard)[0][-1] is None
    lenient = {"left_out_when_empty": ["/flag"]}
    assert rows({"results": [person()]}, columns, request=lenient, **guard)[0][-1] is None


HOMES = {"involvement": {"started": "/homes/from"}, "gates": {"category": "/homes/id"}}


def test_a_person_with_several_involvements_is_a_row_for_each() -> None:
    several = person(homes=[{"id": "T1", "from": "2019-04-01"}, {"id": "T2"}])
    found = rows({"results": [several]}, ("/ref", "/homes/id", "/homes/from"), {"each": "/homes"}, **HOMES)
    assert found == [("1", "T1", "2019-04-01"), ("1", "T2", None)]


@pytest.mark.parametrize("homes", [[], None])
def test_a_person_without_any_is_still_a_row(homes: Any) -> None:
    found = rows({"results": [person(homes=homes)]}, ("/ref", "/homes/id"), {"each": "/homes"}, **HOMES)
    assert found == [("1", None)]


def test_answers_per_person_are_read_by_the_same_means() -> None:
    answers = {"results": [{"asked": 1, "found": [person("7"), person("8")]}, {"asked": 2, "found": []}]}
    names = {"given_name": "/found/name/given/0", "family_name": "/found/name/family"}
    found = rows(answers, ("/found/ref",), {"each": "/found"}, local_key="/found/ref", identifiers=names)
    assert found == [("7",), ("8",)]
    for silent in ({"asked": 2, "found": None}, {"asked": 2}):
        with pytest.raises(SourceMisfit, match=r"a row has no list \(/found\)"):
            rows(
                {"results": [silent]},
                ("/found/ref",),
                {"each": "/found"},
                local_key="/found/ref",
                identifiers=names,
            )


@pytest.mark.parametrize("homes", [{}, {"homes": {"id": "T1"}}, {"homes": "T1"}, {"homes": [None]}])
def test_a_row_without_its_list_is_a_misfit(homes: dict[str, Any]) -> None:
    with pytest.raises(SourceMisfit, match=r"\(/homes\)"):
        rows({"results": [person(**homes)]}, ("/ref", "/homes/id"), {"each": "/homes"})


def test_half_a_letter_does_no_harm_later() -> None:
    ((_, given, _),) = rows({"results": [{"ref": "1", "name": {"given": ["A\ud800da"], "family": "Smith"}}]})
    assert given == "A?da"


MARKERS: list[tuple[dict[str, Any], int, Any, bool]] = [
    ({"status": 413}, 413, ABSENT, True),
    ({"status": 413}, 200, {}, False),
    ({"at": "/more"}, 200, {"more": True}, True),
    ({"at": "/more"}, 200, {"more": "page-2"}, True),
    ({"at": "/more"}, 200, {"more": 1}, True),
    ({"at": "/more"}, 200, {"more": None}, False),
    ({"at": "/more"}, 200, {"more": False}, False),
    ({"at": "/more"}, 200, {"more": ""}, False),
    ({"at": "/more"}, 200, {"more": []}, False),
    ({"at": "/more"}, 200, {}, False),
    ({"at": "/more"}, 200, [], False),
    ({"at": "/more"}, 404, ABSENT, False),
    ({"at": "/total", "is": 1}, 200, {"total": 1}, True),
    ({"at": "/total", "is": 1}, 200, {"total": True}, False),
    ({"at": "/total", "is": None}, 200, {"total": None}, True),
    ({"at": "/total", "is": None}, 200, {}, False),
    ({"status": 404, "at": "/code", "is": "NOBODY"}, 404, {"code": "NOBODY"}, True),
    ({"status": 404, "at": "/code", "is": "NOBODY"}, 200, {"code": "NOBODY"}, False),
    ({"status": 404, "at": "/code", "is": "NOBODY"}, 404, {"code": "NO_SUCH_PATH"}, False),
]  # fmt: skip


@pytest.mark.parametrize(("marker", "status", "answer", "told"), MARKERS)
def test_a_kind_of_answer_is_told_by_its_mark(
    marker: dict[str, Any], status: int, answer: Any, told: bool
) -> None:
    assert told_by([Marker.model_validate(marker)], status, answer) is told
