"""``broker policy``: what data owners do with their sharing policies."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

import handwritten
from broker.cli.policy_activate import activate_command, history_command, rollback_command
from broker.cli.policy_diff import diff_command
from broker.cli.policy_explain import explain_command
from broker.cli.policy_sign import key_command, sign_command, verify_command
from broker.cli.policy_table import table_command
from broker.cli.printing import Exit, as_json, give_up, out, partnership, print_json, table
from policy.load import load_policy
from policy.schema import json_schema
from policy.testing import TestOutcome, run_tests


@click.group(short_help="Test, compare, explain, sign and activate sharing policies.")
def policy() -> None:
    """Data owners' sharing policies: the files in policies/."""


@policy.command()
@partnership
@as_json
def test(directory: Path, wants_json: bool) -> None:
    """Run the tests that stand in the policy files.

    DIRECTORY may be a partnership, or a folder of policy files. Ends with 1 when a test fails, or a file is wrong.
    """
    folder = directory / "policies" if (directory / "policies").is_dir() else directory
    try:
        ran = {path.stem: run_tests(load_policy(path)) for path in sorted(folder.glob("*.yaml"))}
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)
    if not ran:
        give_up(f"There is no policy file in {folder}.", Exit.USAGE)
    rows = [(name, one) for name, outcomes in ran.items() for one in outcomes]
    if wants_json:
        print_json(
            [
                {
                    "policy": name,
                    "test": one.name,
                    "passed": one.passed,
                    "expected": one.expected,
                    "got": one.got,
                }
                for name, one in rows
            ]
        )
    else:
        table(None, ("Policy", "Test", "", "What differs"), [_row(name, one) for name, one in rows])
        out.print(
            f"{sum(one.passed for _, one in rows)} passed, {sum(not one.passed for _, one in rows)} failed"
        )
    raise SystemExit(Exit.WELL if all(one.passed for _, one in rows) else Exit.WRONG)


policy.add_command(activate_command)
policy.add_command(diff_command)
policy.add_command(history_command)
policy.add_command(key_command)
policy.add_command(rollback_command)
policy.add_command(sign_command)
policy.add_command(verify_command)
policy.add_command(explain_command)
policy.add_command(table_command)


@policy.command()
def schema() -> None:
    """Print the JSON Schema of a sharing policy, for completion in an editor."""
    print_json(json_schema())


def _row(name: str, one: TestOutcome) -> tuple[str | Text, ...]:
    passed = Text("passed", style="green") if one.passed else Text("failed", style="bold red")
    return (
        name,
        one.name,
        passed,
        "" if one.passed else f"expected {one.expected}, got {one.got} (line {one.line})",
    )
