"""``broker audit flag``: people, and requesters' own homes, whose look-ups a human should look at."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click

from broker.audit.review_events import FlagChanged
from broker.audit.tags import TagKeys
from broker.cli.policy_files import settings_in
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table
from broker.cli.recording import recorded
from broker.cli.shield import person_named, register_of
from broker.registers import flags
from broker.registers.flags import Flag
from connectors.contract import Identifiers


@click.group(short_help="Flag people whose look-ups a human should look at.")
def flag() -> None:
    """The register of flags. A flag changes no answer, and shows to nobody who asks.

    \b
    It keeps keyed tags and no names: who is flagged can't be read from it, by this command neither.
      broker audit flag add --person "Quillfeather, Ottoline, 1989-11-17" --reason "..." --review 2027-06-01
      broker audit flag add --home-of ns-1001 --address "4 Mill Lane" --postcode "NX1 4AB" --reason "..."
      --review ...
    """


@flag.command(short_help="Flag a person, or a requester's own home.")
@of_partnership
@click.option("--person", help="'FAMILY NAME, GIVEN NAME, BIRTH DATE' of somebody to flag.")
@click.option("--nhs-number", help="The person's NHS number, where it is known.")
@click.option("--home-of", help="A requester, by the account's subject: the address is their own home.")
@click.option("--address", help="The home's address: its number and street.")
@click.option("--postcode", help="The home's postcode.")
@click.option("--uprn", help="The home's UPRN, where it is known.")
@click.option("--reason", required=True, help="Why. It is kept encrypted. Name nobody.")
@click.option(
    "--review",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The day to look at it again. It holds on.",
)
def add(
    directory: Path,
    *,
    person: str | None,
    nhs_number: str | None,
    home_of: str | None,
    reason: str,
    review: datetime,
    address: str | None,
    postcode: str | None,
    uprn: str | None,
) -> None:
    """Flag a person, or say where a requester lives. It holds for look-ups from the next minute on."""
    if (person is None) == (home_of is None):
        give_up("Name a person (--person), or a requester's home (--home-of).", Exit.USAGE)
    named = person_named(person, nhs_number) if person else None
    of = settings_in(directory)
    with register_of(directory) as store:
        home = Identifiers(address=address, postcode=postcode, uprn=uprn)
        tags = _tags(named, home_of, home, store.keys.register_tags)
        made = Flag(
            flags.new_id(), "person" if named else "home", reason, review.date(), getpass.getuser(), tags
        )
        recorded(of, FlagChanged(datetime.now(UTC), made.id, made.of, "added", made.by, reason))
        flags.add(store, made, datetime.now(UTC))
    out.print(f"{made.id} holds. Write down whom it is about elsewhere: it can't be read from here.")


def _tags(
    person: Identifiers | None, home_of: str | None, home: Identifiers, keys: TagKeys
) -> dict[bytes, str]:
    found = flags.person_tags(person, keys) if person else flags.home_tags(home_of or "", home, keys)
    if not found:
        give_up("Write the home with --postcode and --address, or with --uprn.", Exit.USAGE)
    return dict(found)


@flag.command(short_help="Lift a flag.")
@click.argument("flag_id", metavar="FLAG")
@of_partnership
@click.option("--reason", required=True, help="Why. It is kept encrypted.")
def lift(flag_id: str, directory: Path, reason: str) -> None:
    """Lift FLAG. That it was there, and why it was lifted, stays in the register."""
    of, by = settings_in(directory), getpass.getuser()
    with register_of(directory) as store:
        known = {one.id: one for one in flags.in_force(store)}
        if flag_id not in known:
            give_up(f"There is no flag {flag_id} in force. List them: broker audit flag list", Exit.USAGE)
        recorded(of, FlagChanged(datetime.now(UTC), flag_id, known[flag_id].of, "lifted", by, reason))
        flags.lift(store, flag_id, reason, by, datetime.now(UTC))
    out.print(f"{flag_id} is lifted.")


@flag.command("list", short_help="List the flags in force, without whom they are about.")
@of_partnership
@as_json
def list_(directory: Path, wants_json: bool) -> None:
    """List flags in force: what they are of, why, by whom, and when they are to be looked at again."""
    with register_of(directory) as store:
        found = flags.in_force(store)
    if wants_json:
        print_json(
            [{"flag": one.id, "of": one.of, "by": one.by, "review_on": one.review_on} for one in found]
        )
    elif found:
        rows = [[one.id, one.of, one.by, str(one.review_on), one.reason] for one in found]
        table(None, ["Flag", "Of", "By", "Review", "Reason"], rows)
    else:
        out.print("Nobody is flagged.")
