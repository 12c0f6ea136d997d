"""A running broker and its witnesses: cosigned while they answer, silent when they haven't for too long."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from broker.audit.checkpoint import Verifier, opened
from broker.audit.keys import create_keys, load_keys
from broker.audit.witness import watching
from broker.audit.witness.cosignature import Cosigner, cosignature_in
from broker.audit.witness.deciding import Witness
from broker.audit.witness.memory import Memory
from broker.audit.witness.server import make_witness
from broker.cli import main
from handwritten import Faults
from tests.fakes.littleworth import BROKER, EMMA, Clock, Littleworth, littleworth, question, row

ORIGIN = "littleworth.example/family-context"
KEYS = {name: Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32)) for name in ("police", "health")}


def cosigner(name: str) -> Cosigner:
    return Cosigner(f"{name}.example/w", KEYS[name].public_key().public_bytes_raw())


class Partner:
    """A witness that another party runs, whose clock is the broker's, and which can go away and come back."""

    def __init__(self, name: str, directory: Path, clock: Clock, port: int) -> None:
        self.name, self.directory, self.clock, self.port = name, directory, clock, port
        self._runner: web.AppRunner | None = None
        Memory.create(directory / f"{name}.db", cosigner(name).text())

    @property
    def named(self) -> str:
        """As broker.yaml names it."""
        return f"{{name: {self.name}, key: '{cosigner(self.name).text()}', address: 'http://127.0.0.1:{self.port}'}}"

    async def come(self, public: bytes) -> None:
        of = Witness(cosigner(self.name).name, KEYS[self.name], {ORIGIN: (Verifier(ORIGIN, public),)})
        memory = Memory.open(self.directory / f"{self.name}.db", cosigner(self.name).text())
        self._runner = web.AppRunner(make_witness(of, memory, self.clock), shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def go(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None


Partners = dict[str, Partner]
Start = Callable[..., Awaitable[Littleworth]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks follow each other closely, and a witness that refused is asked again at once."""
    monkeypatch.setattr(watching, "EVERY", 0.05)
    monkeypatch.setattr(watching, "_LONGEST_WAIT", 0.1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def partners(
    tmp_path: Path, clock: Clock, unused_tcp_port_factory: Callable[[], int]
) -> AsyncIterator[Partners]:
    made = {name: Partner(name, tmp_path, clock, unused_tcp_port_factory()) for name in KEYS}
    yield made
    for one in made.values():
        await one.go()


def public_key(directory: Path) -> bytes:
    """The public half of the log's signing key, made when there is none."""
    keys = directory / "state" / "keys"
    if not keys.exists():
        create_keys(keys)
    loaded = load_keys(keys)
    loaded.close()
    return loaded.public


def settings(partners: Partners, *names: str, more: str = "") -> str:
    named = ", ".join(partners[name].named for name in names)
    return BROKER.replace(f"origin: {ORIGIN}", f"origin: {ORIGIN}, witnesses: [{named}]{more}")


@asynccontextmanager
async def town_of(directory: Path, clock: Clock, broker: str) -> AsyncIterator[Littleworth]:
    async with littleworth(directory, {"school": [row()]}, clock=clock, broker=broker) as town:
        yield town


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(15):
        while not await holds():  # noqa: ASYNC110 -- what is waited for happens in a server
            await asyncio.sleep(0.05)


def cosigned_by(town: Littleworth, *names: str) -> Callable[[], Awaitable[bool]]:
    """Whether every entry so far is in a checkpoint that these cosigned."""

    async def holds() -> bool:
        with town.reader() as reader:
            found = {one.witness: one.size for one in reader.store.cosignatures()}
            return all(found.get(cosigner(name).text()) == reader.store.size() for name in names)

    return holds


async def ready(town: Littleworth) -> tuple[int, str]:
    async with town.client.get("/readyz") as reply:
        return reply.status, (await reply.json())["witnessed"]


async def test_each_answer_is_soon_in_a_checkpoint_that_all_witnesses_cosigned(
    tmp_path: Path, clock: Clock, partners: Partners
) -> None:
    town_directory = tmp_path / "town"
    for one in partners.values():
        await one.come(public_key(town_directory))
    async with town_of(town_directory, clock, settings(partners, "police", "health")) as town:
        answer = await town.ask()
        await until(cosigned_by(town, "police", "health"))
        assert await ready(town) == (200, "in_time")
        with town.reader() as reader:
            proof = reader.prove(answer["receipt"]["index"])
            shown = reader.checkpoint()
            text = opened(shown, reader.verifier).text()
        assert proof is not None
        for name in KEYS:
            assert cosignature_in(shown, text, cosigner(name)).at == clock.at
            assert f"— {name}.example/w " in proof


async def test_a_broker_that_no_witness_cosigned_for_too_long_discloses_nothing_until_one_does(
    tmp_path: Path, clock: Clock, partners: Partners, caplog: pytest.LogCaptureFixture
) -> None:
    police, public = partners["police"], public_key(tmp_path / "town")
    async with town_of(tmp_path / "town", clock, settings(partners, "police")) as town:
        await town.ask()
        clock.at += timedelta(minutes=59)
        await town.ask()
        clock.at += timedelta(minutes=2)
        entries = size_of(town)
        status, problem = await town.post("/v1/queries", question())
        assert (status, problem["type"].rpartition(":")[2]) == (503, "not_witnessed")
        assert [desk["phone"] for desk in problem["desks"]] == ["0191 498 0000"] * 3
        assert size_of(town) == entries  # nothing was asked, so nothing was recorded
        assert await ready(town) == (503, "too_long_ago")
        await until(told(caplog, "nothing is disclosed now"))
        await until(told(caplog, "witness police does not cosign. It can't be reached"))
        async with town.client.post("/v1/sign-out", headers=town.headers()) as reply:
            assert reply.status == 204  # what discloses nothing goes on, and is recorded
        await police.come(public)
        await until(cosigned_by(town, "police"))
        await until(told(caplog, "answers go on"))
        assert await ready(town) == (200, "in_time")
        clock.at += timedelta(seconds=1)  # another token than the one that was ended
        assert (await town.ask())["receipt"]["log"] == ORIGIN


def told(caplog: pytest.LogCaptureFixture, sentence: str) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return sentence in caplog.text

    return holds


def size_of(town: Littleworth) -> int:
    with town.reader() as reader:
        return reader.store.size()


async def test_details_are_not_opened_either(tmp_path: Path, clock: Clock, partners: Partners) -> None:
    async with town_of(
        tmp_path / "town", clock, settings(partners, "police", more=", unwitnessed_minutes: 5")
    ) as town:
        answer = await town.ask(view="flags")
        reference = next(
            one["people"][0]["reference"] for one in answer["services"] if one["source"] == "school"
        )
        clock.at += timedelta(minutes=6)
        status, problem = await town.post("/v1/details", {"reference": reference})
        assert (status, problem["type"].rpartition(":")[2]) == (503, "not_witnessed")


async def test_an_idle_night_lapses_nothing_and_a_restart_gains_nothing(
    tmp_path: Path, clock: Clock, partners: Partners
) -> None:
    directory, police = tmp_path / "town", partners["police"]
    await police.come(public_key(directory))
    async with town_of(directory, clock, settings(partners, "police")) as town:
        await town.ask()
        await until(cosigned_by(town, "police"))
        clock.at += timedelta(hours=14)
        await asyncio.sleep(0.2)
        await town.ask()
        await until(cosigned_by(town, "police"))
        await police.go()
        await town.ask()
    clock.at += timedelta(minutes=61)
    async with town_of(directory, clock, settings(partners, "police")) as town:
        assert await ready(town) == (503, "too_long_ago")
    await police.come(public_key(directory))
    async with town_of(directory, clock, settings(partners, "police")) as town:
        assert await ready(town) == (200, "in_time")
        await town.ask()


async def test_one_of_two_witnesses_is_enough_where_the_partnership_says_so(
    tmp_path: Path, clock: Clock, partners: Partners
) -> None:
    directory = tmp_path / "town"
    await partners["health"].come(public_key(directory))
    for more, expected in ((", witnessed_by: 1", (200, "in_time")), ("", (503, "too_long_ago"))):
        async with town_of(directory, clock, settings(partners, "police", "health", more=more)) as town:
            await town.ask() if expected[0] == 200 else None
            await until(cosigned_by(town, "health"))
            clock.at += timedelta(minutes=61)
            await asyncio.sleep(0.3)
            assert await ready(town) == expected


async def test_a_witness_that_hangs_holds_up_no_answer_and_no_other_witness(
    tmp_path: Path, clock: Clock, partners: Partners
) -> None:
    directory = tmp_path / "town"
    await partners["health"].come(public_key(directory))

    async def hangs(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    def let_go() -> None:
        for one in writers:
            one.transport.abort()

    writers: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(hangs, "127.0.0.1", partners["police"].port)
    async with AsyncExitStack() as closing:
        closing.callback(server.close)
        closing.callback(let_go)
        of = settings(partners, "police", "health", more=", witnessed_by: 1")
        async with town_of(directory, clock, of) as town:
            assert (await town.ask())["receipt"]
            await until(cosigned_by(town, "health"))


async def test_status_says_who_cosigned_what_and_ends_with_1_when_it_is_too_long_ago(
    tmp_path: Path, clock: Clock, partners: Partners
) -> None:
    directory = tmp_path / "town"
    await partners["police"].come(public_key(directory))
    async with town_of(directory, clock, settings(partners, "police", "health")) as town:
        await town.ask()
        await until(cosigned_by(town, "police"))
        size = size_of(town)
    run = CliRunner().invoke(
        main,
        ["audit", "witness", "status", "--partnership", str(directory), "--json"],
        env={"SEAL_KEY": "5e" * 32},
    )
    found = json.loads(run.stdout)
    assert [(one["name"], one["cosigned"]) for one in found["witnesses"]] == [("police", size), ("health", 0)]
    assert (found["witnessed"], found["entries"]) == (0, size + 1)
    assert run.exit_code == (1 if found["too_long_ago"] else 0)
    shown = CliRunner().invoke(
        main, ["audit", "witness", "status", "--partnership", str(directory)], env={"COLUMNS": "300"}
    )
    assert "0 entries are cosigned by as many as have to: 2 of 2." in shown.stdout
    assert "never" in shown.stdout


async def test_in_production_a_broker_without_a_witness_does_not_start(tmp_path: Path, clock: Clock) -> None:
    production = BROKER.replace("partnership: Littleworth", "partnership: Littleworth\nproduction: true")
    with pytest.raises(Faults, match="In production the audit log needs a witness"):
        async with town_of(tmp_path / "town", clock, production):
            pass
    checked = CliRunner().invoke(main, ["check", str(tmp_path / "town"), "--files-only", "--json"])
    assert [one for one in json.loads(checked.stdout)["faults"] if "the audit log needs a witness" in one]


async def test_with_a_witness_a_broker_goes_into_production(
    tmp_path: Path, clock: Clock, partners: Partners
) -> None:
    production = settings(partners, "police").replace(
        "partnership: Littleworth", "partnership: Littleworth\nproduction: true"
    )
    async with town_of(tmp_path / "town", clock, production) as town:
        await town.ask(EMMA)
    checked = CliRunner().invoke(main, ["check", str(tmp_path / "town"), "--files-only", "--json"])
    told = json.loads(checked.stdout)
    assert not [one for one in (*told["faults"], *told["warnings"]) if "witness" in one]


async def test_a_ca_file_that_is_not_there_keeps_a_broker_from_starting(
    tmp_path: Path, clock: Clock, partners: Partners
) -> None:
    of = settings(partners, "police").replace("address:", "ca_file: missing.pem, address:")
    with pytest.raises(Faults, match="The ca_file of the witness police is not there"):
        async with town_of(tmp_path / "town", clock, of):
            pass


@pytest.fixture(autouse=True)
def errors_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
