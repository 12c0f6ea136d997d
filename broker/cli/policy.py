"""``broker policy``: what data owners do with their sharing policies."""

from __future__ import annotations

import click

from broker.cli.policy_activate import activate_command, history_command, rollback_command
from broker.cli.policy_alerts import alerts_command
from broker.cli.policy_check import check_command, purposes_command, schema_command
from broker.cli.policy_codes import codes_command
from broker.cli.policy_diff import diff_command
from broker.cli.policy_docs import docs_command
from broker.cli.policy_explain import explain_command
from broker.cli.policy_sign import key_command, sign_command, verify_command
from broker.cli.policy_simulate import simulate_command
from broker.cli.policy_table import table_command
from broker.cli.policy_test import test_command


@click.group(short_help="Check, test, compare, explain, sign and activate sharing policies.")
def policy() -> None:
    """Data owners' sharing policies: the files in policies/."""


for command in (
    activate_command,
    alerts_command,
    check_command,
    codes_command,
    diff_command,
    docs_command,
    explain_command,
    history_command,
    key_command,
    purposes_command,
    rollback_command,
    schema_command,
    sign_command,
    simulate_command,
    table_command,
    test_command,
    verify_command,
):
    policy.add_command(command)
