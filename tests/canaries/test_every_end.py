"""No word of anybody is left behind by a broker's process, whatever it dies of; nor by bytes that are no HTTP."""

from __future__ import annotations

import asyncio
import resource
import signal
import socket
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.canaries.calls import OF_API, RIGHT, Call, Told
from tests.canaries.dying import ENDED, WAYS
from tests.canaries.people import FORM, STRAY, TYPED, WORDS, question, rows
from tests.canaries.search import found
from tests.canaries.sending import Sender, client
from tests.canaries.town import BUSY, NOWHERE, ringing
from tests.fakes.ringing_littleworth import settings
from tests.fakes.served_littleworth import ENVIRONMENT, Served, ServedLittleworth, settled

TELEMETRY = 'telemetry: {export: console, metrics_key: "env:SEAL_KEY"}\n'
LIKE_HTTP = (
    f"GET /{STRAY}{TYPED['given_name']} HTTP/1.1\r\nHost: {FORM}\r\n{STRAY} {FORM}\r\n\r\n",
    f"{STRAY.upper()} {TYPED['postcode']}\r\n\r\n",
    f"POST /v1/queries HTTP/1.1\r\nHost: a\r\nContent-Length: {STRAY}\r\n\r\n{FORM}",
    f"POST /v1/queries HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{STRAY}\r\n{FORM}\r\n",
    f"GET / HTTP/1.1\r\nHost: a\r\nX: {STRAY * 4000}\r\n\r\n",
    f"GET /{STRAY * 4000} HTTP/1.1\r\nHost: a\r\n\r\n",
    f"GET http://{STRAY}:{FORM}/ HTTP/9.{STRAY}\r\n\r\n",
    f"\x16\x03\x01{STRAY}{FORM}\x00",
)
"""What is sent as if it were a request."""


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ServedLittleworth:
    """Files of a Littleworth whose broker tells all that it may: spans, and where a signal ended it."""
    monkeypatch.setitem(ENVIRONMENT, "PYTHONFAULTHANDLER", "1")
    lately = datetime.now(UTC).date() - timedelta(days=9)
    made = settled(tmp_path / "town", [replace(one, last_contact=lately) for one in rows()])
    file = made.directory / "broker.yaml"
    text = file.read_text().replace("released_every_ms: 2", BUSY) + TELEMETRY
    file.write_text(settings(9, NOWHERE, text))
    school = made.directory / "sources" / "school.yaml"
    school.write_text(ringing(school.read_text()))
    return made


@dataclass(slots=True)
class Running:
    """A broker's process, whoever asks it, and what it writes onto standard error."""

    served: Served
    everybody: Sender
    said: list[str] = field(default_factory=list)
    reading: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self.reading = threading.Thread(target=self._read)
        self.reading.start()

    def _read(self) -> None:
        assert self.served.process.stderr is not None
        self.said.extend(self.served.process.stderr)

    async def asked(self, told: Told) -> Mapping[str, int]:
        """The status of every call of the API, one after the other; 0: no answer came."""
        return {name: (await self.everybody.call(name, RIGHT[name](told))).status for name in sorted(OF_API)}

    def unreadable(self) -> bytes:
        """What comes back of bytes that are no HTTP."""
        host, port = self.served.address.removeprefix("http://").split(":")
        answers = b""
        for text in LIKE_HTTP:
            with socket.create_connection((host, int(port)), timeout=0.5) as to, suppress(TimeoutError):
                to.sendall(text.encode())
                while piece := to.recv(65536):
                    answers += piece
        return answers

    def ended(self, by: signal.Signals | None = None) -> str:
        """What it wrote, once it has ended."""
        if by is not None:
            self.served.process.send_signal(by)
        self.served.process.wait(30)
        self.reading.join()
        return "".join(self.said)


@asynccontextmanager
async def running(town: ServedLittleworth) -> AsyncIterator[Running]:
    """A broker's process that is killed at the end, if nothing else ended it."""
    served = await town.start()
    asks = client()
    made = Running(served, Sender(served.address, asks, town.sign_in, datetime.now(UTC)))
    try:
        yield made
    finally:
        await asks.close()
        made.ended(signal.SIGKILL)
        for pipe in (served.process.stdout, served.process.stderr):
            assert pipe is not None
            pipe.close()


def left(town: ServedLittleworth, said: str) -> list[str]:
    """Every word that stands in what was written or is kept."""
    state = [path for path in (town.directory / "state").rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in state)
    return found(WORDS, {"standard error": said.encode(), "what is kept": kept})


async def test_no_canary_is_left_by_a_full_disk_bytes_that_are_no_http_and_a_crash(
    town: ServedLittleworth,
) -> None:
    async with running(town) as made:
        told = await made.everybody.told()
        asked = await made.asked(told)
        assert {name: status for name, status in asked.items() if status >= HTTPStatus.BAD_REQUEST} == {}
        answered = made.unreadable()
        size = max(path.stat().st_size for path in town.log.parent.iterdir())
        resource.prlimit(made.served.process.pid, resource.RLIMIT_FSIZE, (size, size))
        assert HTTPStatus.SERVICE_UNAVAILABLE in (await made.asked(told)).values()
        said = made.ended(signal.SIGABRT)
    assert b" 400 " in answered
    assert found(WORDS, {"answers": answered}) == []
    assert '"name": "query"' in said  # its spans
    assert "Fatal Python error: Aborted" in said  # faulthandler's own
    assert left(town, said) == []


async def test_no_canary_is_left_by_a_broker_that_is_killed_amid_its_work_and_starts_again(
    town: ServedLittleworth,
) -> None:
    async with running(town) as made:
        told = await made.everybody.told()
        asking = asyncio.ensure_future(made.asked(told))
        await asyncio.sleep(0.05)
        said = made.ended(signal.SIGKILL)
        await asking
    async with running(town) as again:
        assert (await again.everybody.call("ask", Call("social_worker", body=question()))).status == 200
        said += again.ended(signal.SIGTERM)
    assert left(town, said) == []


async def test_no_canary_is_left_by_a_broker_that_dies_of_a_fault_that_quotes_everybody(
    town: ServedLittleworth,
) -> None:
    async with running(replace(town, command=("tests.canaries.dying",))) as made:
        await made.asked(await made.everybody.told())
        (town.directory / "die").touch()
        said = made.ended()
    assert made.served.process.returncode == 1
    assert [way for way in (*WAYS, ENDED) if way not in said] == []
    assert "dying.py" in said
    assert left(town, said) == []
