"""``broker policy check``, ``schema`` and ``purposes``: what somebody needs who writes a policy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from pydantic import BaseModel

import handwritten
from broker.activation import ending, write_whole
from broker.cli.policy_files import a_policy, disagreements_with, loaded, purposes_beside
from broker.cli.printing import Exit, as_json, give_up, of_partnership, out, print_json, table, tell
from broker.idle_rules import idle_rules
from broker.surroundings import LONDON
from connectors.source_file import SourceFile
from consent_rules.load import LoadedPurposes, load_purposes, shipped_path
from consent_rules.model import PurposeRules
from policy.load import LoadedPolicy
from policy.model import SharingPolicy
from policy.testing import run_tests

_SCHEMAS: dict[str, type[BaseModel]] = {
    "policies/sharing-policy.schema.json": SharingPolicy,
    "purpose-rules.schema.json": PurposeRules,
    "sources/source-file.schema.json": SourceFile,
}


@click.command("check", short_help="Check a policy file while you write it.")
@a_policy
@of_partnership
@as_json
def check_command(file: Path, directory: Path, wants_json: bool) -> None:
    """Check the policy FILE: by itself, its tests, and against purposes and source file, where there are any.

    Everything that is wrong is told at once, each at its line and column, with what was likely meant.
    """
    policy = loaded(file, directory)
    faults = [*map(str, disagreements_with(policy, directory)), *_failed(policy)]
    purposes = purposes_beside(policy.path, directory)
    warnings = [
        *map(str, idle_rules(policy, purposes)),
        *ending([policy], datetime.now(LONDON).date()),
        *_untested(policy),
    ]
    if wants_json:
        print_json({"faults": faults, "warnings": warnings})
    else:
        for fault in faults:
            tell(fault, "red")
        for warning in warnings:
            tell(warning, "yellow")
        out.print("All is well." if not faults else f"{len(faults)} to put right")
    raise SystemExit(Exit.WRONG if faults else Exit.WELL)


def _failed(policy: LoadedPolicy) -> Iterator[str]:
    for one in run_tests(policy):
        if not one.passed:
            yield f"{policy.path}:{one.line}: the test '{one.name}' expects {one.expected}, and got {one.got}"


def _untested(policy: LoadedPolicy) -> Iterator[str]:
    if not policy.policy.tests and policy.policy.discloses == "records":
        yield "There are no tests in it yet. They say in plain words what the policy must do, and hold it to that."


@click.command("schema", short_help="Print or write JSON Schemas, for completion in an editor.")
@click.option(
    "--write",
    "where",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the schemas of all files that people edit into this partnership.",
)
def schema_command(where: Path | None) -> None:
    """Print the JSON Schema of a sharing policy; or write those of all files that people edit beside them.

    \b
    An editor that knows YAML completes and checks a file that begins with such a line:
      # yaml-language-server: $schema=./sharing-policy.schema.json
    """
    if where is None:
        print_json(handwritten.schema_of(SharingPolicy))
        return
    for name, model in _SCHEMAS.items():
        text = json.dumps(handwritten.schema_of(model), indent=2, ensure_ascii=False)
        (where / name).parent.mkdir(parents=True, exist_ok=True)
        write_whole(where / name, f"{text}\n".encode())
        out.print(f"Written to {where / name}.", soft_wrap=True)


@click.command("purposes", short_help="List the purposes and roles that a policy can name.")
@of_partnership
@click.option(
    "--write", is_flag=True, help="Write the rules that are shipped, as purposes.yaml, to start from."
)
@as_json
def purposes_command(directory: Path, write: bool, wants_json: bool) -> None:
    """List the purposes that policies can name, and who may ask for each.

    They are those of the partnership's purposes.yaml; where there is none, those that are shipped, for England,
    which your data protection officer has to check before anybody is asked about.
    """
    path = directory / "purposes.yaml"
    if write:
        if path.exists():
            give_up(f"{path} is there already.", Exit.USAGE)
        write_whole(path, shipped_path().read_bytes())
        out.print(f"Written to {path}. Your data protection officer has to check it.", soft_wrap=True)
    purposes = _rules(path).rules.purposes
    if wants_json:
        print_json({name: {"title": one.title, "roles": one.who_may_ask} for name, one in purposes.items()})
        return
    rows = [[name, one.title, ", ".join(one.who_may_ask)] for name, one in purposes.items()]
    table(None, ["Purpose", "What it is", "Who may ask"], rows)


def _rules(path: Path) -> LoadedPurposes:
    try:
        return load_purposes(path if path.exists() else shipped_path())
    except handwritten.Faults as faults:
        give_up(str(faults), Exit.WRONG)
