"""What becomes of a question when something happens to its source: each has its own outcome, and none lasts."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from connectors.contract import Connector, Identifiers, SourceMisfit, SourceTimedOut, SourceUnavailable
from tests.spec.connectors.conftest import Hold
from tests.spec.connectors.engines import PASSWORD, found, housing, in_sqlite, refs
from tests.spec.connectors.quality import on_engines_of
from tests.spec.connectors.troubles import Refused, Troubles

ADA = Identifiers("Ada", "Smith")
ADAS_ROW = {"ref": "1", "forename": "Ada", "surname": "Smith"}
SECONDS, ALLOWANCE = 1.0, 0.25
"""How long a question may take here, and how much later it may end, on a busy machine."""


@pytest.fixture
async def source(hold: Hold) -> Connector:
    """An open source with one row, number 1: Ada Smith. It has answered once."""
    opened = await hold(ADAS_ROW)
    assert await refs(opened, ADA) == ["1"]
    return opened


async def seconds_until_timed_out(source: Connector) -> float:
    began = time.monotonic()
    with pytest.raises(SourceTimedOut):
        await found(source, ADA, seconds=SECONDS)
    return time.monotonic() - began


@on_engines_of("renamed_column")
async def test_a_renamed_column_is_named_with_a_hint_and_mended_without_a_restart(
    source: Connector, troubles: Troubles
) -> None:
    troubles.rename("surname", "surnames")
    for _ in range(2):  # the first may find it out from the statement alone
        with pytest.raises(SourceMisfit) as raised:
            await found(source, ADA)
    assert "no column 'surname'. Did you mean 'surnames'?" in str(raised.value)
    troubles.rename("surnames", "surname")
    assert await refs(source, ADA) == ["1"]


@on_engines_of("locked_table")
async def test_a_locked_table_times_out_and_holds_up_no_other_source(
    source: Connector, troubles: Troubles, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = in_sqlite(housing(), [ADAS_ROW], {}, tmp_path / "elsewhere")
    await other.open()
    async with troubles.locked():
        waiting = asyncio.ensure_future(seconds_until_timed_out(source))
        await asyncio.sleep(0.1)
        assert await refs(other, ADA) == ["1"]
        assert not waiting.done()
        assert SECONDS <= await waiting < SECONDS + ALLOWANCE
    assert await refs(source, ADA) == ["1"]
    await other.close()


@on_engines_of("cancelled_question")
async def test_questions_that_nobody_waits_for_do_no_harm(source: Connector) -> None:
    for number in range(30):
        asked = asyncio.ensure_future(found(source, ADA))
        await asyncio.sleep((number % 5) / 1000)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
    await until_it_answers(source)
    assert await asyncio.gather(*(refs(source, ADA) for _ in range(4))) == [["1"]] * 4


async def until_it_answers(source: Connector) -> None:
    """By ODBC, so many may have gone away that the source is unavailable until their connections come back."""
    ends = time.monotonic() + 5.0
    while time.monotonic() < ends:
        with suppress(SourceUnavailable):
            assert await refs(source, ADA) == ["1"]
            return
        await asyncio.sleep(0.05)
    pytest.fail("it did not answer again")


@on_engines_of("dropped_connection")
async def test_a_connection_that_the_server_drops_is_replaced(source: Connector, troubles: Troubles) -> None:
    for _ in range(3):
        troubles.drop_connections()
        assert await refs(source, ADA) == ["1"]


@on_engines_of("frozen_server")
async def test_a_frozen_server_holds_no_question_beyond_its_deadline(
    source: Connector, troubles: Troubles
) -> None:
    with troubles.frozen():
        for _ in range(2):  # on a connection that stood, and on one that can't be made
            assert SECONDS <= await seconds_until_timed_out(source) < SECONDS + ALLOWANCE
    assert await refs(source, ADA) == ["1"]


@on_engines_of("another_time_zone_and_character_set")
async def test_a_session_of_another_zone_and_character_set_reads_the_same(
    hold: Hold, engine: str, troubles: Troubles
) -> None:
    moment = "timestamp" if engine.startswith("mariadb") else "timestamptz"
    zone = "" if engine.startswith("mariadb") else "+00"  # whoever fills it is in Greenwich
    with troubles.elsewhere():
        source = await hold(
            {
                **ADAS_ROW,
                "surname": "Łukaszewski-Zoë",
                "dob": date(1985, 3, 7),
                "started": f"2020-06-30 23:30{zone}",
            },
            types={"started": moment},
        )
        zoe = Identifiers("Ada", "Łukaszewski-Zoë")
        (row,) = (await found(source, zoe, involvement=["started"])).rows
    assert row.identifiers.family_name == "Łukaszewski-Zoë"
    assert (row.identifiers.birth_date, row.started) == (date(1985, 3, 7), date(2020, 7, 1))


SAID: dict[Refused, str] = {
    "changed": r"refuses the connection's user or password\. If the password was changed or has expired",
    "expired": r"has expired",
    "locked": r"the account is locked, disabled or may not log in",
}


@on_engines_of("refused_log_in")
@pytest.mark.parametrize("why", SAID)
async def test_a_refused_log_in_says_what_to_do_and_is_mended_without_a_restart(
    source: Connector, troubles: Troubles, why: Refused
) -> None:
    await source.close()
    with troubles.refusing(why):
        with pytest.raises(SourceUnavailable, match=SAID[why]) as raised:
            await refs(source, ADA)
        assert PASSWORD not in str(raised.value)
        assert why == "locked" or "env:PASSWORD" in str(raised.value)  # where to put another
    assert await refs(source, ADA) == ["1"]


@on_engines_of("revoked_right")
async def test_a_user_who_lost_the_right_to_the_table_is_told_so(
    source: Connector, troubles: Troubles
) -> None:
    await source.close()  # MariaDB asks for such a right when a session begins
    with troubles.revoked():
        with pytest.raises((SourceMisfit, SourceUnavailable)) as raised:
            await refs(source, ADA)
        assert any(
            one in str(raised.value) for one in ("may not read", "may not see", "or none for its user")
        )
    assert await refs(source, ADA) == ["1"]
