"""Each fault as a row of a table, and what makes it happen: ``page`` prints them, the tests hold them true."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from broker.answers import ON_PAGES, Outcome
from tests.faults.proxy import Trouble
from tests.faults.rig import DATABASE, HOST, PASSWORD, READER, Rig

Befall = Callable[[Rig, str], AbstractContextManager[None]]
"""Breaks a source of a rig for as long as the context lasts."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is broken, what the requester and the auditor see, and how it recovers."""

    broken: str
    requester: str
    auditor: str
    recovers: str


@dataclass(frozen=True, slots=True)
class SourceFault:
    """A fault of one source, by each of the ``drivers`` that it was tried with."""

    broken: str
    outcome: Outcome
    befall: Befall
    recovers: str = "With the next query"
    drivers: tuple[str, ...] = ("school", "police")

    @property
    def row(self) -> Row:
        page = ON_PAGES[self.outcome]
        return Row(
            self.broken,
            f"`{self.outcome}`: {page}"
            + ("" if self.outcome is Outcome.INVOLVED else ", with the desk's number; the others answer"),
            f"The source's `disclosure` says `{self.outcome}`; `query.closed`",
            self.recovers,
        )


def _network(trouble: Trouble) -> Befall:
    return lambda rig, source: rig.proxies[source].in_trouble(trouble)


def _refused(rig: Rig, source: str) -> AbstractContextManager[None]:
    return rig.proxies[source].away()


def _frozen(rig: Rig, _: str) -> AbstractContextManager[None]:
    return rig.cluster.frozen()


@contextmanager
def _killed(rig: Rig, _: str) -> Iterator[None]:
    rig.cluster.stop_at_once()
    try:
        yield
    finally:
        rig.cluster.start()


@contextmanager
def _sessions_ended(rig: Rig, _: str) -> Iterator[None]:
    rig.cluster.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{READER}'")  # noqa: S608 -- a constant
    yield


@contextmanager
def _full(rig: Rig, source: str) -> Iterator[None]:
    """As if others had taken every connection: the server has none for this role."""
    _run(rig, f"ALTER ROLE {READER} CONNECTION LIMIT 0")
    with _sessions_ended(rig, source):
        pass
    try:
        yield
    finally:
        _run(rig, f"ALTER ROLE {READER} CONNECTION LIMIT -1")


def _statements(before: str, after: str) -> Befall:
    """``{source}`` stands for the table."""

    @contextmanager
    def befall(rig: Rig, source: str) -> Iterator[None]:
        _run(rig, before.format(source=source))
        try:
            yield
        finally:
            _run(rig, after.format(source=source))

    return befall


def _run(rig: Rig, sql: str) -> None:
    rig.cluster.run(f"SET client_min_messages = warning; {sql}", DATABASE)


def _resolver(instead: Callable[[], None]) -> Befall:
    """The name of the school's database, looked up by a name server in trouble; what was connected is cut."""

    @contextmanager
    def befall(rig: Rig, source: str) -> Iterator[None]:
        with rig.proxies[source].away():
            pass
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(socket, "getaddrinfo", _but_for(HOST, instead))
            yield

    return befall


def _but_for(host: str, instead: Callable[[], None]) -> Callable[..., object]:
    known = socket.getaddrinfo

    def looked_up(name: object, *where: object, **how: object) -> object:
        if name == host:
            instead()
        return known(name, *where, **how)  # type: ignore[arg-type]  # as it came

    return looked_up


def _no_answer() -> None:
    raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


def _no_word() -> None:
    time.sleep(3)
    _no_answer()


@contextmanager
def _relogged(rig: Rig, source: str) -> Iterator[None]:
    _run(rig, f"ALTER ROLE {READER} PASSWORD 'another one'")
    with _sessions_ended(rig, source):
        pass
    try:
        yield
    finally:
        _run(rig, f"ALTER ROLE {READER} PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")


SOURCE_FAULTS: Mapping[str, SourceFault] = {
    "black hole": SourceFault(
        "The network swallows what the database answers", Outcome.TIMED_OUT, _network("black hole")
    ),
    "delay": SourceFault("Every answer is 5 s late", Outcome.TIMED_OUT, _network("delay")),
    "drip": SourceFault("Answers drip, 20 bytes a second", Outcome.TIMED_OUT, _network("drip")),
    "bandwidth": SourceFault("The line carries 200 bytes a second", Outcome.TIMED_OUT, _network("bandwidth")),
    "reset": SourceFault("Every connection is reset when it answers", Outcome.UNAVAILABLE, _network("reset")),
    "half close": SourceFault(
        "The server's side is closed amid the answer", Outcome.UNAVAILABLE, _network("half close")
    ),
    "garbage": SourceFault(
        "Random bytes come instead of the answer", Outcome.UNAVAILABLE, _network("garbage")
    ),
    "zeros": SourceFault("Zeros come instead of the answer", Outcome.UNAVAILABLE, _network("zeros")),
    "refused": SourceFault("Nobody listens at the database's port", Outcome.UNAVAILABLE, _refused),
    "frozen": SourceFault(
        "The database stays connected and does nothing (SIGSTOP)", Outcome.TIMED_OUT, _frozen
    ),
    "killed": SourceFault("The database was killed", Outcome.UNAVAILABLE, _killed),
    "sessions ended": SourceFault(
        "The database ended every session (a restart, a firewall's time-out)",
        Outcome.INVOLVED,
        _sessions_ended,
        "At once: a new session is opened within the query",
    ),
    "connections exhausted": SourceFault(
        "The database has no connection left for the broker", Outcome.UNAVAILABLE, _full
    ),
    "password changed": SourceFault(
        "The broker's password is another one",
        Outcome.UNAVAILABLE,
        _relogged,
        "With the next query after the password's file was changed: no restart",
    ),
    "column lost": SourceFault(
        "A column that the source file maps is gone",
        Outcome.UNAVAILABLE,
        _statements(
            "ALTER TABLE {source} RENAME COLUMN birth_date TO born",
            "ALTER TABLE {source} RENAME COLUMN born TO birth_date",
        ),
    ),
    "huge row": SourceFault(
        "A row holds 20 MB in one column",
        Outcome.UNAVAILABLE,
        _statements(
            "UPDATE {source} SET address = repeat('x', 20000000)",
            "UPDATE {source} SET address = '4 Mill Lane'",
        ),
        drivers=("school",),
    ),
    "no name server": SourceFault(
        "The name server does not know the database's host",
        Outcome.UNAVAILABLE,
        _resolver(_no_answer),
        drivers=("school",),
    ),
    "silent name server": SourceFault(
        "The name server says nothing for 3 s",
        Outcome.TIMED_OUT,
        _resolver(_no_word),
        "With the next query, when a thread of the source's own is free again",
        drivers=("school",),
    ),
}


AROUND: Mapping[str, Row] = {
    "keeps failing": Row(
        "A source fails five times in a row",
        "`unavailable` at once: it is left alone, and nobody waits for it; the others answer",
        "The source's `disclosure` says `unavailable`; `/v1/sources` and `/metrics` say that it is left alone",
        "Within one period of its breaker (5 s at first), when one question is let through and answered",
    ),
    "overrun": Row(
        "More questions come at once than a source takes (`asking.at_once` and `waiting`)",
        "`unavailable` at once for those beyond; the others answer",
        "The source's `disclosure` says `unavailable`; `/metrics` counts those turned away",
        "When those before have ended",
    ),
    "disk full": Row(
        "The disk of the audit log is full",
        "503 `not_recorded` with every desk's number and `Retry-After`; nothing is shown",
        "The log verifies, up to the last entry that was acknowledged; `/readyz` is 503",
        "A restart, when there is room again: it verifies the log first",
    ),
    "clock": Row(
        "The machine's clock jumps a day forward or an hour back, amid a query",
        "The same answer in the same time. A token of before the jump: 401 `not_signed_in`",
        "Entries in the order in which they were written, with the clock's times; the log verifies",
        "At once; whoever signed in before the jump signs in again",
    ),
    "identity provider, known key": Row(
        "The identity provider is silent or away; the token's key is known",
        "`involved`, as always: nobody waits for the provider, for 24 hours",
        "As always",
        "Its keys are read again every 30 s until it answers",
    ),
    "identity provider, new key": Row(
        "The identity provider is silent or away; the token's key is new",
        "401 `not_signed_in`, after five seconds at most",
        "A `refusal`",
        "With the next token, 30 s after the last reading",
    ),
}
"""Faults of what all sources share, by what the tests call them."""
