"""A partner's web API as a source: one request for all people of a query, or one for each of them.

What the API chooses to return are the candidates; who they are is decided by matching, as for any source. What
the source file says is out of scope goes here, because there is no statement that could say it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import JsonValue, TypeAdapter, ValidationError

from connectors.candidate_query import selected_columns
from connectors.connection import HttpConnection, Secrets, connection_of
from connectors.contract import Candidates, Connector, Identifiers, Search, SourceMisfit
from connectors.deadline import LeftBehind, within
from connectors.expand import reference_forms
from connectors.http_address import ForbiddenAddress, Resolve, judge
from connectors.http_api import Api, NotWhole
from connectors.json_pointer import ABSENT, PointerText, WrongShape, pointer
from connectors.json_rows import JsonRows, Row
from connectors.live_columns import mapped_columns
from connectors.read_rows import candidates_of
from connectors.request_body import bodies_of, put
from connectors.request_file import NextPage, Request
from connectors.source_file import SourceFile

OPENING_SECONDS = 10.0
CLOSING_SECONDS = 2.0

_POINTER: TypeAdapter[str] = TypeAdapter(PointerText)
T = TypeVar("T")


class HttpConnector:
    """A connector (see ``contract.Connector``) for one web API. ``resolve`` looks a host's addresses up."""

    def __init__(
        self,
        source: SourceFile,
        request: Request,
        settings: HttpConnection,
        secrets: Secrets,
        base: Path,
        resolve: Resolve | None = None,
    ) -> None:
        self.source = source
        self._request = request
        self._reading = JsonRows(source, request)
        self._made: Callable[[], Api] = lambda: Api(source.source, request, settings, secrets, base, resolve)
        self._api: Api | None = None
        self._left = LeftBehind()

    async def open(self) -> None:
        """As ``contract.Connector.open``. Only a ``probe`` shows whether the API is as its file says."""
        await within(OPENING_SECONDS, self._look(), _cut_nothing, self._left)

    async def candidates(self, search: Search) -> Candidates:
        """As ``contract.Connector.candidates``. Fetching a token counts."""
        return await within(search.seconds, self._ask(search), _cut_nothing, self._left)

    async def close(self) -> None:
        """As ``contract.Connector.close``."""
        api, self._api = self._api, None
        if api is not None:
            await api.close()
        await self._left.gone(CLOSING_SECONDS)

    async def _look(self) -> None:
        probe = self._request.probe
        if probe is None:
            await self._current_api().reach()
            return
        try:
            self._reading.check_probe(await self._current_api().answer(probe.body, "probe"))
        except NotWhole:
            raise SourceMisfit(f"{self.source.source}: the probe's answer is not whole.") from None

    async def _ask(self, search: Search) -> Candidates:
        asked = bodies_of(self.source, self._request, search)
        columns = selected_columns(self.source, search)
        try:
            found = await _side_by_side(
                [self._pages(body, columns, search.query_id) for body in asked.bodies]
            )
        except NotWhole:
            return Candidates((), capped=True, not_asked=asked.not_asked)
        # A row that was given for two of the people is one.
        once = [*dict.fromkeys(row for rows in found for row in rows)]
        candidates = replace(candidates_of(self.source, columns, once), not_asked=asked.not_asked)
        return _of_these_cases(candidates, search)

    async def _pages(self, body: Mapping[str, JsonValue], columns: Sequence[str], query_id: str) -> list[Row]:
        """The rows of every page. Raises NotWhole where there are more than may be read."""
        following, rows = self._request.next, list[Row]()
        for _ in range(following.most if following else 1):
            answer = await self._current_api().answer(body, query_id)
            if answer is ABSENT:
                return rows
            rows += self._reading.of(answer, columns)
            cursor = self._cursor(following, answer)
            if following is None or cursor is None:
                return rows
            body = put(body, pointer(following.into).steps, cursor)
        raise NotWhole

    def _cursor(self, following: NextPage | None, answer: object) -> str | int | None:
        """What to ask the next page with; None where this one is the last."""
        try:
            found = ABSENT if following is None else pointer(following.at).of(answer)
        except WrongShape:
            found = []
        if found is ABSENT or found is None or found == "":
            return None
        if isinstance(found, (str, int)) and not isinstance(found, bool):
            return found
        raise SourceMisfit(f"{self.source.source}: what should lead to the next page is no text or number.")

    def _current_api(self) -> Api:
        if self._api is None:
            self._api = self._made()
        return self._api


def http_connector(
    source: SourceFile, secrets: Secrets, base: Path, resolve: Resolve | None = None
) -> Connector:
    """A connector for a source file of kind ``http``. Raises SourceMisfit."""
    settings = connection_of(source, HttpConnection)
    if source.request is None:
        raise SourceMisfit(f"{source.source}: a source of kind http has a request.")
    _check_written_addresses(source, settings)
    _check_pointers(source, source.request)
    return HttpConnector(source, source.request, settings, secrets, base, resolve)


def _check_written_addresses(source: SourceFile, settings: HttpConnection) -> None:
    """An address that is written out can be judged before anything is connected."""
    for url in filter(None, (settings.url, settings.token_url)):
        host = urlsplit(url).hostname or ""
        try:
            judge(
                str(ip_address(host)),
                private_network=settings.private_network,
                only_this_machine=settings.ssl == "disable",
            )
        except ForbiddenAddress as fault:
            raise SourceMisfit(f"{source.source}: the host is not connected to: {fault}.") from None
        except ValueError:
            continue  # a name: judged when it is resolved


def _check_pointers(source: SourceFile, request: Request) -> None:
    named = (
        *mapped_columns(source),
        *(("request.left_out_when_empty", one) for one in request.left_out_when_empty),
    )
    wrong = [
        f"{place}: {name!r} is no JSON pointer like /name/given/0."
        for place, name in named
        if not _fits(name)
    ]
    if wrong:
        sentence = f"{source.source}: the columns of a web API are JSON pointers into a row:"
        raise SourceMisfit("\n".join([sentence, *wrong]))


def _fits(name: str) -> bool:
    try:
        _POINTER.validate_python(name)
    except ValidationError:
        return False
    return bool(name)


async def _side_by_side(works: Sequence[Coroutine[object, object, T]]) -> list[T]:
    """What all of them return, in order. The first fault ends the others and is raised as itself."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in works]
    except BaseExceptionGroup as several:
        raise several.exceptions[0] from None
    return [one.result() for one in tasks]


def _of_these_cases(candidates: Candidates, search: Search) -> Candidates:
    """Asked about cases by their numbers alone, an API may look for what begins with them: other cases go."""
    numbers = [person.case_id for person in search.people if person == Identifiers(case_id=person.case_id)]
    if len(numbers) < len(search.people):
        return candidates
    asked = {form for number in numbers for form in reference_forms(number or "")}
    return replace(candidates, rows=tuple(row for row in candidates.rows if row.identifiers.case_id in asked))


def _cut_nothing() -> None:
    """A request that is cancelled closes its own connection, at once."""
