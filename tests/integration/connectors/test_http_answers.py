"""What a partner's answers mean: whole or not, in pages, nobody, a trial; and what it is told besides."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web
from opentelemetry.sdk.trace import TracerProvider

from connectors.case_system import case_search
from connectors.contract import Connector, Identifiers, SourceFault, SourceMisfit, SourceUnavailable
from tests.integration.connectors.http_certificates import Papers, papers
from tests.integration.connectors.http_partner import (
    ADA,
    ADAS_ROW,
    Partner,
    connected,
    connection_to,
    row,
    serving,
    web_source,
)
from tests.spec.connectors.engines import found, refs

Say = Callable[..., None]
Sources = Callable[..., Connector]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture
async def partner(known: Papers) -> AsyncIterator[Partner]:
    async with serving(Partner(), known.server_context(known.partner)) as partner:
        yield partner


@pytest.fixture
def say(partner: Partner) -> Say:
    """What the partner answers from now on."""

    def saying(document: Any, status: int = 200) -> None:
        async def answer(_: web.Request) -> web.StreamResponse:
            return web.json_response(document, status=status)

        partner.answer = answer

    return saying


@pytest.fixture
async def source(partner: Partner, known: Papers) -> AsyncIterator[Sources]:
    async with AsyncExitStack() as stack:

        def made(engine: str = "http", **request: Any) -> Connector:
            connector = connected(web_source(connection_to(partner.port, known), engine, **request))
            stack.push_async_callback(connector.close)
            return connector

        yield made


TOO_MANY: list[tuple[dict[str, Any], dict[str, Any], int]] = [
    ({"at": "/truncated"}, {"results": [ADAS_ROW], "truncated": True}, 200),
    ({"at": "/next_page"}, {"results": [ADAS_ROW], "next_page": "https://169.254.169.254/"}, 200),
    ({"at": "/code", "is": "TOO_MANY"}, {"code": "TOO_MANY"}, 200),
    ({"status": 413}, {"error": "too many"}, 413),
    ({"status": 422, "at": "/code", "is": "TOO_MANY"}, {"code": "TOO_MANY"}, 422),
]


@pytest.mark.parametrize(("marker", "document", "status"), TOO_MANY)
async def test_an_answer_that_says_there_is_more_is_never_taken_for_all(
    say: Say, source: Sources, marker: dict[str, Any], document: Any, status: int
) -> None:
    say(document, status)
    candidates = await found(source(too_many=[marker]), ADA)
    assert (candidates.capped, candidates.rows) == (True, ())


async def test_a_status_that_also_means_something_else_needs_its_mark(say: Say, source: Sources) -> None:
    marked = source(too_many=[{"status": 422, "at": "/code", "is": "TOO_MANY"}])
    for document in ({"code": "BAD_DATE"}, "no object"):
        say(document, 422)
        with pytest.raises(SourceMisfit, match="HTTP 422"):
            await refs(marked, ADA)


async def test_nobody_is_believed_only_as_the_file_says_it(say: Say, source: Sources) -> None:
    marked = source(none_found=[{"status": 404, "at": "/code", "is": "NO_PERSON"}])
    say({"code": "NO_PERSON"}, 404)
    assert await refs(marked, ADA) == []
    say({"message": "no such path"}, 404)
    with pytest.raises(SourceMisfit, match="HTTP 404"):
        await refs(marked, ADA)


async def test_a_failure_inside_an_answer_is_a_failure(say: Say, source: Sources) -> None:
    """As GraphQL has it: 200, the rows that could be had, and what went wrong."""
    marked = source(failed=[{"at": "/errors"}])
    say({"results": [], "errors": [{"message": "the tenancy of Ada Smith"}]})
    with pytest.raises(SourceUnavailable, match=r"says that it failed \(HTTP 200\)") as raised:
        await refs(marked, ADA)
    assert "Ada" not in str(raised.value)
    say({"results": [ADAS_ROW], "errors": []})
    assert await refs(marked, ADA) == ["1"]


PAGES: Mapping[Any, Any] = {
    None: {"results": [row(ref="1", forename="Ada")], "next": "b"},
    "b": {"results": [row(ref="2", forename="Ada")], "next": 3},
    3: {"results": [row(ref="3", forename="Ada")], "next": None},
}


async def turning(request: web.Request) -> web.StreamResponse:
    asked = await request.json()
    return web.json_response(PAGES[asked.get("page", {}).get("after")])


async def test_pages_are_turned_to_the_end(partner: Partner, source: Sources) -> None:
    partner.answer = turning
    paged = source(next={"at": "/next", "into": "/page/after"})
    assert await refs(paged, ADA) == ["1", "2", "3"]
    assert [one["query"] for one in partner.bodies] == [partner.bodies[0]["query"]] * 3


async def test_more_pages_than_may_be_read_are_not_the_whole(partner: Partner, source: Sources) -> None:
    partner.answer = turning
    candidates = await found(source(next={"at": "/next", "into": "/page/after", "most": 2}), ADA)
    assert (candidates.capped, candidates.rows, len(partner.requests)) == (True, (), 2)


@pytest.mark.parametrize("cursor", [{"token": "b"}, ["b"], True])
async def test_a_cursor_that_is_none_is_a_misfit(say: Say, source: Sources, cursor: object) -> None:
    say({"results": [], "next": cursor})
    with pytest.raises(SourceMisfit, match="no text or number"):
        await refs(source(next={"at": "/next", "into": "/after"}), ADA)


TWELVE = [Identifiers(f"Ada{n}", f"Smith{n}") for n in range(12)]


async def test_all_people_of_a_query_are_one_request(partner: Partner, source: Sources) -> None:
    await refs(source(), *TWELVE)
    (body,) = partner.bodies
    assert [one["last"] for one in body["query"]["people"]] == [f"Smith{n}" for n in range(12)]


async def test_person_by_person_they_are_a_request_each_side_by_side_and_a_row_for_two_of_them_is_one(
    partner: Partner, source: Sources
) -> None:
    assert await refs(source("http person by person"), *TWELVE) == ["1"]
    assert sorted(body["query"]["people"][0]["last"] for body in partner.bodies) == sorted(
        f"Smith{n}" for n in range(12)
    )
    assert len(partner.connections) == 8  # as many as the pool has


async def test_who_cannot_be_asked_about_is_named_and_the_others_are_asked(
    partner: Partner, source: Sources
) -> None:
    candidates = await found(source(needs=[["nhs_number"]]), ADA, Identifiers(nhs_number="9434765919"))
    assert candidates.not_asked == {0}
    assert partner.bodies == [{"query": {"people": [{"nhs": "9434765919"}]}}]
    nobody = await found(source(needs=[["nhs_number"]]), ADA)
    assert nobody.not_asked == {0}
    assert (nobody.rows, len(partner.bodies)) == ((), 1)


async def test_a_case_is_asked_for_by_its_number_and_others_that_begin_alike_go(
    partner: Partner, known: Papers, say: Say
) -> None:
    """The worker of CS-0001 may hold CS-00011 too: it would be taken for the case that was asked about."""
    file = web_source(connection_to(partner.port, known))
    columns = file.identifiers.model_copy(update={"case_id": file.identifiers.upn})
    cases = connected(file.model_copy(update={"identifiers": columns, "local_key": "/upn"}))
    say(
        {"results": [row(upn=one, category=one) for one in ("CS-0001", "CS-00011", "XCS-0001", "", None)][:3]}
    )
    candidates = await cases.candidates(case_search("q-1", "cs-0001", 5.0, people=False))
    await cases.close()
    assert [one.local_key for one in candidates.rows] == ["CS-0001"]
    assert partner.bodies == [{"query": {"people": [{"case": "cs-0001"}]}}]


async def test_a_trial_that_fits_opens_the_source(say: Say, source: Sources, partner: Partner) -> None:
    say({"results": [ADAS_ROW]})
    await source(probe={"body": {"trial": "TEST-1"}}).open()
    assert partner.bodies == [{"trial": "TEST-1"}]
    assert partner.requests[0].headers["X-Query-Id"] == "probe"


WRONG_TRIALS: list[tuple[Any, int, type[SourceFault], str]] = [
    ({"results": []}, 200, SourceMisfit, "answered without a row"),
    ({"results": [ADAS_ROW], "more": 1}, 200, SourceMisfit, "answer is not whole"),
    (
        {"results": [{"reff": "1"}]},
        200,
        SourceMisfit,
        r"local_key: there is no column '/ref'\. Did you mean '/reff'\?",
    ),
    ({}, 503, SourceUnavailable, "HTTP 503"),
    ({"code": "NO_PERSON"}, 404, SourceMisfit, "answered without a row"),
]


@pytest.mark.parametrize(("document", "status", "fault", "said"), WRONG_TRIALS)
async def test_a_trial_that_does_not_fit_says_why(
    say: Say, source: Sources, document: Any, status: int, fault: type[SourceFault], said: str
) -> None:
    say(document, status)
    tried = source(
        probe={"body": {"trial": True}},
        too_many=[{"at": "/more"}],
        none_found=[{"status": 404, "at": "/code", "is": "NO_PERSON"}],
    )
    with pytest.raises(fault, match=said):
        await tried.open()


async def test_the_trace_that_a_question_belongs_to_goes_along(partner: Partner, source: Sources) -> None:
    with TracerProvider(shutdown_on_exit=False).get_tracer("tests").start_as_current_span("query") as span:
        await refs(source(), ADA)
    assert f"{span.get_span_context().trace_id:032x}" in partner.requests[0].headers["traceparent"]


async def test_fixed_parameters_and_another_header_for_the_querys_id(
    partner: Partner, source: Sources
) -> None:
    await refs(source(query={"api-version": "2026-01"}, query_id_header="X-Correlation-Id"), ADA)
    (request,) = partner.requests
    assert (request.query_string, request.headers["X-Correlation-Id"]) == ("api-version=2026-01", "q-1")


async def test_a_search_api_may_take_its_body_by_get(partner: Partner, source: Sources) -> None:
    assert await refs(source(method="GET"), ADA) == ["1"]
    assert partner.requests[0].method == "GET"
