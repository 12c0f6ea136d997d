"""Asking for what was not given as an option; or, unattended, saying which options are missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from connectors.inspection.opening import KINDS

F = TypeVar("F", bound=Callable[..., Any])

_KEYS: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("host", "port", "database", "user", "password", "ssl", "ca_file"),
    "odbc": ("driver", "server", "port", "database", "user", "password", "ssl", "ca_file"),
    "sqlite": ("path",),
    "extract": ("path", "delimiter", "encoding"),
}
_MUST: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("host", "database", "user", "password"),
    "odbc": ("driver", "database"),
    "sqlite": ("path",),
    "extract": ("path",),
}
_ASKED: Mapping[str, str] = {
    "host": "Its host (a name or an address)",
    "driver": "Its ODBC driver, as `odbcinst -q -d` lists it",
    "database": "The database (for SQLite its file)",
    "user": "The user, who may only read",
    "password": "Where the password is (file:..., env:... or credential:...)",  # nosec B105  # a question, no password
    "path": "The file",
}
_OPTIONS = (
    click.option("--kind", type=click.Choice(KINDS), help="How the database is read."),
    click.option("--host", "--server", help="The database's host (postgresql, odbc)."),
    click.option("--port", type=int, help="Its port, where it is not the usual one."),
    click.option("--database", help="The database; by odbc to SQLite, its file."),
    click.option("--user", help="The database user, who may only read."),
    click.option("--password", help="Where the password is: file:..., env:... or credential:..."),
    click.option(
        "--ssl",
        type=click.Choice(["disable", "require", "verify-ca", "verify-full"]),
        help="How the connection is encrypted. Left out: verify-full.",
    ),
    click.option("--ca-file", help="Whom to trust, instead of the machine's own authorities (PEM)."),
    click.option("--driver", help="The ODBC driver, such as 'MariaDB Unicode'."),
    click.option("--path", help="The file (sqlite, extract)."),
    click.option("--delimiter", help="What stands between an extract's cells. Left out: a comma."),
    click.option("--encoding", help="An extract's encoding. Left out: utf-8."),
)


class Incomplete(Exception):
    """The command can't go on: the sentence names the options that are missing."""


def options_of_a_connection(command: F) -> F:
    """The options that say where a database is."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class Answers:
    """What was given as options; a person is asked for the rest when ``attended``."""

    def __init__(self, said: Mapping[str, Any], *, attended: bool) -> None:
        self._said = said
        self._attended = attended

    def given(self, option: str) -> str | None:
        """What was given; None for nothing."""
        value = self._said.get(option)
        return None if value is None else str(value)

    def is_set(self, flag: str) -> bool:
        return bool(self._said.get(flag))

    def need(self, *options: str) -> None:
        """Unattended, all of them have to be given. Raises Incomplete with every one that is not."""
        missing = [f"--{one.replace('_', '-')}" for one in options if self.given(one) is None]
        if missing and not self._attended:
            raise Incomplete(f"With --yes, these are needed too: {', '.join(missing)}.")

    def ask(self, option: str, question: str, default: str | None = None) -> str:
        """The option, or what a person answers; unattended the default, where there is one."""
        given = self.given(option)
        if given is not None:
            return given
        if self._attended:
            return str(click.prompt(question, default=default))
        if default is None:
            raise Incomplete(f"{question}? Say it with --{option.removeprefix('wanted_').replace('_', '-')}.")
        return default

    def choose(self, question: str, among: Sequence[str], option: str) -> str:
        """One of several; unattended never."""
        if not self._attended:
            raise Incomplete(f"{question}? It is not certain. Say it with {option}.")
        return str(click.prompt(question, type=click.Choice(among), show_choices=True))


def connection_from(answers: Answers) -> tuple[str, dict[str, str | int]]:
    """The kind, and the connection as a source file has it."""
    answers.need("kind")
    kind = answers.ask("kind", f"How is it read ({', '.join(KINDS)})")
    if kind not in _KEYS:
        raise Incomplete(f"There is no kind {kind!r}. The kinds are: {', '.join(KINDS)}.")
    answers.need(*_MUST[kind])
    connection: dict[str, str | int] = {}
    for key in _KEYS[kind]:
        option = "host" if key == "server" else key
        value = answers.ask(option, _ASKED[option]) if key in _MUST[kind] else answers.given(option)
        if value is not None:
            connection[key] = int(value) if key == "port" else value
    return kind, connection
