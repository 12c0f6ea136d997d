"""``broker policy codes``: values in the source that no rule of its policy mentions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

import handwritten
from broker.cli.printing import Exit, as_json, give_up, out, partnership, print_json, table
from broker.cli.source_profile import files_of, profiled
from broker.profile.profile import Profile
from broker.profile.questions import MISSING
from broker.settings import SecretMissing
from connectors.contract import SourceFault, SourceMisfit
from policy.model import SharingPolicy


@dataclass(frozen=True, slots=True)
class Unmentioned:
    """A value of a gate or of the status that the policy does not mention; how many records have it, rounded."""

    of: str
    value: str
    records: str


@click.command("codes", short_help="List values in the source that no rule of its policy mentions.")
@click.argument("name")
@partnership
@as_json
def codes_command(name: str, directory: Path, wants_json: bool) -> None:
    """Read the source NAME once, and list the codes in it that its policy does not mention.

    A record with such a value of a gate is shown to nobody; with such a status, without one. Counts are rounded to
    five, fewer than ten are not told, and nothing of anybody is. Ends with 1 when there are any.
    """
    try:
        of, source, policy = files_of(name, directory)
        if policy is None:
            give_up(f"There is no policy for {name} yet.", Exit.USAGE)
        found = list(unmentioned(asyncio.run(profiled(of, source, policy)), policy))
    except (handwritten.Faults, SourceMisfit) as fault:
        give_up(str(fault), Exit.WRONG)
    except (SourceFault, SecretMissing) as fault:
        give_up(str(fault), Exit.UNREACHABLE)
    if wants_json:
        print_json([{"of": one.of, "value": one.value, "records": one.records} for one in found])
    elif found:
        table(None, ["Of", "Value", "Records"], [[one.of, one.value, one.records] for one in found])
    else:
        out.print("Every value in the source is mentioned in the policy.")
    raise SystemExit(Exit.WRONG if found else Exit.WELL)


def unmentioned(profile: Profile, policy: SharingPolicy) -> Iterator[Unmentioned]:
    """The values of gates and of the status that a policy says nothing of."""
    for one in (one for section in profile.sections for one in section.tables):
        gate = policy.gates.get(one.key.removeprefix("gate_"))
        if one.key.startswith("gate_") and gate is not None:
            mentioned = {*gate.never, *(gate.only or ())}
        elif one.key == "status":
            mentioned = set(one.labels)
        else:
            continue
        for answer, figure in one.figures.items():
            said = answer.removeprefix("=")
            known = said in mentioned or answer in mentioned
            if not known and answer != MISSING and figure.count != 0:
                value = said if answer != said else one.labels.get(answer, answer)
                yield Unmentioned(one.title, value, figure.text())
