"""Each fault of a source: its own outcome, within the deadline; the same in the log; and it recovers by itself."""

from __future__ import annotations

import pytest

from broker.answers import FAILURES
from tests.fakes.littleworth import part
from tests.faults.rig import ALL, SECONDS, SLACK, Rig
from tests.faults.rows import SOURCE_FAULTS

EACH = [
    pytest.param(name, source, id=f"{name} ({'odbc' if source == 'police' else 'postgresql'})")
    for name, fault in SOURCE_FAULTS.items()
    for source in fault.drivers
]


@pytest.mark.parametrize(("name", "source"), EACH)
async def test_a_fault_of_one_source_has_its_outcome_its_entry_and_an_end(
    broken: Rig, name: str, source: str
) -> None:
    fault = SOURCE_FAULTS[name]
    with fault.befall(broken, source):
        during, took = await broken.timed()
    assert took < SECONDS + SLACK
    assert part(during, source)["outcome"] == fault.outcome
    (told,) = (one for one in during["services"] if one["source"] == source)
    assert (told["problem"] is not None) == (fault.outcome in FAILURES)
    assert told["desk"]["phone"] == "0191 498 0000"
    assert part(during, "housing")["outcome"] == "involved"
    kinds, outcomes = broken.logged(during)
    assert kinds == ["query.intent", *["disclosure"] * len(ALL), "query.closed"]
    assert outcomes[source] == fault.outcome
    assert outcomes["housing"] == "involved"
    await broken.recovered(source)
    with broken.town.reader() as reader:
        assert reader.verify().good
