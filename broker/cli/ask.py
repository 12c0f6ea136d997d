"""``broker ask``: put a query to a running broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn, TextIO

import aiohttp
import click
from rich.console import RenderableType
from rich.text import Text

from broker.cli.answer_table import answer_tables, roster_lines
from broker.cli.printing import Exit, as_json, err, give_up, out, print_json

ANSWERED, UNAVAILABLE = 200, 503
LONGEST_SECONDS = 30
"""An answer takes ten at most."""


@click.command(short_help="Ask a running broker about one to twelve people.")
@click.option(
    "--server",
    envvar="BROKER_SERVER",
    default="http://127.0.0.1:8765",
    show_default=True,
    help="Where the broker is.",
)
@click.option(
    "--token", envvar="BROKER_TOKEN", help="Your access token. Better set in BROKER_TOKEN than typed."
)
@click.option(
    "--token-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A file that holds it."
)
@click.option("--purpose", help="Why you ask, such as section_47_enquiry. GET /v1/purposes lists yours.")
@click.option("--reason", help="The reason, in your own words. It goes into the audit log.")
@click.option("--case", "case_reference", help="The reference of the case.")
@click.option("--role", help="The role you act in, where you hold several.")
@click.option(
    "--view",
    type=click.Choice(["flags", "details"]),
    default="flags",
    show_default=True,
    help="Whether there is involvement, or its dates and contacts too.",
)
@click.option(
    "--person",
    "people",
    multiple=True,
    metavar="TEXT",
    help="'RELATION: FAMILY NAME, GIVEN NAME, BIRTH DATE OR AGE'. May be given twelve times.",
)
@click.option(
    "--linked", is_flag=True, help="Ask about everyone linked to your case, instead of naming people."
)
@click.option(
    "--knows-nobody",
    is_flag=True,
    help="You were asked whether you know anyone in this check yourself, and do not.",
)
@click.option(
    "--query",
    "query_file",
    type=click.File(encoding="utf-8"),
    help="A query as JSON, - for standard input. Options above add to it.",
)
@as_json
def ask(
    server: str,
    token: str | None,
    token_file: Path | None,
    query_file: TextIO | None,
    people: tuple[str, ...],
    linked: bool,
    knows_nobody: bool,
    wants_json: bool,
    **said: str | None,
) -> None:
    """Ask which services know a family, and whom to ring there.

    \b
    Examples:
      broker ask --purpose section_47_enquiry --reason "Referral of 3 June" --case NS-1042 \\
          --view details --person "child: Ashdown, Maisie, 2019-03-07" --person "parent: Ashdown, Kelly, 34"
      broker ask --purpose section_47_enquiry --reason "Referral of 3 June" --case CS-0001042 --linked
      broker ask --query referral.json --json

    The family name comes first, as in the case system. A birth date is 2019-03-07, 2019-03 or 2019; an age is
    a number; leave either out when you don't know it.
    """
    query = _read(query_file) if query_file else {}
    query |= {key: value for key, value in said.items() if value}
    query["people"] = [*query.get("people", []), *(_person(text) for text in people)]
    query |= {"journey": "case"} if linked else {}
    query |= {"conflict_of_interest": "none"} if knows_nobody else {}
    bearer = (token or "").strip() or (token_file.read_text(encoding="utf-8").strip() if token_file else "")
    answer = asyncio.run(_answered(f"{server.rstrip('/')}/v1/queries", bearer, query))
    if wants_json:
        print_json(answer)
    else:
        show(answer, query)


def show(answer: Mapping[str, Any], query: Mapping[str, Any]) -> None:
    """Print an answer as a table, with what to quote to an auditor."""
    for one in answer_renderings(answer, query):
        out.print(one)
    receipt = answer["receipt"]
    said = f"Query {answer['query_id']}, entry {receipt['index']} of {receipt['log']}"
    out.print(Text(_line(said), style="dim"), soft_wrap=True)


def answer_renderings(answer: Mapping[str, Any], query: Mapping[str, Any]) -> Iterator[RenderableType]:
    """What the case system said, where it was asked for people, and a table a person."""
    answer = _printable(answer)
    if answer.get("roster"):
        yield roster_lines(answer)
    typed = dict(enumerate(query.get("people", []), start=1))
    names = {one["person"]: called(typed.get(one["person"], one)) for one in answer["people"]}
    yield from answer_tables(answer, names)


def called(person: Mapping[str, Any]) -> str:
    """How a person is called in a table: as the requester typed them, or as the case system shows them."""
    typed = " ".join(filter(None, (person.get("given_name"), person.get("family_name"))))
    name = (
        typed
        or person.get("name")
        or (f"Person {person['person']}" if "person" in person else "No name given")
    )
    relation = person["relation"] or "linked to the case"
    return _line(f"{name} ({relation.replace('_', ' ')})")


def _line(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def _printable(content: Any) -> Any:
    """The same JSON, without what paints the terminal or turns it round; databases hold such things, too."""
    match content:
        case str():
            return _line(content)
        case list():
            return [_printable(one) for one in content]
        case dict():
            return {key: _printable(value) for key, value in content.items()}
        case _:
            return content


def _read(query_file: TextIO) -> dict[str, Any]:
    try:
        query = json.load(query_file)
    except (ValueError, RecursionError):
        query = None
    if not isinstance(query, dict) or not isinstance(query.get("people", []), list):
        give_up(f"{query_file.name} holds no query as JSON. 'broker ask --help' shows one.", Exit.USAGE)
    return query


def _person(text: str) -> Mapping[str, Any]:
    relation, colon, rest = text.partition(":")
    names = [part.strip() for part in rest.split(",")]
    if not colon or not names[0]:
        give_up(f"Write a person as 'child: Ashdown, Maisie, 2019-03-07', not as {text!r}.", Exit.USAGE)
    typed: dict[str, Any] = {"relation": relation.strip().replace(" ", "_"), "family_name": names[0]}
    if names[1:] and names[1]:
        typed["given_name"] = names[1]
    if names[2:] and names[2]:
        born = names[2]
        typed |= {"age": int(born)} if born.isdecimal() and len(born) <= 3 else {"birth_date": born}  # noqa: PLR2004
    return typed


async def _answered(address: str, token: str, query: Mapping[str, Any]) -> Mapping[str, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=LONGEST_SECONDS)) as session,
            session.post(address, json=query, headers=headers, allow_redirects=False) as reply,
        ):
            content: Mapping[str, Any] = await reply.json(content_type=None)
            if reply.status == ANSWERED and "people" in content:
                return content
            _refused(reply.status, content["title"], content)
    except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError):
        give_up(
            f"There is no broker at {address}. Start one with 'broker serve', or name it with --server.",
            Exit.UNREACHABLE,
        )


def _refused(status: int, title: str, problem: Mapping[str, Any]) -> NoReturn:
    lines = [f"  {_fault(one)}" for one in problem.get("errors") or [problem]]
    lines += [f"  {one['service']}: {one['name']}, {one['phone']}" for one in problem.get("desks", [])]
    err.print(Text(_line(title), style="bold red"))
    for line in lines:
        err.print(Text(_line(line)))
    raise SystemExit(Exit.UNREACHABLE if status == UNAVAILABLE else Exit.REFUSED)


def _fault(one: Mapping[str, Any]) -> str:
    return f"{one['detail']}  ({one['pointer']})" if one.get("pointer") else str(one["detail"])
