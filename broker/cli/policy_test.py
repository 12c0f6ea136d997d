"""``broker policy test``: the tests that stand in policy files, and what they are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress
from rich.text import Text

import handwritten
from broker.activation import write_whole
from broker.cli.policy_files import purposes_beside
from broker.cli.printing import Exit, as_json, err, give_up, out, partnership, print_json, table
from policy.load import LoadedPolicy, load_policy
from policy.mutants import Mutant
from policy.mutation import Tested, what_tests_notice
from policy.suggest import suggested, with_tests
from policy.testing import TestOutcome, run_tests


@dataclass(frozen=True, slots=True)
class Known:
    """The purposes and roles that there are."""

    purposes: tuple[str, ...]
    roles: tuple[str, ...]


@click.command("test", short_help="Run the tests in policy files, and say what they are worth.")
@partnership
@click.option(
    "--least",
    type=click.FloatRange(0, 100),
    help="End with 1 when a file's tests notice fewer of 100 mistakes.",
)
@click.option("--suggest", is_flag=True, help="Print tests that would notice the mistakes that none notices.")
@click.option("--write", is_flag=True, help="Write the suggested tests at the end of their files.")
@as_json
def test_command(directory: Path, least: float | None, suggest: bool, write: bool, wants_json: bool) -> None:
    """Run the tests that stand in the policy files, and try mistakes against them.

    \b
    DIRECTORY may be a partnership, or a folder of policy files. Ends with 1 when a test fails, or a file is wrong.
    A mistake is a slip of the pen, one at a time: a rule that is lost, a level one higher, a date a day later.
    Each should make a test fail. What shows the same to everyone does not count as a mistake.
    """
    policies = _policies(directory)
    ran = {one.policy.policy: run_tests(one) for one in policies}
    passed = all(one.passed for outcomes in ran.values() for one in outcomes)
    known = _known(policies, directory)
    worth = _worth(policies, known) if passed else {}
    if wants_json:
        print_json(_as_json(ran, worth))
    else:
        _told(ran, worth)
    if (suggest or write) and passed:
        _suggest(policies, worth, known, write=write)
    enough = least is None or all(one.score >= least for one in worth.values())
    raise SystemExit(Exit.WELL if passed and enough else Exit.WRONG)


def _policies(directory: Path) -> list[LoadedPolicy]:
    folder = directory / "policies" if (directory / "policies").is_dir() else directory
    try:
        loaded = [load_policy(path) for path in sorted(folder.glob("*.yaml"))]
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)
    if not loaded:
        give_up(f"There is no policy file in {folder}.", Exit.USAGE)
    return loaded


def _known(policies: Sequence[LoadedPolicy], directory: Path) -> Known:
    rules = purposes_beside(policies[0].path, directory)
    if rules is not None:
        return Known(tuple(rules.rules.purposes), tuple(rules.rules.roles))
    purposes = {name for one in policies for _, name in one.policy.named_purposes()}
    roles = {name for one in policies for _, name in one.policy.named_roles()}
    return Known(tuple(sorted(purposes)), tuple(sorted(roles)))


def _worth(policies: Sequence[LoadedPolicy], known: Known) -> dict[str, Tested]:
    worth = {}
    with Progress(console=err, transient=True) as bar:
        for one in policies:
            task = bar.add_task(f"Mistakes in {one.policy.policy}")
            worth[one.policy.policy] = what_tests_notice(
                one,
                known.purposes,
                lambda done, of, task=task: bar.update(task, completed=done, total=of),  # type: ignore[misc]
            )
    return worth


def _told(ran: dict[str, tuple[TestOutcome, ...]], worth: dict[str, Tested]) -> None:
    rows = [(name, one) for name, outcomes in ran.items() for one in outcomes]
    table(None, ("Policy", "Test", "", "What differs"), [_row(name, one) for name, one in rows])
    for name, one in worth.items():
        out.print(
            f"{name}: {one.noticed} of {one.mistakes} mistakes are noticed ({one.score:.0f} of 100),"
            f" {one.rules - len(one.untouched)} of {one.rules} rules decide in some test"
        )
        for line in one.untouched:
            out.print(Text(f"  line {line}: no test reaches this rule", style="yellow"))
        for mutant in one.unnoticed:
            out.print(
                Text(f"  line {mutant.line}: nobody would notice if {_mistake(mutant)}", style="yellow")
            )
    failed = sum(not one.passed for _, one in rows)
    out.print(f"{len(rows) - failed} passed, {failed} failed")


def _mistake(mutant: Mutant) -> str:
    return f"{mutant.mistake} ({mutant.operator})"


def _row(name: str, one: TestOutcome) -> tuple[str | Text, ...]:
    passed = Text("passed", style="green") if one.passed else Text("failed", style="bold red")
    differs = "" if one.passed else f"expected {one.expected}, got {one.got} (line {one.line})"
    return name, one.name, passed, differs


def _as_json(ran: dict[str, tuple[TestOutcome, ...]], worth: dict[str, Tested]) -> dict[str, Any]:
    return {
        "tests": [
            {"policy": name, "test": one.name, "passed": one.passed, "expected": one.expected, "got": one.got}
            for name, outcomes in ran.items()
            for one in outcomes
        ],
        "worth": {
            name: {
                "score": round(one.score, 1),
                "mistakes": one.mistakes,
                "noticed": one.noticed,
                "rules": one.rules,
                "untouched_lines": one.untouched,
                "unnoticed": [
                    {"line": mutant.line, "operator": mutant.operator, "mistake": mutant.mistake}
                    for mutant in one.unnoticed
                ],
            }
            for name, one in worth.items()
        },
    }


def _suggest(
    policies: Sequence[LoadedPolicy], worth: dict[str, Tested], known: Known, *, write: bool
) -> None:
    """What a test expects is what the policy does today: whether that is meant, its owner has to read."""
    for one in policies:
        tests = list(suggested(one, worth[one.policy.policy].unnoticed, known.roles))
        if not tests:
            continue
        if write:
            _write(one, tests)
        else:
            out.print(
                Text(f"# For {one.path.name}. They expect what is shown today: read whether it is meant.")
            )
            click.echo("".join(tests), nl=False)


def _write(loaded: LoadedPolicy, tests: Sequence[str]) -> None:
    before = loaded.path.read_bytes()
    try:
        write_whole(loaded.path, with_tests(before, loaded, tests))
        good = all(one.passed for one in run_tests(load_policy(loaded.path)))
    except (handwritten.Faults, ValueError):
        good = False
    if not good:
        write_whole(loaded.path, before)
        give_up(
            f"{loaded.path.name} is as it was: tests can be written where they are the last of a file.",
            Exit.WRONG,
        )
    out.print(
        f"{loaded.path.name}: {len(tests)} more. They expect what is shown today: read whether it is meant."
    )
