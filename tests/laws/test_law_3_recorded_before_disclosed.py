"""Law 3. Recorded before disclosed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from broker.audit import call_events, events, match_events
from broker.audit.log import AuditLog, LogUnavailable
from broker.audit.witness.cosignature import Cosigner
from broker.audit.witness.standing import Standing, standing
from connectors.contract import Candidates, Search
from connectors.memory import MemoryConnector
from tests.fakes.littleworth import NOW, POLICIES, Littleworth, part, question, row
from tests.fakes.littleworth_cases import CASES, HOLDER, linked, with_cases
from tests.fakes.ringing_littleworth import NO_SERVERS, RINGING, offered, ring, with_desk
from tests.laws.conftest import Start


class Witness:
    """Stands before the audit log and keeps the order in which things became durable, were asked, or failed."""

    def __init__(self, log: AuditLog, *, failing: type[Any] | None = None) -> None:
        self._log, self._failing, self.seen = log, failing, list[str]()
        self.healthy, self.standing = True, log.standing

    async def record(self, event: Any) -> Any:
        if self._failing and isinstance(event, self._failing):
            raise LogUnavailable("the disk is full")
        receipt = await self._log.record(event)
        self.seen.append(type(event).__name__)
        return receipt

    async def asked_about(self, *args: Any, **named: Any) -> Any:
        return await self._log.asked_about(*args, **named)

    async def asked_by(self, *args: Any, **named: Any) -> Any:
        return await self._log.asked_by(*args, **named)

    async def tagged(self, *args: Any) -> Any:
        return await self._log.tagged(*args)


def watch(town: Littleworth, failing: type[Any] | None = None) -> Witness:
    """Put a witness before the log, and have each source say when it is asked."""
    witness = Witness(town.front.broker.log, failing=failing)
    object.__setattr__(town.front.broker, "log", witness)
    for name, source in town.sources.items():
        monkeypatch_asked(source, lambda name=name: witness.seen.append(f"asked {name}"))  # type: ignore[misc]
    return witness


def monkeypatch_asked(source: MemoryConnector, say: Callable[[], None]) -> None:
    """Have a source say when it is asked."""
    asked = source.candidates

    async def candidates(search: Search) -> Candidates:
        say()
        return await asked(search)

    source.candidates = candidates  # type: ignore[method-assign]


async def test_law_3_the_intent_is_durable_before_any_source_is_asked(start: Start) -> None:
    town = await start({"school": [row()]})
    witness = watch(town)
    await town.ask()
    assert witness.seen[0] == "QueryIntent"
    assert {"asked school", "asked housing", "asked police"} <= set(witness.seen)


async def test_law_3_a_disclosure_is_durable_for_every_source_before_the_answer_leaves(start: Start) -> None:
    town = await start({"school": [row()]})
    witness = watch(town)
    answer = await town.ask()
    assert witness.seen.count("Disclosure") == 3
    indexes = [service["receipt"]["index"] for service in answer["services"]]
    assert len(set(indexes)) == 3
    assert min(indexes) > answer["receipt"]["index"]


async def test_law_3_without_an_intent_no_source_is_asked_and_the_desks_are_shown(start: Start) -> None:
    town = await start({"school": [row()]})
    witness = watch(town, failing=events.QueryIntent)
    status, problem = await town.post("/v1/queries", question())
    assert status == 503
    assert {desk["phone"] for desk in problem["desks"]} == {"0191 498 0000"}
    assert {desk["service"] for desk in problem["desks"]} == {"School", "Housing", "Police"}
    assert witness.seen == []


async def test_law_3_without_a_disclosure_entry_nothing_of_any_source_leaves(start: Start) -> None:
    town = await start({"school": [row()]})
    watch(town, failing=events.Disclosure)
    status, problem = await town.post("/v1/queries", question())
    assert status == 503
    assert "Known to this service" not in str(problem)
    assert "Quayle" not in str(problem)


async def test_law_3_opening_details_is_a_consultation_with_its_own_entries(start: Start) -> None:
    town = await start({"school": [row()]})
    flags = await town.ask(view="flags")
    witness = watch(town)
    status, details = await town.post("/v1/details", {"reference": part(flags, "school")["reference"]})
    assert status == 200
    assert details["query_id"] != flags["query_id"]
    assert witness.seen == ["QueryIntent", "asked school", "Disclosure", "QueryClosed"]


async def test_law_3_a_refusal_is_recorded_before_it_is_answered(start: Start) -> None:
    town = await start()
    witness = watch(town)
    status, _ = await town.post("/v1/queries", question(purpose="curiosity"))
    assert (status, witness.seen) == (403, ["Refused"])


async def test_law_3_whom_a_case_led_to_is_durable_before_any_other_source_is_asked(start: Start) -> None:
    town = await start({CASES: [linked()], "school": [row()]}, **with_cases())
    witness = watch(town)
    status, answer = await town.post("/v1/queries", {**question(), "journey": "case", "people": []}, HOLDER)
    assert (status, len(answer["people"])) == (200, 1)
    assert witness.seen[:3] == ["QueryIntent", f"asked {CASES}", "CaseChecked"]
    assert "asked school" in witness.seen[3:]


async def test_law_3_without_that_entry_nobody_is_named_and_no_other_source_is_asked(start: Start) -> None:
    town = await start({CASES: [linked()], "school": [row()]}, **with_cases())
    witness = watch(town, failing=events.CaseChecked)
    status, problem = await town.post("/v1/queries", {**question(), "journey": "case", "people": []}, HOLDER)
    assert (status, problem["type"]) == (503, "urn:family-context:problem:not_recorded")
    assert "Emma" not in str(problem)
    assert "asked school" not in witness.seen


async def feedback(town: Littleworth) -> tuple[int, Any]:
    sealed = part(await town.ask(view="flags"), "school")["reference"]
    return await town.post("/v1/match-feedback", {"reference": sealed, "verdict": "wrong_person"})


async def test_law_3_feedback_is_durable_before_its_reply_and_before_a_source_is_asked_again(
    start: Start,
) -> None:
    town = await start({"school": [row()]})
    witness = watch(town)
    status, _ = await feedback(town)
    assert status == 202
    await town.front.feedback.settled()
    said = witness.seen[witness.seen.index("QueryClosed") + 1 :]
    assert said == ["MatchFeedback", "TriageOpened", "asked school"]


async def test_law_3_feedback_that_cannot_be_recorded_is_not_taken(start: Start) -> None:
    town = await start({"school": [row()]})
    witness = watch(town, failing=match_events.MatchFeedback)
    status, problem = await feedback(town)
    assert (status, problem["type"]) == (503, "urn:family-context:problem:not_recorded")
    await town.front.feedback.settled()
    assert "asked school" not in witness.seen[witness.seen.index("QueryClosed") :]


async def rung(start: Start, failing: type[Any] | None = None) -> tuple[list[str], int]:
    """What happened after the school was asked to ring back, in order, and the status of the reply."""
    town = await start({"school": [row()]}, sources=RINGING, broker=NO_SERVERS)
    witness = watch(town, failing)
    with_desk(town, lambda _: witness.seen.append("told the desk"))
    status, _ = await ring(town, await offered(town))
    for _ in range(10):
        await asyncio.sleep(0.01)
    return witness.seen[witness.seen.index("QueryClosed") + 1 :], status


async def test_law_3_a_request_to_ring_back_is_durable_before_the_desk_is_told(start: Start) -> None:
    assert await rung(start) == (["CallRequested", "told the desk"], 202)


async def test_law_3_of_a_request_that_cannot_be_recorded_nobody_is_told(start: Start) -> None:
    assert await rung(start, call_events.CallRequested) == ([], 503)


async def test_law_3_a_changed_policy_is_recorded_before_it_is_in_force(start: Start) -> None:
    async def unwritable(_: Any) -> None:
        raise LogUnavailable("for a test")

    town = await start()
    less = POLICIES["school"].replace("version: 3", "version: 4")
    (town.directory / "policies" / "school.yaml").write_text(less, encoding="utf-8")
    town.front.reloading.record = unwritable
    assert not await town.front.reloading.reload()
    assert town.front.broker.around.catalogue.services["school"].policy.version == 3


async def test_law_3_feedback_that_was_not_recorded_is_recorded_when_it_is_sent_again(start: Start) -> None:
    town = await start({"school": [row()]})
    sealed = part(await town.ask(view="flags"), "school")["reference"]
    said = {"reference": sealed, "verdict": "wrong_person"}
    whole = town.front.broker.log
    for failing in (match_events.MatchFeedback, match_events.TriageOpened):
        object.__setattr__(town.front.broker, "log", whole)
        watch(town, failing=failing)
        assert (await town.post("/v1/match-feedback", said))[0] == 503
    object.__setattr__(town.front.broker, "log", whole)
    assert (await town.post("/v1/match-feedback", said))[0] == 202
    with town.reader() as reader:
        assert "match.triage_opened" in [one.kind for one in reader.entries()]


def lapsed() -> Standing:
    """As of a log whose witnesses have not cosigned an entry for an hour and more."""
    long_ago = NOW - timedelta(minutes=61)
    return standing([Cosigner("police.example/w", bytes(32))], 1, timedelta(minutes=60), long_ago)


async def test_law_3_without_a_witness_for_too_long_no_source_is_asked_and_the_desks_are_shown(
    start: Start,
) -> None:
    town = await start({"school": [row()]})
    witness = watch(town)
    witness.standing = lapsed()
    status, problem = await town.post("/v1/queries", question())
    assert (status, problem["type"].rpartition(":")[2]) == (503, "not_witnessed")
    assert {desk["service"] for desk in problem["desks"]} == {"School", "Housing", "Police"}
    assert witness.seen == []


async def test_law_3_what_is_heard_when_the_witnesses_have_become_too_old_is_not_disclosed(
    start: Start,
) -> None:
    town = await start({"school": [row()]})
    witness = watch(town)
    monkeypatch_asked(town.sources["school"], lambda: setattr(witness, "standing", lapsed()))
    status, problem = await town.post("/v1/queries", question())
    assert (status, problem["type"].rpartition(":")[2]) == (503, "not_witnessed")
    assert witness.seen[-1] == "QueryClosed"
