"""No word of anybody is left behind, whatever is sent to whatever endpoint; and that it would be found."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import pytest

from broker.api import server
from tests.canaries.calls import ADDRESSES, RIGHT
from tests.canaries.crashing import Crashing, telling
from tests.canaries.people import ON_EVERY_PAGE, WORDS
from tests.canaries.search import found
from tests.canaries.sending import NOTHING, quotes, sender
from tests.canaries.spoilt import spoilt
from tests.canaries.town import canary_town
from tests.canaries.trail import Trail
from tests.fakes.littleworth import Littleworth


def test_every_route_has_a_call_with_canaries() -> None:
    assert set(RIGHT) == set(ADDRESSES), "write a call for each new route into tests/canaries/calls.py"


async def test_no_canary_is_left_by_what_is_asked_rightly(tmp_path: Path, trail: Trail) -> None:
    unlike: list[tuple[str, int, str]] = []
    async with canary_town(tmp_path, [trail.exporter]) as town, sender(town) as everybody:
        told = await everybody.told()
        for name, made in RIGHT.items():
            call = made(told)
            reply = await everybody.call(name, call)
            if (reply.status >= HTTPStatus.BAD_REQUEST) != call.refused:
                unlike.append((name, reply.status, reply.text))
        await trail.followed(everybody)
    trail.kept_in(town.directory / "state")
    assert unlike == []
    assert trail.found() == []


async def test_no_canary_is_left_by_what_is_sent_wrongly(tmp_path: Path, trail: Trail) -> None:
    replies: list[str] = []
    broken: list[tuple[str, int, str]] = []
    lost = 0
    async with canary_town(tmp_path, [trail.exporter]) as town, sender(town) as everybody:
        told = await everybody.told()
        for name, made in RIGHT.items():
            for one in spoilt(everybody.right(name, made(told))):
                reply = await everybody.put(one)
                if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    broken.append((f"{name}: {one.method} {one.address}", reply.status, reply.text))
                lost += reply is NOTHING
                replies.append(f"{name} answered {quotes(reply)}")
        await trail.followed(everybody)
    trail.kept_in(town.directory / "state")
    assert broken == []
    assert lost < len(replies) / 50
    assert len(replies) > 30 * len(RIGHT)
    assert found(WORDS, {"the replies": "\n".join(replies).encode()}) == []
    assert trail.found() == []


async def test_no_canary_is_left_when_the_handlers_of_all_routes_crash(
    tmp_path: Path, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashing = Crashing()
    monkeypatch.setattr(server, "ROUTES", crashing.routes)
    async with canary_town(tmp_path, [trail.exporter]) as town, sender(town) as everybody:
        told = await everybody.told()
        crashing.armed = True
        replies = [await everybody.call(name, made(told)) for name, made in RIGHT.items()]
        crashing.armed = False
        await trail.followed(everybody)
    trail.kept_in(town.directory / "state")
    assert crashing.crashed == set(RIGHT)
    assert {one.status for one in replies} == {HTTPStatus.SERVICE_UNAVAILABLE}
    said = {"replies": "".join(one.text + one.headers for one in replies).encode()}
    assert found(set(WORDS) - {ON_EVERY_PAGE}, said) == []
    assert trail.found() == []


async def test_no_canary_is_left_when_what_is_behind_the_handlers_crashes(
    tmp_path: Path, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with canary_town(tmp_path, [trail.exporter]) as town, sender(town) as everybody:
        for breaks in (_sources, _feedback, _desks, _log):
            told = await everybody.told()
            with monkeypatch.context() as patched:
                breaks(town, patched)
                for name, made in RIGHT.items():
                    await everybody.call(name, made(told))
                await town.front.calls.queue.once()
                await town.front.feedback.settled()
            for source in town.sources.values():
                source.works()
        await trail.followed(everybody)
    trail.kept_in(town.directory / "state")
    assert trail.found() == []


def _sources(town: Littleworth, _: pytest.MonkeyPatch) -> None:
    for source in town.sources.values():
        source.fails(telling())


def _feedback(town: Littleworth, patched: pytest.MonkeyPatch) -> None:
    patched.setattr(town.front.feedback, "teach", dict.fromkeys(town.sources, _fails))


def _desks(town: Littleworth, patched: pytest.MonkeyPatch) -> None:
    desk = replace(town.front.calls.queue.desks, ways={("school_desk", "email"): Failing()})
    patched.setattr(town.front.calls.queue, "desks", desk)


def _log(town: Littleworth, patched: pytest.MonkeyPatch) -> None:
    patched.setattr(type(town.front.broker.log), "record", _fails)


async def _fails(*_: object) -> None:
    raise telling()


class Failing:
    """A desk that breaks."""

    async def send(self, *_: object) -> None:
        raise telling()
