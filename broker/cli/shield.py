"""``broker shield``: people who must not be found, or not be located, whatever a policy says."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import click
from rich.text import Text

from broker.catalogue import read_files
from broker.cli.account import account
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.cli.recording import Reading, recorded
from broker.cli.starting import STARTING_FAULTS
from broker.matching.normalise import valid_nhs_number
from broker.opening_keys import open_keys
from broker.registers import shields
from broker.registers.shields import KINDS, Shield
from broker.registers.store import Store
from broker.surroundings import LONDON
from connectors.contract import Identifiers


@click.group(short_help="Shield people who must not be found, or not be located.")
def shield() -> None:
    """The register of restricted people. What it says holds at once, at every source, in every view.

    \b
      broker shield add --source police --record 4711 --reason "..." --review 2027-06-01
      broker shield add --person "Quillfeather, Ottoline, 1989-11-17" --reason "..." --review 2027-06-01
    """


@shield.command(short_help="Shield a record, or a person at every service.")
@of_partnership
@click.option("--source", help="The service whose record it is.")
@click.option("--record", "local_key", help="The record, by that service's own key.")
@click.option(
    "--person",
    "people",
    multiple=True,
    help="'FAMILY NAME, GIVEN NAME, BIRTH DATE' of somebody to shield at every service. Twice for two identities.",
)
@click.option("--nhs-number", help="The person's NHS number, where it is known.")
@click.option(
    "--kind",
    type=click.Choice(KINDS),
    default="person",
    show_default=True,
    help="person: as if there were no record. location: found, but the desk alone is told. link: an old and a new"
    " identity, neither of which is found by the other.",
)
@click.option("--reason", required=True, help="Why. It is kept encrypted.")
@click.option(
    "--review",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The day to look at it again. It holds on.",
)
def add(
    directory: Path,
    source: str | None,
    local_key: str | None,
    people: tuple[str, ...],
    nhs_number: str | None,
    kind: shields.Kind,
    reason: str,
    review: datetime,
) -> None:
    """Shield a record of one service, or a person at every service. It holds from the next question on.

    A person is shielded wherever a record may be theirs, also where it is not certain: rather once too often.
    """
    identities = tuple(person_named(one, nhs_number) for one in people)
    if (source is None) != (local_key is None) or (source is None) != bool(identities):
        give_up("Name a record (--source and --record), or a person (--person).", Exit.USAGE)
    if source is not None:
        one_of("service", source, sources_in(directory))
    if (kind == "link") != (len(identities) > 1):
        give_up("A link has two identities: --person twice. The other kinds have one.", Exit.USAGE)
    made = Shield("", kind, reason, review.date(), account(), source, local_key, identities)
    with register_of(directory) as store:
        shield_id = shields.add(store, made, datetime.now(UTC))
    out.print(f"Shield {shield_id} holds from the next question on.")


@shield.command(short_help="Lift a shield.")
@click.argument("shield_id", metavar="SHIELD")
@of_partnership
@click.option("--reason", required=True, help="Why. It is kept encrypted.")
def lift(shield_id: str, directory: Path, reason: str) -> None:
    """Lift SHIELD. That it was there, and why it was lifted, stays in the register."""
    with register_of(directory) as store:
        if shield_id not in {one.id for one in shields.in_force(store)}:
            give_up(f"There is no shield {shield_id} in force.", Exit.USAGE)
        shields.lift(store, shield_id, reason, account(), datetime.now(UTC))
    out.print(f"Shield {shield_id} is lifted.")


@shield.command(short_help="Show whom a shield of yours is about.")
@click.argument("shield_id", metavar="SHIELD")
@of_partnership
@as_json
def show(shield_id: str, directory: Path, wants_json: bool) -> None:
    """Show which record or person SHIELD is about: to the account alone that wrote it down.

    It is an entry of the audit log, by the shield's id, before it is shown.
    """
    with register_of(directory) as store:
        found = next((one for one in shields.in_force(store) if one.id == shield_id), None)
    if found is None:
        give_up(f"There is no shield {shield_id} in force.", Exit.USAGE)
    if found.by != account():
        give_up(f"Shield {shield_id} is {found.by}'s, who alone can see whom it is about.", Exit.REFUSED)
    recorded(settings_in(directory), Reading("shield show", asked={"shield": shield_id}).event())
    of_record = [f"{found.source}, record {found.local_key}"] if found.source else []
    about = [*of_record, *map(_named, found.identities)]
    if wants_json:
        print_json({"id": found.id, "kind": found.kind, "about": about, "reason": found.reason})
    else:
        rows = [[found.kind, one, str(found.review_on), found.reason] for one in about]
        table(None, ["Kind", "About", "Review", "Reason"], rows)


def _named(person: Identifiers) -> str:
    known = (person.family_name, person.given_name, person.birth_date, person.nhs_number)
    return ", ".join(str(one) for one in known if one)


@shield.command("list", short_help="List the shields of one service, or of the partnership.")
@of_partnership
@click.option("--source", help="Those of this service's records alone; left out: those of people anywhere.")
@as_json
def list_(directory: Path, source: str | None, wants_json: bool) -> None:
    """List shields in force, with their reasons, by whom, and when they are to be looked at again.

    Who is shielded is not printed: `broker shield show` tells it to whoever wrote the shield down.
    """
    today = datetime.now(LONDON).date()
    with register_of(directory) as store:
        found = [one for one in shields.in_force(store) if one.source == source]
    if wants_json:
        print_json(
            [{"id": one.id, "kind": one.kind, "by": one.by, "review_on": one.review_on} for one in found]
        )
    else:
        rows: list[list[str | Text]] = [
            [one.id, one.kind, one.by, _due(one.review_on, today), one.reason] for one in found
        ]
        table(None, ["Shield", "Kind", "By", "Review", "Reason"], rows)


def _due(day: date, today: date) -> Text:
    return Text(f"{day}, overdue", style="yellow") if day < today else Text(str(day))


@contextmanager
def register_of(directory: Path) -> Iterator[Store]:
    """The partnership's registers, open. Ends the command when they can't be opened."""
    of = settings_in(directory)
    try:
        keys = open_keys(of)
        store = Store.open(of.path(of.settings.registers), keys)
        try:
            yield store
        finally:
            store.close()
            keys.close()
    except STARTING_FAULTS as fault:
        give_up(str(fault), Exit.USAGE)


def sources_in(directory: Path) -> set[str]:
    """Every source, by name; one whose file is wrong just now by that of its file: a shield can't wait for it."""
    return {one.source.source for one in read_files(directory).sources} | {
        path.stem for path in (directory / "sources").glob("*.yaml")
    }


def one_of(what: str, name: str, there: Collection[str]) -> None:
    """Ends the command when there is no such service or purpose: what is recorded of it would hold nowhere."""
    if name not in there:
        give_up(f"There is no {what} {name}. There are: {', '.join(sorted(there)) or 'none'}.", Exit.USAGE)


def person_named(text: str, nhs_number: str | None) -> Identifiers:
    """Somebody, by 'FAMILY NAME, GIVEN NAME, BIRTH DATE'. Ends the command when it is not that."""
    family, given, born = ([part.strip() for part in text.split(",")] + ["", ""])[:3]
    try:
        birth_date = date.fromisoformat(born) if born else None
    except ValueError:
        birth_date = None
    if not family or not given or birth_date is None:
        give_up("Write the person as 'Quillfeather, Ottoline, 1989-11-17'.", Exit.USAGE)
    if nhs_number is not None and valid_nhs_number(nhs_number) is None:
        give_up(f"{nhs_number} is no NHS number: its digits don't agree. Look for a slip.", Exit.USAGE)
    return Identifiers(given_name=given, family_name=family, birth_date=birth_date, nhs_number=nhs_number)
