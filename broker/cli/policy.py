"""``broker policy``: what data owners do with their sharing policies."""

from __future__ import annotations

import click

from broker.cli.policy_activate import activate_command, history_command, rollback_command
from broker.cli.policy_diff import diff_command
from broker.cli.policy_explain import explain_command
from broker.cli.policy_sign import key_command, sign_command, verify_command
from broker.cli.policy_table import table_command
from broker.cli.policy_test import test_command
from broker.cli.printing import print_json
from policy.schema import json_schema


@click.group(short_help="Test, compare, explain, sign and activate sharing policies.")
def policy() -> None:
    """Data owners' sharing policies: the files in policies/."""


@policy.command()
def schema() -> None:
    """Print the JSON Schema of a sharing policy, for completion in an editor."""
    print_json(json_schema())


for command in (
    activate_command,
    diff_command,
    explain_command,
    history_command,
    key_command,
    rollback_command,
    sign_command,
    table_command,
    test_command,
    verify_command,
):
    policy.add_command(command)
