"""People who must not be found, or not be located: at once, at every service, in bytes that tell nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest
from click.testing import CliRunner, Result

from broker.audit.keys import load_keys
from broker.cli import main
from broker.cli.printing import Exit
from broker.registers import shields
from broker.registers.shields import Shield, shields_of
from broker.registers.store import Store
from broker.registers.watching import EVERY
from connectors.contract import Candidate, Identifiers
from tests.fakes.littleworth import EMMA, POLICIES, Littleworth, littleworth, part, row, write_files

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
ASHDOWN = Identifiers(given_name="Emma", family_name="Ashdown", birth_date=date(1991, 3, 7))
EVERYWHERE = {name: [row()] for name in POLICIES}


def shield(**changed: Any) -> Shield:
    facts: dict[str, Any] = {
        "id": "",
        "kind": "person",
        "reason": "A threat",
        "review_on": date(2027, 1, 1),
        "by": "j",
    }
    return Shield(**(facts | changed))


def write(directory: Path, *made: Shield) -> list[str]:
    keys = load_keys(directory / "state" / "keys")
    store = Store.open(directory / "state" / "registers.db", keys)
    ids = [shields.add(store, one, NOW) for one in made]
    store.close()
    keys.close()
    return ids


@asynccontextmanager
async def town_of(directory: Path, rows: Mapping[str, Sequence[Candidate]]) -> AsyncIterator[Littleworth]:
    async with littleworth(directory, rows) as town:
        # A busy machine must not make a service look as if it had timed out: bytes are compared.
        town.front.limits = town.front.limits.model_copy(update={"seconds": 30.0})
        yield town


def told(answer: Any) -> str:
    """An answer's services as JSON, without what is drawn anew for each: sealed references and receipts."""
    services = json.loads(json.dumps(answer["services"]))
    for service in services:
        service.pop("receipt", None)
        for person in service["people"]:
            person.pop("reference", None)
    return json.dumps(services, sort_keys=True)


EMMA_BORN = row().identifiers


@pytest.mark.parametrize("view", ["flags", "details"])
@pytest.mark.parametrize("by", ["person", "record"])
async def test_a_shielded_person_looks_absent_from_the_next_question_on(
    tmp_path: Path, view: str, by: str
) -> None:
    made = (
        [shield(identities=(EMMA_BORN,))]
        if by == "person"
        else [shield(source=name, local_key=row().local_key) for name in POLICIES]
    )
    async with town_of(tmp_path / "none", dict.fromkeys(POLICIES, ())) as nobody:
        absent = told(await nobody.ask(view=view))
    async with town_of(tmp_path / "all", EVERYWHERE) as town:
        assert part(await town.ask(view=view), "school")["outcome"] == "involved"
        write(town.directory, *made)
        assert told(await town.ask(view=view)) == absent


def test_a_record_that_may_be_a_shielded_persons_is_shielded_too() -> None:
    quite_another_day, number = date(1962, 11, 20), {"nhs_number": "9990000018"}
    another, elsewhere = (
        {"birth_date": quite_another_day, "nhs_number": None},
        {"address": None, "postcode": None},
    )
    rows = [
        row(),
        row("unsure", identifiers={"birth_date": None, "nhs_number": None}),
        row("a slip", identifiers={"given_name": "Emma", "family_name": "Ashdwon"}),
        row("renamed", identifiers={"family_name": "Quayle", "birth_date": quite_another_day} | number),
        row("namesake", identifiers={"birth_date": quite_another_day, "nhs_number": None, "address": None}),
        row("a man", identifiers={"given_name": "Robert", "family_name": "Quayle"} | another | elsewhere),
    ]
    emma = replace(EMMA_BORN, nhs_number="9990000018")
    found = shields_of([shield(id="s", identities=(emma,))]).marked(rows, "school", 20_000)
    assert [one.restricted for one in found] == [True, True, True, True, False, False]


async def test_a_shield_of_one_record_leaves_the_others(tmp_path: Path) -> None:
    async with town_of(tmp_path / "t", EVERYWHERE) as town:
        write(town.directory, shield(source="school", local_key=row().local_key))
        answer = await town.ask()
    assert part(answer, "school")["outcome"] == "nothing_to_share"
    assert part(answer, "housing")["outcome"] == "involved"


async def test_of_a_shielded_location_the_desk_alone_is_told(tmp_path: Path) -> None:
    async with town_of(tmp_path / "t", EVERYWHERE) as town:
        write(town.directory, shield(kind="location", identities=(EMMA_BORN,)))
        (shown,) = part(await town.ask(), "school")["involvements"]
    lead = shown["involvement"]["lead_practitioner"]
    assert {name: value for name, value in lead.items() if value} == {"shown": "desk"}


async def test_an_old_and_a_new_identity_are_found_and_neither_by_the_other(tmp_path: Path) -> None:
    old = {"given_name": "Emma", "family_name": "Ashdown"}
    new = replace(EMMA_BORN, family_name="Winterbourne", nhs_number=None, other_family_names=("Ashdown",))
    known = replace(row("k9"), identifiers=new)
    asked = {**EMMA, **old}
    asked.pop("nhs_number", None)
    async with town_of(tmp_path / "t", {"school": [known]}) as town:
        before = part(await town.ask(asked), "school")["outcome"]
        apart = (replace(new, other_family_names=()), replace(EMMA_BORN, nhs_number=None))
        write(town.directory, shield(kind="link", identities=apart))
        after = part(await town.ask(asked), "school")["outcome"]
        by_new = part(await town.ask({**asked, "family_name": "Winterbourne"}), "school")["outcome"]
    assert before == "involved"
    assert after != "involved"
    assert by_new == "involved"


async def test_a_lifted_shield_holds_no_more(tmp_path: Path) -> None:
    async with town_of(tmp_path / "t", EVERYWHERE) as town:
        (one,) = write(town.directory, shield(identities=(EMMA_BORN,)))
        assert part(await town.ask(), "school")["outcome"] == "nothing_to_share"
        where = ("--partnership", town.directory, "--reason", "The threat is over")
        assert run("lift", one, *where).exit_code == Exit.WELL
        assert part(await town.ask(), "school")["outcome"] == "involved"
        assert run("lift", one, *where).exit_code == Exit.USAGE


async def test_the_register_tells_nobody_without_its_key(tmp_path: Path) -> None:
    async with town_of(tmp_path / "t", EVERYWHERE) as town:
        write(town.directory, shield(identities=(EMMA_BORN,), reason="Zyxwvut threatened her"))
        await town.ask()
        kept = town.log_bytes()
    for word in (b"Ashdown", b"Zyxwvut", b"1991-03-07", b"threatened"):
        assert word not in kept


async def test_a_register_that_cannot_be_read_closes_the_services(tmp_path: Path) -> None:
    async with town_of(tmp_path / "t", EVERYWHERE) as town:
        write(town.directory, shield(identities=(EMMA_BORN,)))
        other = apsw.Connection(str(town.directory / "state" / "registers.db"))
        other.execute("UPDATE entry SET sealed = zeroblob(64)")
        outcomes = {one["people"][0]["outcome"] for one in (await town.ask())["services"]}
        await asyncio.sleep(2 * EVERY)
        later = {one["people"][0]["outcome"] for one in (await town.ask())["services"]}
        other.close()
    assert (outcomes, later) == ({"unavailable"}, {"unavailable"})


async def test_what_changed_is_recorded_by_ids_alone(tmp_path: Path) -> None:
    async with town_of(tmp_path / "t", EVERYWHERE) as town:
        (one,) = write(town.directory, shield(identities=(EMMA_BORN,)))
        assert await changes(town, 1) == [([one], [])]


async def test_what_changed_while_no_broker_ran_is_recorded_when_one_starts(tmp_path: Path) -> None:
    async with town_of(tmp_path, EVERYWHERE) as town:
        first, second = write(
            town.directory, shield(identities=(EMMA_BORN,)), shield(identities=(EMMA_BORN,))
        )
        await changes(town, 1)
    run("lift", first, "--partnership", tmp_path, "--reason", "The threat is over")
    (third,) = write(tmp_path, shield(identities=(EMMA_BORN,)))
    register = apsw.Connection(str(tmp_path / "state" / "registers.db"))
    register.execute("DELETE FROM entry WHERE id = ?", (second,))
    register.close()
    async with town_of(tmp_path, EVERYWHERE) as town:
        assert (await changes(town, 2))[0] == ([third], sorted([first, second]))
    async with town_of(tmp_path, EVERYWHERE) as town:
        await asyncio.sleep(1.5 * EVERY)
        assert len(await changes(town, 2)) == 2


async def changes(town: Littleworth, at_least: int) -> list[tuple[list[str], list[str]]]:
    """What came into force, and what was lifted, by the log's entries; the latest first."""
    for _ in range(100):
        with town.reader() as reader:
            found = [one["shields"] for one in reader.of_kind("shields.changed")]
        if len(found) >= at_least:
            break
        await asyncio.sleep(0.1)
    return [(one["added"], one["lifted"]) for one in found]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(main, ["shield", *map(str, words)])


async def test_somebody_is_shielded_from_the_command_line(tmp_path: Path) -> None:
    async with town_of(tmp_path / "t", EVERYWHERE) as town:
        where = ("--partnership", town.directory, "--reason", "A threat", "--review", "2027-06-01")
        born = EMMA_BORN.birth_date
        made = run("add", *where, "--person", f"Ashdown, Emma, {born}")
        assert made.exit_code == Exit.WELL, made.output
        assert part(await town.ask(), "school")["outcome"] == "nothing_to_share"
        listed = run("list", "--partnership", town.directory)
        assert ("A threat" in listed.output, "Ashdown" in listed.output) == (True, False)
        assert (
            json.loads(run("list", "--partnership", town.directory, "--source", "school", "--json").output)
            == []
        )


async def test_whom_a_shield_is_about_is_shown_to_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    emma, where = f"Ashdown, Emma, {EMMA_BORN.birth_date}", ("--partnership", tmp_path)
    async with town_of(tmp_path, EVERYWHERE) as town:
        made = run("add", *where, "--reason", "A threat", "--review", "2027-06-01", "--person", emma)
        mine = made.output.split()[1]
        (another,) = write(tmp_path, shield(source="school", local_key="K1"))
        shown = await asyncio.to_thread(run, "show", mine, *where, "--json")
        assert json.loads(shown.output)["about"] == [emma]
        for name in ("LOGNAME", "USER"):  # which say nothing of who somebody is
            monkeypatch.setenv(name, "j")
        refused = await asyncio.to_thread(run, "show", another, *where)
        assert (refused.exit_code, "K1" in refused.output) == (Exit.REFUSED, False)
        assert (await asyncio.to_thread(run, "show", "none", *where)).exit_code == Exit.USAGE
        with town.reader() as reader:
            read = [one.facts["request"] for one in reader.entries() if one.kind == "audit.read"]
        assert [(one["command"], one["asked"]) for one in read] == [("shield show", {"shield": mine})]
    (tmp_path / "state" / "audit.db").write_bytes(b"no database, so nothing can be recorded")
    unlogged = await asyncio.to_thread(run, "show", mine, *where)
    assert (unlogged.exit_code != Exit.WELL, "Ashdown" in unlogged.output) == (True, False)


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ((), "Name a record"),
        (("--source", "school"), "Name a record"),
        (("--person", "Ashdown, Emma, 1991-03-07", "--source", "school"), "Name a record"),
        (("--source", "shcool", "--record", "4711"), "There is no service shcool. There are: housing,"),
        (("--person", "Ashdown, Emma, 1991-03-07", "--nhs-number", "9990000019"), "is no NHS number"),
        (("--person", "Ashdown, Emma, soon"), "Write the person as"),
        (("--person", "Ashdown"), "Write the person as"),
        (("--person", "Ashdown, Emma, 1991-03-07", "--kind", "link"), "A link has two identities"),
    ],
)
async def test_a_slip_is_told_plainly(tmp_path: Path, words: tuple[str, ...], advice: str) -> None:
    write_files(tmp_path)
    told_ = run("add", "--partnership", tmp_path, "--reason", "r", "--review", "2027-06-01", *words)
    assert told_.exit_code == Exit.USAGE
    assert advice in " ".join(told_.output.split())
