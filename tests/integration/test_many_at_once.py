"""Many requesters at once: each gets an answer of their own, and every entry of it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.fakes.littleworth import BROKER, EMMA, PURPOSES, littleworth, part, question, row


async def test_sixty_queries_at_once_are_all_answered_and_recorded(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        # They are one requester's, on a machine that may be busy.
        town.front.admission.patience = 60
        town.front.limits = town.front.limits.model_copy(update={"seconds": 120})
        names = ["Emma", "Leon"] * 30
        asked = (town.post("/v1/queries", question({**EMMA, "given_name": name})) for name in names)
        replies = await asyncio.gather(*asked)
        assert {status for status, _ in replies} == {200}
        found = [part(answer, "school")["outcome"] == "involved" for _, answer in replies]
        assert found == [name == "Emma" for name in names]
        with town.reader() as reader:
            traces = [reader.trace(answer["query_id"]) for _, answer in replies]
            assert {len(trace.entries) for trace in traces} == {5}
            assert reader.verify().good


async def test_more_than_the_broker_takes_at_once_are_told_to_come_back(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        admission = town.front.admission
        admission.inside = admission.at_once  # as many as it takes are being answered
        admission.waiting = 0
        async with town.client.post("/v1/queries", json=question(), headers=town.headers()) as reply:
            problem = await reply.json(content_type=None)
            assert (reply.status, problem["type"].rsplit(":", 1)[1]) == (503, "overloaded")
            assert int(reply.headers["Retry-After"]) > 0
            assert problem["desks"]
        admission.inside -= 1
        assert (await town.post("/v1/queries", question()))[0] == 200
        assert admission.inside == admission.at_once - 1


async def test_what_was_waited_for_a_place_is_part_of_the_deadline(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        admission, before = town.front.admission, asyncio.get_running_loop().time()
        town.sources["school"].freezes()
        admission.inside = admission.at_once
        asked = asyncio.ensure_future(town.ask())
        await asyncio.sleep(0.5)
        admission.inside = 0
        admission.seen(late=0)
        assert part(await asked, "school")["outcome"] == "timed_out"
        assert asyncio.get_running_loop().time() - before < town.front.limits.seconds + 0.4


async def test_the_least_of_purpose_header_and_setting_is_how_long_an_answer_takes(tmp_path: Path) -> None:
    hurried = PURPOSES.replace("look_back: 5 years", "look_back: 5 years\n    longest_wait: 2 seconds")
    broker = BROKER.replace("seconds: 1.5", "seconds: 4")
    async with littleworth(tmp_path, {"school": [row()]}, purposes=hurried, broker=broker) as town:
        town.sources["school"].freezes()
        for header, least in (({}, 2), ({"Prefer": "wait=1"}, 1), ({"Prefer": "wait=3"}, 2)):
            began = asyncio.get_running_loop().time()
            sent = {**town.headers(), **header}
            async with town.client.post("/v1/queries", json=question(), headers=sent) as reply:
                assert part(await reply.json(), "school")["outcome"] == "timed_out"
            assert least - 0.3 < asyncio.get_running_loop().time() - began < least + 0.9
